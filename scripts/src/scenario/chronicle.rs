//! What the epochs came to: for people a table and a chart, for programs all figures of the formula.

use std::fmt::Write;

use alloy_primitives::{Address, U256};
use economics::COR;
use serde_json::{Value, json};

use super::paper::Closed;
use crate::system::Terms;
use crate::tables::{grouped, table};

/// Rows of a table, about.
const MOST_ROWS: usize = 26;
/// Columns of the longest bar.
const WIDTH: u128 = 50;

/// An epoch and what came of it: the reserve after it, units that were free and units that were paid, and what the builder
/// and the holder gained in it, in wei, on a stake of `equal`; and what everybody has at its closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) closed: Closed,
    pub(crate) reserve_left: u128,
    pub(super) free: u128,
    pub(super) paid: u128,
    pub(super) builder: u128,
    pub(crate) holder: u128,
    pub(super) equal: u128,
    pub(crate) accounts: Vec<Account>,
}

/// What somebody has, in wei: COR, stake, what is on its way out of it, rewards not yet taken, and a builder's credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) address: Address,
    pub(crate) cor: U256,
    pub(crate) stake: u128,
    pub(crate) unbonding: u128,
    pub(crate) rewards: u128,
    pub(crate) credit: u128,
}

impl Account {
    /// All of it.
    pub(crate) fn all(&self) -> u128 {
        self.cor.saturating_to::<u128>() + self.stake + self.unbonding + self.rewards + self.credit
    }
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
    terms: Terms,
    pub(crate) pages: Vec<Page>,
    solvency: Vec<Solvency>,
}

impl Chronicle {
    pub(super) fn new(terms: Terms, pages: Vec<Page>, solvency: Vec<Solvency>) -> Self {
        Self { terms, pages, solvency }
    }

    /// What is not the same in a simulation of the same plot: epoch by epoch, all figures and what everybody has, to the wei.
    pub(crate) fn differs_from(&self, simulated: &Self) -> Vec<String> {
        let document = |chronicle: &Self| {
            let mut document = json!({});
            chronicle.add_to(&mut document);
            document
        };
        let mut differences = Vec::new();
        differ("", &document(self), &document(simulated), &mut differences);
        differences
    }

    /// Whether any epoch emitted.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The last epoch.
    pub(crate) fn last(&self) -> Option<&Page> {
        self.pages.last()
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
                yearly(page.builder, page.equal),
                yearly(page.holder, page.equal),
                cor(page.reserve_left),
                cor(burned),
            ]
        });
        table(&head, 0, self.shown(rows.collect()))
    }

    fn chart(&self) -> String {
        let most = self.pages.iter().map(|page| page.closed.budget()).max().unwrap_or_default().max(1);
        let mut text = String::from("\nMiners' income, COR: # paid by apps and grants, . emitted\n");
        for page in self.shown(self.pages.iter().collect()) {
            let columns = |amount: u128| ((amount / COR) * WIDTH / (most / COR).max(1)) as usize;
            let (fees, emitted) = (columns(page.closed.parts.miners), columns(page.closed.emission));
            let bar = format!("{}{}", "#".repeat(fees), ".".repeat(emitted));
            let income = grouped((page.closed.budget() / COR) as u64);
            writeln!(text, "{:>5} {bar} {income}", page.closed.epoch).expect("a String takes everything");
        }
        text
    }

    /// Of years of epochs not all are shown to people, but always the first and the last.
    fn shown<T>(&self, rows: Vec<T>) -> Vec<T> {
        let (step, last) = (rows.len().div_ceil(MOST_ROWS).max(1), rows.len().saturating_sub(1));
        rows.into_iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last).map(|(_, row)| row).collect()
    }

    fn solvency_table(&self) -> String {
        let rows = self.solvency.iter().map(|row| vec![row.contract.to_owned(), row.owes.to_string(), row.has.to_string()]);
        table(&["contract", "owes, wei", "has, wei"], 1, rows.collect())
    }

    /// Adds to a run's document the parameters, every epoch and the sums: wei as decimal strings, ratios as parts of 10^18.
    pub(crate) fn add_to(&self, document: &mut Value) {
        let Terms { decay, usage_taper, stake_taper, floor, miners, treasury, burn, builders, discount, unit_price } = self.terms;
        let ratios = [
            ("decay", decay),
            ("usageTaper", usage_taper),
            ("stakeTaper", stake_taper),
            ("floor", floor),
            ("miners", miners),
            ("treasury", treasury),
            ("burn", burn),
            ("builders", builders),
            ("discount", discount),
            ("unitPrice", unit_price),
        ];
        let parameters = ratios.map(|(name, ratio)| (name.to_owned(), Value::String(ratio.units().to_string())));
        document["parameters"] = Value::Object(parameters.into_iter().collect());
        document["epochs"] = self.pages.iter().map(epoch).collect();
        let sum = |row: &Solvency| json!({"contract": row.contract, "owes": row.owes.to_string(), "has": row.has.to_string()});
        document["solvency"] = self.solvency.iter().map(sum).collect();
    }
}

/// Every place at which two documents are not the same.
fn differ(place: &str, chain: &Value, simulated: &Value, differences: &mut Vec<String>) {
    match (chain, simulated) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            one.iter().for_each(|(name, it)| differ(&format!("{place} {name}"), it, &simulated[name], differences));
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            (0..).zip(one.iter().zip(other)).for_each(|(at, (it, other)): (usize, _)| {
                let name = ["name", "contract", "epoch"].iter().find_map(|field| it.get(field)).map(Value::to_string);
                differ(&format!("{place} {}", name.unwrap_or(at.to_string())), it, other, differences);
            });
        }
        (one, other) if one != other => differences.push(format!("simulated,{place} is {other}, and not {one}")),
        _ => {}
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
        "accounts": page.accounts.iter().map(account).collect::<Vec<_>>(),
    })
}

fn account(account: &Account) -> Value {
    json!({
        "name": account.name,
        "address": account.address.to_string(),
        "cor": account.cor.to_string(),
        "stake": account.stake.to_string(),
        "unbonding": account.unbonding.to_string(),
        "rewards": account.rewards.to_string(),
        "credit": account.credit.to_string(),
    })
}

/// A ratio in 10^-18 as percent with a digit, rounded down.
pub(crate) fn percent(share: u128) -> String {
    let tenths = share / (COR / 1_000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// What a gain of an epoch on a stake is in a year of 52, in percent with two digits.
pub(super) fn yearly(gain: u128, stake: u128) -> String {
    let hundredths = gain * 52 * 10_000 / stake.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
