//! Memory begins within bounds, and every `memory.grow` is paid for before it is tried: growing that then fails is
//! still paid for. Memory that cannot grow needs no payment.

use wasmparser::Operator;

use super::{Code, Meters, get, set};
use crate::vm::Rejection;
use crate::vm::module::Module;

/// Most pages that a module may begin with.
const PAGES: u64 = 128;

/// The imported function that takes the payment; none where memory cannot grow.
pub(super) fn pay_function(module: &Module<'_>) -> Result<Option<u32>, Rejection> {
    let memory = module.memories.first().ok_or(Rejection::NoMemory)?;
    if memory.initial > PAGES {
        return Err(Rejection::Memory { got: memory.initial, limit: PAGES });
    }
    if memory.maximum == Some(memory.initial) {
        return Ok(None);
    }
    let pay = module.imports.iter().position(|import| (import.module, import.name) == ("vm_hooks", "pay_for_memory_grow"));
    pay.map(|index| Some(index as u32)).ok_or(Rejection::NoPayForMemoryGrow)
}

/// Puts the payment in front of every `memory.grow`.
pub(super) fn meter<'a>(code: Code<'a>, pay: Option<u32>, Meters { scratch, .. }: Meters) -> Code<'a> {
    let Some(function_index) = pay else {
        return code;
    };
    let mut out = Vec::with_capacity(code.len());
    for operator in code {
        if matches!(operator, Operator::MemoryGrow { .. }) {
            out.extend([set(scratch), get(scratch), get(scratch), Operator::Call { function_index }]);
        }
        out.push(operator);
    }
    out
}
