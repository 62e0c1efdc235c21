//! Sending transactions, and the pool.

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, TxKind, U256, address, hex},
    signers::{SignerSync, local::PrivateKeySigner},
};
use serde_json::json;

use crate::support::{CONTRACT, Client, NOBODY, quantity};

/// The transaction that deploys the CREATE2 factory on any chain: no chain id, and nobody's key.
const FACTORY_TRANSACTION: &str = "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222";
const FACTORY_DEPLOYER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");
const FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");

/// A signed transfer of 1 wei, in hex.
fn transfer(client: &Client, nonce: u64, max_fee: u128) -> String {
    signed(
        client.node.accounts()[1].key,
        TxEip1559 {
            chain_id: client.node.chain_id(),
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: max_fee,
            to: TxKind::Call(NOBODY),
            value: U256::ONE,
            ..TxEip1559::default()
        },
    )
}

fn signed(key: alloy::primitives::B256, transaction: TxEip1559) -> String {
    let signer = PrivateKeySigner::from_bytes(&key).unwrap();
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    hex::encode_prefixed(TxEnvelope::from(transaction.into_signed(signature)).encoded_2718())
}

#[tokio::test]
async fn a12_a_transaction_without_a_chain_id_deploys_the_create2_factory() {
    let client = Client::start();
    // As on a chain where it was never sent.
    client.get("anvil_setCode", json!([FACTORY, "0x"])).await;
    client.get("anvil_setNonce", json!([FACTORY, "0x0"])).await;
    client.get("anvil_setNonce", json!([FACTORY_DEPLOYER, "0x0"])).await;
    client.get("anvil_setBalance", json!([FACTORY_DEPLOYER, "0xde0b6b3a7640000"])).await;
    let hash = client.get("eth_sendRawTransaction", json!([FACTORY_TRANSACTION])).await;
    let receipt = client.receipt(&hash).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["contractAddress"], json!(FACTORY));
    assert!(client.get("eth_getCode", json!([FACTORY, "latest"])).await.as_str().unwrap().len() > 2);
}

#[tokio::test]
async fn a22_pending_counts_what_waits_and_never_less_than_latest() {
    let client = Client::start();
    client.send(NOBODY, "0x").await;
    client.mine(3).await;
    let account = client.account(1);
    assert_eq!(client.get("eth_getTransactionCount", json!([account, "pending"])).await, "0x1");
    assert_eq!(client.get("eth_getTransactionCount", json!([account, "latest"])).await, "0x1");

    client.get("evm_setAutomine", json!([false])).await;
    client.send(NOBODY, "0x").await;
    client.send(NOBODY, "0x").await;
    assert_eq!(client.get("eth_getTransactionCount", json!([account, "latest"])).await, "0x1");
    assert_eq!(client.get("eth_getTransactionCount", json!([account, "pending"])).await, "0x3");
    let third = client.send(NOBODY, "0x").await;
    assert_eq!(client.get("eth_getTransactionByHash", json!([third])).await["nonce"], "0x3");
    client.mine(1).await;
    assert_eq!(client.get("eth_getTransactionCount", json!([account, "latest"])).await, "0x4");
    assert_eq!(client.get("eth_getBlockTransactionCountByNumber", json!(["latest"])).await, "0x3");
}

#[tokio::test]
async fn a32_a_transaction_sent_again_is_known_whether_it_waits_or_not() {
    for automine in [true, false] {
        let client = Client::with(|node| node.automine(automine));
        let raw = transfer(&client, 0, 1_000_000_000);
        client.get("eth_sendRawTransaction", json!([raw])).await;
        let error = client.error("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(error.code, -32000);
        assert!(error.message.contains("already known"), "{}", error.message);
    }
}

#[tokio::test]
async fn a32_a_used_nonce_is_too_low_with_both_numbers() {
    let client = Client::start();
    for nonce in 0..3 {
        client.get("eth_sendRawTransaction", json!([transfer(&client, nonce, 1_000_000_000)])).await;
    }
    let error = client.error("eth_sendRawTransaction", json!([transfer(&client, 1, 1_000_000_001)])).await;
    assert_eq!(error.code, -32000);
    assert!(error.message.contains("nonce too low"), "{}", error.message);
    assert!(error.message.contains("tx: 1 state: 3"), "{}", error.message);
}

#[tokio::test]
async fn a32_a_replacement_must_pay_more() {
    let client = Client::with(|node| node.automine(false));
    client.get("eth_sendRawTransaction", json!([transfer(&client, 0, 1_000_000_000)])).await;
    for fee in [900_000_000, 1_099_999_999] {
        let error = client.error("eth_sendRawTransaction", json!([transfer(&client, 0, fee)])).await;
        assert_eq!((error.code, error.message.as_str()), (-32000, "replacement transaction underpriced"));
    }
    let replacement = client.get("eth_sendRawTransaction", json!([transfer(&client, 0, 1_100_000_000)])).await;
    client.mine(1).await;
    assert_eq!(client.receipt(&replacement).await["status"], "0x1");
    assert_eq!(client.get("eth_getBlockTransactionCountByNumber", json!(["latest"])).await, "0x1");
}

#[tokio::test]
async fn a32_no_money_and_too_low_a_fee_are_said_in_geths_words() {
    for automine in [true, false] {
        let client = Client::with(|node| node.automine(automine));
        let error = client.error("eth_sendRawTransaction", json!([transfer(&client, 0, 99_999_999)])).await;
        assert_eq!(error.code, -32000);
        assert!(error.message.contains("max fee per gas less than block base fee"), "{}", error.message);

        client.get("anvil_setBalance", json!([client.account(1), "0x1"])).await;
        let error = client.error("eth_sendRawTransaction", json!([transfer(&client, 0, 1_000_000_000)])).await;
        assert_eq!(error.code, -32000);
        assert!(error.message.contains("insufficient funds for gas * price + value"), "{}", error.message);
    }
}

#[tokio::test]
async fn a_gap_in_the_nonces_waits_until_it_is_filled() {
    let client = Client::start();
    let later = client.get("eth_sendRawTransaction", json!([transfer(&client, 1, 1_000_000_000)])).await;
    assert_eq!(client.receipt(&later).await, json!(null));
    client.get("eth_sendRawTransaction", json!([transfer(&client, 0, 1_000_000_000)])).await;
    assert_eq!(client.receipt(&later).await["status"], "0x1");
}

#[tokio::test]
async fn types_that_arbitrum_does_not_take_are_refused_in_words() {
    let client = Client::start();
    for (raw, word) in [("0x03c0", "blob"), ("0x6ac0", "Arbitrum"), ("0x78c0", "Arbitrum"), ("0x7fc0", "0x7f"), ("0x", "empty")] {
        let error = client.error("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(error.code, -32000);
        assert!(error.message.contains(word), "{raw}: {}", error.message);
    }
    let elsewhere = signed(client.node.accounts()[1].key, TxEip1559 { chain_id: 1, ..TxEip1559::default() });
    let error = client.error("eth_sendRawTransaction", json!([elsewhere])).await;
    assert!(error.message.contains("have 1 want 412346"), "{}", error.message);
}

#[tokio::test]
async fn impersonated_accounts_send_without_a_key() {
    let client = Client::start();
    client.get("anvil_setBalance", json!([NOBODY, "0xde0b6b3a7640000"])).await;
    let send = json!([{ "from": NOBODY, "to": CONTRACT, "value": "0x1" }]);
    let error = client.error("eth_sendTransaction", send.clone()).await;
    assert!(error.message.contains("unknown account"), "{}", error.message);

    client.get("hardhat_impersonateAccount", json!([NOBODY])).await;
    let hash = client.get("eth_sendTransaction", send.clone()).await;
    let receipt = client.receipt(&hash).await;
    assert_eq!((&receipt["status"], &receipt["from"]), (&json!("0x1"), &json!(NOBODY)));
    client.get("anvil_stopImpersonatingAccount", json!([NOBODY])).await;
    client.error("eth_sendTransaction", send).await;
}

#[tokio::test]
async fn a_program_that_fails_still_has_a_receipt_where_gas_is_given() {
    let client = Client::start();
    client.install("0x5f5ffd").await;
    let send = json!([{ "from": client.account(1), "to": CONTRACT, "gas": "0x186a0" }]);
    let receipt = client.receipt(&client.get("eth_sendTransaction", send).await).await;
    assert_eq!(receipt["status"], "0x0");
    let profile = client.get("stylus_gasProfile", json!([receipt["transactionHash"]])).await;
    assert_eq!(quantity(&profile["intrinsic"]), 21_000);
    assert_eq!(quantity(&profile["intrinsic"]) + quantity(&profile["evm"]), quantity(&receipt["gasUsed"]));
}

#[tokio::test]
async fn a29_messages_are_signed_in_either_order_of_parameters() {
    let client = Client::start();
    let account = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let expected = "0xbca56c53176e2c598eeed77b647448b610bb61a0b0a33b96470457f965ae94b7232bfb22d7da37ff37f41c4f7cf17c73a590dc7daed6f451600a87d4b196d15f1b";
    assert_eq!(client.get("personal_sign", json!(["0x7b7d", account])).await, expected);
    assert_eq!(client.get("eth_sign", json!([account, "0x7b7d"])).await, expected);
    assert_eq!(client.get("personal_sign", json!(["0x", account])).await.as_str().unwrap().len(), 132);
}
