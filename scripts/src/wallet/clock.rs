//! The network's epochs, and which vouchers count when.

use abi::AppFees;
use anyhow::{Context, Result};
use economics::{Epoch, EpochClock};

use super::place::View;
use crate::voucher::outlook::Leaving;

/// The epoch clock with its grace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epochs {
    clock: EpochClock,
    grace: u64,
}

impl Epochs {
    /// As app-fees has it.
    pub(super) async fn read(at: &View<'_>) -> Result<Self> {
        let genesis = at.view("app-fees", &AppFees::genesisCall {}).await?.saturating_to();
        let length = at.view("app-fees", &AppFees::epochLengthCall {}).await?.saturating_to();
        let grace = at.view("app-fees", &AppFees::graceCall {}).await?.saturating_to();
        let clock = EpochClock::new(genesis, length).context("the epochs of app-fees are out of bounds")?;
        Ok(Self { clock, grace })
    }

    /// What leaves an app's escrow, as seen by vouchers of an epoch.
    pub(super) fn leaving(self, account: &AppFees::accountOfReturn, epoch: u64) -> Option<Leaving> {
        Leaving::of(account, &self.clock, self.grace, epoch)
    }

    /// The epoch of a second.
    pub(super) fn at(self, time: u64) -> u64 {
        self.clock.at(time).0
    }

    /// Its first second.
    pub(super) fn start(self, epoch: u64) -> u64 {
        self.clock.start(Epoch(epoch))
    }

    /// From when on its vouchers do not count any more, and it may be closed.
    pub(super) fn closes_at(self, epoch: u64) -> u64 {
        self.clock.end(Epoch(epoch)).saturating_add(self.grace)
    }
}
