//! Rewards per unit of stake: one number grows, and every stake's rewards follow from it.

use alloy_primitives::U256;

use crate::{
    COR, PERCENT_YEAR, PercentSeconds,
    wide::{divide, divide_up, narrow, product, ratio},
};

/// The index's scale: so many units are one wei of rewards for one wei of stake. Close to 10^18, but a multiple of a
/// percent-year, so that a second of any rate is a whole number of units: a second of 60% is 60,000,000,000 of them, where
/// 10^18 would make it 19,025,875,190.26. So incentives leave no remainder in the index, whenever and however often they
/// are counted.
pub const SCALE: u128 = PERCENT_YEAR as u128 * PER_PERCENT_SECOND;

/// Units for a percent-second.
const PER_PERCENT_SECOND: u128 = 1_000_000_000;

/// Fees are shared only while at least this is at stake in all, in wei: one COR. Shared among a few wei they would drive the
/// index beyond its width. Until more is at stake they wait.
pub const LEAST_SHARED: u128 = COR;

/// What one wei of stake has earned since the schedule's start, in units of 1/[`SCALE`] wei. It stays below 2^128 until fees
/// of a hundred billion times the supply have come to a single COR, and leaves room for the debt of somebody who then stakes
/// the whole supply until they are 170 times the supply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub u128);

impl Index {
    /// What the schedule alone would have given.
    pub const fn of_schedule(accrued: PercentSeconds) -> Self {
        Self((accrued.0 as u128).saturating_mul(PER_PERCENT_SECOND))
    }

    /// What `stake` has earned at this index, rounded down, in wei; at most `u128::MAX`.
    pub fn worth(self, stake: u128) -> u128 {
        ratio(self.0, stake, SCALE)
    }

    /// The same, rounded up.
    pub fn worth_up(self, stake: u128) -> u128 {
        narrow(divide_up(product(self.0, stake), U256::from(SCALE)))
    }
}

/// A staker's stake, and what of its rewards it must not count: what was paid, and what the index gave before it came.
/// What has been earned is never written down, so that staking, claiming and leaving each change this one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Wei at stake.
    pub stake: u128,
    /// Wei to subtract from the stake's worth; negative when stake that had earned has left.
    pub debt: i128,
}

impl Position {
    /// Rewards at `index` that were not paid, rounded down, in wei.
    pub fn earned(&self, index: Index) -> u128 {
        let worth = index.worth(self.stake);
        let debt = self.debt.unsigned_abs();
        if self.debt < 0 { worth.saturating_add(debt) } else { worth.saturating_sub(debt) }
    }

    /// Adds stake that earns from `index` on; what was earned stays, less a wei at most. Nothing when a number leaves its range.
    pub fn add(&mut self, amount: u128, index: Index) -> Option<()> {
        let stake = self.stake.checked_add(amount)?;
        let worth = i128::try_from(index.worth_up(amount)).ok()?;
        *self = Self { stake, debt: self.debt.checked_add(worth)? };
        Some(())
    }

    /// Takes stake that earned until `index`; what was earned stays, less a wei at most. Nothing when there is less.
    /// Leaving must not fail, so the debt saturates: what could be lost is rewards above 2^127 wei.
    pub fn remove(&mut self, amount: u128, index: Index) -> Option<()> {
        let stake = self.stake.checked_sub(amount)?;
        let worth = i128::try_from(index.worth(amount)).unwrap_or(i128::MAX);
        *self = Self { stake, debt: self.debt.saturating_sub(worth) };
        Some(())
    }

    /// Counts rewards as paid.
    pub fn pay(&mut self, amount: u128) {
        self.debt = self.debt.saturating_add(i128::try_from(amount).unwrap_or(i128::MAX));
    }
}

/// The incentives' budget, in wei, with the part of a wei that has been promised from it already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Incentives {
    /// Wei that may still be paid.
    pub budget: u128,
    /// Promised beyond what was taken from the budget, in 1/[`PERCENT_YEAR`] wei; 0 when the budget is.
    pub remainder: u64,
}

/// What a time at a rate came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Wei taken from the budget, for all stake together.
    pub paid: u128,
    /// How far the index stays behind the schedule, because the budget ended: units of the index.
    pub missed: u128,
}

impl Incentives {
    /// Takes from the budget what `stake` earns in a time at a rate. If the budget does not last, all of it is shared by
    /// stake and the rest of that time is never paid.
    pub fn spend(&mut self, stake: u128, time: PercentSeconds) -> Spent {
        if stake == 0 || time.0 == 0 {
            return Spent::default();
        }
        // A stake below 2^96 at a rate for 136 years, and a budget below 2^96: both products leave room to add.
        let promised = product(stake, time.0.into()).saturating_add(U256::from(self.remainder));
        let available = product(self.budget, PERCENT_YEAR.into());
        if promised <= available {
            let (paid, rest) = divide(promised, U256::from(PERCENT_YEAR));
            let paid = narrow(paid);
            self.budget = self.budget.saturating_sub(paid);
            self.remainder = narrow(rest) as u64; // Below a percent-year.
            return Spent { paid, missed: 0 };
        }
        let shared = narrow(available.saturating_sub(U256::from(self.remainder)));
        let moved = ratio(shared, PER_PERCENT_SECOND, stake);
        let missed = Index::of_schedule(time).0.saturating_sub(moved);
        let paid = self.budget;
        *self = Self::default();
        Spent { paid, missed }
    }
}

/// Fees on their way into the index: units that are less than one for each wei of stake are kept for the next time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeShare {
    /// Units for all stake together that were not shared yet.
    pub remainder: u128,
}

impl FeeShare {
    /// Shares `amount` wei among `stake` and says how far the index moves; nothing without stake.
    pub fn share(&mut self, amount: u128, stake: u128) -> u128 {
        if stake == 0 {
            return 0;
        }
        let units = product(amount, SCALE).saturating_add(U256::from(self.remainder));
        let (moved, rest) = divide(units, U256::from(stake));
        self.remainder = narrow(rest); // Below the stake.
        narrow(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{COR, schedule::accrued};
    use proptest::prelude::*;

    extern crate std;
    use std::vec::Vec;

    const DAY: u64 = 86_400;

    #[test]
    fn a_year_of_the_first_rate_pays_sixty_percent() {
        let index = Index::of_schedule(PercentSeconds(60 * 365 * DAY));
        assert_eq!(index.worth(1_000 * COR), 600 * COR);
    }

    #[test]
    fn the_last_of_the_budget_is_shared_by_stake() {
        let mut incentives = Incentives { budget: 10 * COR, remainder: 0 };
        let stakes = [100 * COR, 300 * COR];
        let spent = incentives.spend(stakes.iter().sum(), accrued(DAY * 100));
        assert_eq!(spent.paid, 10 * COR);
        let index = Index(Index::of_schedule(accrued(DAY * 100)).0 - spent.missed);
        assert_eq!(stakes.map(|stake| index.worth(stake)), [5 * COR / 2, 15 * COR / 2]);
        assert_eq!(incentives.spend(400 * COR, PercentSeconds(60)), Spent { paid: 0, missed: 60 * PER_PERCENT_SECOND });
    }

    #[test]
    fn what_was_promised_beyond_the_wei_is_not_shared_again() {
        // A second of one percent is half a wei; ten of them are more than the one wei that there is.
        let stake = u128::from(PERCENT_YEAR / 2);
        let (mut incentives, mut index, mut paid) = (Incentives::default(), Index::default(), 0);
        for _ in 0..2 {
            incentives.budget += 1;
            for time in [1, 10] {
                let spent = incentives.spend(stake, PercentSeconds(time));
                index.0 += Index::of_schedule(PercentSeconds(time)).0 - spent.missed;
                paid += spent.paid;
            }
        }
        assert_eq!((paid, index.worth(stake)), (2, 2));
    }

    /// From a few wei to more than there is.
    fn any_stake() -> impl Strategy<Value = u128> {
        prop_oneof![1..10u128, 1..2 * COR, COR..1u128 << 80]
    }

    #[test]
    fn the_index_outlasts_every_fee_that_a_single_cor_can_be_paid() {
        let supply = 1_000_000_000 * COR;
        let mut index = Index::default();
        index.0 += FeeShare::default().share(170 * supply, LEAST_SHARED);
        let mut position = Position::default();
        assert_eq!(position.add(supply, index), Some(()));
        index.0 += FeeShare::default().share(supply, LEAST_SHARED);
        assert_eq!(Position::default().add(supply, index), None);
        assert_eq!(index.worth(COR), 171 * supply);
        assert!(index.0 < u128::MAX / 500_000_000);
    }

    #[test]
    fn a_second_of_each_rate_is_a_whole_number_of_units() {
        for percent in [60, 30, 15, 10] {
            assert_eq!(SCALE * percent % u128::from(PERCENT_YEAR), 0);
            assert_eq!(Index::of_schedule(PercentSeconds(percent as u64)).0, SCALE * percent / u128::from(PERCENT_YEAR));
        }
    }

    proptest! {
        #[test]
        fn many_spends_are_one(stake in 0..1u128 << 96, budget in 0..1u128 << 96, times in prop::collection::vec(0..10_000_000u64, 1..40)) {
            let (mut often, mut once) = (Incentives { budget, remainder: 0 }, Incentives { budget, remainder: 0 });
            let steps: Vec<_> = times.iter().map(|&time| often.spend(stake, PercentSeconds(time))).collect();
            let all = once.spend(stake, PercentSeconds(times.iter().sum()));
            prop_assert_eq!(steps.iter().map(|step| step.paid).sum::<u128>(), all.paid);
            prop_assert_eq!(often, once);
            // Where the budget ends the index is rounded down, in either case to within a unit.
            prop_assert!(steps.iter().map(|step| step.missed).sum::<u128>().abs_diff(all.missed) <= 1);
        }

        #[test]
        fn an_empty_budget_owes_no_remainder(stake in 1..1u128 << 96, budget in 0..1u128 << 96, times in prop::collection::vec(0u64..1 << 40, 1..20)) {
            let mut incentives = Incentives { budget, remainder: 0 };
            for time in times {
                incentives.spend(stake, PercentSeconds(time));
                prop_assert!(incentives.budget > 0 || incentives.remainder == 0);
            }
        }

        #[test]
        fn a_position_keeps_what_it_earned(
            stakes in prop::collection::vec(1..1u128 << 90, 1..10), steps in prop::collection::vec(0..1u128 << 62, 10),
        ) {
            let (mut position, mut index, mut exact) = (Position::default(), Index::default(), U256::ZERO);
            for (stake, step) in stakes.iter().zip(&steps) {
                position.add(*stake, index).unwrap();
                index.0 += step;
                exact += U256::from(position.stake) * U256::from(*step);
            }
            let exact: u128 = (exact / U256::from(SCALE)).to();
            let earned = position.earned(index);
            prop_assert!(earned <= exact && exact - earned <= stakes.len() as u128);
            // Leaving keeps it, paying takes it.
            position.remove(position.stake, index).unwrap();
            prop_assert!(position.earned(index).abs_diff(earned) <= 1 && position.earned(index) <= exact);
            position.pay(position.earned(index));
            prop_assert_eq!(position.earned(index), 0);
        }

        /// What stakers can claim never exceeds what was taken from the budget and the stream for them.
        #[test]
        fn claims_never_exceed_income(
            budget in 0..1u128 << 80,
            moves in prop::collection::vec((0usize..4, any::<bool>(), any_stake(), 0u64..1 << 30, 0..1u128 << 70), 1..60),
        ) {
            let mut positions = [Position::default(); 4];
            let (mut incentives, mut fees) = (Incentives { budget, remainder: 0 }, FeeShare::default());
            let (mut income, mut claimed, mut index) = (0u128, 0u128, Index::default());
            for (who, joins, amount, time, fee) in moves {
                let total = positions.iter().map(|position| position.stake).sum();
                let spent = incentives.spend(total, PercentSeconds(time));
                index.0 += Index::of_schedule(PercentSeconds(time)).0 - spent.missed;
                income += spent.paid;
                if total >= LEAST_SHARED {
                    index.0 += fees.share(fee, total);
                    income += fee;
                }
                let position = &mut positions[who];
                if joins {
                    position.add(amount, index).unwrap();
                } else {
                    let earned = position.earned(index);
                    position.pay(earned);
                    claimed += earned;
                    position.remove(position.stake.min(amount), index).unwrap();
                }
                let open: u128 = positions.iter().map(|position| position.earned(index)).sum();
                prop_assert!(claimed + open <= income, "{claimed} + {open} > {income}");
            }
        }

        #[test]
        fn nothing_panics(stake: u128, debt: i128, amount: u128, index: u128, budget: u128, remainder: u64, time: u64) {
            let mut position = Position { stake, debt };
            let index = Index(index);
            let _ = (position.earned(index), position.add(amount, index), position.remove(amount, index), index.worth_up(stake));
            position.pay(amount);
            let _ = Incentives { budget, remainder }.spend(stake, PercentSeconds(time));
            let _ = FeeShare { remainder: amount }.share(stake, budget);
        }
    }

    #[test]
    fn the_ends_of_the_ranges_do_not_panic() {
        for value in [0, 1, u128::MAX] {
            let mut position = Position { stake: value, debt: i128::MIN };
            let _ = (position.earned(Index(u128::MAX)), position.add(value, Index(u128::MAX)));
            let _ = (position.remove(value, Index(u128::MAX)), FeeShare { remainder: value }.share(value, value));
            let _ = Incentives { budget: value, remainder: u64::MAX }.spend(value, PercentSeconds(u64::MAX));
        }
    }
}
