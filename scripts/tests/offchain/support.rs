//! A folder to work in, and commands run in it.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use alloy_primitives::Address;
use anyhow::Result;
use clap::{Parser, Subcommand};
use corflow::{answer::Answer, rewards::command::Rewards, simulate::command::Simulate, voucher::command::Vouchers};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Rewards(Box<Rewards>),
    Voucher(Box<Vouchers>),
    Simulate(Simulate),
}

/// A folder of its own, gone when dropped.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder can be made") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the folder takes files");
    }

    /// Puts a private key into a file that only its owner can read.
    pub(crate) fn key(&self, name: &str, key: &str) {
        self.write(name, key);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).expect(name)
    }

    /// Changes a published file.
    pub(crate) fn tamper(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Runs a command; words that begin with @ are files of this folder.
    pub(crate) async fn run(&self, line: &str) -> Result<Answer> {
        let words = line.split_whitespace().map(|it| match it.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => it.to_owned(),
        });
        match Line::try_parse_from(std::iter::once("corflow".to_owned()).chain(words))?.command {
            Command::Rewards(rewards) => rewards.run().await,
            Command::Voucher(voucher) => voucher.run().await,
            Command::Simulate(simulate) => simulate.run().await,
        }
    }

    /// Runs a command that must fail, and gives what it says.
    pub(crate) async fn refused(&self, line: &str) -> String {
        match self.run(line).await {
            Ok(answer) => panic!("{line} passed: {}", answer.text),
            Err(error) => format!("{error:#}"),
        }
    }

    /// Runs `corflow rewards` on the book here.
    pub(crate) async fn rewards(&self, line: &str) -> Result<Answer> {
        self.run(&format!("rewards --book @book {line}")).await
    }

    /// Computes epoch `epoch` by scores of (miner, tasks, score, free) with 100 COR at stake each.
    pub(crate) async fn compute(&self, epoch: u64, scores: &[(u8, u64, &str, &str)], emission: u128, fees: u128) -> Answer {
        let mut text = String::from("miner,tasks,score,free\n");
        let mut stakes = String::from("miner,stake\n");
        for (miner, tasks, score, free) in scores {
            text += &format!("{},{tasks},{score},{free}\n", self::miner(*miner));
            stakes += &format!("{},{}\n", self::miner(*miner), 100 * COR);
        }
        self.write("scores.csv", text);
        self.write("stakes.csv", stakes);
        let first = if self.path("book").exists() { "" } else { "--first" };
        let line = format!(
            "compute --epoch {epoch} --scores @scores.csv --stakes @stakes.csv --minimum-stake {} --emission {emission} --fees {fees} {first}",
            100 * COR
        );
        self.rewards(&line).await.expect("the epoch computes")
    }
}

pub(crate) fn miner(number: u8) -> Address {
    Address::with_last_byte(number)
}
