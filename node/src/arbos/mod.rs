//! ArbOS: its state, its parameters and its precompiles, over a [`Ledger`].
//!
//! | module | holds |
//! |---|---|
//! | `block` | genesis, upgrades, the start of blocks, fee rules |
//! | `pricing` | the base fee, the fee for activated programs |
//! | `params` | the Stylus parameters by version |
//! | `programs` | entries of activated programs: price, age |
//! | `code` | from the code of accounts to a module |
//! | `storage` | where all of that stands |
//! | `precompiles` | what contracts can call |

mod block;
mod code;
mod ledger;
mod params;
mod precompiles;
mod pricing;
mod programs;
mod storage;

pub use block::{
    BATCH_POSTER, FeeRules, NEWEST, POSTING_FUNDS, base_fee, genesis, record_block, record_gas, start_block, version,
};
pub use code::{CodeKind, wasm_of};
pub use ledger::{ARBOS_ADDRESS, Ledger};
pub use params::StylusParams;
pub use precompiles::{PrecompileCall, PrecompileEnd, PrecompileResult, is_precompile, run};
pub use programs::{Entry, ProgramError, enter};
