//! COR as an ERC-20, for networks that have none: fixed supply, no owner, ERC-2612 permit, ERC-5267, burn.
//!
//! On networks where COR exists the other contracts take that one; they rely on nothing here but ERC-20 and ERC-2612.
//! What each function does, emits and refuses is said where its words are, in [`abi::CorToken`].

extern crate alloc; // The SDK's macros name it.

mod ledger;
mod metadata;
mod permit;

use ::abi::CorToken::*;
use alloy_primitives::{Address, U256};
use common::{Revert, Slot};
use stylus_sdk::{prelude::*, storage::StorageMap};

/// What is minted at construction, and never more: 1,000,000,000 COR in wei.
pub const SUPPLY: u128 = 1_000_000_000 * 1_000_000_000_000_000_000;

/// From this allowance on spending does not write it down. That is this token's promise, and part of what makes
/// staking cheap: a holder approves 2^255 or more once, and each later stake saves a store.
pub const UNLIMITED: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

/// The token's storage.
#[storage]
pub struct CorToken {
    total_supply: Slot<U256>,
    balances: StorageMap<Address, Slot<U256>>,
    allowances: StorageMap<Address, StorageMap<Address, Slot<U256>>>,
    nonces: StorageMap<Address, Slot<U256>>,
}

common::contract! {
    CorToken at ::abi::CorToken;
    constructor => construct;
    write transferCall => transfer;
    write transferFromCall => transfer_from;
    write approveCall => approve;
    view balanceOfCall => balance_of;
    view allowanceCall => allowance;
    view totalSupplyCall => total_supply;
    write permitCall => permit;
    view noncesCall => nonces;
    view DOMAIN_SEPARATORCall => domain_separator;
    text eip712DomainCall => eip712_domain;
    write burnCall => burn;
    write burnFromCall => burn_from;
    text nameCall => name;
    text symbolCall => symbol;
    view decimalsCall => decimals;
}

impl CorToken {
    fn construct(&mut self, constructorCall { holder }: constructorCall) -> Result<(), Revert> {
        self.mint(holder, U256::from(SUPPLY))
    }

    fn transfer(&mut self, transferCall { to, value }: transferCall) -> Result<bool, Revert> {
        let from = self.vm().msg_sender();
        self.move_balance(from, to, value)?;
        Ok(true)
    }

    fn transfer_from(&mut self, transferFromCall { from, to, value }: transferFromCall) -> Result<bool, Revert> {
        let spender = self.vm().msg_sender();
        self.spend_allowance(from, spender, value)?;
        self.move_balance(from, to, value)?;
        Ok(true)
    }

    fn approve(&mut self, approveCall { spender, value }: approveCall) -> Result<bool, Revert> {
        let owner = self.vm().msg_sender();
        self.set_allowance(owner, spender, value)?;
        Ok(true)
    }

    fn burn(&mut self, burnCall { value }: burnCall) -> Result<burnReturn, Revert> {
        let account = self.vm().msg_sender();
        self.destroy(account, value)?;
        Ok(burnReturn {})
    }

    fn burn_from(&mut self, burnFromCall { account, value }: burnFromCall) -> Result<burnFromReturn, Revert> {
        let spender = self.vm().msg_sender();
        self.spend_allowance(account, spender, value)?;
        self.destroy(account, value)?;
        Ok(burnFromReturn {})
    }

    fn permit(&mut self, permit: permitCall) -> Result<permitReturn, Revert> {
        self.check_permit(&permit)?;
        self.set_allowance(permit.owner, permit.spender, permit.value)?;
        Ok(permitReturn {})
    }

    fn balance_of(&self, balanceOfCall { account }: balanceOfCall) -> Result<U256, Revert> {
        Ok(self.balances.getter(account).get())
    }

    fn allowance(&self, allowanceCall { owner, spender }: allowanceCall) -> Result<U256, Revert> {
        Ok(self.allowances.getter(owner).getter(spender).get())
    }

    fn total_supply(&self, _: totalSupplyCall) -> Result<U256, Revert> {
        Ok(self.total_supply.get())
    }

    fn nonces(&self, noncesCall { owner }: noncesCall) -> Result<U256, Revert> {
        Ok(self.nonces.getter(owner).get())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_answers_its_abi() {
        assert_eq!(common::export::differences(super::CorToken::ROUTES, &::abi::CorToken::abi::contract()), [] as [String; 0]);
    }
}
