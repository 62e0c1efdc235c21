//! ArbOS's precompiles: one file each, one table of methods each.

mod arb_debug;
mod arb_gas_info;
mod arb_info;
mod arb_owner;
mod arb_owner_public;
mod arb_retryable_tx;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod method;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, Log, U256};
use alloy_sol_types::SolEvent;

use self::{
    arb_owner::ArbOwner::OwnerActs,
    method::{Fault, Method},
};
use super::{Ledger, storage::CHAIN_OWNERS, version};
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
    /// Revert data. The gas left is kept; where the call took all of it there are no data.
    Revert(Bytes),
    /// An error that is no revert, which takes all gas of whoever called: ArbOwner has those. The text is for people.
    Failure(String),
}

/// How it ended and with how much gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrecompileResult {
    /// How.
    pub end: PrecompileEnd,
    /// Gas left.
    pub gas_left: u64,
    /// Why it reverted, for people, where the revert data does not say it.
    pub reason: Option<String>,
}

/// Who may call a precompile, and who pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Everybody, for gas.
    Public,
    /// Chain owners, for nothing.
    Owners,
}

/// A precompile: where it is, since when, and what it can do.
struct Precompile {
    name: &'static str,
    address: Address,
    since: u64,
    access: Access,
    methods: Vec<Method>,
}

impl Precompile {
    /// A public one.
    fn new(name: &'static str, low_byte: u8, methods: Vec<Method>) -> Self {
        Self { name, address: Address::with_last_byte(low_byte), since: 0, access: Access::Public, methods }
    }

    /// It exists from this ArbOS version on.
    fn since(self, version: u64) -> Self {
        Self { since: version, ..self }
    }

    /// Calls a method; gives what it returns, or why it does not, and the gas left.
    fn call(&self, ledger: &mut dyn Ledger, call: &PrecompileCall<'_>, arbos: u64) -> (Result<Bytes, Fault>, u64) {
        match self.method(call.input, arbos) {
            Ok(method) => method.call(ledger, call, arbos),
            Err(text) => (Err(Fault::Burned(text)), 0),
        }
    }

    fn method(&self, input: &[u8], arbos: u64) -> Result<&Method, String> {
        let Some(selector) = input.first_chunk::<4>() else {
            return Err(format!("{} needs a method selector of 4 bytes", self.name));
        };
        self.methods
            .iter()
            .find(|method| method.selector == *selector && method.exists(arbos))
            .ok_or_else(|| format!("{} has no method 0x{} at ArbOS {arbos}", self.name, alloy_primitives::hex::encode(selector)))
    }
}

static ALL: LazyLock<Vec<Precompile>> = LazyLock::new(|| {
    vec![
        arb_sys::precompile(),
        arb_info::precompile(),
        arb_owner_public::precompile(),
        arb_gas_info::precompile(),
        arb_retryable_tx::precompile(),
        arb_owner::precompile(),
        arb_wasm::precompile(),
        arb_wasm_cache::precompile(),
        arb_debug::precompile(),
    ]
});

fn find(address: Address) -> Option<&'static Precompile> {
    ALL.iter().find(|precompile| precompile.address == address)
}

/// Whether `address` is a precompile of ArbOS at `version`.
pub fn is_precompile(address: Address, version: u64) -> bool {
    find(address).is_some_and(|precompile| precompile.since <= version)
}

/// Runs one. What it changed in the ledger is undone by the caller's journal unless it ended in success.
pub fn run(ledger: &mut dyn Ledger, call: &PrecompileCall<'_>) -> PrecompileResult {
    let arbos = version(ledger);
    let Some(precompile) = find(call.address).filter(|precompile| precompile.since <= arbos) else {
        // As calling an account without code.
        return PrecompileResult { end: PrecompileEnd::Success(Bytes::new()), gas_left: call.gas, reason: None };
    };
    let (outcome, gas) = match precompile.access {
        Access::Public => precompile.call(ledger, call, arbos),
        Access::Owners => match call.gas.checked_sub(2 * method::READ_GAS) {
            None => return fail("out of gas".to_owned()),
            Some(_) if !is_chain_owner(ledger, call.caller) => {
                return fail(format!("unauthorized caller to access-controlled method: {} is not a chain owner", call.caller));
            }
            Some(_) => return run_for_owner(precompile, ledger, call, arbos),
        },
    };
    finish(outcome, gas)
}

/// Calls a method for a chain owner: whatever it does, no gas is taken, and what succeeds is logged.
fn run_for_owner(precompile: &Precompile, ledger: &mut dyn Ledger, call: &PrecompileCall<'_>, arbos: u64) -> PrecompileResult {
    let (outcome, _) = precompile.call(ledger, call, arbos);
    if let (Ok(_), Some(&method), false) = (&outcome, call.input.first_chunk(), call.read_only) {
        let event = OwnerActs { method: method.into(), owner: call.caller, data: call.input.to_vec().into() };
        ledger.log(Log { address: call.address, data: event.encode_log_data() });
    }
    let outcome = outcome.map_err(|fault| match fault {
        Fault::OutOfGas => Fault::Refused("out of gas".to_owned()),
        Fault::Burned(text) => Fault::Refused(text),
        fault => fault,
    });
    finish(outcome, call.gas)
}

fn is_chain_owner(ledger: &mut dyn Ledger, caller: Address) -> bool {
    let Ok(owner) = CHAIN_OWNERS.contains(ledger, caller);
    owner
}

fn finish(outcome: Result<Bytes, Fault>, gas_left: u64) -> PrecompileResult {
    let (end, gas_left, reason) = match outcome {
        Ok(output) => (PrecompileEnd::Success(output), gas_left, None),
        Err(Fault::Error(data)) => (PrecompileEnd::Revert(data.into()), gas_left, None),
        Err(Fault::Refused(text)) => (PrecompileEnd::Revert(Bytes::new()), gas_left, Some(text)),
        // Even running out of gas is a revert here.
        Err(Fault::OutOfGas) => (PrecompileEnd::Revert(Bytes::new()), 0, Some("out of gas".to_owned())),
        Err(Fault::Burned(text)) => (PrecompileEnd::Revert(Bytes::new()), 0, Some(text)),
    };
    PrecompileResult { end, gas_left, reason }
}

/// What is no revert. Nitro guards ArbOwner before it calls it, so that what the guard says passes for an EVM error.
fn fail(text: String) -> PrecompileResult {
    PrecompileResult { end: PrecompileEnd::Failure(text), gas_left: 0, reason: None }
}
