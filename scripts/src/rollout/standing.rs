//! What is said to stand on a network, by parameters and a build or by a passport: what a survey holds against the chain.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{SolConstructor, SolType};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::blueprint::Blueprint;
use crate::parameters::Roles;

/// What is said to stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    /// Who deployed, and is to hold nothing.
    pub(super) deployer: Address,
    /// Of the addresses.
    pub(super) salt: B256,
    /// The first second of epoch 0.
    pub(super) genesis: u64,
    /// COR.
    pub(super) token: Address,
    /// Every contract that was deployed.
    pub(super) contracts: Vec<Contract>,
    /// Who may do what.
    pub(super) roles: Roles,
    /// Whether the reserve emits.
    pub(super) emits: bool,
}

/// A contract that is said to stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contract {
    /// Its package.
    pub(super) name: String,
    /// Where.
    pub(super) address: Address,
    /// Of its code.
    pub(super) code_hash: B256,
    /// Its constructor's call.
    pub(super) init_data: Bytes,
}

impl Standing {
    /// By parameters and a build.
    pub(super) fn of(blueprint: &Blueprint) -> Self {
        let contract = |piece: &super::blueprint::Piece| Contract {
            name: piece.name.to_owned(),
            address: piece.address,
            code_hash: piece.code_hash,
            init_data: piece.init_data.clone(),
        };
        Self {
            deployer: blueprint.deployer,
            salt: blueprint.parameters.salt,
            genesis: blueprint.genesis,
            token: blueprint.token,
            contracts: blueprint.pieces.iter().map(contract).collect(),
            roles: blueprint.parameters.roles.clone(),
            emits: blueprint.parameters.emission.start,
        }
    }

    /// A contract by its package.
    pub(super) fn contract(&self, name: &str) -> Result<&Contract> {
        let found = self.contracts.iter().find(|contract| contract.name == name);
        found.with_context(|| format!("{name} is not among the contracts"))
    }
}

impl Contract {
    /// What its constructor was given.
    pub(super) fn given<C: SolConstructor>(&self) -> Result<C> {
        let encoded = self.init_data.get(4..).with_context(|| format!("the constructor's call of {} is too short", self.name))?;
        let decoded = <C::Parameters<'_> as SolType>::abi_decode_params_validate(encoded);
        Ok(C::new(decoded.with_context(|| format!("the constructor of {} takes something else", self.name))?))
    }
}
