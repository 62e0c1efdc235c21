//! Miner-pool's books: the reserve, and each epoch's emission by the formula.

use std::collections::BTreeMap;

use abi::MinerPool::{EpochClosed, MinerPoolEvents as Event};
use economics::{HOLDING_LIMIT, emission};

use super::{
    entry::{Keeper, Wei, wei},
    epochs::{Epochs, wei_of},
    notes::{Notes, number},
    terms::Terms,
};
use crate::places::Places;

const KEEPER: Keeper = Keeper::MinerPool;

/// The books.
#[derive(Debug)]
pub(super) struct MinerPool<'a> {
    places: &'a Places,
    terms: &'a Terms,
    /// R: what the next cap is taken of.
    pub(super) reserve: Wei,
    /// Deposits that join it when their epochs close.
    waiting: BTreeMap<u64, Wei>,
    /// From the first to the last epoch that emits.
    emitting: (Option<u64>, Option<u64>),
    burned: Wei,
    /// All deposits.
    pub(super) deposited: Wei,
    /// All emission.
    pub(super) emitted: Wei,
    /// What moved on, when the pool was retired.
    pub(super) pulled: Wei,
}

impl<'a> MinerPool<'a> {
    pub(super) fn new(places: &'a Places, terms: &'a Terms) -> Self {
        Self {
            places,
            terms,
            reserve: 0,
            waiting: BTreeMap::new(),
            emitting: (None, None),
            burned: 0,
            deposited: 0,
            emitted: 0,
            pulled: 0,
        }
    }

    pub(super) fn take(&mut self, event: &Event, epochs: &mut Epochs, notes: &mut Notes) {
        match event {
            Event::Deposited(it) => {
                let amount = wei(it.amount);
                notes.came(KEEPER, "Deposited", it.from, self.places.pool, amount);
                self.deposited += amount;
                *self.waiting.entry(number(it.epoch)).or_default() += amount;
            }
            Event::EmissionStarted(it) => self.emitting.0 = Some(number(it.firstEpoch)),
            Event::Released(it) => self.emitting.1 = Some(number(it.lastEpoch)),
            Event::EpochClosed(it) => {
                let emission = wei(it.emission);
                notes.left(KEEPER, "EpochClosed", self.places.pool, self.places.rewards, emission);
                self.compare(it, notes);
                self.emitted += emission;
                self.burned += wei(it.burned);
                self.reserve += self.waiting.remove(&number(it.epoch)).unwrap_or(0) - emission;
                notes.covered(KEEPER, || "the reserve".into(), &mut self.reserve);
                epochs.emit(it, notes);
            }
            Event::ReservePulled(it) => {
                let amount = wei(it.amount);
                notes.left(KEEPER, "ReservePulled", self.places.pool, it.recipient, amount);
                self.pulled += amount;
                let held = std::mem::take(&mut self.reserve) + std::mem::take(&mut self.waiting).values().sum::<Wei>();
                notes.same(KEEPER, || "the reserve that moved on".into(), amount, held);
            }
            // The others move no COR.
            _ => {}
        }
    }

    /// Deposits that have not joined the reserve.
    pub(super) fn waiting(&self) -> Wei {
        self.waiting.values().sum()
    }

    /// All that is owed.
    pub(super) fn owed(&self) -> Wei {
        self.reserve + self.waiting()
    }

    fn compare(&self, it: &EpochClosed, notes: &mut Notes) {
        let epoch = number(it.epoch);
        let about = |what: &str| format!("epoch {epoch}: {what}");
        notes.same(KEEPER, || about("the reserve before it"), wei(it.reserve), self.reserve);
        let deposits = self.waiting.get(&epoch).copied().unwrap_or(0);
        notes.same(KEEPER, || about("the deposits that joined the reserve"), wei(it.deposits), deposits);
        let burned = u128::try_from(self.burned).unwrap_or(0).min(HOLDING_LIMIT - 1);
        let supply = self.terms.supply.saturating_sub(burned);
        notes.same(KEEPER, || about("the supply"), wei(it.supply), wei_of(supply));

        let reserve = u128::try_from(self.reserve).unwrap_or(0);
        let cap = emission::cap(reserve, self.terms.decay);
        notes.same(KEEPER, || about("the cap, by the formula"), wei(it.cap), wei_of(cap));
        let (first, last) = self.emitting;
        let emits = first.is_some_and(|first| first <= epoch) && last.is_none_or(|last| epoch <= last);
        let [fees, average] = [it.fees, it.averageStake].map(|it| u128::try_from(it).unwrap_or(u128::MAX));
        let circulating = emission::circulating(supply, reserve);
        let right = if emits { self.terms.taper.emission(cap, fees, circulating, average).unwrap_or(0) } else { 0 };
        notes.same(KEEPER, || about("the emission, by the formula"), wei(it.emission), wei_of(right));
    }
}
