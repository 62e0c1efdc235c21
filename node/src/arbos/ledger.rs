//! What ArbOS may do to the chain. During a transaction all of it stands in that transaction's journal, so a
//! revert undoes it; between transactions it acts on the state itself.

use alloy_primitives::{Address, B256, Bytes, Log, U256, address};

use crate::state::State;

/// The account in whose storage ArbOS keeps its state.
pub const ARBOS_ADDRESS: Address = address!("a4b05fffffffffffffffffffffffffffffffffff");

/// Balances, code, logs, and ArbOS's own storage. Nothing here is metered: the caller charges.
pub trait Ledger {
    /// A slot of [`ARBOS_ADDRESS`].
    fn load(&mut self, slot: U256) -> U256;

    /// Sets a slot of [`ARBOS_ADDRESS`].
    fn store(&mut self, slot: U256, value: U256);

    /// Balance in wei.
    fn balance(&mut self, address: Address) -> U256;

    /// Moves wei; false, and nothing moved, if `from` has less.
    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> bool;

    /// Code of an account.
    fn code(&mut self, address: Address) -> Bytes;

    /// Hash of the code of an account, zero if the account does not exist.
    fn code_hash(&mut self, address: Address) -> B256;

    /// Replaces the code of an account.
    fn set_code(&mut self, address: Address, code: Bytes);

    /// Warms an account; true if it was cold.
    fn touch(&mut self, address: Address) -> bool;

    /// Emits a log.
    fn log(&mut self, log: Log);
}

impl Ledger for State {
    fn load(&mut self, slot: U256) -> U256 {
        self.storage(ARBOS_ADDRESS, slot)
    }

    fn store(&mut self, slot: U256, value: U256) {
        self.set_storage(ARBOS_ADDRESS, slot, value);
    }

    fn balance(&mut self, address: Address) -> U256 {
        State::balance(self, address)
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> bool {
        let Some(left) = State::balance(self, from).checked_sub(wei) else { return false };
        self.account_mut(from).balance = left;
        self.account_mut(to).balance += wei;
        true
    }

    fn code(&mut self, address: Address) -> Bytes {
        State::code(self, address)
    }

    fn code_hash(&mut self, address: Address) -> B256 {
        self.account(address).map_or(B256::ZERO, |account| account.code_hash)
    }

    fn set_code(&mut self, address: Address, code: Bytes) {
        State::set_code(self, address, code);
    }

    fn touch(&mut self, _address: Address) -> bool {
        false
    }

    /// Outside a transaction there is no receipt to hold a log.
    fn log(&mut self, _log: Log) {}
}
