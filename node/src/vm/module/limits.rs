//! Bounds on a module's size in every direction. They are counted after the instrumentation, which adds four globals
//! with their exports and many operators.

use super::{Module, element_len};
use crate::vm::{Rejection, Rules};

/// Longest name of an export or of the module, in bytes.
const NAME: u64 = 512;

fn limit(what: &'static str, got: usize, limit: u64) -> Result<(), Rejection> {
    match got as u64 {
        got if got > limit => Err(Rejection::TooMany { what, got, limit }),
        _ => Ok(()),
    }
}

impl Module<'_> {
    /// Checks every bound of ArbOS (arbitrator/prover/src/binary.rs).
    pub(in crate::vm) fn check_limits(&self, rules: &Rules) -> Result<(), Rejection> {
        limit("memories", self.memories.len(), 1)?;
        limit("data segments", self.data.len(), 128)?;
        limit("element segments", self.elements.len(), 128)?;
        limit("exports", self.exports.len(), 1024)?;
        limit("functions", self.bodies.len(), 4096)?;
        limit("globals", self.globals.len(), 32768)?;
        if rules.arbos >= 32 {
            limit("imports", self.imports.len(), 513)?;
        }
        for body in &self.bodies {
            limit("locals in a function", body.local_count() as usize, 348)?;
            limit("operators in a function", body.code.len(), 65536)?;
        }
        let entries = self.tables.iter().fold(0u64, |sum, table| sum.saturating_add(table.initial));
        limit("table entries", entries as usize, 4096)?;
        let mut entries = 0u64;
        for element in &self.elements {
            entries += element_len(element)?;
        }
        limit("element entries", entries as usize, 4096)?;
        for export in &self.exports {
            limit("bytes in an export's name", export.name.len(), NAME)?;
        }
        limit("bytes in the module's name", self.name.len(), NAME)
    }
}
