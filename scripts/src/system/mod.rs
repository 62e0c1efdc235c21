//! The contracts on a chain, all of them, wired to each other.

mod network;
mod terms;

use abi::{ArbWasm, CacheManager, CorToken, Staking, StylusDeployer};
use alloy_primitives::{Address, U256, uint};
use alloy_sol_types::{SolCall, SolConstructor};
use anyhow::{Context, Result, bail};

use crate::{
    build::{Artifact, Workspace},
    chain::{Chain, Order},
    deploy::{self, ARB_WASM, Deployed, STYLUS_DEPLOYER},
    deployments::Deployments,
    people::{People, Person},
    recorder::Recorder,
    steps::ContractRow,
};

#[cfg(test)]
pub(crate) use network::FREE_BUDGET;
pub use network::Network;
pub(crate) use network::{BOND, DISCOUNT, PRICE, RESERVE, SPLIT, STARTER, TAPER, grace};
pub(crate) use terms::Terms;

/// COR's supply, in wei.
pub const SUPPLY: U256 = uint!(1_000_000_000_000_000_000_000_000_000_U256);

/// Gas limit of a call whose gas is not estimated.
const CALL_GAS: u64 = 3_000_000;

/// What is chosen at construction, for ever. Seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Of an epoch.
    pub epoch_length: u64,
    /// Of unbonding.
    pub cooldown: u64,
    /// Until a new guardian holds.
    pub delay: u64,
}

impl Parameters {
    /// The real ones, where time can be moved.
    pub const REAL: Self = Self { epoch_length: 7 * 86_400, cooldown: 7 * 86_400, delay: 86_400 };
    /// The shortest, where one has to wait.
    pub const SHORT: Self = Self { epoch_length: 3_600, cooldown: 3_600, delay: 60 };
}

/// The contracts on a chain.
#[derive(Clone, Debug)]
pub struct System {
    /// COR.
    pub token: Address,
    /// Staking.
    pub staking: Address,
    /// What staking was built with.
    pub parameters: Parameters,
    /// The first second of epoch 0.
    pub genesis: u64,
    /// When staking was constructed.
    pub start: u64,
}

impl System {
    /// Deploys every contract, has it cached, and writes down where it is.
    pub(crate) async fn deploy(deployer: &mut Deployer<'_>) -> Result<Self> {
        let people = deployer.people;
        let Deployer { chain, recorder, .. } = &mut *deployer;
        deploy::check(chain).await?;
        recorder.names.add("StylusDeployer", STYLUS_DEPLOYER, StylusDeployer::abi::contract());
        recorder.names.add("ArbWasm", ARB_WASM, ArbWasm::abi::contract());
        recorder.names.add("ArbWasmCache", deploy::ARB_WASM_CACHE, abi::ArbWasmCache::abi::contract());
        if let Some(manager) = deploy::cache_manager(chain).await? {
            recorder.names.add("CacheManager", manager, CacheManager::abi::contract());
        }
        for person in Person::ALL {
            recorder.names.add_person(person.name(), people.address(person));
        }
        let parameters = if chain.moves_time() { Parameters::REAL } else { Parameters::SHORT };

        let treasury = people.address(Person::Treasury);
        let arguments = CorToken::constructorCall { holder: treasury }.abi_encode();
        let token = deployer.put("cor-token", CorToken::abi::contract(), &arguments).await?;
        let genesis = token.transaction.time;
        let arguments = Staking::constructorCall {
            token: token.address,
            owner: treasury,
            guardian: people.address(Person::Guardian),
            referenceSupply: SUPPLY,
            genesis,
            epochLength: parameters.epoch_length,
            cooldown: parameters.cooldown,
            delay: parameters.delay,
        };
        let staking = deployer.put("staking", Staking::abi::contract(), &arguments.abi_encode()).await?;
        for (name, contract) in [("cor-token", &token), ("staking", &staking)] {
            deployer.cache(name, contract).await?;
        }
        let start = staking.transaction.time;
        Ok(Self { token: token.address, staking: staking.address, parameters, genesis, start })
    }
}

/// What deploying one contract after the other needs.
pub(crate) struct Deployer<'a> {
    /// Where.
    pub(crate) chain: &'a mut Chain,
    /// Of whom the treasury deploys.
    pub(crate) people: &'a People,
    /// Keeps what is done.
    pub(crate) recorder: &'a mut Recorder,
    artifacts: &'a [Artifact],
    deployments: Deployments,
}

impl<'a> Deployer<'a> {
    /// Of a chain, which may have an older deployment: the file of that is replaced.
    pub(crate) fn new(
        chain: &'a mut Chain,
        people: &'a People,
        artifacts: &'a [Artifact],
        workspace: &Workspace,
        recorder: &'a mut Recorder,
    ) -> Self {
        let deployments = Deployments::new(workspace, chain.id());
        Self { chain, people, recorder, artifacts, deployments }
    }

    /// Deploys a contract by its package's name and writes down where it is.
    pub(crate) async fn put(&mut self, name: &'static str, abi: alloy_json_abi::JsonAbi, arguments: &[u8]) -> Result<Deployed> {
        let artifact = self.artifacts.iter().find(|artifact| artifact.name == name);
        let artifact = artifact.with_context(|| format!("the contract {name} was not built"))?;
        let signer = self.people.signer(Person::Treasury);
        let deployed = deploy::deploy(self.chain, signer, artifact, arguments).await?;
        self.recorder.names.add(name, deployed.address, abi);
        self.recorder.keep(format!("treasury deploys {name}"), &deployed.transaction)?;
        self.deployments.add(name, &deployed, &self.recorder.names)?;
        self.recorder.steps.contracts.push(ContractRow {
            name: name.to_owned(),
            address: deployed.address.to_string(),
            code_size: deployed.code_size,
            code_hash: deployed.code_hash.to_string(),
            data_bytes: artifact.code.data_bytes(),
            init_gas: deployed.init_gas,
            cached_gas: deployed.cached_gas,
        });
        Ok(deployed)
    }

    /// Calls as the treasury. It must succeed.
    pub(crate) async fn call(&mut self, words: &str, to: Address, call: &impl SolCall) -> Result<()> {
        let order = Order { gas: Some(CALL_GAS), ..Order::call(to, call) };
        let mined = self.chain.send(self.people.signer(Person::Treasury), order).await?;
        self.recorder.keep(format!("treasury {words}"), &mined)?;
        match &mined.reverted {
            None => Ok(()),
            Some(data) => bail!("treasury could not: {words}: {}", self.recorder.names.error_text(data)),
        }
    }

    /// Has a contract cached, where that can be.
    pub(crate) async fn cache(&mut self, name: &str, contract: &Deployed) -> Result<()> {
        match deploy::cache(self.chain, self.people.signer(Person::Treasury), contract).await? {
            Some(bid) => self.recorder.keep(format!("treasury has {name} cached"), &bid),
            None => Ok(()),
        }
    }
}
