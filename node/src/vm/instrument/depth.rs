//! A frame takes words from a bounded stack and gives them back when it returns: its tallest operand stack, its
//! declared locals, and four more. A frame that the stack cannot hold ends the program, out of stack.
//!
//! Words are given back in front of every `return`, one of which is put at the end of every function. A branch to the
//! function's own label goes past it, and its words stay taken: so does Nitro.

use wasmparser::{BlockType, FuncType, Operator};

use super::{Code, Meters, get, set};
use crate::vm::Rejection;
use crate::vm::module::Module;

/// Words that a frame takes besides operands and locals.
const FIXED: u32 = 4;
/// Most words of a frame.
const FRAME: u32 = 10240;
/// Most operands at once.
const OPERANDS: u32 = 4096;

/// Makes a function take its words at its start and give them back at its returns.
pub(super) fn bound<'a>(
    mut code: Code<'a>,
    locals: u32,
    function: usize,
    module: &Module<'_>,
    meters: Meters,
) -> Result<Code<'a>, Rejection> {
    let operands = tallest(&code, module)?;
    if operands > OPERANDS {
        return Err(Rejection::OperandStack { function, got: operands, limit: OPERANDS });
    }
    let size = operands + locals + FIXED;
    if size > FRAME {
        return Err(Rejection::Frame { function, got: size, limit: FRAME });
    }

    let end = code.pop();
    code.push(Operator::Return);
    code.extend(end);

    let returns = code.iter().filter(|operator| matches!(operator, Operator::Return)).count();
    let mut out = Vec::with_capacity(code.len() + 12 + 4 * returns);
    out.extend(take(size.cast_signed(), meters.stack));
    for operator in code {
        if matches!(operator, Operator::Return) {
            out.extend(give_back(size.cast_signed(), meters.stack));
        }
        out.push(operator);
    }
    Ok(out)
}

fn take<'a>(size: i32, stack: u32) -> [Operator<'a>; 12] {
    [
        get(stack),
        Operator::I32Const { value: size },
        Operator::I32LeU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 0 },
        set(stack),
        Operator::Unreachable,
        Operator::End,
        get(stack),
        Operator::I32Const { value: size },
        Operator::I32Sub,
        set(stack),
    ]
}

fn give_back<'a>(size: i32, stack: u32) -> [Operator<'a>; 4] {
    [get(stack), Operator::I32Const { value: size }, Operator::I32Add, set(stack)]
}

/// Height of the operand stack, as an upper bound that needs no types: heights never go below zero, results of a
/// block are there from its beginning, and results of a call lie beside its arguments for a moment.
#[derive(Default)]
struct Stack {
    height: u32,
    tallest: u32,
}

impl Stack {
    fn push(&mut self, count: usize) {
        self.height += count as u32;
        self.tallest = self.tallest.max(self.height);
    }

    fn pop(&mut self, count: usize) {
        self.height = self.height.saturating_sub(count as u32);
    }

    fn call(&mut self, ty: Option<&FuncType>) {
        if let Some(ty) = ty {
            self.push(ty.results().len());
            self.pop(ty.params().len());
        }
    }

    fn enter(&mut self, ty: BlockType, module: &Module<'_>) -> u32 {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => self.call(module.types.get(index as usize)),
        }
        self.height
    }
}

/// The tallest operand stack of a function.
fn tallest(code: &[Operator<'_>], module: &Module<'_>) -> Result<u32, Rejection> {
    use Operator::*;
    let mut stack = Stack::default();
    let mut scopes = vec![0];
    for operator in code {
        match operator {
            Block { blockty } | Loop { blockty } => scopes.push(stack.enter(*blockty, module)),
            If { blockty } => {
                stack.pop(1);
                scopes.push(stack.enter(*blockty, module));
            }
            Else => stack.height = scopes.last().copied().unwrap_or(0),
            End => stack.height = scopes.pop().unwrap_or(0),
            Call { function_index } => stack.call(module.function_type(*function_index)),
            CallIndirect { type_index, .. } => {
                stack.call(module.types.get(*type_index as usize));
                stack.pop(1);
            }
            Br { .. } | Return | Unreachable => {}
            BrIf { .. } | BrTable { .. } => stack.pop(1),
            plain => {
                let (ins, outs) = arity(plain).ok_or_else(|| Rejection::Operator(format!("{plain:?}")))?;
                match ins.cmp(&outs) {
                    std::cmp::Ordering::Less => stack.push((outs - ins) as usize),
                    _ => stack.pop((ins - outs) as usize),
                }
            }
        }
    }
    Ok(stack.tallest)
}

/// Operands that an operator takes and gives, for those where both are fixed.
fn arity(operator: &Operator<'_>) -> Option<(u32, u32)> {
    operator.operator_arity(&NoModule)
}

/// Nothing that depends on a module has a fixed arity.
struct NoModule;

impl wasmparser::ModuleArity for NoModule {
    fn sub_type_at(&self, _: u32) -> Option<&wasmparser::SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&wasmparser::SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, wasmparser::FrameKind)> {
        None
    }
}
