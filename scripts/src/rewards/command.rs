//! `corflow rewards`.

use std::{fmt::Write, path::PathBuf, time::Instant};

use alloy::{eips::BlockId, providers::RootProvider};
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use economics::allocation::Pots;
use serde_json::{Value, json};
use words::number::{address, cor, decimal};

use super::{
    book::{Book, root_text},
    epoch::{Epoch, Inputs},
    explain::explain,
    onchain::{Ballot, RewardsOnChain, Standing},
    rows::Format,
    scores,
    stakes::{Stakes, StakesFile, StakesOnChain, written},
    vote::Vote,
};
use crate::answer::Answer;

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
    /// Computes an epoch from its scores, and publishes it in the folder.
    Compute(Compute),
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
    /// Computes a published epoch again from its scores, and votes for its root, if it is the published one. Says how the
    /// ballot stands.
    Vote(Vote),
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

#[derive(Args, Clone, Debug)]
struct Compute {
    /// The epoch.
    #[arg(long)]
    epoch: u64,
    /// The scores: columns miner, tasks, score, free; CSV, or a JSON array of objects.
    #[arg(long, value_name = "FILE")]
    scores: PathBuf,
    /// The stakes: columns miner, stake (wei). Without it they are read from the staking contract.
    #[arg(long, value_name = "FILE", required_unless_present = "staking")]
    stakes: Option<PathBuf>,
    /// The staking contract.
    #[arg(long, value_parser = address, value_name = "ADDRESS", requires = "block", conflicts_with = "stakes")]
    staking: Option<Address>,
    /// The block whose stakes count: the same for every attester.
    #[arg(long)]
    block: Option<u64>,
    /// The stake that a miner needs, in wei.
    #[arg(long, value_parser = wei, value_name = "WEI")]
    minimum_stake: u128,
    /// The epoch's emission, in wei. Without it and --fees, the budget is read from miner-rewards.
    #[arg(long, value_parser = wei, value_name = "WEI", requires = "fees")]
    emission: Option<u128>,
    /// Miners' part of the epoch's fees, in wei.
    #[arg(long, value_parser = wei, value_name = "WEI", requires = "emission")]
    fees: Option<u128>,
    /// Nothing came before: miners begin with nothing earned.
    #[arg(long)]
    first: bool,
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

fn wei(text: &str) -> Result<u128, words::Misread> {
    decimal(text, 0)
}

impl Rewards {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        let book = Book::at(&self.book);
        match &self.command {
            Command::Compute(compute) => self.compute(&book, compute).await,
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
            Command::Vote(vote) => vote.run(&book, self.rpc.as_deref(), self.miner_rewards).await,
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

    async fn compute(&self, book: &Book, compute: &Compute) -> Result<Answer> {
        let before = book.before(compute.epoch, compute.first)?;
        let budget = match (compute.emission, compute.fees) {
            (Some(emission), Some(fees)) => Pots { emission, fees },
            _ => {
                let rewards =
                    self.on_chain().await?.context("a budget needs --emission and --fees, or --rpc and --miner-rewards")?;
                let budget = rewards.budget(compute.epoch).await?;
                budget.with_context(|| format!("epoch {} has no budget on the chain yet: it is not closed", compute.epoch))?
            }
        };
        let bytes = std::fs::read(&compute.scores).with_context(|| format!("{} cannot be read", compute.scores.display()))?;
        let name = compute.scores.display().to_string();
        let format = Format::of(&name, &String::from_utf8_lossy(bytes.get(..64).unwrap_or(&bytes)));
        let began = Instant::now();
        let miners: Vec<_> = scores::read(&name, &bytes)?.iter().map(|it| it.miner).collect();
        let stakes = match (&compute.stakes, compute.staking, compute.block) {
            (Some(path), _, _) => StakesFile { path: path.clone() }.of(&miners).await?,
            (None, Some(staking), Some(block)) => {
                let provider = self.provider().await?.context("--staking needs --rpc")?;
                StakesOnChain { provider, staking, block: BlockId::number(block) }.of(&miners).await?
            }
            _ => anyhow::bail!("stakes need --stakes, or --rpc, --staking and --block"),
        };
        let epoch = Epoch::of(Inputs {
            epoch: compute.epoch,
            budget,
            minimum_stake: compute.minimum_stake,
            scores: (format, bytes),
            stakes: written(miners.into_iter().zip(stakes)).into_bytes(),
            before,
        })?;
        let folder = book.publish(&epoch)?;
        let text = format!("{}\npublished in {}", summary(&epoch, began), folder.display());
        Ok(Answer::good(merged(outcome(&epoch, began), json!({ "folder": folder.display().to_string() })), text))
    }

    async fn provider(&self) -> Result<Option<RootProvider>> {
        match &self.rpc {
            None => Ok(None),
            // It may hold a key: it is not repeated.
            Some(url) => Ok(Some(RootProvider::connect(url).await.context("--rpc is no URL that can be reached")?)),
        }
    }

    async fn on_chain(&self) -> Result<Option<RewardsOnChain>> {
        match (self.provider().await?, self.miner_rewards) {
            (Some(provider), Some(contract)) => Ok(Some(RewardsOnChain { provider, contract })),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => anyhow::bail!("--rpc and --miner-rewards go together"),
        }
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
                writeln!(f, "on chain: this root is pending, and can be active from {ready_at} on")
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

fn outcome(epoch: &Epoch, began: Instant) -> Value {
    let document = &epoch.document;
    json!({
        "epoch": document.epoch,
        "root": document.root,
        "dataHash": document.data_hash(),
        "cumulativeTotal": document.cumulative_total.to_string(),
        "leaves": epoch.cumulative.len(),
        "scored": epoch.miners.len(),
        "paid": document.miners.len(),
        "allocated": document.allocated,
        "carriedOut": document.carried_out,
        "dust": document.dust,
        "seconds": began.elapsed().as_secs_f64(),
    })
}

fn summary(epoch: &Epoch, began: Instant) -> String {
    let document = &epoch.document;
    let amounts = |amounts: super::document::Amounts| format!("{} emission, {} fees", cor(amounts.emission), cor(amounts.fees));
    format!(
        "epoch      {}\nscored     {} miners, {} of them paid\nallocated  {}\ncarried on {}\ndust       {} wei emission, {} wei fees, \
         dealt by the largest remainder\nroot       {}\ntotal      {} wei for {} miners\ndata hash  {}\ntook       {:.2} seconds",
        document.epoch,
        epoch.miners.len(),
        document.miners.len(),
        amounts(document.allocated),
        amounts(document.carried_out),
        document.dust.emission,
        document.dust.fees,
        root_text(document.root),
        document.cumulative_total,
        epoch.cumulative.len(),
        document.data_hash(),
        began.elapsed().as_secs_f64()
    )
}

fn merged(mut into: Value, from: Value) -> Value {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
    into
}
