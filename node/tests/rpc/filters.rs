//! Logs, filters and subscriptions.

use alloy::{
    consensus::BlockHeader,
    primitives::{B256, U256},
    providers::{Provider, ProviderBuilder, WsConnect},
    rpc::types::Filter,
};
use serde_json::{Value, json};
use stylus_devnode::Devnode;

use crate::support::{CONTRACT, Client, LOGGER, NOBODY, word};

fn count(logs: &Value) -> usize {
    logs.as_array().expect("a list, never null").len()
}

#[tokio::test]
async fn a16_an_unknown_filter_is_an_error_that_clients_know_and_an_idle_one_is_empty() {
    let client = Client::start();
    for method in ["eth_getFilterChanges", "eth_getFilterLogs"] {
        let error = client.error(method, json!(["0xdeadbeef"])).await;
        assert_eq!((error.code, error.message.as_str()), (-32000, "filter not found"), "{method}");
    }
    for (method, params) in [
        ("eth_newFilter", json!([{ "address": CONTRACT }])),
        ("eth_newBlockFilter", json!([])),
        ("eth_newPendingTransactionFilter", json!([])),
    ] {
        let id = client.get(method, params).await;
        assert_eq!(client.get("eth_getFilterChanges", json!([id])).await, json!([]), "{method}");
        assert_eq!(client.get("eth_uninstallFilter", json!([id])).await, true);
        assert_eq!(client.get("eth_uninstallFilter", json!([id])).await, false);
        assert_eq!(client.error("eth_getFilterChanges", json!([id])).await.code, -32000);
    }
}

/// A filter of a node that was started anew on the same port is unknown, even if its id was the first of both.
#[tokio::test]
async fn a16_a_filter_does_not_outlive_its_node() {
    let client = Client::start();
    let port = client.node.address().port();
    client.send(NOBODY, "0x").await;
    let id = client.get("eth_newBlockFilter", json!([])).await;
    drop(client);
    let client = Client::of(Devnode::builder().port(port).spawn().unwrap());
    client.get("eth_newBlockFilter", json!([])).await;
    assert_eq!(client.error("eth_getFilterChanges", json!([id])).await.message, "filter not found");
}

#[tokio::test]
async fn a17_past_events_are_found_without_an_end_to_the_range() {
    let client = Client::start();
    client.install(LOGGER).await;
    for topic in 1..=3 {
        client.send(CONTRACT, &word(topic)).await;
    }
    let lower = CONTRACT.to_string().to_lowercase();
    let upper = format!("0x{}", lower[2..].to_uppercase());
    let mut ids = Vec::new();
    for address in [lower, upper] {
        let filter = json!([{ "address": address, "fromBlock": "0x0" }]);
        assert_eq!(count(&client.get("eth_getLogs", filter.clone()).await), 3);
        let id = client.get("eth_newFilter", filter).await;
        assert_eq!(count(&client.get("eth_getFilterLogs", json!([id])).await), 3);
        assert_eq!(client.get("eth_getFilterChanges", json!([id])).await, json!([]));
        ids.push(id);
    }
    client.send(CONTRACT, &word(9)).await;
    for id in ids {
        let new = client.get("eth_getFilterChanges", json!([id])).await;
        assert_eq!((count(&new), &new[0]["topics"][0]), (1, &json!(word(9))));
        assert_eq!(client.get("eth_getFilterChanges", json!([id])).await, json!([]));
    }
}

#[tokio::test]
async fn logs_are_chosen_by_address_topic_and_block() {
    let client = Client::start();
    let other = NOBODY;
    client.install(LOGGER).await;
    client.get("anvil_setCode", json!([other, LOGGER])).await;
    for topic in 1..=3 {
        client.send(CONTRACT, &word(topic)).await;
    }
    client.send(other, &word(1)).await;
    let third = client.get("eth_getBlockByNumber", json!(["0x3", false])).await["hash"].clone();
    let wanted = [
        (json!({ "fromBlock": "earliest" }), 4),
        (json!({ "fromBlock": "earliest", "toBlock": "latest", "address": [CONTRACT, other] }), 4),
        (json!({ "fromBlock": "earliest", "address": other }), 1),
        (json!({ "fromBlock": "earliest", "address": [] }), 4),
        (json!({ "fromBlock": "earliest", "topics": [word(1)] }), 2),
        (json!({ "fromBlock": "earliest", "topics": [[word(1), word(2)]] }), 3),
        (json!({ "fromBlock": "earliest", "topics": [null] }), 4),
        (json!({ "fromBlock": "earliest", "topics": [null, word(1)] }), 0),
        (json!({ "fromBlock": "0x2", "toBlock": "0x3" }), 2),
        (json!({ "fromBlock": "0x2", "toBlock": "0x99" }), 3),
        (json!({ "blockHash": third }), 1),
        (json!({}), 1),
    ];
    for (filter, expected) in wanted {
        assert_eq!(count(&client.get("eth_getLogs", json!([filter])).await), expected, "{filter}");
    }
    assert_eq!(client.error("eth_getLogs", json!([{ "blockHash": word(1) }])).await.code, -32000);
    assert_eq!(client.error("eth_getLogs", json!([{ "fromBlock": "0x3", "toBlock": "0x2" }])).await.code, -32602);
}

#[tokio::test]
async fn a_filter_sees_blocks_again_that_replace_undone_ones() {
    let client = Client::start();
    let snapshot = client.get("evm_snapshot", json!([])).await;
    let id = client.get("eth_newBlockFilter", json!([])).await;
    client.mine(3).await;
    assert_eq!(count(&client.get("eth_getFilterChanges", json!([id])).await), 3);
    client.get("evm_revert", json!([snapshot])).await;
    client.mine(1).await;
    let new = client.get("eth_getFilterChanges", json!([id])).await;
    let head = client.get("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(new, json!([head["hash"]]));
}

#[tokio::test]
async fn pending_transactions_are_polled() {
    let client = Client::with(|node| node.automine(false));
    let id = client.get("eth_newPendingTransactionFilter", json!([])).await;
    let hash = client.send(NOBODY, "0x").await;
    assert_eq!(client.get("eth_getFilterChanges", json!([id])).await, json!([hash]));
    client.mine(1).await;
    assert_eq!(client.get("eth_getFilterChanges", json!([id])).await, json!([]));
}

#[tokio::test]
async fn a34_new_heads_come_whole_and_in_order() {
    let client = Client::start();
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(client.node.ws_endpoint())).await.unwrap();
    let mut heads = ws.subscribe_blocks().await.unwrap();
    for _ in 0..10 {
        client.send(NOBODY, "0x").await;
    }
    for number in 1..=10 {
        let head = heads.recv().await.unwrap();
        assert_eq!(head.number(), number);
        assert_eq!(head.inner.hash_slow(), head.hash);
    }
}

#[tokio::test]
async fn a34_a_head_has_every_field_of_a_header() {
    let client = Client::start();
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(client.node.ws_endpoint())).await.unwrap();
    let mut heads = ws.subscribe::<_, Value>(("newHeads",)).await.unwrap();
    client.send(NOBODY, "0x").await;
    let head = heads.recv().await.unwrap();
    let fields = [
        "number",
        "hash",
        "parentHash",
        "sha3Uncles",
        "logsBloom",
        "transactionsRoot",
        "stateRoot",
        "receiptsRoot",
        "miner",
        "difficulty",
        "extraData",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "mixHash",
        "nonce",
    ];
    for field in fields {
        assert!(head[field].is_string(), "{field} is missing from {head}");
    }
}

#[tokio::test]
async fn logs_and_pending_transactions_are_subscribed_to() {
    let client = Client::start();
    client.install(LOGGER).await;
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(client.node.ws_endpoint())).await.unwrap();
    let wanted = Filter::new().address(CONTRACT).event_signature(B256::from(U256::from(2)));
    let mut logs = ws.subscribe_logs(&wanted).await.unwrap();
    let mut pending = ws.subscribe_pending_transactions().await.unwrap();
    let mut hashes = Vec::new();
    for topic in 1..=3 {
        hashes.push(client.send(CONTRACT, &word(topic)).await);
    }
    let log = logs.recv().await.unwrap();
    assert_eq!(json!(log.transaction_hash), hashes[1]);
    assert!(logs.try_recv().is_err());
    for hash in hashes {
        assert_eq!(json!(pending.recv().await.unwrap()), hash);
    }
    ws.unsubscribe(*logs.local_id()).await.unwrap();
}
