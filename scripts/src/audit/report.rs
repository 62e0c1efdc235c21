//! What an audit says, for people and for programs.

use std::fmt::Write;

use serde_json::{Map, Value, json};
use words::number::plain;

use super::{
    Audit,
    entry::{Keeper, Wei},
    epochs::Parts,
};
use crate::answer::Answer;

/// A sum with both its sides, in wei.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Of what.
    pub name: String,
    /// Whose books it is from.
    pub keeper: Keeper,
    /// What came in.
    pub came: Vec<(&'static str, Wei)>,
    /// What became of it.
    pub became: Vec<(&'static str, Wei)>,
}

impl Ledger {
    /// What came in.
    pub fn total(&self) -> Wei {
        self.came.iter().map(|it| it.1).sum()
    }

    /// What came in, less what became of it: nothing.
    pub fn missing(&self) -> Wei {
        self.total() - self.became.iter().map(|it| it.1).sum::<Wei>()
    }
}

impl Audit {
    /// Whether not a wei is missing.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// As a command's answer.
    pub fn answer(&self, blocks: [u64; 2]) -> Answer {
        Answer { json: self.json(blocks), text: self.text(blocks), ok: self.is_clean() }
    }

    fn json(&self, [from, to]: [u64; 2]) -> Value {
        let text = |amount: Wei| Value::String(amount.to_string());
        let side = |lines: &[(&str, Wei)]| -> Map<String, Value> {
            lines.iter().map(|(name, amount)| ((*name).to_owned(), text(*amount))).collect()
        };
        let epochs: Vec<_> = self
            .epochs
            .iter()
            .map(|(epoch, row)| {
                let mut line: Map<String, Value> = Map::new();
                line.insert("epoch".into(), json!(epoch));
                line.insert("closed".into(), json!(row.parts.is_some()));
                let parts = row.parts.unwrap_or(Parts { builders: row.income.builders, ..Parts::default() });
                for (name, amount) in [
                    ("own", row.income.own),
                    ("granted", row.income.granted),
                    ("miners", parts.miners),
                    ("stakers", parts.stakers),
                    ("builders", parts.builders),
                    ("treasury", parts.treasury),
                    ("burn", parts.burn),
                    ("held", row.held()),
                    ("missing", row.missing()),
                    ("emission", row.emission.unwrap_or(0)),
                ] {
                    line.insert(name.into(), text(amount));
                }
                Value::Object(line)
            })
            .collect();
        let ledgers: Vec<_> = self
            .ledgers
            .iter()
            .map(|it| {
                json!({
                    "of": it.name,
                    "contract": it.keeper,
                    "came": side(&it.came),
                    "became": side(&it.became),
                    "missing": text(it.missing()),
                })
            })
            .collect();
        let donations: Vec<_> = self
            .donations
            .iter()
            .map(|it| {
                json!({
                    "contract": it.keeper, "from": it.moved.from, "amount": text(it.moved.amount), "at": it.site,
                })
            })
            .collect();
        let faults: Vec<_> = self
            .faults
            .iter()
            .map(|it| {
                json!({
                    "contract": it.keeper, "at": it.site, "says": it.to_string(),
                })
            })
            .collect();
        json!({
            "ok": self.is_clean(),
            "fromBlock": from,
            "toBlock": to,
            "events": self.events,
            "epochs": epochs,
            "ledgers": ledgers,
            "donations": donations,
            "faults": faults,
        })
    }

    fn text(&self, [from, to]: [u64; 2]) -> String {
        let mut text = format!("{} events of blocks {from} to {to}\n", self.events);
        self.write(&mut text).expect("a String takes everything");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        if !self.epochs.is_empty() {
            writeln!(text, "\nWhat apps paid for each epoch, and what became of it, in COR")?;
            let head = ["epoch", "own", "granted", "miners", "stakers", "builders", "treasury", "burn", "held", "emission"];
            let mut rows = vec![head.map(str::to_owned)];
            for (epoch, row) in &self.epochs {
                let parts = row.parts.unwrap_or(Parts { builders: row.income.builders, ..Parts::default() });
                let amounts = [
                    row.income.own,
                    row.income.granted,
                    parts.miners,
                    parts.stakers,
                    parts.builders,
                    parts.treasury,
                    parts.burn,
                    row.held(),
                    row.emission.unwrap_or(0),
                ];
                let mut cells = [const { String::new() }; 10];
                for (cell, value) in cells.iter_mut().zip(std::iter::once(epoch.to_string()).chain(amounts.map(cor))) {
                    *cell = value;
                }
                rows.push(cells);
            }
            columns(text, &rows)?;
        }
        for ledger in &self.ledgers {
            writeln!(text, "\n{}: {} COR", ledger.name, cor(ledger.total()))?;
            for (name, amount) in ledger.came.iter().filter(|it| it.1 != 0) {
                writeln!(text, "  + {name:<24} {}", cor(*amount))?;
            }
            for (name, amount) in ledger.became.iter().filter(|it| it.1 != 0) {
                writeln!(text, "  - {name:<24} {}", cor(*amount))?;
            }
            if ledger.missing() != 0 {
                writeln!(text, "  = {:<24} {} wei", "MISSING", ledger.missing())?;
            }
        }
        if !self.donations.is_empty() {
            writeln!(text, "\nSent to a contract without a call, which is nobody's and no error:")?;
        }
        for donation in &self.donations {
            let moved = donation.moved;
            writeln!(text, "  {} COR to {} from {} ({})", cor(moved.amount), donation.keeper, moved.from, donation.site)?;
        }
        if self.is_clean() {
            return writeln!(text, "\nEvery sum holds, to the wei.");
        }
        writeln!(text, "\n{} things do not add up:", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| writeln!(text, "  {fault}"))
    }
}

/// Rows with every column as wide as its widest cell, numbers to the right.
fn columns<const N: usize>(text: &mut String, rows: &[[String; N]]) -> std::fmt::Result {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    for row in rows {
        for (width, cell) in widths.iter().zip(row) {
            write!(text, "  {cell:>width$}", width = *width)?;
        }
        writeln!(text)?;
    }
    Ok(())
}

/// COR to the wei, without its name.
fn cor(amount: Wei) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}", plain(amount.unsigned_abs(), 18))
}
