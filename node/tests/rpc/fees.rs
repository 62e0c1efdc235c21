//! Fees and estimates.

use alloy::primitives::U256;
use serde_json::{Value, json};

use crate::support::{CELL, CONTRACT, Client, NOBODY, large, quantity, word};

#[tokio::test]
async fn a11_the_quoted_price_is_enough_for_the_next_block() {
    let client = Client::start();
    assert_eq!(client.get("eth_maxPriorityFeePerGas", json!([])).await, "0x0");
    for _ in 0..50 {
        let price = client.get("eth_gasPrice", json!([])).await;
        client.send(NOBODY, "0x").await;
        let transaction = json!({
            "from": client.account(1), "to": NOBODY, "maxFeePerGas": price, "maxPriorityFeePerGas": "0x0",
        });
        let hash = client.get("eth_sendTransaction", json!([transaction])).await;
        let receipt = client.receipt(&hash).await;
        let block = client.get("eth_getBlockByHash", json!([receipt["blockHash"], false])).await;
        assert_eq!(receipt["effectiveGasPrice"], block["baseFeePerGas"]);
    }
}

#[tokio::test]
async fn a_tip_is_dropped() {
    let client = Client::start();
    let before = large(&client.get("eth_getBalance", json!([client.account(1), "latest"])).await);
    let transaction = json!({
        "from": client.account(1), "to": NOBODY, "maxFeePerGas": "0x77359400", "maxPriorityFeePerGas": "0x77359400",
    });
    let hash = client.get("eth_sendTransaction", json!([transaction])).await;
    let receipt = client.receipt(&hash).await;
    assert_eq!(receipt["effectiveGasPrice"], "0x5f5e100");
    let after = large(&client.get("eth_getBalance", json!([client.account(1), "latest"])).await);
    assert_eq!(before - after, U256::from(21_000 * 100_000_000u64));
}

#[tokio::test]
async fn a19_fee_history_of_genesis_and_of_a_count() {
    let client = Client::start();
    let history = client.get("eth_feeHistory", json!(["0x5", "latest", [20, 30]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"].as_array().unwrap().len(), 2);
    assert_eq!(history["gasUsedRatio"].as_array().unwrap().len(), 1);
    assert_eq!(history["reward"], json!([["0x0", "0x0"]]));

    for _ in 0..10 {
        client.send(NOBODY, "0x").await;
    }
    let history = client.get("eth_feeHistory", json!([1, "latest", []])).await;
    assert_eq!(history["oldestBlock"], "0xa");
    assert_eq!(history["gasUsedRatio"].as_array().unwrap().len(), 1);
    let fees = history["baseFeePerGas"].as_array().unwrap().clone();
    assert_eq!(fees.len(), 2);
    client.send(NOBODY, "0x").await;
    assert_eq!(client.get("eth_getBlockByNumber", json!(["0xb", false])).await["baseFeePerGas"], fees[1]);
}

/// Also where the fee moves: loops that use up their gas fill the backlog beyond its tolerance.
#[tokio::test]
async fn a19_the_last_fee_is_that_of_the_next_block_when_it_rises() {
    let client = Client::start();
    // JUMPDEST, PUSH0, JUMP
    client.install("0x5b5f56").await;
    for _ in 0..6 {
        let spend = json!({ "from": client.account(1), "to": CONTRACT, "gas": "0x1c9c380" });
        let hash = client.get("eth_sendTransaction", json!([spend])).await;
        assert_eq!(client.receipt(&hash).await["status"], "0x0");
    }
    let quoted = client.get("eth_feeHistory", json!(["0x1", "latest", []])).await["baseFeePerGas"][1].clone();
    assert!(quantity(&quoted) > 100_000_000, "the fee has not risen: {quoted}");
    assert_eq!(client.get("eth_gasPrice", json!([])).await, quoted);
    client.mine(1).await;
    assert_eq!(client.get("eth_getBlockByNumber", json!(["latest", false])).await["baseFeePerGas"], quoted);
}

#[tokio::test]
async fn an_estimate_is_enough_and_not_much_more() {
    let client = Client::start();
    client.install(CELL).await;
    let transfer = json!({ "from": client.account(1), "to": NOBODY, "value": "0x1" });
    assert_eq!(client.get("eth_estimateGas", json!([transfer])).await, "0x5208");

    let set = json!({ "from": client.account(1), "to": CONTRACT, "data": word(7) });
    let estimate = client.number("eth_estimateGas", json!([set])).await;
    let mut with_gas = set.clone();
    with_gas["gas"] = json!(format!("{estimate:#x}"));
    let receipt = client.receipt(&client.get("eth_sendTransaction", json!([with_gas])).await).await;
    assert_eq!(receipt["status"], "0x1");
    let used = quantity(&receipt["gasUsed"]);
    assert!(used <= estimate && estimate * 100 <= used * 102, "used {used}, estimated {estimate}");

    let mut too_little = set.clone();
    too_little["gas"] = json!("0x5300");
    let error = client.error("eth_estimateGas", json!([too_little])).await;
    assert_eq!(error.code, -32000);
}

/// Clearing a slot gives a refund at the end, so that more is needed on the way than is paid.
#[tokio::test]
async fn an_estimate_covers_what_is_refunded() {
    let client = Client::start();
    client.install(CELL).await;
    client.send(CONTRACT, &word(7)).await;
    let clear = json!({ "from": client.account(1), "to": CONTRACT, "data": word(0) });
    let estimate = client.number("eth_estimateGas", json!([clear])).await;
    let receipt = client.receipt(&client.get("eth_sendTransaction", json!([clear])).await).await;
    assert_eq!(receipt["status"], "0x1");
    assert!(quantity(&receipt["gasUsed"]) < estimate);
}

#[tokio::test]
async fn calls_and_estimates_take_overrides() {
    let client = Client::start();
    let read = json!({ "to": CONTRACT });
    let with = |account: Value| json!({ CONTRACT.to_string(): account });
    let code = json!({ "code": CELL, "stateDiff": { word(0): word(9) } });
    assert_eq!(client.get("eth_call", json!([read, "latest", with(code)])).await, word(9));
    assert_eq!(client.get("eth_getCode", json!([CONTRACT, "latest"])).await, "0x");

    client.install(CELL).await;
    client.send(CONTRACT, &word(5)).await;
    assert_eq!(client.get("eth_call", json!([read, "latest", with(json!({ "state": {} }))])).await, word(0));
    assert_eq!(client.get("eth_call", json!([read, "latest", with(json!({ "stateDiff": {} }))])).await, word(5));

    let rich = json!({ NOBODY.to_string(): { "balance": "0xde0b6b3a7640000", "nonce": "0x7" } });
    let pay = json!({ "from": NOBODY, "to": client.account(1), "value": "0xde0b6b3a7640000" });
    assert_eq!(client.error("eth_call", json!([pay, "latest"])).await.code, -32000);
    assert_eq!(client.get("eth_call", json!([pay, "latest", rich])).await, "0x");
    assert_eq!(client.get("eth_estimateGas", json!([pay, "latest", rich])).await, "0x5208");

    client.install(crate::support::CLOCK).await;
    let at = json!({ "time": "0x123456789" });
    assert_eq!(client.get("eth_call", json!([read, "latest", {}, at])).await, word(0x1_2345_6789));
}

#[tokio::test]
async fn node_interface_estimates_by_parts() {
    use alloy::sol_types::{SolCall, sol};

    sol! {
        function gasEstimateComponents(address to, bool contractCreation, bytes data)
            external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }

    let client = Client::start();
    let asked = gasEstimateComponentsCall { to: NOBODY, contractCreation: false, data: Default::default() };
    let call =
        json!({ "to": "0x00000000000000000000000000000000000000c8", "data": alloy::hex::encode_prefixed(asked.abi_encode()) });
    let answer = client.get("eth_call", json!([call])).await;
    let answer = alloy::hex::decode(answer.as_str().unwrap()).unwrap();
    let parts = gasEstimateComponentsCall::abi_decode_returns(&answer).unwrap();
    assert_eq!((parts.gasEstimate, parts.gasEstimateForL1), (21_000, 0));
    assert_eq!(parts.baseFee, U256::from(100_000_000));
}
