//! Staking: COR in.

use abi::Staking::{
    ArithmeticOverflow, EnforcedPause, InvalidAccount, Staked, stakeCall, stakeForCall, stakeForReturn, stakeReturn,
    stakeWithPermitCall, stakeWithPermitReturn,
};
use alloy_primitives::{Address, U256};
use common::{Revert, emit, erc20, reentrancy::refuse_reentry, slot::detach};
use stylus_sdk::prelude::*;

use crate::{
    Staking, amount_of,
    books::Books,
    state::{Stored, Terms},
    sum,
};

impl Staking {
    pub(crate) fn stake(&mut self, stakeCall { amount }: stakeCall) -> Result<stakeReturn, Revert> {
        let payer = self.vm().msg_sender();
        self.deposit(payer, payer, amount)?;
        Ok(stakeReturn {})
    }

    pub(crate) fn stake_for(&mut self, stakeForCall { account, amount }: stakeForCall) -> Result<stakeForReturn, Revert> {
        if account.is_zero() || account == self.vm().contract_address() {
            return Err(InvalidAccount { account }.into());
        }
        let payer = self.vm().msg_sender();
        self.deposit(account, payer, amount)?;
        Ok(stakeForReturn {})
    }

    /// The permit may have been used by anybody before; only the allowance counts, and staking itself shows whether it is there.
    pub(crate) fn stake_with_permit(&mut self, call: stakeWithPermitCall) -> Result<stakeWithPermitReturn, Revert> {
        let stakeWithPermitCall { amount, deadline, v, r, s } = call;
        let payer = self.vm().msg_sender();
        refuse_reentry(self.vm())?;
        erc20::try_permit(self.vm(), self.terms.get().token, payer, amount, deadline, (v, r, s));
        self.deposit(payer, payer, amount)?;
        Ok(stakeWithPermitReturn {})
    }

    /// Takes `amount` of `payer`'s COR and stakes it for `account`. Emits `Staked`.
    fn deposit(&mut self, account: Address, payer: Address, amount: U256) -> Result<(), Revert> {
        refuse_reentry(self.vm())?;
        let wei = amount_of(amount)?;
        let terms = self.terms.get();
        self.refuse_paused(terms, payer)?;
        erc20::pull(self.vm(), terms.token, payer, amount)?;
        let mut books = self.books(terms);
        self.add_stake(&mut books, account, wei)?;
        self.keep(&books, terms);
        emit(self.vm(), &Staked { account, payer, amount });
        Ok(())
    }

    /// Puts `amount` wei, which this contract holds already, at stake for `account`, earning from now on.
    pub(crate) fn add_stake(&mut self, books: &mut Books, account: Address, amount: u128) -> Result<(), Revert> {
        let mut slot = detach(self.positions.getter(account));
        let Stored(mut position) = slot.get();
        let total = sum(books.stakes.stake, amount)?;
        position.add(amount, books.index()).ok_or_else(|| Revert::from(ArithmeticOverflow {}))?;
        slot.set(&Stored(position));
        self.change_stakes(books, total);
        Ok(())
    }

    /// Closed to people while paused, but never to the contracts that stake on behalf of others.
    pub(crate) fn refuse_paused(&self, terms: Terms, payer: Address) -> Result<(), Revert> {
        if terms.paused && payer != self.app_fees.get() && payer != self.miner_rewards.get() {
            return Err(EnforcedPause {}.into());
        }
        Ok(())
    }
}
