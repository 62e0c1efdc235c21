//! What is owed, as of now: the slots that every action needs, read and accrued, and how they are kept.

use abi::Staking::BudgetExhausted;
use alloy_primitives::U256;
use common::emit;
use economics::{Index, PercentSeconds, StakeTime, index::LEAST_SHARED, schedule::accrued};
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
    /// what streams. With nothing at stake nothing is earned, and with less than [`LEAST_SHARED`] the stream stands still.
    fn accrue(&mut self) {
        // After 136 years the slot's 32 bits are full, and time stands still.
        let elapsed = self.now.saturating_sub(self.terms.start.into()).min(u32::MAX.into());
        let seconds = elapsed.saturating_sub(self.rewards.elapsed);
        let time = PercentSeconds(accrued(elapsed).0.saturating_sub(accrued(self.rewards.elapsed).0));
        let stake = self.stakes.stake;

        let spent = self.rewards.incentives.spend(stake, time);
        self.rewards.owed = self.rewards.owed.saturating_add(spent.paid);
        self.exhausted = (spent.paid > 0 && self.rewards.incentives.budget == 0).then_some(spent.paid);
        if spent.missed > 0 {
            self.shift.missed = self.shift.missed.saturating_add(spent.missed);
            self.terms.shifted = true;
        }
        if self.terms.streaming && stake >= LEAST_SHARED {
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

#[cfg(test)]
mod tests {
    use super::*;
    use common::Word;
    use economics::{COR, Position};
    use proptest::prelude::*;

    const START: u64 = 1_800_000_000;
    const DAY: u64 = 86_400;
    const WEEK: u64 = 7 * DAY;

    fn books() -> Books {
        let terms = Terms { start: START as u32, genesis: START as u32, epoch_length: WEEK as u32, ..Terms::default() };
        Books {
            now: START,
            terms,
            rewards: Rewards::default(),
            stakes: StakeTime { since: START, ..StakeTime::default() },
            shift: Shift::default(),
            fees: StreamedFees::default(),
            exhausted: None,
        }
    }

    /// Lets time pass, and goes through storage as an action does.
    fn pass(books: &mut Books, seconds: u64) {
        books.now += seconds;
        books.accrue();
        books.terms = Terms::unpack(&books.terms.pack());
        books.rewards = Rewards::unpack(&books.rewards.pack());
        books.shift = Shift::unpack(&books.shift.pack());
        books.fees = StreamedFees::unpack(&books.fees.pack());
    }

    fn stream(books: &mut Books, amount: u128, epochs: u64) {
        books.fees.stream.add(amount, epochs, WEEK).unwrap();
        books.terms.streaming = true;
    }

    fn earned(books: &Books, position: &Position) -> u128 {
        position.earned(books.index())
    }

    #[test]
    fn sixty_percent_a_year_is_earned_to_the_wei() {
        let mut books = books();
        books.rewards.incentives.budget = 1_000_000 * COR;
        books.stakes.stake = 365 * COR;
        let mut position = Position::default();
        position.add(365 * COR, books.index()).unwrap();
        pass(&mut books, 10 * DAY);
        assert_eq!(earned(&books, &position), 6 * COR);
        assert_eq!((books.rewards.owed, books.rewards.incentives.budget), (6 * COR, 999_994 * COR));
    }

    #[test]
    fn what_nobody_staked_for_stays() {
        let mut books = books();
        books.rewards.incentives.budget = 100 * COR;
        stream(&mut books, 100 * COR, 1);
        pass(&mut books, 3 * WEEK);
        assert_eq!((books.rewards.owed, books.fees.stream.left(), books.fees.stream.remaining()), (0, 100 * COR, WEEK));
        assert_eq!(books.rewards.incentives.budget, 100 * COR);
        // The first to stake has no windfall: incentives from now, and the stream at its own pace.
        books.stakes.stake = COR;
        let mut position = Position::default();
        position.add(COR, books.index()).unwrap();
        assert_eq!(earned(&books, &position), 0);
        pass(&mut books, WEEK / 2);
        let incentives = COR * 60 * u128::from(WEEK / 2) / u128::from(economics::PERCENT_YEAR);
        assert_eq!(earned(&books, &position), 50 * COR + incentives);
    }

    #[test]
    fn a_budget_that_ends_to_the_wei_has_ended() {
        let mut books = books();
        books.rewards.incentives.budget = 6 * COR;
        books.stakes.stake = 365 * COR;
        pass(&mut books, 10 * DAY);
        assert_eq!((books.exhausted, books.rewards.incentives.budget, books.shift.missed), (Some(6 * COR), 0, 0));
        pass(&mut books, DAY);
        assert_eq!(books.exhausted, None);
    }

    #[test]
    fn fees_wait_for_a_cor_at_stake() {
        let mut books = books();
        stream(&mut books, 100 * COR, 1);
        for (stake, owed) in [(COR - 1, 0), (COR, 100 * COR)] {
            books.stakes.stake = stake;
            pass(&mut books, WEEK);
            assert_eq!((books.rewards.owed, books.terms.streaming), (owed, owed == 0));
        }
    }

    #[test]
    fn time_with_an_empty_budget_is_never_paid() {
        let mut books = books();
        books.rewards.incentives.budget = COR;
        books.stakes.stake = 3_650 * COR;
        let mut position = Position::default();
        position.add(3_650 * COR, books.index()).unwrap();
        pass(&mut books, DAY);
        assert_eq!(books.exhausted, Some(COR));
        pass(&mut books, 30 * DAY);
        books.rewards.incentives.budget = 1_000 * COR;
        assert_eq!(earned(&books, &position), COR);
        pass(&mut books, DAY);
        assert_eq!(earned(&books, &position), 7 * COR);
    }

    proptest! {
        /// Poking every now and then changes nothing for anybody: not a wei of incentives, not one of fees.
        #[test]
        fn poking_changes_nothing(stake in 1..1u128 << 90, budget in 0..1u128 << 90, fees in 0..1u128 << 90, steps in prop::collection::vec(0..WEEK, 1..30)) {
            let begin = || {
                let mut books = books();
                books.rewards.incentives.budget = budget;
                books.stakes.stake = stake;
                stream(&mut books, fees, 3);
                books
            };
            let (mut often, mut once) = (begin(), begin());
            steps.iter().for_each(|&step| pass(&mut often, step));
            pass(&mut once, steps.iter().sum());
            prop_assert_eq!(often.rewards, once.rewards);
            prop_assert_eq!(often.fees, once.fees);
            let position = Position { stake, debt: 0 };
            prop_assert!(earned(&often, &position).abs_diff(earned(&once, &position)) <= 1);
        }

        /// What came in is what is owed, budgeted, streaming or paid; and stakers together can claim no more than is owed.
        #[test]
        fn books_balance(moves in prop::collection::vec((0usize..3, 0u8..5, prop_oneof![1..2 * COR, COR..1u128 << 88], 0..3 * WEEK), 1..80)) {
            let mut books = books();
            let mut positions = [Position::default(); 3];
            let (mut came, mut paid) = (0u128, 0u128);
            for (who, what, amount, seconds) in moves {
                pass(&mut books, seconds);
                let index = books.index();
                let position = &mut positions[who];
                match what {
                    0 => {
                        position.add(amount, index).unwrap();
                        books.stakes.stake += amount;
                    }
                    1 => {
                        let leaving = position.stake.min(amount);
                        position.remove(leaving, index).unwrap();
                        books.stakes.stake -= leaving;
                    }
                    2 => {
                        let reward = position.earned(index);
                        position.pay(reward);
                        books.rewards.owed -= reward;
                        paid += reward;
                    }
                    3 => {
                        books.rewards.incentives.budget += amount / 1_000;
                        came += amount / 1_000;
                    }
                    _ => {
                        stream(&mut books, amount / 1_000, 1);
                        came += amount / 1_000;
                    }
                }
                let held = books.rewards.owed + books.rewards.incentives.budget + books.fees.stream.left();
                prop_assert_eq!(held + paid, came);
                let claims: u128 = positions.iter().map(|position| position.earned(books.index())).sum();
                prop_assert!(claims <= books.rewards.owed, "{} > {}", claims, books.rewards.owed);
            }
        }
    }
}
