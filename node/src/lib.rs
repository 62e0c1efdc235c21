//! A local Arbitrum node that runs Stylus programs: revm for the EVM, a WebAssembly engine behind Nitro's
//! own metering for Stylus, ArbOS's precompiles, and the JSON-RPC that Arbitrum's clients speak.
//!
//! | module | holds |
//! |---|---|
//! | [`vm`] | one Stylus program: validate, instrument, price, run. Knows no chain, only a [`vm::Host`] |
//! | [`conformance`] | vectors of what Nitro makes of a program, run against the VM |
//! | [`arbos`] | ArbOS: its state, its parameters and its precompiles, over an [`arbos::Ledger`] |
//! | [`evm`] | one transaction: EVM and Stylus frames in one journal, Arbitrum's gas rules |
//! | [`state`] | accounts, code and storage; cloning is free, so every block keeps its own |
//! | [`genesis`] | the state before the first block, its accounts and well-known contracts |
//! | [`chain`] | blocks, the transaction pool, receipts, logs, time, snapshots |
//! | [`rpc`] | JSON-RPC over HTTP and WebSocket |
//! | [`Devnode`] | all of it together, in this process |

pub mod arbos;
pub mod chain;
pub mod conformance;
mod devnode;
pub mod evm;
pub mod genesis;
pub mod rpc;
pub mod state;
pub mod vm;

pub use devnode::{ARBOS_VERSIONS, Builder, Devnode, DevnodeError};
