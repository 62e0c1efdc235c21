//! An attester: computes, votes, and sees at once when others vote for something else.

use std::{
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use abi::{MinerPool, MinerRewards};
use alloy_primitives::{B256, U256};
use corflow::people::Person::{self, *};
use serde_json::Value;

use crate::desk::{DAY, Desk};

fn corflow(desk: &Desk, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corflow"));
    command.args(desk.words(line));
    command
}

fn run(desk: &Desk, line: &str) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = corflow(desk, line).output().expect("corflow runs");
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// What a single look says, and how it ends.
fn look(desk: &Desk, book: &str) -> (Option<i32>, Value, String) {
    let output = corflow(desk, &format!("attester watch --once --json --book {book}")).output().expect("corflow runs");
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let (code, text) = run(desk, &format!("attester watch --once --book {book}"));
    assert_eq!(code, output.status.code(), "{text}");
    (code, document, text)
}

fn vote(desk: &Desk, by: Person) -> (Option<i32>, String) {
    let line = format!("attester vote --book @book --epoch 1 --uri https://scores.example/1 --private-key-file @{}", by.name());
    run(desk, &line)
}

/// Waits until a command has ended by itself.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().expect("it is ours").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("it goes on: {:?}", child.wait_with_output());
        }
        thread::sleep(Duration::from_millis(50));
    }
    let Output { status, stdout, .. } = child.wait_with_output().expect("what it said");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_does_not_follow_from_the_scores_is_seen_and_stopped() {
    let desk = Desk::open().await;
    let (rewards, pool) = (desk.running.network.rewards, desk.running.network.pool);
    let [treasury, ada, ben, cleo] = [Treasury, Ada, Ben, Cleo].map(|it| desk.address(it));
    let attesters = MinerRewards::setAttestersCall { attesters: vec![ada, ben, cleo], quorum: U256::from(2) };
    desk.send(treasury, rewards, attesters).await;
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["closed"]["next"], &document["pending"]), (Some(0), &0.into(), &Value::Null), "{text}");
    assert!(text.contains("no epoch is closed yet") && text.contains("others are attesters from 20"), "{text}");

    desk.pass(16 * DAY).await;
    desk.send(treasury, pool, MinerPool::closeCall { max: U256::from(8) }).await;
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["withoutRoot"]), (Some(0), &serde_json::json!([0, 1])), "{text}");
    assert!(text.contains("closed and without an active root: epochs 0 to 1"), "{text}");

    // Budget and stakes come from the network; the folder is what everybody publishes.
    desk.write("scores.csv", &format!("miner,tasks,score,free\n{ada},3,1,0\n{cleo},9,3,0\n"));
    let compute = "attester compute --book @book --epoch 1 --scores @scores.csv --block 26 --minimum-stake 0 --first";
    let (code, text) = run(&desk, compute);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = vote(&desk, Ben);
    assert!(code == Some(0) && text.contains("1 of 3 attesters stand behind it, 2 are a quorum: 1 more are needed"), "{text}");
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["ballots"][0]["judgement"]), (Some(0), &"same".into()), "{text}");
    assert_eq!((&document["ballots"][0]["by"], &document["quorum"]), (&serde_json::json!([ben.to_string()]), &2.into()));
    assert!(text.contains("1 of 2 votes that are a quorum") && text.contains("https://scores.example/1"), "{text}");
    let honest = document["ballots"][0]["root"].as_str().expect("a root").to_owned();
    let total: U256 = document["ballots"][0]["cumulativeTotal"].as_str().expect("a total").parse().expect("a number");

    // Two others want another one, while somebody watches.
    let mut watching = corflow(&desk, "attester watch --every 1 --book @book");
    let watching = watching.stdout(Stdio::piped()).spawn().expect("corflow runs");
    let rogue = B256::repeat_byte(0xee);
    for attester in [ada, cleo] {
        let (epoch, data) = (U256::from(1), B256::repeat_byte(1));
        let call = MinerRewards::voteCall {
            epoch,
            root: rogue,
            cumulativeTotal: total - U256::from(5),
            dataHash: data,
            uri: String::new(),
        };
        desk.send(attester, rewards, call).await;
    }
    let (code, told) = ended(watching);
    assert!(code == Some(1) && told.contains(&honest) && told.contains(&rogue.to_string()), "{told}");
    assert!(told.contains("THIS ROOT DOES NOT FOLLOW FROM THE PUBLISHED SCORES"), "{told}");

    let (code, document, text) = look(&desk, "@book");
    let pending = &document["pending"];
    assert_eq!((code, &document["ok"], &pending["judgement"]), (Some(1), &false.into(), &"differs".into()), "{text}");
    assert_eq!((&pending["root"], &pending["computed"]["root"]), (&rogue.to_string().into(), &honest.as_str().into()));
    assert!(text.contains("it pays 0.000000000000000005 COR less than the scores give"), "{text}");
    let ready = pending["readyAt"].as_u64().expect("a second");
    let remedies = pending["remedies"].as_array().expect("a list");
    let before: Vec<Option<u64>> = remedies.iter().map(|it| it["before"].as_u64()).collect();
    assert_eq!(before, [Some(ready - DAY), Some(ready), Some(ready)], "{text}");
    for call in ["setAttesters(address[],uint256) of miner-rewards, before 20", "extend() of miner-rewards before 20"] {
        assert!(text.contains(call), "{call}: {text}");
    }
    // Too late for the owner, whose attesters would hold after the window; once extended, it is time again.
    desk.pass(2 * DAY + DAY / 2).await;
    let (_, document, text) = look(&desk, "@book");
    assert_eq!(document["pending"]["remedies"].as_array().map(Vec::len), Some(2), "{text}");
    desk.send(desk.address(Guardian), rewards, MinerRewards::extendCall {}).await;
    let (_, document, text) = look(&desk, "@book");
    let left: Vec<&str> =
        document["pending"]["remedies"].as_array().expect("a list").iter().filter_map(|it| it["call"].as_str()).collect();
    assert!(left.len() == 2 && left[0].contains("owner set-attesters") && left[1].contains("attester vote --epoch 1"), "{text}");

    // One of the two votes for what follows, as it is told to, and the root is dropped.
    let (code, text) = vote(&desk, Cleo);
    assert!(code == Some(0) && text.contains("2 of 3 attesters stand behind it"), "{text}");
    desk.pass(4 * DAY).await;
    desk.send(treasury, rewards, MinerRewards::activateCall {}).await;
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["pending"], &document["active"]), (Some(0), &Value::Null, &Value::Null), "{text}");
    let parts = desk.json("book/epoch-1/allocations.json");
    let data: B256 = document["ballots"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|it| it["root"] == honest.as_str())
        .expect("ours")["dataHash"]
        .as_str()
        .and_then(|it| it.parse().ok())
        .expect("a hash");
    assert_eq!(parts["root"], honest.as_str());
    let root = honest.parse().expect("a root");
    let propose = MinerRewards::proposeCall { epoch: U256::from(1), root, cumulativeTotal: total, dataHash: data };
    desk.send(treasury, rewards, propose).await;
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["pending"]["judgement"]), (Some(0), &"same".into()), "{text}");

    // Who has no scores cannot say; that is not well either.
    let (code, document, text) = look(&desk, "@empty");
    assert_eq!((code, &document["pending"]["judgement"]), (Some(1), &"unknown".into()), "{text}");
    assert!(text.contains("NOBODY HERE CAN SAY"), "{text}");

    desk.pass(4 * DAY).await;
    desk.send(treasury, rewards, MinerRewards::activateCall {}).await;
    let (code, document, text) = look(&desk, "@book");
    assert_eq!((code, &document["active"]["judgement"]), (Some(0), &"same".into()), "{text}");
    assert!(text.contains("every closed epoch is in the active root") && text.contains("no root is pending"), "{text}");
}
