//! Accounts, code and storage. Everything is a persistent map: a clone costs a pointer, so each block keeps
//! the state that it left behind, and a snapshot is a clone.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use imbl::HashMap;
use revm::{
    DatabaseRef,
    bytecode::Bytecode,
    primitives::AddressMap,
    state::{Account as Touched, AccountInfo},
};

/// What a chain knows of its accounts at one moment.
#[derive(Clone, Debug, Default)]
pub struct State {
    accounts: HashMap<Address, Account>,
    codes: HashMap<B256, Bytecode>,
}

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// Hash of its code, [`KECCAK256_EMPTY`] where it has none.
    pub code_hash: B256,
    /// Its slots that are not zero.
    pub storage: HashMap<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY, storage: HashMap::new() }
    }
}

impl State {
    /// The account at `address`, if there is one.
    pub fn account(&self, address: Address) -> Option<&Account> {
        self.accounts.get(&address)
    }

    /// The account at `address`, made if there is none.
    pub fn account_mut(&mut self, address: Address) -> &mut Account {
        self.accounts.entry(address).or_default()
    }

    /// Balance of `address` in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address).map_or(U256::ZERO, |account| account.balance)
    }

    /// Nonce of `address`.
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// Code of `address`, empty where it has none.
    pub fn code(&self, address: Address) -> Bytes {
        self.account(address)
            .and_then(|account| self.codes.get(&account.code_hash))
            .map_or_else(Bytes::new, Bytecode::original_bytes)
    }

    /// One slot of `address`.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.account(address).and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// Sets the code of `address`.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = keccak256(&code);
        if !code.is_empty() {
            self.codes.insert(hash, Bytecode::new_raw(code));
        }
        self.account_mut(address).code_hash = hash;
    }

    /// Sets one slot of `address`.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let storage = &mut self.account_mut(address).storage;
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
    }

    /// Takes over what a transaction has touched. An empty account is removed (EIP-161), but for ArbOS's own, which keeps
    /// its state in storage and needs neither code nor balance.
    pub fn commit(&mut self, changes: AddressMap<Touched>) {
        for (address, touched) in changes {
            if !touched.is_touched() {
                continue;
            }
            if touched.is_selfdestructed() {
                self.accounts.remove(&address);
                continue;
            }
            if let Some(code) = touched.info.code.as_ref().filter(|code| !code.is_empty()) {
                self.codes.insert(touched.info.code_hash, code.clone());
            }
            let fresh = touched.is_created();
            let empty = touched.is_empty();
            let account = self.accounts.entry(address).or_default();
            if fresh {
                account.storage = HashMap::new();
            }
            account.nonce = touched.info.nonce;
            account.balance = touched.info.balance;
            account.code_hash = touched.info.code_hash;
            for (slot, value) in touched.storage {
                if value.present_value.is_zero() {
                    account.storage.remove(&slot);
                } else {
                    account.storage.insert(slot, value.present_value);
                }
            }
            if empty && account.storage.is_empty() {
                self.accounts.remove(&address);
            }
        }
    }
}

impl DatabaseRef for State {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(address).map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: self.codes.get(&account.code_hash).cloned(),
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&code_hash).cloned().unwrap_or_default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.storage(address, slot))
    }

    /// BLOCKHASH counts parent-chain blocks on Arbitrum, so the answer does not come from here.
    fn block_hash_ref(&self, _number: u64) -> Result<B256, Infallible> {
        Ok(B256::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use revm::state::{AccountStatus, EvmStorageSlot, TransactionId};

    use super::*;
    use crate::arbos::ARBOS_ADDRESS;

    const SOMEBODY: Address = Address::with_last_byte(7);

    fn touched(change: impl FnOnce(&mut Touched)) -> AddressMap<Touched> {
        touched_at(SOMEBODY, change)
    }

    fn touched_at(address: Address, change: impl FnOnce(&mut Touched)) -> AddressMap<Touched> {
        let mut account = Touched::default();
        account.mark_touch();
        change(&mut account);
        [(address, account)].into_iter().collect()
    }

    fn slot(value: u64) -> EvmStorageSlot {
        EvmStorageSlot::new(U256::from(value), TransactionId::ZERO)
    }

    #[test]
    fn a_clone_keeps_what_it_had() {
        let mut state = State::default();
        state.set_storage(SOMEBODY, U256::ONE, U256::from(5));
        let before = state.clone();
        state.set_storage(SOMEBODY, U256::ONE, U256::ZERO);
        assert_eq!(before.storage(SOMEBODY, U256::ONE), U256::from(5));
        assert!(state.account(SOMEBODY).is_some_and(|account| account.storage.is_empty()));
    }

    #[test]
    fn only_what_was_touched_is_taken_over() {
        let mut state = State::default();
        state.commit(touched(|account| account.info.nonce = 3));
        state.commit(touched(|account| {
            account.info.nonce = 4;
            account.status = AccountStatus::empty();
        }));
        assert_eq!(state.nonce(SOMEBODY), 3);
    }

    #[test]
    fn a_created_account_starts_without_storage() {
        let mut state = State::default();
        state.set_storage(SOMEBODY, U256::ONE, U256::from(5));
        state.commit(touched(|account| {
            account.info.nonce = 1;
            account.mark_created();
            account.storage.insert(U256::from(2), slot(6));
        }));
        assert_eq!(state.storage(SOMEBODY, U256::ONE), U256::ZERO);
        assert_eq!(state.storage(SOMEBODY, U256::from(2)), U256::from(6));
    }

    #[test]
    fn empty_accounts_go_and_arbos_stays() {
        let mut state = State::default();
        state.account_mut(SOMEBODY).balance = U256::ONE;
        state.commit(touched(|_| ()));
        assert!(state.account(SOMEBODY).is_none());
        state.commit(touched_at(ARBOS_ADDRESS, |account| {
            account.storage.insert(U256::ONE, slot(9));
        }));
        assert_eq!(state.storage(ARBOS_ADDRESS, U256::ONE), U256::from(9));
    }

    #[test]
    fn a_destroyed_account_takes_its_balance_with_it() {
        let mut state = State::default();
        state.account_mut(SOMEBODY).balance = U256::ONE;
        state.commit(touched(|account| {
            account.info.balance = U256::from(2);
            account.mark_selfdestruct();
        }));
        assert!(state.account(SOMEBODY).is_none());
    }
}
