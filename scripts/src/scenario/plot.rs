//! Who arrives when, and by how much each grows. Amounts are wei, usage is units.

use alloy_primitives::{Address, keccak256};
use economics::COR;

use crate::people::Person::{self, Ada, Ben, Cleo, Treasury};

/// COR that everybody begins with.
pub(super) const GIFT: u128 = 60_000_000 * COR;
/// What newcomers stake in each epoch, together.
pub(super) const STAKE_GROWTH: u128 = 12_000_000 * COR;
/// A miner's stake.
pub(super) const MINER_STAKE: u128 = 50_000 * COR;
/// What every miner needs at stake to be counted.
pub(super) const MINIMUM_STAKE: u128 = 10_000 * COR;
/// The fee cap of a paying app.
pub(super) const FEE_CAP: u128 = 10_000_000 * COR;
/// The builder's stake, and the holder's.
pub(super) const EQUAL_STAKE: u128 = 1_000_000 * COR;
/// No app uses more than this in an epoch.
const MOST_UNITS: u128 = 2_000_000_000;
const SHOWCASE: u64 = 1;

/// An app as it begins; `growth` is percent an epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Founder {
    pub(super) owner: Person,
    pub(super) name: &'static str,
    pub(super) units: u128,
    pub(super) growth: u128,
    pub(super) pays: bool,
}

/// An app's usage by now: whether its owner tops it up, and whether it is metered by vouchers at all.
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
    Found(Founder),
    Sponsor { app: u64, amount: u128 },
    Pay { app: u64 },
    Commit { app: u64, units: u128, epochs: u64 },
    Stake { who: Person, amount: u128 },
}

const fn founds(owner: Person, name: &'static str, units: u128, growth: u128) -> Event {
    Event::Found(Founder { owner, name, units, growth, pays: true })
}

/// By epoch. The showcase is free at first, then sponsored, then pays for itself, then commits.
pub(super) const PLOT: [(u64, Event); 10] = [
    (0, Event::Stake { who: Ada, amount: EQUAL_STAKE }),
    (0, Event::Stake { who: Ben, amount: EQUAL_STAKE }),
    (0, Event::Found(Founder { owner: Cleo, name: "showcase", units: 30_000_000, growth: 20, pays: false })),
    (1, founds(Ada, "writer", 100_000_000, 30)),
    (3, founds(Cleo, "coder", 100_000_000, 25)),
    (3, Event::Sponsor { app: SHOWCASE, amount: 200_000 * COR }),
    (6, Event::Pay { app: SHOWCASE }),
    (6, founds(Treasury, "search", 150_000_000, 25)),
    (9, Event::Commit { app: SHOWCASE, units: 100_000_000, epochs: 4 }),
    (11, Event::Sponsor { app: SHOWCASE, amount: 10_000 * COR }),
];

/// Who mines in an epoch: four at first; two join later, and one leaves.
pub(super) fn miners(epoch: u64) -> impl Iterator<Item = Address> {
    let works = move |&(_, from, to): &(u8, u64, u64)| (from..to).contains(&epoch);
    let all = [(1, 0, 9), (2, 0, u64::MAX), (3, 0, u64::MAX), (4, 0, u64::MAX), (5, 4, u64::MAX), (6, 7, u64::MAX)];
    all.into_iter().filter(works).map(|(number, ..)| Address::from_word(keccak256([b"corflow miner ", &[number][..]].concat())))
}
