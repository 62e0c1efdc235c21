//! What the epochs came to: for people a table and a chart, for programs all figures of the formula.

use std::fmt::Write;

use alloy_primitives::U256;
use economics::{COR, emission::Decay};
use serde_json::{Value, json};

use super::{
    network::{DISCOUNT, PRICE, SPLIT, TAPER},
    paper::Closed,
    plot::EQUAL_STAKE,
};
use crate::report::{grouped, table};

/// Columns of the longest bar.
const WIDTH: u128 = 50;

/// An epoch and what came of it: the reserve after it, units that were free and units that were paid, and what the builder
/// and the holder gained in it, in wei.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) closed: Closed,
    pub(super) reserve_left: u128,
    pub(super) free: u128,
    pub(super) paid: u128,
    pub(super) builder: u128,
    pub(super) holder: u128,
}

/// What a contract owes by paper, and what COR it has, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solvency {
    /// Its package.
    pub contract: &'static str,
    /// To everybody together.
    pub owes: u128,
    /// On the chain.
    pub has: U256,
}

/// The epochs of a run that emitted, and what the contracts owe and have at its end.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    pages: Vec<Page>,
    solvency: Vec<Solvency>,
}

impl Chronicle {
    pub(super) fn new(pages: Vec<Page>, solvency: Vec<Solvency>) -> Self {
        Self { pages, solvency }
    }

    /// Whether any epoch emitted.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// A table of the epochs, a chart of miners' income by its source, and the sums. COR, rounded down; usage in millions of
    /// units; yields in percent a year.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.is_empty() {
            text.push_str(&self.epoch_table());
            text.push_str(&self.chart());
            text.push('\n');
        }
        text.push_str(&self.solvency_table());
        text
    }

    fn epoch_table(&self) -> String {
        let head = [
            "epoch",
            "free M",
            "paid M",
            "by apps",
            "by grants",
            "emission",
            "miners get",
            "user-paid",
            "builder %/y",
            "holder %/y",
            "reserve",
            "burned",
        ];
        let mut burned = 0;
        let rows = self.pages.iter().map(|page| {
            let Closed { epoch, emission, income, parts, .. } = page.closed;
            burned += parts.burn;
            let cor = |wei: u128| grouped((wei / COR) as u64);
            let millions = |units: u128| format!("{}.{}", units / 1_000_000, units / 100_000 % 10);
            vec![
                epoch.to_string(),
                millions(page.free),
                millions(page.paid),
                cor(income.own),
                cor(income.granted),
                cor(emission),
                cor(page.closed.budget()),
                percent(page.closed.user_paid()),
                yearly(page.builder),
                yearly(page.holder),
                cor(page.reserve_left),
                cor(burned),
            ]
        });
        table(&head, 0, rows.collect())
    }

    fn chart(&self) -> String {
        let most = self.pages.iter().map(|page| page.closed.budget()).max().unwrap_or_default().max(1);
        let mut text = String::from("\nMiners' income, COR: # paid by apps and grants, . emitted\n");
        for page in &self.pages {
            let columns = |amount: u128| ((amount / COR) * WIDTH / (most / COR).max(1)) as usize;
            let (fees, emitted) = (columns(page.closed.parts.miners), columns(page.closed.emission));
            let bar = format!("{}{}", "#".repeat(fees), ".".repeat(emitted));
            let income = grouped((page.closed.budget() / COR) as u64);
            writeln!(text, "{:>5} {bar} {income}", page.closed.epoch).expect("a String takes everything");
        }
        text
    }

    fn solvency_table(&self) -> String {
        let rows = self.solvency.iter().map(|row| vec![row.contract.to_owned(), row.owes.to_string(), row.has.to_string()]);
        table(&["contract", "owes, wei", "has, wei"], 1, rows.collect())
    }

    /// One self-contained file with charts of the income by source, the reserve and the yields.
    pub fn html(&self) -> String {
        super::page::html(&self.pages)
    }

    /// Adds to a run's document the parameters, every epoch and the sums: wei as decimal strings, ratios as parts of 10^18.
    pub(crate) fn add_to(&self, document: &mut Value) {
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
        let sum = |row: &Solvency| json!({"contract": row.contract, "owes": row.owes.to_string(), "has": row.has.to_string()});
        document["solvency"] = self.solvency.iter().map(sum).collect();
    }
}

fn epoch(page: &Page) -> Value {
    let Closed { epoch, reserve, cap, income, parts, average_stake, supply, emission, deposits, .. } = page.closed;
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
        "freeUnits": page.free.to_string(),
        "paidUnits": page.paid.to_string(),
        "userPaidShare": page.closed.user_paid().to_string(),
        "builderGain": page.builder.to_string(),
        "holderGain": page.holder.to_string(),
    })
}

/// A ratio in 10^-18 as percent with a digit, rounded down.
pub(super) fn percent(share: u128) -> String {
    let tenths = share / (COR / 1_000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// What a gain of an epoch on the equal stake is in a year of 52, in percent with two digits.
pub(super) fn yearly(gain: u128) -> String {
    let hundredths = gain * 52 * 10_000 / EQUAL_STAKE;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
