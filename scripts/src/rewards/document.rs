//! `allocations.json`: one epoch's outcome, and everything that it followed from, named by hash.
//!
//! Its bytes are a function of the inputs alone: compact JSON, members in the order written here, miners by ascending
//! address, every amount a decimal string of wei, a newline at the end. Keccak-256 of them is the `dataHash` that attesters
//! vote on, so that two who computed the same agree on it, and a vote names all that anyone needs to compute it again.

use alloy_primitives::{Address, B256, keccak256};
use economics::allocation::Pots;
use serde::{Deserialize, Serialize};

/// The version of this format.
pub(crate) const FORMAT: &str = "corflow-allocations-v1";

/// One epoch's outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The epoch.
    pub epoch: u64,
    /// What the pool budgeted for the epoch.
    pub budget: Amounts,
    /// What the allocation before had no score for.
    pub carried_in: Amounts,
    /// What this one has no score for.
    pub carried_out: Amounts,
    /// The stake below which a miner counts for nothing.
    #[serde(with = "text")]
    pub minimum_stake: u128,
    /// The scores that it was computed from.
    pub scores: Input,
    /// The stakes.
    pub stakes: Input,
    /// The epoch that the cumulative tree goes on from; none in the first.
    pub previous: Option<Previous>,
    /// All paid score that counts, in units of 10^-18.
    #[serde(with = "text")]
    pub paid_score: u128,
    /// All free score that counts.
    #[serde(with = "text")]
    pub free_score: u128,
    /// What miners get together.
    pub allocated: Amounts,
    /// How many wei of it went by the largest remainder.
    pub dust: Amounts,
    /// Who gets what, but for those who get nothing.
    pub miners: Vec<Line>,
    /// What all miners have earned in all.
    #[serde(with = "text")]
    pub cumulative_total: u128,
    /// The cumulative tree's root; none while nobody has earned anything.
    pub root: Option<B256>,
}

/// Amounts of both kinds, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amounts {
    /// Of emission.
    #[serde(with = "text")]
    pub emission: u128,
    /// Of fees.
    #[serde(with = "text")]
    pub fees: u128,
}

/// A published file, by its name and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name, beside this document.
    pub file: String,
    /// Keccak-256 of its bytes.
    pub keccak256: B256,
}

/// The epoch before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Previous {
    /// Which.
    pub epoch: u64,
    /// Its tree's root.
    pub root: Option<B256>,
    /// Keccak-256 of its document.
    pub data_hash: B256,
}

/// What one miner gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Who.
    #[serde(serialize_with = "lowercase")]
    pub miner: Address,
    /// Of emission, in wei.
    #[serde(with = "text")]
    pub emission: u128,
    /// Of fees, in wei.
    #[serde(with = "text")]
    pub fees: u128,
}

impl Document {
    /// Its bytes, as they are published.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("it has no map with keys that are not strings");
        bytes.push(b'\n');
        bytes
    }

    /// The hash that a vote names.
    pub fn data_hash(&self) -> B256 {
        keccak256(self.bytes())
    }
}

impl Input {
    /// The input of this name and content.
    pub(crate) fn of(file: String, bytes: &[u8]) -> Self {
        Self { file, keccak256: keccak256(bytes) }
    }
}

impl From<Pots> for Amounts {
    fn from(Pots { emission, fees }: Pots) -> Self {
        Self { emission, fees }
    }
}

impl From<Amounts> for Pots {
    fn from(Amounts { emission, fees }: Amounts) -> Self {
        Self { emission, fees }
    }
}

fn lowercase<S: serde::Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{address:#x}"))
}

/// Numbers as decimal strings: beyond 2^53 many readers of JSON lose digits.
pub(crate) mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        words::number::decimal(&text, 0).map_err(D::Error::custom)
    }
}
