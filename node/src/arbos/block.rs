//! What ArbOS does around blocks and transactions: its version, the base fee and its backlog.

use super::Ledger;

/// Writes ArbOS's initial state: its version, the Stylus parameters of that version, prices, the chain owner.
pub fn genesis(ledger: &mut dyn Ledger, version: u64, chain_id: u64, owner: alloy_primitives::Address) {
    let _ = (ledger, version, chain_id, owner);
    unimplemented!()
}

/// ArbOS version in force.
pub fn version(ledger: &mut dyn Ledger) -> u64 {
    let _ = ledger;
    unimplemented!()
}

/// Base fee of the next block in wei per gas.
pub fn base_fee(ledger: &mut dyn Ledger) -> u64 {
    let _ = ledger;
    unimplemented!()
}

/// The start of a block at `now`, `passed` seconds after the one before: applies a scheduled upgrade, drains the
/// gas backlog and sets the base fee of the block that follows.
pub fn start_block(ledger: &mut dyn Ledger, now: u64, passed: u64) {
    let _ = (ledger, now, passed);
    unimplemented!()
}

/// Adds what a transaction computed to the gas backlog.
pub fn record_gas(ledger: &mut dyn Ledger, gas: u64) {
    let _ = (ledger, gas);
    unimplemented!()
}
