//! COR in: escrow, grants, commitments, direct payments.

use abi::AppFees::{
    AppIsClosed, Committed, EnforcedPause, EpochsOutOfBounds, Paid, Sponsored, ToppedUp, UnitsTooMany, commitCall, payCall,
    payReturn, sponsorCall, sponsorReturn, topUpCall, topUpReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, erc20, reentrancy::refuse_reentry};
use economics::{
    BasisPoints,
    wide::{divide_up, narrow, product},
};
use stylus_sdk::prelude::*;

use fee_books::{
    amount_of, overflow,
    state::{Account, Terms},
    sum,
};

use crate::AppFees;

/// The most epochs that one commitment covers.
const MOST_EPOCHS: u64 = 8;

impl AppFees {
    pub(crate) fn top_up(&mut self, topUpCall { appId, amount }: topUpCall) -> Result<topUpReturn, Revert> {
        let (terms, mut account) = self.open_for_money(appId)?;
        let wei = amount_of(amount)?;
        self.take_in(&terms, wei)?;
        account.escrow = sum(account.escrow, wei)?;
        self.apps.setter(appId).account.set(&account);
        let (payer, escrow) = (self.vm().msg_sender(), U256::from(account.escrow));
        emit(self.vm(), &ToppedUp { appId, payer, amount, escrow });
        Ok(topUpReturn {})
    }

    pub(crate) fn sponsor(&mut self, sponsorCall { appId, amount }: sponsorCall) -> Result<sponsorReturn, Revert> {
        let (terms, mut account) = self.open_for_money(appId)?;
        let wei = amount_of(amount)?;
        self.take_in(&terms, wei)?;
        let mut app = self.apps.setter(appId);
        let mut aside = app.aside.get();
        aside.grants = sum(aside.grants, wei)?;
        app.aside.set(&aside);
        account.aside = true;
        app.account.set(&account);
        let (sponsor, grants) = (self.vm().msg_sender(), U256::from(aside.grants));
        emit(self.vm(), &Sponsored { appId, sponsor, amount, grants });
        Ok(sponsorReturn {})
    }

    /// What each epoch costs is income of that epoch, and its builder's part is credited now: nothing of it can come back.
    pub(crate) fn commit(&mut self, commitCall { appId, units, epochs }: commitCall) -> Result<U256, Revert> {
        let (terms, mut account) = self.open_for_money(appId)?;
        let count = u64::try_from(epochs).unwrap_or(u64::MAX);
        if count == 0 || count > MOST_EPOCHS {
            return Err(EpochsOutOfBounds { epochs, maximum: U256::from(MOST_EPOCHS) }.into());
        }
        let bought = u64::try_from(units).unwrap_or(u64::MAX);
        amount_of(units)?;
        let (_, now, running) = self.now();
        let first = u64::from(running).saturating_add(1);
        let discount: u16 = self.discounts.at(running.into()).saturating_to();
        let cost = commitment_cost(bought, self.prices.at(first).saturating_to(), discount);
        let cost = amount_of(U256::from(cost))?;
        let wei = amount_of(U256::from(cost.saturating_mul(count.into())))?;
        self.take_in(&terms, wei)?;

        let builder = terms.builders_part(cost);
        let end = first.saturating_add(count);
        for epoch in first..end {
            self.earn(epoch, cost, builder)?;
            let mut app = self.apps.setter(appId);
            let mut slot = app.commitments.setter(U256::from(epoch));
            let all = slot.get().saturating_add(units);
            if all > U256::from(u64::MAX) {
                return Err(UnitsTooMany { units: all, maximum: U256::from(u64::MAX) }.into());
            }
            slot.set(&all);
        }
        account.credit = sum(account.credit, builder.saturating_mul(count.into()))?;
        let through = u32::try_from(end.saturating_sub(1)).map_err(|_| overflow())?;
        account.committed_through = account.committed_through.max(through);
        self.keep_active(appId, &account, now);
        let payer = self.vm().msg_sender();
        let (each, builder) = (U256::from(cost), U256::from(builder));
        emit(self.vm(), &Committed { appId, payer, firstEpoch: U256::from(first), epochs, units, cost: each, builder });
        Ok(U256::from(wei))
    }

    pub(crate) fn pay(&mut self, payCall { appId, amount, memo }: payCall) -> Result<payReturn, Revert> {
        let (terms, mut account) = self.open_for_money(appId)?;
        let wei = amount_of(amount)?;
        self.take_in(&terms, wei)?;
        let (_, now, running) = self.now();
        let builder = terms.builders_part(wei);
        self.earn(running.into(), wei, builder)?;
        account.credit = sum(account.credit, builder)?;
        self.keep_active(appId, &account, now);
        let (payer, epoch) = (self.vm().msg_sender(), U256::from(running));
        emit(self.vm(), &Paid { appId, payer, epoch, amount, builder: U256::from(builder), memo });
        Ok(payReturn {})
    }

    /// The account of an app that takes money, and the terms: not while paused, and not once it is closed.
    fn open_for_money(&self, app: U256) -> Result<(Terms, Account), Revert> {
        refuse_reentry(self.vm())?;
        let terms = self.terms.get();
        if terms.paused {
            return Err(EnforcedPause {}.into());
        }
        self.owner_of_app(app)?;
        let account = self.apps.getter(app).account.get();
        if account.closed {
            return Err(AppIsClosed { appId: app, epoch: U256::from(account.closed_in) }.into());
        }
        Ok((terms, account))
    }

    /// Takes `wei` of the caller's COR and counts it as owed.
    fn take_in(&mut self, terms: &Terms, wei: u128) -> Result<(), Revert> {
        erc20::pull(self.vm(), terms.token, self.vm().msg_sender(), U256::from(wei))?;
        let mut books = self.books.get();
        books.owed = sum(books.owed, wei)?;
        self.books.set(&books);
        Ok(())
    }

    fn keep_active(&mut self, app: U256, account: &Account, now: u64) {
        let mut app = self.apps.setter(app);
        app.account.set(account);
        let mut aside = app.aside.get();
        aside.active_at = u32::try_from(now).unwrap_or(u32::MAX);
        app.aside.set(&aside);
    }
}

/// What a commitment costs per epoch, in wei: units at a price less a discount in basis points, rounded up.
fn commitment_cost(units: u64, price: u128, discount: u16) -> u128 {
    let rest = BasisPoints::new(discount).map_or(0, |discount| discount.rest().points());
    // Below 2^78, so that the product takes 128 bits by 128.
    let weighted = u128::from(units).saturating_mul(rest.into());
    narrow(divide_up(product(weighted, price), U256::from(BasisPoints::ONE.points())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_commitment_rounds_up() {
        assert_eq!(commitment_cost(1, 1, 1_000), 1);
        assert_eq!(commitment_cost(10, 10, 1_000), 90);
        assert_eq!(commitment_cost(3, 333, 1_234), (3u128 * 333 * 8_766).div_ceil(10_000));
    }

    proptest! {
        #[test]
        fn it_never_costs_less_than_its_part(units: u64, price in 0..1u128 << 96, discount in 0u16..=5_000) {
            let exact = U256::from(units) * U256::from(price) * U256::from(10_000 - discount);
            let cost = U256::from(commitment_cost(units, price, discount));
            if cost < U256::from(u128::MAX) {
                prop_assert!(cost * U256::from(10_000) >= exact && cost * U256::from(10_000) < exact + U256::from(10_000));
            }
        }
    }
}
