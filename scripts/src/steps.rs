//! What was done, step by step.

pub use crate::chain::GasParts;
use crate::{
    build::CODE_LIMIT,
    tables::{grouped, table},
};

/// What stands on the chain, and what was done there.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// What stands on the chain.
    pub contracts: Vec<ContractRow>,
    /// What was done, up to the epochs.
    pub first: Vec<StepRow>,
    /// What was done in the epochs, of which there is too much for a table.
    pub epochs: Vec<StepRow>,
    /// What differs from the ledger. Empty if all is well.
    pub mismatches: Vec<String>,
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

impl Steps {
    /// Everything that was done, or left out.
    pub fn all(&self) -> impl Iterator<Item = &StepRow> {
        self.first.iter().chain(&self.epochs)
    }

    /// The contracts, in Markdown.
    pub(crate) fn contract_table(&self) -> String {
        let head = ["contract", "address", "code", "of limit", "data", "init gas", "cached gas"];
        let rows = self.contracts.iter().map(|row| {
            vec![
                row.name.clone(),
                row.address.clone(),
                grouped(row.code_size as u64),
                format!("{} %", (row.code_size * 100).div_ceil(CODE_LIMIT)),
                grouped(row.data_bytes as u64),
                grouped(row.init_gas),
                grouped(row.cached_gas),
            ]
        });
        table(&head, 2, rows.collect())
    }

    /// What was done up to the epochs, in Markdown.
    pub(crate) fn step_table(&self) -> String {
        let profiled = self.first.iter().any(|row| row.parts().is_some());
        let mut head = vec!["day", "step", "contract", "outcome", "gas"];
        if profiled {
            head.extend(["intrinsic", "entry", "wasm", "storage", "logs", "rest", "refund"]);
        }
        let rows = self.first.iter().filter(|row| !matches!(row.outcome, Outcome::LeftOut { .. })).map(|row| {
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
    /// What became of it, in words.
    pub(crate) fn status(&self) -> String {
        match &self.outcome {
            Outcome::Done { .. } => "ok".to_owned(),
            Outcome::Refused { error, .. } => format!("refused: {error}"),
            Outcome::LeftOut { why } => format!("left out: {why}"),
        }
    }

    /// Gas used, none if it was left out.
    pub(crate) fn gas(&self) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::{Outcome, StepRow, Steps};

    #[test]
    fn a_table_without_gas_parts_says_so() {
        let step = StepRow {
            day: 7,
            name: "ada claims".into(),
            contract: "staking".into(),
            outcome: Outcome::Done { gas: 54_321, parts: None },
        };
        let text = Steps { first: vec![step], ..Steps::default() }.step_table();
        assert!(text.contains("| 7   | ada claims | staking  | ok      | 54,321 |"), "{text}");
        assert!(text.contains("does not tell"), "{text}");
    }
}
