//! Every write, written down for a wallet elsewhere: nothing is sent, and what is written does what the command does.

use abi::{CorToken, MinerPool, MinerRewards};
use alloy::{
    network::EthereumWallet,
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use alloy_primitives::U256;
use corflow::people::Person::{self, *};
use serde_json::{Value, json};

use crate::{
    desk::{DAY, Desk, held},
    miner::compute,
};

/// Addresses, topics and data of what a transaction logged.
async fn logs(desk: &Desk, hash: &Value) -> Vec<Value> {
    let receipt = desk.get("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    let logs = receipt["logs"].as_array().expect("logs").clone();
    logs.into_iter().map(|log| json!([log["address"], log["topics"], log["data"]])).collect()
}

impl Desk {
    async fn time(&self) -> u64 {
        let block = self.get("eth_getBlockByNumber", json!(["latest", false])).await;
        u64::from_str_radix(&block["timestamp"].as_str().expect("a time")[2..], 16).expect("a time")
    }

    /// Signs what was written with another library's wallet, and sends it. Its hash.
    async fn sign_elsewhere(&self, person: Person, transaction: &Value) -> Value {
        let mut order = transaction.clone();
        let says = order.as_object_mut().expect("an object").remove("says");
        assert!(says.is_some_and(|it| it.as_str().is_some_and(|it| !it.is_empty())));
        let request: TransactionRequest = serde_json::from_value(order).expect("what wallets take");
        let wallet = EthereumWallet::from(self.running.people.signer(person).clone());
        let provider = ProviderBuilder::new().wallet(wallet).connect_http(self.running.node.endpoint().parse().expect("a URL"));
        let sent = provider.send_transaction(request).await.expect("it is taken");
        json!(sent.get_receipt().await.expect("it is mined").transaction_hash)
    }

    /// A write of somebody, three times from the same state: sent, written down, and as a Safe's batch. What was written and is
    /// signed elsewhere does at the same second what the command did.
    async fn thrice(&self, person: Person, line: &str) {
        let (from, second) = (self.address(person), self.time().await + 5);
        let here = self.get("evm_snapshot", json!([])).await;
        self.get("evm_setNextBlockTimestamp", json!([second])).await;
        let sent = self.by(person, line).await;
        let hash = match (&sent.json["transaction"], &sent.json["transactions"]) {
            // A vote, vouchers, and everything else, which is compared with its prediction.
            (Value::String(hash), _) => json!(hash),
            (_, Value::Array(all)) if all[0]["transaction"].is_string() => all[0]["transaction"].clone(),
            (_, all) => {
                held(&sent);
                assert_eq!(all.as_array().map(Vec::len), Some(1), "{line}");
                all[0]["hash"].clone()
            }
        };
        let done = logs(self, &hash).await;
        assert!(!done.is_empty(), "{line} does nothing");
        assert_eq!(self.get("evm_revert", json!([here])).await, true);

        let head = self.get("eth_blockNumber", json!([])).await;
        let state = [self.nonce(from, "pending").await, self.nonce(from, "latest").await];
        // A vote has nothing to check: it is for what follows from the scores, or refused.
        if !line.starts_with("rewards") {
            let checking = if line.starts_with("voucher") { "--check".to_owned() } else { format!("--check --from {from}") };
            let check = self.run(&format!("{line} {checking}")).await.unwrap_or_else(|error| panic!("{line}: {error:#}"));
            assert!(check.ok, "{line}: {}", check.text);
        }
        let name = format!("of-{}", head.as_str().expect("a block"));
        for (flag, file) in [("--unsigned", format!("@{name}.json")), ("--safe-batch", format!("@{name}-batch.json"))] {
            let written = format!("{line} --from {from} {flag} {file}");
            let answer = self.run(&written).await.unwrap_or_else(|error| panic!("{written}: {error:#}"));
            assert!(answer.ok && answer.text.contains("written"), "{}", answer.text);
        }
        assert_eq!(self.get("eth_blockNumber", json!([])).await, head, "{line}: nothing was sent");
        assert_eq!([self.nonce(from, "pending").await, self.nonce(from, "latest").await], state, "{line}: nothing was sent");

        let (plain, batch) = (self.json(&format!("{name}.json")), self.json(&format!("{name}-batch.json")));
        let [Value::Array(plain), Value::Array(batch)] = [&plain["transactions"], &batch["transactions"]] else {
            panic!("{line}: no transactions")
        };
        let same = |one: &Value, other: &Value| {
            let value = U256::from_str_radix(&one["value"].as_str().expect("wei")[2..], 16).expect("wei").to_string();
            one["to"] == other["to"] && one["data"] == other["data"] && json!(value) == other["value"]
        };
        assert!(plain.len() == 1 && batch.len() == 1 && same(&plain[0], &batch[0]), "{line}: {plain:?} {batch:?}");
        assert_eq!((&plain[0]["from"], &plain[0]["chainId"]), (&json!(from.to_string()), &json!("0x64aba")));

        self.get("evm_setNextBlockTimestamp", json!([second])).await;
        let hash = self.sign_elsewhere(person, &plain[0]).await;
        assert_eq!(logs(self, &hash).await, done, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_can_be_signed_elsewhere() {
    let desk = Desk::open().await;
    let (system, network) = (&desk.running.system, &desk.running.network);
    // One transaction each: what has to be approved first is tried with staking.
    for person in [Ada, Ben] {
        for spender in [system.staking, network.fees, network.store] {
            desk.send(desk.address(person), system.token, CorToken::approveCall { spender, value: U256::MAX }).await;
        }
    }

    for line in ["stake 100.5", "unstake 40", "unstake --cancel", "unstake 40"] {
        desk.thrice(Ada, line).await;
    }
    desk.pass(8 * DAY).await;
    for line in ["withdraw", "claim"] {
        desk.thrice(Ada, line).await;
    }
    desk.pass(DAY).await;
    desk.thrice(Ada, "compound").await;

    apps(&desk).await;
    miners(&desk).await;
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        let ada = desk.address(Ada);
        desk.thrice(Treasury, &format!("owner propose {contract} {ada}")).await;
        desk.thrice(Treasury, &format!("owner propose {contract} --withdraw")).await;
        desk.thrice(Treasury, &format!("owner propose {contract} {ada}")).await;
        desk.thrice(Ada, &format!("owner accept {contract}")).await;
    }
}

async fn apps(desk: &Desk) {
    let signer = desk.address(Guardian);
    desk.thrice(Ben, &format!("app register --signer {signer} --fee-cap 100 --uri https://app --category chat")).await;
    for line in ["app topup 1 500", "app cap 1 250.5", "app commit 1 1000 --epochs 2"] {
        desk.thrice(Ben, line).await;
    }
    for line in ["app sponsor 1 20.5", "app pay 1 10 --memo thanks"] {
        desk.thrice(Ada, line).await;
    }
    let running = desk.run("epoch").await.expect("an epoch").json["epoch"]["epoch"].as_str().expect("a number").to_owned();
    let sign = format!(
        "voucher sign --app 1 --epoch {running} --units 5000 --app-fees {} --rpc {} --private-key-file @guardian",
        desk.running.network.fees,
        desk.running.node.endpoint()
    );
    desk.write("voucher.json", &desk.bare_run(&sign).await.json.to_string());
    desk.thrice(Ada, "voucher settle @voucher.json").await;
    for line in ["app exit 1 --request 300", "app exit 1 --cancel", "app exit 1 --request 200"] {
        desk.thrice(Ben, line).await;
    }
    desk.pass(24 * DAY).await;
    for line in ["app exit 1", "app close 1"] {
        desk.thrice(Ben, line).await;
    }
}

async fn miners(desk: &Desk) {
    let (rewards, pool) = (desk.running.network.rewards, desk.running.network.pool);
    let (treasury, ada, cleo) = (desk.address(Treasury), desk.address(Ada), desk.address(Cleo));
    let attesters = MinerRewards::setAttestersCall { attesters: vec![desk.address(Ben)], quorum: U256::from(1) };
    desk.send(treasury, rewards, attesters).await;
    desk.pass(2 * DAY).await;
    desk.send(treasury, pool, MinerPool::closeCall { max: U256::from(8) }).await;
    compute(desk, 1, true).await;
    let vote = format!("rewards --book @book --miner-rewards {rewards} vote --epoch 1 --uri https://scores");
    desk.thrice(Ben, &vote).await;
    desk.pass(4 * DAY).await;
    desk.send(treasury, rewards, MinerRewards::activateCall {}).await;
    desk.thrice(Cleo, &format!("miner claim {ada} --book @book")).await;
    for line in ["--name", "--withdraw", "--name"] {
        let to = if line == "--name" { ada.to_string() } else { String::new() };
        desk.thrice(Cleo, &format!("miner payout {cleo} {line} {to}")).await;
    }
    desk.thrice(Ada, &format!("miner payout {cleo} --accept")).await;
    desk.thrice(Ada, &format!("miner claim {cleo} --book @book --stake")).await;
}
