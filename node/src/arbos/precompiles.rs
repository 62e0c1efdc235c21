//! ArbOS's precompiles.

use alloy_primitives::{Address, Bytes, U256};

use super::Ledger;
use crate::{evm::BlockEnv, vm::Pages};

/// One call of a precompile.
#[derive(Clone, Debug)]
pub struct PrecompileCall<'a> {
    /// Whose code is called.
    pub address: Address,
    /// Who calls.
    pub caller: Address,
    /// Wei sent along; already moved to `address`.
    pub value: U256,
    /// Calldata.
    pub input: &'a [u8],
    /// Gas handed over.
    pub gas: u64,
    /// The frame may not change state.
    pub read_only: bool,
    /// Reached by DELEGATECALL or CALLCODE.
    pub delegate: bool,
    /// Open frames, this one included: 1 where a transaction calls the precompile itself.
    pub depth: usize,
    /// Who called the caller, for ArbSys's aliasing questions.
    pub grand_caller: Option<Address>,
    /// The block.
    pub block: &'a BlockEnv,
    /// Chain id.
    pub chain_id: u64,
    /// Gas of this transaction that pays for posting, in wei.
    pub poster_fee: U256,
    /// Memory pages of the transaction.
    pub pages: Pages,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrecompileEnd {
    /// Return data.
    Success(Bytes),
    /// Revert data; the gas left is kept.
    Revert(Bytes),
    /// All gas is gone and there is no data; the text is for people.
    Failure(String),
}

/// How it ended and with how much gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrecompileResult {
    /// How.
    pub end: PrecompileEnd,
    /// Gas left.
    pub gas_left: u64,
}

/// Whether `address` is a precompile of ArbOS at `version`.
pub fn is_precompile(address: Address, version: u64) -> bool {
    let _ = (address, version);
    unimplemented!()
}

/// Runs one. What it changed in the ledger is undone by the caller's journal unless it ended in success.
pub fn run(ledger: &mut dyn Ledger, call: &PrecompileCall<'_>) -> PrecompileResult {
    let _ = (ledger, call);
    unimplemented!()
}
