//! The whole loop, epoch by epoch: apps arrive and grow, a free showcase becomes a paying one, stake grows, miners join and
//! leave, attesters vote, miners are paid. Each closing is held against paper, to the wei.

mod chronicle;
mod closing;
mod miners;
pub(crate) mod network;
mod page;
mod paper;
mod plot;
mod usage;

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, bail};
use economics::COR;

pub use chronicle::{Chronicle, Solvency};
pub use network::Network;

use crate::{
    chain::{Chain, Mined, Order},
    model::{self, Model},
    people::{People, Person},
    recorder::Recorder,
    system::System,
};
use miners::{Miners, Work};
use network::{RESERVE, grace};
use paper::Paper;
use plot::{Event, Founder, PLOT};

/// Gas limit of every call: what a call does hangs on its block's time, so that an estimate may be of something else.
const GAS: u64 = 3_000_000;
/// The same of closing many epochs.
const GAS_OF_MANY: u64 = 25_000_000;
const DAY: u64 = 86_400;

/// Plays so many emitting epochs on contracts of which `model` is the ledger so far, and the closing of the last. Where time
/// cannot be moved, only what needs no waiting.
pub(crate) async fn play(
    chain: &mut Chain,
    people: &People,
    system: &System,
    network: &Network,
    model: Model,
    epochs: u64,
    recorder: &mut Recorder,
) -> Result<Chronicle> {
    let began = model.staking.epoch(chain.time().await?);
    let mut scenario = Scenario {
        chain,
        people,
        system,
        network,
        recorder,
        began,
        paper: Paper::new(model, *network)?,
        miners: Miners::default(),
        usage: Vec::new(),
        work: BTreeMap::new(),
        gained: [0; 2],
    };
    let mut pages = Vec::new();
    if scenario.chain.moves_time() {
        scenario.catch_up().await?;
        scenario.found().await?;
        for epoch in began..=began + epochs {
            scenario.recorder.progress.stage(format!("epoch {epoch}"));
            scenario.go(epoch, 3_600).await?;
            scenario.arrive(epoch).await?;
            if epoch > began {
                pages.extend(scenario.finish(epoch - 1).await?);
            }
            scenario.go(epoch, 6 * DAY).await?;
            scenario.settle(epoch).await?;
        }
        pages.extend(scenario.finish(began + epochs).await?);
        scenario.pay_out().await?;
    } else {
        scenario.found().await?;
        scenario.arrive(began).await?;
        scenario.leave_out(epochs);
    }
    let solvency = scenario.check("the end").await?;
    Ok(Chronicle::new(pages, solvency))
}

struct Scenario<'a> {
    chain: &'a mut Chain,
    people: &'a People,
    system: &'a System,
    network: &'a Network,
    recorder: &'a mut Recorder,
    /// The epoch in which the plot begins.
    began: u64,
    paper: Paper,
    miners: Miners,
    /// Units that each app uses in an epoch by now, by id.
    usage: Vec<plot::Usage>,
    /// What was worked in each epoch that is not attested yet.
    work: BTreeMap<u64, Work>,
    /// What the builder and the holder had gained when the last epoch was finished.
    gained: [u128; 2],
}

impl Scenario<'_> {
    /// Closes, in one call, all the epochs that went by before the plot begins, in which no app was there.
    async fn catch_up(&mut self) -> Result<()> {
        self.go(self.began, grace(self.system)).await?;
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
            let gift = CorToken::transferCall { to: self.people.address(who), value: wei(plot::GIFT) };
            self.act(Treasury, format!("gives {} {} COR", who.name(), plot::GIFT / COR), token, &gift).await?;
            self.paper.give(self.people.address(Treasury), self.people.address(who), plot::GIFT)?;
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
        let fund = Staking::fundCall { amount: wei(plot::INCENTIVES) };
        let funded = self.act(Treasury, "funds the incentives", self.system.staking, &fund).await?;
        self.paper.fund(treasury, plot::INCENTIVES, funded.time)?;
        let deposited =
            self.act(Treasury, "deposits the reserve", pool, &MinerPool::depositCall { amount: wei(RESERVE) }).await?;
        let epoch: u64 = told::<MinerPool::Deposited>(&deposited)?.epoch.saturating_to();
        self.expect("the epoch of the deposit", self.paper.model.staking.epoch(deposited.time).into(), wei(epoch.into()));
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
        for event in PLOT.iter().filter(|event| event.0 == day).map(|event| event.1) {
            self.event(epoch, event).await?;
        }
        let mut work = Work::default();
        for number in plot::miners(day) {
            let miner = plot::miner(number)?.address();
            if !self.miners.is_known(miner) {
                self.stake_for(miner, &format!("miner {number}"), plot::MINER_STAKE).await?;
                self.miners.join(miner, number);
            }
            work.miners.push(miner);
        }
        work.miners.sort_unstable();
        self.work.insert(epoch, work);
        let crowd = self.people.address(Person::Cleo);
        self.stake_for(crowd, "cleo", plot::STAKE_GROWTH).await?;
        self.grow(epoch).await
    }

    async fn event(&mut self, epoch: u64, event: Event) -> Result<()> {
        let Network { fees, store, .. } = *self.network;
        match event {
            Event::Found(Founder { owner, name, units, growth, cap }) => {
                let register = AgentStore::registerCall {
                    signer: plot::signer(name)?.address(),
                    feeCap: wei(cap),
                    category: keccak256("inference"),
                    contentHash: keccak256(name),
                    uri: format!("https://apps.example/{name}.json"),
                };
                let mined = self.act(owner, format!("registers {name}"), store, &register).await?;
                let id = self.paper.register(self.people.address(owner), cap, epoch)?;
                self.expect("the new app's id", id.into(), told::<AgentStore::Registered>(&mined)?.appId);
                let pays = cap > 0;
                self.usage.push(plot::Usage { owner, name, units, growth, pays, meters: pays });
            }
            Event::Allot { app, units } => {
                let name = self.usage(app)?.name;
                let call = AgentStore::allotCall { appId: U256::from(app), units: wei(units) };
                self.act(Person::Treasury, format!("allots {name} {units} free units"), store, &call).await?;
                self.paper.allot(app, epoch, units)?;
            }
            Event::Sponsor { app, amount } => {
                self.raise_cap(app).await?;
                let call = AppFees::sponsorCall { appId: U256::from(app), amount: wei(amount) };
                self.act(Person::Treasury, format!("sponsors {}", self.usage(app)?.name), fees, &call).await?;
                self.paper.sponsor(self.people.address(Person::Treasury), app, amount)?;
                self.usage_mut(app)?.meters = true;
            }
            Event::Pay { app } => self.usage_mut(app)?.pays = true,
            Event::Commit { app, units, epochs } => {
                let plot::Usage { owner, name, .. } = self.usage(app)?;
                let (cost, builder) = self.paper.commit(self.people.address(owner), app, epoch, units, epochs)?;
                let call = AppFees::commitCall { appId: U256::from(app), units: wei(units), epochs: U256::from(epochs) };
                let mined = self.act(owner, format!("commits {name}"), fees, &call).await?;
                let told: AppFees::Committed = told(&mined)?;
                self.expect("the cost of an epoch committed", cost, told.cost);
                self.expect("the builder's part of it", builder, told.builder);
            }
            Event::Stake { who, until } => {
                let account = self.people.address(who);
                let amount = until.saturating_sub(self.paper.model.staking.stake_of(account));
                let call = Staking::stakeCall { amount: wei(amount) };
                let mined = self.act(who, format!("stakes up to {} COR", until / COR), self.system.staking, &call).await?;
                self.paper.stake(account, account, amount, mined.time)?;
            }
        }
        Ok(())
    }

    /// Opens an app's fee cap, for the epochs that are open too.
    async fn raise_cap(&mut self, app: u64) -> Result<()> {
        if self.paper.app(app)?.cap < plot::FEE_CAP {
            let plot::Usage { owner, name, .. } = self.usage(app)?;
            let call = AgentStore::setFeeCapCall { appId: U256::from(app), feeCap: wei(plot::FEE_CAP) };
            self.act(owner, format!("raises the fee cap of {name}"), self.network.store, &call).await?;
            self.paper.app(app)?.cap = plot::FEE_CAP;
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
        let mut leave = |step: String, contract, why| self.recorder.leave_out(step, contract, why);
        for epoch in self.began..=self.began + epochs {
            leave(format!("vouchers of epoch {epoch}"), "app-fees", "usage grows over weeks");
            leave(format!("closing epoch {epoch}"), "miner-pool", "the epoch must end");
            leave(format!("attesting epoch {epoch}, and the miners' claims"), "miner-rewards", "the epoch must be closed");
        }
        leave("the builders' parts, the treasury's and the burn".into(), "app-fees", "epochs must be closed");
    }

    /// The chain against paper: what everybody has, and rule 3, with equality: every contract holds what it owes.
    async fn check(&mut self, when: &str) -> Result<Vec<Solvency>> {
        let mut accounts = self.people.named();
        accounts.extend(self.miners.named());
        model::compare(self.chain, self.system, &self.paper.model, &accounts, when, self.recorder).await?;
        let mut rows = Vec::new();
        for (contract, account, owes) in self.paper.owed(self.chain.time().await?) {
            let has = self.chain.view(self.system.token, &CorToken::balanceOfCall { account }).await?;
            let paper = self.paper.model.token.balance(account);
            if has != wei(owes) || has != paper {
                self.recorder.mismatch(format!("after {when}: {contract} holds {has}, by paper {paper}, and owes {owes}"));
            }
            rows.push(Solvency { contract, owes, has });
        }
        Ok(rows)
    }

    /// Sends a call that must succeed.
    async fn act(&mut self, who: Person, words: impl AsRef<str>, to: Address, call: &impl SolCall) -> Result<Mined> {
        self.act_within(GAS, who, words, to, call).await
    }

    /// The same within another gas limit.
    async fn act_within(
        &mut self,
        gas: u64,
        who: Person,
        words: impl AsRef<str>,
        to: Address,
        call: &impl SolCall,
    ) -> Result<Mined> {
        let order = Order { gas: Some(gas), ..Order::call(to, call) };
        let mined = self.chain.send(self.people.signer(who), order).await?;
        let name = format!("{} {}", who.name(), words.as_ref());
        self.recorder.keep(&name, &mined)?;
        match &mined.reverted {
            None => Ok(mined),
            Some(data) => bail!("{name}: refused by {}", self.recorder.names.error_text(data)),
        }
    }

    /// Goes to a second of an epoch, unless it is over.
    async fn go(&mut self, epoch: u64, second: u64) -> Result<()> {
        let next = self.chain.time().await? + crate::chain::STEP;
        let target = self.system.genesis + epoch * self.system.parameters.epoch_length + second;
        self.chain.pass(target.saturating_sub(next));
        Ok(())
    }

    fn expect(&mut self, what: &str, paper: u128, got: U256) {
        if wei(paper) != got {
            self.recorder.mismatch(format!("{what}: {got} on the chain, by paper {paper}"));
        }
    }

    fn usage(&self, id: u64) -> Result<plot::Usage> {
        self.usage.get(id as usize - 1).copied().with_context(|| format!("the plot has no app {id} yet"))
    }

    fn usage_mut(&mut self, id: u64) -> Result<&mut plot::Usage> {
        self.usage.get_mut(id as usize - 1).with_context(|| format!("the plot has no app {id} yet"))
    }
}

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

/// All events of a kind in a transaction.
fn all<E: SolEvent>(mined: &Mined) -> Vec<E> {
    mined.logs.iter().filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect()
}

/// The one event of a kind in a transaction.
fn told<E: SolEvent>(mined: &Mined) -> Result<E> {
    all(mined).pop().with_context(|| format!("there is no {} in {}", E::SIGNATURE, mined.hash))
}
