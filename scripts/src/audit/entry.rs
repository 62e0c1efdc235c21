//! What was logged, in the contracts' own words.

use std::fmt;

use abi::{
    AgentStore::AgentStoreEvents, AppFees::AppFeesEvents, CorToken, MinerPool::MinerPoolEvents, MinerRewards::MinerRewardsEvents,
    Staking::StakingEvents,
};
use alloy::rpc::types::Log;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use serde::Serialize;
use thiserror::Error;

use crate::places::Places;

/// Wei of COR. Signed, for the books go on when something is missing, and say how much.
pub type Wei = i128;

/// A contract that holds COR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// Stakes, unbonding, rewards.
    Staking,
    /// What apps paid and what they have to pay with.
    AppFees,
    /// Bonds.
    AgentStore,
    /// Budgets not yet claimed.
    MinerRewards,
    /// The reserve.
    MinerPool,
}

impl Keeper {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Staking, Self::AppFees, Self::AgentStore, Self::MinerRewards, Self::MinerPool];

    /// Where it is.
    pub fn at(self, places: &Places) -> Address {
        match self {
            Self::Staking => places.staking,
            Self::AppFees => places.fees,
            Self::AgentStore => places.store,
            Self::MinerRewards => places.rewards,
            Self::MinerPool => places.pool,
        }
    }

    /// Which of them is at an address.
    pub fn of(places: &Places, address: Address) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.at(places) == address)
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staking => "staking",
            Self::AppFees => "app-fees",
            Self::AgentStore => "agent-store",
            Self::MinerRewards => "miner-rewards",
            Self::MinerPool => "miner-pool",
        })
    }
}

/// Where on the chain something was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Site {
    /// The block's number.
    pub block: u64,
    /// The log's number in its block.
    pub log: u64,
    /// The transaction.
    pub transaction: B256,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}, log {}, transaction {}", self.block, self.log, self.transaction)
    }
}

/// COR that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// From whom; zero when minted.
    pub from: Address,
    /// To whom; zero when burned.
    pub to: Address,
    /// How much.
    pub amount: Wei,
}

/// An event.
#[derive(Clone)]
pub enum Event {
    /// COR moved.
    Transfer(Move),
    /// Of staking.
    Staking(StakingEvents),
    /// Of app-fees.
    AppFees(AppFeesEvents),
    /// Of agent-store.
    AgentStore(AgentStoreEvents),
    /// Of miner-rewards.
    MinerRewards(MinerRewardsEvents),
    /// Of miner-pool.
    MinerPool(MinerPoolEvents),
}

/// An event and where it was logged.
#[derive(Clone)]
pub struct Entry {
    /// Where.
    pub site: Site,
    /// What.
    pub event: Event,
}

/// Why a log is no entry.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EntryError {
    /// It is not in a block.
    #[error("the node gave a log that is in no block yet: audit up to an older block")]
    Pending,
    /// Nobody here logs there.
    #[error("{site}: the node gave a log of {address}, which was not asked for")]
    Stranger {
        /// Where.
        site: Site,
        /// Of whom.
        address: Address,
    },
    /// The contract does not say such a thing by its ABI: another version of it, or another contract.
    #[error("{site}: {address} logged what {contract} does not say by its ABI: is it of this version?")]
    Unknown {
        /// Where.
        site: Site,
        /// Of whom.
        address: Address,
        /// What it should be.
        contract: String,
    },
}

impl Entry {
    /// Reads a log of one of the contracts, or of COR.
    pub fn read(places: &Places, log: &Log) -> Result<Self, EntryError> {
        let (Some(block), Some(index), Some(transaction)) = (log.block_number, log.log_index, log.transaction_hash) else {
            return Err(EntryError::Pending);
        };
        let site = Site { block, log: index, transaction };
        let address = log.address();
        let contract = match Keeper::of(places, address) {
            Some(keeper) => keeper.to_string(),
            None if address == places.token => "cor-token".to_owned(),
            None => return Err(EntryError::Stranger { site, address }),
        };
        let unknown = |_| EntryError::Unknown { site, address, contract: contract.clone() };
        let (topics, data) = (log.topics(), &log.data().data);
        let event = match Keeper::of(places, address) {
            None => {
                let CorToken::Transfer { from, to, value } =
                    CorToken::Transfer::decode_raw_log(topics.iter().copied(), data).map_err(unknown)?;
                Event::Transfer(Move { from, to, amount: wei(value) })
            }
            Some(Keeper::Staking) => Event::Staking(StakingEvents::decode_raw_log(topics, data).map_err(unknown)?),
            Some(Keeper::AppFees) => Event::AppFees(AppFeesEvents::decode_raw_log(topics, data).map_err(unknown)?),
            Some(Keeper::AgentStore) => Event::AgentStore(AgentStoreEvents::decode_raw_log(topics, data).map_err(unknown)?),
            Some(Keeper::MinerRewards) => Event::MinerRewards(MinerRewardsEvents::decode_raw_log(topics, data).map_err(unknown)?),
            Some(Keeper::MinerPool) => Event::MinerPool(MinerPoolEvents::decode_raw_log(topics, data).map_err(unknown)?),
        };
        Ok(Self { site, event })
    }
}

/// An amount of an event. No COR is so much that it does not fit: what does not is the largest that a sum of many fits.
pub(crate) fn wei(amount: U256) -> Wei {
    Wei::try_from(amount).unwrap_or(Wei::MAX).min(1 << 112)
}
