//! Leaving: from stake to unbonding, and after the cooldown out. Never paused, never in need of anybody else.

use abi::Staking::{
    InsufficientStake, NothingUnbonding, StillUnbonding, UnstakeCancelled, UnstakeRequested, Withdrawn, cancelUnstakeCall,
    cancelUnstakeReturn, requestUnstakeCall, requestUnstakeReturn, withdrawCall,
};
use alloy_primitives::{Address, U256};
use common::{Revert, emit, erc20, reentrancy::refuse_reentry, slot::detach};
use stylus_sdk::prelude::*;

use crate::{
    Staking, amount_of,
    state::{Stored, Unbonding},
    sum,
};

impl Staking {
    pub(crate) fn request_unstake(
        &mut self,
        requestUnstakeCall { amount }: requestUnstakeCall,
    ) -> Result<requestUnstakeReturn, Revert> {
        refuse_reentry(self.vm())?;
        let wei = amount_of(amount)?;
        let account = self.vm().msg_sender();
        let terms = self.terms.get();
        let mut books = self.books(terms);

        let mut slot = detach(self.positions.getter(account));
        let Stored(mut position) = slot.get();
        if position.remove(wei, books.index()).is_none() {
            return Err(InsufficientStake { asked: amount, stake: U256::from(position.stake) }.into());
        }
        slot.set(&Stored(position));
        let total = books.stakes.stake.saturating_sub(wei); // A position is part of the total.
        self.change_stakes(&mut books, total);
        self.keep(&books, terms);

        let mut leaving = self.leaving.get();
        let mut slot = detach(self.unbondings.getter(account));
        let before = slot.get();
        let matured = before.matured(books.now);
        let waiting = sum(before.amount.saturating_sub(matured), wei)?;
        let ready_at = books.now.saturating_add(leaving.cooldown.into());
        slot.set(&Unbonding { amount: waiting, ready_at });
        leaving.unbonding = sum(leaving.unbonding, wei)?.saturating_sub(matured);
        self.leaving.set(&leaving);

        let (unbonding, ready_at) = (U256::from(waiting), U256::from(ready_at));
        emit(self.vm(), &UnstakeRequested { account, amount, unbonding, readyAt: ready_at });
        if matured > 0 {
            self.pay_matured(terms.token, account, matured)?;
        }
        Ok(requestUnstakeReturn {})
    }

    pub(crate) fn cancel_unstake(&mut self, _: cancelUnstakeCall) -> Result<cancelUnstakeReturn, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let mut slot = detach(self.unbondings.getter(account));
        let amount = slot.get().amount;
        if amount == 0 {
            return Err(NothingUnbonding {}.into());
        }
        slot.set(&Unbonding::default());
        self.reduce_unbonding(amount);
        let terms = self.terms.get();
        let mut books = self.books(terms);
        self.add_stake(&mut books, account, amount)?;
        self.keep(&books, terms);
        emit(self.vm(), &UnstakeCancelled { account, amount: U256::from(amount) });
        Ok(cancelUnstakeReturn {})
    }

    /// Needs no accrual: what is unbonding earns nothing.
    pub(crate) fn withdraw(&mut self, _: withdrawCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let mut slot = detach(self.unbondings.getter(account));
        let unbonding = slot.get();
        let now = self.vm().block_timestamp();
        if unbonding.amount == 0 {
            return Err(NothingUnbonding {}.into());
        }
        if unbonding.ready_at > now {
            return Err(StillUnbonding { readyAt: U256::from(unbonding.ready_at), time: U256::from(now) }.into());
        }
        slot.set(&Unbonding::default());
        self.reduce_unbonding(unbonding.amount);
        self.pay_matured(self.terms.get().token, account, unbonding.amount)?;
        Ok(U256::from(unbonding.amount))
    }

    fn reduce_unbonding(&mut self, amount: u128) {
        let mut leaving = self.leaving.get();
        leaving.unbonding = leaving.unbonding.saturating_sub(amount); // Each staker's is part of it.
        self.leaving.set(&leaving);
    }

    fn pay_matured(&self, token: Address, account: Address, amount: u128) -> Result<(), Revert> {
        let amount = U256::from(amount);
        emit(self.vm(), &Withdrawn { account, amount });
        erc20::push(self.vm(), token, account, amount)
    }
}
