//! COR's own Transfers against what the contracts say of them: each needs an event on either side that is ours.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::{
    entry::{Keeper, Move, Site, Wei},
    fault::{Fault, Kind},
    notes::{Notes, Said},
};
use crate::places::Places;

/// COR that somebody sent to a contract without calling it. It is nobody's, and no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Donation {
    /// Where.
    pub site: Site,
    /// To which contract.
    pub keeper: Keeper,
    /// From whom, and how much.
    pub moved: Move,
}

/// What COR's Transfers come to for one contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// All that came.
    pub came: Wei,
    /// All that left.
    pub left: Wei,
    /// What of that came as a donation.
    pub donated: Wei,
}

/// All Transfers from and to the contracts, transaction by transaction.
#[derive(Debug, Default)]
pub(super) struct Moves {
    transaction: Option<B256>,
    seen: Vec<(Site, Move)>,
    pub(super) flows: BTreeMap<Keeper, Flow>,
    pub(super) donations: Vec<Donation>,
}

impl Moves {
    /// Goes to an entry's transaction; the one before is over.
    pub(super) fn enter(&mut self, transaction: B256, places: &Places, notes: &mut Notes) {
        if self.transaction != Some(transaction) {
            self.end(places, notes);
            self.transaction = Some(transaction);
        }
    }

    /// A Transfer. One of nothing needs no reason.
    pub(super) fn saw(&mut self, site: Site, moved: Move) {
        if moved.amount > 0 {
            self.seen.push((site, moved));
        }
    }

    /// Matches the Transfers of the transaction that is over.
    pub(super) fn end(&mut self, places: &Places, notes: &mut Notes) {
        let (mut came, mut left) = (std::mem::take(&mut notes.came), std::mem::take(&mut notes.left));
        for (site, moved) in std::mem::take(&mut self.seen) {
            let [from, to] = [moved.from, moved.to].map(|it| Keeper::of(places, it));
            if let Some(keeper) = from {
                self.flows.entry(keeper).or_default().left += moved.amount;
                if !strike(&mut left, moved) {
                    notes.faults.push(Fault { site: Some(site), keeper, kind: Kind::Unexplained(moved) });
                }
            }
            if let Some(keeper) = to {
                let flow = self.flows.entry(keeper).or_default();
                flow.came += moved.amount;
                if strike(&mut came, moved) {
                    continue;
                }
                if from.is_some() {
                    notes.faults.push(Fault { site: Some(site), keeper, kind: Kind::Unexplained(moved) });
                } else {
                    flow.donated += moved.amount;
                    self.donations.push(Donation { site, keeper, moved });
                }
            }
        }
        for Said { keeper, event, site, moved } in came.into_iter().chain(left).filter(|it| it.moved.amount > 0) {
            notes.faults.push(Fault { site, keeper, kind: Kind::Unmoved { event, moved } });
        }
    }
}

/// Takes out what says just this; false if nothing does.
fn strike(said: &mut Vec<Said>, moved: Move) -> bool {
    match said.iter().position(|it| it.moved == moved) {
        Some(index) => {
            said.remove(index);
            true
        }
        None => false,
    }
}
