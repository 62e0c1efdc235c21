//! All contracts on one chain, wired; accounts; time.

use std::{collections::BTreeMap, sync::OnceLock};

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{Eip712Domain, SolCall, SolConstructor, SolError, SolStruct, eip712_domain};
use corflow::build::{Artifact, Symbols, Workspace, build};
use economics::emission::Decay;
use stylus_devnode::{
    evm::{BlockEnv, Call, Evm, Message},
    genesis,
    state::State,
};

pub(crate) const OWNER: Address = address!("00000000000000000000000000000000000000f1");
pub(crate) const GUARDIAN: Address = address!("00000000000000000000000000000000000000f2");
pub(crate) const ADA: Address = address!("00000000000000000000000000000000000000a1");
pub(crate) const BEN: Address = address!("00000000000000000000000000000000000000a2");

pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
pub(crate) const SUPPLY: u128 = 1_000_000_000 * COR;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const EPOCH: u64 = 7 * DAY;
pub(crate) const GENESIS: u64 = 1_700_000_000;

const BASE_FEE: u64 = 100_000_000;
/// More gas than any call needs.
const PLENTY: u64 = 30_000_000;
/// A program expires after so long.
const YEAR: u64 = 365 * DAY;

/// A chain with every contract on it. A clone is another future of the same past.
#[derive(Clone)]
pub(crate) struct World {
    evm: Evm,
    state: State,
    chain_id: u64,
    pub(crate) block: BlockEnv,
    next: u8,
    activated: u64,
    /// Gas of the last transaction.
    pub(crate) gas: u64,
    pub(crate) token: Address,
    pub(crate) staking: Address,
    pub(crate) fees: Address,
    pub(crate) store: Address,
    pub(crate) rewards: Address,
    pub(crate) pool: Address,
}

fn artifacts() -> &'static [Artifact] {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    BUILT.get_or_init(|| build(&Workspace::here(), Symbols::Names, |_| {}).expect("the contracts build"))
}

pub(crate) fn cor(amount: u128) -> U256 {
    U256::from(amount) * U256::from(COR)
}

/// Where the contract is that was deployed as this number.
fn contract(number: u8) -> Address {
    Address::with_last_byte(number) | address!("c000000000000000000000000000000000000000")
}

/// What a revert's data says, if it is this error.
pub(crate) fn error<E: SolError>(data: &Bytes) -> E {
    E::abi_decode(data).unwrap_or_else(|_| panic!("it reverted with {data}, not with {}", E::SIGNATURE))
}

impl World {
    /// Every contract deployed and wired, with the defaults; the owner holds all COR and has deposited none.
    pub(crate) fn new() -> Self {
        static FIRST: OnceLock<World> = OnceLock::new();
        FIRST.get_or_init(|| Self::on(genesis::CHAIN_ID)).clone()
    }

    /// The same on a chain with this id.
    pub(crate) fn on(chain_id: u64) -> Self {
        let evm = Evm::new(chain_id);
        let state = genesis::genesis(&evm, 60, chain_id).expect("a genesis");
        let block = BlockEnv { number: 7, timestamp: GENESIS, base_fee: BASE_FEE, arbos: 60, ..BlockEnv::default() };
        let nowhere = Address::ZERO;
        let mut world = Self {
            evm,
            state,
            chain_id,
            block,
            next: 0,
            activated: GENESIS,
            gas: 0,
            token: nowhere,
            staking: nowhere,
            fees: nowhere,
            store: nowhere,
            rewards: nowhere,
            pool: nowhere,
        };
        world.token = world.deploy("cor-token", &CorToken::constructorCall { holder: OWNER });
        for account in [ADA, BEN] {
            world.ok(OWNER, world.token, &CorToken::transferCall { to: account, value: cor(20_000_000) });
        }
        world.deploy_set(U256::ZERO, U256::ZERO);
        world
    }

    /// Deploys and wires all contracts but the token, and has everybody approve them; the pool after one that emitted and
    /// burned so much.
    pub(crate) fn deploy_set(&mut self, emitted: U256, burnt: U256) {
        self.deploy_unwired(emitted, burnt);
        let Self { staking, fees, store, rewards, pool, token, .. } = *self;
        self.ok(OWNER, staking, &Staking::wireCall { appFees: fees, minerRewards: rewards });
        self.ok(OWNER, rewards, &MinerRewards::wireCall { minerPool: pool });
        self.ok(OWNER, fees, &AppFees::wireCall { agentStore: store, minerPool: pool });
        for account in [OWNER, ADA, BEN] {
            for spender in [staking, fees, store, pool] {
                self.ok(account, token, &CorToken::approveCall { spender, value: U256::MAX });
            }
        }
    }

    /// Deploys them, and leaves the rest to be done.
    pub(crate) fn deploy_unwired(&mut self, emitted: U256, burnt: U256) {
        let world = self;
        world.staking = world.deploy(
            "staking",
            &Staking::constructorCall {
                token: world.token,
                owner: OWNER,
                guardian: GUARDIAN,
                referenceSupply: U256::from(SUPPLY),
                genesis: GENESIS,
                epochLength: EPOCH,
                cooldown: 7 * DAY,
                delay: DAY,
            },
        );
        let board = world.deploy("fee-board", &abi::FeeBoard::constructorCall {});
        world.fees = world.deploy("app-fees", &Self::fee_terms(world.staking, board));
        world.store = world.deploy(
            "agent-store",
            &AgentStore::constructorCall {
                owner: OWNER,
                guardian: GUARDIAN,
                curator: OWNER,
                appFees: world.fees,
                bond: cor(1_000),
                freeBudget: U256::ZERO,
                starter: U256::ZERO,
                delay: DAY,
            },
        );
        world.rewards = world.deploy(
            "miner-rewards",
            &MinerRewards::constructorCall {
                owner: OWNER,
                guardian: GUARDIAN,
                staking: world.staking,
                delay: DAY,
                window: 3 * DAY,
            },
        );
        world.pool = world.deploy(
            "miner-pool",
            &MinerPool::constructorCall {
                owner: OWNER,
                guardian: GUARDIAN,
                appFees: world.fees,
                minerRewards: world.rewards,
                referenceSupply: U256::from(SUPPLY),
                emittedBefore: emitted,
                burntBefore: burnt,
                decay: U256::from(Decay::DEFAULT),
                usageTaper: U256::from(COR / 2),
                stakeTaper: U256::from(COR / 2),
                floor: U256::from(COR / 20),
                delay: DAY,
            },
        );
    }

    /// What app-fees is constructed with here.
    pub(crate) fn fee_terms(staking: Address, board: Address) -> AppFees::constructorCall {
        AppFees::constructorCall {
            owner: OWNER,
            guardian: GUARDIAN,
            treasury: OWNER,
            staking,
            grace: DAY,
            delay: DAY,
            unitPrice: U256::from(COR),
            discount: U256::from(1_000),
            minersShare: U256::from(7_000),
            treasuryShare: U256::from(1_000),
            burnShare: U256::from(500),
            buildersShare: U256::from(500),
            burnable: true,
            board,
        }
    }

    /// Puts a contract on the chain, active and constructed.
    pub(crate) fn deploy(&mut self, name: &str, arguments: &impl SolConstructor) -> Address {
        self.try_deploy(name, arguments).unwrap_or_else(|data| panic!("{name} refuses: {data}"))
    }

    /// Has a constructor refuse, with this error.
    pub(crate) fn refuses_to_deploy<E: SolError>(&mut self, name: &str, arguments: &impl SolConstructor) -> E {
        match self.try_deploy(name, arguments) {
            Err(data) => error(&data),
            Ok(_) => panic!("{name} is not refused"),
        }
    }

    /// Puts a contract on the chain; what its constructor refuses with.
    pub(crate) fn try_deploy(&mut self, name: &str, arguments: &impl SolConstructor) -> Result<Address, Bytes> {
        let artifact = artifacts().iter().find(|artifact| artifact.name == name).expect("a contract of this name");
        self.next += 1;
        let address = contract(self.next);
        self.state.set_code(address, artifact.code.bytes().clone());
        self.state.account_mut(address).nonce = 1;
        self.activate(address);
        let construct = [&keccak256("stylus_constructor()")[..4], &arguments.abi_encode()].concat();
        self.transact(OWNER, address, construct.into(), U256::ZERO).map(|_| address)
    }

    /// Puts other code at an address, which keeps its storage.
    pub(crate) fn replace(&mut self, address: Address, code: Bytes) {
        self.state.set_code(address, code);
    }

    /// Activates a program. False where its code is active already.
    fn activate(&mut self, program: Address) -> bool {
        let activate = abi::ArbWasm::activateProgramCall { program };
        match self.transact(OWNER, Address::with_last_byte(0x71), activate.abi_encode().into(), U256::from(COR)) {
            Ok(_) => true,
            Err(data) => {
                let _: abi::ArbWasm::ProgramUpToDate = error(&data);
                false
            }
        }
    }

    /// Has every program cached, as the chain's owner may.
    pub(crate) fn cache(&mut self) {
        let chain_owner = genesis::dev_accounts()[0].address;
        for number in 1..=self.next {
            let cache = abi::ArbWasmCache::cacheProgramCall { program: contract(number) };
            self.transact(chain_owner, Address::with_last_byte(0x72), cache.abi_encode().into(), U256::ZERO)
                .expect("it is cached");
        }
    }

    fn transact(&mut self, from: Address, to: Address, input: Bytes, value: U256) -> Result<Bytes, Bytes> {
        let message = self.message(from, to, input, value, PLENTY);
        let done = self.evm.transact(&mut self.state, &mut self.block, &message).expect("the transaction can be executed");
        self.gas = done.gas_used;
        if done.success {
            return Ok(done.output);
        }
        assert!(done.error.is_none(), "it did not revert but fail: {:?} {:?}", done.error, done.reason);
        assert!(!done.output.is_empty(), "it reverted with nothing: {:?}", done.reason);
        Err(done.output)
    }

    fn message(&mut self, from: Address, to: Address, input: Bytes, value: U256, gas_limit: u64) -> Message {
        self.state.account_mut(from).balance = U256::from(1_000 * COR);
        Message { from, to: Some(to), value, input, gas_limit, max_fee: BASE_FEE.into(), ..Message::default() }
    }

    /// Sends bytes with no more gas than this. Tells whether they succeeded, whatever they failed with.
    pub(crate) fn send_within(&mut self, from: Address, to: Address, input: Bytes, gas_limit: u64) -> bool {
        let message = self.message(from, to, input, U256::ZERO, gas_limit);
        self.evm.transact(&mut self.state, &mut self.block, &message).is_ok_and(|done| done.success)
    }

    /// The frames of a transaction that is not kept.
    pub(crate) fn trace(&mut self, from: Address, to: Address, input: Bytes) -> Call {
        let message = self.message(from, to, input, U256::ZERO, PLENTY);
        self.evm.trace_transaction(&self.state, &self.block, &message).expect("the transaction can be executed").call
    }

    /// Every slot of every contract of ours that is not zero.
    pub(crate) fn slots(&self) -> BTreeMap<(Address, U256), U256> {
        let of = |address| self.state.account(address).into_iter().flat_map(|account| account.storage.iter());
        let contracts = (1..=self.next).map(contract);
        contracts.flat_map(|address| of(address).map(move |(slot, value)| ((address, *slot), *value))).collect()
    }

    /// What vouchers for these contracts are signed under.
    pub(crate) fn domain(&self) -> Eip712Domain {
        eip712_domain! {
            name: USAGE_DOMAIN_NAME,
            version: USAGE_DOMAIN_VERSION,
            chain_id: self.chain_id,
            verifying_contract: self.fees,
        }
    }

    /// A voucher, signed under a domain.
    pub(crate) fn voucher_under(
        domain: &Eip712Domain,
        signer: &PrivateKeySigner,
        app: U256,
        epoch: u64,
        units: u64,
    ) -> AppFees::Voucher {
        let usage = Usage { appId: app, epoch: U256::from(epoch), cumulativeUnits: U256::from(units) };
        let signature = signer.sign_hash_sync(&usage.eip712_signing_hash(domain)).expect("a signature");
        AppFees::Voucher {
            appId: usage.appId,
            epoch: usage.epoch,
            cumulativeUnits: usage.cumulativeUnits,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        }
    }

    /// A voucher for these contracts.
    pub(crate) fn voucher(&self, signer: &PrivateKeySigner, app: impl TryInto<U256>, epoch: u64, units: u64) -> AppFees::Voucher {
        let app = app.try_into().ok().expect("an app's number");
        Self::voucher_under(&self.domain(), signer, app, epoch, units)
    }

    /// The epoch that is running.
    pub(crate) fn running(&self) -> u64 {
        (self.block.timestamp - GENESIS) / EPOCH
    }

    /// Goes to a second of an epoch, counted from its start; of a negative one, before it.
    pub(crate) fn go(&mut self, epoch: u64, second: i64) {
        let time = (GENESIS + epoch * EPOCH).checked_add_signed(second).expect("a time");
        self.pass(time - self.block.timestamp);
    }

    /// Sends a call; what it returns, or what it reverted with.
    pub(crate) fn send<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Result<C::Return, Bytes> {
        let output = self.transact(from, to, call.abi_encode().into(), U256::ZERO)?;
        Ok(C::abi_decode_returns(&output).expect("the answer is what the ABI says"))
    }

    /// Sends any bytes; what they return, or revert with.
    pub(crate) fn send_bytes(&mut self, from: Address, to: Address, input: Bytes) -> Result<Bytes, Bytes> {
        self.transact(from, to, input, U256::ZERO)
    }

    /// Sends a call that succeeds.
    pub(crate) fn ok<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> C::Return {
        self.send(from, to, call).unwrap_or_else(|data| panic!("{} reverted with {data}", C::SIGNATURE))
    }

    /// Sends a call that is refused with this error.
    pub(crate) fn refused<E: SolError>(&mut self, from: Address, to: Address, call: &impl SolCall) -> E {
        match self.transact(from, to, call.abi_encode().into(), U256::ZERO) {
            Err(data) => error(&data),
            Ok(output) => panic!("it is not refused but answers {output}"),
        }
    }

    /// Reads.
    pub(crate) fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let message =
            Message { from: ADA, to: Some(to), input: call.abi_encode().into(), gas_limit: 30_000_000, ..Message::default() };
        let done = self.evm.call(&self.state, &self.block, &message).expect("the call can be executed");
        assert!(done.success, "{} reverted with {}: {:?}", C::SIGNATURE, done.output, done.error);
        C::abi_decode_returns(&done.output).expect("the answer is what the ABI says")
    }

    /// Lets time pass. A program expires after a year; whoever operates the network activates it again, and so does this.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.block.timestamp += seconds;
        self.block.number += 1;
        self.block.recent_programs.clear();
        if self.block.timestamp - self.activated >= YEAR - DAY {
            let renewed = (1..=self.next).map(|number| self.activate(contract(number))).fold(false, |some, one| some | one);
            if renewed {
                self.activated = self.block.timestamp;
            }
        }
    }

    /// Goes to the second in which an epoch is due.
    pub(crate) fn until_due(&mut self, epoch: u64) {
        let due = GENESIS + (epoch + 1) * EPOCH + DAY;
        self.pass(due - self.block.timestamp);
    }

    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.view(self.token, &CorToken::balanceOfCall { account })
    }

    /// Rule 3, for both: what they owe is there.
    pub(crate) fn assert_solvent(&self) {
        let held = self.view(self.pool, &MinerPool::reserveCall {});
        assert!(self.balance(self.pool) >= held.reserve + held.deposits, "the pool owes more than it has");
        let totals = self.view(self.rewards, &MinerRewards::totalsCall {});
        assert!(self.balance(self.rewards) >= totals.budgets - totals.paid, "the rewards owe more than they have");
    }

    /// 35% deposited and emission started; from epoch 1 on it emits.
    pub(crate) fn started() -> Self {
        let mut world = Self::new();
        world.ok(OWNER, world.pool, &MinerPool::depositCall { amount: cor(350_000_000) });
        world.ok(OWNER, world.pool, &MinerPool::startEmissionCall {});
        world
    }

    /// An app of Ben's, through which fees are paid.
    pub(crate) fn app(&mut self) -> U256 {
        self.app_of(BEN, BEN, 0)
    }

    /// An app of somebody's, with a signer and a fee cap in wei.
    pub(crate) fn app_of(&mut self, owner: Address, signer: Address, cap: u128) -> U256 {
        let register = AgentStore::registerCall {
            signer,
            feeCap: U256::from(cap),
            category: B256::ZERO,
            contentHash: B256::ZERO,
            uri: String::new(),
        };
        self.ok(owner, self.store, &register)
    }
}
