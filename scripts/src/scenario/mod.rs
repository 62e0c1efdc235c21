//! The whole loop, epoch by epoch: apps arrive and grow, a free showcase becomes a paying one, stake grows, miners join and
//! leave, attesters vote, miners are paid. Each closing is held against paper, to the wei.

mod chronicle;
mod miners;
pub(crate) mod network;
mod page;
mod paper;
mod plot;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolStruct, eip712_domain};
use anyhow::{Context, Result, bail, ensure};

pub use chronicle::Chronicle;
pub use network::Network;

use crate::{
    chain::{Chain, Mined, Order},
    people::{People, Person},
    recorder::Recorder,
    system::System,
};
use chronicle::Page;
use miners::Miners;
use network::{PRICE, RESERVE, grace};
use paper::{Closed, Paper};
use plot::{Event, Founder, PLOT};

/// Gas limit of every call: what a call does hangs on its block's time, so that an estimate may be of something else.
const GAS: u64 = 25_000_000;
const DAY: u64 = 86_400;

/// Plays so many emitting epochs on contracts that were just deployed, and the closing of the last.
pub(crate) async fn play(
    chain: &mut Chain,
    people: &People,
    system: &System,
    network: &Network,
    epochs: u64,
    recorder: &mut Recorder,
) -> Result<Chronicle> {
    ensure!(chain.moves_time(), "the scenario takes weeks: it needs a chain whose time can be moved");
    let paper = Paper::new(system.genesis, system.parameters.epoch_length, 1)?;
    let mut scenario = Scenario {
        chain,
        people,
        system,
        network,
        recorder,
        paper,
        miners: Miners::default(),
        usage: Vec::new(),
        gained: [0; 2],
    };
    scenario.found().await?;
    let mut pages = Vec::new();
    for epoch in 0..=epochs {
        scenario.recorder.progress.stage(format!("epoch {epoch}"));
        if epoch > 0 {
            scenario.go(epoch, 3_600).await?;
        }
        scenario.arrive(epoch).await?;
        if let Some(last) = epoch.checked_sub(1) {
            pages.extend(scenario.finish(last).await?);
        }
        scenario.go(epoch, 6 * DAY).await?;
        scenario.settle(epoch).await?;
    }
    pages.extend(scenario.finish(epochs).await?);
    scenario.pay_out().await?;
    Ok(Chronicle::new(pages))
}

struct Scenario<'a> {
    chain: &'a mut Chain,
    people: &'a People,
    system: &'a System,
    network: &'a Network,
    recorder: &'a mut Recorder,
    paper: Paper,
    miners: Miners,
    /// Units that each app uses in an epoch by now, by id.
    usage: Vec<plot::Usage>,
    /// What the builder and the holder had gained when the last epoch was finished.
    gained: [u128; 2],
}

impl Scenario<'_> {
    /// The reserve, the attesters, and everybody's COR.
    async fn found(&mut self) -> Result<()> {
        use Person::{Ada, Ben, Cleo, Treasury};
        let Network { fees, store, pool, rewards } = *self.network;
        let token = self.system.token;
        for who in [Ada, Ben, Cleo] {
            let gift = CorToken::transferCall { to: self.people.address(who), value: wei(plot::GIFT) };
            self.act(Treasury, format!("gives {} COR", who.name()), token, &gift).await?;
        }
        for who in [Treasury, Ada, Ben, Cleo] {
            for (name, spender) in
                [("staking", self.system.staking), ("app-fees", fees), ("agent-store", store), ("miner-pool", pool)]
            {
                let approve = CorToken::approveCall { spender, value: U256::MAX };
                self.act(who, format!("approves {name}"), token, &approve).await?;
            }
        }
        self.act(Treasury, "deposits the reserve", pool, &MinerPool::depositCall { amount: wei(RESERVE) }).await?;
        self.paper.deposit(0, RESERVE);
        self.act(Treasury, "starts the emission", pool, &MinerPool::startEmissionCall {}).await?;
        let attesters = [Ada, Ben, Cleo].map(|who| self.people.address(who)).to_vec();
        let name = MinerRewards::setAttestersCall { attesters, quorum: U256::from(2) };
        self.act(Treasury, "names three attesters", rewards, &name).await?;
        Ok(())
    }

    /// What the plot has for the beginning of an epoch.
    async fn arrive(&mut self, epoch: u64) -> Result<()> {
        for event in PLOT.iter().filter(|event| event.0 == epoch).map(|event| event.1) {
            self.event(epoch, event).await?;
        }
        for miner in plot::miners(epoch).filter(|&miner| !self.miners.is_known(miner)).collect::<Vec<_>>() {
            self.stake_for(miner, "a new miner", plot::MINER_STAKE).await?;
            self.miners.join(miner);
        }
        let crowd = self.people.address(Person::Cleo);
        self.stake_for(crowd, "cleo", plot::STAKE_GROWTH).await?;
        for index in 0..self.usage.len() {
            let Some(usage) = self.usage.get_mut(index) else { break };
            usage.grow();
            let (id, who, cost) = (index as u64 + 1, usage.owner, usage.units * PRICE);
            if usage.pays {
                let app = self.paper.apps.get(&id).map_or(0, |app| app.escrow);
                let amount = cost.saturating_sub(app);
                if amount > 0 {
                    self.top_up(id, who, amount).await?;
                }
            }
        }
        Ok(())
    }

    async fn event(&mut self, epoch: u64, event: Event) -> Result<()> {
        let Network { fees, store, .. } = *self.network;
        match event {
            Event::Found(Founder { owner, name, units, growth, pays }) => {
                let cap = if pays { plot::FEE_CAP } else { 0 };
                let register = AgentStore::registerCall {
                    signer: signer(name)?.address(),
                    feeCap: wei(cap),
                    category: keccak256("inference"),
                    contentHash: keccak256(name),
                    uri: format!("https://apps.example/{name}.json"),
                };
                self.act(owner, format!("registers {name}"), store, &register).await?;
                self.usage.push(plot::Usage { owner, name, units, growth, pays, meters: pays });
                self.paper.apps.insert(self.usage.len() as u64, paper::App::default());
            }
            Event::Sponsor { app, amount } => {
                let call = AgentStore::setFeeCapCall { appId: U256::from(app), feeCap: wei(plot::FEE_CAP) };
                self.act(self.usage(app)?.owner, "opens the showcase's fee cap", store, &call).await?;
                let call = AppFees::sponsorCall { appId: U256::from(app), amount: wei(amount) };
                self.act(Person::Treasury, "sponsors the showcase", fees, &call).await?;
                self.paper.apps.entry(app).or_default().grants += amount;
                self.usage_mut(app)?.meters = true;
            }
            Event::Pay { app } => self.usage_mut(app)?.pays = true,
            Event::Commit { app, units, epochs } => {
                let (cost, builder) = self.paper.commit(app, epoch, units, epochs);
                let call = AppFees::commitCall { appId: U256::from(app), units: wei(units), epochs: U256::from(epochs) };
                let mined = self.act(self.usage(app)?.owner, "commits the showcase", fees, &call).await?;
                let told: AppFees::Committed = told(&mined)?;
                self.expect("the cost of an epoch committed", cost, told.cost);
                self.expect("the builder's part of it", builder, told.builder);
            }
            Event::Stake { who, amount } => {
                let mined = self.act(who, "stakes", self.system.staking, &Staking::stakeCall { amount: wei(amount) }).await?;
                self.paper.stake(mined.time, amount);
            }
        }
        Ok(())
    }

    async fn stake_for(&mut self, account: Address, name: &str, amount: u128) -> Result<()> {
        let call = Staking::stakeForCall { account, amount: wei(amount) };
        let mined = self.act(Person::Treasury, format!("stakes for {name}"), self.system.staking, &call).await?;
        self.paper.stake(mined.time, amount);
        Ok(())
    }

    async fn top_up(&mut self, id: u64, who: Person, amount: u128) -> Result<()> {
        let call = AppFees::topUpCall { appId: U256::from(id), amount: wei(amount) };
        self.act(who, format!("tops up {}", self.usage(id)?.name), self.network.fees, &call).await?;
        self.paper.apps.entry(id).or_default().escrow += amount;
        Ok(())
    }

    /// Every app's voucher of the running epoch, in one batch.
    async fn settle(&mut self, epoch: u64) -> Result<()> {
        let (mut vouchers, mut charges) = (Vec::new(), Vec::new());
        for (id, usage) in (1..).zip(self.usage.iter().copied()) {
            if usage.meters && usage.units > 0 {
                vouchers.push(self.voucher(id, usage.name, epoch, usage.units)?);
                charges.push((usage.name, self.paper.settle(id, epoch, usage.units)));
            }
        }
        if vouchers.is_empty() {
            return Ok(());
        }
        let mined =
            self.act(Person::Ben, "settles all vouchers", self.network.fees, &AppFees::settleManyCall { vouchers }).await?;
        let settled: Vec<AppFees::Settled> = all(&mined);
        self.expect("vouchers settled", charges.len() as u128, U256::from(settled.len()));
        for ((name, charge), settled) in charges.into_iter().zip(settled) {
            self.expect(&format!("{name}: units prepaid, epoch {epoch}"), charge.committed, settled.committed);
            self.expect(&format!("{name}: wei from grants, epoch {epoch}"), charge.granted, settled.granted);
            self.expect(&format!("{name}: wei from escrow, epoch {epoch}"), charge.escrowed, settled.escrowed);
            self.expect(&format!("{name}: builder's wei, epoch {epoch}"), charge.builder, settled.builder);
        }
        self.solvent(&format!("settling epoch {epoch}")).await
    }

    fn voucher(&self, id: u64, name: &str, epoch: u64, units: u128) -> Result<AppFees::Voucher> {
        let usage = Usage { appId: U256::from(id), epoch: U256::from(epoch), cumulativeUnits: U256::from(units) };
        let domain = eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: self.chain.id(),
            verifying_contract: self.network.fees,
        };
        let signature = signer(name)?.sign_hash_sync(&usage.eip712_signing_hash(&domain)).context("a voucher is not signed")?;
        Ok(AppFees::Voucher {
            appId: usage.appId,
            epoch: usage.epoch,
            cumulativeUnits: usage.cumulativeUnits,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        })
    }

    /// Closes an epoch once it is due, has it attested, and pays the miners. Its page, if it is one that emits.
    async fn finish(&mut self, epoch: u64) -> Result<Option<Page>> {
        self.go(epoch + 1, grace(self.system)).await?;
        let mined = self
            .act(Person::Ben, format!("closes epoch {epoch}"), self.network.pool, &MinerPool::closeCall { max: U256::ONE })
            .await?;
        let closed = self.paper.close(epoch)?;
        self.compare(&closed, &mined)?;
        self.solvent(&format!("closing epoch {epoch}")).await?;
        if epoch == 0 {
            return Ok(None);
        }
        self.attest(&closed).await?;
        let now = self.gains().await?;
        let [builder, holder] = [now[0] - self.gained[0], now[1] - self.gained[1]];
        self.gained = now;
        let page = Page { closed, reserve_left: self.paper.reserve(), builder, holder };
        Ok(Some(page))
    }

    /// What the pool, app-fees and miner-rewards said of a closing, against paper.
    fn compare(&mut self, closed: &Closed, mined: &Mined) -> Result<()> {
        let (pool, fees) = (told::<MinerPool::EpochClosed>(mined)?, told::<AppFees::FeesClosed>(mined)?);
        let budget = told::<MinerRewards::BudgetAdded>(mined)?;
        let Closed { income, parts, .. } = *closed;
        for (what, paper, got) in [
            ("epoch", closed.epoch.into(), pool.epoch),
            ("reserve", closed.reserve, pool.reserve),
            ("cap", closed.cap, pool.cap),
            ("emission", closed.emission, pool.emission),
            ("miners' part", parts.miners, pool.fees),
            ("deposits", closed.deposits, pool.deposits),
            ("average stake", closed.average_stake, pool.averageStake),
            ("supply", closed.supply, pool.supply),
            ("burn as the pool has it", parts.burn, pool.burned),
            ("fees by apps", income.own, fees.own),
            ("fees by grants", income.granted, fees.granted),
            ("miners' part as app-fees has it", parts.miners, fees.miners),
            ("stakers' part", parts.stakers, fees.stakers),
            ("builders' part", income.builders, fees.builders),
            ("treasury's part", parts.treasury, fees.treasury),
            ("burn", parts.burn, fees.burn),
            ("budget from emission", closed.emission, budget.emission),
            ("budget from fees", parts.miners, budget.fees),
            ("budgets in all", self.paper.budgets, budget.budgets),
        ] {
            self.expect(&format!("epoch {}: {what}", closed.epoch), paper, got);
        }
        Ok(())
    }

    /// Scores to a root, votes of two attesters, the window, and everybody's claim.
    async fn attest(&mut self, closed: &Closed) -> Result<()> {
        let epoch = closed.epoch;
        let Some(ballot) = self.miners.attest(closed)? else { return Ok(()) };
        for who in [Person::Ada, Person::Ben] {
            self.act(who, format!("votes for epoch {epoch}"), self.network.rewards, &ballot.vote).await?;
        }
        self.chain.pass(3 * DAY);
        self.act(Person::Ben, "activates the root", self.network.rewards, &MinerRewards::activateCall {}).await?;
        let call = MinerRewards::claimManyCall { claims: ballot.claims };
        let mined = self.act(Person::Ben, "claims for all miners", self.network.rewards, &call).await?;
        let claimed: Vec<MinerRewards::Claimed> = all(&mined);
        self.expect("claims paid", ballot.due.len() as u128, U256::from(claimed.len()));
        for ((miner, due), claimed) in ballot.due.into_iter().zip(claimed) {
            self.expect(&format!("epoch {epoch}: what {miner} gets"), due, claimed.amount);
            self.paper.paid += due;
        }
        self.solvent(&format!("the claims of epoch {epoch}")).await
    }

    /// What builders and the treasury are owed, and what is to be burned.
    async fn pay_out(&mut self) -> Result<()> {
        let fees = self.network.fees;
        for id in self.paper.apps.keys().copied().collect::<Vec<_>>() {
            let credit = self.paper.apps.get_mut(&id).map_or(0, |app| std::mem::take(&mut app.credit));
            if credit > 0 {
                let call = AppFees::claimBuilderCall { appId: U256::from(id) };
                let mined = self.act(Person::Ben, "claims a builder's part", fees, &call).await?;
                self.expect(&format!("what builds app {id}"), credit, told::<AppFees::BuilderClaimed>(&mined)?.amount);
                self.paper.stake(mined.time, credit);
            }
        }
        let treasury = std::mem::take(&mut self.paper.treasury);
        let mined = self.act(Person::Ben, "pulls the treasury's part", fees, &AppFees::pullTreasuryCall {}).await?;
        self.expect("the treasury's parts", treasury, told::<AppFees::TreasuryPulled>(&mined)?.amount);
        let burn = std::mem::take(&mut self.paper.to_burn);
        let mined = self.act(Person::Ben, "burns", fees, &AppFees::burnCall {}).await?;
        self.expect("what is burned", burn, told::<AppFees::Burned>(&mined)?.amount);
        self.solvent("the end").await
    }

    /// What the builder and the holder, who have the same stake, have gained so far: the rewards that staking tells, and
    /// the builder's credit.
    async fn gains(&self) -> Result<[u128; 2]> {
        let credits = (1..).zip(&self.usage).filter(|(_, usage)| usage.owner == Person::Ada);
        let credit: u128 = credits.filter_map(|(id, _)| self.paper.apps.get(&id)).map(|app| app.credit).sum();
        let mut gains = [credit, 0];
        for (gain, who) in gains.iter_mut().zip([Person::Ada, Person::Ben]) {
            let call = Staking::positionCall { account: self.people.address(who) };
            let rewards: u128 = self.chain.view(self.system.staking, &call).await?.rewards.saturating_to();
            *gain += rewards;
        }
        Ok(gains)
    }

    /// Rule 3, with equality: every contract holds what the paper says that it owes.
    async fn solvent(&mut self, when: &str) -> Result<()> {
        let Network { fees, store, pool, rewards } = *self.network;
        let names = ["app-fees", "agent-store", "miner-pool", "miner-rewards", "staking"];
        let contracts = [fees, store, pool, rewards, self.system.staking];
        for ((name, account), owed) in names.into_iter().zip(contracts).zip(self.paper.owed()) {
            let held = self.chain.view(self.system.token, &CorToken::balanceOfCall { account }).await?;
            if held != owed {
                self.recorder.mismatch(format!("after {when}: {name} holds {held}, and owes by paper {owed}"));
            }
        }
        Ok(())
    }

    /// Sends a call that must succeed.
    async fn act(&mut self, who: Person, words: impl AsRef<str>, to: Address, call: &impl SolCall) -> Result<Mined> {
        let order = Order { gas: Some(GAS), ..Order::call(to, call) };
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

/// The key with which an app signs its vouchers.
fn signer(app: &str) -> Result<PrivateKeySigner> {
    let key: B256 = keccak256(["corflow app ", app].concat());
    PrivateKeySigner::from_bytes(&key).context("this is no private key")
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
