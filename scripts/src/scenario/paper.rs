//! The contracts' books, kept on paper by the formulas of `economics`: what apps paid, what each epoch emits, who is owed
//! what. Nothing here is asked of a contract.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use anyhow::{Context, Result};
use economics::{
    BasisPoints, COR, Wad,
    emission::{self, Decay, Taper},
    split::{Parts, Split},
};

use super::network::{BOND, DISCOUNT, PRICE, SPLIT, TAPER};

const SUPPLY: u128 = 1_000_000_000 * COR;

/// An app's money in wei, and its prepaid units by epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct App {
    pub(super) escrow: u128,
    pub(super) grants: u128,
    pub(super) credit: u128,
    committed: BTreeMap<u64, u128>,
}

/// What was taken for a voucher: units from the commitment, wei from grants and escrow, wei credited to the builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) committed: u128,
    pub(super) granted: u128,
    pub(super) escrowed: u128,
    pub(super) builder: u128,
}

/// An epoch's gross fees: paid by apps themselves, paid from grants, and the part credited to builders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Income {
    pub(super) own: u128,
    pub(super) granted: u128,
    pub(super) builders: u128,
}

/// A closed epoch, all in wei: its reserve before, and everything that follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) epoch: u64,
    pub(super) reserve: u128,
    pub(super) cap: u128,
    pub(super) income: Income,
    pub(super) parts: Parts,
    pub(super) average_stake: u128,
    pub(super) supply: u128,
    pub(super) emission: u128,
    pub(super) deposits: u128,
}

impl Closed {
    /// What miners may be attested, in wei.
    pub(super) fn budget(&self) -> u128 {
        self.emission + self.parts.miners
    }

    /// The part of miners' income that apps paid themselves, in 10^-18.
    pub(super) fn user_paid(&self) -> u128 {
        let Income { own, granted, .. } = self.income;
        emission::user_paid_share(self.parts.miners, own, own + granted, self.emission)
    }
}

/// The books.
#[derive(Debug)]
pub(super) struct Paper {
    genesis: u64,
    epoch_length: u64,
    /// The first epoch that emits.
    first: u64,
    taper: Taper,
    split: Split,
    reserve: u128,
    deposits: BTreeMap<u64, u128>,
    burned: u128,
    /// By id, from 1.
    pub(super) apps: BTreeMap<u64, App>,
    open: BTreeMap<u64, Income>,
    pub(super) treasury: u128,
    pub(super) to_burn: u128,
    pub(super) staked: u128,
    history: Vec<(u64, u128)>,
    /// Wei that closings brought to stakers, none of which is taken in the scenario.
    to_stakers: u128,
    pub(super) budgets: u128,
    pub(super) paid: u128,
}

impl Paper {
    /// Of contracts just deployed, whose emission starts with epoch `first`.
    pub(super) fn new(genesis: u64, epoch_length: u64, first: u64) -> Result<Self> {
        let [usage, stake, floor] = TAPER.map(Wad::new);
        let taper = usage.zip(stake).zip(floor).and_then(|((usage, stake), floor)| Taper::new(usage, stake, floor));
        let [miners, treasury, burn, builders] = SPLIT.map(|points| BasisPoints::new(points).unwrap_or_default());
        Ok(Self {
            genesis,
            epoch_length,
            first,
            taper: taper.context("the tapers are out of bounds")?,
            split: Split::new(miners, treasury, burn, builders).context("the split is out of bounds")?,
            reserve: 0,
            deposits: BTreeMap::new(),
            burned: 0,
            apps: BTreeMap::new(),
            open: BTreeMap::new(),
            treasury: 0,
            to_burn: 0,
            staked: 0,
            history: Vec::new(),
            to_stakers: 0,
            budgets: 0,
            paid: 0,
        })
    }

    pub(super) fn deposit(&mut self, epoch: u64, amount: u128) {
        *self.deposits.entry(epoch).or_default() += amount;
    }

    pub(super) fn stake(&mut self, time: u64, amount: u128) {
        self.staked += amount;
        self.history.push((time, self.staked));
    }

    /// Prepays units for each of `epochs` epochs after `running`; what an epoch costs and its builder's part, in wei.
    pub(super) fn commit(&mut self, id: u64, running: u64, units: u128, epochs: u64) -> (u128, u128) {
        let cost = (units * PRICE * u128::from(10_000 - DISCOUNT)).div_ceil(10_000);
        let builder = builder(cost);
        let app = self.apps.entry(id).or_default();
        app.credit += builder * u128::from(epochs);
        for epoch in running + 1..=running + epochs {
            *app.committed.entry(epoch).or_default() += units;
            let income = self.open.entry(epoch).or_default();
            income.own += cost;
            income.builders += builder;
        }
        (cost, builder)
    }

    /// Counts an epoch's only voucher of an app, whose fee cap is not reached.
    pub(super) fn settle(&mut self, id: u64, epoch: u64, units: u128) -> Charge {
        let app = self.apps.entry(id).or_default();
        let prepaid = app.committed.entry(epoch).or_default();
        let committed = units.min(*prepaid);
        *prepaid -= committed;
        let paid = (units - committed).min((app.grants + app.escrow) / PRICE);
        let granted = app.grants.min(paid * PRICE);
        let escrowed = paid * PRICE - granted;
        let builder = builder(escrowed);
        app.grants -= granted;
        app.escrow -= escrowed;
        app.credit += builder;
        let income = self.open.entry(epoch).or_default();
        income.granted += granted;
        income.own += escrowed;
        income.builders += builder;
        Charge { committed, granted, escrowed, builder }
    }

    /// Closes an epoch: every line of the emission's formula, and the split.
    pub(super) fn close(&mut self, epoch: u64) -> Result<Closed> {
        let income = self.open.remove(&epoch).unwrap_or_default();
        let parts = self.split.of(income.own + income.granted, income.builders).context("builders have more than their part")?;
        let decay = Decay::new(Decay::DEFAULT).context("the decay is out of bounds")?;
        let (reserve, supply, average_stake) = (self.reserve, SUPPLY - self.burned, self.average_stake(epoch));
        let cap = emission::cap(reserve, decay);
        let circulating = emission::circulating(supply, reserve);
        let emission = match epoch >= self.first {
            true => self.taper.emission(cap, parts.miners, circulating, average_stake).context("an emission beyond 128 bits")?,
            false => 0,
        };
        let deposits = self.deposits.remove(&epoch).unwrap_or_default();
        self.reserve = reserve - emission + deposits;
        self.burned += parts.burn;
        self.to_burn += parts.burn;
        self.treasury += parts.treasury;
        self.to_stakers += parts.stakers;
        let closed = Closed { epoch, reserve, cap, income, parts, average_stake, supply, emission, deposits };
        self.budgets += closed.budget();
        Ok(closed)
    }

    /// What each contract owes, which is what it holds while nobody gives it COR: app-fees, agent-store, pool, rewards,
    /// staking.
    pub(super) fn owed(&self) -> [U256; 5] {
        let open: u128 = self.open.values().map(|it| it.own + it.granted - it.builders).sum();
        let apps: u128 = self.apps.values().map(|app| app.escrow + app.grants + app.credit).sum();
        let bonds = BOND * self.apps.len() as u128;
        let pool = self.reserve + self.deposits.values().sum::<u128>();
        let fees = apps + open + self.treasury + self.to_burn;
        [fees, bonds, pool, self.budgets - self.paid, self.staked + self.to_stakers].map(U256::from)
    }

    /// Wei in the reserve after the last closed epoch.
    pub(super) fn reserve(&self) -> u128 {
        self.reserve
    }

    /// Every stake times its seconds in an epoch, over all its seconds, rounded down.
    fn average_stake(&self, epoch: u64) -> u128 {
        let begin = self.genesis + epoch * self.epoch_length;
        let end = begin + self.epoch_length;
        let ends = self.history.iter().skip(1).map(|&(time, _)| time).chain([u64::MAX]);
        let weighed = self
            .history
            .iter()
            .zip(ends)
            .map(|(&(from, stake), to)| stake * u128::from(to.min(end).saturating_sub(from.max(begin))));
        weighed.sum::<u128>() / u128::from(self.epoch_length)
    }
}

/// The builder's part of what an app paid itself, rounded down.
fn builder(own: u128) -> u128 {
    own * u128::from(SPLIT[3]) / 10_000
}
