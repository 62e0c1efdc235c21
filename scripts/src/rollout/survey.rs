//! A network held against the chain: code, constructors' arguments, wiring, roles, activation, cache, and what the deployer's
//! key still holds.

use std::fmt;

use abi::{AgentStore, AppFees, ArbWasm, CorToken, MinerPool, MinerRewards, Staking};
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolError};
use anyhow::Result;
use economics::EpochClock;
use serde::Serialize;

use super::{
    holding,
    standing::{Contract, Standing},
    steps::OWNED,
};
use crate::{
    chain::{Chain, Order},
    deploy::{self, ARB_WASM},
};

/// Days that an activation should have left.
pub(super) const DAYS: u64 = 60;
const DAY: u64 = 86_400;
/// What a finding about it is called.
const ACTIVATION: &str = "activation";

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it is said to be.
    Same,
    /// Not finished, or soon to be done.
    Open,
    /// Otherwise than it is said to be.
    Drift,
}

/// A thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which contract.
    pub contract: String,
    /// What of it.
    pub what: String,
    /// As it is said to be.
    pub expected: String,
    /// As the chain has it.
    pub found: String,
    /// How the two stand to each other.
    pub verdict: Verdict,
}

/// All that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// In order.
    pub findings: Vec<Finding>,
}

impl Survey {
    /// Those that stand so.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.verdict == verdict)
    }

    fn add(&mut self, contract: &str, what: impl ToString, expected: impl ToString, found: impl ToString, verdict: Verdict) {
        let (what, expected, found) = (what.to_string(), expected.to_string(), found.to_string());
        self.findings.push(Finding { contract: contract.to_owned(), what, expected, found, verdict });
    }

    /// The two must be the same.
    fn compare(&mut self, contract: &str, what: impl ToString, expected: impl ToString, found: impl ToString) {
        let (expected, found) = (expected.to_string(), found.to_string());
        let verdict = if expected == found { Verdict::Same } else { Verdict::Drift };
        self.add(contract, what, expected, found, verdict);
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contract, what, expected, found, verdict } = self;
        let mark = match verdict {
            Verdict::Same => "ok   ",
            Verdict::Open => "open ",
            Verdict::Drift => "DRIFT",
        };
        write!(f, "{mark}  {contract:<13}  {what:<22}  {found}")?;
        if *verdict == Verdict::Same { Ok(()) } else { write!(f, "\n{:44}expected: {expected}", "") }
    }
}

/// Looks at everything.
pub(super) async fn survey(chain: &Chain, standing: &Standing) -> Result<Survey> {
    let mut look = Look { chain, standing, survey: Survey::default(), now: chain.time().await? };
    let (mut missing, mut odd) = (false, false);
    for contract in &standing.contracts {
        match look.code(contract).await? {
            Some(code_hash) => odd |= code_hash != contract.code_hash,
            None => missing = true,
        }
    }
    if missing {
        // What is not there answers nothing.
        return Ok(look.survey);
    }
    let ended = look.survey.of(Verdict::Drift).any(|finding| finding.what == ACTIVATION);
    match look.answers().await {
        // Other code may answer anything, and code whose activation has ended answers nothing.
        Err(error) if odd || ended => {
            look.survey.add("", "answers", "those of the contracts", format!("{error:#}"), Verdict::Drift)
        }
        ended => ended?,
    }
    Ok(look.survey)
}

struct Look<'a> {
    chain: &'a Chain,
    standing: &'a Standing,
    survey: Survey,
    now: u64,
}

impl Look<'_> {
    /// All that contracts tell.
    async fn answers(&mut self) -> Result<()> {
        self.staking().await?;
        self.app_fees().await?;
        self.agent_store().await?;
        self.miner_rewards().await?;
        self.miner_pool().await?;
        for name in OWNED {
            self.owner(name).await?;
        }
        self.deployer().await
    }

    fn at(&self, name: &str) -> Result<Address> {
        self.standing.contract(name).map(|contract| contract.address)
    }

    async fn view<C: SolCall>(&self, name: &str, call: C) -> Result<C::Return> {
        self.chain.view(self.at(name)?, &call).await
    }

    /// Reads back one value.
    async fn same<C: SolCall>(&mut self, name: &str, what: &str, call: C, expected: impl ToString) -> Result<()>
    where
        C::Return: ToString,
    {
        let found = self.view(name, call).await?;
        self.survey.compare(name, what, expected, found);
        Ok(())
    }

    /// Code, its activation and its place in the cache. The code's hash, if there is any.
    async fn code(&mut self, contract: &Contract) -> Result<Option<B256>> {
        let Contract { name, address, code_hash, init_data } = contract;
        let code = self.chain.code(*address).await?;
        if code.is_empty() {
            self.survey.add(name, "code", code_hash, format!("nothing at {address}"), Verdict::Drift);
            return Ok(None);
        }
        let found_hash = keccak256(&code);
        self.survey.compare(name, "code", code_hash, found_hash);
        // An address follows from code and arguments: that they lead to it proves what the constructor was given.
        let derived = deploy::address(&code, init_data, self.standing.salt);
        self.survey.compare(name, "address by arguments", address, derived);
        let (verdict, found) = match time_left(self.chain, *address).await? {
            Life::Left(seconds) if seconds / DAY < DAYS => {
                (Verdict::Open, format!("{} days left: run corflow keepalive", seconds / DAY))
            }
            Life::Left(seconds) => (Verdict::Same, format!("{} days left", seconds / DAY)),
            Life::Ended(why) => (Verdict::Drift, format!("{why}: run corflow keepalive")),
        };
        self.survey.add(name, ACTIVATION, format!("at least {DAYS} days left"), found, verdict);
        let (verdict, found) = if deploy::is_cached(self.chain, found_hash).await? {
            (Verdict::Same, "cached".to_owned())
        } else {
            let bid = deploy::minimum_bid(self.chain, *address).await?;
            let words = bid.map_or("not cached, and nobody takes bids".to_owned(), |(_, bid)| {
                format!("not cached: {bid} wei is the least bid")
            });
            (Verdict::Open, words)
        };
        self.survey.add(name, "cache", "cached", found, verdict);
        Ok(Some(found_hash))
    }

    async fn staking(&mut self) -> Result<()> {
        let name = "staking";
        let given: Staking::constructorCall = self.standing.contract(name)?.given()?;
        self.same(name, "token", Staking::tokenCall {}, self.standing.token).await?;
        self.same(name, "genesis", Staking::genesisCall {}, self.standing.genesis).await?;
        self.same(name, "epochLength", Staking::epochLengthCall {}, given.epochLength).await?;
        self.same(name, "cooldown", Staking::cooldownCall {}, given.cooldown).await?;
        self.same(name, "delay", Staking::delayCall {}, given.delay).await?;
        self.same(name, "referenceSupply", Staking::referenceSupplyCall {}, given.referenceSupply).await?;
        self.same(name, "appFees", Staking::appFeesCall {}, self.at("app-fees")?).await?;
        self.same(name, "minerRewards", Staking::minerRewardsCall {}, self.at("miner-rewards")?).await?;
        self.pause(name).await
    }

    async fn app_fees(&mut self) -> Result<()> {
        let name = "app-fees";
        let given: AppFees::constructorCall = self.standing.contract(name)?.given()?;
        self.same(name, "staking", AppFees::stakingCall {}, self.at("staking")?).await?;
        self.same(name, "board", AppFees::boardCall {}, self.at("fee-board")?).await?;
        self.same(name, "grace", AppFees::graceCall {}, given.grace).await?;
        self.same(name, "delay", AppFees::delayCall {}, given.delay).await?;
        self.same(name, "burnable", AppFees::burnableCall {}, given.burnable).await?;
        self.same(name, "agentStore", AppFees::agentStoreCall {}, self.at("agent-store")?).await?;
        self.same(name, "minerPool", AppFees::minerPoolCall {}, self.at("miner-pool")?).await?;
        let epoch = self.epoch().await?;
        for (what, epoch) in [("at construction", U256::ZERO), ("now", epoch)] {
            let price = self.view(name, AppFees::unitPriceOfCall { epoch }).await?;
            let discount = self.view(name, AppFees::discountOfCall { epoch }).await?;
            let split = self.view(name, AppFees::splitOfCall { epoch }).await?;
            let split = [split.minersShare, split.treasuryShare, split.burnShare, split.buildersShare];
            let expected = [given.minersShare, given.treasuryShare, given.burnShare, given.buildersShare];
            self.setting(name, format!("unitPrice {what}"), given.unitPrice, price, epoch);
            self.setting(name, format!("discount {what}"), given.discount, discount, epoch);
            self.setting(name, format!("split {what}"), list(&expected), list(&split), epoch);
        }
        self.role(name, "treasury", self.standing.roles.treasury, AppFees::treasuryCall {}).await?;
        let pending = self.view(name, AppFees::pendingTreasuryCall {}).await?;
        self.pending(name, "treasury", pending.treasury, pending.activeAt);
        self.pause(name).await
    }

    async fn agent_store(&mut self) -> Result<()> {
        let name = "agent-store";
        let given: AgentStore::constructorCall = self.standing.contract(name)?.given()?;
        self.same(name, "token", AgentStore::tokenCall {}, self.standing.token).await?;
        self.same(name, "appFees", AgentStore::appFeesCall {}, self.at("app-fees")?).await?;
        self.same(name, "bond", AgentStore::bondCall {}, given.bond).await?;
        self.same(name, "delay", AgentStore::delayCall {}, given.delay).await?;
        let epoch = self.epoch().await?;
        for (what, epoch) in [("at construction", U256::ZERO), ("now", epoch)] {
            let free = self.view(name, AgentStore::freeBudgetOfCall { epoch }).await?;
            let (expected, found) = (list(&[given.freeBudget, given.starter]), list(&[free.budget, free.starter]));
            self.setting(name, format!("free budget {what}"), expected, found, epoch);
        }
        self.role(name, "curator", self.standing.roles.curator, AgentStore::curatorCall {}).await?;
        let pending = self.view(name, AgentStore::pendingCuratorCall {}).await?;
        self.pending(name, "curator", pending.curator, pending.activeAt);
        self.pause(name).await
    }

    async fn miner_rewards(&mut self) -> Result<()> {
        let name = "miner-rewards";
        let given: MinerRewards::constructorCall = self.standing.contract(name)?.given()?;
        self.same(name, "staking", MinerRewards::stakingCall {}, self.at("staking")?).await?;
        self.same(name, "delay", MinerRewards::delayCall {}, given.delay).await?;
        self.same(name, "window", MinerRewards::windowCall {}, given.window).await?;
        self.same(name, "minerPool", MinerRewards::minerPoolCall {}, self.at("miner-pool")?).await?;
        let roles = &self.standing.roles;
        let expected = panel(&roles.attesters, U256::from(roles.quorum));
        let found = panel(
            &self.view(name, MinerRewards::attestersCall {}).await?,
            self.view(name, MinerRewards::quorumCall {}).await?.quorum,
        );
        let pending = self.view(name, MinerRewards::pendingAttestersCall {}).await?;
        let next = panel(&pending.attesters, pending.quorum);
        if found != expected && next == expected {
            let found = format!("{found}; those expected from {} on", pending.activeAt);
            self.survey.add(name, "attesters", expected, found, Verdict::Open);
            return Ok(());
        }
        self.survey.compare(name, "attesters", expected, found);
        if !pending.attesters.is_empty() {
            let found = format!("{next} from {} on", pending.activeAt);
            self.survey.add(name, "attesters to come", "none", found, Verdict::Open);
        }
        Ok(())
    }

    async fn miner_pool(&mut self) -> Result<()> {
        let name = "miner-pool";
        let given: MinerPool::constructorCall = self.standing.contract(name)?.given()?;
        self.same(name, "appFees", MinerPool::appFeesCall {}, self.at("app-fees")?).await?;
        self.same(name, "minerRewards", MinerPool::minerRewardsCall {}, self.at("miner-rewards")?).await?;
        self.same(name, "delay", MinerPool::delayCall {}, given.delay).await?;
        self.same(name, "referenceSupply", MinerPool::referenceSupplyCall {}, given.referenceSupply).await?;
        let before = self.view(name, MinerPool::beforeCall {}).await?;
        let expected = list(&[given.emittedBefore, given.burntBefore]);
        self.survey.compare(name, "emitted, burnt before", expected, list(&[before.emitted, before.burnt]));
        let formula = self.view(name, MinerPool::parametersCall {}).await?;
        let expected = list(&[given.decay, given.usageTaper, given.stakeTaper, given.floor]);
        let found = list(&[formula.decay, formula.usageTaper, formula.stakeTaper, formula.floor]);
        self.survey.compare(name, "formula", expected, found);
        let emitting = self.view(name, MinerPool::emittingCall {}).await?;
        let started = emitting.first != U256::from(u64::MAX);
        let words = |started: bool| if started { "started" } else { "not started" };
        let verdict = match (self.standing.emits, started) {
            (true, false) => Verdict::Open,
            _ => Verdict::Same,
        };
        self.survey.add(name, "emission", words(self.standing.emits), words(started), verdict);
        self.pause(name).await
    }

    /// Owner and guardian, those to come among them.
    async fn owner(&mut self, name: &str) -> Result<()> {
        let Standing { roles, deployer, .. } = self.standing;
        let (owner, pending) =
            (self.view(name, Staking::ownerCall {}).await?, self.view(name, Staking::pendingOwnerCall {}).await?);
        if owner == *deployer && owner != roles.owner && pending == roles.owner {
            let found = format!("{owner}, offered to {pending}, who must accept");
            self.survey.add(name, "owner", roles.owner, found, Verdict::Open);
        } else {
            self.survey.compare(name, "owner", roles.owner, owner);
            if !pending.is_zero() {
                self.survey.add(name, "owner to come", "none", format!("offered to {pending}"), Verdict::Open);
            }
        }
        self.role(name, "guardian", roles.guardian, Staking::guardianCall {}).await?;
        let pending = self.view(name, Staking::pendingGuardianCall {}).await?;
        self.pending(name, "guardian", pending.guardian, pending.activeAt);
        Ok(())
    }

    async fn role<C: SolCall<Return = Address>>(&mut self, name: &str, what: &str, expected: Address, call: C) -> Result<()> {
        self.same(name, what, call, expected).await
    }

    /// A role that somebody else will hold.
    fn pending(&mut self, name: &str, what: &str, account: Address, active_at: U256) {
        if !active_at.is_zero() {
            let found = format!("{account} from {active_at} on");
            self.survey.add(name, format!("{what} to come"), "none", found, Verdict::Open);
        }
    }

    async fn pause(&mut self, name: &str) -> Result<()> {
        if self.view(name, Staking::pausedCall {}).await? {
            self.survey.add(name, "paused", "no", "people's own inflows are paused", Verdict::Open);
        }
        Ok(())
    }

    /// What was given at construction stays what epoch 0 had; what holds now may have been changed by the owner since.
    fn setting(&mut self, name: &str, what: String, expected: impl ToString, found: impl ToString, epoch: U256) {
        let (expected, found) = (expected.to_string(), found.to_string());
        let verdict = match (expected == found, epoch.is_zero()) {
            (true, _) => Verdict::Same,
            (false, true) => Verdict::Drift,
            (false, false) => Verdict::Open,
        };
        self.survey.add(name, what, expected, found, verdict);
    }

    /// What the deployer's key can still do.
    async fn deployer(&mut self) -> Result<()> {
        let Standing { deployer, roles, token, .. } = self.standing;
        let (mut named, mut left) = (Vec::new(), Vec::new());
        let owns = |contract: &str, role: &str| format!("{role} of {contract}");
        for contract in OWNED {
            let sorted = if roles.owner == *deployer { &mut named } else { &mut left };
            if self.view(contract, Staking::ownerCall {}).await? == *deployer {
                sorted.push(owns(contract, "owner"));
            } else if self.view(contract, Staking::pendingOwnerCall {}).await? == *deployer {
                sorted.push(owns(contract, "owner to come"));
            }
            let sorted = if roles.guardian == *deployer { &mut named } else { &mut left };
            let pending = self.view(contract, Staking::pendingGuardianCall {}).await?.guardian;
            if self.view(contract, Staking::guardianCall {}).await? == *deployer || pending == *deployer {
                sorted.push(owns(contract, "guardian"));
            }
        }
        let curators = [
            self.view("agent-store", AgentStore::curatorCall {}).await?,
            self.view("agent-store", AgentStore::pendingCuratorCall {}).await?.curator,
        ];
        if curators.contains(deployer) {
            if roles.curator == *deployer { &mut named } else { &mut left }.push(owns("agent-store", "curator"));
        }
        let treasuries = [
            self.view("app-fees", AppFees::treasuryCall {}).await?,
            self.view("app-fees", AppFees::pendingTreasuryCall {}).await?.treasury,
        ];
        if treasuries.contains(deployer) {
            if roles.treasury == *deployer { &mut named } else { &mut left }.push(owns("app-fees", "treasury"));
        }
        let mut attesters = self.view("miner-rewards", MinerRewards::attestersCall {}).await?;
        attesters.extend(self.view("miner-rewards", MinerRewards::pendingAttestersCall {}).await?.attesters);
        if attesters.contains(deployer) {
            if roles.attesters.contains(deployer) { &mut named } else { &mut left }.push("an attester".to_owned());
        }
        let held = holding(self.chain, *token, *deployer).await?;
        let keeps = roles.treasury == *deployer || roles.owner == *deployer;
        if !held.is_zero() {
            if keeps { &mut named } else { &mut left }.push(format!("{held} wei of COR"));
        }
        let staked = self.view("staking", Staking::stakeOfCall { account: *deployer }).await?;
        if !staked.is_zero() {
            if keeps { &mut named } else { &mut left }.push(format!("{staked} wei at stake"));
        }
        for spender in ["miner-pool", "staking"] {
            let call = CorToken::allowanceCall { owner: *deployer, spender: self.at(spender)? };
            let allowance = self.chain.view(*token, &call).await?;
            if !allowance.is_zero() && !held.is_zero() {
                left.push(format!("an allowance of {allowance} wei for {spender}"));
            }
        }
        let expected = if named.is_empty() { "nothing".to_owned() } else { format!("by the parameters: {}", named.join(", ")) };
        let found = if left.is_empty() { expected.clone() } else { left.join(", ") };
        let verdict = if left.is_empty() { Verdict::Same } else { Verdict::Open };
        self.survey.add("deployer", "holds", expected, found, verdict);
        Ok(())
    }

    async fn epoch(&self) -> Result<U256> {
        let length = self.view("staking", Staking::epochLengthCall {}).await?;
        let clock = EpochClock::new(self.standing.genesis, length.saturating_to());
        Ok(clock.map_or(U256::ZERO, |clock| U256::from(clock.at(self.now).0)))
    }
}

/// How long an activation holds.
pub(super) enum Life {
    /// So many seconds.
    Left(u64),
    /// Not any more, and why.
    Ended(&'static str),
}

/// How long a program's activation holds.
pub(super) async fn time_left(chain: &Chain, program: Address) -> Result<Life> {
    let order = Order::call(ARB_WASM, &ArbWasm::programTimeLeftCall { program });
    Ok(match chain.ask(Address::ZERO, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
        Ok(output) => Life::Left(ArbWasm::programTimeLeftCall::abi_decode_returns(&output)?),
        Err(data) => match data.get(..4).and_then(|selector| <[u8; 4]>::try_from(selector).ok()) {
            Some(ArbWasm::ProgramExpired::SELECTOR) => Life::Ended("expired"),
            Some(ArbWasm::ProgramNeedsUpgrade::SELECTOR) => Life::Ended("activated for an older version of Stylus"),
            _ => Life::Ended("not activated"),
        },
    })
}

fn list(numbers: &[U256]) -> String {
    numbers.iter().map(U256::to_string).collect::<Vec<_>>().join(", ")
}

fn panel(attesters: &[Address], quorum: U256) -> String {
    if attesters.is_empty() {
        return "none".to_owned();
    }
    format!("{quorum} of {}", attesters.iter().map(Address::to_string).collect::<Vec<_>>().join(", "))
}
