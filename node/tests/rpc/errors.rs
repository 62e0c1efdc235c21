//! What goes wrong, and in which words and numbers it is said: libraries match on them.

use crate::support::{CONTRACT, Client, NOBODY, answers, error_string};
use alloy::primitives::{U256, hex};
use serde_json::{Value, json};

/// Selector of a custom error `E(uint256)`, and 7.
fn custom_error() -> Vec<u8> {
    let mut data = alloy::primitives::keccak256("E(uint256)")[..4].to_vec();
    data.extend_from_slice(&U256::from(7).to_be_bytes::<32>());
    data
}

/// The error of the three ways to run into a revert of [`CONTRACT`].
async fn three_ways(client: &Client) -> Vec<crate::support::WireError> {
    let request = json!({ "from": client.account(1), "to": CONTRACT, "data": "0x12345678" });
    vec![
        client.error("eth_call", json!([request, "latest"])).await,
        client.error("eth_estimateGas", json!([request])).await,
        client.error("eth_sendTransaction", json!([request])).await,
    ]
}

#[tokio::test]
async fn a06_a_custom_error_is_code_3_with_its_data_as_a_string() {
    let client = Client::start();
    client.install(&answers(&custom_error(), false)).await;
    for error in three_ways(&client).await {
        assert_eq!(error.code, 3);
        assert!(error.message.starts_with("execution reverted"), "{}", error.message);
        assert_eq!(error.data, Some(json!(hex::encode_prefixed(custom_error()))));
    }
    assert_eq!(client.head().await, 0, "a transaction that would revert was sent");
}

#[tokio::test]
async fn a07_a_reason_is_in_the_message_and_its_data_is_the_same_everywhere() {
    let client = Client::start();
    client.install(&answers(&error_string("Nope"), false)).await;
    for error in three_ways(&client).await {
        assert_eq!(error.code, 3);
        assert_eq!(error.message, "execution reverted: Nope");
        assert_eq!(error.data, Some(json!(error_string("Nope"))));
        assert!(error.data.unwrap().as_str().unwrap().starts_with("0x08c379a0"));
    }
}

#[tokio::test]
async fn a07_a_bare_revert_has_empty_data() {
    let client = Client::start();
    client.install(&answers(&[], false)).await;
    for error in three_ways(&client).await {
        assert_eq!((error.code, error.message.as_str()), (3, "execution reverted"));
        assert_eq!(error.data, Some(json!("0x")));
    }
}

#[tokio::test]
async fn a_panic_of_solidity_is_named() {
    let client = Client::start();
    let mut data = hex!("4e487b71").to_vec();
    data.extend_from_slice(&U256::from(0x11).to_be_bytes::<32>());
    client.install(&answers(&data, false)).await;
    let error = client.error("eth_call", json!([{ "to": CONTRACT }])).await;
    assert!(error.message.contains("overflow"), "{}", error.message);
}

#[tokio::test]
async fn what_is_not_a_revert_is_code_32000_and_has_no_data() {
    let client = Client::start();
    client.install("0xfe").await;
    for error in three_ways(&client).await {
        assert_eq!(error.code, -32000);
        assert_eq!(error.data, None);
        assert!(error.message.contains("invalid opcode"), "{}", error.message);
    }
}

#[tokio::test]
async fn a14_what_is_unknown_is_null() {
    let client = Client::start();
    let unknown = crate::support::word(0xdead);
    let asked = [
        ("eth_getTransactionReceipt", json!([unknown])),
        ("eth_getTransactionByHash", json!([unknown])),
        ("eth_getBlockByHash", json!([unknown, false])),
        ("eth_getBlockByNumber", json!(["0xa", false])),
        ("eth_getBlockTransactionCountByNumber", json!(["0xa"])),
        ("eth_getBlockTransactionCountByHash", json!([unknown])),
        ("eth_getBlockReceipts", json!(["0xa"])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x0", "0x5"])),
    ];
    for (method, params) in asked {
        let response = client.respond(method, params).await;
        assert_eq!(response.get("result"), Some(&Value::Null), "{method}: {response}");
    }
}

#[tokio::test]
async fn a14_a_waiting_transaction_has_no_receipt_yet() {
    let client = Client::with(|node| node.automine(false));
    let hash = client.send(NOBODY, "0x").await;
    let response = client.respond("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(response.get("result"), Some(&Value::Null));
    let waiting = client.get("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!((&waiting["hash"], &waiting["blockHash"]), (&hash, &Value::Null));
}

#[tokio::test]
async fn a26_batches_of_every_shape_are_answered() {
    let client = Client::start();
    let call = |id: Value| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId", "params": [] });

    let hundred: Vec<Value> = (0..100).map(|id| call(json!(id))).collect();
    let (status, body) = client.post(&json!(hundred).to_string()).await;
    let answers: Vec<Value> = serde_json::from_str(&body).unwrap();
    assert_eq!((status, answers.len()), (200, 100));

    let mut mixed = vec![call(json!(1)), call(json!("a")), call(Value::Null)];
    mixed.push(json!({ "jsonrpc": "2.0", "method": "eth_chainId", "params": [] }));
    let (status, body) = client.post(&json!(mixed).to_string()).await;
    let answers: Vec<Value> = serde_json::from_str(&body).unwrap();
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!((status, ids), (200, vec![&json!(1), &json!("a"), &Value::Null]));
    assert!(answers.iter().all(|answer| answer["result"] == "0x64aba"));

    let (status, body) = client.post("[]").await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answer["error"]["code"], &answer["id"]), (200, &json!(-32600), &Value::Null));

    let (status, body) = client.post("[null]").await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, answer.as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!((&answer[0]["error"]["code"], &answer[0]["id"]), (&json!(-32600), &Value::Null));

    let (status, body) = client.post("[null, null]").await;
    assert_eq!((status, serde_json::from_str::<Vec<Value>>(&body).unwrap().len()), (200, 2));

    let (status, body) = client.post("{bad").await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &answer["error"]["code"], &answer["id"]), (200, &json!(-32700), &Value::Null));
}

#[tokio::test]
async fn an_invalid_parameter_is_named() {
    let client = Client::start();
    let asked = [
        ("eth_getBalance", json!(["0x12"]), "address"),
        ("eth_getBalance", json!([]), "address"),
        ("eth_getBalance", json!([NOBODY, "newest"]), "block"),
        ("eth_getStorageAt", json!([NOBODY, "0xzz"]), "slot"),
        ("eth_call", json!([{ "to": "nobody" }]), "transaction"),
        ("eth_call", json!([{ "to": NOBODY }, "latest", { "0x12": {} }]), "stateOverrides"),
        ("eth_sendRawTransaction", json!(["hello"]), "data"),
        ("evm_increaseTime", json!(["soon"]), "seconds"),
    ];
    for (method, params, name) in asked {
        let error = client.error(method, params).await;
        assert_eq!(error.code, -32602, "{method}: {error:?}");
        assert!(error.message.contains(&format!("`{name}`")), "{method}: {}", error.message);
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_named_alone_and_in_a_batch() {
    let client = Client::start();
    let unknown = client.error("eth_doesNotExist", json!([])).await;
    assert_eq!((unknown.code, &*unknown.message), (-32601, "the method eth_doesNotExist does not exist/is not available"));
    let proof = client.error("eth_getProof", json!([NOBODY, [], "latest"])).await;
    assert_eq!(proof.code, -32601);
    assert!(proof.message.contains("eth_getProof") && proof.message.contains("no proofs"), "{}", proof.message);

    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": "b", "method": "trace_block", "params": ["0x1"] },
    ]);
    let answers: Value = serde_json::from_str(&client.post(&batch.to_string()).await.1).unwrap();
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&json!("b"), &json!(-32601)));
    assert!(answers[1]["error"]["message"].as_str().unwrap().contains("trace_block"));
}

#[tokio::test]
async fn an_override_that_cannot_be_made_is_refused() {
    let client = Client::start();
    let moved = json!({ NOBODY.to_string(): { "movePrecompileToAddress": CONTRACT } });
    let error = client.error("eth_call", json!([{ "to": NOBODY }, "latest", moved])).await;
    assert_eq!(error.code, -32602);
    assert!(error.message.contains("movePrecompileToAddress"), "{}", error.message);
}
