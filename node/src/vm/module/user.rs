//! What makes a valid module a program: its entry point and memory, imports that the host has, no floating-point
//! arithmetic, and segments that fit.

use wasmparser::{ExternalKind, FuncType, Operator, RefType, ValType};

use super::{Module, active_data, active_element, active_offset, element_len};
use crate::vm::signatures::{self, Signature};
use crate::vm::{Rejection, Rules};

/// Bytes of a WebAssembly page.
const PAGE: u64 = 65536;

impl Module<'_> {
    /// Checks what every program must have.
    pub(in crate::vm) fn check_program(&self, rules: &Rules, page_limit: u16) -> Result<(), Rejection> {
        self.check_memory(page_limit)?;
        self.check_entrypoint()?;
        self.check_imports(rules)?;
        for body in &self.bodies {
            if let Some(operator) = body.code.iter().find(|operator| is_float_arithmetic(operator)) {
                return Err(Rejection::Float(format!("{operator:?}")));
            }
        }
        self.check_segments()
    }

    fn check_memory(&self, page_limit: u16) -> Result<(), Rejection> {
        let export = self.export(ExternalKind::Memory, "memory");
        let (Some(memory), Some(0)) = (self.memories.first(), export.map(|export| export.index)) else {
            return Err(Rejection::NoMemory);
        };
        if memory.initial > page_limit.into() {
            return Err(Rejection::PageLimit { got: memory.initial, limit: page_limit });
        }
        Ok(())
    }

    fn check_entrypoint(&self) -> Result<(), Rejection> {
        let export = self.export(ExternalKind::Func, "user_entrypoint").ok_or(Rejection::NoEntrypoint)?;
        let ty = self.function_type(export.index).ok_or(Rejection::NoEntrypoint)?;
        if (ty.params(), ty.results()) != (&[ValType::I32], &[ValType::I32]) {
            return Err(Rejection::EntrypointType(ty.to_string()));
        }
        Ok(())
    }

    fn check_imports(&self, rules: &Rules) -> Result<(), Rejection> {
        for import in &self.imports {
            let names = || (import.module.to_owned(), import.name.to_owned());
            let Some(known) = signatures::find(import.module, import.name) else {
                let (module, name) = names();
                return Err(Rejection::ImportUnknown { module, name });
            };
            if known.debug && !rules.debug {
                let (module, name) = names();
                return Err(Rejection::ImportDebug { module, name });
            }
            let ty = self.types.get(import.ty as usize);
            if !ty.is_some_and(|ty| ty.params() == known.params && ty.results() == known.results) {
                let (module, name) = names();
                let got = ty.map_or_else(String::new, FuncType::to_string);
                return Err(Rejection::ImportSignature { module, name, expected: signature_text(known), got });
            }
        }
        Ok(())
    }

    fn check_segments(&self) -> Result<(), Rejection> {
        let fits = |offset: i32, len: u64, size: u64| u64::try_from(offset).is_ok_and(|offset| offset + len <= size);
        for data in &self.data {
            let Some((_, expr)) = active_data(data) else { continue };
            let (offset, len) = (active_offset(expr, "data")?, data.data.len() as u64);
            let size = self.memories.first().map_or(0, |memory| memory.initial * PAGE);
            if !fits(offset, len, size) {
                return Err(Rejection::SegmentBounds { what: "data", offset, len, size });
            }
        }
        if self.tables.iter().any(|table| table.element_type != RefType::FUNCREF) {
            return Err(Rejection::TableType);
        }
        for element in &self.elements {
            let len = element_len(element)?;
            let Some((table, expr)) = active_element(element) else { continue };
            let offset = active_offset(expr, "element")?;
            let size = self.tables.get(table as usize).map_or(0, |table| table.initial);
            if !fits(offset, len, size) {
                return Err(Rejection::SegmentBounds { what: "element", offset, len, size });
            }
        }
        Ok(())
    }
}

/// A host function's type as people read it.
fn signature_text(signature: &Signature) -> String {
    FuncType::new(signature.params.iter().copied(), signature.results.iter().copied()).to_string()
}

/// Operators that compute with floats. Constants, loads, stores and reinterpretations are not among them: they are
/// let in, but their price keeps them from ever running.
fn is_float_arithmetic(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        F32Eq
            | F32Ne
            | F32Lt
            | F32Gt
            | F32Le
            | F32Ge
            | F64Eq
            | F64Ne
            | F64Lt
            | F64Gt
            | F64Le
            | F64Ge
            | F32Abs
            | F32Neg
            | F32Ceil
            | F32Floor
            | F32Trunc
            | F32Nearest
            | F32Sqrt
            | F64Abs
            | F64Neg
            | F64Ceil
            | F64Floor
            | F64Trunc
            | F64Nearest
            | F64Sqrt
            | F32Add
            | F32Sub
            | F32Mul
            | F32Div
            | F32Min
            | F32Max
            | F32Copysign
            | F64Add
            | F64Sub
            | F64Mul
            | F64Div
            | F64Min
            | F64Max
            | F64Copysign
            | I32TruncF32S
            | I32TruncF32U
            | I32TruncF64S
            | I32TruncF64U
            | I64TruncF32S
            | I64TruncF32U
            | I64TruncF64S
            | I64TruncF64U
            | I32TruncSatF32S
            | I32TruncSatF32U
            | I32TruncSatF64S
            | I32TruncSatF64U
            | I64TruncSatF32S
            | I64TruncSatF32U
            | I64TruncSatF64S
            | I64TruncSatF64U
            | F32ConvertI32S
            | F32ConvertI32U
            | F32ConvertI64S
            | F32ConvertI64U
            | F32DemoteF64
            | F64ConvertI32S
            | F64ConvertI32U
            | F64ConvertI64S
            | F64ConvertI64U
            | F64PromoteF32
    )
}
