//! What befell deployments elsewhere does not befall this one.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use abi::Staking;
use alloy::{
    consensus::{Transaction, TxEnvelope},
    eips::Decodable2718,
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use corflow::rollout::{Moment, Patience};
use serde_json::{Value, json};

use crate::{
    provider::{Provider, Way},
    support::{DEPLOYER, GUARDIAN, Notes, OWNER, STEPS, Stage, go_on, killed_at, times_done},
};

/// The attempts at a step, as they are in the journal.
fn attempts(stage: &Stage, step: &str) -> Vec<Value> {
    stage.journal().into_iter().filter(|line| line["what"] == "signed" && line["step"] == step).collect()
}

/// What an attempt offers for a gas at most, and of that as a tip.
fn offer(attempt: &Value) -> (u128, u128) {
    let raw: Bytes = attempt["raw"].as_str().expect("bytes").parse().expect("bytes");
    let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
    (transaction.max_fee_per_gas(), transaction.max_priority_fee_per_gas().expect("a tip"))
}

#[tokio::test(flavor = "multi_thread")]
async fn e01_of_one_that_succeeded_one_that_reverted_and_one_that_succeeded_only_the_second_is_done_again() {
    let stage = Stage::new().await;
    let (first, second, third) = ("approve miners' reserve", "allocate miners' reserve", "offer staking");
    killed_at(&stage, second, Moment::Written).await;
    let (pool, staking) = (stage.at("miner-pool"), stage.at("staking"));
    stage.send(GUARDIAN, pool, Staking::pauseCall {}.abi_encode()).await;
    let paused = format!("{:#}", stage.run(&mut Notes::default()).await.expect_err("paused"));
    assert!(paused.contains("`allocate miners' reserve` would fail: nothing was sent"), "{paused}");
    assert!(paused.contains("what to do: wait until the owner unpauses it"), "{paused}");
    // The third one is mined although the second one was not.
    let owner = stage.node.accounts()[OWNER].address;
    let offer = Staking::transferOwnershipCall { newOwner: owner };
    let offered = stage.send(DEPLOYER, staking, offer.abi_encode()).await;
    stage.send(DEPLOYER, pool, Staking::unpauseCall {}.abi_encode()).await;
    go_on(&stage).await;
    assert_eq!((times_done(&stage, first), times_done(&stage, second)), (1, 1));
    assert!(attempts(&stage, third).is_empty(), "{offered} did it");
    assert_eq!(attempts(&stage, second).len(), 2);
    assert_eq!(stage.sent().await, STEPS + 2, "the reverted one and the unpausing are more");
}

#[tokio::test(flavor = "multi_thread")]
async fn e02_one_that_was_sent_before_the_process_died_is_found_and_not_sent_anew() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy staking", Moment::Sent).await;
    let lines = stage.journal();
    let signed = lines.last().expect("a line");
    assert_eq!((&signed["what"], &signed["step"]), (&json!("signed"), &json!("deploy staking")), "its end is not written down");
    let notes = go_on(&stage).await;
    assert!(notes.contains("an earlier run may have sent `deploy staking`"), "{notes}");
    assert_eq!((attempts(&stage, "deploy staking").len(), times_done(&stage, "deploy staking")), (1, 1));
    assert_eq!(stage.sent().await, STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_what_stood_when_a_run_failed_is_in_the_file_and_stays_as_it_is() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy fee-board", Moment::Signed).await;
    let before = stage.record();
    assert_eq!(before["chainId"], 421_614);
    let entries = |record: &Value| record["contracts"].as_object().expect("contracts").clone();
    assert_eq!(entries(&before).keys().collect::<Vec<_>>(), ["cor-token", "staking"]);
    for (name, entry) in entries(&before) {
        let hash = entry["transaction"].as_str().unwrap_or_else(|| panic!("{name} says by which transaction"));
        let address = entry["address"].as_str().expect("an address");
        let receipt = stage.ask("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "{name}: {receipt}");
        assert_ne!(stage.ask("eth_getCode", json!([address, "latest"])).await, json!("0x"), "{name}");
    }
    go_on(&stage).await;
    let after = entries(&stage.record());
    assert_eq!(after.len(), 7);
    for (name, entry) in entries(&before) {
        assert_eq!(entry.to_string(), after[&name].to_string(), "{name}");
        assert_eq!(times_done(&stage, &format!("deploy {name}")), 1);
    }
    // Beside the files there are none that were begun: each is put in its place at once.
    let names = std::fs::read_dir(stage.folder()).expect("a folder").map(|it| it.expect("a file").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    let expected = ["arbitrum-sepolia.journal.jsonl", "arbitrum-sepolia.json", "networks.toml", "params.toml"];
    assert_eq!(names, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_a_node_that_answers_the_nonce_before_for_five_seconds_is_waited_for() {
    const LATE: Duration = Duration::from_secs(5);
    let mut stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Recorded).await;
    let began = Instant::now();
    let choose = move |method: &str, _: &Value| {
        if method == "eth_getTransactionCount" && began.elapsed() < LATE { Way::Behind } else { Way::Honest }
    };
    let provider = Provider::before(&stage.node.endpoint(), choose).await;
    stage.network = stage.network.clone().at(&provider.url);
    stage.patience.lag = Patience::default().lag;
    let notes = go_on(&stage).await;
    assert!(began.elapsed() >= LATE);
    assert!(notes.contains("the node answers nonce") && notes.contains("waiting"), "{notes}");
    assert_eq!((stage.sent().await, times_done(&stage, "wire miner-rewards")), (STEPS, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_another_transaction_of_the_account_between_two_runs_is_nothing_to_the_second() {
    let stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Recorded).await;
    stage.send(DEPLOYER, Address::repeat_byte(1), Vec::new()).await;
    assert_eq!(go_on(&stage).await, "", "nothing to note");
    assert_eq!(stage.sent().await, STEPS + 1);
    let signed = stage.journal().iter().filter(|line| line["what"] == "signed").count();
    assert_eq!(signed as u64, STEPS, "each step is signed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn e07_a_chain_on_which_nothing_else_happens_is_not_waited_for() {
    let mut stage = Stage::new().await;
    stage.patience = Patience::default();
    let began = Instant::now();
    stage.run(&mut Notes::default()).await.expect("deployed");
    let took = began.elapsed();
    println!("deployed with the default patience in {:.1} s", took.as_secs_f64());
    // A wait for blocks that do not come would take at least as long as one transaction may.
    assert!(took < stage.patience.block / 3, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn e09_whatever_a_node_says_to_what_it_took_each_step_is_done_once() {
    let mut stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Signed).await;
    let sent = AtomicUsize::new(0);
    let choose = move |method: &str, _: &Value| {
        if method != "eth_sendRawTransaction" {
            return Way::Honest;
        }
        match sent.fetch_add(1, Ordering::Relaxed) {
            0 => Way::TakeAndRefuse("already known"),
            1 => Way::TakeAndRefuse("nonce too low: next nonce 17, tx nonce 16"),
            2 | 3 => Way::Refuse("replacement transaction underpriced"),
            _ => Way::Honest,
        }
    };
    let provider = Provider::before(&stage.node.endpoint(), choose).await;
    stage.network = stage.network.clone().at(&provider.url);
    go_on(&stage).await;
    assert_eq!(stage.sent().await, STEPS);
    assert_eq!(attempts(&stage, "wire staking").len(), 1, "already known: nothing else is signed");
    assert_eq!(attempts(&stage, "wire miner-rewards").len(), 1, "too low: its receipt is looked for");
    let raised = attempts(&stage, "wire app-fees");
    assert_eq!(raised.len(), 3, "underpriced twice");
    assert!(raised.iter().all(|attempt| attempt["nonce"] == raised[0]["nonce"]), "{raised:?}");
    let offers: Vec<(u128, u128)> = raised.iter().map(offer).collect();
    for pair in offers.windows(2) {
        // By at least a tenth, which pools ask for.
        assert!(pair[1].0 * 10 >= pair[0].0 * 11 && pair[1].1 > pair[0].1 && pair[1].1 * 10 >= pair[0].1 * 11, "{offers:?}");
    }
    let mined = stage.journal().into_iter().find(|line| line["what"] == "mined" && line["step"] == "wire app-fees");
    assert_eq!(mined.expect("mined")["hash"], raised[2]["hash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e11_one_that_is_replaced_while_it_is_waited_for_is_told_at_once_and_by_which() {
    let mut stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Signed).await;
    // Longer than a transaction may take: only what is seen on the chain ends the wait.
    stage.patience.lag = Duration::from_secs(60);
    stage.patience.again = Duration::from_secs(60);
    stage.ask("evm_setAutomine", json!([false])).await;
    let mut notes = Notes::default();
    let meddle = async {
        let wire = async || stage.ask("txpool_status", json!([])).await["pending"].clone();
        while U256::from_str_radix(wire().await.as_str().expect("a number").trim_start_matches("0x"), 16) == Ok(U256::ZERO) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stage.ask("anvil_dropAllTransactions", json!([])).await;
        let other = stage.send_only(DEPLOYER, Address::repeat_byte(1)).await;
        stage.ask("evm_setAutomine", json!([true])).await;
        stage.ask("evm_mine", json!([])).await;
        other
    };
    let (ended, other) = tokio::join!(stage.run(&mut notes), meddle);
    ended.expect("deployed");
    let notes = notes.notes.join("\n");
    let told = format!("the nonce of `wire staking` was used by another transaction of this account, {other}: sending it anew");
    assert!(notes.contains(&told), "{notes}");
    assert_eq!((stage.sent().await, times_done(&stage, "wire staking")), (STEPS + 1, 1));
    let replaced = stage.journal().into_iter().find(|line| line["what"] == "replaced").expect("written down");
    assert_eq!(replaced["by"], json!(other));
}
