//! What is to stand on a chain: each contract's code and constructor and, following from these, its address.
//!
//! StylusDeployer derives an address from the code, the constructor's arguments and a salt, whoever calls it. So whether a
//! contract stands is asked of the chain, and code at its address has been constructed with exactly these arguments.

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, FeeBoard, MinerPool, MinerRewards, Staking};
use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolConstructor;
use anyhow::{Context, Result};

use crate::{build::Artifact, deploy, parameters::Parameters};

/// Every contract of a network, and what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    /// Who deploys, and owns until the end.
    pub(crate) deployer: Address,
    /// The first second of epoch 0.
    pub(crate) genesis: u64,
    /// What the network is given.
    pub(crate) parameters: Parameters,
    /// Where COR is.
    pub(crate) token: Address,
    /// What is deployed, in this order.
    pub(crate) pieces: Vec<Piece>,
}

/// A contract that is deployed.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Its package.
    pub(crate) name: &'static str,
    /// Where it is, or will be.
    pub(crate) address: Address,
    /// What the account holds.
    pub(crate) code: Bytes,
    /// Of its code.
    pub(crate) code_hash: B256,
    /// Its constructor's call.
    pub(crate) init_data: Bytes,
}

impl Blueprint {
    /// From what was built. `burnable`: whether COR has `burn(uint256)`. `known` has contracts that stand: theirs is the
    /// address that others are given, also where this build's would have another.
    pub(crate) fn new(
        parameters: Parameters,
        artifacts: &[Artifact],
        deployer: Address,
        genesis: u64,
        burnable: bool,
        known: &BTreeMap<String, Address>,
    ) -> Result<Self> {
        let mut drawing = Drawing { artifacts, known, salt: parameters.salt, pieces: Vec::new() };
        let Parameters { times, supply, emission, fees, apps, roles, .. } = &parameters;
        let (owner, guardian) = (deployer, roles.guardian);

        let token = match parameters.token {
            Some(token) => token,
            None => drawing.put("cor-token", &CorToken::constructorCall { holder: deployer })?,
        };
        let staking = drawing.put(
            "staking",
            &Staking::constructorCall {
                token,
                owner,
                guardian,
                referenceSupply: U256::from(supply.reference),
                genesis,
                epochLength: times.epoch_length,
                cooldown: times.cooldown,
                delay: times.delay,
            },
        )?;
        let board = drawing.put("fee-board", &FeeBoard::constructorCall {})?;
        let app_fees = drawing.put(
            "app-fees",
            &AppFees::constructorCall {
                owner,
                guardian,
                treasury: roles.treasury,
                staking,
                grace: times.grace,
                delay: times.delay,
                unitPrice: U256::from(fees.unit_price),
                discount: U256::from(fees.discount.points()),
                minersShare: U256::from(fees.split.miners().points()),
                treasuryShare: U256::from(fees.split.treasury().points()),
                burnShare: U256::from(fees.split.burn().points()),
                buildersShare: U256::from(fees.builders.points()),
                burnable,
                board,
            },
        )?;
        drawing.put(
            "agent-store",
            &AgentStore::constructorCall {
                owner,
                guardian,
                curator: roles.curator,
                appFees: app_fees,
                bond: U256::from(apps.bond),
                freeBudget: U256::from(apps.free_budget),
                starter: U256::from(apps.starter),
                delay: times.delay,
            },
        )?;
        let rewards = drawing.put(
            "miner-rewards",
            &MinerRewards::constructorCall { owner, guardian, staking, delay: times.delay, window: times.window },
        )?;
        drawing.put(
            "miner-pool",
            &MinerPool::constructorCall {
                owner,
                guardian,
                appFees: app_fees,
                minerRewards: rewards,
                referenceSupply: U256::from(supply.reference),
                emittedBefore: U256::from(supply.emitted_before),
                burntBefore: U256::from(supply.burnt_before),
                decay: U256::from(emission.decay.units()),
                usageTaper: U256::from(emission.taper.usage.units()),
                stakeTaper: U256::from(emission.taper.stake.units()),
                floor: U256::from(emission.taper.floor.units()),
                delay: times.delay,
            },
        )?;
        let pieces = drawing.pieces;
        Ok(Self { deployer, genesis, token, pieces, parameters })
    }

    /// The address of a contract that is deployed.
    pub(crate) fn at(&self, name: &str) -> Result<Address> {
        let piece = self.pieces.iter().find(|piece| piece.name == name);
        piece.map(|piece| piece.address).with_context(|| format!("the blueprint has no {name}"))
    }
}

/// Draws one contract after the other.
struct Drawing<'a> {
    artifacts: &'a [Artifact],
    known: &'a BTreeMap<String, Address>,
    salt: B256,
    pieces: Vec<Piece>,
}

impl Drawing<'_> {
    fn put(&mut self, name: &'static str, constructor: &impl SolConstructor) -> Result<Address> {
        let artifact = self.artifacts.iter().find(|artifact| artifact.name == name);
        let code = &artifact.with_context(|| format!("the contract {name} was not built"))?.code;
        let init_data = deploy::init_data(&constructor.abi_encode());
        let derived = || deploy::address(code.bytes(), &init_data, self.salt);
        let address = self.known.get(name).copied().unwrap_or_else(derived);
        self.pieces.push(Piece { name, address, code: code.bytes().clone(), code_hash: code.hash(), init_data });
        Ok(address)
    }
}

/// The ABI of a contract, by its package.
pub(crate) fn interface(name: &str) -> Option<JsonAbi> {
    abi::contracts().into_iter().find(|(package, _)| *package == name).map(|(_, abi)| abi)
}
