//! Epochs: what apps paid for each, and what became of it when it closed. Four contracts speak of a closing, and must agree.

use std::collections::BTreeMap;

use abi::{AppFees::FeesClosed, MinerPool::EpochClosed, MinerRewards::BudgetAdded};
use economics::split::Split;

use super::{
    entry::{Keeper, Wei, wei},
    fault::Kind,
    notes::{Notes, number, sum},
};

/// What apps paid for an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Income {
    /// What they paid themselves.
    pub own: Wei,
    /// What was paid from grants.
    pub granted: Wei,
    /// What of that was credited to builders.
    pub builders: Wei,
}

/// How an epoch's income was split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Miners' part.
    pub miners: Wei,
    /// Stakers' part.
    pub stakers: Wei,
    /// Builders' part, credited before.
    pub builders: Wei,
    /// The treasury's.
    pub treasury: Wei,
    /// What is to burn.
    pub burn: Wei,
}

/// An epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    /// What apps paid for it, by their charges.
    pub income: Income,
    /// How that was split, once it is closed.
    pub parts: Option<Parts>,
    /// What miners got beside their part of the fees, once it is closed.
    pub emission: Option<Wei>,
    /// What of it arrived at staking.
    streamed: Option<Wei>,
    /// What of it arrived at miner-rewards: of emission and of fees.
    budget: Option<[Wei; 2]>,
    /// What the pool was told: miners' part, and what is to burn.
    told: Option<[Wei; 2]>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    all: BTreeMap<u64, Epoch>,
    closing: Option<u64>,
}

impl Parts {
    /// All parts together.
    pub fn sum(&self) -> Wei {
        self.miners + self.stakers + self.builders + self.treasury + self.burn
    }
}

impl Epoch {
    /// What app-fees still holds of its income: all but what is builders', until it is closed.
    pub fn held(&self) -> Wei {
        if self.parts.is_some() { 0 } else { self.income.own + self.income.granted - self.income.builders }
    }

    /// What was paid for it, less what became of that: nothing.
    pub fn missing(&self) -> Wei {
        let became = self.parts.map_or(self.income.builders, |it| it.sum());
        self.income.own + self.income.granted - became - self.held()
    }
}

impl Epochs {
    /// An app paid for an epoch.
    pub(super) fn charge(&mut self, epoch: u64, charge: Income, notes: &mut Notes) {
        let row = self.all.entry(epoch).or_default();
        if row.parts.is_some() {
            let what = format!("epoch {epoch}, which is closed: income after its closing");
            notes.fault(Keeper::AppFees, Kind::Missing { what, amount: charge.own + charge.granted });
        }
        row.income.own += charge.own;
        row.income.granted += charge.granted;
        row.income.builders += charge.builders;
    }

    /// App-fees split an epoch, by this split where it is known.
    pub(super) fn split(&mut self, event: &FeesClosed, split: Option<Split>, notes: &mut Notes) {
        let keeper = Keeper::AppFees;
        let epoch = number(event.epoch);
        self.closing = Some(epoch);
        let row = self.all.entry(epoch).or_default();
        if row.parts.is_some() {
            let what = format!("epoch {epoch}, which is split twice");
            notes.fault(keeper, Kind::Missing { what, amount: -sum([event.own, event.granted]) });
            return;
        }
        let Income { own, granted, builders } = row.income;
        notes.same(keeper, || format!("epoch {epoch}: what apps paid themselves"), wei(event.own), own);
        notes.same(keeper, || format!("epoch {epoch}: what was paid from grants"), wei(event.granted), granted);
        notes.same(keeper, || format!("epoch {epoch}: builders' part"), wei(event.builders), builders);
        let parts = Parts {
            miners: wei(event.miners),
            stakers: wei(event.stakers),
            builders: wei(event.builders),
            treasury: wei(event.treasury),
            burn: wei(event.burn),
        };
        row.parts = Some(parts);
        let missing = sum([event.own, event.granted]) - parts.sum();
        if missing != 0 {
            notes.fault(
                keeper,
                Kind::Missing { what: format!("epoch {epoch}: its parts are not what was paid"), amount: missing },
            );
        }
        let gross = u128::try_from(own + granted).unwrap_or(0);
        if let Some(right) = split.and_then(|it| it.of(gross, u128::try_from(builders).unwrap_or(0))) {
            for (name, says, right) in [
                ("miners'", parts.miners, right.miners),
                ("stakers'", parts.stakers, right.stakers),
                ("the treasury's", parts.treasury, right.treasury),
                ("the burned", parts.burn, right.burn),
            ] {
                notes.same(keeper, || format!("epoch {epoch}: {name} part by the split"), says, wei_of(right));
            }
        }
    }

    /// Stakers' part arrived: of the epoch that is closing.
    pub(super) fn stream(&mut self, amount: Wei, notes: &mut Notes) {
        let row = self.closing.and_then(|it| self.all.get_mut(&it)).filter(|it| it.streamed.is_none());
        match row {
            Some(row) => row.streamed = Some(amount),
            None => {
                let because = format!("{amount} wei of FeesAdded belong to no epoch that app-fees closed");
                notes.fault(Keeper::Staking, Kind::NoEvent { event: "FeesClosed", because });
            }
        }
    }

    /// The pool closed an epoch.
    pub(super) fn emit(&mut self, event: &EpochClosed, notes: &mut Notes) {
        let epoch = number(event.epoch);
        let row = self.all.entry(epoch).or_default();
        if row.emission.replace(wei(event.emission)).is_some() {
            let what = format!("epoch {epoch}, which the pool closed twice");
            notes.fault(Keeper::MinerPool, Kind::Missing { what, amount: -wei(event.emission) });
        }
        row.told = Some([wei(event.fees), wei(event.burned)]);
    }

    /// Miner-rewards has an epoch's budget.
    pub(super) fn budget(&mut self, event: &BudgetAdded, notes: &mut Notes) {
        let epoch = number(event.epoch);
        let row = self.all.entry(epoch).or_default();
        if row.budget.replace([wei(event.emission), wei(event.fees)]).is_some() {
            let what = format!("epoch {epoch}, which has a budget twice");
            notes.fault(Keeper::MinerRewards, Kind::Missing { what, amount: -sum([event.emission, event.fees]) });
        }
    }

    /// All four must have spoken of each closing, and said the same.
    pub(super) fn end(&self, notes: &mut Notes) {
        for (&epoch, row) in &self.all {
            let spoken = row.parts.is_some() || row.emission.is_some() || row.budget.is_some() || row.streamed.is_some();
            if !spoken {
                continue;
            }
            let [miners, burn, stakers] = row.parts.map_or([0; 3], |it| [it.miners, it.burn, it.stakers]);
            let mut must = |there: bool, keeper, event| {
                if !there {
                    let because = format!("epoch {epoch} is closed by what other contracts say");
                    notes.fault(keeper, Kind::NoEvent { event, because });
                }
                there
            };
            if !must(row.parts.is_some(), Keeper::AppFees, "FeesClosed") {
                continue;
            }
            must(row.streamed.is_some(), Keeper::Staking, "FeesAdded");
            must(row.emission.is_some(), Keeper::MinerPool, "EpochClosed");
            must(row.budget.is_some(), Keeper::MinerRewards, "BudgetAdded");
            if let Some(amount) = row.streamed {
                notes.same(Keeper::Staking, || format!("epoch {epoch}: stakers' part that arrived"), amount, stakers);
            }
            if let Some([fees, burned]) = row.told {
                notes.same(Keeper::MinerPool, || format!("epoch {epoch}: miners' part of the fees"), fees, miners);
                notes.same(Keeper::MinerPool, || format!("epoch {epoch}: the burned part"), burned, burn);
            }
            if let (Some([emission, fees]), Some(emitted)) = (row.budget, row.emission) {
                notes.same(Keeper::MinerRewards, || format!("epoch {epoch}: the emission that arrived"), emission, emitted);
                notes.same(Keeper::MinerRewards, || format!("epoch {epoch}: miners' part that arrived"), fees, miners);
            }
        }
    }

    /// All epochs, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Epoch)> {
        self.all.iter().map(|(epoch, row)| (*epoch, row))
    }

    /// Income of the epochs that are not closed, less what of it is builders' already.
    pub(super) fn unclosed(&self) -> Wei {
        self.all.values().map(Epoch::held).sum()
    }

    /// The parts of all closed epochs together.
    pub(super) fn parts(&self) -> Parts {
        self.all.values().filter_map(|it| it.parts).fold(Parts::default(), |sum, it| Parts {
            miners: sum.miners + it.miners,
            stakers: sum.stakers + it.stakers,
            builders: sum.builders + it.builders,
            treasury: sum.treasury + it.treasury,
            burn: sum.burn + it.burn,
        })
    }
}

/// An amount of `economics`.
pub(super) fn wei_of(amount: u128) -> Wei {
    Wei::try_from(amount).unwrap_or(Wei::MAX)
}
