//! The contracts' books, kept on paper by the formulas of `economics`: what apps paid, what each epoch emits, who is owed
//! what, and every COR that moves. Nothing here is asked of a contract.

use std::collections::BTreeMap;

use alloy_primitives::{Address, Bytes, U256};
use anyhow::{Context, Result, anyhow};
use economics::{
    emission::{self, Decay, Taper},
    split::{Parts, Split},
};

use crate::system::Terms;
use crate::{
    model::Model,
    system::{BOND, Network, STARTER, SUPPLY},
};

const NO_APP: &str = "the plot has an app do something before it is founded";

/// An app's money in wei, and its units by epoch.
#[derive(Clone, Debug)]
pub(super) struct App {
    pub(super) owner: Address,
    pub(super) escrow: u128,
    pub(super) grants: u128,
    pub(super) credit: u128,
    /// What the vouchers of an epoch may spend.
    pub(super) cap: u128,
    committed: BTreeMap<u64, u128>,
    counted: BTreeMap<u64, Counted>,
    /// Free units, from each epoch on.
    allowances: Vec<(u64, u128)>,
}

/// What an epoch's vouchers of an app have come to: units, and wei of the fee cap.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    units: u128,
    spent: u128,
}

/// What was taken for a voucher: units in all, those from the commitment, wei from grants and escrow, wei credited to the
/// builder; and whether it was all that was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) units: u128,
    pub(super) committed: u128,
    pub(super) granted: u128,
    pub(super) escrowed: u128,
    pub(super) builder: u128,
    pub(super) whole: bool,
}

/// An epoch's gross fees: paid by apps themselves, paid from grants, and the part credited to builders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Income {
    pub(crate) own: u128,
    pub(crate) granted: u128,
    pub(crate) builders: u128,
}

/// A closed epoch, all in wei: its reserve before, and everything that follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) epoch: u64,
    pub(crate) reserve: u128,
    pub(crate) cap: u128,
    pub(crate) income: Income,
    pub(crate) parts: Parts,
    pub(crate) average_stake: u128,
    pub(crate) supply: u128,
    pub(crate) emission: u128,
    pub(crate) deposits: u128,
    /// Wei budgeted for miners by now, in all epochs.
    pub(crate) budgets: u128,
}

impl Closed {
    /// What miners may be attested, in wei.
    pub(crate) fn budget(&self) -> u128 {
        self.emission + self.parts.miners
    }

    /// The part of miners' income that apps paid themselves, in 10^-18.
    pub(crate) fn user_paid(&self) -> u128 {
        let Income { own, granted, .. } = self.income;
        emission::user_paid_share(self.parts.miners, own, own + granted, self.emission)
    }
}

/// The books.
#[derive(Debug)]
pub(super) struct Paper {
    /// COR, and staking.
    pub(super) model: Model,
    at: Network,
    decay: Decay,
    taper: Taper,
    split: Split,
    /// Builders' share, and by how much a commitment is cheaper: parts of 10,000.
    builders: u16,
    discount: u16,
    /// Wei of a unit.
    pub(super) price: u128,
    /// The first epoch that emits, once the emission was started.
    first: Option<u64>,
    reserve: u128,
    deposits: BTreeMap<u64, u128>,
    burned: u128,
    /// By id, from 1.
    pub(super) apps: BTreeMap<u64, App>,
    open: BTreeMap<u64, Income>,
    treasury: u128,
    to_burn: u128,
    budgets: u128,
    paid: u128,
}

impl Paper {
    /// Of contracts of which only COR and staking were used.
    pub(super) fn new(model: Model, at: Network, terms: &Terms) -> Result<Self> {
        Ok(Self {
            model,
            at,
            decay: terms.decay()?,
            taper: terms.taper()?,
            split: terms.split()?,
            builders: terms.builders()?,
            discount: terms.discount()?,
            price: terms.unit_price()?,
            first: None,
            reserve: 0,
            deposits: BTreeMap::new(),
            burned: 0,
            apps: BTreeMap::new(),
            open: BTreeMap::new(),
            treasury: 0,
            to_burn: 0,
            budgets: 0,
            paid: 0,
        })
    }

    /// COR from one to another.
    pub(super) fn give(&mut self, from: Address, to: Address, amount: u128) -> Result<()> {
        agreed(self.model.token.transfer(from, to, U256::from(amount)))
    }

    /// COR from somebody to staking, for somebody's stake.
    pub(super) fn stake(&mut self, payer: Address, account: Address, amount: u128, time: u64) -> Result<()> {
        let Model { token, staking } = &mut self.model;
        agreed(staking.deposit(token, payer, account, U256::from(amount), time))
    }

    /// Stake on its way out.
    pub(super) fn leave(&mut self, account: Address, amount: u128, time: u64) -> Result<()> {
        let Model { token, staking } = &mut self.model;
        agreed(staking.request_unstake(token, account, U256::from(amount), time))
    }

    /// Somebody's rewards of staking, as COR, if there are any.
    pub(super) fn claim(&mut self, account: Address, time: u64) -> Result<()> {
        let Model { token, staking } = &mut self.model;
        if staking.position(account, time).rewards > 0 {
            agreed(staking.claim(token, account, time))?;
        }
        Ok(())
    }

    /// COR from somebody to the incentives' budget.
    pub(super) fn fund(&mut self, payer: Address, amount: u128, time: u64) -> Result<()> {
        let Model { token, staking } = &mut self.model;
        agreed(staking.fund(token, payer, U256::from(amount), time))
    }

    /// COR to the pool, where it counts after the epoch.
    pub(super) fn deposit(&mut self, payer: Address, epoch: u64, amount: u128) -> Result<()> {
        *self.deposits.entry(epoch).or_default() += amount;
        self.give(payer, self.at.pool, amount)
    }

    /// Emission, from the next epoch on.
    pub(super) fn start_emission(&mut self, epoch: u64) {
        self.first = Some(epoch + 1);
    }

    /// A new app, with its bond, and free units from the next epoch on. Its id.
    pub(super) fn register(&mut self, owner: Address, cap: u128, epoch: u64) -> Result<u64> {
        self.give(owner, self.at.store, BOND)?;
        let id = self.apps.len() as u64 + 1;
        let app = App {
            owner,
            escrow: 0,
            grants: 0,
            credit: 0,
            cap,
            committed: BTreeMap::new(),
            counted: BTreeMap::new(),
            allowances: vec![(epoch + 1, STARTER)],
        };
        self.apps.insert(id, app);
        Ok(id)
    }

    /// Free units of an app, from the epoch after `epoch` on.
    pub(super) fn allot(&mut self, id: u64, epoch: u64, units: u128) -> Result<()> {
        self.app(id)?.allowances.push((epoch + 1, units));
        Ok(())
    }

    /// Units that are free for an app in an epoch.
    pub(super) fn allowance(&self, id: u64, epoch: u64) -> u128 {
        let all = self.apps.get(&id).map(|app| app.allowances.as_slice()).unwrap_or_default();
        all.iter().rev().find(|(since, _)| *since <= epoch).map_or(0, |(_, units)| *units)
    }

    /// COR to an app's escrow.
    pub(super) fn top_up(&mut self, payer: Address, id: u64, amount: u128) -> Result<()> {
        self.app(id)?.escrow += amount;
        self.give(payer, self.at.fees, amount)
    }

    /// COR to an app's grants.
    pub(super) fn sponsor(&mut self, payer: Address, id: u64, amount: u128) -> Result<()> {
        self.app(id)?.grants += amount;
        self.give(payer, self.at.fees, amount)
    }

    /// Prepays units for each of `epochs` epochs after `running`; what an epoch costs and its builder's part, in wei.
    pub(super) fn commit(&mut self, payer: Address, id: u64, running: u64, units: u128, epochs: u64) -> Result<(u128, u128)> {
        let (cost, builder) = self.commitment(units);
        let app = self.apps.get_mut(&id).context(NO_APP)?;
        app.credit += builder * u128::from(epochs);
        for epoch in running + 1..=running + epochs {
            *app.committed.entry(epoch).or_default() += units;
            let income = self.open.entry(epoch).or_default();
            income.own += cost;
            income.builders += builder;
        }
        self.give(payer, self.at.fees, cost * u128::from(epochs))?;
        Ok((cost, builder))
    }

    /// What an epoch of a commitment costs and its builder's part, in wei.
    pub(super) fn commitment(&self, units: u128) -> (u128, u128) {
        let cost = (units * self.price * u128::from(10_000 - self.discount)).div_ceil(10_000);
        (cost, cost * u128::from(self.builders) / 10_000)
    }

    /// Counts a voucher: from the commitment, then from grants and escrow, as many whole units as fit the fee cap.
    pub(super) fn settle(&mut self, id: u64, epoch: u64, cumulative: u128) -> Result<Charge> {
        let price = self.price;
        let app = self.apps.get_mut(&id).context(NO_APP)?;
        let counted = app.counted.entry(epoch).or_default();
        let asked = cumulative.saturating_sub(counted.units);
        let prepaid = app.committed.get(&epoch).copied().unwrap_or_default();
        let committed = asked.min(prepaid.saturating_sub(counted.units));
        let affordable = (app.grants + app.escrow).min(app.cap.saturating_sub(counted.spent)) / price;
        let paid = (asked - committed).min(affordable);
        let units = committed + paid;
        let granted = app.grants.min(paid * price);
        let escrowed = paid * price - granted;
        let builder = escrowed * u128::from(self.builders) / 10_000;
        counted.units += units;
        counted.spent += paid * price;
        app.grants -= granted;
        app.escrow -= escrowed;
        app.credit += builder;
        let income = self.open.entry(epoch).or_default();
        income.granted += granted;
        income.own += escrowed;
        income.builders += builder;
        Ok(Charge { units, committed, granted, escrowed, builder, whole: units == asked })
    }

    /// Closes an epoch at a time: every line of the emission's formula, the split, and what moves by it.
    pub(super) fn close(&mut self, epoch: u64, time: u64) -> Result<Closed> {
        let income = self.open.remove(&epoch).unwrap_or_default();
        let parts = self.split.of(income.own + income.granted, income.builders).context("builders have more than their part")?;
        let (reserve, supply) = (self.reserve, SUPPLY.saturating_to::<u128>() - self.burned);
        let average_stake = self.model.staking.average_stake(epoch);
        let cap = emission::cap(reserve, self.decay);
        let circulating = emission::circulating(supply, reserve);
        let emission = match self.first {
            Some(first) if epoch >= first => {
                let emission = self.taper.emission(cap, parts.miners, circulating, average_stake);
                emission.context("an emission beyond 128 bits")?
            }
            _ => 0,
        };
        let deposits = self.deposits.remove(&epoch).unwrap_or_default();
        self.reserve = reserve - emission + deposits;
        self.burned += parts.burn;
        self.to_burn += parts.burn;
        self.treasury += parts.treasury;
        self.budgets += emission + parts.miners;
        let Network { fees, rewards, pool, .. } = self.at;
        self.give(fees, rewards, parts.miners)?;
        self.give(pool, rewards, emission)?;
        let Model { token, staking } = &mut self.model;
        let stakers = U256::from(parts.stakers);
        token.approve(fees, staking.address(), stakers);
        agreed(staking.add_fees(token, fees, stakers, 1, time))?;
        let budgets = self.budgets;
        Ok(Closed { epoch, reserve, cap, income, parts, average_stake, supply, emission, deposits, budgets })
    }

    /// Pays a miner.
    pub(super) fn pay(&mut self, miner: Address, amount: u128) -> Result<()> {
        self.paid += amount;
        self.give(self.at.rewards, miner, amount)
    }

    /// Turns a builder's credit into stake. How much.
    pub(super) fn claim_builder(&mut self, id: u64, time: u64) -> Result<u128> {
        let app = self.app(id)?;
        let (owner, credit) = (app.owner, std::mem::take(&mut app.credit));
        self.model.token.approve(self.at.fees, self.model.staking.address(), U256::from(credit));
        self.stake(self.at.fees, owner, credit, time)?;
        Ok(credit)
    }

    /// Pays the treasury its parts. How much.
    pub(super) fn pull_treasury(&mut self, treasury: Address) -> Result<u128> {
        let amount = std::mem::take(&mut self.treasury);
        self.give(self.at.fees, treasury, amount)?;
        Ok(amount)
    }

    /// Burns what is to be burned. How much.
    pub(super) fn burn(&mut self) -> Result<u128> {
        let amount = std::mem::take(&mut self.to_burn);
        agreed(self.model.token.burn(self.at.fees, U256::from(amount)))?;
        Ok(amount)
    }

    /// What each contract owes at a time, in wei.
    pub(super) fn owed(&self, now: u64) -> [(&'static str, Address, u128); 5] {
        let open: u128 = self.open.values().map(|it| it.own + it.granted - it.builders).sum();
        let apps: u128 = self.apps.values().map(|app| app.escrow + app.grants + app.credit).sum();
        let Network { fees, store, rewards, pool } = self.at;
        [
            ("staking", self.model.staking.address(), self.model.staking.totals(now).owed()),
            ("app-fees", fees, apps + open + self.treasury + self.to_burn),
            ("agent-store", store, BOND * self.apps.len() as u128),
            ("miner-rewards", rewards, self.budgets - self.paid),
            ("miner-pool", pool, self.reserve + self.deposits.values().sum::<u128>()),
        ]
    }

    /// What builds all apps of somebody, and was not claimed, in wei.
    pub(super) fn credit(&self, owner: Address) -> u128 {
        self.apps.values().filter(|app| app.owner == owner).map(|app| app.credit).sum()
    }

    /// Wei in the reserve after the last closed epoch.
    pub(super) fn reserve(&self) -> u128 {
        self.reserve
    }

    pub(super) fn app(&mut self, id: u64) -> Result<&mut App> {
        self.apps.get_mut(&id).context(NO_APP)
    }
}

/// What the ledger says of COR that the chain has moved already: a refusal means that they disagree.
fn agreed<T>(said: std::result::Result<T, Bytes>) -> Result<T> {
    said.map_err(|data| anyhow!("by the ledger this is refused, with {data}"))
}
