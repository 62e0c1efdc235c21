//! `corflow audit`.

use std::path::PathBuf;

use alloy::providers::{Provider, RootProvider};
use anyhow::{Context, Result, ensure};
use clap::Args;

use super::chain::Chain;
use crate::{answer::Answer, places::Places};

/// Both sides of the ledger, from events alone: what apps paid, and what became of every wei of it. Exits with 1 when one is
/// missing.
#[derive(Args, Clone, Debug)]
pub struct Audits {
    /// The chain to ask.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// The file of the deployment; without it, the one of this chain in deployments/.
    #[arg(long, value_name = "FILE")]
    deployments: Option<PathBuf>,
    /// The first block to read, not later than the first contract's; without it, the block that the file names.
    #[arg(long, value_name = "BLOCK")]
    from_block: Option<u64>,
}

impl Audits {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        let provider = RootProvider::connect(&self.rpc).await.context("--rpc is no URL that can be reached")?;
        let id = provider.get_chain_id().await.context("the chain does not say its id: is a node running at this URL?")?;
        let places = Places::read(self.deployments.as_deref(), id)?;
        let from = self.from_block.unwrap_or(places.since);
        ensure!(
            places.since == 0 || from <= places.since,
            "the first contract is of block {}: an audit from block {from} on would miss what came before",
            places.since
        );
        let chain = Chain::now(&provider, &places).await?;
        Ok(chain.audit(from).await?.answer([from, chain.block()]))
    }
}
