//! An app, from its registration to its last COR.

use corflow::people::Person::*;

use crate::desk::{DAY, Desk, held, wei};

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_life() {
    let desk = Desk::open().await;
    let signer = desk.address(Guardian);
    let register = format!("app register --signer {signer} --fee-cap 100 --uri https://app.example --category chat");
    let misread = format!("{} --check --from {signer}", register.replace("100", "1,00"));
    assert!(desk.fails(&misread).await.is::<clap::Error>(), "a cap that could be misread");
    let answer = desk.check(Ben, &register).await;
    assert!(answer.ok && answer.json["predicted"]["apps"] == "1", "{}", answer.text);
    let answer = desk.by(Ben, &register).await;
    held(&answer);
    assert_eq!(answer.json["actual"]["bonds_of_all_apps"], wei(1_000));
    assert_eq!(answer.json["actual"]["free_units_of_all_apps"], "100000");

    // Money in.
    held(&desk.by(Ben, "app topup 1 500_COR").await);
    held(&desk.by(Cleo, "app sponsor 1 20.5").await);
    let answer = desk.by(Ada, "app pay 1 10 --memo thanks").await;
    held(&answer);
    assert_eq!(answer.json["actual"]["builder's_credit"], "500000000000000000", "5 % of it");
    // 10,000 units at 0.001 COR less 10 %: 9 COR for each of 3 epochs.
    let answer = desk.by(Ben, "app commit 1 10000 --epochs 3").await;
    held(&answer);
    assert!(answer.text.contains("for 27 COR"), "{}", answer.text);
    assert_eq!(answer.json["actual"]["units_bought_for_the_next_epoch"], "10000");
    let answer = desk.by(Ben, "app cap 1 250.5").await;
    held(&answer);
    assert_eq!(answer.json["actual"]["fee_cap"], "250500000000000000000");

    // What it has, and what vouchers would come to.
    let usage = desk.run("app usage 1").await.expect("usage").json;
    assert_eq!((&usage["usage"]["escrow"], &usage["usage"]["grants"]), (&wei(500).into(), &"20500000000000000000".into()));
    assert_eq!(
        (&usage["usage"]["owner"], &usage["usage"]["signer"]),
        (&desk.address(Ben).to_string().into(), &signer.to_string().into())
    );
    let fits = desk.run("app check 1 --units 250500").await.expect("a check");
    assert!(fits.ok && fits.json["largest"] == "250500" && fits.json["granted"] == "20500000000000000000", "{}", fits.text);
    let over = desk.run("app check 1 --units 250501").await.expect("a check");
    assert!(!over.ok && over.json["limit"] == "the epoch's fee cap leaves no room for a further unit", "{}", over.text);
    assert!(over.text.contains("largest       250500 units in all"), "{}", over.text);
    assert_eq!(desk.run("app check 1 --units 1 --epoch 99").await.expect("a check").json["limit"], "the epoch has not begun");
    assert!(over.text.contains(&format!("running       epoch {}", over.json["running"])), "{}", over.text);
    assert!(desk.fails("app usage 7").await.to_string().contains("there is no app 7: they are numbered from 1 to 1"));

    // What would be refused, and the largest that passes.
    let answer = desk.check(Ben, "app exit 1 --request 501").await;
    assert!(!answer.ok && answer.json["largest"] == wei(500), "{}", answer.text);
    let answer = desk.check(Cleo, "app commit 1 1000000000 --epochs 2").await;
    let most: u64 = answer.json["largest"].as_str().expect("units").parse().expect("a number");
    assert!(!answer.ok && desk.check(Cleo, &format!("app commit 1 {most} --epochs 2")).await.ok);
    assert!(!desk.check(Cleo, &format!("app commit 1 {} --epochs 2", most + 1)).await.ok, "one more does not pass");
    let error = desk.refused(Cleo, "app cap 1 5").await;
    assert!(
        error.contains("app 1 does not belong to this account") && error.contains("what to do: sign with the owner's key"),
        "{error}"
    );
    assert!(desk.refused(Cleo, "app topup 9 5").await.contains("there is no app 9"));

    // Money out: asked for, put back, asked for again, early, in time.
    held(&desk.by(Ben, "app exit 1 --request 300").await);
    assert!(desk.refused(Ben, "app exit 1 --request 1").await.contains("300 COR are leaving already"));
    held(&desk.by(Ben, "app exit 1 --cancel").await);
    held(&desk.by(Ben, "app exit 1 --request 400").await);
    assert!(desk.refused(Ben, "app exit 1").await.contains("vouchers still count until"));
    assert!(desk.refused(Ben, "app close 1").await.contains("a commitment covers epochs up to"));
    desk.pass(8 * DAY).await;
    let before = desk.balance(Ben).await;
    held(&desk.by(Ben, "app exit 1").await);
    assert_eq!((desk.balance(Ben).await - before).to_string(), wei(400));
    desk.pass(30 * DAY).await;
    let answer = desk.by(Ben, "app close 1").await;
    held(&answer);
    assert_eq!(answer.json["actual"]["closed"], true);
    assert!(desk.refused(Ben, "app topup 1 5").await.contains("app 1 was closed in epoch"));
}
