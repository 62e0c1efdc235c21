//! What the pool says of itself.

use serde_json::json;

use crate::support::{Client, NOBODY};

#[tokio::test]
async fn the_pool_tells_what_is_ready_from_what_waits_for_a_nonce() {
    let client = Client::with(|builder| builder.automine(false));
    let from = client.account(1);
    for nonce in ["0x0", "0x1", "0x5"] {
        let request = json!({ "from": from, "to": NOBODY, "gas": "0x5208", "nonce": nonce });
        client.get("eth_sendTransaction", json!([request])).await;
    }
    assert_eq!(client.get("txpool_status", json!([])).await, json!({ "pending": "0x2", "queued": "0x1" }));
    let content = client.get("txpool_content", json!([])).await;
    let sender = from.to_string();
    assert_eq!(content["pending"][&sender]["1"]["nonce"], "0x1", "{content}");
    assert_eq!(content["queued"][&sender]["5"]["blockHash"], json!(null));
    let inspect = client.get("txpool_inspect", json!([])).await;
    assert!(inspect["queued"][&sender]["5"].as_str().unwrap().contains("21000 gas"), "{inspect}");
    client.get("evm_mine", json!([])).await;
    assert_eq!(client.get("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x1" }));
}
