//! What a voucher takes, and from whom: pure, so that `preview` and `settle` cannot differ.
//!
//! What always holds: no unit is counted that was not signed; what is spent in an epoch never exceeds its fee cap; every
//! wei taken comes from the app's grants, exit or escrow; whole units only, each at the full price, so that nothing is
//! lost to rounding.

use abi::AppFees::Status;
use alloy_primitives::U256;
use common::words::Buffer;

use crate::state::{Account, Aside, Usage};

/// All of an app that a voucher of one epoch may change, and what bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Escrow and credit.
    pub account: Account,
    /// Grants and exit.
    pub aside: Aside,
    /// What was counted before.
    pub usage: Usage,
    /// Units bought for the epoch.
    pub commitment: u64,
    /// Wei that the epoch's vouchers may spend.
    pub cap: u128,
    /// Wei of a unit; never zero.
    pub price: u128,
}

/// What was taken for a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Why not more.
    pub status: Status,
    /// Units counted.
    pub units: u64,
    /// Those of them that the commitment covered.
    pub committed: u64,
    /// Wei from grants.
    pub granted: u128,
    /// Wei from exit and escrow: what the app paid itself.
    pub escrowed: u128,
}

impl Taken {
    /// Nothing, for a reason.
    pub const fn nothing(status: Status) -> Self {
        Self { status, units: 0, committed: 0, granted: 0, escrowed: 0 }
    }

    /// Bytes of the answer: five words.
    pub const BYTES: usize = 5 * 32;

    /// Puts it behind what an answer has already, as `abi` has it.
    pub fn put<const N: usize>(&self, answer: &mut Buffer<N>) {
        answer.put_number(self.status as u64);
        answer.put_number(self.units);
        answer.put_number(self.committed);
        answer.put(&U256::from(self.granted).to_be_bytes::<32>());
        answer.put(&U256::from(self.escrowed).to_be_bytes::<32>());
    }
}

impl Tab {
    /// What is leaving escrow and may still be spent in this epoch.
    fn exit(&self) -> u128 {
        if self.usage.epoch <= self.aside.exit_epoch { self.aside.exit } else { 0 }
    }

    /// What the app has to pay with, in wei: grants, then exit, then escrow.
    fn funds(&self) -> u128 {
        self.aside.grants.saturating_add(self.exit()).saturating_add(self.account.escrow)
    }

    /// What the fee cap leaves, in wei.
    fn room(&self) -> u128 {
        self.cap.saturating_sub(self.usage.spent)
    }

    /// Units that the commitment still covers.
    fn prepaid(&self) -> u64 {
        self.commitment.saturating_sub(self.usage.units)
    }

    /// Units that can be paid for beside the commitment.
    fn affordable(&self) -> u64 {
        let units = self.funds().min(self.room()).checked_div(self.price).unwrap_or(0);
        u64::try_from(units).unwrap_or(u64::MAX)
    }

    /// The largest number of units of the epoch that would be counted whole.
    pub fn largest(&self) -> u64 {
        self.usage.units.saturating_add(self.prepaid()).saturating_add(self.affordable())
    }

    /// Why no further unit can be paid for.
    fn limit(&self) -> Status {
        let own = self.exit().saturating_add(self.account.escrow);
        if self.commitment > 0 && (self.cap == 0 || (own == 0 && self.aside.grants == 0 && self.usage.spent == 0)) {
            Status::Commitment
        } else if self.room() < self.price.max(1) || self.room() < self.funds() {
            Status::FeeCap
        } else if own == 0 && self.aside.grants > 0 {
            Status::Grants
        } else {
            Status::Escrow
        }
    }

    /// Takes what `cumulative` units of the epoch cost beside what was counted before: from the commitment, then from
    /// grants, exit and escrow, as many whole units as they pay within the cap.
    pub fn charge(&mut self, cumulative: u64) -> Taken {
        let Some(asked) = cumulative.checked_sub(self.usage.units).filter(|asked| *asked > 0) else {
            return Taken::nothing(Status::Replay);
        };
        let committed = asked.min(self.prepaid());
        let rest = asked.saturating_sub(committed);
        let paid = rest.min(self.affordable());
        let status = if paid == rest { Status::Settled } else { self.limit() };

        // At most what the app has: `affordable` divided by the same price.
        let cost = u128::from(paid).saturating_mul(self.price);
        let granted = cost.min(self.aside.grants);
        let escrowed = cost.saturating_sub(granted);
        let exit = escrowed.min(self.exit());
        self.aside.grants = self.aside.grants.saturating_sub(granted);
        self.aside.exit = self.aside.exit.saturating_sub(exit);
        self.account.escrow = self.account.escrow.saturating_sub(escrowed.saturating_sub(exit));
        let units = committed.saturating_add(paid);
        self.usage.units = self.usage.units.saturating_add(units);
        self.usage.spent = self.usage.spent.saturating_add(cost);
        Taken { status, units, committed, granted, escrowed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tab() -> Tab {
        Tab {
            account: Account { escrow: 1_000, ..Account::default() },
            aside: Aside::default(),
            usage: Usage { epoch: 5, ..Usage::default() },
            commitment: 0,
            cap: 500,
            price: 7,
        }
    }

    #[test]
    fn the_commitment_first_then_grants_then_exit_then_escrow() {
        let mut tab = Tab { commitment: 10, aside: Aside { grants: 20, exit: 30, exit_epoch: 5, active_at: 0 }, ..tab() };
        let taken = tab.charge(20);
        assert_eq!(taken, Taken { status: Status::Settled, units: 20, committed: 10, granted: 20, escrowed: 50 });
        assert_eq!((tab.aside.grants, tab.aside.exit, tab.account.escrow), (0, 0, 980));
    }

    #[test]
    fn what_left_in_an_earlier_epoch_is_not_spent_by_a_later_voucher() {
        let mut tab = Tab { account: Account::default(), aside: Aside { exit: 700, exit_epoch: 4, ..Aside::default() }, ..tab() };
        assert_eq!(tab.charge(1), Taken::nothing(Status::Escrow));
        tab.aside.exit_epoch = 5;
        assert_eq!(tab.charge(1).escrowed, 7);
    }

    #[test]
    fn the_cap_bounds_grants_and_escrow_together_and_whole_units_only() {
        let mut tab = Tab { aside: Aside { grants: 100, ..Aside::default() }, ..tab() };
        let taken = tab.charge(1_000);
        assert_eq!(taken, Taken { status: Status::FeeCap, units: 71, committed: 0, granted: 100, escrowed: 397 });
        assert_eq!(tab.charge(1_000), Taken::nothing(Status::FeeCap));
        // What did not fit may come again when there is room.
        tab.cap = 10_000;
        let taken = tab.charge(1_000);
        assert_eq!((taken.status, taken.units, taken.escrowed), (Status::Escrow, 86, 602));
        assert_eq!(tab.account.escrow, 1);
        tab.account.escrow += 7 * (1_000 - 71 - 86);
        assert_eq!(tab.charge(1_000).status, Status::Settled);
        assert_eq!(tab.charge(1_000), Taken::nothing(Status::Replay));
        assert_eq!(tab.charge(999), Taken::nothing(Status::Replay));
    }

    #[test]
    fn each_limit_has_its_name() {
        let empty = Tab { account: Account::default(), ..tab() };
        assert_eq!(Tab { ..empty }.charge(1).status, Status::Escrow);
        assert_eq!(
            Tab { commitment: 3, ..empty }.charge(4),
            Taken { status: Status::Commitment, units: 3, committed: 3, granted: 0, escrowed: 0 }
        );
        assert_eq!(Tab { commitment: 3, cap: 0, ..tab() }.charge(4).status, Status::Commitment);
        assert_eq!(Tab { aside: Aside { grants: 15, ..Aside::default() }, ..empty }.charge(4).status, Status::Grants);
        assert_eq!(Tab { cap: 6, ..tab() }.charge(1).status, Status::FeeCap);
        assert_eq!(Tab { cap: 0, ..tab() }.charge(1).status, Status::FeeCap);
    }

    prop_compose! {
        fn any_tab()(
            escrow in 0..1u128 << 95, grants in prop_oneof![Just(0), 0..1u128 << 90], exit in prop_oneof![Just(0), 0..1u128 << 90],
            exit_epoch in 3u32..8, commitment in prop_oneof![Just(0), any::<u64>()], cap in 0..1u128 << 96,
            units in 0..1u64 << 40, spent in 0..1u128 << 96, price in 1..1u128 << 96, small: bool,
        ) -> Tab {
            let price = if small { price >> 60 } else { price }.max(1);
            Tab {
                account: Account { escrow, ..Account::default() },
                aside: Aside { grants, exit, exit_epoch, active_at: 0 },
                usage: Usage { epoch: 5, units, spent: spent.min(cap), at: 0 },
                commitment, cap, price,
            }
        }
    }

    proptest! {
        #[test]
        fn no_wei_appears_or_is_lost_and_the_cap_holds(before in any_tab(), cumulative: u64) {
            let mut after = before;
            let taken = after.charge(cumulative);
            let held = |tab: &Tab| tab.account.escrow + tab.aside.grants + tab.aside.exit;
            prop_assert_eq!(held(&before) - held(&after), taken.granted + taken.escrowed);
            prop_assert_eq!(u128::from(taken.units - taken.committed) * before.price, taken.granted + taken.escrowed);
            prop_assert_eq!(after.usage.spent - before.usage.spent, taken.granted + taken.escrowed);
            prop_assert!(after.usage.spent <= before.cap);
            prop_assert_eq!(after.usage.units, before.usage.units + taken.units);
            prop_assert!(taken.units == 0 || after.usage.units <= cumulative);
            prop_assert_eq!(taken.status == Status::Settled, taken.units > 0 && after.usage.units == cumulative);
            if before.aside.exit_epoch < 5 {
                prop_assert_eq!(after.aside.exit, before.aside.exit);
            }
        }

        #[test]
        fn the_largest_is_counted_whole_and_one_more_is_not(tab in any_tab()) {
            let largest = tab.largest();
            let mut whole = tab;
            if largest > tab.usage.units {
                prop_assert_eq!(whole.charge(largest).status, Status::Settled);
            }
            if let Some(more) = largest.checked_add(1) {
                let mut more_tab = tab;
                let taken = more_tab.charge(more);
                prop_assert_ne!(taken.status, Status::Settled);
                prop_assert_eq!(more_tab.usage.units, largest);
            }
        }

        /// In two vouchers or in one: the same is counted and the same is paid, but for the order of grants and commitment.
        #[test]
        fn in_steps_or_at_once(tab in any_tab(), first: u64, second: u64) {
            let (mut steps, mut once) = (tab, tab);
            steps.charge(first.min(second));
            steps.charge(first.max(second));
            once.charge(first.max(second));
            prop_assert_eq!(steps, once);
        }
    }
}
