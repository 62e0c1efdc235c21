//! `memory.fill` and `memory.copy` cost ink for each byte, known only when they run. The other bulk operators are not
//! allowed, nor are those on tables.

use wasmparser::{BlockType, Operator};

use super::{Code, Meters, get, set};
use crate::vm::Rejection;

/// Ink for each byte filled or copied.
const PER_BYTE: i64 = 100;

/// Operators that are put in front of each bulk operation.
const CHARGE: usize = 17;

pub(super) fn meter<'a>(code: Code<'a>, meters: Meters) -> Result<Code<'a>, Rejection> {
    use Operator::*;
    let bulk = |operator: &Operator<'_>| matches!(operator, MemoryFill { .. } | MemoryCopy { .. });
    let mut out = Vec::with_capacity(code.len() + CHARGE * code.iter().filter(|operator| bulk(operator)).count());
    for operator in code {
        match operator {
            MemoryFill { .. } | MemoryCopy { .. } => out.extend(charge(meters)),
            MemoryInit { .. }
            | DataDrop { .. }
            | ElemDrop { .. }
            | TableInit { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableGet { .. }
            | TableSet { .. }
            | TableGrow { .. }
            | TableSize { .. } => return Err(Rejection::Operator(format!("{operator:?}"))),
            _ => {}
        }
        out.push(operator);
    }
    Ok(out)
}

/// Takes the price of the length on top of the stack, and leaves the length there. A subtraction that wraps is seen
/// by the ink growing.
fn charge<'a>(Meters { ink, status, scratch, .. }: Meters) -> [Operator<'a>; CHARGE] {
    [
        set(scratch),
        get(ink),
        get(ink),
        get(scratch),
        Operator::I64ExtendI32U,
        Operator::I64Const { value: PER_BYTE },
        Operator::I64Mul,
        Operator::I64Sub,
        set(ink),
        get(ink),
        Operator::I64LtU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 1 },
        set(status),
        Operator::Unreachable,
        Operator::End,
        get(scratch),
    ]
}
