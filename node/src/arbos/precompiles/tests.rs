//! The precompiles as a contract sees them: their interfaces, what they answer, and what that costs to the gas.

mod interface;
mod owner;
mod views;
mod wasm;

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolError};

use super::{PrecompileCall, PrecompileEnd, PrecompileResult, run};
use crate::{
    arbos::{self, ledger::Ledger},
    evm::BlockEnv,
    state::State,
    vm::Pages,
};

const OWNER: Address = address!("00000000000000000000000000000000000a11ce");
const STRANGER: Address = address!("0000000000000000000000000000000000000bad");
const GAS: u64 = 30_000_000;
const NOW: u64 = 1_800_000_000;

const ARB_SYS: u8 = 0x64;
const ARB_INFO: u8 = 0x65;
const ARB_OWNER_PUBLIC: u8 = 0x6b;
const ARB_GAS_INFO: u8 = 0x6c;
const ARB_RETRYABLE_TX: u8 = 0x6e;
const ARB_OWNER: u8 = 0x70;
const ARB_WASM: u8 = 0x71;
const ARB_WASM_CACHE: u8 = 0x72;
const ARB_DEBUG: u8 = 0xff;

/// A chain of one state at one moment, and who calls its precompiles.
struct Chain {
    state: State,
    block: BlockEnv,
    caller: Address,
}

impl Chain {
    fn at(version: u64) -> Self {
        let mut state = State::default();
        arbos::genesis(&mut state, version, 412_346, OWNER);
        let block = BlockEnv {
            number: 1000,
            l1_number: 0,
            timestamp: NOW,
            base_fee: 100_000_000,
            arbos: version,
            recent_programs: Vec::new(),
        };
        Self { state, block, caller: OWNER }
    }

    fn message<'a>(&'a self, to: u8, input: &'a [u8]) -> PrecompileCall<'a> {
        PrecompileCall {
            address: Address::with_last_byte(to),
            caller: self.caller,
            value: U256::ZERO,
            input,
            gas: GAS,
            read_only: false,
            delegate: false,
            depth: 2,
            grand_caller: None,
            block: &self.block,
            chain_id: 412_346,
            poster_fee: U256::from(77),
            pages: Pages::default(),
        }
    }

    /// Calls with a change to the usual call; what it changed is kept only if it succeeds, as a journal would.
    fn call_with(&mut self, to: u8, input: &[u8], change: impl FnOnce(&mut PrecompileCall<'_>)) -> PrecompileResult {
        let mut state = self.state.clone();
        let mut call = self.message(to, input);
        change(&mut call);
        if !call.value.is_zero() {
            let account = state.account_mut(call.address);
            account.balance += call.value;
        }
        let result = run(&mut state, &call);
        if matches!(result.end, PrecompileEnd::Success(_)) {
            self.state = state;
        }
        result
    }

    fn call<C: SolCall>(&mut self, to: u8, call: C) -> PrecompileResult {
        self.call_with(to, &call.abi_encode(), |_| {})
    }

    /// What a call that must succeed returns, and the gas that it used.
    fn ask<C: SolCall>(&mut self, to: u8, call: C) -> (C::Return, u64) {
        let result = self.call(to, call);
        let PrecompileEnd::Success(output) = &result.end else { panic!("{}: {result:?}", C::SIGNATURE) };
        (C::abi_decode_returns_validate(output).unwrap(), GAS - result.gas_left)
    }

    /// What a call that must succeed returns.
    fn get<C: SolCall>(&mut self, to: u8, call: C) -> C::Return {
        self.ask(to, call).0
    }
}

/// The gas that a call used which reverted with this error.
#[track_caller]
fn reverted(result: &PrecompileResult, error: impl SolError) -> u64 {
    assert_eq!(result.end, PrecompileEnd::Revert(error.abi_encode().into()), "{result:?}");
    GAS - result.gas_left
}

/// The gas that a call used which reverted without data.
#[track_caller]
fn refused(result: &PrecompileResult) -> u64 {
    assert_eq!(result.end, PrecompileEnd::Revert(Bytes::new()), "{result:?}");
    assert!(result.reason.is_some());
    GAS - result.gas_left
}

/// A call that reverted without data and took all gas.
#[track_caller]
fn burned(result: &PrecompileResult) {
    refused(result);
    assert_eq!(result.gas_left, 0);
}

/// Puts a code at an address.
fn put(chain: &mut Chain, low_byte: u8, code: Vec<u8>) -> (Address, B256) {
    let address = Address::with_last_byte(low_byte);
    chain.state.set_code(address, code.into());
    (address, Ledger::code_hash(&mut chain.state, address))
}
