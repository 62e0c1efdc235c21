//! COR, as its ledger is kept on paper.

use std::collections::BTreeMap;

use abi::CorToken;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolError;

/// From here on an allowance is without limit.
const UNLIMITED: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

/// Balances, allowances and nonces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Token {
    balances: BTreeMap<Address, U256>,
    allowances: BTreeMap<(Address, Address), U256>,
    nonces: BTreeMap<Address, U256>,
}

impl Token {
    /// The whole supply with one holder.
    pub(crate) fn new(holder: Address, supply: U256) -> Self {
        Self { balances: [(holder, supply)].into(), ..Self::default() }
    }

    /// What an account holds.
    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// All that there is.
    pub(crate) fn supply(&self) -> U256 {
        self.balances.values().sum()
    }

    /// The nonce of an account's next permit.
    pub(crate) fn nonce(&self, account: Address) -> U256 {
        self.nonces.get(&account).copied().unwrap_or_default()
    }

    /// Sets an allowance.
    pub(crate) fn approve(&mut self, owner: Address, spender: Address, amount: U256) {
        self.allowances.insert((owner, spender), amount);
    }

    /// Sets an allowance by a permit that holds.
    pub(crate) fn permit(&mut self, owner: Address, spender: Address, amount: U256) {
        self.approve(owner, spender, amount);
        *self.nonces.entry(owner).or_default() += U256::from(1);
    }

    /// Moves an amount, or says why not.
    pub(crate) fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), Bytes> {
        self.take(from, amount)?;
        *self.balances.entry(to).or_default() += amount;
        Ok(())
    }

    /// Moves an amount by an allowance, or says why not.
    pub(crate) fn transfer_from(&mut self, spender: Address, from: Address, to: Address, amount: U256) -> Result<(), Bytes> {
        let allowance = self.allowances.get(&(from, spender)).copied().unwrap_or_default();
        if allowance < amount {
            return Err(CorToken::ERC20InsufficientAllowance { spender, allowance, needed: amount }.abi_encode().into());
        }
        self.transfer(from, to, amount)?;
        if allowance < UNLIMITED {
            self.approve(from, spender, allowance - amount);
        }
        Ok(())
    }

    /// Destroys an amount, or says why not.
    pub(crate) fn burn(&mut self, from: Address, amount: U256) -> Result<(), Bytes> {
        self.take(from, amount)
    }

    fn take(&mut self, from: Address, amount: U256) -> Result<(), Bytes> {
        let balance = self.balance(from);
        let Some(left) = balance.checked_sub(amount) else {
            return Err(CorToken::ERC20InsufficientBalance { sender: from, balance, needed: amount }.abi_encode().into());
        };
        self.balances.insert(from, left);
        Ok(())
    }
}
