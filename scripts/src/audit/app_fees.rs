//! App-fees' books: what each app put in, was given, spent and took back, and what waits for others.

use std::collections::BTreeMap;

use abi::AppFees::AppFeesEvents as Event;
use alloy_primitives::{Address, U256, address};
use economics::{BasisPoints, split::Split};

use super::{
    entry::{Keeper, Wei, wei},
    epochs::{Epochs, Income, wei_of},
    notes::{Notes, number},
    terms::Terms,
};
use crate::places::Places;

const KEEPER: Keeper = Keeper::AppFees;
/// Where a token that cannot burn is sent.
const FIRE: Address = address!("0x000000000000000000000000000000000000dEaD");

/// An app's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// What it put in.
    pub(super) escrow: Wei,
    /// What is leaving that.
    pub(super) exit: Wei,
    /// Since when that may be taken: vouchers of epochs that are closed then spend it.
    exit_at: u64,
    /// What others gave it.
    pub(super) grants: Wei,
    /// The builder's.
    pub(super) credit: Wei,
}

/// What came in and went out since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Put into escrows.
    pub(super) topped_up: Wei,
    /// Given as grants.
    pub(super) sponsored: Wei,
    /// Paid for commitments.
    pub(super) committed: Wei,
    /// Paid straight away.
    pub(super) paid: Wei,
    /// Returned to apps' owners.
    pub(super) returned: Wei,
    /// Staked for builders.
    pub(super) builders: Wei,
    /// Pulled by the treasury.
    pub(super) pulled: Wei,
    /// Burned.
    pub(super) burned: Wei,
}

/// The books.
#[derive(Debug)]
pub(super) struct AppFees<'a> {
    places: &'a Places,
    terms: &'a Terms,
    pub(super) apps: BTreeMap<U256, Account>,
    pub(super) totals: Totals,
    /// The treasury's parts that wait.
    pub(super) treasury: Wei,
    /// What waits to be burned.
    pub(super) to_burn: Wei,
    splits: BTreeMap<u64, Option<Split>>,
}

impl<'a> AppFees<'a> {
    pub(super) fn new(places: &'a Places, terms: &'a Terms) -> Self {
        Self {
            places,
            terms,
            apps: BTreeMap::new(),
            totals: Totals::default(),
            treasury: 0,
            to_burn: 0,
            splits: BTreeMap::from([(0, Some(terms.split))]),
        }
    }

    pub(super) fn take(&mut self, event: &Event, epochs: &mut Epochs, notes: &mut Notes) {
        match event {
            Event::ToppedUp(it) => {
                let amount = self.came("ToppedUp", it.payer, wei(it.amount), notes);
                self.totals.topped_up += amount;
                let escrow = &mut self.apps.entry(it.appId).or_default().escrow;
                *escrow += amount;
                notes.same(KEEPER, || format!("app {}: its escrow", it.appId), wei(it.escrow), *escrow);
            }
            Event::Sponsored(it) => {
                let amount = self.came("Sponsored", it.sponsor, wei(it.amount), notes);
                self.totals.sponsored += amount;
                let grants = &mut self.apps.entry(it.appId).or_default().grants;
                *grants += amount;
                notes.same(KEEPER, || format!("app {}: its grants", it.appId), wei(it.grants), *grants);
            }
            Event::Committed(it) => {
                let (first, count) = (number(it.firstEpoch), number(it.epochs));
                // More than eight epochs is no commitment.
                let (cost, builder, count) = (wei(it.cost), wei(it.builder), count.min(64));
                let all = cost * Wei::from(count);
                self.totals.committed += self.came("Committed", it.payer, all, notes);
                for epoch in first..first.saturating_add(count) {
                    self.earn(it.appId, epoch, cost, builder, epochs, notes);
                }
            }
            Event::Paid(it) => {
                let amount = self.came("Paid", it.payer, wei(it.amount), notes);
                self.totals.paid += amount;
                self.earn(it.appId, number(it.epoch), amount, wei(it.builder), epochs, notes);
            }
            Event::Settled(it) => {
                let (epoch, granted, escrowed) = (number(it.epoch), wei(it.granted), wei(it.escrowed));
                let closes_at = self.terms.closes_at(epoch);
                let app = self.apps.entry(it.appId).or_default();
                app.grants -= granted;
                notes.covered(KEEPER, || format!("the grants of app {}", it.appId), &mut app.grants);
                let leaving = if closes_at <= app.exit_at { escrowed.min(app.exit) } else { 0 };
                app.exit -= leaving;
                app.escrow -= escrowed - leaving;
                notes.covered(KEEPER, || format!("the escrow of app {}", it.appId), &mut app.escrow);
                self.earn(it.appId, epoch, escrowed, wei(it.builder), epochs, notes);
                epochs.charge(epoch, Income { granted, ..Income::default() }, notes);
            }
            Event::ExitRequested(it) => {
                let amount = wei(it.amount);
                let app = self.apps.entry(it.appId).or_default();
                app.escrow -= amount;
                notes.covered(KEEPER, || format!("the escrow of app {}", it.appId), &mut app.escrow);
                app.exit += amount;
                app.exit_at = number(it.exitAt);
                notes.same(KEEPER, || format!("app {}: what leaves its escrow", it.appId), amount, app.exit);
            }
            Event::ExitCancelled(it) => {
                let app = self.apps.entry(it.appId).or_default();
                let amount = std::mem::take(&mut app.exit);
                notes.same(KEEPER, || format!("app {}: what was leaving its escrow", it.appId), wei(it.amount), amount);
                app.escrow += amount;
            }
            Event::Exited(it) => {
                let amount = self.left("Exited", it.owner, wei(it.amount), notes);
                self.totals.returned += amount;
                let left = std::mem::take(&mut self.apps.entry(it.appId).or_default().exit);
                notes.same(KEEPER, || format!("app {}: what left its escrow", it.appId), amount, left);
            }
            Event::AppReleased(it) => {
                let escrow = self.left("AppReleased", it.owner, wei(it.escrow), notes);
                self.totals.returned += escrow;
                let app = self.apps.entry(it.appId).or_default();
                let held = std::mem::take(&mut app.escrow) + std::mem::take(&mut app.exit);
                notes.same(KEEPER, || format!("app {}: the escrow that was returned", it.appId), escrow, held);
                let grants = std::mem::take(&mut app.grants);
                notes.same(KEEPER, || format!("app {}: the grants that became income", it.appId), wei(it.grants), grants);
                epochs.charge(number(it.epoch), Income { granted: wei(it.grants), ..Income::default() }, notes);
            }
            Event::BuilderClaimed(it) => {
                let amount = self.left("BuilderClaimed", self.places.staking, wei(it.amount), notes);
                self.totals.builders += amount;
                let credit = std::mem::take(&mut self.apps.entry(it.appId).or_default().credit);
                notes.same(KEEPER, || format!("app {}: its builder's credit", it.appId), amount, credit);
            }
            Event::TreasuryPulled(it) => {
                let amount = self.left("TreasuryPulled", it.treasury, wei(it.amount), notes);
                self.totals.pulled += amount;
                notes.same(KEEPER, || "what the treasury pulled".into(), amount, std::mem::take(&mut self.treasury));
            }
            Event::Burned(it) => {
                let amount = wei(it.amount);
                let fire = if self.terms.burnable { Address::ZERO } else { FIRE };
                self.totals.burned += self.left("Burned", fire, amount, notes);
                notes.same(KEEPER, || "what was burned".into(), amount, std::mem::take(&mut self.to_burn));
            }
            Event::FeesClosed(it) => {
                self.left("FeesClosed", self.places.rewards, wei(it.miners), notes);
                self.left("FeesClosed", self.places.staking, wei(it.stakers), notes);
                self.treasury += wei(it.treasury);
                self.to_burn += wei(it.burn);
                let split = self.splits.range(..=number(it.epoch)).next_back().and_then(|(_, split)| *split);
                epochs.split(it, split, notes);
            }
            Event::SplitChanged(it) => {
                let [miners, treasury, burn] =
                    [it.minersShare, it.treasuryShare, it.burnShare].map(|it| BasisPoints::new(it.saturating_to()));
                let split = miners.zip(treasury).zip(burn).and_then(|((m, t), b)| Split::new(m, t, b, self.terms.builders));
                self.splits.insert(number(it.fromEpoch), split);
            }
            // The others move no COR.
            _ => {}
        }
    }

    /// All that is owed: what apps have, what waits, and what is not split yet.
    pub(super) fn owed(&self, epochs: &Epochs) -> Wei {
        let apps: Wei = self.apps.values().map(|it| it.escrow + it.exit + it.grants + it.credit).sum();
        apps + self.treasury + self.to_burn + epochs.unclosed()
    }

    /// The app paid `amount` itself for an epoch, and its builder's part of that was credited, rounded down.
    fn earn(&mut self, app: U256, epoch: u64, amount: Wei, builder: Wei, epochs: &mut Epochs, notes: &mut Notes) {
        let right = wei_of(self.terms.builders.of(u128::try_from(amount).unwrap_or(0)));
        notes.same(KEEPER, || format!("app {app}: its builder's part of {amount} wei"), builder, right);
        self.apps.entry(app).or_default().credit += builder;
        epochs.charge(epoch, Income { own: amount, builders: builder, ..Income::default() }, notes);
    }

    fn came(&self, event: &'static str, from: Address, amount: Wei, notes: &mut Notes) -> Wei {
        notes.came(KEEPER, event, from, self.places.fees, amount);
        amount
    }

    fn left(&self, event: &'static str, to: Address, amount: Wei, notes: &mut Notes) -> Wei {
        notes.left(KEEPER, event, self.places.fees, to, amount);
        amount
    }
}
