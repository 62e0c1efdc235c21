//! Plain books of app-fees and the pool, as the rules are said and not as the contracts do it: every epoch has its own
//! entry in a map, nothing is packed, nothing is ever forgotten. All amounts are wei.

use std::collections::BTreeMap;

use alloy_primitives::U512;

use crate::world::{COR, DAY, EPOCH, GENESIS, SUPPLY};

/// Seconds of grace.
pub(crate) const GRACE: u64 = DAY;
/// Builders' share of what apps pay themselves, in parts of 10,000.
const BUILDERS: u128 = 500;
/// 2^(-1/104) less than one, as parts of 1e18.
const DECAY: u128 = 6_642_715_706_043_055;

/// Miners', treasury's and burnt parts of 10,000.
pub(crate) type Shares = (u16, u16, u16);

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) escrow: u128,
    pub(crate) grants: u128,
    pub(crate) exit: u128,
    exit_epoch: u64,
    pub(crate) credit: u128,
    since: u64,
    active: u64,
    cap: BTreeMap<u64, u128>,
    later_cap: u128,
    units: BTreeMap<u64, u64>,
    spent: BTreeMap<u64, u128>,
    commitments: BTreeMap<u64, u64>,
    closed: Option<u64>,
    pub(crate) returned: bool,
}

/// What a voucher came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) units: u64,
    pub(crate) committed: u64,
    pub(crate) granted: u128,
    pub(crate) escrowed: u128,
}

/// What an epoch came to at its closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) emission: u128,
    pub(crate) fees: u128,
}

/// The books. Calls that are refused give `None` and change nothing.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) apps: Vec<App>,
    pub(crate) paused: bool,
    prices: BTreeMap<u64, u128>,
    discounts: BTreeMap<u64, u128>,
    splits: BTreeMap<u64, Shares>,
    own: BTreeMap<u64, u128>,
    builders: BTreeMap<u64, u128>,
    granted: BTreeMap<u64, u128>,
    pub(crate) treasury: u128,
    pub(crate) to_burn: u128,
    pub(crate) next: u64,
    pub(crate) reserve: u128,
    deposits: BTreeMap<u64, u128>,
    burned: u128,
    pub(crate) emitted: u128,
    pub(crate) budgets: u128,
}

fn at<T: Copy>(values: &BTreeMap<u64, T>, epoch: u64) -> T {
    *values.range(..=epoch).next_back().expect("a value since epoch 0").1
}

fn of<T: Copy + Default>(values: &BTreeMap<u64, T>, epoch: u64) -> T {
    values.get(&epoch).copied().unwrap_or_default()
}

fn wide(amount: u128) -> U512 {
    U512::from(amount)
}

impl Model {
    /// Of a network in epoch 0 that has a reserve, which emits from epoch 1 on.
    pub(crate) fn new(now: u64, reserve: u128) -> Self {
        Self {
            now,
            apps: Vec::new(),
            paused: false,
            prices: [(0, COR)].into(),
            discounts: [(0, 1_000)].into(),
            splits: [(0, (7_000, 1_000, 500))].into(),
            own: BTreeMap::new(),
            builders: BTreeMap::new(),
            granted: BTreeMap::new(),
            treasury: 0,
            to_burn: 0,
            next: 0,
            reserve: 0,
            deposits: [(0, reserve)].into(),
            burned: 0,
            emitted: 0,
            budgets: 0,
        }
    }

    pub(crate) fn running(&self) -> u64 {
        (self.now - GENESIS) / EPOCH
    }

    /// When an epoch's vouchers no longer count, and it may be closed.
    pub(crate) fn due(epoch: u64) -> u64 {
        GENESIS + (epoch + 1) * EPOCH + GRACE
    }

    /// All that app-fees owes.
    pub(crate) fn owed(&self) -> u128 {
        let apps: u128 = self.apps.iter().map(|app| app.escrow + app.grants + app.exit + app.credit).sum();
        let open = |income: &BTreeMap<u64, u128>| income.range(self.next..).map(|(_, wei)| wei).sum::<u128>();
        apps + open(&self.own) + open(&self.granted) - open(&self.builders) + self.treasury + self.to_burn
    }

    /// Deposits that have not joined the reserve.
    pub(crate) fn waiting(&self) -> u128 {
        self.deposits.range(self.next..).map(|(_, wei)| wei).sum()
    }

    pub(crate) fn cap_of(&self, app: usize, epoch: u64) -> u128 {
        let app = &self.apps[app];
        if epoch < app.since { 0 } else { app.cap.get(&epoch).copied().unwrap_or(app.later_cap) }
    }

    pub(crate) fn register(&mut self, cap: u128) {
        let running = self.running();
        self.apps.push(App {
            escrow: 0,
            grants: 0,
            exit: 0,
            exit_epoch: 0,
            credit: 0,
            since: running,
            active: self.now,
            cap: BTreeMap::new(),
            later_cap: cap,
            units: BTreeMap::new(),
            spent: BTreeMap::new(),
            commitments: BTreeMap::new(),
            closed: None,
            returned: false,
        });
    }

    fn takes_money(&mut self, app: usize) -> Option<&mut App> {
        if self.paused || self.apps[app].closed.is_some() { None } else { Some(&mut self.apps[app]) }
    }

    pub(crate) fn top_up(&mut self, app: usize, wei: u128) -> Option<()> {
        self.takes_money(app)?.escrow += wei;
        Some(())
    }

    pub(crate) fn sponsor(&mut self, app: usize, wei: u128) -> Option<()> {
        self.takes_money(app)?.grants += wei;
        Some(())
    }

    /// Charges the app itself, for an epoch.
    fn charge(&mut self, app: usize, epoch: u64, wei: u128) {
        let part = wei * BUILDERS / 10_000;
        *self.own.entry(epoch).or_default() += wei;
        *self.builders.entry(epoch).or_default() += part;
        self.apps[app].credit += part;
    }

    pub(crate) fn pay(&mut self, app: usize, wei: u128) -> Option<()> {
        let now = self.now;
        self.takes_money(app)?.active = now;
        self.charge(app, self.running(), wei);
        Some(())
    }

    pub(crate) fn commit(&mut self, app: usize, units: u64, epochs: u64) -> Option<u128> {
        self.takes_money(app)?;
        if units == 0 || !(1..=8).contains(&epochs) {
            return None;
        }
        let running = self.running();
        let rest = 10_000 - at(&self.discounts, running);
        let cost = (u128::from(units) * at(&self.prices, running + 1) * rest).div_ceil(10_000);
        for epoch in running + 1..=running + epochs {
            self.charge(app, epoch, cost);
            *self.apps[app].commitments.entry(epoch).or_default() += units;
        }
        self.apps[app].active = self.now;
        Some(cost * u128::from(epochs))
    }

    pub(crate) fn settle(&mut self, app: usize, epoch: u64, cumulative: u64) -> Option<Taken> {
        let (cap, price) = (self.cap_of(app, epoch), at(&self.prices, epoch));
        let it = &mut self.apps[app];
        let open = epoch <= (self.now - GENESIS) / EPOCH && self.now < Self::due(epoch);
        let (counted, spent) = (of(&it.units, epoch), of(&it.spent, epoch));
        if !open || epoch < it.since || it.closed.is_some_and(|last| epoch > last) || cumulative <= counted {
            return None;
        }
        let asked = cumulative - counted;
        let committed = asked.min(of(&it.commitments, epoch).saturating_sub(counted));
        let exit = if epoch <= it.exit_epoch { it.exit } else { 0 };
        let pays = (it.grants + exit + it.escrow).min(cap.saturating_sub(spent));
        let paid = u128::from(asked - committed).min(pays / price);
        let units = committed + paid as u64;
        if units == 0 {
            return None;
        }
        let cost = paid * price;
        let granted = cost.min(it.grants);
        let escrowed = cost - granted;
        let leaving = escrowed.min(exit);
        it.grants -= granted;
        it.exit -= leaving;
        it.escrow -= escrowed - leaving;
        it.active = self.now;
        *it.units.entry(epoch).or_default() += units;
        *it.spent.entry(epoch).or_default() += cost;
        *self.granted.entry(epoch).or_default() += granted;
        self.charge(app, epoch, escrowed);
        Some(Taken { units, committed, granted, escrowed })
    }

    pub(crate) fn request_exit(&mut self, app: usize, wei: u128) -> Option<()> {
        let running = self.running();
        let it = &mut self.apps[app];
        if wei == 0 || it.exit > 0 || wei > it.escrow {
            return None;
        }
        it.escrow -= wei;
        (it.exit, it.exit_epoch) = (wei, running);
        Some(())
    }

    pub(crate) fn cancel_exit(&mut self, app: usize) -> Option<()> {
        let it = &mut self.apps[app];
        if it.exit == 0 {
            return None;
        }
        it.escrow += std::mem::take(&mut it.exit);
        Some(())
    }

    pub(crate) fn exit(&mut self, app: usize) -> Option<u128> {
        let it = &mut self.apps[app];
        if it.exit == 0 || self.now < Self::due(it.exit_epoch) {
            return None;
        }
        Some(std::mem::take(&mut it.exit))
    }

    pub(crate) fn set_cap(&mut self, app: usize, cap: u128) -> Option<()> {
        let running = self.running();
        if self.apps[app].closed.is_some() {
            return None;
        }
        for epoch in self.apps[app].since..=running {
            let open = self.now < Self::due(epoch);
            let held = self.cap_of(app, epoch);
            self.apps[app].cap.insert(epoch, if open { held.max(cap) } else { held });
        }
        self.apps[app].later_cap = cap;
        Some(())
    }

    pub(crate) fn price_of(&self, epoch: u64) -> u128 {
        at(&self.prices, epoch)
    }

    pub(crate) fn set_price(&mut self, price: u128) -> Option<()> {
        let running = self.running();
        let before = self.price_of(running + 1);
        if price == 0 || price > 2 * before || 2 * price < before {
            return None;
        }
        self.prices.insert(running + 2, price);
        Some(())
    }

    pub(crate) fn set_discount(&mut self, points: u16) -> Option<()> {
        if points > 5_000 {
            return None;
        }
        self.discounts.insert(self.running() + 1, points.into());
        Some(())
    }

    pub(crate) fn set_split(&mut self, shares: Shares) -> Option<()> {
        let (miners, treasury, burn) = shares;
        let within = (5_000..=8_500).contains(&miners) && [treasury, burn].iter().all(|part| (500..=3_000).contains(part));
        if !within || treasury + burn < 1_500 || miners + treasury + burn + BUILDERS as u16 > 10_000 {
            return None;
        }
        self.splits.insert(self.running() + 1, shares);
        Some(())
    }

    /// What the owner's stake grows by.
    pub(crate) fn claim_builder(&mut self, app: usize) -> Option<u128> {
        Some(std::mem::take(&mut self.apps[app].credit)).filter(|credit| *credit > 0)
    }

    pub(crate) fn pull_treasury(&mut self) -> Option<u128> {
        Some(std::mem::take(&mut self.treasury)).filter(|wei| *wei > 0)
    }

    pub(crate) fn burn(&mut self) -> Option<u128> {
        Some(std::mem::take(&mut self.to_burn)).filter(|wei| *wei > 0)
    }

    pub(crate) fn close_app(&mut self, app: usize, curator: bool) -> Option<()> {
        let running = self.running();
        let it = &mut self.apps[app];
        let committed = it.commitments.keys().next_back().is_some_and(|last| *last >= running);
        if it.closed.is_some() || committed || (curator && self.now < it.active + 182 * DAY) {
            return None;
        }
        it.closed = Some(running);
        Some(())
    }

    /// What the owner of a closed app gets beside the bond.
    pub(crate) fn return_bond(&mut self, app: usize) -> Option<u128> {
        let running = self.running();
        let it = &mut self.apps[app];
        let last = it.closed?;
        if it.returned || self.now < Self::due(last) {
            return None;
        }
        it.returned = true;
        *self.granted.entry(running).or_default() += std::mem::take(&mut it.grants);
        Some(std::mem::take(&mut it.escrow) + std::mem::take(&mut it.exit))
    }

    pub(crate) fn deposit(&mut self, wei: u128) -> Option<()> {
        *self.deposits.entry(self.running()).or_default() += wei;
        Some(())
    }

    /// Closes the next epoch if it is due; `stake` is its average stake. Says what stakers' part was, too.
    pub(crate) fn close(&mut self, stake: u128) -> Option<Closed> {
        let epoch = self.next;
        if self.now < Self::due(epoch) {
            return None;
        }
        let (own, granted, builders) = (of(&self.own, epoch), of(&self.granted, epoch), of(&self.builders, epoch));
        let gross = own + granted;
        let (miners, treasury, burn) = at(&self.splits, epoch);
        let others = gross * (10_000 - u128::from(miners)) / 10_000;
        let fees = gross - others;
        let (treasury, burn) = (gross * u128::from(treasury) / 10_000, gross * u128::from(burn) / 10_000);
        assert!(others >= treasury + burn + builders, "the parts are more than the whole");

        let emission = if epoch == 0 { 0 } else { self.emission(fees, stake) };
        self.treasury += treasury;
        self.to_burn += burn;
        self.burned += burn;
        self.emitted += emission;
        self.budgets += emission + fees;
        self.reserve = self.reserve - emission + of(&self.deposits, epoch);
        self.next += 1;
        Some(Closed { emission, fees })
    }

    /// The formula, with no ratio rounded before the last division.
    pub(crate) fn emission(&self, fees: u128, stake: u128) -> u128 {
        let (w, half) = (wide(COR), wide(COR / 2));
        let cap = wide(self.reserve) * wide(DECAY) / w;
        let up = |a: U512, b: U512| if b.is_zero() { U512::ZERO } else { a.div_ceil(b) };
        let used = cap - up(cap * half * wide(fees), (cap + wide(fees)) * w);
        let circulating = wide(SUPPLY - self.burned).saturating_sub(wide(self.reserve));
        let staked = circulating.min(wide(stake));
        let tapered = used - up(used * half * staked, circulating * w);
        tapered.max(cap * wide(COR / 20) / w).to()
    }
}
