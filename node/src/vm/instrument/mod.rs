//! The passes that make a program pay for what it does, in the order of ArbOS (arbitrator/prover/src/programs):
//! each sees the operators that the one before it left.
//!
//! | pass | rule |
//! |---|---|
//! | [`start`] | the start function and the exports |
//! | [`ink`] | every run of operators is paid for before it begins |
//! | [`bulk`] | filling and copying memory is paid for by the byte |
//! | [`depth`] | frames take words from a bounded stack |
//! | [`heap`] | memory is bounded, and growing it is paid for |

mod bulk;
mod depth;
mod heap;
mod ink;
mod price;
mod start;

use wasmparser::{Export, ExternalKind, GlobalType, Operator, ValType};

use super::module::{Body, Global, Module};
use super::{Rejection, Rules};

pub(super) const INK_LEFT: &str = "stylus_ink_left";
pub(super) const INK_STATUS: &str = "stylus_ink_status";
pub(super) const SCRATCH: &str = "stylus_scratch_global";
pub(super) const STACK_LEFT: &str = "stylus_stack_left";

/// Operators of one function body.
type Code<'a> = Vec<Operator<'a>>;

/// Indices of the globals that the passes share. They follow the module's own.
#[derive(Clone, Copy)]
struct Meters {
    /// Ink left, i64.
    ink: u32,
    /// 1 once the ink did not suffice, i32.
    status: u32,
    /// An operand put aside, i32.
    scratch: u32,
    /// Stack words left, i32.
    stack: u32,
}

/// Instruments a module in place.
pub(super) fn instrument(module: &mut Module<'_>, rules: &Rules) -> Result<(), Rejection> {
    start::move_start(module, rules.debug)?;
    let meters = append_globals(module);
    let pay = heap::pay_function(module)?;
    let mut bodies = std::mem::take(&mut module.bodies);
    for (function, Body { code, locals }) in bodies.iter_mut().enumerate() {
        let locals = locals.iter().map(|(count, _)| count).sum();
        let metered = ink::meter(std::mem::take(code), module, meters);
        let metered = bulk::meter(metered, meters)?;
        let bounded = depth::bound(metered, locals, function, module, meters)?;
        *code = heap::meter(bounded, pay, meters);
    }
    module.bodies = bodies;
    Ok(())
}

fn append_globals(module: &mut Module<'_>) -> Meters {
    let mut append = |name, content_type, init| {
        let index = module.globals.len() as u32;
        module.globals.push(Global { ty: GlobalType { content_type, mutable: true, shared: false }, init });
        module.exports.push(Export { name, kind: ExternalKind::Global, index });
        index
    };
    Meters {
        ink: append(INK_LEFT, ValType::I64, Operator::I64Const { value: 0 }),
        status: append(INK_STATUS, ValType::I32, Operator::I32Const { value: 0 }),
        scratch: append(SCRATCH, ValType::I32, Operator::I32Const { value: 0 }),
        stack: append(STACK_LEFT, ValType::I32, Operator::I32Const { value: 0 }),
    }
}

fn get<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalGet { global_index }
}

fn set<'a>(global_index: u32) -> Operator<'a> {
    Operator::GlobalSet { global_index }
}
