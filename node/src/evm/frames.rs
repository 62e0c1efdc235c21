//! The frame stack. EVM code and programs stand on it side by side; what a frame did is undone, and what it is
//! given back is settled, by revm's rules for both.

use std::convert::Infallible;

use revm::{
    bytecode::opcode,
    context::ContextTr,
    context_interface::CreateScheme,
    context_interface::{FrameStack, context::ContextError},
    handler::{EthFrame, FrameData, FrameResult, ItemOrResult, instructions::EthInstructions},
    interpreter::{
        CallScheme, FrameInput, Instruction, InstructionContext, InstructionExecResult, InstructionResult, InterpreterAction,
        instructions::host, interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
};

use super::{
    calls::{Call, CallKind},
    context::{Ctx, OpenFrame, fork},
    ledger,
    precompiles::Precompiles,
    program,
    trace::Tracer,
};
use crate::{arbos::CodeKind, vm::Engine};

/// An execution that cannot go on for a reason of the node's own.
pub(super) type Broken = ContextError<Infallible>;

/// Everything that runs frames.
pub(super) struct Machine<'a> {
    pub(super) ctx: Ctx<'a>,
    pub(super) engine: &'a Engine,
    pub(super) stack: FrameStack<EthFrame>,
    pub(super) precompiles: Precompiles,
    instructions: EthInstructions<EthInterpreter, Ctx<'a>>,
}

impl<'a> Machine<'a> {
    /// With no frame open.
    pub(super) fn new(ctx: Ctx<'a>, engine: &'a Engine) -> Self {
        let arbos = ctx.chain.arbos();
        let mut instructions = EthInstructions::new_mainnet_with_spec(fork(arbos));
        instructions.instruction_table_mut()[opcode::SELFDESTRUCT as usize] = Instruction::new(selfdestruct);
        Self { ctx, engine, stack: FrameStack::new_prealloc(8), precompiles: Precompiles::new(arbos), instructions }
    }

    /// Runs a frame, and all that it calls, to its end. Programs run this again, nested, for each call of theirs.
    pub(super) fn run(&mut self, init: FrameInit) -> Result<FrameResult, Broken> {
        let base = self.stack.index();
        let result = self.run_from(base, init);
        if result.is_err() {
            while self.stack.index() != base {
                self.stack.pop();
                self.ctx.chain.open.pop();
            }
        }
        result
    }

    fn run_from(&mut self, base: Option<usize>, init: FrameInit) -> Result<FrameResult, Broken> {
        if let Some(result) = self.enter(init)? {
            return Ok(result);
        }
        loop {
            let result = match self.step()? {
                ItemOrResult::Item(init) => match self.enter(init)? {
                    Some(result) => result,
                    None => continue,
                },
                ItemOrResult::Result(result) => result,
            };
            if self.stack.get().is_finished() {
                self.stack.pop();
                self.ctx.chain.open.pop();
                self.trace(|tracer| tracer.leave(&result));
                if self.stack.index() == base {
                    return Ok(result);
                }
            }
            self.stack.get().return_result::<_, Broken>(&mut self.ctx, result)?;
        }
    }

    /// Runs a frame that the topmost one calls from within, as programs do. Nothing comes back where the node itself
    /// failed, which ends the transaction.
    pub(super) fn call(&mut self, frame_input: FrameInput) -> Option<FrameResult> {
        let frame = self.stack.get();
        let init = FrameInit { depth: frame.depth + 1, memory: frame.interpreter.memory.new_child_context(), frame_input };
        let result = self.run(init);
        self.stack.get().interpreter.memory.free_child_context();
        result.map_err(|broken| *self.ctx.error() = Err(broken)).ok()
    }

    /// Opens a frame on the stack, or gives its result at once where there is nothing to run.
    fn enter(&mut self, init: FrameInit) -> Result<Option<FrameResult>, Broken> {
        if self.ctx.chain.tracer.is_some()
            && let Some(call) = asked(&mut self.ctx, &init.frame_input)
        {
            self.trace(|tracer| tracer.enter(call, init.depth > 0));
        }
        let result = self.open(init)?;
        if let Some(result) = &result {
            self.trace(|tracer| tracer.leave(result));
        }
        Ok(result)
    }

    fn trace(&mut self, note: impl FnOnce(&mut Tracer)) {
        if let Some(tracer) = &mut self.ctx.chain.tracer {
            note(tracer);
        }
    }

    fn open(&mut self, init: FrameInit) -> Result<Option<FrameResult>, Broken> {
        let first = self.stack.index().is_none();
        let place = if first { self.stack.start_init() } else { self.stack.get_next() };
        match EthFrame::init_with_context(place, &mut self.ctx, &mut self.precompiles, init)? {
            ItemOrResult::Result(result) => Ok(Some(result)),
            ItemOrResult::Item(token) => {
                // SAFETY: the token comes from the place that this stack gave two lines above.
                unsafe {
                    if first {
                        self.stack.end_init(token);
                    } else {
                        self.stack.push(token);
                    }
                }
                let frame = self.stack.get();
                let delegated = match &frame.input {
                    FrameInput::Call(call) => matches!(call.scheme, CallScheme::DelegateCall | CallScheme::CallCode),
                    _ => false,
                };
                let input = &frame.interpreter.input;
                let open = OpenFrame { acting: input.target_address, caller: input.caller_address, delegated };
                self.ctx.chain.open.push(open);
                Ok(None)
            }
        }
    }

    /// Runs the topmost frame until it calls another or ends.
    fn step(&mut self) -> Result<ItemOrResult<FrameInit, FrameResult>, Broken> {
        let arbos = self.ctx.chain.arbos();
        let frame = self.stack.get();
        let mut action = if is_program(frame.interpreter.bytecode.original_byte_slice(), arbos) {
            InterpreterAction::Return(program::run(self))
        } else {
            frame.interpreter.run_plain(self.instructions.instruction_table(), self.instructions.gas_table(), &mut self.ctx)
        };
        let frame = self.stack.get();
        // EIP-3541, but for the prefixes that programs are deployed with.
        if let (InterpreterAction::Return(result), FrameData::Create(_)) = (&mut action, &frame.data)
            && result.is_ok()
            && result.output.first() == Some(&0xef)
            && CodeKind::of(&result.output, arbos).is_none()
        {
            result.result = InstructionResult::CreateContractStartingWithEF;
        }
        let next = frame.process_next_action::<_, Broken>(&mut self.ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
        }
        Ok(next)
    }
}

/// Whether code runs as a program.
fn is_program(code: &[u8], arbos: u64) -> bool {
    arbos >= 30 && CodeKind::of(code, arbos).is_some_and(CodeKind::runs)
}

/// SELFDESTRUCT reverts where a program's account acts, which can only happen in code that the program delegates to.
fn selfdestruct(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    let acting = interpreter.input.target_address;
    let end = host::selfdestruct(InstructionContext { interpreter, host: &mut *host });
    let (_, code) = ledger::code(host, acting);
    if end == Err(InstructionResult::SelfDestruct) && is_program(code.original_byte_slice(), host.chain().arbos()) {
        return Err(InstructionResult::Revert);
    }
    end
}

/// The frame that an input asks for, before it runs.
fn asked(ctx: &mut Ctx<'_>, input: &FrameInput) -> Option<Call> {
    Some(match input {
        FrameInput::Call(call) => {
            let (kind, from) = match call.scheme {
                CallScheme::Call => (CallKind::Call, call.caller),
                CallScheme::CallCode => (CallKind::CallCode, call.caller),
                CallScheme::DelegateCall => (CallKind::DelegateCall, call.target_address),
                CallScheme::StaticCall => (CallKind::StaticCall, call.caller),
            };
            let (to, value, input) = (call.bytecode_address, call.value.get(), call.input.bytes(ctx));
            Call { kind, from, to, value, gas: call.gas_limit, input, ..Call::default() }
        }
        FrameInput::Create(create) => {
            let kind = match create.scheme() {
                CreateScheme::Create2 { .. } => CallKind::Create2,
                _ => CallKind::Create,
            };
            let from = create.caller();
            let to = create.created_address(ledger::peek(ctx, from).info.nonce);
            let input = create.init_code().clone();
            Call { kind, from, to, value: create.value(), gas: create.gas_limit(), input, ..Call::default() }
        }
        FrameInput::Empty => return None,
    })
}
