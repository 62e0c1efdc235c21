//! Miner-rewards' books: budgets, and what miners took of them.

use std::collections::BTreeMap;

use abi::MinerRewards::MinerRewardsEvents as Event;
use alloy_primitives::{Address, U256};

use super::{
    entry::{Keeper, Wei, wei},
    epochs::Epochs,
    notes::Notes,
};
use crate::places::Places;

const KEEPER: Keeper = Keeper::MinerRewards;

/// The books.
#[derive(Debug)]
pub(super) struct MinerRewards<'a> {
    places: &'a Places,
    miners: BTreeMap<Address, Wei>,
    /// What the active root says that all miners have earned.
    provable: Wei,
    /// What came of emission.
    pub(super) emission: Wei,
    /// What came of fees.
    pub(super) fees: Wei,
    /// What was paid to miners.
    pub(super) claimed: Wei,
    /// What was staked for them.
    pub(super) staked: Wei,
}

impl<'a> MinerRewards<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, miners: BTreeMap::new(), provable: 0, emission: 0, fees: 0, claimed: 0, staked: 0 }
    }

    pub(super) fn take(&mut self, event: &Event, epochs: &mut Epochs, notes: &mut Notes) {
        match event {
            Event::BudgetAdded(it) => {
                self.emission += wei(it.emission);
                self.fees += wei(it.fees);
                notes.came(KEEPER, "BudgetAdded", self.places.pool, self.places.rewards, wei(it.emission));
                notes.came(KEEPER, "BudgetAdded", self.places.fees, self.places.rewards, wei(it.fees));
                let what = || format!("all budgets up to epoch {}", it.epoch);
                notes.same(KEEPER, what, wei(it.budgets), self.emission + self.fees);
                epochs.budget(it, notes);
            }
            Event::RootActivated(it) => {
                let (total, budgets) = (wei(it.cumulativeTotal), self.emission + self.fees);
                self.provable = total;
                let what = || format!("what the root of epoch {} says that miners earned, beyond all budgets", it.epoch);
                notes.same(KEEPER, what, (total - budgets).max(0), 0);
            }
            Event::Claimed(it) => {
                notes.left(KEEPER, "Claimed", self.places.rewards, it.payout, wei(it.amount));
                self.claimed += wei(it.amount);
                self.pay(it.miner, [it.amount, it.total], notes);
            }
            Event::ClaimedToStake(it) => {
                notes.left(KEEPER, "ClaimedToStake", self.places.rewards, self.places.staking, wei(it.amount));
                self.staked += wei(it.amount);
                self.pay(it.miner, [it.amount, it.total], notes);
            }
            // The others move no COR.
            _ => {}
        }
    }

    /// All that is owed.
    pub(super) fn owed(&self) -> Wei {
        self.emission + self.fees - self.claimed - self.staked
    }

    fn pay(&mut self, miner: Address, [amount, total]: [U256; 2], notes: &mut Notes) {
        let all = self.miners.entry(miner).or_default();
        *all += wei(amount);
        notes.same(KEEPER, || format!("all that {miner} was paid"), wei(total), *all);
        notes.covered(
            KEEPER,
            || "what the active root says that miners earned".into(),
            &mut (self.provable - self.claimed - self.staked),
        );
    }
}
