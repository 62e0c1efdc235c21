//! `corflow rewards`.

use std::{fmt::Write, path::PathBuf, time::Instant};

use alloy::providers::RootProvider;
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use words::{
    number::{address, cor},
    refusals::time,
};

use super::{
    book::Book,
    compute::{Compute, Sources, outcome, summary, wei},
    epoch::Epoch,
    explain::explain,
    onchain::{Ballot, RewardsOnChain, Standing},
    vote::Vote,
};
use crate::{
    answer::{Answer, merged},
    places::Places,
};

/// What miners get: from published scores to amounts, to a tree, to a proof, and back to the reasons.
#[derive(Args, Clone, Debug)]
pub struct Rewards {
    /// The published folder.
    #[arg(long, global = true, default_value = "rewards", value_name = "FOLDER")]
    book: PathBuf,
    /// The chain to ask.
    #[arg(long, global = true, value_name = "URL")]
    rpc: Option<String>,
    /// The miner-rewards contract there.
    #[arg(long, global = true, value_parser = address, value_name = "ADDRESS")]
    miner_rewards: Option<Address>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Computes an epoch from its scores, and publishes it in the folder. `corflow attester compute` asks the network for the rest.
    Compute {
        #[command(flatten)]
        compute: Compute,
        /// The staking contract, which is asked for stakes.
        #[arg(long, value_parser = address, value_name = "ADDRESS", requires = "block", conflicts_with = "stakes")]
        staking: Option<Address>,
    },
    /// Computes a published epoch again from its scores, and compares: what an attester does before it votes.
    Tree {
        /// The epoch.
        #[arg(long)]
        epoch: u64,
        #[command(flatten)]
        expected: Expected,
    },
    /// The amount and the proof that a miner claims with.
    Proof {
        /// The miner.
        #[arg(value_parser = address)]
        miner: Address,
        /// The epoch.
        #[arg(long)]
        epoch: u64,
        #[command(flatten)]
        expected: Expected,
    },
    /// What `corflow attester vote` does, by addresses.
    #[command(hide = true)]
    Vote {
        #[command(flatten)]
        vote: Vote,
        /// The file of the deployment, in the place of --miner-rewards; without either, the one of this chain in deployments/.
        #[arg(long, value_name = "FILE")]
        deployments: Option<PathBuf>,
    },
    /// Why a miner got what it got, step by step, or why nothing and what would change it.
    Explain {
        /// The miner.
        #[arg(value_parser = address)]
        miner: Address,
        /// The epoch.
        #[arg(long)]
        epoch: u64,
        #[command(flatten)]
        expected: Expected,
    },
}

/// What is to come out; anything else is an error.
#[derive(Args, Clone, Debug, Default)]
struct Expected {
    /// The root that it must be.
    #[arg(long)]
    root: Option<B256>,
    /// The sum of all amounts that it must be, in wei.
    #[arg(long, value_parser = wei, value_name = "WEI")]
    total: Option<u128>,
    /// The data hash that it must be.
    #[arg(long)]
    data_hash: Option<B256>,
}

impl Rewards {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        let book = Book::at(&self.book);
        match &self.command {
            Command::Compute { compute, staking } => {
                let sources = Sources { provider: self.provider().await?, rewards: self.miner_rewards, staking: *staking };
                compute.run(&book, &sources).await
            }
            Command::Tree { epoch, expected } => {
                let began = Instant::now();
                let epoch = book.recomputed(*epoch)?;
                let verdict = self.verdict(&epoch, expected).await?;
                let text = format!("{}\n{verdict}", summary(&epoch, began));
                Ok(Answer { json: merged(outcome(&epoch, began), verdict.json()), text, ok: verdict.ok() })
            }
            Command::Proof { miner, epoch, expected } => {
                let (cumulative, tree) = book.tree(*epoch)?;
                let proof = cumulative
                    .proof(&tree, *miner)?
                    .with_context(|| format!("{miner} has earned nothing up to epoch {epoch}: there is nothing to prove"))?;
                // The tree is checked against the epoch's own allocations too: a file that was changed as a whole is still one.
                let epoch = book.recomputed(*epoch)?;
                let verdict = self.verdict(&epoch, expected).await?;
                let mut text =
                    format!("miner   {miner}\namount  {}\nleaf    {}\nroot    {}\n", proof.amount, proof.leaf, proof.root);
                for sibling in &proof.proof {
                    writeln!(text, "proof   {sibling}")?;
                }
                write!(text, "{verdict}")?;
                Ok(Answer { json: merged(serde_json::to_value(&proof)?, verdict.json()), text, ok: verdict.ok() })
            }
            Command::Vote { vote, deployments } => {
                let url = self.rpc.as_deref().context("a vote needs --rpc, the chain that it goes to")?;
                let contract = |chain_id| match self.miner_rewards {
                    Some(contract) => Ok(contract),
                    None => Ok(Places::read(deployments.as_deref(), chain_id)?.rewards),
                };
                vote.run(&book, url, contract).await
            }
            Command::Explain { miner, epoch, expected } => {
                let epoch = book.recomputed(*epoch)?;
                let explanation = explain(&epoch, *miner)?;
                let verdict = self.verdict(&epoch, expected).await?;
                let earned = explanation.earned.emission + explanation.earned.fees;
                let mut text = format!("{miner} in epoch {}: {}\n", explanation.epoch, cor(earned));
                for (number, step) in (1..).zip(&explanation.steps) {
                    writeln!(text, "{number}. {:<9} {}", step.about, step.says)?;
                }
                for change in &explanation.would_change {
                    writeln!(text, "would change it: {change}")?;
                }
                write!(text, "{verdict}")?;
                Ok(Answer { json: merged(serde_json::to_value(&explanation)?, verdict.json()), text, ok: verdict.ok() })
            }
        }
    }

    async fn provider(&self) -> Result<Option<RootProvider>> {
        match &self.rpc {
            None => Ok(None),
            // It may hold a key: it is not repeated.
            Some(url) => Ok(Some(
                RootProvider::connect(url)
                    .await
                    .context("--rpc is no URL that can be reached: it is written like http://localhost:8547")?,
            )),
        }
    }

    async fn on_chain(&self) -> Result<Option<RewardsOnChain>> {
        Sources { provider: self.provider().await?, rewards: self.miner_rewards, staking: None }.rewards()
    }

    async fn verdict(&self, epoch: &Epoch, expected: &Expected) -> Result<Verdict> {
        let document = &epoch.document;
        let mut verdict = Verdict::default();
        let root = document.root.unwrap_or_default();
        verdict.compare("root", root, expected.root);
        verdict.compare("total", document.cumulative_total, expected.total);
        verdict.compare("data hash", document.data_hash(), expected.data_hash);
        if let Some(rewards) = self.on_chain().await? {
            let ballot = Ballot {
                epoch: document.epoch,
                root,
                cumulative_total: document.cumulative_total,
                data_hash: document.data_hash(),
            };
            verdict.chain = Some(rewards.standing(ballot).await?);
        }
        Ok(verdict)
    }
}

/// What was compared with what was expected, and with the chain.
#[derive(Debug, Default)]
struct Verdict {
    differ: Vec<String>,
    agree: Vec<&'static str>,
    chain: Option<Standing>,
}

impl Verdict {
    fn compare<T: PartialEq + std::fmt::Display>(&mut self, what: &'static str, is: T, expected: Option<T>) {
        match expected {
            Some(expected) if expected != is => self.differ.push(format!("the {what} is {is}, not {expected}")),
            Some(_) => self.agree.push(what),
            None => {}
        }
    }

    fn ok(&self) -> bool {
        self.differ.is_empty() && !matches!(self.chain, Some(Standing::Rival(_)))
    }

    fn json(&self) -> Value {
        let chain = self.chain.map(Standing::name);
        json!({ "ok": self.ok(), "differ": self.differ, "onChain": chain })
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for what in &self.agree {
            writeln!(f, "the {what} is the expected one")?;
        }
        for differ in &self.differ {
            writeln!(f, "MISMATCH: {differ}")?;
        }
        match self.chain {
            None => Ok(()),
            Some(Standing::Active) => writeln!(f, "on chain: this root is active"),
            Some(Standing::Pending(ready_at)) => {
                writeln!(f, "on chain: this root is pending, and can be active from {} on", time(ready_at))
            }
            Some(Standing::Rival(rival)) => writeln!(
                f,
                "MISMATCH: on chain is another root for this epoch, {} with a total of {} and the data hash {}",
                rival.root, rival.cumulative_total, rival.data_hash
            ),
            Some(Standing::Overtaken(epoch)) => {
                writeln!(f, "on chain: the root of the later epoch {epoch} is active; ask for that one")
            }
            Some(Standing::Unseen) => writeln!(f, "on chain: no root of this epoch yet"),
        }
    }
}
