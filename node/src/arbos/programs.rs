//! Stylus programs as ArbOS keeps them: parameters, entries by code hash, what entering one costs.

use alloy_primitives::{B256, Bytes};

use super::Ledger;
use crate::vm::Pages;

/// The Stylus parameters in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StylusParams {
    /// Stylus version, which a program's activation must match.
    pub version: u16,
    /// Ink per gas.
    pub ink_price: u32,
    /// Words.
    pub max_stack_depth: u32,
    /// Pages that cost nothing.
    pub free_pages: u16,
    /// Gas per further page.
    pub page_gas: u16,
    /// The most pages that may be open.
    pub page_limit: u16,
    /// Units of 128 gas.
    pub min_init_gas: u8,
    /// Units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Units of 2 %.
    pub init_cost_scalar: u8,
    /// Units of 2 %.
    pub cached_cost_scalar: u8,
    /// Days until an activation expires.
    pub expiry_days: u16,
    /// Days before which it cannot be prolonged.
    pub keepalive_days: u16,
    /// Programs that a block remembers as warm (from ArbOS 60).
    pub block_cache_size: u16,
    /// Bytes, decompressed.
    pub max_wasm_size: u32,
    /// Fragments of one program (from ArbOS 60).
    pub max_fragments: u8,
}

impl StylusParams {
    /// Reads them.
    pub fn load(ledger: &mut dyn Ledger) -> Self {
        let _ = ledger;
        unimplemented!()
    }
}

/// Why a program cannot run, as ArbWasm's errors say it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// `ProgramNotActivated()`
    #[error("program not activated")]
    NotActivated,
    /// `ProgramNeedsUpgrade(uint16,uint16)`
    #[error("program needs upgrade: it was activated for Stylus version {program}, the chain runs {stylus}")]
    NeedsUpgrade {
        /// Activated for.
        program: u16,
        /// In force.
        stylus: u16,
    },
    /// `ProgramExpired(uint64)`
    #[error("program expired: activated {age} seconds ago")]
    Expired {
        /// Seconds since its activation.
        age: u64,
    },
}

/// A program that may run, and what entering it costs.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The parameters in force.
    pub params: StylusParams,
    /// Pages of its initial memory.
    pub footprint: u16,
    /// Gas for initialisation and for the pages of its memory.
    pub gas: u64,
}

/// Looks a program up and prices its entry, as ArbOS does for each call. `recent` says whether the block remembers
/// the program (always false before ArbOS 60). Free of gas itself.
pub fn enter(ledger: &mut dyn Ledger, code_hash: B256, now: u64, pages: Pages, recent: bool) -> Result<Entry, ProgramError> {
    let _ = (ledger, code_hash, now, pages, recent);
    unimplemented!()
}

/// The module that an account's code holds: decompressed, fragments put together.
pub fn wasm_of(ledger: &mut dyn Ledger, code: &Bytes) -> Result<Vec<u8>, String> {
    let _ = (ledger, code);
    unimplemented!()
}
