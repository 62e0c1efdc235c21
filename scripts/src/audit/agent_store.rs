//! Agent-store's books: bonds.

use std::collections::BTreeMap;

use abi::AgentStore::AgentStoreEvents as Event;
use alloy_primitives::U256;

use super::{
    entry::{Keeper, Wei, wei},
    notes::Notes,
};
use crate::places::Places;

const KEEPER: Keeper = Keeper::AgentStore;

/// The books.
#[derive(Debug)]
pub(super) struct AgentStore<'a> {
    places: &'a Places,
    bonds: BTreeMap<U256, Wei>,
    /// All bonds that were left here.
    pub(super) came: Wei,
    /// All that were returned.
    pub(super) returned: Wei,
}

impl<'a> AgentStore<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, bonds: BTreeMap::new(), came: 0, returned: 0 }
    }

    pub(super) fn take(&mut self, event: &Event, notes: &mut Notes) {
        match event {
            Event::Registered(it) => {
                let bond = wei(it.bond);
                notes.came(KEEPER, "Registered", it.owner, self.places.store, bond);
                self.came += bond;
                let before = self.bonds.insert(it.appId, bond).unwrap_or(0);
                notes.same(KEEPER, || format!("app {}: the bond before it was registered", it.appId), 0, before);
            }
            Event::BondReturned(it) => {
                let bond = wei(it.bond);
                notes.left(KEEPER, "BondReturned", self.places.store, it.owner, bond);
                self.returned += bond;
                let held = self.bonds.remove(&it.appId).unwrap_or(0);
                notes.same(KEEPER, || format!("app {}: the bond that was returned", it.appId), bond, held);
            }
            // The others move no COR.
            _ => {}
        }
    }

    /// All that is owed.
    pub(super) fn owed(&self) -> Wei {
        self.bonds.values().sum()
    }
}
