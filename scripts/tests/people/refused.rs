//! What every write is refused for: in words, beforehand and when it is tried, and nothing is sent.

use abi::{CorToken, Staking};
use alloy_primitives::U256;
use corflow::{
    people::Person::{self, *},
    wallet::exit_of,
};
use words::refusals::Exit;

use crate::desk::{COR, Desk, held};

#[tokio::test(flavor = "multi_thread")]
async fn every_write_says_why_it_is_refused() {
    let desk = Desk::open().await;
    let (ada, cleo) = (desk.address(Ada), desk.address(Cleo));
    let register = format!("app register --signer {ada} --uri https://app --fee-cap");
    held(&desk.by(Ben, &format!("{register} 10")).await);
    held(&desk.by(Ben, "app topup 1 100").await);
    // Whoever has nothing left cannot put anything in.
    let all = CorToken::transferCall { to: ada, value: U256::from(10_000 * COR) };
    desk.send(cleo, desk.running.system.token, all).await;

    let long = "a".repeat(600);
    let mut wrong = Vec::new();
    for (person, line, says, next) in [
        (Cleo, "stake 1".to_owned(), "needs 1 COR, you have 0 COR", "get COR"),
        (Ada, "stake 0".into(), "an amount of zero does nothing", "give an amount above zero"),
        (Ada, "unstake 1".into(), "1 COR are asked for, and 0 COR are at stake", "at most 0 COR"),
        (Ada, "unstake --cancel".into(), "nothing is unbonding", ""),
        (Ada, "withdraw".into(), "nothing is unbonding", ""),
        (Ada, "claim".into(), "there are no rewards to take", ""),
        (Ada, "compound".into(), "there are no rewards to take", ""),
        (Cleo, format!("{register} 10"), "needs 1000 COR, you have 0 COR", "get COR"),
        (
            Ada,
            format!("{register} 10 --uri {long}").replace("--uri https://app ", ""),
            "the uri has 600 bytes: at most 512",
            "shorter uri",
        ),
        (Cleo, "app topup 1 5".into(), "needs 5 COR, you have 0 COR", "get COR"),
        (Ada, "app topup 2 5".into(), "there is no app 2", "check the number"),
        (Cleo, "app sponsor 1 5".into(), "needs 5 COR, you have 0 COR", "get COR"),
        (Ada, "app sponsor 1 0".into(), "an amount of zero does nothing", "give an amount above zero"),
        (Cleo, "app pay 1 5".into(), "needs 5 COR, you have 0 COR", "get COR"),
        (Ada, "app pay 2 5".into(), "there is no app 2", "check the number"),
        (Cleo, "app commit 1 1000".into(), "needs 0.9 COR, you have 0 COR", "get COR"),
        (Ada, "app cap 1 5".into(), "app 1 does not belong to this account", "sign with the owner's key"),
        (Ada, "app exit 1 --request 5".into(), "app 1 does not belong to this account", "sign with the owner's key"),
        (Ben, "app exit 1 --request 101".into(), "101 COR are asked for, and 100 COR are in escrow", "100 COR"),
        (Ben, "app exit 1 --cancel".into(), "nothing of app 1 is leaving", "app exit 1 --request AMOUNT"),
        (Ben, "app exit 1".into(), "nothing of app 1 is leaving", "app exit 1 --request AMOUNT"),
        (Ada, "app close 1".into(), "app 1 does not belong to this account", "sign with the owner's key"),
        (Ada, format!("miner payout {cleo} --name {ada}"), "this belongs to the payout address", "sign with the key of"),
        (Ada, format!("miner payout {cleo} --accept"), "offered", "what to do"),
        (Ada, format!("owner propose staking {ada}"), "only the owner may do this, and this account", "owner params"),
        (Ada, "owner accept staking".into(), "only the owner may do this, and this account", "owner params"),
    ] {
        wrong.extend(refused(&desk, person, &line, says, next).await);
    }

    // What is paused is so for those who put something in, and for nobody who leaves.
    held(&desk.by(Ada, "stake 10").await);
    let (guardian, network) = (desk.address(Guardian), &desk.running.network);
    for contract in [desk.running.system.staking, network.fees, network.store] {
        desk.send(guardian, contract, Staking::pauseCall {}).await;
    }
    let paused = "the contract takes no inflows at the moment: it is paused";
    for line in ["stake 1", "app topup 1 5", "app sponsor 1 5", "app pay 1 5", "app commit 1 10", &format!("{register} 10")] {
        wrong.extend(refused(&desk, Ada, line, paused, "wait until the owner unpauses it").await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    held(&desk.by(Ada, "unstake 10").await);
    held(&desk.by(Ben, "app exit 1 --request 5").await);
}

/// Nothing, or what is not as it should be.
async fn refused(desk: &Desk, person: Person, line: &str, says: &str, next: &str) -> Option<String> {
    let account = desk.address(person);
    let before = desk.nonce(account, "pending").await;
    let check = desk.check(person, line).await;
    let Err(error) = desk.run(&format!("{line} --private-key-file @{}", person.name())).await else {
        return Some(format!("{line} passes, and --check says: {}", check.text));
    };
    let tried = format!("{error:#}");
    let mut wrong = Vec::new();
    if exit_of(&error) != Exit::Refused || check.ok || check.json["ok"] != false {
        wrong.push("no refusal".to_owned());
    }
    for field in ["says", "cause", "next"] {
        let text = check.json["refusal"][field].as_str().unwrap_or_default();
        if text.is_empty() || text.contains(['{', '}']) {
            wrong.push(format!("{field}: {text:?}"));
        }
    }
    for words in [says, next].into_iter().filter(|it| !tried.contains(it) || !check.text.contains(it)) {
        wrong.push(format!("not said: {words}"));
    }
    if desk.nonce(account, "pending").await != before {
        wrong.push("something was sent".to_owned());
    }
    (!wrong.is_empty()).then(|| format!("{line}: {}\n{tried}", wrong.join("; ")))
}
