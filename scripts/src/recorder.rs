//! What every transaction of a run goes through: the file of transactions, the steps, the words for its progress.

use anyhow::Result;

use crate::{
    chain::Mined,
    journal::Journal,
    names::Names,
    progress::Progress,
    steps::{Outcome, StepRow, Steps},
};

/// Keeps what a run does.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Contracts by name.
    pub(crate) names: Names,
    /// What was done.
    pub(crate) steps: Steps,
    /// What it says meanwhile.
    pub(crate) progress: Progress,
    journal: Option<Journal>,
    began: Option<u64>,
    in_epochs: bool,
}

impl Recorder {
    /// With a file of transactions, or without.
    pub(crate) fn new(journal: Option<Journal>) -> Self {
        Self {
            names: Names::default(),
            steps: Steps::default(),
            progress: Progress::new(),
            journal,
            began: None,
            in_epochs: false,
        }
    }

    /// From now on steps are those of the epochs.
    pub(crate) fn begin_epochs(&mut self) {
        self.in_epochs = true;
    }

    /// Keeps a transaction as a step.
    pub(crate) fn keep(&mut self, name: impl Into<String>, mined: &Mined) -> Result<()> {
        let name = name.into();
        self.progress.detail(&name);
        if let Some(journal) = &mut self.journal {
            journal.write(&self.names, mined)?;
        }
        let day = self.day(mined.time);
        let (gas, parts) = (mined.gas_used, mined.gas);
        let outcome = match &mined.reverted {
            None => Outcome::Done { gas, parts },
            Some(data) => Outcome::Refused { error: self.names.error_text(data), gas, parts },
        };
        let contract = self.names.of(mined.order.to);
        self.push(StepRow { day, name, contract, outcome });
        Ok(())
    }

    /// Keeps a step that was not tried.
    pub(crate) fn leave_out(&mut self, name: impl Into<String>, contract: &str, why: &str) {
        let outcome = Outcome::LeftOut { why: why.to_owned() };
        let day = self.steps.all().last().map_or(0, |row| row.day);
        self.push(StepRow { day, name: name.into(), contract: contract.to_owned(), outcome });
    }

    /// Keeps something that is not as it should be.
    pub(crate) fn mismatch(&mut self, text: String) {
        self.progress.note(&format!("mismatch: {text}"));
        self.steps.mismatches.push(text);
    }

    fn push(&mut self, row: StepRow) {
        let steps = if self.in_epochs { &mut self.steps.epochs } else { &mut self.steps.first };
        steps.push(row);
    }

    fn day(&mut self, time: u64) -> u64 {
        time.saturating_sub(*self.began.get_or_insert(time)) / 86_400
    }
}
