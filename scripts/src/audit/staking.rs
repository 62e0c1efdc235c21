//! Staking's books: stakes, what is unbonding, and what there is to earn.

use std::collections::BTreeMap;

use abi::Staking::StakingEvents as Event;
use alloy_primitives::Address;

use super::{
    entry::{Keeper, Site, Wei, wei},
    epochs::Epochs,
    fault::{Fault, Kind},
    notes::Notes,
};
use crate::places::Places;

const KEEPER: Keeper = Keeper::Staking;

/// What an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    stake: Wei,
    unbonding: Wei,
}

/// What had matured when more was asked for: it must be paid out next.
#[derive(Clone, Copy, Debug)]
struct Matured {
    account: Address,
    amount: Wei,
    site: Option<Site>,
}

/// What came in and went out since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Staked by people.
    pub(super) staked: Wei,
    /// Staked for builders, by app-fees.
    pub(super) builders: Wei,
    /// Staked for miners, by miner-rewards.
    pub(super) miners: Wei,
    /// Put into the incentives' budget.
    pub(super) funded: Wei,
    /// Stakers' parts of the fees.
    pub(super) fees: Wei,
    /// Rewards that were paid.
    pub(super) claimed: Wei,
    /// Rewards that went to stake.
    pub(super) compounded: Wei,
    /// Stake that left.
    pub(super) withdrawn: Wei,
}

/// The books.
#[derive(Debug)]
pub(super) struct Staking<'a> {
    places: &'a Places,
    positions: BTreeMap<Address, Position>,
    matured: Option<Matured>,
    pub(super) totals: Totals,
    /// All stakes.
    pub(super) stake: Wei,
    /// All that is unbonding.
    pub(super) unbonding: Wei,
}

impl<'a> Staking<'a> {
    pub(super) fn new(places: &'a Places) -> Self {
        Self { places, positions: BTreeMap::new(), matured: None, totals: Totals::default(), stake: 0, unbonding: 0 }
    }

    pub(super) fn take(&mut self, event: &Event, epochs: &mut Epochs, notes: &mut Notes) {
        let matured = self.matured.take_if(|due| matches!(event, Event::Withdrawn(it) if it.account == due.account));
        self.end(notes);
        match event {
            Event::Staked(it) => {
                let amount = self.came("Staked", it.payer, wei(it.amount), notes);
                let from = match Keeper::of(self.places, it.payer) {
                    Some(Keeper::AppFees) => &mut self.totals.builders,
                    Some(Keeper::MinerRewards) => &mut self.totals.miners,
                    _ => &mut self.totals.staked,
                };
                *from += amount;
                self.add(it.account, amount);
            }
            Event::UnstakeRequested(it) => {
                let amount = wei(it.amount);
                self.add(it.account, -amount);
                let position = self.positions.entry(it.account).or_default();
                notes.covered(KEEPER, || format!("the stake of {}", it.account), &mut position.stake);
                position.unbonding += amount;
                self.unbonding += amount;
                // What had matured is paid out first.
                let matured = position.unbonding - wei(it.unbonding);
                if matured < 0 {
                    let what = || format!("what is unbonding for {}", it.account);
                    notes.same(KEEPER, what, wei(it.unbonding), position.unbonding);
                } else if matured > 0 {
                    self.matured = Some(Matured { account: it.account, amount: matured, site: notes.site });
                }
            }
            Event::UnstakeCancelled(it) => {
                let position = self.positions.entry(it.account).or_default();
                let amount = std::mem::take(&mut position.unbonding);
                notes.same(KEEPER, || format!("what was unbonding for {}", it.account), wei(it.amount), amount);
                self.unbonding -= amount;
                self.add(it.account, amount);
            }
            Event::Withdrawn(it) => {
                let amount = self.left("Withdrawn", it.account, wei(it.amount), notes);
                self.totals.withdrawn += amount;
                self.unbonding -= amount;
                let position = self.positions.entry(it.account).or_default();
                let due = matured.map_or(position.unbonding, |it| it.amount);
                notes.same(KEEPER, || format!("what matured for {}", it.account), amount, due);
                position.unbonding -= amount;
                notes.covered(KEEPER, || format!("what is unbonding for {}", it.account), &mut position.unbonding);
            }
            Event::Claimed(it) => {
                self.totals.claimed += self.left("Claimed", it.account, wei(it.amount), notes);
                self.rewards(notes);
            }
            Event::Compounded(it) => {
                let amount = wei(it.amount);
                self.totals.compounded += amount;
                self.add(it.account, amount);
                self.rewards(notes);
            }
            Event::Funded(it) => self.totals.funded += self.came("Funded", it.funder, wei(it.amount), notes),
            Event::FeesAdded(it) => {
                let amount = self.came("FeesAdded", self.places.fees, wei(it.amount), notes);
                self.totals.fees += amount;
                epochs.stream(amount, notes);
            }
            Event::EpochRecorded(it) => {
                let what = || format!("what was at stake at the end of epoch {}", it.epoch);
                notes.same(KEEPER, what, wei(it.closing), self.stake);
            }
            // The others move no COR.
            _ => {}
        }
    }

    /// What matured must have been paid out by now.
    pub(super) fn end(&mut self, notes: &mut Notes) {
        if let Some(Matured { account, amount, site }) = self.matured.take() {
            let because =
                format!("{amount} wei that had matured for {account} were to be paid out, for so much less is unbonding");
            notes.faults.push(Fault { site, keeper: KEEPER, kind: Kind::NoEvent { event: "Withdrawn", because } });
        }
    }

    /// What there is to earn: rewards not yet taken, the budget, and what streams.
    pub(super) fn to_earn(&self) -> Wei {
        let Totals { funded, fees, claimed, compounded, .. } = self.totals;
        funded + fees - claimed - compounded
    }

    /// All that is owed.
    pub(super) fn owed(&self) -> Wei {
        self.stake + self.unbonding + self.to_earn()
    }

    fn rewards(&self, notes: &mut Notes) {
        notes.covered(KEEPER, || "the budget and the fees for stakers".into(), &mut self.to_earn());
    }

    fn add(&mut self, account: Address, amount: Wei) {
        self.positions.entry(account).or_default().stake += amount;
        self.stake += amount;
    }

    fn came(&self, event: &'static str, from: Address, amount: Wei, notes: &mut Notes) -> Wei {
        notes.came(KEEPER, event, from, self.places.staking, amount);
        amount
    }

    fn left(&self, event: &'static str, to: Address, amount: Wei, notes: &mut Notes) -> Wei {
        notes.left(KEEPER, event, self.places.staking, to, amount);
        amount
    }
}
