//! Blocks, and reading the chain at them.

use crate::support::{CELL, CONTRACT, Client, NOBODY, quantity, word};
use alloy::{
    network::AnyNetwork,
    primitives::Bloom,
    providers::{Provider, ProviderBuilder},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a09_a_block_is_the_one_that_was_asked_for() {
    let client = Client::start();
    for _ in 0..5 {
        client.send(NOBODY, "0x").await;
    }
    let first = client.get("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_eq!(first["number"], "0x1");
    assert_eq!(client.get("eth_getBlockByHash", json!([first["hash"], false])).await, first);
    let second = client.get("eth_getBlockByNumber", json!(["0x2", true])).await;
    assert_eq!(second["parentHash"], first["hash"]);
    assert_eq!(client.get("eth_getBlockByHash", json!([second["hash"], true])).await, second);
    for tag in ["latest", "pending", "safe", "finalized"] {
        assert_eq!(client.get("eth_getBlockByNumber", json!([tag, false])).await["number"], "0x5", "{tag}");
    }
    assert_eq!(client.get("eth_getBlockByNumber", json!(["earliest", false])).await["number"], "0x0");
}

#[tokio::test]
async fn genesis_is_nitros() {
    let client = Client::start();
    let genesis = client.get("eth_getBlockByNumber", json!(["0x0", false])).await;
    assert_eq!(genesis["timestamp"], "0x0");
    assert_eq!(genesis["difficulty"], "0x1");
    assert_eq!(genesis["nonce"], "0x0000000000000001");
    assert_eq!(genesis["gasLimit"], "0x4000000000000");
    assert_eq!(genesis["baseFeePerGas"], "0x5f5e100");
    assert_eq!(genesis["l1BlockNumber"], "0x0");
}

/// The hash is that of the header's RLP and the roots are those of what the block holds, by another implementation.
#[tokio::test]
async fn hashes_and_roots_are_real() {
    use alloy::{consensus::proofs::calculate_transaction_root, rpc::types::Block};

    let client = Client::with(|node| node.automine(false));
    client.install(crate::support::LOGGER).await;
    for topic in 0..3 {
        client.send(CONTRACT, &word(topic)).await;
    }
    client.mine(1).await;
    let block: Block = serde_json::from_value(client.get("eth_getBlockByNumber", json!(["0x1", true])).await).unwrap();
    assert_eq!(block.header.inner.hash_slow(), block.header.hash);
    let transactions: Vec<_> = block.transactions.txns().map(|transaction| transaction.inner.inner().clone()).collect();
    assert_eq!(transactions.len(), 3);
    assert_eq!(calculate_transaction_root(&transactions), block.header.transactions_root);

    let receipts: Vec<alloy::rpc::types::TransactionReceipt> =
        serde_json::from_value(client.get("eth_getBlockReceipts", json!(["latest"])).await).unwrap();
    let consensus: Vec<_> = receipts.iter().map(|receipt| receipt.inner.clone().into_primitives_receipt()).collect();
    assert_eq!(alloy::consensus::proofs::calculate_receipt_root(&consensus), block.header.receipts_root);
    let bloom = consensus.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
    assert_eq!(bloom, block.header.logs_bloom);
}

#[tokio::test]
async fn a_receipt_says_what_a_transaction_did() {
    let client = Client::with(|node| node.automine(false));
    client.install(crate::support::LOGGER).await;
    let hashes = [client.send(CONTRACT, &word(1)).await, client.send(CONTRACT, &word(2)).await];
    client.mine(1).await;
    let block = client.get("eth_getBlockByNumber", json!(["latest", false])).await;
    let mut cumulative = 0;
    for (index, hash) in hashes.iter().enumerate() {
        let receipt = client.receipt(hash).await;
        cumulative += quantity(&receipt["gasUsed"]);
        assert_eq!(quantity(&receipt["cumulativeGasUsed"]), cumulative);
        assert_eq!(quantity(&receipt["transactionIndex"]), index as u64);
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["blockHash"], block["hash"]);
        assert_eq!(receipt["effectiveGasPrice"], block["baseFeePerGas"]);
        assert_eq!(receipt["gasUsedForL1"], "0x0");
        assert_eq!(receipt["l1BlockNumber"], "0x0");
        assert_eq!(receipt["logs"][0]["logIndex"], json!(format!("{index:#x}")));
        assert_eq!(receipt["logs"][0]["topics"], json!([word(index as u64 + 1)]));
    }
    assert_eq!(quantity(&block["gasUsed"]), cumulative);
}

#[tokio::test]
async fn a21_slots_are_read_however_they_are_written() {
    let client = Client::start();
    client.get("anvil_setStorageAt", json!([CONTRACT, "0x6", word(42)])).await;
    for slot in ["0x6", "0x06", &word(6)] {
        assert_eq!(client.get("eth_getStorageAt", json!([CONTRACT, slot, "latest"])).await, word(42), "{slot}");
    }
    assert_eq!(client.get("eth_getStorageAt", json!([CONTRACT, "0x7", "latest"])).await, word(0));
    assert_eq!(client.get("eth_getStorageAt", json!([NOBODY, "0x0"])).await, word(0));
}

#[tokio::test]
async fn a27_reads_can_be_pinned_to_a_block() {
    let client = Client::start();
    client.install(CELL).await;
    client.mine(4).await;
    client.send(CONTRACT, &word(1)).await;
    client.send(CONTRACT, &word(2)).await;
    assert_eq!(client.head().await, 6);
    let fifth = client.get("eth_getBlockByNumber", json!(["0x5", false])).await["hash"].clone();

    let call = json!({ "to": CONTRACT });
    let pins = [
        json!("0x5"),
        json!({ "blockNumber": "0x5" }),
        json!({ "blockHash": fifth }),
        json!({ "blockHash": fifth, "requireCanonical": true }),
    ];
    for pin in pins {
        assert_eq!(client.get("eth_call", json!([call, pin])).await, word(1), "{pin}");
        assert_eq!(client.get("eth_getStorageAt", json!([CONTRACT, "0x0", pin])).await, word(1), "{pin}");
        assert_eq!(client.get("eth_getTransactionCount", json!([client.account(1), pin])).await, "0x1", "{pin}");
        assert_eq!(client.get("eth_getCode", json!([CONTRACT, pin])).await, CELL, "{pin}");
        let then = client.get("eth_getBalance", json!([client.account(1), pin])).await;
        assert_ne!(then, client.get("eth_getBalance", json!([client.account(1), "latest"])).await, "{pin}");
    }
    assert_eq!(client.get("eth_call", json!([call, "latest"])).await, word(2));

    for nowhere in [json!({ "blockHash": word(1) }), json!("0x99")] {
        let asked = [
            ("eth_call", json!([call, nowhere])),
            ("eth_getBalance", json!([NOBODY, nowhere])),
            ("eth_getCode", json!([CONTRACT, nowhere])),
            ("eth_getStorageAt", json!([CONTRACT, "0x0", nowhere])),
            ("eth_getTransactionCount", json!([NOBODY, nowhere])),
        ];
        for (method, params) in asked {
            let error = client.error(method, params).await;
            assert_eq!(error.code, -32000, "{method} {nowhere}");
            assert!(error.message.contains("not found"), "{}", error.message);
        }
    }
}

/// By default blocks hold no transaction of ArbOS's own, so that alloy's `Ethereum` network reads them whole.
#[tokio::test]
async fn a31_every_network_of_alloy_reads_whole_blocks() {
    let client = Client::start();
    client.send(NOBODY, "0x").await;
    let ethereum = ProviderBuilder::new().connect_http(client.node.endpoint().parse().unwrap());
    let block = ethereum.get_block(1.into()).full().await.unwrap().unwrap();
    assert_eq!(block.transactions.txns().count(), 1);
    assert_eq!(ethereum.get_block_receipts(1.into()).await.unwrap().unwrap().len(), 1);
}

#[tokio::test]
async fn a31_shown_internal_transactions_come_first() {
    let client = Client::with(|node| node.internal_transactions(true));
    let hash = client.send(NOBODY, "0x").await;
    assert_eq!(client.receipt(&hash).await["transactionIndex"], "0x1");
    let block = client.get("eth_getBlockByNumber", json!(["0x1", true])).await;
    let first = &block["transactions"][0];
    assert_eq!(first["type"], "0x6a");
    assert_eq!(first["to"], "0x00000000000000000000000000000000000a4b05");
    assert!(first["input"].as_str().unwrap().starts_with("0x6bf6a42d"));
    for transaction in block["transactions"].as_array().unwrap() {
        for field in ["gasPrice", "nonce", "value", "input"] {
            assert!(transaction[field].is_string(), "{field} of {transaction}");
        }
    }
    let receipt = client.receipt(&first["hash"]).await;
    assert_eq!((&receipt["type"], &receipt["gasUsed"], &receipt["status"]), (&json!("0x6a"), &json!("0x0"), &json!("0x1")));

    let any = ProviderBuilder::new().network::<AnyNetwork>().connect_http(client.node.endpoint().parse().unwrap());
    let block = any.get_block(1.into()).full().await.unwrap().unwrap();
    assert_eq!(block.transactions.txns().count(), 2);
    assert_eq!(any.get_block_receipts(1.into()).await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn transactions_are_found_by_block_and_index() {
    let client = Client::start();
    let hash = client.send(NOBODY, "0x").await;
    let block = client.get("eth_getBlockByNumber", json!(["latest", false])).await;
    let by_number = client.get("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"])).await;
    let by_hash = client.get("eth_getTransactionByBlockHashAndIndex", json!([block["hash"], "0x0"])).await;
    assert_eq!(by_number["hash"], hash);
    assert_eq!(by_number, by_hash);
    assert_eq!(by_number, client.get("eth_getTransactionByHash", json!([hash])).await);
    assert_eq!(client.get("eth_getBlockTransactionCountByNumber", json!(["latest"])).await, "0x1");
    assert_eq!(client.get("eth_getBlockTransactionCountByHash", json!([block["hash"]])).await, "0x1");
    assert_eq!(client.get("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x1"])).await, Value::Null);
}
