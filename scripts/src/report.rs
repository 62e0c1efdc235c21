//! What a run says: a table for people, one document for programs.

use std::fmt::Write;

use serde_json::{Value, json};

pub use crate::chain::GasParts;
use crate::scenario::Chronicle;

/// A run, step by step.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What stands on the chain.
    pub contracts: Vec<ContractRow>,
    /// What was done, up to the epochs.
    pub steps: Vec<StepRow>,
    /// What was done in the epochs, of which there is too much for a table.
    pub epoch_steps: Vec<StepRow>,
    /// The epochs, and the sums at the end.
    pub chronicle: Chronicle,
    /// How many of them were simulated too: every figure and what everybody has must be the same, to the wei.
    pub simulated: usize,
    /// What differs from the ledger. Empty if all is well.
    pub mismatches: Vec<String>,
    /// Whether time could be moved.
    pub moved_time: bool,
}

/// A contract on the chain.
#[derive(Clone, Debug)]
pub struct ContractRow {
    /// Its package.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Bytes of its code.
    pub code_size: usize,
    /// Of its code.
    pub code_hash: String,
    /// Bytes of its data segments.
    pub data_bytes: usize,
    /// Gas of entering it.
    pub init_gas: u64,
    /// The same when it is cached.
    pub cached_gas: u64,
}

/// One step.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// Days since the first step.
    pub day: u64,
    /// What was done, for people.
    pub name: String,
    /// The contract called.
    pub contract: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done {
        /// Gas used.
        gas: u64,
        /// What the gas went to, where the chain tells.
        parts: Option<GasParts>,
    },
    /// It was refused, as it should be.
    Refused {
        /// With this error.
        error: String,
        /// Gas used.
        gas: u64,
        /// What the gas went to, where the chain tells.
        parts: Option<GasParts>,
    },
    /// It was not tried.
    LeftOut {
        /// Why.
        why: String,
    },
}

impl Report {
    /// Whether the chain and the ledger agree.
    pub fn is_ok(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// Everything that was done, or left out.
    pub fn all_steps(&self) -> impl Iterator<Item = &StepRow> {
        self.steps.iter().chain(&self.epoch_steps)
    }

    /// One document for programs.
    pub fn json(&self) -> Value {
        let contracts: Vec<Value> = self
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
            .all_steps()
            .map(|row| json!({"name": row.name, "contract": row.contract, "status": row.status(), "gasUsed": row.gas()}))
            .collect();
        let mut document = json!({"ok": self.is_ok(), "contracts": contracts, "steps": steps});
        self.chronicle.add_to(&mut document);
        document["simulatedEpochs"] = json!(self.simulated);
        if !self.is_ok() {
            document["mismatches"] = json!(self.mismatches);
        }
        document
    }

    /// Tables for people, in Markdown, so that a page can show what a run printed.
    pub fn tables(&self) -> String {
        let mut text = self.contract_table();
        text.push('\n');
        text.push_str(&self.step_table());
        text.push('\n');
        text.push_str(&self.chronicle.text());
        let left_out: Vec<&StepRow> = self.all_steps().filter(|row| matches!(row.outcome, Outcome::LeftOut { .. })).collect();
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

    fn contract_table(&self) -> String {
        let head = ["contract", "address", "code", "of limit", "data", "init gas", "cached gas"];
        let rows = self.contracts.iter().map(|row| {
            vec![
                row.name.clone(),
                row.address.clone(),
                grouped(row.code_size as u64),
                format!("{} %", (row.code_size * 100).div_ceil(crate::build::CODE_LIMIT)),
                grouped(row.data_bytes as u64),
                grouped(row.init_gas),
                grouped(row.cached_gas),
            ]
        });
        table(&head, 2, rows.collect())
    }

    fn step_table(&self) -> String {
        let profiled = self.steps.iter().any(|row| row.parts().is_some());
        let mut head = vec!["day", "step", "contract", "outcome", "gas"];
        if profiled {
            head.extend(["intrinsic", "entry", "wasm", "storage", "logs", "rest", "refund"]);
        }
        let rows = self.steps.iter().filter(|row| !matches!(row.outcome, Outcome::LeftOut { .. })).map(|row| {
            let mut cells = vec![row.day.to_string(), row.name.clone(), row.contract.clone(), row.status(), grouped(row.gas())];
            if let Some(parts) = row.parts() {
                let rest = parts.poster + parts.calls + parts.host + parts.evm;
                let parts = [parts.intrinsic, parts.entry, parts.wasm, parts.storage, parts.logs, rest, parts.refund];
                cells.extend(parts.iter().map(|gas| grouped(gas.to())));
            }
            cells
        });
        let mut text = table(&head, 4, rows.collect());
        if profiled {
            text.push_str("\nGas: `entry` is initialising programs, `rest` calls, other host functions and EVM code; `refund` is taken off.\n");
        } else {
            text.push_str("\nThis chain does not tell what gas went to: those columns are left out.\n");
        }
        text
    }
}

impl StepRow {
    fn status(&self) -> String {
        match &self.outcome {
            Outcome::Done { .. } => "ok".to_owned(),
            Outcome::Refused { error, .. } => format!("refused: {error}"),
            Outcome::LeftOut { why } => format!("left out: {why}"),
        }
    }

    fn gas(&self) -> u64 {
        match self.outcome {
            Outcome::Done { gas, .. } | Outcome::Refused { gas, .. } => gas,
            Outcome::LeftOut { .. } => 0,
        }
    }

    fn parts(&self) -> Option<GasParts> {
        match self.outcome {
            Outcome::Done { parts, .. } | Outcome::Refused { parts, .. } => parts,
            Outcome::LeftOut { .. } => None,
        }
    }
}

/// A Markdown table whose columns line up; from column `numbers` on they are numbers, and stand to the right.
pub(crate) fn table(head: &[&str], numbers: usize, rows: Vec<Vec<String>>) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cell = |(at, text): (usize, &str)| match at < numbers {
            true => format!(" {text:<0$} |", widths[at]),
            false => format!(" {text:>0$} |", widths[at]),
        };
        format!("|{}\n", cells.into_iter().enumerate().map(cell).collect::<String>())
    };
    let rule = |(at, width): (usize, &usize)| match at < numbers {
        true => format!("{}|", "-".repeat(width + 2)),
        false => format!("{}:|", "-".repeat(width + 1)),
    };
    let mut text = line(head.to_vec());
    text.push_str(&format!("|{}\n", widths.iter().enumerate().map(rule).collect::<String>()));
    for row in &rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// Digits in threes.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report, StepRow, grouped};

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_table_without_gas_parts_says_so() {
        let step = StepRow {
            day: 7,
            name: "ada claims".into(),
            contract: "staking".into(),
            outcome: Outcome::Done { gas: 54_321, parts: None },
        };
        let report = Report { steps: vec![step], ..Report::default() };
        let text = report.tables();
        assert!(text.contains("| 7   | ada claims | staking  | ok      | 54,321 |"), "{text}");
        assert!(text.contains("does not tell"), "{text}");
    }

    #[test]
    fn a_mismatch_is_not_ok_and_is_named() {
        let report = Report { mismatches: vec!["ada has 1, not 2".into()], ..Report::default() };
        assert_eq!(report.json()["ok"], false);
        assert_eq!(report.json()["mismatches"][0], "ada has 1, not 2");
        assert!(Report::default().json().get("mismatches").is_none());
    }
}
