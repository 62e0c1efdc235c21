//! Compiling programs and running them: on Wasmtime with Winch, which compiles in a single pass, a fifth of what Cranelift
//! takes, code of about the same speed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use alloy_primitives::{B256, Bytes};
use wasmtime::{Config, InstancePre, Linker, Module as Compiled, ModuleExport, Store, Strategy, Trap, Val};

use super::frame::{Escape, Frame, Guest};
use super::instrument::{INK_LEFT, INK_STATUS, STACK_LEFT};
use super::{Host, Outcome, Rules, Spent, Status, activation, hooks};

/// Stack words that a program of today has at most; before ArbOS 50 it had [`DEEP`].
const SHALLOW: u32 = 32_768;
/// The most stack words that the native stack is laid out for.
const DEEP: u32 = 262_144;
/// Native stack for each stack word. A word stands for one value of eight bytes; what registers, arguments and frame
/// pointers take besides stays below this, so that the metered stack ends before the native one.
const BYTES_PER_WORD: usize = 32;
/// Native stack for what host functions do, up to the next program.
const HOST_STACK: usize = 1 << 20;
/// How many compiled modules are kept: more than a development chain sees in a day, little enough for its memory.
const PROGRAMS: usize = 1024;
/// How many frames of programs a new stretch of native stack holds.
const FRAMES_PER_STRETCH: usize = 8;

/// Compiles modules and runs them. Compiled modules are kept, up to a bound, by the hash of the module and the rules that
/// shape its instrumentation.
///
/// It is shared between threads. Programs nest: one that calls another runs it on the same thread, and native stack is
/// added as they go deeper, whatever the thread began with.
#[derive(Default)]
pub struct Engine {
    shallow: OnceLock<Result<Backend, String>>,
    deep: OnceLock<Result<Backend, String>>,
    programs: Mutex<HashMap<Key, Arc<Program>>>,
}

/// What a compiled module is kept under.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    module: B256,
    debug: bool,
    deep: bool,
}

/// Wasmtime set up for one depth of stack, with every host function.
struct Backend {
    linker: Linker<Frame>,
    native_stack: usize,
}

/// A compiled module, linked, with what is read of its exports.
struct Program {
    linked: InstancePre<Frame>,
    memory: ModuleExport,
    entrypoint: ModuleExport,
    ink: ModuleExport,
    status: ModuleExport,
    stack: ModuleExport,
}

impl Engine {
    /// An engine with nothing compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a program: `wasm` gives the module if it is not compiled yet, `key` names it (the code hash), `ink` is what
    /// it starts with after entry charges. Its initial memory is not charged here. An error is none of the program's:
    /// the module cannot be had, or the machine refuses.
    #[expect(clippy::too_many_arguments, reason = "they are what a call is made of; naming them twice helps nobody")]
    pub fn call(
        &self,
        key: B256,
        wasm: &mut dyn FnMut() -> Result<Vec<u8>, String>,
        rules: &Rules,
        host: &mut dyn Host,
        calldata: Bytes,
        ink: u64,
        traced: bool,
    ) -> Result<Outcome, String> {
        let deep = rules.max_stack_depth > SHALLOW;
        let backend = self.backend(deep)?;
        let key = Key { module: key, debug: rules.debug, deep };
        let program = self.program(key, wasm, rules, backend)?;
        let needed = backend.native_stack + HOST_STACK;
        stacker::maybe_grow(needed, needed * FRAMES_PER_STRETCH, || {
            run(&program, rules, host, calldata, ink, traced).map_err(|error| format!("cannot run the program: {error:#}"))
        })
    }

    fn backend(&self, deep: bool) -> Result<&Backend, String> {
        let (cell, words) = if deep { (&self.deep, DEEP) } else { (&self.shallow, SHALLOW) };
        let made = cell.get_or_init(|| {
            Backend::new(words as usize * BYTES_PER_WORD)
                .map_err(|error| format!("cannot set up the WebAssembly engine: {error:#}"))
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// The compiled module. Two threads may compile the same one at once; either result serves.
    fn program(
        &self,
        key: Key,
        wasm: &mut dyn FnMut() -> Result<Vec<u8>, String>,
        rules: &Rules,
        backend: &Backend,
    ) -> Result<Arc<Program>, String> {
        if let Some(program) = self.programs.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(program.clone());
        }
        let program = Arc::new(Program::new(&wasm()?, rules, backend)?);
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        // Compiling anew is quick, so that what is in use need not be told from what is not. Frames hold on to their own.
        if programs.len() >= PROGRAMS {
            programs.clear();
        }
        programs.insert(key, program.clone());
        Ok(program)
    }
}

impl Backend {
    fn new(native_stack: usize) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        // A single pass compiles a contract in a fraction of the time, and a value lives in its native code no longer than
        // the program itself keeps it. An optimiser that merges equal expressions keeps thousands of them across a call,
        // in frames of a few metered words, so that the native stack would end before the metered one.
        config
            .strategy(Strategy::Winch)
            .max_wasm_stack(native_stack)
            // Not used, but held against the one above.
            .async_stack_size(native_stack)
            .generate_address_map(false)
            .native_unwind_info(false)
            .wasm_backtrace_max_frames(None);
        let mut linker = Linker::new(&wasmtime::Engine::new(&config)?);
        hooks::link(&mut linker)?;
        Ok(Self { linker, native_stack })
    }
}

impl Program {
    fn new(wasm: &[u8], rules: &Rules, backend: &Backend) -> Result<Self, String> {
        // Whether the module is fit was decided at its activation, perhaps when ArbOS still allowed multi-value.
        let lenient = Rules { arbos: rules.arbos.min(59), ..*rules };
        let examined = activation::examine(wasm, &lenient, u16::MAX).map_err(|error| error.to_string())?;
        let instrumented = examined.module.encode().map_err(|error| format!("cannot encode the module: {error}"))?;
        let compiled = Compiled::new(backend.linker.engine(), instrumented)
            .map_err(|error| format!("cannot compile the module: {error:#}"))?;
        let linked = backend.linker.instantiate_pre(&compiled).map_err(|error| format!("cannot link the module: {error:#}"))?;
        let export =
            |name| compiled.get_export_index(name).ok_or_else(|| format!("the instrumented module has no export {name}"));
        Ok(Self {
            linked,
            memory: export("memory")?,
            entrypoint: export("user_entrypoint")?,
            ink: export(INK_LEFT)?,
            status: export(INK_STATUS)?,
            stack: export(STACK_LEFT)?,
        })
    }
}

fn run(
    program: &Program,
    rules: &Rules,
    host: &mut dyn Host,
    calldata: Bytes,
    ink: u64,
    traced: bool,
) -> wasmtime::Result<Outcome> {
    let len = u32::try_from(calldata.len())?;
    // The frame lives in the store, which is dropped at the end of this function; until then `host` is not used here.
    let frame = unsafe { Frame::new(host, *rules, calldata, traced) };
    let mut store = Store::new(program.linked.module().engine(), frame);
    let instance = program.linked.instantiate(&mut store)?;
    let missing = || wasmtime::Error::msg("an export is not of its kind");
    let export = |store: &mut Store<Frame>, at| instance.get_module_export(store, at);
    let memory = export(&mut store, &program.memory).and_then(|export| export.into_memory()).ok_or_else(missing)?;
    let entrypoint = export(&mut store, &program.entrypoint).and_then(|export| export.into_func()).ok_or_else(missing)?;
    let [ink_left, status, stack] =
        [&program.ink, &program.status, &program.stack].map(|at| export(&mut store, at).and_then(|export| export.into_global()));
    let (ink_left, status, stack) = (ink_left.ok_or_else(missing)?, status.ok_or_else(missing)?, stack.ok_or_else(missing)?);

    store.data_mut().bind(Guest { memory, ink: ink_left, status });
    ink_left.set(&mut store, Val::I64(ink.cast_signed()))?;
    stack.set(&mut store, Val::I32(rules.max_stack_depth.cast_signed()))?;
    let returned = entrypoint.typed::<u32, u32>(&store)?.call(&mut store, len);

    let exhausted = status.get(&mut store).unwrap_i32() != 0;
    let overflown = stack.get(&mut store).unwrap_i32() == 0;
    let (status, error) = match returned {
        Ok(0) => (Status::Success, None),
        Ok(_) => (Status::Revert, None),
        Err(_) if overflown => (Status::OutOfStack, None),
        Err(_) if exhausted => (Status::OutOfInk, None),
        Err(error) => why(&error),
    };
    let left = match status {
        Status::OutOfInk | Status::OutOfStack => 0,
        _ => ink_left.get(&mut store).unwrap_i64().cast_unsigned(),
    };

    let frame = store.into_data();
    let Spent { storage, logs, calls, callees, host, .. } = frame.spent;
    let wasm = (ink - left).saturating_sub(storage + logs + calls + callees + host);
    let output = if matches!(status, Status::Success | Status::Revert) { frame.output } else { Bytes::new() };
    Ok(Outcome { status, output, ink_left: left, error, spent: Spent { wasm, ..frame.spent }, trace: frame.trace })
}

/// What an early end means, where neither ink nor stack words ran out.
fn why(error: &wasmtime::Error) -> (Status, Option<String>) {
    match error.downcast_ref::<Escape>() {
        Some(Escape::Exit(0)) => (Status::Success, None),
        Some(Escape::Exit(_)) => (Status::Revert, None),
        Some(Escape::OutOfInk) => (Status::OutOfInk, None),
        Some(Escape::Failure(reason)) => (Status::Failure, Some(reason.clone())),
        // The native stack is laid out to outlast the metered one; should it not, the program has used too much of it.
        None if error.downcast_ref::<Trap>() == Some(&Trap::StackOverflow) => {
            (Status::OutOfStack, Some("native stack exhausted".to_owned()))
        }
        None => (Status::Failure, Some(error.root_cause().to_string())),
    }
}
