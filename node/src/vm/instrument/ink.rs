//! A run of operators is paid for as a whole before it begins: the price of its operators, and a fixed price for the
//! check itself. If the ink does not suffice the program ends, and the ink that is left is forfeit.

use wasmparser::{BlockType, Operator};

use super::{Code, Meters, get, price, set};
use crate::vm::module::Module;

/// Price of the check in front of each run, in ink.
const HEADER: u64 = 2450;

/// Operators that are put in front of each run.
const CHECK: usize = 12;

/// Whether a run ends with this operator. `block` and `unreachable` do not end one: what follows `unreachable` up to
/// the run's end is still part of its price.
fn ends_run(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        End | Else
            | Return
            | Loop { .. }
            | Br { .. }
            | BrTable { .. }
            | BrIf { .. }
            | If { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}

/// Puts the payment in front of every run. The added operators are free.
pub(super) fn meter<'a>(code: Code<'a>, module: &Module<'_>, meters: Meters) -> Code<'a> {
    let runs = code.iter().filter(|operator| ends_run(operator)).count();
    let mut out = Vec::with_capacity(code.len() + runs * CHECK);
    let mut run = Vec::new();
    let mut cost = HEADER;
    for operator in code {
        cost = cost.saturating_add(price::ink(&operator, module));
        let ends = ends_run(&operator);
        run.push(operator);
        if ends {
            out.extend(pay(cost, meters));
            out.append(&mut run);
            cost = HEADER;
        }
    }
    out
}

fn pay<'a>(cost: u64, Meters { ink, status, .. }: Meters) -> [Operator<'a>; CHECK] {
    let cost = Operator::I64Const { value: cost.cast_signed() };
    [
        get(ink),
        cost.clone(),
        Operator::I64LtU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 1 },
        set(status),
        Operator::Unreachable,
        Operator::End,
        get(ink),
        cost,
        Operator::I64Sub,
        set(ink),
    ]
}
