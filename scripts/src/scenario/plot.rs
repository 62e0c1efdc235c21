//! Who arrives when, and by how much each grows. Amounts are wei, usage is units; epochs count from the one in which the
//! plot begins.

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, keccak256};
use anyhow::{Context, Result};
use economics::COR;

use crate::people::Person::{self, Ada, Ben, Cleo, Treasury};

/// COR that everybody begins with.
pub(super) const GIFT: u128 = 60_000_000 * COR;
/// What the treasury adds to the incentives of staking.
pub(super) const INCENTIVES: u128 = 20_000_000 * COR;
/// What newcomers stake in each epoch, together.
pub(super) const STAKE_GROWTH: u128 = 12_000_000 * COR;
/// A miner's stake.
pub(super) const MINER_STAKE: u128 = 50_000 * COR;
/// What every miner needs at stake to be counted.
pub(super) const MINIMUM_STAKE: u128 = 10_000 * COR;
/// The fee cap of an app that pays, unless it begins with less.
pub(super) const FEE_CAP: u128 = 10_000_000 * COR;
/// The builder's stake, and the holder's.
pub(super) const EQUAL_STAKE: u128 = 1_000_000 * COR;
/// No app uses more than this in an epoch.
const MOST_UNITS: u128 = 2_000_000_000;
const SHOWCASE: u64 = 1;

/// An app as it begins; `growth` is percent an epoch, and one without a fee cap is free only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Founder {
    pub(super) owner: Person,
    pub(super) name: &'static str,
    pub(super) units: u128,
    pub(super) growth: u128,
    pub(super) cap: u128,
}

/// An app's usage by now: whether its owner tops it up, and whether what is not free is served, and metered by vouchers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) owner: Person,
    pub(super) name: &'static str,
    pub(super) units: u128,
    pub(super) growth: u128,
    pub(super) pays: bool,
    pub(super) meters: bool,
}

impl Usage {
    /// An epoch later.
    pub(super) fn grow(&mut self) {
        self.units = (self.units * (100 + self.growth) / 100).min(MOST_UNITS);
    }
}

/// Something that happens at the beginning of an epoch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// An app is registered.
    Found(Founder),
    /// The curator moves free units to an app, or away from it, from the next epoch on.
    Allot { app: u64, units: u128 },
    /// The app's fee cap opens, and the treasury gives it what it may spend.
    Sponsor { app: u64, amount: u128 },
    /// The owner pays from now on.
    Pay { app: u64 },
    /// The owner buys units of the next epochs in advance.
    Commit { app: u64, units: u128, epochs: u64 },
    /// Somebody stakes, until so much is at stake.
    Stake { who: Person, until: u128 },
}

const fn founds(owner: Person, name: &'static str, units: u128, growth: u128, cap: u128) -> Event {
    Event::Found(Founder { owner, name, units, growth, cap })
}

/// By epoch. The showcase is free at first and outgrows what is free, then it is sponsored, then pays for itself, then
/// commits. The coder's fee cap binds after some epochs, and is raised.
pub(super) const PLOT: [(u64, Event); 12] = [
    (0, Event::Stake { who: Ada, until: EQUAL_STAKE }),
    (0, Event::Stake { who: Ben, until: EQUAL_STAKE }),
    (0, founds(Cleo, "showcase", 30_000_000, 20, 0)),
    (0, Event::Allot { app: SHOWCASE, units: 40_000_000 }),
    (1, founds(Ada, "writer", 100_000_000, 30, FEE_CAP)),
    (3, founds(Cleo, "coder", 100_000_000, 25, 200_000 * COR)),
    (3, Event::Sponsor { app: SHOWCASE, amount: 200_000 * COR }),
    (3, Event::Allot { app: SHOWCASE, units: 5_000_000 }),
    (6, Event::Pay { app: SHOWCASE }),
    (6, founds(Treasury, "search", 150_000_000, 25, FEE_CAP)),
    (9, Event::Commit { app: SHOWCASE, units: 100_000_000, epochs: 4 }),
    (11, Event::Sponsor { app: SHOWCASE, amount: 10_000 * COR }),
];

/// Who mines in an epoch, by number: four at first; two join later, and one leaves.
pub(super) fn miners(epoch: u64) -> impl Iterator<Item = u8> {
    let works = move |&(_, from, to): &(u8, u64, u64)| (from..to).contains(&epoch);
    let all = [(1, 0, 9), (2, 0, u64::MAX), (3, 0, u64::MAX), (4, 0, u64::MAX), (5, 4, u64::MAX), (6, 7, u64::MAX)];
    all.into_iter().filter(works).map(|(number, ..)| number)
}

/// A miner's key.
pub(super) fn miner(number: u8) -> Result<PrivateKeySigner> {
    key(&[b"corflow miner ", &[number][..]].concat())
}

/// The key with which an app signs its vouchers.
pub(super) fn signer(app: &str) -> Result<PrivateKeySigner> {
    key(["corflow app ", app].concat().as_bytes())
}

fn key(seed: &[u8]) -> Result<PrivateKeySigner> {
    let key: B256 = keccak256(seed);
    PrivateKeySigner::from_bytes(&key).context("this is no private key")
}
