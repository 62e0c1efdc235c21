//! The host functions, by what they are about. Each pays its price before it does anything: first its fixed price, then
//! what depends on lengths, then it reads memory, then it asks the host and pays for the answer, then it writes.

mod accounts;
mod calls;
mod console;
mod context;
mod math;
mod program;
mod storage;

use wasmtime::Linker;

use super::frame::{Escape, Frame, Hook, Purpose, enter};

/// Module of the functions that every chain has.
const VM_HOOKS: &str = "vm_hooks";

/// Defines every function of [`signatures`](super::signatures).
pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    program::link(linker)?;
    context::link(linker)?;
    storage::link(linker)?;
    accounts::link(linker)?;
    calls::link(linker)?;
    math::link(linker)?;
    console::link(linker)
}
