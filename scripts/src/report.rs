//! What a run says: tables for people, one document for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    scenario::Chronicle,
    steps::{Outcome, StepRow, Steps},
};

/// A run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was done, and what differs from the ledger.
    pub steps: Steps,
    /// The epochs, and the sums at the end.
    pub chronicle: Chronicle,
    /// How many of them were simulated too: every figure and what everybody has must be the same, to the wei.
    pub simulated: usize,
    /// Whether time could be moved.
    pub moved_time: bool,
}

impl Report {
    /// Whether the chain and the ledger agree.
    pub fn is_ok(&self) -> bool {
        self.steps.mismatches.is_empty()
    }

    /// One document for programs.
    pub fn json(&self) -> Value {
        let contracts: Vec<Value> = self
            .steps
            .contracts
            .iter()
            .map(|row| {
                json!({
                    "name": row.name, "address": row.address, "codeSize": row.code_size, "codeHash": row.code_hash,
                    "initGas": row.init_gas, "cachedGas": row.cached_gas,
                })
            })
            .collect();
        let steps: Vec<Value> = self
            .steps
            .all()
            .map(|row| json!({"name": row.name, "contract": row.contract, "status": row.status(), "gasUsed": row.gas()}))
            .collect();
        let mut document = json!({"ok": self.is_ok(), "contracts": contracts, "steps": steps});
        self.chronicle.add_to(&mut document);
        document["simulatedEpochs"] = json!(self.simulated);
        if !self.is_ok() {
            document["mismatches"] = json!(self.steps.mismatches);
        }
        document
    }

    /// Tables for people, in Markdown, so that a page can show what a run printed.
    pub fn tables(&self) -> String {
        let mut text = self.steps.contract_table();
        text.push('\n');
        text.push_str(&self.steps.step_table());
        text.push('\n');
        text.push_str(&self.chronicle.text());
        let left_out: Vec<&StepRow> = self.steps.all().filter(|row| matches!(row.outcome, Outcome::LeftOut { .. })).collect();
        if !left_out.is_empty() {
            text.push_str("\nLeft out, for time cannot be moved on this chain:\n");
            for row in left_out {
                let Outcome::LeftOut { why } = &row.outcome else { continue };
                // Writing to a string does not fail.
                let _ = writeln!(text, "- {} ({why})", row.name);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Steps};

    #[test]
    fn a_mismatch_is_not_ok_and_is_named() {
        let steps = Steps { mismatches: vec!["ada has 1, not 2".into()], ..Steps::default() };
        let report = Report { steps, ..Report::default() };
        assert_eq!(report.json()["ok"], false);
        assert_eq!(report.json()["mismatches"][0], "ada has 1, not 2");
        assert!(Report::default().json().get("mismatches").is_none());
    }
}
