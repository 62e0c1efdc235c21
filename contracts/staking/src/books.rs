//! What is owed, as of now: the slots that every action needs, read and accrued, and how they are kept.

use abi::Staking::BudgetExhausted;
use alloy_primitives::U256;
use common::emit;
use economics::{Index, PercentSeconds, StakeTime, schedule::accrued};
use stylus_sdk::prelude::*;

use crate::{
    Staking,
    state::{Rewards, Shift, Stored, StreamedFees, Terms},
};

/// The state that rewards follow from, accrued to `now`.
pub struct Books {
    /// The second it is accrued to.
    pub now: u64,
    /// See [`Terms`].
    pub terms: Terms,
    /// See [`Rewards`].
    pub rewards: Rewards,
    /// All that is at stake.
    pub stakes: StakeTime,
    /// See [`Shift`]; not loaded, and zero, while nothing has shifted.
    pub shift: Shift,
    /// See [`StreamedFees`]; not loaded while nothing streams.
    pub fees: StreamedFees,
    /// The wei with which the budget ended, if it did in this accrual.
    pub exhausted: Option<u128>,
}

impl Books {
    /// Rewards per wei of stake.
    pub fn index(&self) -> Index {
        let schedule = Index::of_schedule(accrued(self.rewards.elapsed)).0;
        Index(schedule.saturating_sub(self.shift.missed).saturating_add(self.shift.fees))
    }

    /// Gives the time since the last accrual to those who were at stake in it: incentives while the budget lasts, and
    /// what streams. With nothing at stake nothing is earned, and the stream stands still.
    fn accrue(&mut self) {
        let elapsed = self.now.saturating_sub(self.terms.start.into());
        let seconds = elapsed.saturating_sub(self.rewards.elapsed);
        let time = PercentSeconds(accrued(elapsed).0.saturating_sub(accrued(self.rewards.elapsed).0));
        let stake = self.stakes.stake;

        let spent = self.rewards.incentives.spend(stake, time);
        self.rewards.owed = self.rewards.owed.saturating_add(spent.paid);
        if spent.missed > 0 {
            self.shift.missed = self.shift.missed.saturating_add(spent.missed);
            self.terms.shifted = true;
            self.exhausted = (spent.paid > 0).then_some(spent.paid);
        }
        if self.terms.streaming && stake > 0 {
            let paid = self.fees.stream.advance(seconds);
            self.rewards.owed = self.rewards.owed.saturating_add(paid);
            self.shift.fees = self.shift.fees.saturating_add(self.fees.share.share(paid, stake));
            self.terms.shifted = true;
            self.terms.streaming = !self.fees.stream.is_over();
        }
        self.rewards.elapsed = elapsed;
    }
}

impl Staking {
    /// Reads the books and accrues them to now. Nothing is written.
    pub(crate) fn books(&self, terms: Terms) -> Books {
        let mut books = Books {
            now: self.vm().block_timestamp(),
            terms,
            rewards: self.rewards.get(),
            stakes: self.stakes.get().0,
            shift: if terms.shifted { self.shift.get() } else { Shift::default() },
            fees: if terms.streaming { self.stream.get() } else { StreamedFees::default() },
            exhausted: None,
        };
        books.accrue();
        books
    }

    /// Writes the books back, but for the stakes, which have their own way. `before` are the terms that they were read by.
    pub(crate) fn keep(&mut self, books: &Books, before: Terms) {
        self.rewards.set(&books.rewards);
        if books.terms.shifted {
            self.shift.set(&books.shift);
        }
        if before.streaming {
            self.stream.set(&books.fees);
        }
        if books.terms != before {
            self.terms.set(&books.terms);
        }
        if let Some(amount) = books.exhausted {
            emit(self.vm(), &BudgetExhausted { amount: U256::from(amount) });
        }
    }

    /// Changes what is at stake in all to `stake`, and records an epoch that ended since the last change.
    pub(crate) fn change_stakes(&mut self, books: &mut Books, stake: u128) {
        if let Some(record) = books.stakes.change(books.terms.clock(), books.now, stake) {
            self.record(record);
        }
        self.stakes.set(&Stored(books.stakes));
    }
}
