//! The file of transactions: nothing is missing from it, nothing in it differs from the chain, and it is enough to know what
//! everybody has.

use std::{collections::BTreeMap, fs};

use abi::CorToken;
use alloy::{
    eips::BlockNumberOrTag,
    providers::{Provider, RootProvider},
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use corflow::{
    session::{Foreign, Options},
    steps::Outcome,
};
use serde_json::Value;
use stylus_devnode::Devnode;

use super::play;

fn address(value: &Value) -> Address {
    value.as_str().expect("an address").parse().expect("an address")
}

/// On a chain that was there already, and stays to be asked. It lets its time be moved, so that nothing is left out.
#[test]
fn the_ledger_of_a_run_on_another_chain_is_what_the_chain_has() {
    let node = Devnode::builder().spawn().expect("a node");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ledger.jsonl");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let provider = RootProvider::new_http(node.endpoint().parse().expect("an address"));
    let before = runtime.block_on(provider.get_block_number()).expect("a number");

    let foreign = Some(Foreign { url: node.endpoint(), key: node.accounts()[0].key });
    let report = play(Options { foreign, journal: Some(file.clone()), epochs: 3, ..Options::default() });
    assert!(report.steps.all().all(|step| !matches!(step.outcome, Outcome::LeftOut { .. })));
    assert_eq!(report.json()["epochs"].as_array().map(Vec::len), Some(3));

    let text = fs::read_to_string(&file).expect("the file of transactions");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    runtime.block_on(async {
        every_transaction_is_there(&provider, before, &lines).await;
        transfers_add_up_to_balances(&provider, &report.steps.contracts[0].address.parse().expect("COR"), &lines).await;
    });
}

/// Every transaction of every block since, in order, with the chain's own time, sender, gas and outcome.
async fn every_transaction_is_there(provider: &RootProvider, before: u64, lines: &[Value]) {
    let last = provider.get_block_number().await.expect("a number");
    let mut lines = lines.iter();
    for number in before + 1..=last {
        let block = provider.get_block_by_number(BlockNumberOrTag::Number(number)).await.expect("an answer").expect("a block");
        for hash in block.transactions.hashes() {
            let receipt = provider.get_transaction_receipt(hash).await.expect("an answer").expect("a receipt");
            let line = lines.next().unwrap_or_else(|| panic!("{hash} in block {number} is not in the file"));
            assert_eq!(line["block"], number);
            assert_eq!(line["time"], block.header.timestamp);
            assert_eq!(address(&line["from"]), receipt.from);
            assert_eq!(line["gas"], receipt.gas_used);
            assert_eq!(line["ok"], receipt.status());
            assert_eq!(line["events"].as_array().map(Vec::len), Some(receipt.logs().len()));
        }
    }
    assert_eq!(lines.next(), None, "the file has more than the chain");
}

/// COR's `Transfer` events alone, from the first mint on, give everybody's balance.
async fn transfers_add_up_to_balances(provider: &RootProvider, token: &Address, lines: &[Value]) {
    let mut balances = BTreeMap::<Address, U256>::new();
    let events = lines.iter().flat_map(|line| line["events"].as_array().expect("events"));
    for event in events.filter(|event| event["contract"] == "cor-token" && event["event"] == "Transfer") {
        let args = &event["args"];
        let value: U256 = args["value"].as_str().expect("a decimal string").parse().expect("a number");
        let (from, to) = (address(&args["from"]), address(&args["to"]));
        if !from.is_zero() {
            let balance = balances.entry(from).or_default();
            *balance = balance.checked_sub(value).expect("nobody gives more than they have");
        }
        *balances.entry(to).or_default() += value;
    }
    // What went to nobody was burned.
    balances.remove(&Address::ZERO);
    assert!(balances.len() > 12, "people, miners and contracts have COR");
    for (account, replayed) in balances {
        let ask = TransactionRequest::default().to(*token).input(CorToken::balanceOfCall { account }.abi_encode().into());
        let answer = provider.call(ask).await.expect("an answer");
        let balance = CorToken::balanceOfCall::abi_decode_returns(&answer).expect("a balance");
        assert_eq!(balance, replayed, "{account}");
    }
}
