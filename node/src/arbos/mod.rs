//! ArbOS: its state, its parameters and its precompiles, over a [`Ledger`].

mod block;
mod ledger;
mod precompiles;
mod programs;

pub use block::{base_fee, genesis, record_gas, start_block, version};
pub use ledger::{ARBOS_ADDRESS, Ledger};
pub use precompiles::{PrecompileCall, PrecompileEnd, PrecompileResult, is_precompile, run};
pub use programs::{Entry, ProgramError, StylusParams, enter, wasm_of};
