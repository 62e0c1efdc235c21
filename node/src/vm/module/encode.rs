//! Putting an instrumented module together again. Types, imports, tables, memories, elements and data are the
//! original bytes; no index changes, for the instrumentation only appends globals.

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, ExportSection, Function, GlobalSection, RawSection, SectionId};

use super::Module;

impl Module<'_> {
    /// The module's bytes. Fails only on operators that validation has already refused.
    pub(in crate::vm) fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut reencode = RoundtripReencoder;
        let mut out = wasm_encoder::Module::new();
        for id in [SectionId::Type, SectionId::Import, SectionId::Function, SectionId::Table, SectionId::Memory] {
            self.copy(id, &mut out);
        }

        let mut globals = GlobalSection::new();
        for global in &self.globals {
            let init = wasm_encoder::ConstExpr::extended([reencode.instruction(global.init.clone())?]);
            globals.global(reencode.global_type(global.ty)?, &init);
        }
        out.section(&globals);

        let mut exports = ExportSection::new();
        for export in &self.exports {
            exports.export(export.name, reencode.export_kind(export.kind)?, export.index);
        }
        out.section(&exports);

        self.copy(SectionId::Element, &mut out);
        if !self.bodies.is_empty() {
            let mut code = CodeSection::new();
            for body in &self.bodies {
                let mut locals = Vec::with_capacity(body.locals.len());
                for &(count, ty) in &body.locals {
                    locals.push((count, reencode.val_type(ty)?));
                }
                let mut function = Function::new(locals);
                for operator in &body.code {
                    function.instruction(&reencode.instruction(operator.clone())?);
                }
                code.function(&function);
            }
            out.section(&code);
        }
        self.copy(SectionId::Data, &mut out);
        Ok(out.finish())
    }

    fn copy(&self, id: SectionId, out: &mut wasm_encoder::Module) {
        if let Some(data) = self.raw[id as usize] {
            out.section(&RawSection { id: id as u8, data });
        }
    }
}
