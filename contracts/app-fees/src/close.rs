//! Closing an epoch's fees: the one place where they are split.

use abi::{
    AppFees::{FeesClosed, NotMinerPool, StillOpen, WrongEpoch, closeEpochCall, closeEpochReturn},
    Staking::addFeesCall,
};
use alloy_primitives::U256;
use common::{Revert, calls::tell, emit, erc20, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use fee_books::{less, overflow, sum};

use crate::AppFees;

impl AppFees {
    /// All that is read here is fixed since the epoch came due: its income, its split, and where the cursor is follow from
    /// what was set before. Builders have their part already.
    pub(crate) fn close_epoch(&mut self, call: closeEpochCall) -> Result<closeEpochReturn, Revert> {
        refuse_reentry(self.vm())?;
        let closeEpochCall { epoch, minerRewards } = call;
        let account = self.vm().msg_sender();
        if account != self.miner_pool.get() || account.is_zero() {
            return Err(NotMinerPool { account }.into());
        }
        let mut books = self.books.get();
        if epoch != U256::from(books.next) {
            return Err(WrongEpoch { epoch, next: U256::from(books.next) }.into());
        }
        let (terms, now, _) = self.now();
        let until = terms.closes_at(books.next.into());
        if now < until {
            return Err(StillOpen { until: U256::from(until), time: U256::from(now) }.into());
        }

        let own = self.own.getter(epoch).get();
        let granted = self.granted.getter(epoch).get().saturating_to();
        let gross = sum(own.gross, granted)?;
        let shares = self.splits.in_order(&mut books.cursor, books.next.into());
        let parts = shares.split(terms.builders).and_then(|split| split.of(gross, own.builders)).ok_or_else(overflow)?;
        books.next = books.next.checked_add(1).ok_or_else(overflow)?;
        books.owed = less(books.owed, sum(parts.miners, parts.stakers)?)?;
        books.treasury = sum(books.treasury, parts.treasury)?;
        self.books.set(&books);
        let (miners, stakers, burn) = (U256::from(parts.miners), U256::from(parts.stakers), U256::from(parts.burn));
        if parts.burn > 0 {
            let to_burn = self.to_burn.get().saturating_add(burn);
            self.to_burn.set(&to_burn);
        }
        emit(
            self.vm(),
            &FeesClosed {
                epoch,
                own: U256::from(own.gross),
                granted: U256::from(granted),
                miners,
                stakers,
                builders: U256::from(parts.builders),
                treasury: U256::from(parts.treasury),
                burn,
            },
        );

        let staking = self.staking.get();
        if parts.miners > 0 {
            erc20::push(self.vm(), terms.token, minerRewards, miners)?;
        }
        if parts.stakers > 0 {
            erc20::approve(self.vm(), terms.token, staking, stakers)?;
        }
        // An epoch without fees passes in the stream like any other.
        tell(self.vm(), staking, &addFeesCall { amount: stakers, epochs: U256::ONE })?;
        Ok(closeEpochReturn { fees: miners, burned: burn })
    }
}
