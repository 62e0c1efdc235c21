//! Twin numbers: what a transaction will change, by `economics`, and what it did change.

use alloy_primitives::{Address, B256};
use anyhow::Result;
use serde_json::{Map, Value};
use words::{
    amount::Cor,
    refusals::{Context, duration, time},
};

use super::place::View;

/// A transaction's twin: the same change, made on paper.
pub(super) trait Twin {
    /// What the change depends on.
    type State;

    /// Reads it at a block, with what belongs to the epoch of a second that is not before the block's.
    async fn read(&self, at: &View<'_>, now: u64) -> Result<Self::State>;

    /// Makes the change as of the second that was read for. Nothing where the contract would refuse.
    fn apply(&self, state: &mut Self::State, now: u64) -> Option<()>;

    /// What people see of it.
    fn figures(&self, state: &Self::State) -> Vec<Figure>;

    /// The largest request of this kind that passes, in its own unit, where there is one.
    fn largest(&self, _state: &Self::State) -> Option<u128> {
        None
    }
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// What it is.
    pub(super) name: &'static str,
    /// How much.
    pub(super) quantity: Quantity,
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Wei of COR.
    Cor(u128),
    /// A second since 1970; 0 is never.
    Time(u64),
    /// So many seconds.
    Seconds(u64),
    /// Things that are counted.
    Count(u64),
    /// Parts of 10^18.
    Share(u128),
    /// An account; zero is nobody.
    Account(Address),
    /// A hash.
    Hash(B256),
    /// Yes or no.
    Flag(bool),
}

impl Figure {
    /// Wei of COR.
    pub(super) const fn cor(name: &'static str, wei: u128) -> Self {
        Self { name, quantity: Quantity::Cor(wei) }
    }

    /// A second.
    pub(super) const fn time(name: &'static str, second: u64) -> Self {
        Self { name, quantity: Quantity::Time(second) }
    }

    /// So many seconds.
    pub(super) const fn seconds(name: &'static str, seconds: u64) -> Self {
        Self { name, quantity: Quantity::Seconds(seconds) }
    }

    /// A hash.
    pub(super) const fn hash(name: &'static str, hash: B256) -> Self {
        Self { name, quantity: Quantity::Hash(hash) }
    }

    /// A count.
    pub(super) const fn count(name: &'static str, count: u64) -> Self {
        Self { name, quantity: Quantity::Count(count) }
    }

    /// An account.
    pub(super) const fn account(name: &'static str, account: Address) -> Self {
        Self { name, quantity: Quantity::Account(account) }
    }

    /// Yes or no.
    pub(super) const fn flag(name: &'static str, flag: bool) -> Self {
        Self { name, quantity: Quantity::Flag(flag) }
    }

    /// A part of a whole, rounded down.
    pub(super) fn share(name: &'static str, part: u128, whole: u128) -> Self {
        const ONE: u128 = 1_000_000_000_000_000_000;
        let share = if whole == 0 { 0 } else { economics::wide::ratio(part, ONE, whole) };
        Self { name, quantity: Quantity::Share(share) }
    }
}

impl Quantity {
    /// For people.
    pub(super) fn text(self, context: &Context) -> String {
        match self {
            Self::Cor(wei) => Cor(wei).to_string(),
            Self::Time(0) => "never".to_owned(),
            Self::Time(second) => time(second),
            Self::Seconds(seconds) => duration(seconds),
            Self::Count(count) => count.to_string(),
            Self::Share(share) => format!("{} %", words::number::plain(share, 16)),
            Self::Account(account) => context.who(account),
            Self::Hash(hash) => hash.to_string(),
            Self::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        }
    }

    /// For programs: integers as decimal strings.
    pub(super) fn json(self) -> Value {
        match self {
            Self::Cor(wei) | Self::Share(wei) => wei.to_string().into(),
            Self::Time(number) | Self::Seconds(number) | Self::Count(number) => number.to_string().into(),
            Self::Account(account) => account.to_string().into(),
            Self::Hash(hash) => hash.to_string().into(),
            Self::Flag(flag) => flag.into(),
        }
    }
}

/// Figures by name.
pub(super) fn document(figures: &[Figure]) -> Value {
    let one = |figure: &Figure| (figure.name.replace(' ', "_"), figure.quantity.json());
    Value::Object(figures.iter().map(one).collect::<Map<_, _>>())
}

/// Figures as lines.
pub(super) fn lines(figures: &[Figure], context: &Context) -> String {
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
    let line = |figure: &Figure| format!("{:<width$}  {}", figure.name, figure.quantity.text(context));
    figures.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What changes, as lines; what stays is left out.
pub(super) fn changes(before: &[Figure], after: &[Figure], context: &Context) -> String {
    let width = after.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
    let changed = before.iter().zip(after).filter(|(before, after)| before != after);
    let line = |(before, after): (&Figure, &Figure)| {
        format!("  {:<width$}  {} -> {}", after.name, before.quantity.text(context), after.quantity.text(context))
    };
    let lines: Vec<String> = changed.map(line).collect();
    if lines.is_empty() { "  nothing that is shown here changes".to_owned() } else { lines.join("\n") }
}

/// Where figures differ, as sentences.
pub(super) fn differences(predicted: &[Figure], actual: &[Figure], context: &Context) -> Vec<String> {
    let pairs = predicted.iter().zip(actual).filter(|(predicted, actual)| predicted != actual);
    let say = |(predicted, actual): (&Figure, &Figure)| {
        let (expected, found) = (predicted.quantity.text(context), actual.quantity.text(context));
        format!("  {}: predicted {expected}, is {found}", predicted.name)
    };
    let mut said: Vec<String> = pairs.map(say).collect();
    if predicted.len() != actual.len() {
        said.push(format!("  {} figures were predicted, {} are there", predicted.len(), actual.len()));
    }
    said
}
