//! ArbOS's precompiles: one file each, one table of methods each.

mod arb_wasm;
mod method;

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256};

use self::method::{Fault, Method};
use super::{Ledger, version};
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
    /// Revert data; the gas left is kept.
    Revert(Bytes),
    /// All gas is gone and there is no data; the text is for people.
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

static ALL: LazyLock<Vec<Precompile>> = LazyLock::new(|| vec![arb_wasm::precompile()]);

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
    let (outcome, gas) = match precompile.method(call.input, arbos) {
        Ok(method) => method.call(ledger, call, arbos),
        Err(text) => (Err(Fault::Burned(text)), 0),
    };
    let revert = |data: Bytes, reason| PrecompileResult { end: PrecompileEnd::Revert(data), gas_left: gas, reason };
    match outcome {
        Ok(output) => PrecompileResult { end: PrecompileEnd::Success(output), gas_left: gas, reason: None },
        Err(Fault::Error(data)) => revert(data.into(), None),
        Err(Fault::Refused(text)) => revert(Bytes::new(), Some(text)),
        Err(Fault::OutOfGas) => {
            PrecompileResult { end: PrecompileEnd::Failure("out of gas".to_owned()), gas_left: 0, reason: None }
        }
        Err(Fault::Burned(text)) => PrecompileResult { end: PrecompileEnd::Failure(text), gas_left: 0, reason: None },
    }
}
