//! Rewards: what comes in for all stakers, and what each takes.

use abi::Staking::{
    AmountTooLarge, ArithmeticOverflow, Claimed, Compounded, FeesAdded, Funded, NotAppFees, NothingToClaim, ZeroEpochs,
    addFeesCall, addFeesReturn, claimCall, compoundCall, fundCall, fundReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, erc20, reentrancy::refuse_reentry, slot::detach};
use economics::HOLDING_LIMIT;
use stylus_sdk::prelude::*;

use crate::{Staking, amount_of, books::Books, state::Stored, sum};

impl Staking {
    pub(crate) fn claim(&mut self, _: claimCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let terms = self.terms.get();
        let mut books = self.books(terms);
        let amount = self.take_rewards(&mut books)?;
        self.keep(&books, terms);
        let paid = U256::from(amount);
        emit(self.vm(), &Claimed { account, amount: paid });
        erc20::push(self.vm(), terms.token, account, paid)?;
        Ok(paid)
    }

    pub(crate) fn compound(&mut self, _: compoundCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        let terms = self.terms.get();
        let mut books = self.books(terms);
        let amount = self.take_rewards(&mut books)?;
        self.add_stake(&mut books, account, amount)?;
        self.keep(&books, terms);
        let amount = U256::from(amount);
        emit(self.vm(), &Compounded { account, amount });
        Ok(amount)
    }

    pub(crate) fn fund(&mut self, fundCall { amount }: fundCall) -> Result<fundReturn, Revert> {
        refuse_reentry(self.vm())?;
        let wei = amount_of(amount)?;
        let funder = self.vm().msg_sender();
        let terms = self.terms.get();
        self.refuse_paused(terms, funder)?;
        erc20::pull(self.vm(), terms.token, funder, amount)?;
        let mut books = self.books(terms);
        let budget = &mut books.rewards.incentives.budget;
        *budget = sum(*budget, wei)?;
        let budget = U256::from(*budget);
        self.keep(&books, terms);
        emit(self.vm(), &Funded { funder, amount, budget });
        Ok(fundReturn {})
    }

    /// Zero is an amount here: an epoch without fees passes like any other.
    pub(crate) fn add_fees(&mut self, addFeesCall { amount, epochs }: addFeesCall) -> Result<addFeesReturn, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        if account != self.app_fees.get() || account.is_zero() {
            return Err(NotAppFees { account }.into());
        }
        if epochs.is_zero() {
            return Err(ZeroEpochs {}.into());
        }
        let wei: u128 = amount.saturating_to();
        if wei >= HOLDING_LIMIT {
            return Err(AmountTooLarge { amount, maximum: U256::from(HOLDING_LIMIT - 1) }.into());
        }
        let terms = self.terms.get();
        if wei > 0 {
            erc20::pull(self.vm(), terms.token, account, amount)?;
        }
        let mut books = self.books(terms);
        if !terms.streaming {
            books.fees = self.stream.get();
        }
        let stream = &mut books.fees.stream;
        stream.add(wei, epochs.saturating_to(), terms.epoch_length.into()).ok_or_else(|| Revert::from(ArithmeticOverflow {}))?;
        sum(stream.amount, 0)?;
        let (left, remaining) = (U256::from(stream.amount), U256::from(stream.duration));
        books.terms.streaming = true;
        self.stream.set(&books.fees);
        self.keep(&books, terms);
        emit(self.vm(), &FeesAdded { amount, epochs, left, remaining });
        Ok(addFeesReturn {})
    }

    /// Counts all that the caller has earned as paid.
    fn take_rewards(&mut self, books: &mut Books) -> Result<u128, Revert> {
        let mut slot = detach(self.positions.getter(self.vm().msg_sender()));
        let Stored(mut position) = slot.get();
        // Never more than is counted as owed: what stakers can claim adds up to at most that.
        let amount = position.earned(books.index()).min(books.rewards.owed);
        if amount == 0 {
            return Err(NothingToClaim {}.into());
        }
        position.pay(amount);
        slot.set(&Stored(position));
        books.rewards.owed = books.rewards.owed.saturating_sub(amount);
        Ok(amount)
    }
}
