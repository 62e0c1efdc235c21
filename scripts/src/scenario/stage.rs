//! Where a plot is played: on a chain, or on paper alone, by the same steps at the same seconds.

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, bail};

use crate::{
    chain::{Chain, Mined, Order, STEP},
    recorder::Recorder,
};

/// Where.
#[derive(Debug)]
pub(super) enum Stage<'a> {
    /// Every step is a transaction, and what it comes to is held against paper.
    Chain {
        /// The chain.
        chain: &'a mut Chain,
        /// Keeps the transactions.
        recorder: &'a mut Recorder,
    },
    /// Every step takes as long as it takes on a chain whose time is moved.
    Paper {
        /// The last step's second.
        now: u64,
        /// The next one's.
        next: u64,
    },
}

/// Something that was done.
#[derive(Debug)]
pub(super) struct Deed {
    /// The second at which it was.
    pub(super) time: u64,
    /// The transaction, on a chain.
    mined: Option<Mined>,
}

impl Deed {
    /// All events of a kind; none where there is no chain.
    pub(super) fn all<E: SolEvent>(&self) -> Option<Vec<E>> {
        let logs = &self.mined.as_ref()?.logs;
        Some(logs.iter().filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect())
    }

    /// The one event of a kind; none where there is no chain.
    pub(super) fn told<E: SolEvent>(&self) -> Result<Option<E>> {
        let missing = || format!("there is no {} in {:?}", E::SIGNATURE, self.mined.as_ref().map(|mined| mined.hash));
        self.all().map(|mut all| all.pop().with_context(missing)).transpose()
    }
}

impl Stage<'_> {
    /// On paper, after a second at which something was done.
    pub(super) fn paper(now: u64) -> Self {
        Self::Paper { now, next: now + STEP }
    }

    /// The second of the last step.
    pub(super) async fn time(&self) -> Result<u64> {
        match self {
            Self::Chain { chain, .. } => chain.time().await,
            Self::Paper { now, .. } => Ok(*now),
        }
    }

    /// Lets time pass before the next step.
    pub(super) fn pass(&mut self, seconds: u64) {
        match self {
            Self::Chain { chain, .. } => chain.pass(seconds),
            Self::Paper { next, .. } => *next += seconds,
        }
    }

    /// Has the next step be at a second, or later if it would be later anyway.
    pub(super) fn reach(&mut self, second: u64) {
        match self {
            Self::Chain { chain, .. } => chain.reach(second),
            Self::Paper { next, .. } => *next = second.max(*next),
        }
    }

    pub(super) fn moves_time(&self) -> bool {
        match self {
            Self::Chain { chain, .. } => chain.moves_time(),
            Self::Paper { .. } => true,
        }
    }

    /// A call that must succeed.
    pub(super) async fn act(
        &mut self,
        signer: &PrivateKeySigner,
        gas: u64,
        words: impl FnOnce() -> String,
        to: Address,
        call: &impl SolCall,
    ) -> Result<Deed> {
        match self {
            Self::Chain { chain, recorder } => {
                let order = Order { gas: Some(gas), ..Order::call(to, call) };
                let mined = chain.send(signer, order).await?;
                let name = words();
                recorder.keep(&name, &mined)?;
                match &mined.reverted {
                    None => Ok(Deed { time: mined.time, mined: Some(mined) }),
                    Some(data) => bail!("{name}: refused by {}", recorder.names.error_text(data)),
                }
            }
            Self::Paper { now, next } => {
                *now = *next;
                *next += STEP;
                Ok(Deed { time: *now, mined: None })
            }
        }
    }

    /// Something does not add up: on a chain it is kept and the play goes on, paper that does not is worth nothing.
    pub(super) fn mismatch(&mut self, text: String) -> Result<()> {
        match self {
            Self::Chain { recorder, .. } => {
                recorder.mismatch(text);
                Ok(())
            }
            Self::Paper { .. } => bail!("{text}"),
        }
    }

    /// Says how far the play is.
    pub(super) fn progress(&self, words: impl FnOnce() -> String) {
        if let Self::Chain { recorder, .. } = self {
            recorder.progress.stage(words());
        }
    }
}
