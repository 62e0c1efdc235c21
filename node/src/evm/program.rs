//! One frame of a Stylus program.

use std::cell::RefCell;

use alloy_primitives::{Address, B256, Bytes, Log, U256};
use revm::{
    context::JournalTr,
    context_interface::CreateScheme,
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, Gas, InstructionResult, InterpreterResult,
    },
};

use super::{
    GasProfile,
    context::{BLOCK_GAS_LIMIT, Ctx},
    frames::Machine,
    ledger::{self, JournalLedger},
};
use crate::{
    arbos::{self, BATCH_POSTER, Entry, ProgramError},
    vm::{Access, AccountView, Call, CallKind, Called, Create, Created, Env, Host, Pages, Rules, Spent, Status, Stored},
};

/// Runs the program on top of the stack to its end.
pub(super) fn run(machine: &mut Machine<'_>) -> InterpreterResult {
    let frame = machine.stack.get();
    let outermost = frame.depth == 0;
    let gas = frame.interpreter.gas.remaining();
    let key = frame.interpreter.bytecode.get_or_calculate_hash();
    let code = frame.interpreter.bytecode.original_bytes();
    let calldata = frame.interpreter.input.input.bytes(&machine.ctx);
    let env = env(machine);

    let entry = match enter(&mut machine.ctx, key) {
        Ok(entry) => entry,
        Err(error) => {
            if outermost {
                machine.ctx.chain.failure = Some(solidity_name(&error));
            }
            return end(InstructionResult::PrecompileError, Bytes::new(), gas, 0, 0);
        }
    };
    let scope = &mut machine.ctx.chain;
    scope.profile.entry += entry.gas.min(gas);
    let Some(entered) = gas.checked_sub(entry.gas) else {
        return end(InstructionResult::OutOfGas, Bytes::new(), gas, 0, 0);
    };
    let open = scope.pages.open;
    scope.pages.open = open.saturating_add(entry.footprint);
    scope.pages.ever = scope.pages.ever.max(scope.pages.open);

    let price = u64::from(entry.params.ink_price);
    let rules = Rules {
        arbos: scope.arbos(),
        stylus: entry.params.version,
        debug: true,
        ink_price: entry.params.ink_price,
        max_stack_depth: entry.params.max_stack_depth,
        free_pages: entry.params.free_pages,
        page_gas: entry.params.page_gas,
    };
    let pages = scope.pages;
    let traced = scope.tracer.is_some();
    let engine = machine.engine;
    let shared = RefCell::new(&mut *machine);
    let mut host = ProgramHost { machine: &shared, env, pages, refund: 0 };
    let mut wasm = || arbos::wasm_of(&mut JournalLedger(&mut shared.borrow_mut().ctx), &code);
    let (len, ink) = (calldata.len(), entered.saturating_mul(price));
    let outcome = engine.call(key, &mut wasm, &rules, &mut host, calldata, ink, traced);
    let ProgramHost { pages, refund, .. } = host;

    let scope = &mut machine.ctx.chain;
    scope.pages = Pages { open, ever: pages.ever };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(text) => {
            scope.profile.wasm += entered;
            scope.failure = Some(text).filter(|_| outermost);
            return end(InstructionResult::PrecompileError, Bytes::new(), gas, 0, 0);
        }
    };
    let (result, output, left) = match outcome.status {
        Status::Success => (InstructionResult::Return, outcome.output.clone(), outcome.ink_left / price),
        Status::Revert => (InstructionResult::Revert, outcome.output.clone(), outcome.ink_left / price),
        Status::Failure => (InstructionResult::Revert, Bytes::new(), outcome.ink_left / price),
        Status::OutOfInk => (InstructionResult::OutOfGas, Bytes::new(), 0),
        Status::OutOfStack => (InstructionResult::CallTooDeep, Bytes::new(), 0),
    };
    if let Some(tracer) = &mut scope.tracer {
        tracer.program(len, ink, &outcome);
    }
    if outcome.status == Status::Failure {
        scope.reason = outcome.error;
    }
    attribute(&mut scope.profile, &outcome.spent, price, entered - left);

    // Memory that return data would have cost an EVM contract.
    let words = output.len().div_ceil(32) as u64;
    let least = if rules.arbos >= 31 { 3 * words + words * words / 512 } else { 0 };
    let kept = gas.checked_sub(least).map(|most| left.min(most));
    scope.profile.host += left - kept.unwrap_or(0);
    match kept {
        Some(left) => end(result, output, gas, left, refund),
        None => end(InstructionResult::OutOfGas, Bytes::new(), gas, 0, 0),
    }
}

fn end(result: InstructionResult, output: Bytes, limit: u64, left: u64, refund: i64) -> InterpreterResult {
    let mut gas = Gas::new(limit);
    gas.set_remaining(left);
    gas.set_refunded(refund);
    InterpreterResult::new(result, output, gas)
}

/// Looks a program up, and from ArbOS 60 on remembers it for the rest of the block, whether or not its frame lasts. One
/// that a cache manager keeps cached takes no place in that memory.
fn enter(ctx: &mut Ctx<'_>, key: B256) -> Result<Entry, ProgramError> {
    let scope = &ctx.chain;
    let remembers = scope.arbos() >= 60;
    let recent = remembers && scope.recent_programs.contains(&key);
    let (now, pages) = (scope.block.timestamp, scope.pages);
    let entry = arbos::enter(&mut JournalLedger(ctx), key, now, pages, recent)?;
    if remembers && !entry.cached {
        let programs = &mut ctx.chain.recent_programs;
        programs.retain(|program| *program != key);
        programs.push(key);
        let surplus = programs.len().saturating_sub(usize::from(entry.params.block_cache_size));
        programs.drain(..surplus);
    }
    Ok(entry)
}

/// Why a program may not run, as ArbWasm's Solidity error.
fn solidity_name(error: &ProgramError) -> String {
    match error {
        ProgramError::NotActivated => "ProgramNotActivated()".into(),
        ProgramError::NeedsUpgrade { program, stylus } => format!("ProgramNeedsUpgrade({program}, {stylus})"),
        ProgramError::Expired { age } => format!("ProgramExpired({age})"),
    }
}

/// Adds what a frame spent itself, of `gas` that it and what it called took, by purpose. What no host function took is
/// WebAssembly's, rounding too.
fn attribute(profile: &mut GasProfile, spent: &Spent, price: u64, gas: u64) {
    let mut own = gas.saturating_sub(spent.callees / price);
    for (part, ink) in [
        (&mut profile.storage, spent.storage),
        (&mut profile.logs, spent.logs),
        (&mut profile.calls, spent.calls),
        (&mut profile.host, spent.host),
    ] {
        let gas = (ink / price).min(own);
        *part += gas;
        own -= gas;
    }
    profile.wasm += own;
}

fn env(machine: &mut Machine<'_>) -> Env {
    let frame = machine.stack.get();
    let input = &frame.interpreter.input;
    let ctx = &machine.ctx;
    Env {
        sender: input.caller_address,
        origin: ctx.tx.caller,
        address: input.target_address,
        value: input.call_value,
        block_number: ctx.chain.block.l1_number,
        timestamp: ctx.chain.block.timestamp,
        basefee: U256::from(ctx.block.basefee),
        gas_price: ctx.chain.gas_price,
        block_gas_limit: BLOCK_GAS_LIMIT,
        coinbase: BATCH_POSTER,
        chainid: ctx.cfg.chain_id,
        reentrant: ctx.chain.is_reentrant(input.target_address),
        read_only: frame.interpreter.runtime_flag.is_static,
    }
}

/// What a program reaches outside itself: the journal, and frames above its own.
struct ProgramHost<'c, 'm, 'a> {
    /// Shared with whoever fetches the module, which happens before the program runs.
    machine: &'c RefCell<&'m mut Machine<'a>>,
    env: Env,
    pages: Pages,
    refund: i64,
}

impl ProgramHost<'_, '_, '_> {
    /// Runs a frame on top of the program's to its end.
    fn nested(&mut self, input: FrameInput) -> Option<FrameResult> {
        let mut machine = self.machine.borrow_mut();
        machine.ctx.chain.pages = self.pages;
        let result = machine.call(input);
        self.pages = machine.ctx.chain.pages;
        let result = result?;
        if result.instruction_result().is_ok() {
            self.refund += result.gas().refunded();
        }
        Some(result)
    }
}

/// Gas that a frame hands back, and its data.
fn handed_back(result: InterpreterResult) -> (u64, Bytes) {
    if result.result.is_ok_or_revert() { (result.gas.remaining(), result.output) } else { (0, Bytes::new()) }
}

impl Host for ProgramHost<'_, '_, '_> {
    fn env(&self) -> &Env {
        &self.env
    }

    fn pages(&mut self) -> &mut Pages {
        &mut self.pages
    }

    fn load(&mut self, key: B256) -> Access<B256> {
        let ctx = &mut self.machine.borrow_mut().ctx;
        let Ok(slot) = ctx.journaled_state.sload(self.env.address, key.into());
        Access { value: slot.data.into(), cold: slot.is_cold }
    }

    fn store(&mut self, key: B256, value: B256) -> Stored {
        let ctx = &mut self.machine.borrow_mut().ctx;
        let Ok(slot) = ctx.journaled_state.sstore(self.env.address, key.into(), value.into());
        Stored { original: slot.original_value.into(), present: slot.present_value.into(), cold: slot.is_cold }
    }

    fn refund(&mut self, gas: i64) {
        self.refund += gas;
    }

    fn transient_load(&mut self, key: B256) -> B256 {
        self.machine.borrow_mut().ctx.journaled_state.tload(self.env.address, key.into()).into()
    }

    fn transient_store(&mut self, key: B256, value: B256) {
        self.machine.borrow_mut().ctx.journaled_state.tstore(self.env.address, key.into(), value.into());
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) {
        let log = Log::new_unchecked(self.env.address, topics, data);
        self.machine.borrow_mut().ctx.journaled_state.log(log);
    }

    fn account(&mut self, address: Address) -> Access<AccountView> {
        let ctx = &mut self.machine.borrow_mut().ctx;
        let Ok(account) = ctx.journaled_state.load_account(address);
        let (cold, balance, empty) = (account.is_cold, account.info.balance, account.info.is_empty());
        Access { value: AccountView { balance, code_hash: ledger::code_hash(ctx, address), empty }, cold }
    }

    fn code(&mut self, address: Address) -> Bytes {
        ledger::code(&mut self.machine.borrow_mut().ctx, address).1.original_bytes()
    }

    fn call(&mut self, call: Call) -> Called {
        let known_bytecode = ledger::resolved_code(&mut self.machine.borrow_mut().ctx, call.to);
        let Env { sender, address, value, read_only, .. } = self.env;
        let (caller, target_address, value, scheme) = match call.kind {
            CallKind::Call => (address, call.to, CallValue::Transfer(call.value), CallScheme::Call),
            CallKind::Static => (address, call.to, CallValue::Transfer(U256::ZERO), CallScheme::StaticCall),
            CallKind::Delegate => (sender, address, CallValue::Apparent(value), CallScheme::DelegateCall),
        };
        let result = self.nested(FrameInput::Call(Box::new(CallInputs {
            input: CallInput::Bytes(call.input),
            return_memory_offset: 0..0,
            gas_limit: call.gas,
            reservoir: 0,
            bytecode_address: call.to,
            known_bytecode,
            target_address,
            caller,
            value,
            scheme,
            is_static: read_only || call.kind == CallKind::Static,
            charged_new_account_state_gas: false,
        })));
        let Some(result) = result else { return Called { ok: false, gas_left: 0, output: Bytes::new() } };
        let ok = result.instruction_result().is_ok();
        let (gas_left, output) = handed_back(result.into_interpreter_result());
        Called { ok, gas_left, output }
    }

    fn create(&mut self, create: Create) -> Created {
        let scheme = create.salt.map_or(CreateScheme::Create, |salt| CreateScheme::Create2 { salt: salt.into() });
        let inputs = CreateInputs::new(self.env.address, scheme, create.endowment, create.code, create.gas, 0);
        let result = self.nested(FrameInput::Create(Box::new(inputs)));
        let Some(FrameResult::Create(outcome)) = result else {
            return Created { address: None, gas_left: 0, output: Bytes::new() };
        };
        let address = outcome.address.filter(|_| outcome.result.result.is_ok());
        let reverted = outcome.result.result == InstructionResult::Revert;
        let (gas_left, output) = handed_back(outcome.result);
        Created { address, gas_left, output: if reverted { output } else { Bytes::new() } }
    }

    fn console(&mut self, text: &str) {
        self.machine.borrow_mut().ctx.chain.console.push(text.to_owned());
    }
}
