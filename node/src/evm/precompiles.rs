//! Which addresses are precompiles: Ethereum's, by fork, and ArbOS's.

use std::{rc::Rc, sync::OnceLock};

use alloy_primitives::{Address, Bytes};
use revm::{
    handler::{PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult},
    precompile::{Precompiles as Ethereum, secp256r1},
    primitives::{AddressSet, hardfork::SpecId},
};

use super::{
    context::{Ctx, fork},
    ledger::JournalLedger,
};
use crate::arbos::{self, PrecompileCall, PrecompileEnd};

/// Ethereum's and ArbOS's precompiles at one ArbOS version.
pub(super) struct Precompiles {
    ethereum: &'static Ethereum,
    arbos: u64,
    all: AddressSet,
}

impl Precompiles {
    /// Those of an ArbOS version. All of them are warm from the start of a transaction.
    pub(super) fn new(arbos: u64) -> Self {
        let ethereum = ethereum(arbos);
        let last_bytes = (0x64..=0xff).map(Address::with_last_byte);
        let all =
            ethereum.addresses().copied().chain(last_bytes.filter(|address| arbos::is_precompile(*address, arbos))).collect();
        Self { ethereum, arbos, all }
    }
}

/// Ethereum's precompiles: Cancun's, with P256VERIFY from ArbOS 30 on, until Osaka's replace them in ArbOS 50.
fn ethereum(arbos: u64) -> &'static Ethereum {
    static CANCUN_WITH_P256: OnceLock<Ethereum> = OnceLock::new();
    match arbos {
        0..20 => Ethereum::berlin(),
        20..30 => Ethereum::cancun(),
        30..50 => CANCUN_WITH_P256.get_or_init(|| {
            let mut set = Ethereum::cancun().clone();
            set.extend([secp256r1::P256VERIFY]);
            set
        }),
        _ => Ethereum::osaka(),
    }
}

impl<'a> PrecompileProvider<Ctx<'a>> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        spec != fork(self.arbos)
    }

    fn run(&mut self, ctx: &mut Ctx<'a>, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let address = inputs.bytecode_address;
        if let Some(precompile) = self.ethereum.get(&address) {
            let input = inputs.input.bytes(ctx);
            let output = precompile.execute(&input, inputs.gas_limit, inputs.reservoir).map_err(|error| error.to_string())?;
            return Ok(Some(precompile_output_to_interpreter_result(output, inputs.gas_limit)));
        }
        if !self.all.contains(&address) {
            return Ok(None);
        }
        Ok(Some(run_arbos(ctx, inputs)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.all
    }
}

fn run_arbos(ctx: &mut Ctx<'_>, inputs: &CallInputs) -> InterpreterResult {
    let input = inputs.input.bytes(ctx);
    let scope = &ctx.chain;
    let block = Rc::clone(&scope.block);
    let depth = scope.open.len() + 1;
    let call = PrecompileCall {
        address: inputs.bytecode_address,
        caller: inputs.caller,
        value: inputs.value.get(),
        input: &input,
        gas: inputs.gas_limit,
        read_only: inputs.is_static,
        delegate: matches!(inputs.scheme, CallScheme::DelegateCall | CallScheme::CallCode),
        depth,
        grand_caller: scope.open.last().map(|frame| frame.caller),
        block: &block,
        chain_id: ctx.cfg.chain_id,
        poster_fee: scope.poster_fee,
        pages: scope.pages,
    };
    let outcome = arbos::run(&mut JournalLedger(ctx), &call);
    if outcome.reason.is_some() {
        ctx.chain.reason = outcome.reason;
    }
    let (result, output, left) = match outcome.end {
        PrecompileEnd::Success(output) => (InstructionResult::Return, output, outcome.gas_left),
        PrecompileEnd::Revert(output) => (InstructionResult::Revert, output, outcome.gas_left),
        PrecompileEnd::Failure(text) => {
            if depth == 1 {
                ctx.chain.failure = Some(text);
            }
            (InstructionResult::PrecompileError, Bytes::new(), 0)
        }
    };
    let mut gas = Gas::new(inputs.gas_limit);
    gas.set_remaining(left);
    InterpreterResult::new(result, output, gas)
}
