//! Which line an instruction came from, through whatever was inlined there.

use std::collections::HashMap;

use addr2line::{
    Context,
    gimli::{Dwarf, EndianSlice, LittleEndian, SectionId},
};
use wasmparser::{Parser, Payload};

/// How paths of the standard library, and of what it is built with, begin.
const STD: [&str; 2] = ["/rustc/", "/rust/deps/"];

/// Where an instruction came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `path:line`.
    Line(String),
    /// The standard library, all of it.
    Std,
    /// Nothing is said of it: the standard library as it is shipped, in parts, or glue of the compiler.
    Unknown,
}

/// A module's DWARF.
pub(crate) struct Lines<'a> {
    context: Context<EndianSlice<'a, LittleEndian>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn read(module: &'a [u8]) -> Self {
        let mut sections = HashMap::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::CustomSection(section) = payload.expect("a valid module") {
                sections.insert(section.name(), section.data());
            }
        }
        let load = |id: SectionId| -> Result<_, addr2line::gimli::Error> {
            Ok(EndianSlice::new(sections.get(id.name()).copied().unwrap_or_default(), LittleEndian))
        };
        let dwarf = Dwarf::load(load).expect("DWARF sections");
        Self { context: Context::from_dwarf(dwarf).expect("DWARF") }
    }

    /// The innermost line outside the standard library that has the instruction at `offset`.
    pub(crate) fn origin(&self, offset: u64) -> Origin {
        let mut frames = self.context.find_frames(offset).skip_all_loads().expect("frames");
        let mut origin = Origin::Unknown;
        while let Some(frame) = frames.next().expect("a frame") {
            if let Some(location) = frame.location {
                let file = location.file.unwrap_or("an unnamed file");
                if !STD.iter().any(|begin| file.starts_with(begin)) {
                    return Origin::Line(format!("{file}:{}", location.line.unwrap_or(0)));
                }
                origin = Origin::Std;
            }
        }
        origin
    }
}
