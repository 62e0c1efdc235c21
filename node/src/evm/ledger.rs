//! ArbOS's view of the journal: what ArbOS writes during a transaction is undone with the frame in which it wrote
//! it, yet reading and writing it warms nothing and costs nothing.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, U256};
use revm::{
    Database, Journal,
    bytecode::Bytecode,
    context::{JournalTr, journal::JournalEntryTr},
    state::{Account, EvmStorageSlot},
};

use super::context::Ctx;
use crate::arbos::{ARBOS_ADDRESS, Ledger};

/// [`Ledger`] over the journal of a transaction.
pub(super) struct JournalLedger<'c, 'a>(pub(super) &'c mut Ctx<'a>);

/// The account at `address` in the journal, put there cold if it was not touched yet, so that whoever touches it
/// next still pays for a cold access.
pub(super) fn peek<'c>(ctx: &'c mut Ctx<'_>, address: Address) -> &'c mut Account {
    let Journal { database, inner } = &mut ctx.journaled_state;
    let transaction = inner.transaction_id;
    inner.state.entry(address).or_insert_with(|| {
        let Ok(info) = database.basic(address);
        let mut account = info.map_or_else(|| Account::new_not_existing(transaction), Account::from);
        account.transaction_id = transaction;
        account.mark_cold();
        account
    })
}

/// Code of `address`, without warming it.
pub(super) fn code(ctx: &mut Ctx<'_>, address: Address) -> (B256, Bytecode) {
    let info = &peek(ctx, address).info;
    let hash = info.code_hash;
    if let Some(code) = &info.code {
        return (hash, code.clone());
    }
    let Ok(code) = ctx.journaled_state.database.code_by_hash(hash);
    (hash, code)
}

/// The code that a call of `address` runs, EIP-7702's delegation followed, without warming any account.
pub(super) fn resolved_code(ctx: &mut Ctx<'_>, address: Address) -> (B256, Bytecode) {
    let found = code(ctx, address);
    match found.1.eip7702_address() {
        Some(delegate) => code(ctx, delegate),
        None => found,
    }
}

/// Hash of the code of `address` as EXTCODEHASH gives it, without warming it.
pub(super) fn code_hash(ctx: &mut Ctx<'_>, address: Address) -> B256 {
    let info = &peek(ctx, address).info;
    if info.is_empty() {
        B256::ZERO
    } else if info.code_hash.is_zero() {
        KECCAK256_EMPTY
    } else {
        info.code_hash
    }
}

impl JournalLedger<'_, '_> {
    fn slot(&mut self, slot: U256) -> &mut EvmStorageSlot {
        peek(self.0, ARBOS_ADDRESS);
        let Journal { database, inner } = &mut self.0.journaled_state;
        let transaction = inner.transaction_id;
        let account = inner.state.entry(ARBOS_ADDRESS).or_default();
        account.storage.entry(slot).or_insert_with(|| {
            let Ok(value) = database.storage(ARBOS_ADDRESS, slot);
            let mut slot = EvmStorageSlot::new(value, transaction);
            slot.mark_cold();
            slot
        })
    }
}

impl Ledger for JournalLedger<'_, '_> {
    fn load(&mut self, slot: U256) -> U256 {
        self.slot(slot).present_value
    }

    fn store(&mut self, slot: U256, value: U256) {
        let place = self.slot(slot);
        let before = std::mem::replace(&mut place.present_value, value);
        if before != value {
            let journal = &mut self.0.journaled_state.inner;
            journal.touch(ARBOS_ADDRESS);
            journal.journal.push(JournalEntryTr::storage_changed(ARBOS_ADDRESS, slot, before));
        }
    }

    fn balance(&mut self, address: Address) -> U256 {
        peek(self.0, address).info.balance
    }

    fn transfer(&mut self, from: Address, to: Address, wei: U256) -> bool {
        peek(self.0, from);
        peek(self.0, to);
        self.0.journaled_state.inner.transfer_loaded(from, to, wei).is_none()
    }

    fn code(&mut self, address: Address) -> Bytes {
        code(self.0, address).1.original_bytes()
    }

    fn code_hash(&mut self, address: Address) -> B256 {
        code_hash(self.0, address)
    }

    fn set_code(&mut self, address: Address, code: Bytes) {
        peek(self.0, address);
        self.0.journaled_state.inner.set_code(address, Bytecode::new_raw(code));
    }

    fn touch(&mut self, address: Address) -> bool {
        let Ok(account) = self.0.journaled_state.load_account(address);
        account.is_cold
    }

    fn log(&mut self, log: Log) {
        self.0.journaled_state.log(log);
    }
}
