//! What is done, in order, to get from nothing to a network that others own; and for each step, asked of the chain, whether it
//! is done.

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, bail};

use super::{
    blueprint::{Blueprint, Piece},
    sender::Sender,
};
use crate::{
    chain::{Chain, Order},
    deploy,
    parameters::{Allocation, Destination},
};

/// A step: one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What people call it. No two steps have the same name.
    pub(crate) name: String,
    deed: Deed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    /// Creates, activates and constructs, in one transaction.
    Deploy(usize),
    Wire(&'static str),
    Cache(usize),
    Attesters,
    /// Lets the contract that an allocation goes to take it.
    Approve(usize),
    Allocate(usize),
    Start,
    /// Offers a contract to the owner to come.
    Offer(&'static str),
}

/// Wei that a step costs beside gas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fee {
    /// What it costs.
    pub(crate) paid: U256,
    /// What is sent along: what is not needed comes back.
    pub(crate) sent: U256,
}

/// How a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The chain shows it.
    Done,
    /// It is to be sent.
    ToDo,
    /// It cannot be done here, and nothing depends on it.
    LeftOut(&'static str),
}

/// Contracts with an owner.
pub(crate) const OWNED: [&str; 5] = ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"];
/// Contracts that are told who calls them, in the order in which they accept it.
const WIRED: [&str; 3] = ["staking", "miner-rewards", "app-fees"];

/// All steps, in order.
pub(crate) fn steps(blueprint: &Blueprint) -> Vec<Step> {
    let parameters = &blueprint.parameters;
    let mut steps = Vec::new();
    let mut add = |name: String, deed: Deed| steps.push(Step { name, deed });
    for (index, piece) in blueprint.pieces.iter().enumerate() {
        add(format!("deploy {}", piece.name), Deed::Deploy(index));
    }
    for name in WIRED {
        add(format!("wire {name}"), Deed::Wire(name));
    }
    if parameters.cache {
        for (index, piece) in blueprint.pieces.iter().enumerate() {
            add(format!("cache {}", piece.name), Deed::Cache(index));
        }
    }
    if !parameters.roles.attesters.is_empty() {
        add("name attesters".to_owned(), Deed::Attesters);
    }
    for (index, allocation) in parameters.allocations.iter().enumerate() {
        if !matches!(allocation.to, Destination::Account(_)) {
            add(format!("approve {}", allocation.name), Deed::Approve(index));
        }
        add(format!("allocate {}", allocation.name), Deed::Allocate(index));
    }
    if parameters.emission.start {
        add("start emission".to_owned(), Deed::Start);
    }
    if parameters.roles.owner != blueprint.deployer {
        for name in OWNED {
            add(format!("offer {name}"), Deed::Offer(name));
        }
    }
    steps
}

/// How many allocations are made: as many, from the first on, as the journal names a transaction of that the chain has.
/// `before` were made before that journal.
pub(crate) async fn allocated(blueprint: &Blueprint, before: usize, sender: &Sender<'_>) -> Result<usize> {
    let allocations = &blueprint.parameters.allocations;
    let mut made = before;
    while let Some(allocation) = allocations.get(made) {
        let step = format!("allocate {}", allocation.name);
        let mut settled = false;
        for mined in sender.journal.mined(&step) {
            settled |= mined.ok && sender.is_settled(mined.hash).await?;
        }
        if !settled {
            break;
        }
        made += 1;
    }
    Ok(made)
}

impl Step {
    /// Whether it moves COR to where it is allocated.
    pub(crate) fn allocates(&self) -> bool {
        matches!(self.deed, Deed::Allocate(_))
    }

    /// How it stands. `allocated` allocations are made.
    pub(crate) async fn state(&self, blueprint: &Blueprint, chain: &Chain, allocated: usize) -> Result<State> {
        let parameters = &blueprint.parameters;
        let done = match &self.deed {
            Deed::Deploy(index) => stands(chain, piece(blueprint, *index)?).await?,
            Deed::Wire(name) => is_wired(blueprint, chain, name).await?,
            Deed::Cache(index) => {
                let piece = piece(blueprint, *index)?;
                if !stands(chain, piece).await? {
                    return Ok(State::ToDo);
                }
                if !deploy::is_cached(chain, piece.code_hash).await? {
                    let order = deploy::cache_order(chain, blueprint.deployer, piece.address).await?;
                    return Ok(if order.is_some() { State::ToDo } else { State::LeftOut("nobody takes bids for the cache") });
                }
                true
            }
            Deed::Attesters => {
                let named = are_named(blueprint, chain).await?;
                let owner = read(chain, blueprint.at("miner-rewards")?, &MinerRewards::ownerCall {}).await?;
                if !named && owner.is_some_and(|owner| owner != blueprint.deployer) {
                    return Ok(State::LeftOut("the owner names attesters now"));
                }
                named
            }
            Deed::Approve(index) => {
                if *index < allocated {
                    return Ok(State::Done);
                }
                let (allocation, spender) = spending(blueprint, *index)?;
                let call = CorToken::allowanceCall { owner: blueprint.deployer, spender };
                read(chain, blueprint.token, &call).await? >= Some(U256::from(allocation.amount))
            }
            Deed::Allocate(index) => *index < allocated,
            Deed::Start => {
                let emitting = read(chain, blueprint.at("miner-pool")?, &MinerPool::emittingCall {}).await?;
                emitting.is_some_and(|emitting| emitting.first != U256::from(u64::MAX))
            }
            Deed::Offer(name) => {
                let (at, owner) = (blueprint.at(name)?, parameters.roles.owner);
                read(chain, at, &Staking::ownerCall {}).await? == Some(owner)
                    || read(chain, at, &Staking::pendingOwnerCall {}).await? == Some(owner)
            }
        };
        Ok(if done { State::Done } else { State::ToDo })
    }

    /// The contract whose refusals it may meet.
    pub(crate) fn contract(&self, blueprint: &Blueprint) -> &'static str {
        match &self.deed {
            Deed::Deploy(index) => blueprint.pieces.get(*index).map_or("StylusDeployer", |piece| piece.name),
            Deed::Wire(name) | Deed::Offer(name) => name,
            Deed::Cache(_) => "CacheManager",
            Deed::Attesters => "miner-rewards",
            Deed::Approve(_) => "cor-token",
            Deed::Allocate(index) => match blueprint.parameters.allocations.get(*index).map(|allocation| allocation.to) {
                Some(Destination::Reserve) => "miner-pool",
                Some(Destination::Incentives) => "staking",
                _ => "cor-token",
            },
            Deed::Start => "miner-pool",
        }
    }

    /// Its transaction.
    pub(crate) async fn order(&self, blueprint: &Blueprint, chain: &Chain) -> Result<Order> {
        let order = match &self.deed {
            Deed::Deploy(index) => {
                let fee = self.activation_fee(blueprint, chain).await?;
                let piece = piece(blueprint, *index)?;
                deploy::order(&piece.code, &piece.init_data, blueprint.parameters.salt).with_value(deploy::with_room(fee))
            }
            Deed::Cache(index) => {
                let order = deploy::cache_order(chain, blueprint.deployer, piece(blueprint, *index)?.address).await?;
                order.context("nobody takes bids for the cache any more: run the same command again")?
            }
            _ => self.call(blueprint)?,
        };
        Ok(order)
    }

    /// Wei of fees beside gas, now: for activating a code, and the least bid for its place in the cache. `size`: bytes that the
    /// code will take there.
    pub(crate) async fn fee(&self, blueprint: &Blueprint, chain: &Chain, size: Option<u32>) -> Result<Fee> {
        Ok(match (&self.deed, size) {
            (Deed::Deploy(_), _) => {
                let fee = self.activation_fee(blueprint, chain).await?;
                Fee { paid: fee, sent: deploy::with_room(fee) }
            }
            (Deed::Cache(index), size) => {
                let piece = piece(blueprint, *index)?;
                let bid = match size {
                    _ if stands(chain, piece).await? => deploy::minimum_bid(chain, piece.address).await?.map(|(_, bid)| bid),
                    Some(size) => deploy::minimum_bid_for(chain, size).await?,
                    None => None,
                };
                let bid = bid.unwrap_or_default();
                Fee { paid: bid, sent: bid }
            }
            _ => Fee::default(),
        })
    }

    /// The code whose place in the cache it bids for.
    pub(crate) fn bids_for(&self, blueprint: &Blueprint) -> Option<B256> {
        match self.deed {
            Deed::Cache(index) => blueprint.pieces.get(index).map(|piece| piece.code_hash),
            _ => None,
        }
    }

    /// Whether it calls COR or has it called.
    pub(crate) fn moves_token(&self) -> bool {
        matches!(self.deed, Deed::Approve(_) | Deed::Allocate(_))
    }

    /// Wei for activating its code; nothing but for contracts.
    async fn activation_fee(&self, blueprint: &Blueprint, chain: &Chain) -> Result<U256> {
        let Deed::Deploy(index) = self.deed else { return Ok(U256::ZERO) };
        let piece = piece(blueprint, index)?;
        let fee = deploy::activation_fee(chain, &piece.code).await;
        fee.with_context(|| format!("{} cannot be activated", piece.name))
    }

    /// Its transaction without what only the chain can tell, for what hangs on its size.
    pub(crate) fn sketch(&self, blueprint: &Blueprint) -> Result<Order> {
        match &self.deed {
            Deed::Deploy(index) => {
                let piece = piece(blueprint, *index)?;
                Ok(deploy::order(&piece.code, &piece.init_data, blueprint.parameters.salt))
            }
            Deed::Cache(index) => {
                let program = piece(blueprint, *index)?.address;
                Ok(Order::call(deploy::ARB_WASM_CACHE, &abi::ArbWasmCache::cacheProgramCall { program }))
            }
            _ => self.call(blueprint),
        }
    }

    fn call(&self, blueprint: &Blueprint) -> Result<Order> {
        let parameters = &blueprint.parameters;
        let at = |name| blueprint.at(name);
        Ok(match &self.deed {
            Deed::Deploy(_) | Deed::Cache(_) => bail!("{} is not a call of a contract of ours", self.name),
            Deed::Wire("staking") => {
                let call = Staking::wireCall { appFees: at("app-fees")?, minerRewards: at("miner-rewards")? };
                Order::call(at("staking")?, &call)
            }
            Deed::Wire("miner-rewards") => {
                Order::call(at("miner-rewards")?, &MinerRewards::wireCall { minerPool: at("miner-pool")? })
            }
            Deed::Wire(_) => {
                let call = AppFees::wireCall { agentStore: at("agent-store")?, minerPool: at("miner-pool")? };
                Order::call(at("app-fees")?, &call)
            }
            Deed::Attesters => {
                let (attesters, quorum) = (parameters.roles.attesters.clone(), U256::from(parameters.roles.quorum));
                Order::call(at("miner-rewards")?, &MinerRewards::setAttestersCall { attesters, quorum })
            }
            Deed::Approve(index) => {
                let (allocation, spender) = spending(blueprint, *index)?;
                let value = U256::from(allocation.amount);
                Order::call(blueprint.token, &CorToken::approveCall { spender, value })
            }
            Deed::Allocate(index) => {
                let allocation = allocation(blueprint, *index)?;
                let amount = U256::from(allocation.amount);
                match allocation.to {
                    Destination::Reserve => Order::call(at("miner-pool")?, &MinerPool::depositCall { amount }),
                    Destination::Incentives => Order::call(at("staking")?, &Staking::fundCall { amount }),
                    Destination::Account(to) => Order::call(blueprint.token, &CorToken::transferCall { to, value: amount }),
                }
            }
            Deed::Start => Order::call(at("miner-pool")?, &MinerPool::startEmissionCall {}),
            Deed::Offer(name) => Order::call(at(name)?, &AgentStore::transferOwnershipCall { newOwner: parameters.roles.owner }),
        })
    }
}

fn piece(blueprint: &Blueprint, index: usize) -> Result<&Piece> {
    blueprint.pieces.get(index).context("the blueprint has fewer contracts")
}

fn allocation(blueprint: &Blueprint, index: usize) -> Result<&Allocation> {
    blueprint.parameters.allocations.get(index).context("there are fewer allocations")
}

fn spending(blueprint: &Blueprint, index: usize) -> Result<(&Allocation, Address)> {
    let allocation = allocation(blueprint, index)?;
    let spender = match allocation.to {
        Destination::Reserve => blueprint.at("miner-pool")?,
        Destination::Incentives => blueprint.at("staking")?,
        Destination::Account(account) => account,
    };
    Ok((allocation, spender))
}

/// Whether a contract is at its address. Nothing else can be.
async fn stands(chain: &Chain, piece: &Piece) -> Result<bool> {
    let code = chain.code(piece.address).await?;
    if !code.is_empty() && code != piece.code {
        bail!("the code at {} is not that of {}: is the node's chain the right one?", piece.address, piece.name);
    }
    Ok(!code.is_empty())
}

async fn is_wired(blueprint: &Blueprint, chain: &Chain, name: &str) -> Result<bool> {
    let at = blueprint.at(name)?;
    let named = match name {
        "staking" => [
            (read(chain, at, &Staking::appFeesCall {}).await?, "app-fees"),
            (read(chain, at, &Staking::minerRewardsCall {}).await?, "miner-rewards"),
        ],
        "miner-rewards" => [(read(chain, at, &MinerRewards::minerPoolCall {}).await?, "miner-pool"); 2],
        _ => [
            (read(chain, at, &AppFees::agentStoreCall {}).await?, "agent-store"),
            (read(chain, at, &AppFees::minerPoolCall {}).await?, "miner-pool"),
        ],
    };
    for (found, expected) in named {
        match found {
            None => return Ok(false),
            Some(found) if found.is_zero() => return Ok(false),
            Some(found) if found != blueprint.at(expected)? => {
                bail!("{name} at {at} is wired to {found}, for good, and not to {expected} at {}", blueprint.at(expected)?);
            }
            Some(_) => {}
        }
    }
    Ok(true)
}

async fn are_named(blueprint: &Blueprint, chain: &Chain) -> Result<bool> {
    let (at, roles) = (blueprint.at("miner-rewards")?, &blueprint.parameters.roles);
    let quorum = U256::from(roles.quorum);
    let now = read(chain, at, &MinerRewards::attestersCall {}).await?;
    let size = read(chain, at, &MinerRewards::quorumCall {}).await?;
    if now.as_ref() == Some(&roles.attesters) && size.is_some_and(|size| size.quorum == quorum) {
        return Ok(true);
    }
    let pending = read(chain, at, &MinerRewards::pendingAttestersCall {}).await?;
    Ok(pending.is_some_and(|pending| pending.attesters == roles.attesters && pending.quorum == quorum))
}

/// Reads from a contract; nothing where none is yet.
pub(crate) async fn read<C: SolCall>(chain: &Chain, at: Address, call: &C) -> Result<Option<C::Return>> {
    if chain.code(at).await?.is_empty() { Ok(None) } else { chain.view(at, call).await.map(Some) }
}
