//! What several contracts need: the way from calldata to a function, packed storage, two-step ownership, a guardian, the
//! guard against re-entry, calls to a token that trust nothing, EIP-712 signatures, events, errors.
//!
//! Each part is a thing of its own and knows no contract. Nothing here panics, nor does the compiler think that it may.

extern crate alloc; // The SDK's macros name it.

pub mod calldata;
pub mod calls;
pub mod eip712;
pub mod entry;
pub mod epochs;
pub mod erc20;
pub mod events;
#[cfg(feature = "export-abi")]
pub mod export;
pub mod guardian;
pub mod layout;
pub mod owner;
pub mod reentrancy;
pub mod revert;
pub mod role;
pub mod roles;
pub mod slot;
pub mod words;

#[doc(hidden)]
pub use alloy_sol_types::SolCall;

pub use calldata::Calldata;
pub use events::emit;
pub use guardian::Guardian;
pub use owner::Owner;
pub use revert::Revert;
pub use role::Role;
pub use slot::{Slot, Word};
