//! The chain's time: moved where the node lets itself be told, left alone where not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy::{
    consensus::BlockHeader,
    providers::{Provider, RootProvider},
};
use anyhow::{Context, Result};

/// Seconds between two transactions where time can be moved.
pub(crate) const STEP: u64 = 12;

/// A chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// It goes by itself.
    Real,
    /// It stands where it is put: the timestamp of the block to come.
    Moved {
        /// In seconds since 1970.
        next: u64,
    },
}

impl Clock {
    /// Which one a chain has. Where it can be moved it is put to `start`, or to the real time, but never back. Nothing moves
    /// until the first block.
    pub(super) async fn find(provider: &RootProvider, start: Option<u64>) -> Result<Self> {
        let moved: Result<serde_json::Value, _> = provider.raw_request("evm_increaseTime".into(), [0_u64]).await;
        if moved.is_err() {
            return Ok(Self::Real);
        }
        let latest = provider.get_block_by_number(Default::default()).await.context("no latest block")?;
        let latest = latest.context("there is no latest block")?.header.timestamp();
        let real = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(Self::Moved { next: start.unwrap_or_else(real).max(latest + STEP) })
    }

    pub(super) fn moves(&self) -> bool {
        matches!(self, Self::Moved { .. })
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        if let Self::Moved { next } = self {
            *next += seconds;
        }
    }

    /// The second at which the block to come will stand, where that can be chosen.
    pub(super) fn next(&self) -> Option<u64> {
        match self {
            Self::Real => None,
            Self::Moved { next } => Some(*next),
        }
    }

    /// Has the block to come stand at this second, or later where it is later already.
    pub(super) fn reach(&mut self, time: u64) {
        if let Self::Moved { next } = self {
            *next = (*next).max(time);
        }
    }

    pub(super) fn saw(&mut self, time: u64) {
        if let Self::Moved { next } = self {
            *next = (*next).max(time + STEP);
        }
    }

    /// Has the block to come stand at the right second.
    pub(super) async fn before_block(&self, provider: &RootProvider) -> Result<()> {
        if let Self::Moved { next } = self {
            let _: serde_json::Value = provider
                .raw_request("evm_setNextBlockTimestamp".into(), [*next])
                .await
                .with_context(|| format!("the node does not set its clock to {next}"))?;
        }
        Ok(())
    }

    /// How often to look for a receipt.
    pub(super) fn polling(&self) -> Duration {
        match self {
            Self::Real => Duration::from_millis(500),
            Self::Moved { .. } => Duration::from_millis(5),
        }
    }
}
