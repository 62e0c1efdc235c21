//! One Stylus program, from its bytes to its outcome: parse and validate as ArbOS does, instrument, price,
//! compile, run. What lies outside the program is behind [`Host`].

mod activation;
mod engine;
mod frame;
mod hooks;
mod host;
mod instrument;
mod module;
mod pages;
mod pricing;
mod rejection;
mod signatures;
mod storage;

use alloy_primitives::Bytes;

pub use engine::Engine;
pub use host::*;
pub(crate) use pages::page_cost;
use rejection::Rejection;

/// The rules by which programs are examined and run: ArbOS's version and the Stylus parameters in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// ArbOS version.
    pub arbos: u64,
    /// Stylus version.
    pub stylus: u16,
    /// Whether the chain allows debug functions.
    pub debug: bool,
    /// Ink per gas.
    pub ink_price: u32,
    /// Stack words at the start of a call.
    pub max_stack_depth: u32,
    /// Pages that cost nothing.
    pub free_pages: u16,
    /// Gas per further page.
    pub page_gas: u16,
}

impl Rules {
    /// The rules that ArbOS of this version begins with (arbos/programs/params.go).
    pub fn of(arbos: u64, debug: bool) -> Self {
        Self {
            arbos,
            stylus: if arbos < 31 { 1 } else { 2 },
            debug,
            ink_price: 10_000,
            max_stack_depth: if arbos < 50 { 262_144 } else { 22_000 },
            free_pages: 2,
            page_gas: 1000,
        }
    }
}

/// What activation finds out about a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Estimated size of the native code in bytes: what the data fee is charged for.
    pub asm_estimate: u32,
    /// Cost of initialising it, in gas before scaling.
    pub init_cost: u16,
    /// The same when it is cached.
    pub cached_init_cost: u16,
    /// Pages of its initial memory.
    pub footprint: u16,
    /// Gas charged while it is examined.
    pub gas: u64,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It returned 0.
    Success,
    /// It returned anything else, or left early so.
    Revert,
    /// A trap, a bad pointer, a host function that failed: no data, but the ink left is kept.
    Failure,
    /// No ink left.
    OutOfInk,
    /// No stack words left; no ink either.
    OutOfStack,
}

/// The outcome of one call of a program.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The last result written, for success and revert.
    pub output: Bytes,
    /// Ink left.
    pub ink_left: u64,
    /// Why it failed, for people.
    pub error: Option<String>,
    /// What the ink went to.
    pub spent: Spent,
    /// Host calls in order, where a trace was asked for.
    pub trace: Vec<HostCall>,
}

/// Ink by purpose. Together they are what was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Operators.
    pub wasm: u64,
    /// Loads, cached writes, flushes, transient slots.
    pub storage: u64,
    /// Logs.
    pub logs: u64,
    /// Calls and creations, without what the callees used.
    pub calls: u64,
    /// What the callees used.
    pub callees: u64,
    /// Everything else that the host does.
    pub host: u64,
}

/// One host function that returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Its name.
    pub name: &'static str,
    /// What it was given.
    pub args: Bytes,
    /// What it gave.
    pub outs: Bytes,
    /// Ink before it.
    pub start_ink: u64,
    /// Ink after it.
    pub end_ink: u64,
    /// It got as far as having the host run a call or a creation.
    pub opened: bool,
}

/// Examines a module as ArbOS does at activation. `page_limit` is how many pages its initial memory may have.
pub fn activate(wasm: &[u8], rules: &Rules, page_limit: u16) -> Result<Activation, String> {
    match activation::examine(wasm, rules, page_limit) {
        Ok(examined) => Ok(examined.activation),
        Err(rejection) => Err(rejection.to_string()),
    }
}
