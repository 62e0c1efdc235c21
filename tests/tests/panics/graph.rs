//! Who calls whom in a module.

use std::collections::{HashMap, HashSet};

use wasmparser::{ElementItems, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// One call in a function's body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) caller: u32,
    pub(crate) callee: u32,
    /// Of the instruction, in the contents of the code section: DWARF's address.
    pub(crate) offset: u64,
}

/// Calls between the functions of a module, direct ones and those through its tables.
pub(crate) struct CallGraph {
    names: HashMap<u32, String>,
    functions: u32,
    entry: u32,
    sites: Vec<Site>,
}

impl CallGraph {
    pub(crate) fn read(module: &[u8]) -> Self {
        let mut types = Vec::new();
        let mut imports = 0;
        let mut entry = None;
        let mut in_tables = Vec::new();
        let mut names = HashMap::new();
        let mut code_start = 0;
        let (mut direct, mut indirect) = (Vec::new(), Vec::new());
        let mut next = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect("a valid module") {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if let TypeRef::Func(ty) = import.expect("an import").ty {
                            types.push(ty);
                            imports += 1;
                        }
                    }
                    next = imports;
                }
                Payload::FunctionSection(section) => types.extend(section.into_iter().map(|ty| ty.expect("a function"))),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.expect("an export");
                        if export.name == "user_entrypoint" && export.kind == ExternalKind::Func {
                            entry = Some(export.index);
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        if let ElementItems::Functions(items) = element.expect("an element segment").items {
                            in_tables.extend(items.into_iter().map(|index| index.expect("an element")));
                        }
                    }
                }
                Payload::CodeSectionStart { range, .. } => code_start = range.start,
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader().expect("a body");
                    while !operators.eof() {
                        let (operator, position) = operators.read_with_offset().expect("an operator");
                        let offset = (position - code_start) as u64;
                        match operator {
                            Operator::Call { function_index: callee } | Operator::ReturnCall { function_index: callee } => {
                                direct.push(Site { caller: next, callee, offset });
                            }
                            Operator::CallIndirect { type_index, .. } => indirect.push((next, type_index, offset)),
                            _ => {}
                        }
                    }
                    next += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(subsections) = section.as_known() {
                        for subsection in subsections {
                            if let Name::Function(map) = subsection.expect("names") {
                                names.extend(map.into_iter().map(|naming| {
                                    let naming = naming.expect("a name");
                                    (naming.index, format!("{:#}", rustc_demangle::demangle(naming.name)))
                                }));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        // An indirect call reaches whatever a table holds of its type.
        let mut sites = direct;
        for (caller, ty, offset) in indirect {
            let callees = in_tables.iter().filter(|&&callee| types[callee as usize] == ty);
            sites.extend(callees.map(|&callee| Site { caller, callee, offset }));
        }
        Self { names, functions: types.len() as u32, entry: entry.expect("an entry point"), sites }
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = u32> + '_ {
        0..self.functions
    }

    pub(crate) fn name(&self, function: u32) -> &str {
        self.names.get(&function).map_or("a function without a name", String::as_str)
    }

    /// Calls that can be reached from the entry point and from which one of `ends` can be reached.
    pub(crate) fn calls_towards(&self, ends: &[u32]) -> impl Iterator<Item = Site> + '_ {
        let reachable = self.closure([self.entry], |site| (site.caller, site.callee));
        let leading = self.closure(ends.iter().copied(), |site| (site.callee, site.caller));
        self.sites.iter().copied().filter(move |site| reachable.contains(&site.caller) && leading.contains(&site.callee))
    }

    fn closure(&self, from: impl IntoIterator<Item = u32>, edge: impl Fn(&Site) -> (u32, u32)) -> HashSet<u32> {
        let mut next: HashMap<u32, Vec<u32>> = HashMap::new();
        for site in &self.sites {
            let (a, b) = edge(site);
            next.entry(a).or_default().push(b);
        }
        let mut found: HashSet<u32> = from.into_iter().collect();
        let mut todo: Vec<u32> = found.iter().copied().collect();
        while let Some(function) = todo.pop() {
            for &other in next.get(&function).into_iter().flatten() {
                if found.insert(other) {
                    todo.push(other);
                }
            }
        }
        found
    }
}
