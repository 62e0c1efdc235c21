//! Balances and allowances.

use abi::CorToken::{
    Approval, ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidReceiver, ERC20InvalidSender,
    ERC20InvalidSpender, Transfer,
};
use alloy_primitives::{Address, U256};
use common::{Revert, emit, slot::detach};
use stylus_sdk::prelude::*;

use crate::{CorToken, UNLIMITED};

impl CorToken {
    /// Creates `value` for `to`. At construction only.
    pub(crate) fn mint(&mut self, to: Address, value: U256) -> Result<(), Revert> {
        self.total_supply.set(&value);
        self.credit(Address::ZERO, to, value)
    }

    /// Takes `value` from `from` and gives it to `to`; the same account is both, at no harm.
    pub(crate) fn move_balance(&mut self, from: Address, to: Address, value: U256) -> Result<(), Revert> {
        self.debit(from, value)?;
        self.credit(from, to, value)
    }

    /// Takes `value` from `account` and from the total supply.
    pub(crate) fn destroy(&mut self, account: Address, value: U256) -> Result<(), Revert> {
        self.debit(account, value)?;
        let left = self.total_supply.get().wrapping_sub(value); // No balance exceeds the supply.
        self.total_supply.set(&left);
        emit(self.vm(), &Transfer { from: account, to: Address::ZERO, value });
        Ok(())
    }

    /// Lets `spender` move `value` of `owner`'s.
    pub(crate) fn set_allowance(&mut self, owner: Address, spender: Address, value: U256) -> Result<(), Revert> {
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender }.into());
        }
        self.allowances.setter(owner).setter(spender).set(&value);
        emit(self.vm(), &Approval { owner, spender, value });
        Ok(())
    }

    /// Takes `value` off what `spender` may move, unless that is without limit.
    pub(crate) fn spend_allowance(&mut self, owner: Address, spender: Address, value: U256) -> Result<(), Revert> {
        let mut slot = detach(self.allowances.getter(owner).getter(spender));
        let allowance = slot.get();
        if allowance >= UNLIMITED {
            return Ok(());
        }
        match allowance.checked_sub(value) {
            Some(left) => slot.set(&left),
            None => return Err(ERC20InsufficientAllowance { spender, allowance, needed: value }.into()),
        }
        Ok(())
    }

    fn debit(&mut self, from: Address, value: U256) -> Result<(), Revert> {
        if from.is_zero() {
            // Its event would read as a minting.
            return Err(ERC20InvalidSender { sender: from }.into());
        }
        let mut slot = detach(self.balances.getter(from));
        let balance = slot.get();
        match balance.checked_sub(value) {
            Some(left) => slot.set(&left),
            None => return Err(ERC20InsufficientBalance { sender: from, balance, needed: value }.into()),
        }
        Ok(())
    }

    fn credit(&mut self, from: Address, to: Address, value: U256) -> Result<(), Revert> {
        if to.is_zero() {
            return Err(ERC20InvalidReceiver { receiver: to }.into());
        }
        let mut slot = detach(self.balances.getter(to));
        let balance = slot.get().wrapping_add(value); // All balances together are the supply.
        slot.set(&balance);
        emit(self.vm(), &Transfer { from, to, value });
        Ok(())
    }
}
