//! What the network's contracts say at one block, in panels.

use abi::{AgentStore, AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::U256;
use anyhow::{Context as _, Result};
use economics::{
    BasisPoints, Wad,
    emission::{Decay, Taper, after_stake, after_usage, cap, user_paid_share},
    split::{Parts, Split},
    wide::ratio,
};
use serde_json::{Map, Value, json};

use super::super::{
    clock::Epochs,
    coming::{self, Coming},
    place::View,
    twin::{Figure, document},
};

/// Seconds of the year that rates are of: 365 days, as staking counts.
const YEAR: u128 = 365 * 86_400;
/// A whole, where parts are parts of 10^18.
const ONE: u128 = 1_000_000_000_000_000_000;

/// Figures that belong together.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    /// What they are of.
    pub(super) title: &'static str,
    /// They themselves.
    pub(super) figures: Vec<Figure>,
}

/// All figures, as of one block.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// The block.
    pub(super) block: u64,
    /// Its second.
    pub(super) time: u64,
    /// Seconds of the running epoch that are over, and that it has.
    pub(super) elapsed: (u64, u64),
    /// In the order in which they are shown.
    pub(super) panels: Vec<Panel>,
    /// What is announced and does not hold yet.
    pub(super) coming: Vec<Coming>,
    /// Contracts whose inflows are closed.
    pub(super) paused: Vec<&'static str>,
    /// Where the chain and our own arithmetic disagree, which they never may.
    pub(super) faults: Vec<String>,
}

impl Figures {
    /// Reads them all. Questions of different panels go to the node at the same time.
    pub(super) async fn read(at: &View<'_>) -> Result<Self> {
        let epochs = Epochs::read(at).await?;
        let (epoch, fees, (emission, fault), stake, roots, (coming, paused)) = tokio::try_join!(
            epoch(at, epochs),
            fees(at, epochs),
            emission(at),
            stake(at, epochs),
            roots(at),
            coming::read(at, epochs)
        )?;
        let running = epochs.at(at.time);
        let (start, end) = (epochs.start(running), epochs.start(running + 1));
        let elapsed = (at.time.saturating_sub(start), end.saturating_sub(start));
        let panels = vec![epoch, fees, emission, stake, roots];
        Ok(Self { block: at.number, time: at.time, elapsed, panels, coming, paused, faults: fault.into_iter().collect() })
    }

    /// For programs: every number an integer, as a decimal string.
    pub(super) fn json(&self) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("ok".to_owned(), self.faults.is_empty().into());
        json.insert("block".to_owned(), self.block.into());
        json.insert("time".to_owned(), self.time.into());
        for panel in &self.panels {
            json.insert(panel.title.to_owned(), document(&panel.figures));
        }
        json.insert("coming".to_owned(), self.coming.iter().map(Coming::json).collect());
        json.insert("paused".to_owned(), json!(self.paused));
        json.insert("faults".to_owned(), json!(self.faults));
        json
    }
}

async fn epoch(at: &View<'_>, epochs: Epochs) -> Result<Panel> {
    let running = epochs.at(at.time);
    let ends = epochs.start(running + 1);
    let next = at.view("miner-pool", &MinerPool::nextEpochCall {}).await?.saturating_to();
    let due = at.view("miner-pool", &MinerPool::dueCall {}).await?.saturating_to();
    let figures = vec![
        Figure::count("epoch", running),
        Figure::time("began", epochs.start(running)),
        Figure::time("ends", ends),
        Figure::seconds("time left", ends.saturating_sub(at.time)),
        Figure::count("next to close", next),
        Figure::time("closes", epochs.closes_at(next)),
        Figure::count("due now", due),
    ];
    Ok(Panel { title: "epoch", figures })
}

async fn fees(at: &View<'_>, epochs: Epochs) -> Result<Panel> {
    let epoch = U256::from(epochs.at(at.time));
    let income = at.view("app-fees", &AppFees::incomeOfCall { epoch }).await?;
    let kept = at.view("app-fees", &AppFees::totalsCall {}).await?;
    let figures = vec![
        Figure::cor("price of a unit", at.wei("app-fees", &AppFees::unitPriceOfCall { epoch }).await?),
        Figure::cor("paid by apps", income.own.saturating_to()),
        Figure::cor("paid from grants", income.granted.saturating_to()),
        Figure::cor("builders' part", at.wei("app-fees", &AppFees::buildersPartOfCall { epoch }).await?),
        Figure::count("apps", at.view("agent-store", &AgentStore::appsCall {}).await?.saturating_to()),
        Figure::cor("treasury waits", kept.treasury.saturating_to()),
        Figure::cor("to burn", kept.toBurn.saturating_to()),
    ];
    Ok(Panel { title: "fees", figures })
}

/// The emission of the epoch that closes next, as it would be with what is known of that epoch now, and how it comes about.
async fn emission(at: &View<'_>) -> Result<(Panel, Option<String>)> {
    let pool = "miner-pool";
    let epoch = at.view(pool, &MinerPool::nextEpochCall {}).await?;
    let reserve = at.view(pool, &MinerPool::reserveCall {}).await?;
    let terms = at.view(pool, &MinerPool::parametersCall {}).await?;
    let emitting = at.view(pool, &MinerPool::emittingCall {}).await?;
    let circulating = at.wei(pool, &MinerPool::circulatingCall {}).await?;
    let average = at.wei("staking", &Staking::averageStakeCall { epoch }).await?;
    let income = at.view("app-fees", &AppFees::incomeOfCall { epoch }).await?;
    let (own, granted) = (income.own.saturating_to::<u128>(), income.granted.saturating_to::<u128>());
    let parts = parts(at, epoch, own + granted).await?;
    let fees = U256::from(parts.miners);
    let most = at.wei(pool, &MinerPool::capCall {}).await?;
    let theirs = at.wei(pool, &MinerPool::expectedEmissionCall { fees }).await?;
    let emits = (emitting.first..=emitting.last).contains(&epoch);
    let expected = if emits { theirs } else { 0 };

    let bounds = "the pool's formula is out of bounds";
    let wad = |value: U256| u64::try_from(value).ok().and_then(Wad::new);
    let decay = u64::try_from(terms.decay).ok().and_then(Decay::new).context(bounds)?;
    let taper = match (wad(terms.usageTaper), wad(terms.stakeTaper), wad(terms.floor)) {
        (Some(usage), Some(stake), Some(floor)) => Taper::new(usage, stake, floor).context(bounds)?,
        _ => anyhow::bail!(bounds),
    };
    let ours = Emission::of(reserve.reserve.saturating_to(), decay, taper, parts.miners, circulating, average).context(bounds)?;
    let fault = (ours.cap != most || ours.emitted() != theirs).then(|| {
        format!(
            "epoch {epoch}: by economics the most is {} and the emission {} wei, by the pool {most} and {theirs}: an error of ours",
            ours.cap,
            ours.emitted()
        )
    });

    let last = epoch.saturating_sub(U256::from(1));
    let totals = at.view(pool, &MinerPool::totalsCall {}).await?;
    let closed = at.view(pool, &MinerPool::closedEpochCall { epoch: last }).await?;
    let share = at.wei(pool, &MinerPool::userPaidShareCall { epoch: last }).await?;
    let figures = vec![
        Figure::count("epoch", epoch.saturating_to()),
        Figure::flag("emits", emits),
        Figure::cor("reserve", reserve.reserve.saturating_to()),
        Figure::cor("deposits to come", reserve.deposits.saturating_to()),
        Figure::share("decay", decay.units().into(), ONE),
        Figure::cor("at most", most),
        Figure::cor("less by usage", ours.by_usage),
        Figure::cor("less by stake", ours.by_stake),
        Figure::cor("at least", ours.floor),
        Figure::cor("expected", expected),
        Figure::cor("miners' fees", parts.miners),
        Figure::cor("miners get", expected.saturating_add(parts.miners)),
        Figure::share("users pay", user_paid_share(parts.miners, own, own + granted, expected), ONE),
        Figure::share("users paid before", share, ONE),
        Figure::cor("emitted before", closed.emission.saturating_to()),
        Figure::cor("emitted in all", totals.emitted.saturating_to()),
    ];
    Ok((Panel { title: "emission", figures }, fault))
}

/// How an emission comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Emission {
    cap: u128,
    by_usage: u128,
    by_stake: u128,
    floor: u128,
}

impl Emission {
    /// The pool's formula, step by step. All wei; nothing where it leaves its range.
    fn of(reserve: u128, decay: Decay, taper: Taper, fees: u128, circulating: u128, average: u128) -> Option<Self> {
        let cap = cap(reserve, decay);
        let used = after_usage(cap, taper.usage, fees)?;
        let left = after_stake(used, taper.stake, average.min(circulating), circulating)?;
        Some(Self { cap, by_usage: cap - used, by_stake: used - left, floor: taper.floor.of(cap) })
    }

    fn emitted(self) -> u128 {
        (self.cap - self.by_usage - self.by_stake).max(self.floor)
    }
}

/// How an epoch's income is split, if it closed with what is paid by now.
async fn parts(at: &View<'_>, epoch: U256, gross: u128) -> Result<Parts> {
    let shares = at.view("app-fees", &AppFees::splitOfCall { epoch }).await?;
    let builders = at.wei("app-fees", &AppFees::buildersPartOfCall { epoch }).await?;
    let points = |value: U256| BasisPoints::new(value.saturating_to()).unwrap_or_default();
    let [miners, treasury, burn, theirs] =
        [shares.minersShare, shares.treasuryShare, shares.burnShare, shares.buildersShare].map(points);
    let parts = Split::new(miners, treasury, burn, theirs).and_then(|split| split.of(gross, builders));
    parts.with_context(|| format!("the split of epoch {epoch} leaves stakers less than nothing"))
}

async fn stake(at: &View<'_>, epochs: Epochs) -> Result<Panel> {
    let epoch = U256::from(epochs.at(at.time));
    let totals = at.view("staking", &Staking::totalsCall {}).await?;
    let percent: u128 = at.view("staking", &Staking::aprCall {}).await?.saturating_to();
    let stream = at.view("staking", &Staking::streamCall {}).await?;
    let circulating = at.wei("miner-pool", &MinerPool::circulatingCall {}).await?;
    let staked: u128 = totals.staked.saturating_to();
    let (left, remaining) = (stream.left.saturating_to::<u128>(), stream.remaining.saturating_to::<u64>());
    let budget: u128 = totals.budget.saturating_to();
    let (lasts, streams) = (lasts(budget, staked, percent), yearly(left, remaining.into(), staked));
    let figures = vec![
        Figure::cor("at stake", staked),
        Figure::cor("average of the epoch", at.wei("staking", &Staking::averageStakeCall { epoch }).await?),
        Figure::share("of what circulates", staked, circulating),
        Figure::cor("unbonding", totals.unbonding.saturating_to()),
        Figure::cor("rewards to claim", totals.rewards.saturating_to()),
        Figure::share("incentives a year", if budget == 0 { 0 } else { percent }, 100),
        Figure::cor("incentives' budget", budget),
        Figure::seconds("that lasts for", lasts),
        Figure::cor("fees still to stream", left),
        Figure::seconds("over", remaining),
        Figure::share("fees a year", streams, ONE),
    ];
    Ok(Panel { title: "stake", figures })
}

/// How long a budget lasts at a rate in percent a year, in seconds, rounded down; 0 where nothing is spent.
fn lasts(budget: u128, staked: u128, percent: u128) -> u64 {
    let a_year = ratio(staked, percent, 100);
    if a_year == 0 { 0 } else { u64::try_from(ratio(budget, YEAR, a_year)).unwrap_or(u64::MAX) }
}

/// What comes in a year of what comes in some seconds, as a part of the stake that shares it, of 10^18, rounded down.
fn yearly(amount: u128, seconds: u128, staked: u128) -> u128 {
    if seconds == 0 || staked == 0 { 0 } else { ratio(ratio(amount, YEAR, seconds), ONE, staked) }
}

async fn roots(at: &View<'_>) -> Result<Panel> {
    let rewards = "miner-rewards";
    let active = at.view(rewards, &MinerRewards::activeRootCall {}).await?;
    let pending = at.view(rewards, &MinerRewards::pendingRootCall {}).await?;
    let closed = at.view(rewards, &MinerRewards::epochsCall {}).await?;
    let totals = at.view(rewards, &MinerRewards::totalsCall {}).await?;
    let panel = at.view(rewards, &MinerRewards::quorumCall {}).await?;
    let behind = if active.root.is_zero() { closed.first } else { active.epoch + U256::from(1) };
    let mut figures = vec![
        Figure::cor("budgets in all", totals.budgets.saturating_to()),
        Figure::cor("paid of them", totals.paid.saturating_to()),
        Figure::count("closed epochs without a root", closed.next.saturating_sub(behind).saturating_to()),
        Figure::count("attesters", panel.attesters.saturating_to()),
        Figure::count("quorum", panel.quorum.saturating_to()),
        Figure::flag("a root is active", !active.root.is_zero()),
    ];
    if !active.root.is_zero() {
        figures.extend([
            Figure::count("active, of epoch", active.epoch.saturating_to()),
            Figure::hash("active root", active.root),
            Figure::cor("active total", active.cumulativeTotal.saturating_to()),
            Figure::time("active since", active.activatedAt.saturating_to()),
        ]);
    }
    figures.push(Figure::flag("a root is pending", !pending.root.is_zero()));
    if !pending.root.is_zero() {
        let (epoch, root) = (pending.epoch, pending.root);
        let votes = MinerRewards::votesCall { epoch, root, cumulativeTotal: pending.cumulativeTotal, dataHash: pending.dataHash };
        let ready = pending.readyAt.saturating_to::<u64>();
        figures.extend([
            Figure::count("pending, of epoch", epoch.saturating_to()),
            Figure::hash("pending root", root),
            Figure::cor("pending total", pending.cumulativeTotal.saturating_to()),
            Figure::count("votes for it", at.view(rewards, &votes).await?.saturating_to()),
            Figure::time("can be active from", ready),
            Figure::seconds("that is in", ready.saturating_sub(at.time)),
            Figure::flag("extended", pending.extended),
        ]);
    }
    Ok(Panel { title: "roots", figures })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_lasts_as_long_as_it_is_spent() {
        assert_eq!(lasts(600, 1_000, 60), 365 * 86_400, "60 % of 1000 a year");
        assert_eq!(lasts(300, 1_000, 60), 365 * 43_200);
        assert_eq!((lasts(0, 1_000, 60), lasts(5, 0, 60), lasts(5, 1_000, 0)), (0, 0, 0));
    }

    #[test]
    fn a_stream_has_a_yearly_rate() {
        assert_eq!(yearly(10, YEAR, 1_000), ONE / 100);
        assert_eq!(yearly(10, YEAR / 4, 1_000), ONE / 25);
        assert_eq!((yearly(10, 0, 1_000), yearly(10, 5, 0)), (0, 0));
    }

    #[test]
    fn an_emission_is_its_cap_less_what_tapers_it() {
        let half = Wad::new(500_000_000_000_000_000).expect("a half");
        let taper = Taper::new(half, half, Wad::new(50_000_000_000_000_000).expect("a part")).expect("a taper");
        let decay = Decay::new(6_642_715_706_043_055).expect("a decay");
        let it =
            Emission::of(350_000_000 * ONE, decay, taper, 1_000_000 * ONE, 650_000_000 * ONE, 65_000_000 * ONE).expect("one");
        let by_economics = taper.emission(it.cap, 1_000_000 * ONE, 650_000_000 * ONE, 65_000_000 * ONE);
        assert_eq!(Some(it.emitted()), by_economics);
        assert!(it.by_usage > 0 && it.by_stake > 0 && it.emitted() < it.cap);
    }
}
