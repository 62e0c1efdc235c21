//! The guard against re-entry.

use abi::Common::ReentrancyGuardReentrantCall;
use stylus_sdk::{host::VM, prelude::*};

use crate::Revert;

/// Refuses to begin a second call while one is under way. The VM counts the open frames of the contract, so that
/// nothing is stored and nothing can be forgotten. Every function that changes state begins with this; views do not:
/// state is whole whenever another contract is called.
pub fn refuse_reentry(vm: &VM) -> Result<(), Revert> {
    if vm.msg_reentrant() { Err(ReentrancyGuardReentrantCall {}.into()) } else { Ok(()) }
}
