//! Time, and going back in it.

use crate::support::{CLOCK, CONTRACT, Client, NOBODY, large, quantity};
use serde_json::{Value, json};

async fn time_in_call(client: &Client) -> u64 {
    large(&client.get("eth_call", json!([{ "to": CONTRACT }, "latest"])).await).to()
}

async fn head_time(client: &Client) -> u64 {
    quantity(&client.get("eth_getBlockByNumber", json!(["latest", false])).await["timestamp"])
}

#[tokio::test]
async fn a24_a_snapshot_brings_back_blocks_and_time_once() {
    let client = Client::start();
    client.install(CLOCK).await;
    client.send(NOBODY, "0x").await;
    let before = time_in_call(&client).await;
    let head = client.head().await;

    let id = client.get("evm_snapshot", json!([])).await;
    client.get("evm_increaseTime", json!([1000])).await;
    client.get("evm_mine", json!([])).await;
    let gone = client.get("eth_getBlockByNumber", json!(["latest", false])).await;
    assert!(quantity(&gone["timestamp"]) >= before + 1000);

    assert_eq!(client.get("evm_revert", json!([id])).await, true);
    assert_eq!(time_in_call(&client).await, before);
    assert_eq!(client.head().await, head);
    assert_eq!(client.get("eth_getBlockByHash", json!([gone["hash"], false])).await, Value::Null);
    client.get("evm_mine", json!([])).await;
    let next = head_time(&client).await;
    assert!(before < next && next < before + 1000, "{before} {next}");

    assert_eq!(client.get("evm_revert", json!([id])).await, false);
    assert_eq!(client.head().await, head + 1);
}

#[tokio::test]
async fn a24_going_back_undoes_accounts_and_the_pool_and_later_snapshots() {
    let client = Client::with(|node| node.automine(false));
    let first = client.get("evm_snapshot", json!([])).await;
    let kept = client.send(NOBODY, "0x").await;
    let second = client.get("evm_snapshot", json!([])).await;
    client.get("anvil_setBalance", json!([NOBODY, "0x5"])).await;
    let third = client.get("evm_snapshot", json!([])).await;
    let dropped = client.send(NOBODY, "0x").await;
    client.mine(1).await;

    assert_eq!(client.get("evm_revert", json!([second])).await, true);
    assert_eq!(client.get("eth_getBalance", json!([NOBODY, "latest"])).await, "0x0");
    assert_eq!(client.get("eth_getTransactionByHash", json!([dropped])).await, Value::Null);
    assert_eq!(client.get("eth_getTransactionByHash", json!([kept])).await["hash"], kept);
    assert_eq!(client.get("evm_revert", json!([third])).await, false, "made after the one that was used");
    assert_eq!(client.get("evm_revert", json!([first])).await, true);
    assert_eq!(client.get("eth_getTransactionByHash", json!([kept])).await, Value::Null);
}

#[tokio::test]
async fn time_goes_where_it_is_sent_and_on_from_there() {
    let client = Client::start();
    client.get("evm_setNextBlockTimestamp", json!([4_000_000_000u64])).await;
    client.send(NOBODY, "0x").await;
    assert_eq!(head_time(&client).await, 4_000_000_000);
    client.send(NOBODY, "0x").await;
    assert!((4_000_000_000..4_000_000_060).contains(&head_time(&client).await));
    client.get("evm_increaseTime", json!(["0x15180"])).await;
    client.send(NOBODY, "0x").await;
    assert!(head_time(&client).await >= 4_000_086_400);
    client.get("evm_mine", json!([4_100_000_000u64])).await;
    assert_eq!(head_time(&client).await, 4_100_000_000);
    client.get("evm_mine", json!([{ "timestamp": 4_200_000_000u64, "blocks": 2 }])).await;
    assert!(head_time(&client).await >= 4_200_000_000);

    let error = client.error("evm_setNextBlockTimestamp", json!([1000])).await;
    assert_eq!(error.code, -32602);
    assert!(error.message.contains("timestamp"), "{}", error.message);
}

#[tokio::test]
async fn many_blocks_at_an_interval() {
    let client = Client::start();
    client.mine(1).await;
    let start = head_time(&client).await;
    client.get("hardhat_mine", json!(["0xa", "0x3c"])).await;
    assert_eq!(client.head().await, 11);
    let end = head_time(&client).await;
    assert!((start + 540..start + 560).contains(&end), "{start} {end}");
}

/// What a transaction would meet is the next block, at its time: an estimate without a block is made there.
#[tokio::test]
async fn an_estimate_sees_the_time_that_the_next_block_will_have() {
    let client = Client::start();
    // Reverts before 4,000,000,000: PUSH4, TIMESTAMP, LT, PUSH1 11, JUMPI, STOP; JUMPDEST, PUSH0, PUSH0, REVERT.
    client.install("0x63ee6b28004210600b57005b5f5ffd").await;
    let request = json!({ "from": client.account(1), "to": CONTRACT });
    assert_eq!(client.error("eth_estimateGas", json!([request])).await.code, 3);
    client.get("evm_setNextBlockTimestamp", json!([4_000_000_000u64])).await;
    client.get("eth_estimateGas", json!([request])).await;
    let hash = client.send(CONTRACT, "0x").await;
    assert_eq!(client.receipt(&hash).await["status"], "0x1");
}

#[tokio::test]
async fn blocks_at_an_interval_take_what_has_arrived() {
    let client = Client::with(|node| node.block_time(std::time::Duration::from_millis(50)));
    let hash = client.send(NOBODY, "0x").await;
    for _ in 0..100 {
        if client.receipt(&hash).await["status"] == "0x1" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no block was made");
}
