//! A module taken apart: what ArbOS looks at, its function bodies as operators, and everything else as bytes.

mod encode;
mod limits;
mod names;
mod user;

use std::collections::HashMap;

use wasmparser::{
    BinaryReaderError, Data, DataKind, Element, ElementItems, ElementKind, Export, ExternalKind, FuncType, GlobalType, Imports,
    MemoryType, Operator, Parser, Payload, TableType, TypeRef, ValType, Validator, WasmFeatures,
};

use super::{Rejection, Rules};

/// An imported function.
pub(super) struct Import<'a> {
    /// Whose it is.
    pub module: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// Index of its type.
    pub ty: u32,
}

/// A global of the module itself.
pub(super) struct Global<'a> {
    /// Its type.
    pub ty: GlobalType,
    /// The one constant that it starts with.
    pub init: Operator<'a>,
}

/// A function body.
pub(super) struct Body<'a> {
    /// Declared locals in groups, parameters apart.
    pub locals: Vec<(u32, ValType)>,
    /// Its code, the last `end` included.
    pub code: Vec<Operator<'a>>,
}

impl Body<'_> {
    /// Declared locals, parameters apart. Validation keeps them below 50,000.
    pub(super) fn local_count(&self) -> u32 {
        self.locals.iter().map(|(count, _)| count).sum()
    }
}

/// A parsed module. Sections that the instrumentation leaves alone stay in `raw`.
pub(super) struct Module<'a> {
    pub types: Vec<FuncType>,
    pub imports: Vec<Import<'a>>,
    /// Type of each function of its own.
    pub functions: Vec<u32>,
    pub tables: Vec<TableType>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<Global<'a>>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    pub elements: Vec<Element<'a>>,
    pub bodies: Vec<Body<'a>>,
    pub data: Vec<Data<'a>>,
    /// The module's name in the name section.
    pub name: &'a str,
    /// Length of the whole module in bytes.
    pub wasm_len: usize,
    /// Contents of a section by its id.
    raw: [Option<&'a [u8]>; 13],
}

/// The proposals that ArbOS admits. With reference types off, the table index of `call_indirect` must be a single zero
/// byte; with data counts refused, bulk memory comes down to `memory.copy` and `memory.fill`. ArbOS 60 took
/// multi-value away.
fn features(rules: &Rules) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    features.set(WasmFeatures::MULTI_VALUE, rules.arbos < 60);
    features
}

impl<'a> Module<'a> {
    /// Validates a module and takes it apart. What is refused here does not depend on the instrumentation.
    pub(super) fn parse(wasm: &'a [u8], rules: &Rules) -> Result<Self, Rejection> {
        let features = features(rules);
        Validator::new_with_features(features).validate_all(wasm)?;

        let mut module = Module {
            types: vec![],
            imports: vec![],
            functions: vec![],
            tables: vec![],
            memories: vec![],
            globals: vec![],
            exports: vec![],
            start: None,
            elements: vec![],
            bodies: vec![],
            data: vec![],
            name: "",
            wasm_len: wasm.len(),
            raw: [None; 13],
        };
        let mut parser = Parser::new(0);
        parser.set_features(features);
        for payload in parser.parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section()
                && let Some(slot) = module.raw.get_mut(usize::from(id))
            {
                *slot = wasm.get(range);
            }
            module.take(payload)?;
        }
        module.check_names()?;
        Ok(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Rejection> {
        match payload {
            Payload::TypeSection(reader) => {
                self.types = reader.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(reader) => {
                for imports in reader {
                    let Imports::Single(_, import) = imports? else {
                        return Err(Rejection::Section("compact imports"));
                    };
                    let TypeRef::Func(ty) = import.ty else {
                        return Err(Rejection::ImportKind { module: import.module.into(), name: import.name.into() });
                    };
                    self.imports.push(Import { module: import.module, name: import.name, ty });
                }
            }
            Payload::FunctionSection(reader) => self.functions = collect(reader)?,
            Payload::TableSection(reader) => {
                for table in reader {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(reader) => self.memories = collect(reader)?,
            Payload::GlobalSection(reader) => {
                for (index, global) in reader.into_iter().enumerate() {
                    let global = global?;
                    let mut init = global.init_expr.get_operators_reader();
                    let value = match (init.read()?, init.read()?, init.eof()) {
                        (
                            value @ (Operator::I32Const { .. }
                            | Operator::I64Const { .. }
                            | Operator::F32Const { .. }
                            | Operator::F64Const { .. }),
                            Operator::End,
                            true,
                        ) => value,
                        _ => return Err(Rejection::GlobalInit(index)),
                    };
                    self.globals.push(Global { ty: global.ty, init: value });
                }
            }
            Payload::ExportSection(reader) => self.exports = collect(reader)?,
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(reader) => self.elements = collect(reader)?,
            Payload::DataSection(reader) => self.data = collect(reader)?,
            Payload::CodeSectionEntry(body) => {
                let locals = body.get_locals_reader()?.into_iter().collect::<Result<_, _>>()?;
                let code = body.get_operators_reader()?.into_iter().collect::<Result<_, _>>()?;
                self.bodies.push(Body { locals, code });
            }
            Payload::DataCountSection { .. } => return Err(Rejection::Section("data count")),
            Payload::CustomSection(section) if section.name() == "name" => self.name = names::module_name(&section)?,
            Payload::CustomSection(_) | Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            _ => return Err(Rejection::Section("of an unknown kind")),
        }
        Ok(())
    }

    /// Names that clash: an import of two types, an export that hides an import, and names of the instrumentation's.
    /// Of an export only what follows its last `__` counts.
    fn check_names(&self) -> Result<(), Rejection> {
        let mut seen = HashMap::new();
        for import in &self.imports {
            let ty = self.types.get(import.ty as usize);
            if *seen.entry((import.module, import.name)).or_insert(ty) != ty {
                return Err(Rejection::ImportConflict { module: import.module.into(), name: import.name.into() });
            }
        }
        let imported: std::collections::HashSet<_> = self.imports.iter().map(|import| import.name).collect();
        let exported = || self.exports.iter().map(|export| export.name.rsplit("__").next().unwrap_or(export.name));
        if let Some(name) = exported().find(|name| imported.contains(name)) {
            return Err(Rejection::ExportHidesImport(name.into()));
        }
        if let Some(name) = exported().chain(imported).find(|name| name.starts_with("stylus")) {
            return Err(Rejection::Reserved(name.into()));
        }
        Ok(())
    }

    /// Type of a function, imported ones first.
    pub(super) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let ty = match self.imports.get(index) {
            Some(import) => import.ty,
            None => *self.functions.get(index - self.imports.len())?,
        };
        self.types.get(ty as usize)
    }

    /// The export of this kind and name.
    pub(super) fn export(&self, kind: ExternalKind, name: &str) -> Option<&Export<'a>> {
        self.exports.iter().find(|export| export.kind == kind && export.name == name)
    }
}

fn collect<'a, T: wasmparser::FromReader<'a>>(section: wasmparser::SectionLimited<'a, T>) -> Result<Vec<T>, BinaryReaderError> {
    section.into_iter().collect()
}

/// Where an active segment lies: its memory or table, and the constant that it starts at.
fn active_offset<'a>(offset: &wasmparser::ConstExpr<'a>, what: &'static str) -> Result<i32, Rejection> {
    let mut reader = offset.get_operators_reader();
    match (reader.read()?, reader.read()?, reader.eof()) {
        (Operator::I32Const { value }, Operator::End, true) => Ok(value),
        _ => Err(Rejection::SegmentOffset(what)),
    }
}

/// Active data segments as (memory, offset expression, bytes).
fn active_data<'m, 'a>(data: &'m Data<'a>) -> Option<(u32, &'m wasmparser::ConstExpr<'a>)> {
    match &data.kind {
        DataKind::Active { memory_index, offset_expr } => Some((*memory_index, offset_expr)),
        DataKind::Passive => None,
    }
}

/// Active element segments as (table, offset expression).
fn active_element<'m, 'a>(element: &'m Element<'a>) -> Option<(u32, &'m wasmparser::ConstExpr<'a>)> {
    match &element.kind {
        ElementKind::Active { table_index, offset_expr } => Some((table_index.unwrap_or(0), offset_expr)),
        ElementKind::Passive | ElementKind::Declared => None,
    }
}

/// How many functions a segment names; expressions are refused.
pub(super) fn element_len(element: &Element<'_>) -> Result<u64, Rejection> {
    match &element.items {
        ElementItems::Functions(functions) => Ok(functions.count().into()),
        ElementItems::Expressions(..) => Err(Rejection::ElementExpressions),
    }
}
