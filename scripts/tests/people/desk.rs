//! A node with the contracts, keys in files, and commands run by their words.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use alloy::providers::{Provider, RootProvider};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use anyhow::Result;
use clap::{Parser, Subcommand};
use corflow::{
    answer::Answer,
    build::Workspace,
    people::Person,
    rewards::command::Rewards,
    session::{self, Running},
    voucher::command::Vouchers,
    wallet::{self, Wallet},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use words::refusals::Exit;

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
pub(crate) const DAY: u64 = 86_400;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What people write with.
#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Wallet(Box<Wallet>),
    Rewards(Box<Rewards>),
    Voucher(Box<Vouchers>),
}

pub(crate) struct Desk {
    pub(crate) running: Running,
    provider: RootProvider,
    folder: TempDir,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let running = session::up(&Workspace::here(), 0).await.expect("a node with the contracts");
        let provider = RootProvider::new_http(running.node.endpoint().parse().expect("a URL"));
        let desk = Self { running, provider, folder: TempDir::new().expect("a folder") };
        for person in Person::ALL {
            let key = desk.running.people.signer(person).to_bytes();
            desk.write(person.name(), &key.to_string());
        }
        let (system, network) = (&desk.running.system, &desk.running.network);
        let mut contracts =
            json!({"cor-token": {"address": system.token, "block": 1}, "staking": {"address": system.staking, "block": 1}});
        for (name, address) in network.named() {
            contracts[name] = json!({"address": address, "block": 1});
        }
        let document = json!({"chainId": desk.running.node.chain_id(), "contracts": contracts});
        desk.write("deployments.json", &document.to_string());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).expect(name)).expect(name)
    }

    pub(crate) fn address(&self, person: Person) -> Address {
        self.running.people.address(person)
    }

    /// The words of a command; words that begin with @ are files of this folder, and `_` is a space inside a word.
    pub(crate) fn bare(&self, line: &str) -> Vec<String> {
        let words = line.split_whitespace().map(|it| match it.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => it.replace('_', " "),
        });
        words.collect()
    }

    /// The same, with the place behind them.
    pub(crate) fn words(&self, line: &str) -> Vec<String> {
        let place = format!("--rpc {} --deployments @deployments.json", self.running.node.endpoint());
        self.bare(&format!("{line} {place}"))
    }

    /// Runs a command that only asks, or whose signer its words name.
    pub(crate) async fn run(&self, line: &str) -> Result<Answer> {
        self.run_words(self.words(line)).await
    }

    /// Runs a command that knows no deployment, which must come to its end.
    pub(crate) async fn bare_run(&self, line: &str) -> Answer {
        self.run_words(self.bare(line)).await.unwrap_or_else(|error| panic!("{line}: {error:#}"))
    }

    async fn run_words(&self, words: Vec<String>) -> Result<Answer> {
        let words = std::iter::once("corflow".to_owned()).chain(words);
        match Line::try_parse_from(words)?.command {
            Command::Wallet(wallet) => wallet.run().await,
            Command::Rewards(rewards) => rewards.run().await,
            Command::Voucher(voucher) => voucher.run().await,
        }
    }

    /// Runs a command of somebody, and shows what it says when it fails.
    pub(crate) async fn by(&self, person: Person, line: &str) -> Answer {
        let line = format!("{line} --private-key-file @{}", person.name());
        self.run(&line).await.unwrap_or_else(|error| panic!("{line}: {error:#}"))
    }

    /// Runs a command that must be refused by a contract, and gives what it says.
    pub(crate) async fn refused(&self, person: Person, line: &str) -> String {
        let error = self.fails(&format!("{line} --private-key-file @{}", person.name())).await;
        assert_eq!(wallet::exit_of(&error), Exit::Refused, "{line}: {error:#}");
        format!("{error:#}")
    }

    pub(crate) async fn fails(&self, line: &str) -> anyhow::Error {
        match self.run(line).await {
            Ok(answer) => panic!("{line} passed: {}", answer.text),
            Err(error) => error,
        }
    }

    /// The same by words that name their own node.
    pub(crate) async fn fails_bare(&self, line: &str) -> anyhow::Error {
        match self.run_words(self.bare(line)).await {
            Ok(answer) => panic!("{line} passed: {}", answer.text),
            Err(error) => error,
        }
    }

    /// Whether it would be refused, and what `--check` says.
    pub(crate) async fn check(&self, person: Person, line: &str) -> Answer {
        let line = format!("{line} --check --from {}", self.address(person));
        self.run(&line).await.unwrap_or_else(|error| panic!("{line}: {error:#}"))
    }

    pub(crate) async fn get(&self, method: &'static str, params: Value) -> Value {
        self.provider.raw_request(method.into(), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// How many transactions of an account there are by a block.
    pub(crate) async fn nonce(&self, account: Address, block: &str) -> u64 {
        let count = self.get("eth_getTransactionCount", json!([account, block])).await;
        u64::from_str_radix(count.as_str().expect("a count").trim_start_matches("0x"), 16).expect("a number")
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.get("evm_increaseTime", json!([seconds])).await;
        self.get("evm_mine", json!([])).await;
    }

    /// Sends a call of a node's own account, which must succeed.
    pub(crate) async fn send<C: SolCall>(&self, from: Address, to: Address, call: C) {
        let order = json!({"from": from, "to": to, "input": Bytes::from(call.abi_encode()), "gas": "0x17d7840"});
        let hash = self.get("eth_sendTransaction", json!([order])).await;
        let receipt = self.get("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "{}", C::SIGNATURE);
    }

    pub(crate) async fn ask<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let order = json!({"to": to, "input": Bytes::from(call.abi_encode())});
        let output: Bytes = serde_json::from_value(self.get("eth_call", json!([order, "latest"])).await).expect("bytes");
        C::abi_decode_returns(&output).expect(C::SIGNATURE)
    }

    pub(crate) async fn balance(&self, person: Person) -> U256 {
        self.ask(self.running.system.token, abi::CorToken::balanceOfCall { account: self.address(person) }).await
    }
}

/// A write was compared with its prediction and held.
pub(crate) fn held(answer: &Answer) {
    assert!(answer.ok && answer.json["compared"] == true, "{}", answer.text);
    assert_eq!(answer.json["predicted"], answer.json["actual"], "{}", answer.text);
    assert!(answer.text.ends_with("as predicted, to the wei"), "{}", answer.text);
}

pub(crate) fn wei(cor: u128) -> String {
    (cor * COR).to_string()
}
