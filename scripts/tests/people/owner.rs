//! The owner's part, and the epoch.

use corflow::people::Person::*;

use crate::desk::{DAY, Desk, held};

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_takes_two() {
    let desk = Desk::open().await;
    let (treasury, ada) = (desk.address(Treasury), desk.address(Ada));
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        held(&desk.by(Treasury, &format!("owner propose {contract} {ada}")).await);
        held(&desk.by(Treasury, &format!("owner propose {contract} --withdraw")).await);
        let error = desk.refused(Ada, &format!("owner accept {contract}")).await;
        assert!(error.contains("only the owner may do this, and this account"), "{error}");
        held(&desk.by(Treasury, &format!("owner propose {contract} {ada}")).await);
        let answer = desk.by(Ada, &format!("owner accept {contract}")).await;
        held(&answer);
        assert_eq!(answer.json["actual"]["owner"], ada.to_string());
        assert!(desk.refused(Treasury, &format!("owner propose {contract} {treasury}")).await.contains("only the owner"));
    }
    let params = desk.run("owner params").await.expect("parameters");
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        assert_eq!(params.json["contracts"][contract]["owner"], ada.to_string(), "{}", params.text);
    }
    assert_eq!(params.json["contracts"]["app-fees"]["miners'_share"], "700000000000000000");
    assert_eq!(params.json["contracts"]["app-fees"]["price_of_a_unit"], "1000000000000000");
    assert!(params.text.contains("commitment discount") && params.text.contains("10 %"), "{}", params.text);

    let epoch = desk.run("epoch").await.expect("an epoch").json;
    desk.pass(7 * DAY).await;
    let later = desk.run("epoch").await.expect("an epoch");
    let number = |it: &serde_json::Value| it["epoch"]["epoch"].as_str().expect("a number").parse::<u64>().expect("a number");
    assert_eq!(number(&later.json), number(&epoch) + 1);
    assert!(later.text.contains("next to close") && later.text.ends_with("to go"), "{}", later.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_owner_changes_does_not_hold_at_once() {
    let desk = Desk::open().await;
    let [ada, ben, cleo, guardian] = [Ada, Ben, Cleo, Guardian].map(|it| desk.address(it));
    let set = async |line: &str| {
        let answer = desk.by(Treasury, &format!("owner set-{line}")).await;
        held(&answer);
        answer.json["actual"].clone()
    };
    let price = set("price 0.00125").await;
    assert_eq!((&price["price_of_a_unit"], &price["in_the_one_after"]), (&"1000000000000000".into(), &"1250000000000000".into()));
    assert_eq!(set("discount 12.5").await["in_the_next_epoch"], "125000000000000000");
    let split = set("split --miners 60 --treasury 15 --burn 10").await;
    assert_eq!((&split["miners'_share"], &split["stakers'_share"]), (&"600000000000000000".into(), &"100000000000000000".into()));
    assert_eq!(set("free-budget 5000000 --starter 50000").await["free_budget_in_units"], "5000000");
    let attesters = set(&format!("attesters {ada} {ben} {cleo} --quorum 2")).await;
    let third = (&attesters["attester_3"], &attesters["quorum"]);
    assert_eq!(third, (&cleo.to_string().into(), &"2".into()), "{attesters:#}");
    assert_eq!(set(&format!("guardian staking {ada}")).await["guardian_to_come"], ada.to_string());
    assert_eq!(set(&format!("curator {ben}")).await["curator_to_come"], ben.to_string());
    assert_eq!(set(&format!("treasury {cleo}")).await["treasury_to_come"], cleo.to_string());

    // What holds is what held; what comes is told with its time.
    let params = desk.run("owner params").await.expect("parameters");
    assert_eq!(params.json["contracts"]["app-fees"]["miners'_share"], "700000000000000000", "{}", params.text);
    let coming = params.json["coming"].as_array().expect("a list");
    assert_eq!(coming.len(), 12, "{}", params.text);
    for said in [
        "app-fees: price of a unit 0.00125 COR, from 20".to_owned(),
        "app-fees: miners' share 60 %, from 20".to_owned(),
        "miner-rewards: number of attesters 3, from 20".to_owned(),
        format!("staking: guardian {ada}, from 20"),
    ] {
        assert!(params.text.contains(&said), "{said}: {}", params.text);
    }
    desk.pass(8 * DAY).await;
    let later = desk.run("owner params").await.expect("parameters");
    assert_eq!(later.json["contracts"]["app-fees"]["miners'_share"], "600000000000000000", "{}", later.text);
    assert_eq!(later.json["contracts"]["staking"]["guardian"], ada.to_string());
    assert_eq!(later.json["coming"].as_array().map(Vec::len), Some(1), "only the price: {}", later.text);

    // What goes too far, and who is not the owner.
    let far = desk.check(Treasury, "owner set-price 1").await;
    assert!(!far.ok && far.text.contains("would be refused"), "{}", far.text);
    let stranger = desk.refused(Ada, "owner set-discount 5").await;
    assert!(stranger.contains("only the owner may do this"), "{stranger}");
    assert!(desk.fails("owner set-discount 12,5 --check").await.to_string().contains("not a number"));

    // The guardian pauses, the owner opens again.
    held(&desk.by(Guardian, "owner pause app-fees").await);
    assert!(desk.refused(Guardian, "owner unpause app-fees").await.contains("only the owner"));
    held(&desk.by(Treasury, "owner unpause app-fees").await);
    let nothing = desk.fails(&format!("owner pause miner-rewards --check --from {guardian}")).await;
    assert!(nothing.to_string().contains("there is nothing to pause"), "{nothing:#}");
}
