//! The whole loop, epoch by epoch: apps arrive and grow, a free showcase becomes a paying one, stake grows, miners join and
//! leave, attesters vote, miners are paid. Each closing is held against paper, to the wei.

mod chronicle;
mod closing;
mod miners;
mod page;
mod paper;
mod plot;
mod stage;
mod usage;

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use economics::COR;

pub use chronicle::{Chronicle, Solvency};
pub(crate) use chronicle::{Page, percent};
pub(crate) use page::compared;
pub(crate) use plot::Plot;

use crate::{
    chain::Chain,
    model::{self, Model},
    people::{People, Person},
    recorder::Recorder,
    system::{Network, RESERVE, System, grace},
};
use chronicle::Account;
use miners::{Miners, Work};
use paper::Paper;
use plot::{Crowd, Event};
use stage::{Deed, Stage};

/// Gas limit of every call: what a call does hangs on its block's time, so that an estimate may be of something else.
const GAS: u64 = 3_000_000;
/// The same of closing many epochs.
const GAS_OF_MANY: u64 = 25_000_000;
const DAY: u64 = 86_400;

/// Plays a plot on contracts that were built by its terms, and of which `model` is the ledger so far, for so many emitting epochs, and the closing of the last.
/// Where time cannot be moved, only what needs no waiting.
pub(crate) async fn play(
    chain: &mut Chain,
    people: &People,
    system: &System,
    network: &Network,
    model: Model,
    plot: &Plot,
    recorder: &mut Recorder,
) -> Result<Chronicle> {
    ensure!(!plot.market, "a plot with a market can be simulated, and not played on a chain");
    Scenario::new(Stage::Chain { chain, recorder }, people, system, network, model, plot).await?.play().await
}

/// Plays a plot on paper alone, from a second on at which `model` is the ledger: the same steps at the same seconds.
pub(crate) async fn simulate(
    now: u64,
    people: &People,
    system: &System,
    network: &Network,
    model: Model,
    plot: &Plot,
) -> Result<Chronicle> {
    Scenario::new(Stage::paper(now), people, system, network, model, plot).await?.play().await
}

struct Scenario<'a> {
    stage: Stage<'a>,
    people: &'a People,
    system: &'a System,
    network: &'a Network,
    plot: &'a Plot,
    /// The epoch in which the plot begins.
    began: u64,
    crowd: Crowd,
    paper: Paper,
    miners: Miners,
    /// Units that each app uses in an epoch by now, by id.
    usage: Vec<plot::Usage>,
    /// What was worked in each epoch that is not attested yet.
    work: BTreeMap<u64, Work>,
    /// What the builder and the holder had gained when the last epoch was finished.
    gained: [u128; 2],
}

impl<'a> Scenario<'a> {
    async fn new(
        stage: Stage<'a>,
        people: &'a People,
        system: &'a System,
        network: &'a Network,
        model: Model,
        plot: &'a Plot,
    ) -> Result<Self> {
        Ok(Self {
            began: model.staking.epoch(stage.time().await?),
            stage,
            people,
            system,
            network,
            crowd: plot.crowd,
            paper: Paper::new(model, *network, &plot.terms)?,
            miners: Miners::default(),
            usage: Vec::new(),
            work: BTreeMap::new(),
            gained: [0; 2],
            plot,
        })
    }

    async fn play(mut self) -> Result<Chronicle> {
        let (began, epochs) = (self.began, self.plot.epochs);
        let mut pages = Vec::new();
        if self.stage.moves_time() {
            self.catch_up().await?;
            self.found().await?;
            for epoch in began..=began + epochs {
                self.stage.progress(|| format!("epoch {epoch}"));
                self.go(epoch, 3_600);
                self.arrive(epoch).await?;
                if epoch > began {
                    pages.extend(self.finish(epoch - 1).await?);
                }
                self.go(epoch, 6 * DAY);
                self.settle(epoch).await?;
            }
            pages.extend(self.finish(began + epochs).await?);
            self.pay_out().await?;
        } else {
            self.found().await?;
            self.arrive(began).await?;
            self.leave_out(epochs);
        }
        let solvency = self.check("the end").await?;
        Ok(Chronicle::new(self.plot.terms, pages, solvency))
    }

    /// Closes, in one call, all the epochs that went by before the plot begins, in which no app was there.
    async fn catch_up(&mut self) -> Result<()> {
        self.go(self.began, grace(self.system));
        self.close(0..self.began).await?;
        self.check("catching up").await?;
        Ok(())
    }

    /// The reserve, the incentives, the attesters, and everybody's COR.
    async fn found(&mut self) -> Result<()> {
        use Person::{Ada, Ben, Cleo, Treasury};
        let Network { fees, store, pool, rewards } = *self.network;
        let token = self.system.token;
        for who in [Ada, Ben, Cleo] {
            let gift = CorToken::transferCall { to: self.people.address(who), value: wei(self.plot.gift.0) };
            self.act(Treasury, format!("gives {} {} COR", who.name(), self.plot.gift.0 / COR), token, &gift).await?;
            self.paper.give(self.people.address(Treasury), self.people.address(who), self.plot.gift.0)?;
        }
        for who in [Treasury, Ada, Ben, Cleo] {
            let staking = self.system.staking;
            for (name, spender) in [("staking", staking), ("app-fees", fees), ("agent-store", store), ("miner-pool", pool)] {
                let approve = CorToken::approveCall { spender, value: U256::MAX };
                self.act(who, format!("approves {name}"), token, &approve).await?;
            }
            self.paper.model.token.approve(self.people.address(who), staking, U256::MAX);
        }
        let treasury = self.people.address(Treasury);
        let fund = Staking::fundCall { amount: wei(self.plot.incentives.0) };
        let funded = self.act(Treasury, "funds the incentives", self.system.staking, &fund).await?;
        self.paper.fund(treasury, self.plot.incentives.0, funded.time)?;
        let deposited =
            self.act(Treasury, "deposits the reserve", pool, &MinerPool::depositCall { amount: wei(RESERVE) }).await?;
        let epoch = self.paper.model.staking.epoch(deposited.time);
        if let Some(told) = deposited.told::<MinerPool::Deposited>()? {
            self.expect("the epoch of the deposit", epoch.into(), told.epoch);
        }
        self.paper.deposit(treasury, epoch, RESERVE)?;
        let started = self.act(Treasury, "starts the emission", pool, &MinerPool::startEmissionCall {}).await?;
        self.paper.start_emission(self.paper.model.staking.epoch(started.time));
        let attesters = [Ada, Ben, Cleo].map(|who| self.people.address(who)).to_vec();
        let name = MinerRewards::setAttestersCall { attesters, quorum: U256::from(2) };
        self.act(Treasury, "names three attesters", rewards, &name).await?;
        Ok(())
    }

    /// What the plot has for the beginning of an epoch.
    async fn arrive(&mut self, epoch: u64) -> Result<()> {
        let day = epoch - self.began;
        for event in self.plot.events(day) {
            self.event(epoch, event.clone()).await?;
        }
        let mut work = Work::default();
        for number in self.plot.miners(day) {
            let miner = match self.miners.address(number) {
                Some(miner) => miner,
                None => {
                    let miner = plot::miner(number)?.address();
                    self.stake_for(miner, &format!("miner {number}"), self.plot.miner_stake.0).await?;
                    self.miners.join(miner, number);
                    miner
                }
            };
            work.miners.push(miner);
        }
        work.miners.sort_unstable();
        self.work.insert(epoch, work);
        let crowd = self.people.address(Person::Cleo);
        let Crowd { stakes, until } = self.crowd;
        let room = until.0.saturating_sub(self.paper.model.staking.stake_of(crowd));
        let amount = self.affordable(Person::Treasury, stakes.0.min(room))?;
        if amount > 0 {
            self.stake_for(crowd, "cleo", amount).await?;
        }
        self.grow(epoch).await
    }

    async fn event(&mut self, epoch: u64, event: Event) -> Result<()> {
        let Network { fees, store, .. } = *self.network;
        match event {
            Event::Found(founder) => {
                let (owner, name, cap) = (founder.owner, founder.name.clone(), founder.cap.0);
                let register = AgentStore::registerCall {
                    signer: plot::signer(&name)?.address(),
                    feeCap: wei(cap),
                    category: keccak256("inference"),
                    contentHash: keccak256(&name),
                    uri: format!("https://apps.example/{name}.json"),
                };
                let deed = self.act(owner, format!("registers {name}"), store, &register).await?;
                let id = self.paper.register(self.people.address(owner), cap, epoch)?;
                if let Some(told) = deed.told::<AgentStore::Registered>()? {
                    self.expect("the new app's id", id.into(), told.appId);
                }
                self.usage.push(plot::Usage::begin(founder));
            }
            Event::Allot { app: name, units } => {
                let (app, units) = (self.id(&name)?, u128::from(units));
                let call = AgentStore::allotCall { appId: U256::from(app), units: wei(units) };
                self.act(Person::Treasury, format!("allots {name} {units} free units"), store, &call).await?;
                self.paper.allot(app, epoch, units)?;
            }
            Event::Sponsor { app: name, amount } => {
                let app = self.id(&name)?;
                self.raise_cap(app).await?;
                let amount = self.affordable(Person::Treasury, amount.0)?;
                let call = AppFees::sponsorCall { appId: U256::from(app), amount: wei(amount) };
                self.act(Person::Treasury, format!("sponsors {name}"), fees, &call).await?;
                self.paper.sponsor(self.people.address(Person::Treasury), app, amount)?;
                self.usage_mut(app)?.meters = true;
            }
            Event::Pay { app } => {
                let app = self.id(&app)?;
                self.usage_mut(app)?.pays = true;
            }
            Event::Grow { app, growth } => {
                let app = self.id(&app)?;
                self.usage_mut(app)?.growth = growth;
            }
            Event::Commit { app: name, units, epochs } => {
                let app = self.id(&name)?;
                let owner = self.usage(app)?.owner;
                let whole = self.paper.commitment(units.into()).0 * u128::from(epochs);
                if self.affordable(owner, whole)? < whole {
                    return Ok(());
                }
                let (cost, builder) = self.paper.commit(self.people.address(owner), app, epoch, units.into(), epochs)?;
                let call = AppFees::commitCall { appId: U256::from(app), units: wei(units.into()), epochs: U256::from(epochs) };
                let deed = self.act(owner, format!("commits {name}"), fees, &call).await?;
                if let Some(told) = deed.told::<AppFees::Committed>()? {
                    self.expect("the cost of an epoch committed", cost, told.cost);
                    self.expect("the builder's part of it", builder, told.builder);
                }
            }
            Event::Crowd(crowd) => self.crowd = crowd,
            Event::Stake { who, until } => {
                let account = self.people.address(who);
                let amount = until.0.saturating_sub(self.paper.model.staking.stake_of(account));
                let amount = self.affordable(who, amount)?;
                if amount > 0 {
                    let call = Staking::stakeCall { amount: wei(amount) };
                    let words = format!("stakes up to {} COR", until.0 / COR);
                    let deed = self.act(who, words, self.system.staking, &call).await?;
                    self.paper.stake(account, account, amount, deed.time)?;
                }
            }
            Event::Leave { who, percent } => {
                let account = self.people.address(who);
                let amount = self.paper.model.staking.stake_of(account) * u128::from(percent) / 100;
                if amount > 0 {
                    let call = Staking::requestUnstakeCall { amount: wei(amount) };
                    let deed = self.act(who, format!("takes back {percent} % of its stake"), self.system.staking, &call).await?;
                    self.paper.leave(account, amount, deed.time)?;
                }
            }
        }
        Ok(())
    }

    /// How much of an amount somebody can pay. Without a market all of it, or the plot cannot be played; with one, who is
    /// short of it buys from the treasury, as long as that has some.
    fn affordable(&mut self, who: Person, amount: u128) -> Result<u128> {
        if !self.plot.market {
            return Ok(amount);
        }
        let (account, treasury) = (self.people.address(who), self.people.address(Person::Treasury));
        let has: u128 = self.paper.model.token.balance(account).saturating_to();
        if who != Person::Treasury && has < amount {
            let sold = (amount - has).min(self.paper.model.token.balance(treasury).saturating_to());
            self.paper.give(treasury, account, sold)?;
        }
        Ok(amount.min(self.paper.model.token.balance(account).saturating_to()))
    }

    /// With a market: what is owed is taken, and who earned sells.
    fn trade(&mut self, time: u64) -> Result<()> {
        if !self.plot.market {
            return Ok(());
        }
        let (treasury, crowd) = (self.people.address(Person::Treasury), self.people.address(Person::Cleo));
        self.paper.pull_treasury(treasury)?;
        self.paper.burn()?;
        self.paper.claim(crowd, time)?;
        for miner in self.miners.named().map(|(_, miner)| miner).collect::<Vec<_>>() {
            let earned = self.paper.model.token.balance(miner).saturating_to();
            self.paper.give(miner, treasury, earned)?;
        }
        Ok(())
    }

    /// Opens an app's fee cap, for the epochs that are open too.
    async fn raise_cap(&mut self, app: u64) -> Result<()> {
        if self.paper.app(app)?.cap < self.plot.fee_cap.0 {
            let plot::Usage { owner, name, .. } = self.usage(app)?.clone();
            let call = AgentStore::setFeeCapCall { appId: U256::from(app), feeCap: wei(self.plot.fee_cap.0) };
            self.act(owner, format!("raises the fee cap of {name}"), self.network.store, &call).await?;
            self.paper.app(app)?.cap = self.plot.fee_cap.0;
        }
        Ok(())
    }

    async fn stake_for(&mut self, account: Address, name: &str, amount: u128) -> Result<()> {
        let call = Staking::stakeForCall { account, amount: wei(amount) };
        let words = format!("stakes {} COR for {name}", amount / COR);
        let mined = self.act(Person::Treasury, words, self.system.staking, &call).await?;
        self.paper.stake(self.people.address(Person::Treasury), account, amount, mined.time)
    }

    /// Names what cannot be done where time cannot be moved.
    fn leave_out(&mut self, epochs: u64) {
        let Stage::Chain { recorder, .. } = &mut self.stage else { return };
        let mut leave = |step: String, contract, why| recorder.leave_out(step, contract, why);
        for epoch in self.began..=self.began + epochs {
            leave(format!("vouchers of epoch {epoch}"), "app-fees", "usage grows over weeks");
            leave(format!("closing epoch {epoch}"), "miner-pool", "the epoch must end");
            leave(format!("attesting epoch {epoch}, and the miners' claims"), "miner-rewards", "the epoch must be closed");
        }
        leave("the builders' parts, the treasury's and the burn".into(), "app-fees", "epochs must be closed");
    }

    /// Rule 3, with equality: every contract holds what it owes. On a chain, that and what everybody has, against paper.
    async fn check(&mut self, when: &str) -> Result<Vec<Solvency>> {
        let mut accounts = self.people.named();
        accounts.extend(self.miners.named());
        let owed = self.paper.owed(self.stage.time().await?);
        let Self { stage, system, paper, .. } = self;
        if let Stage::Chain { chain, recorder } = stage {
            model::compare(chain, system, &paper.model, &accounts, when, recorder).await?;
        }
        let mut rows = Vec::new();
        for (contract, account, owes) in owed {
            let by_paper = paper.model.token.balance(account);
            let has = match stage {
                Stage::Chain { chain, .. } => chain.view(system.token, &CorToken::balanceOfCall { account }).await?,
                Stage::Paper { .. } => by_paper,
            };
            if has != wei(owes) || has != by_paper {
                let words = format!("after {when}: {contract} holds {has}, by paper {by_paper}, and owes {owes}");
                stage.mismatch(words)?;
            }
            rows.push(Solvency { contract, owes, has });
        }
        Ok(rows)
    }

    /// What everybody has at a time.
    fn accounts(&self, now: u64) -> Vec<Account> {
        let named = self.people.named().into_iter().chain(self.miners.named());
        let staking = self.paper.model.staking.at(now);
        named
            .map(|(name, address)| {
                let position = staking.position(address, now);
                Account {
                    name,
                    address,
                    cor: self.paper.model.token.balance(address),
                    stake: position.stake,
                    unbonding: position.unbonding,
                    rewards: position.rewards,
                    credit: self.paper.credit(address),
                }
            })
            .collect()
    }

    /// A step that must succeed.
    async fn act(&mut self, who: Person, words: impl Into<String>, to: Address, call: &impl SolCall) -> Result<Deed> {
        self.act_within(GAS, who, words, to, call).await
    }

    /// The same within another gas limit.
    async fn act_within(
        &mut self,
        gas: u64,
        who: Person,
        words: impl Into<String>,
        to: Address,
        call: &impl SolCall,
    ) -> Result<Deed> {
        self.stage.act(self.people.signer(who), gas, || format!("{} {}", who.name(), words.into()), to, call).await
    }

    /// Goes to a second of an epoch, unless it is over.
    fn go(&mut self, epoch: u64, second: u64) {
        self.stage.reach(self.system.genesis + epoch * self.system.parameters.epoch_length + second);
    }

    fn expect(&mut self, what: &str, paper: u128, got: U256) {
        self.expect_same(what, wei(paper), got);
    }

    fn expect_same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, paper: T, got: T) {
        if let Stage::Chain { recorder, .. } = &mut self.stage
            && paper != got
        {
            recorder.mismatch(format!("{what}: {got:?} on the chain, by paper {paper:?}"));
        }
    }

    /// An app's id, by its name.
    fn id(&self, name: &str) -> Result<u64> {
        let found = self.usage.iter().position(|usage| usage.name == name);
        found.map(|index| index as u64 + 1).with_context(|| format!("the plot has no app {name} yet"))
    }

    fn usage(&self, id: u64) -> Result<&plot::Usage> {
        self.usage.get(id as usize - 1).with_context(|| format!("the plot has no app {id} yet"))
    }

    fn usage_mut(&mut self, id: u64) -> Result<&mut plot::Usage> {
        self.usage.get_mut(id as usize - 1).with_context(|| format!("the plot has no app {id} yet"))
    }
}

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}
