//! What the epochs came to: for people a table and a chart, for programs all figures of the formula.

use std::fmt::Write;

use economics::{COR, emission::Decay};
use serde_json::{Value, json};

use super::{
    network::{DISCOUNT, PRICE, SPLIT, TAPER},
    paper::Closed,
    plot::EQUAL_STAKE,
};
use crate::report::Report;

/// Columns of the longest bar.
const WIDTH: u128 = 50;

/// An epoch and what came of it: the reserve after it, and what the builder and the holder gained in it, in wei.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) closed: Closed,
    pub(super) reserve_left: u128,
    pub(super) builder: u128,
    pub(super) holder: u128,
}

/// The epochs of a scenario.
#[derive(Clone, Debug)]
pub struct Chronicle {
    pages: Vec<Page>,
}

impl Chronicle {
    pub(super) fn new(pages: Vec<Page>) -> Self {
        Self { pages }
    }

    /// A table, and a chart of miners' income by its source. COR, rounded down; yields in percent a year.
    pub fn text(&self) -> String {
        let mut text =
            String::from("epoch   emission  by apps  by grants  user-paid  builder %/y  holder %/y      reserve    burned\n");
        let mut burned = 0;
        for page in &self.pages {
            let Closed { epoch, emission, income, parts, .. } = page.closed;
            burned += parts.burn;
            let share = page.closed.user_paid() / (COR / 1_000);
            let line = writeln!(
                text,
                "{epoch:>5} {:>10} {:>8} {:>10} {:>8}.{}% {:>12} {:>11} {:>12} {:>9}",
                emission / COR,
                income.own / COR,
                income.granted / COR,
                share / 10,
                share % 10,
                yearly(page.builder),
                yearly(page.holder),
                page.reserve_left / COR,
                burned / COR,
            );
            line.expect("a String takes everything");
        }
        let most = self.pages.iter().map(|page| page.closed.budget()).max().unwrap_or_default().max(1);
        text.push_str("\nminers' income: # paid by apps and grants, . emitted\n");
        for page in &self.pages {
            let columns = |amount: u128| ((amount / COR) * WIDTH / (most / COR).max(1)) as usize;
            let (fees, emitted) = (columns(page.closed.parts.miners), columns(page.closed.emission));
            let bar = format!("{}{}", "#".repeat(fees), ".".repeat(emitted));
            writeln!(text, "{:>5} {bar} {}", page.closed.epoch, page.closed.budget() / COR).expect("a String takes everything");
        }
        text
    }

    /// One self-contained file with charts of the income by source, the reserve and the yields.
    pub fn html(&self) -> String {
        super::page::html(&self.pages)
    }

    /// The run's own document, with the parameters and every epoch: wei as decimal strings, ratios as parts of 10^18.
    pub fn json(&self, report: &Report) -> Value {
        let mut document = report.json();
        let wad = |points: u16| (u64::from(points) * 100_000_000_000_000).to_string();
        let [miners, treasury, burn, builders] = SPLIT.map(wad);
        let [usage, stake, floor] = TAPER.map(|units| units.to_string());
        document["parameters"] = json!({
            "decay": Decay::DEFAULT.to_string(),
            "usageTaper": usage,
            "stakeTaper": stake,
            "floor": floor,
            "miners": miners,
            "treasury": treasury,
            "burn": burn,
            "builders": builders,
            "discount": wad(DISCOUNT),
            "unitPrice": PRICE.to_string(),
        });
        document["epochs"] = self.pages.iter().map(epoch).collect();
        document
    }
}

fn epoch(page: &Page) -> Value {
    let Closed { epoch, reserve, cap, income, parts, average_stake, supply, emission, deposits } = page.closed;
    json!({
        "epoch": epoch,
        "reserve": reserve.to_string(),
        "cap": cap.to_string(),
        "own": income.own.to_string(),
        "granted": income.granted.to_string(),
        "builders": income.builders.to_string(),
        "fees": parts.miners.to_string(),
        "stakers": parts.stakers.to_string(),
        "treasury": parts.treasury.to_string(),
        "burn": parts.burn.to_string(),
        "averageStake": average_stake.to_string(),
        "supply": supply.to_string(),
        "emission": emission.to_string(),
        "deposits": deposits.to_string(),
        "budget": page.closed.budget().to_string(),
        "userPaidShare": page.closed.user_paid().to_string(),
        "builderGain": page.builder.to_string(),
        "holderGain": page.holder.to_string(),
    })
}

/// What a gain of an epoch on the equal stake is in a year of 52, in percent with two digits.
pub(super) fn yearly(gain: u128) -> String {
    let hundredths = gain * 52 * 10_000 / EQUAL_STAKE;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
