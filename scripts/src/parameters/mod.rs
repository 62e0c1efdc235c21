//! What a network is given when it is deployed: `deployments/params/<network>.toml`, read and held against every bound before
//! anything is sent.

mod file;
mod quantity;

use std::{io, path::PathBuf};

use alloy_primitives::{Address, B256};
use economics::{
    BasisPoints,
    emission::{Decay, Taper},
    split::Split,
};
use serde::{Deserialize, Serialize};

/// What a network is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Makes the addresses: the same contracts with another salt are others.
    pub salt: B256,
    /// COR that is there already; none where cor-token is deployed.
    pub token: Option<Address>,
    /// The first second of epoch 0; where none is chosen, the begin of the epoch in which deploying began, counted from 1970.
    pub genesis: Option<u64>,
    /// Whether contracts are kept in the chain's cache, by bids.
    pub cache: bool,
    /// Times.
    pub times: Times,
    /// COR over all networks.
    pub supply: Supply,
    /// What the reserve emits.
    pub emission: Emission,
    /// What apps pay.
    pub fees: Fees,
    /// What apps have.
    pub apps: Apps,
    /// Who may do what.
    pub roles: Roles,
    /// Where every COR that the deployer has at the beginning goes, in this order.
    pub allocations: Vec<Allocation>,
}

/// Times, in seconds, fixed at construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Of an epoch.
    pub epoch_length: u64,
    /// From an epoch's end until it closes.
    pub grace: u64,
    /// Until a new role holds.
    pub delay: u64,
    /// From a root's quorum until it can become active.
    pub window: u64,
    /// Of unbonding.
    pub cooldown: u64,
}

/// COR over all networks, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply {
    /// The whole.
    pub reference: u128,
    /// What earlier pools emitted.
    pub emitted_before: u128,
    /// What earlier pools burned.
    pub burnt_before: u128,
}

/// What the reserve emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emission {
    /// Of the cap, by epoch.
    pub decay: Decay,
    /// Below the cap.
    pub taper: Taper,
    /// Whether emission starts with the deployment.
    pub start: bool,
}

/// What apps pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Wei of a unit of usage.
    pub unit_price: u128,
    /// Of commitments.
    pub discount: BasisPoints,
    /// Of each epoch's fees.
    pub split: Split,
    /// Of what apps pay themselves.
    pub builders: BasisPoints,
}

/// What apps have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apps {
    /// Wei that each leaves.
    pub bond: u128,
    /// Units per epoch that all together may use for free.
    pub free_budget: u64,
    /// Units per epoch that a new one gets.
    pub starter: u64,
}

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Owns every contract at the end.
    pub owner: Address,
    /// Pauses.
    pub guardian: Address,
    /// Allots free usage.
    pub curator: Address,
    /// Is paid the treasury's part of the fees.
    pub treasury: Address,
    /// Vote for miners' rewards; none are named where there are none.
    pub attesters: Vec<Address>,
    /// How many of them decide.
    pub quorum: u64,
}

/// COR for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// What the file calls it.
    pub name: String,
    /// Who gets it.
    pub to: Destination,
    /// Wei.
    pub amount: u128,
}

/// Who gets COR at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The miners' reserve, by a deposit.
    Reserve,
    /// The budget of stakers' incentives, by `fund`.
    Incentives,
    /// An account, by a transfer.
    Account(Address),
}

impl Parameters {
    /// Wei that the allocations need.
    pub fn allocated(&self) -> u128 {
        self.allocations.iter().fold(0, |sum, allocation| sum.saturating_add(allocation.amount))
    }
}

/// Why parameters cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct ParameterError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a file of parameters.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not as it should be.
    #[error("{0}")]
    Parse(#[from] Box<toml::de::Error>),
    /// A value is out of its bounds.
    #[error("{key} is {value}; it must be {bound}")]
    Bound {
        /// Which one.
        key: String,
        /// As it is.
        value: String,
        /// As it may be.
        bound: String,
    },
    /// COR is allocated that is not there, or not allocated that is.
    #[error("the allocations sum to {sum}, and the supply of cor-token is {supply}: every COR must have its place")]
    Sum {
        /// Of the allocations.
        sum: String,
        /// Of the token.
        supply: String,
    },
    /// Less for miners than was promised.
    #[error(
        "the reserve gets {reserve}; with what was emitted before it must be at least {percent} % of the reference supply, {needed}"
    )]
    Reserve {
        /// Of the allocations to the reserve.
        reserve: String,
        /// Of the reference supply.
        percent: u128,
        /// The least.
        needed: String,
    },
}
