//! A folder to work in, and commands run in it against a chain.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use alloy_primitives::B256;
use clap::{Parser, Subcommand};
use corflow::{answer::Answer, audit::command::Audits, rewards::command::Rewards, voucher::command::Vouchers, wallet::Wallet};
use serde_json::{Value, json};
use system_tests::fees::Network;
use tempfile::TempDir;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(Audits),
    Rewards(Box<Rewards>),
    Voucher(Box<Vouchers>),
    #[command(flatten)]
    Wallet(Box<Wallet>),
}

/// A folder of its own, gone when dropped.
pub(crate) struct Desk {
    folder: TempDir,
    url: String,
}

impl Desk {
    /// With the deployment's file of a network, as deployments.json.
    pub(crate) fn at(network: &Network) -> Self {
        let desk = Self { folder: TempDir::new().expect("a folder can be made"), url: network.chain.node.endpoint() };
        desk.write("deployments.json", deployments(network).to_string());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder takes files");
    }

    /// Puts a private key into a file that only its owner can read.
    pub(crate) fn key(&self, name: &str, key: B256) {
        self.write(name, format!("{key}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// Runs a command; @name is a file of this folder, and URL the node's.
    pub(crate) async fn run(&self, line: &str) -> anyhow::Result<Answer> {
        let words = line.split_whitespace().map(|it| match it.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None if it == "URL" => self.url.clone(),
            None => it.to_owned(),
        });
        match Line::try_parse_from(std::iter::once("corflow".to_owned()).chain(words))?.command {
            Command::Audit(audit) => audit.run().await,
            Command::Rewards(rewards) => rewards.run().await,
            Command::Voucher(voucher) => voucher.run().await,
            Command::Wallet(wallet) => wallet.run().await,
        }
    }

    /// Runs a command that must fail, and gives what it says.
    pub(crate) async fn refused(&self, line: &str) -> String {
        match self.run(line).await {
            Ok(answer) => panic!("{line} passed: {}", answer.text),
            Err(error) => format!("{error:#}"),
        }
    }
}

/// What the deployment of a network would have left behind.
fn deployments(network: &Network) -> Value {
    let mut contracts = serde_json::Map::new();
    for (name, address) in [
        ("cor-token", network.token),
        ("staking", network.staking),
        ("app-fees", network.fees),
        ("agent-store", network.store),
        ("miner-rewards", network.rewards),
        ("miner-pool", network.pool),
    ] {
        contracts.insert(name.to_owned(), json!({"address": address.to_string(), "block": 1}));
    }
    json!({"network": "local", "chainId": network.chain.node.chain_id(), "contracts": contracts})
}
