//! A node with everything on it, and how gas is measured there.

use std::collections::{BTreeMap, BTreeSet};

use abi::{AppFees, ArbWasm, ArbWasmCache, Staking};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolConstructor, SolValue};
use anyhow::{Context, Result, bail, ensure};
use economics::COR;
use stylus_devnode::Devnode;

use super::{
    cost::{self, Cost, Parts},
    npm::Packages,
};
use crate::{
    build::Workspace,
    chain::{Chain, Mined, Order},
    deploy::{ARB_WASM, ARB_WASM_CACHE},
    people::{People, Person},
    recorder::Recorder,
    session,
    system::{Deployer, Network, SUPPLY, System, Terms},
};

/// Seconds between a measured transaction and the one before it: long enough for the cache to be emptied meanwhile.
const HOUR: u64 = 3_600;
/// Gas limit of every transaction: what it takes is what is asked for.
const GAS: u64 = 25_000_000;
/// Creates contracts at addresses that follow from their code, on every chain.
const CREATE2_FACTORY: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");

/// Whole COR, in wei.
pub(super) fn cor(amount: u128) -> U256 {
    U256::from(amount * COR)
}

/// A node with our contracts, cached, and the peers' token.
pub(super) struct Lab {
    pub(super) chain: Chain,
    pub(super) people: People,
    pub(super) recorder: Recorder,
    pub(super) packages: Packages,
    pub(super) system: System,
    pub(super) network: Network,
    /// OpenZeppelin's ERC-20 of version 4.9: the peers' token.
    pub(super) oz4: Address,
    programs: Vec<Program>,
    /// It stops with this.
    _node: Devnode,
}

/// One of our contracts.
struct Program {
    name: &'static str,
    address: Address,
    code_hash: B256,
    /// Gas of entering it, when it is not cached and when it is.
    entry: [u64; 2],
}

/// What our contracts take for COR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cor {
    /// Our token, a program.
    Program,
    /// OpenZeppelin's of version 4.9: EVM code, as COR is on networks that have it already.
    Evm,
}

impl Program {
    /// A contract whose code is cached.
    async fn at(chain: &Chain, name: &'static str, address: Address) -> Result<Self> {
        let code_hash = keccak256(chain.code(address).await?);
        let cached = chain.view(ARB_WASM_CACHE, &ArbWasmCache::codehashIsCachedCall { codehash: code_hash }).await?;
        ensure!(cached, "{name} is not cached");
        let gas = chain.view(ARB_WASM, &ArbWasm::programInitGasCall { program: address }).await?;
        Ok(Self { name, address, code_hash, entry: [gas.gas, gas.gasWhenCached] })
    }
}

impl Lab {
    /// Starts a node and puts everything on it; the treasury holds the supply of all tokens.
    pub(super) async fn start(workspace: &Workspace, cor: Cor) -> Result<Self> {
        let mut recorder = Recorder::new(None);
        recorder.progress.stage("installing the peers' packages");
        let packages = Packages::install()?;
        let artifacts = session::built(workspace, &recorder).await?;
        recorder.progress.stage("starting the node");
        let node = Devnode::builder().spawn().context("the development node did not start")?;
        let mut chain = Chain::connect(&node.endpoint(), Some(session::BEGINNING)).await?;
        let people = session::local_people(&node)?;
        recorder.progress.stage("deploying");
        // This deployment ends with the run: its file is not for the workspace.
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let files = Workspace::at(folder.path());
        let mut deployer = Deployer::new(&mut chain, &people, &artifacts, &files, &mut recorder);
        let mut system = System::deploy(&mut deployer).await?;
        let mut ours = vec![("cor-token", system.token)];
        let preset = packages.creation("oz4", "build/contracts/ERC20PresetFixedSupply.json")?;
        let arguments = ("Cortensor".to_owned(), "COR".to_owned(), SUPPLY, people.address(Person::Treasury));
        let oz4 = create(deployer.chain, &people, &preset, &arguments.abi_encode_params()).await?;
        if cor == Cor::Evm {
            system = over(&mut deployer, system, oz4).await?;
        }
        let network = Network::deploy(&mut deployer, &system, &Terms::default()).await?;
        network.start(&mut deployer, &system).await?;

        ours.extend([("staking", system.staking), ("fee-board", chain.view(network.fees, &AppFees::boardCall {}).await?)]);
        ours.extend(network.named());
        let mut programs = Vec::new();
        for (name, address) in ours {
            programs.push(Program::at(&chain, name, address).await?);
        }
        Ok(Self { chain, people, recorder, packages, system, network, oz4, programs, _node: node })
    }

    /// Creates a contract of EVM code.
    pub(super) async fn create(&mut self, code: &Bytes, arguments: &[u8]) -> Result<Address> {
        create(&mut self.chain, &self.people, code, arguments).await
    }

    pub(super) fn address(&self, who: Person) -> Address {
        self.people.address(who)
    }

    /// Sends a call that must succeed.
    pub(super) async fn tell(&mut self, who: Person, to: Address, call: &impl SolCall) -> Result<Mined> {
        let order = Order { gas: Some(GAS), ..Order::call(to, call) };
        let mined = self.chain.send(self.people.signer(who), order).await?;
        match &mined.reverted {
            None => Ok(mined),
            Some(data) => bail!("{} was refused: {}", signature(call), self.recorder.names.error_text(data)),
        }
    }

    /// Goes to an hour after the beginning of the next epoch, so that what follows happens in one.
    pub(super) async fn next_epoch(&mut self) -> Result<u64> {
        let length = self.system.parameters.epoch_length;
        let epoch = (self.chain.next_second()? - self.system.genesis) / length + 1;
        self.until(self.system.genesis + epoch * length + HOUR)?;
        Ok(epoch)
    }

    /// Has the next transaction stand at a second.
    pub(super) fn until(&mut self, second: u64) -> Result<()> {
        let next = self.chain.next_second()?;
        ensure!(second >= next, "the clock is past {second}: it is {next}");
        self.chain.pass(second - next);
        Ok(())
    }

    /// Sends a call that must succeed, an hour after the transaction before it: first with no program cached, which is then
    /// undone, then, in the same second, with all of them cached.
    pub(super) async fn measure(&mut self, who: Person, to: Address, call: &impl SolCall) -> Result<Cost> {
        let at = self.chain.next_second()? + HOUR;
        let mark = self.chain.mark().await?;
        for codehash in self.programs.iter().map(|program| program.code_hash).collect::<BTreeSet<_>>() {
            self.tell(Person::Treasury, ARB_WASM_CACHE, &ArbWasmCache::evictCodehashCall { codehash }).await?;
        }
        self.until(at)?;
        let uncached = self.tell(who, to, call).await?;
        let (entries, _) = self.entered(&uncached, 0).await?;
        self.chain.back_to(mark).await?;

        self.until(at)?;
        let cached = self.tell(who, to, call).await?;
        ensure!((uncached.time, cached.time) == (at, at), "the node did not keep to the second {at}");
        let (_, evm) = self.entered(&cached, 1).await?;
        let parts: Parts = cached.gas.context("this chain does not tell what gas went to")?.into();
        let floor = if evm { None } else { Some(self.floor(&cached, parts.intrinsic).await?) };
        Ok(Cost { cached: cached.gas_used, uncached: uncached.gas_used, parts, floor, entries })
    }

    /// What entering each program took, and whether EVM code ran too. A program that is entered again is in the block's own
    /// cache.
    async fn entered(&self, mined: &Mined, cached: usize) -> Result<(BTreeMap<String, u64>, bool)> {
        let (mut entries, mut evm, mut seen) = (BTreeMap::new(), false, BTreeSet::new());
        for code in self.chain.trace(mined.order.to, mined.hash).await?.entered {
            match self.programs.iter().find(|program| program.address == code) {
                Some(program) => {
                    let [first, again] = [program.entry[cached], program.entry[1]];
                    let gas = if seen.insert(program.code_hash) { first } else { again };
                    *entries.entry(program.name.to_owned()).or_default() += gas;
                }
                None => evm |= !self.chain.code(code).await?.is_empty(),
            }
        }
        let told = mined.gas.context("this chain does not tell what gas went to")?.entry;
        ensure!(entries.values().sum::<u64>() == told.to::<u64>(), "entering took {told} gas, but by program {entries:?}");
        Ok((entries, evm))
    }

    /// The least that a transaction could take which changes what this one changed.
    async fn floor(&self, mined: &Mined, intrinsic: u64) -> Result<Parts> {
        let mut changes = Vec::new();
        for (account, slot) in self.chain.trace(mined.order.to, mined.hash).await?.written {
            let before = self.chain.storage(account, slot, mined.block - 1).await?;
            changes.push((before, self.chain.storage(account, slot, mined.block).await?));
        }
        Ok(cost::floor(intrinsic, &changes, &mined.logs))
    }
}

/// Has the treasury create a contract of EVM code.
async fn create(chain: &mut Chain, people: &People, code: &Bytes, arguments: &[u8]) -> Result<Address> {
    let code = [code, arguments].concat();
    let address = CREATE2_FACTORY.create2(B256::ZERO, keccak256(&code));
    let input = [B256::ZERO.as_slice(), &code].concat().into();
    let order = Order { to: CREATE2_FACTORY, value: U256::ZERO, input, gas: Some(GAS) };
    let mined = chain.send(people.signer(Person::Treasury), order).await?;
    ensure!(mined.reverted.is_none() && !chain.code(address).await?.is_empty(), "a peer's contract was not created");
    Ok(address)
}

/// The same system over another token; staking's code stays cached.
async fn over(deployer: &mut Deployer<'_>, system: System, token: Address) -> Result<System> {
    let arguments = Staking::constructorCall {
        token,
        owner: deployer.people.address(Person::Treasury),
        guardian: deployer.people.address(Person::Guardian),
        referenceSupply: SUPPLY,
        genesis: system.genesis,
        epochLength: system.parameters.epoch_length,
        cooldown: system.parameters.cooldown,
        delay: system.parameters.delay,
    };
    let staking = deployer.put("staking", Staking::abi::contract(), &arguments.abi_encode()).await?;
    Ok(System { token, staking: staking.address, start: staking.transaction.time, ..system })
}

fn signature<C: SolCall>(_: &C) -> &'static str {
    C::SIGNATURE
}
