//! Computing an epoch from its scores, with what the chain says where it is asked.

use std::{path::PathBuf, time::Instant};

use alloy::{eips::BlockId, providers::RootProvider};
use alloy_primitives::Address;
use anyhow::{Context, Result, bail};
use clap::Args;
use economics::allocation::Pots;
use serde_json::{Value, json};
use words::number::{cor, decimal};

use super::{
    book::{Book, root_text},
    document::Amounts,
    epoch::{Epoch, Inputs},
    onchain::RewardsOnChain,
    rows::Format,
    scores,
    stakes::{Stakes, StakesFile, StakesOnChain, written},
};
use crate::answer::{Answer, merged};

/// What is computed, and from what.
#[derive(Args, Clone, Debug)]
#[group(skip)] // Commands of the same name have a group of it already.
pub(crate) struct Compute {
    /// The epoch.
    #[arg(long)]
    epoch: u64,
    /// The scores: columns miner, tasks, score, free; CSV, or a JSON array of objects.
    #[arg(long, value_name = "FILE")]
    scores: PathBuf,
    /// The stakes: columns miner, stake (wei). Without it they are read from the staking contract, at --block.
    #[arg(long, value_name = "FILE", required_unless_present = "block")]
    stakes: Option<PathBuf>,
    /// The block whose stakes count: the same for every attester.
    #[arg(long, conflicts_with = "stakes")]
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

/// Whom it may ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The chain.
    pub(crate) provider: Option<RootProvider>,
    /// Miner-rewards there, which knows budgets.
    pub(crate) rewards: Option<Address>,
    /// Staking there.
    pub(crate) staking: Option<Address>,
}

impl Sources {
    /// Miner-rewards, where both it and the chain are named.
    pub(super) fn rewards(&self) -> Result<Option<RewardsOnChain>> {
        match (self.provider.clone(), self.rewards) {
            (Some(provider), Some(contract)) => Ok(Some(RewardsOnChain { provider, contract })),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => bail!("--rpc and --miner-rewards go together"),
        }
    }
}

impl Compute {
    /// Computes it, and publishes it in the book.
    pub(crate) async fn run(&self, book: &Book, sources: &Sources) -> Result<Answer> {
        let before = book.before(self.epoch, self.first)?;
        let budget = match (self.emission, self.fees) {
            (Some(emission), Some(fees)) => Pots { emission, fees },
            _ => {
                let rewards = sources.rewards()?.context("a budget needs --emission and --fees, or --rpc and --miner-rewards")?;
                let budget = rewards.budget(self.epoch).await?;
                budget.with_context(|| format!("epoch {} has no budget on the chain yet: it is not closed", self.epoch))?
            }
        };
        let bytes = std::fs::read(&self.scores).with_context(|| format!("{} cannot be read", self.scores.display()))?;
        let name = self.scores.display().to_string();
        let format = Format::of(&name, &String::from_utf8_lossy(bytes.get(..64).unwrap_or(&bytes)));
        let began = Instant::now();
        let miners: Vec<_> = scores::read(&name, &bytes)?.iter().map(|it| it.miner).collect();
        let stakes = match (&self.stakes, self.block, sources.staking) {
            (Some(path), ..) => StakesFile { path: path.clone() }.of(&miners).await?,
            (None, Some(block), Some(staking)) => {
                let provider = sources.provider.clone().context("--staking needs --rpc")?;
                StakesOnChain { provider, staking, block: BlockId::number(block) }.of(&miners).await?
            }
            _ => bail!("stakes need --stakes, or --rpc, --staking and --block"),
        };
        let epoch = Epoch::of(Inputs {
            epoch: self.epoch,
            budget,
            minimum_stake: self.minimum_stake,
            scores: (format, bytes),
            stakes: written(miners.into_iter().zip(stakes)).into_bytes(),
            before,
        })?;
        let folder = book.publish(&epoch)?;
        let text = format!("{}\npublished in {}", summary(&epoch, began), folder.display());
        Ok(Answer::good(merged(outcome(&epoch, began), json!({ "folder": folder.display().to_string() })), text))
    }
}

/// A whole number of wei.
pub(super) fn wei(text: &str) -> Result<u128, words::Misread> {
    decimal(text, 0)
}

/// A computed epoch, for programs.
pub(super) fn outcome(epoch: &Epoch, began: Instant) -> Value {
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

/// The same for people.
pub(super) fn summary(epoch: &Epoch, began: Instant) -> String {
    let document = &epoch.document;
    let amounts = |amounts: Amounts| format!("{} emission, {} fees", cor(amounts.emission), cor(amounts.fees));
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
