//! Commands for people: stake, pay, claim.
//!
//! | module | holds |
//! |---|---|
//! | `place` | where the contracts are, and what they say at a block |
//! | `twin`, `books`, `account`, `clock` | what a transaction will change, on paper |
//! | `coming` | what is announced and does not hold yet |
//! | `call`, `write` | the one way in which everything is written |
//! | `approval` | how contracts come to the COR that they take |
//! | `sending` | a transaction on its way |
//! | `failure` | how commands fail, and with which exit code |
//! | `stakes`, `app`, `usage`, `miner`, `owned`, `owner`, `settings` | the commands |
//! | `attester` | an attester's part |
//! | `watch` | all of it at a glance |

mod account;
mod app;
mod approval;
mod attester;
mod books;
mod call;
mod clock;
mod coming;
mod failure;
mod miner;
mod owned;
mod owner;
mod place;
mod sending;
mod settings;
mod stakes;
mod twin;
mod usage;
mod watch;
mod write;

use anyhow::Result;
use clap::Subcommand;

pub use attester::Attesters;
pub use failure::{Failure, exit_of, misunderstood, print, report};
pub use place::{Place, Site};
pub use watch::Watch;

use crate::answer::Answer;

/// Commands for people.
#[derive(Subcommand, Clone, Debug)]
pub enum Wallet {
    /// Stakes COR: what is at stake earns from its block on, and can be asked back at any time.
    ///
    /// Where the token has permits one transaction does it; elsewhere exactly the amount is approved first.
    Stake(stakes::Stake),
    /// Moves COR from stake to unbonding: it earns nothing any more, and can be withdrawn after the cooldown.
    Unstake(stakes::Unstake),
    /// Pays out what has matured.
    Withdraw(stakes::Plain),
    /// Pays out the rewards of staking.
    Claim(stakes::Plain),
    /// Stakes the rewards of staking; no COR moves.
    Compound(stakes::Plain),
    /// What an account has at stake, has earned, and is waiting for.
    Position(stakes::ShowPosition),
    /// An app: who it is, what it pays, what it may spend.
    App(app::Apps),
    /// A miner: what it earned, where that is paid, and taking it.
    Miner(miner::Miners),
    /// The owner's part: handing contracts over in two steps, and what holds.
    Owner(owner::Owners),
    /// The epoch that runs: when it ends, what it costs and has brought, and what closes next.
    Epoch(owner::ShowEpoch),
}

impl Wallet {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        match self {
            Self::Stake(stake) => stake.run().await,
            Self::Unstake(unstake) => unstake.run().await,
            Self::Withdraw(plain) => plain.withdraw().await,
            Self::Claim(plain) => plain.claim().await,
            Self::Compound(plain) => plain.compound().await,
            Self::Position(position) => position.run().await,
            Self::App(app) => app.run().await,
            Self::Miner(miner) => miner.run().await,
            Self::Owner(owner) => owner.run().await,
            Self::Epoch(epoch) => epoch.run().await,
        }
    }
}
