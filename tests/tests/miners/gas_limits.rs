//! Out of gas at every point of each entry point: whatever limit a call runs into, the storage of all contracts is wholly as
//! it was, or wholly as after a call that had plenty.

use std::collections::BTreeSet;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::{
    json_abi::{JsonAbi, StateMutability},
    signers::{SignerSync, local::PrivateKeySigner},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolStruct, eip712_domain, sol};
use stylus_devnode::{evm::Call, genesis};

use crate::{
    claims::{Book, activate, miner},
    roots::{attested, attester, propose, vote},
    world::{ADA, BEN, COR, DAY, EPOCH, GUARDIAN, OWNER, World, cor},
};

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// Limits tried between the first unit of gas and the last that a call needs, beside those around its own calls.
const STEPS: u64 = 40;

/// A call, and a world in which it succeeds.
struct Entry {
    name: &'static str,
    world: World,
    from: Address,
    to: Address,
    input: Bytes,
}

/// Entry points of one contract.
struct Entries {
    contract: Address,
    all: Vec<Entry>,
}

impl Entries {
    /// A call, in the world as it is now.
    fn add<C: SolCall>(&mut self, world: &World, from: Address, call: &C) {
        let (world, input) = (world.clone(), call.abi_encode().into());
        self.all.push(Entry { name: C::SIGNATURE, world, from, to: self.contract, input });
    }

    /// What every contract has: an owner and a guardian.
    fn add_roles(&mut self, world: &World) {
        self.add(world, OWNER, &Staking::transferOwnershipCall { newOwner: BEN });
        let mut offered = world.clone();
        offered.ok(OWNER, self.contract, &Staking::transferOwnershipCall { newOwner: BEN });
        self.add(&offered, BEN, &Staking::acceptOwnershipCall {});
        self.add(world, OWNER, &Staking::setGuardianCall { guardian: BEN });
    }

    /// What those have that can be paused.
    fn add_pause(&mut self, world: &World) {
        self.add(world, GUARDIAN, &Staking::pauseCall {});
        let mut paused = world.clone();
        paused.ok(GUARDIAN, self.contract, &Staking::pauseCall {});
        self.add(&paused, OWNER, &Staking::unpauseCall {});
    }

    /// Tries them all, of which no function of the ABI that can change anything may be missing.
    fn try_all(self, abi: &JsonAbi) {
        let changes = |mutability| !matches!(mutability, StateMutability::View | StateMutability::Pure);
        let writes = abi.functions().filter(|function| changes(function.state_mutability));
        let missing: BTreeSet<String> = writes.map(|function| function.signature()).collect();
        let tried: BTreeSet<String> = self.all.iter().map(|entry| entry.name.to_owned()).collect();
        assert_eq!(missing.difference(&tried).collect::<Vec<_>>(), [] as [&String; 0], "not tried");
        let (mut limits, mut failed) = (0, 0);
        for entry in &self.all {
            let (tried, refused) = entry.try_limits();
            assert!(refused > 0 && refused < tried, "{}: {refused} of {tried} limits are too low", entry.name);
            (limits, failed) = (limits + tried, failed + refused);
        }
        println!("{} entry points, {limits} gas limits: {failed} too low, and nothing was half done", self.all.len());
    }
}

impl Entry {
    /// Tries limits up to what the call needs. Says how many, and how many were too low.
    fn try_limits(&self) -> (usize, usize) {
        let before = self.world.slots();
        let mut full = self.world.clone();
        full.send_bytes(self.from, self.to, self.input.clone()).unwrap_or_else(|data| panic!("{}: {data}", self.name));
        let after = full.slots();
        assert_ne!(before, after, "{} changes nothing", self.name);
        // A refund takes at most a fifth off what was needed, and frames keep a part of what they pass on.
        let top = full.gas * 3 / 2;
        let mut limits: BTreeSet<u64> = (0..=STEPS).map(|step| 21_000 + (top - 21_000) * step / STEPS).collect();
        let trace = self.world.clone().trace(self.from, self.to, self.input.clone());
        around(&trace.calls, trace.gas, 1, &mut limits);
        let mut failed = 0;
        for limit in &limits {
            let mut world = self.world.clone();
            let done = world.send_within(self.from, self.to, self.input.clone(), *limit);
            let expected = if done { &after } else { &before };
            assert!(
                world.slots() == *expected,
                "{} with {limit} gas, which {}",
                self.name,
                if done { "is enough" } else { "is not" }
            );
            failed += usize::from(!done);
        }
        (limits.len(), failed)
    }
}

/// Limits with which a call's own calls begin, and end, with next to nothing left. A frame passes on 63 parts of 64, at each
/// depth.
fn around(calls: &[Call], given: u64, depth: i32, limits: &mut BTreeSet<u64>) {
    let scale = (64.0_f64 / 63.0).powi(depth);
    for call in calls {
        let begun = given.saturating_sub((call.gas as f64 * scale) as u64);
        let ended = begun + (call.gas_used as f64 * scale) as u64;
        for near in [0, 200, 1_000] {
            limits.extend([begun + near, ended + near, ended.saturating_sub(near)]);
        }
        around(&call.calls, given, depth + 1, limits);
    }
    limits.retain(|limit| *limit >= 21_000);
}

fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key")
}

/// Two closed epochs and attesters; an app of Ben's with escrow, grants and income; two stakers of whom one is leaving.
fn busy() -> World {
    let mut world = attested();
    let World { staking, fees, .. } = world;
    let app = world.app_of(BEN, signer().address(), 1_000 * COR);
    world.ok(BEN, fees, &AppFees::topUpCall { appId: app, amount: cor(500) });
    world.ok(ADA, fees, &AppFees::sponsorCall { appId: app, amount: cor(50) });
    world.ok(ADA, fees, &AppFees::payCall { appId: app, amount: cor(100), memo: B256::ZERO });
    world.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000) });
    world.ok(BEN, staking, &Staking::stakeCall { amount: cor(1_000) });
    world.ok(OWNER, staking, &Staking::fundCall { amount: cor(10_000) });
    world.pass(3_600);
    world.ok(BEN, staking, &Staking::requestUnstakeCall { amount: cor(300) });
    world
}

const APP: U256 = U256::ONE;

#[test]
fn the_token_is_wholly_as_before_or_as_after() {
    let mut world = busy();
    let token = world.token;
    let key = signer();
    world.ok(ADA, token, &CorToken::approveCall { spender: OWNER, value: cor(7) });
    let mut entries = Entries { contract: token, all: Vec::new() };
    entries.add(&world, ADA, &CorToken::transferCall { to: miner(9), value: cor(1) });
    entries.add(&world, ADA, &CorToken::approveCall { spender: BEN, value: cor(5) });
    entries.add(&world, OWNER, &CorToken::transferFromCall { from: ADA, to: miner(9), value: cor(5) });
    entries.add(&world, ADA, &CorToken::burnCall { value: cor(5) });
    entries.add(&world, OWNER, &CorToken::burnFromCall { account: ADA, value: cor(5) });
    let (v, r, s) = permit(&world, &key, world.staking, cor(5));
    let call = CorToken::permitCall { owner: key.address(), spender: world.staking, value: cor(5), deadline: U256::MAX, v, r, s };
    entries.add(&world, BEN, &call);
    entries.try_all(&CorToken::abi::contract());
}

/// A permit of somebody's for COR.
fn permit(world: &World, key: &PrivateKeySigner, spender: Address, value: U256) -> (u8, B256, B256) {
    let permit = Permit { owner: key.address(), spender, value, nonce: U256::ZERO, deadline: U256::MAX };
    let domain =
        eip712_domain! { name: "Cortensor", version: "1", chain_id: genesis::CHAIN_ID, verifying_contract: world.token, };
    let signature = key.sign_hash_sync(&permit.eip712_signing_hash(&domain)).expect("a signature");
    (27 + u8::from(signature.v()), signature.r().into(), signature.s().into())
}

#[test]
fn staking_is_wholly_as_before_or_as_after() {
    let mut world = busy();
    let World { staking, token, fees, .. } = world;
    let key = signer();
    world.ok(OWNER, token, &CorToken::transferCall { to: key.address(), value: cor(5) });
    world.ok(fees, token, &CorToken::approveCall { spender: staking, value: cor(5) });
    let mut entries = Entries { contract: staking, all: Vec::new() };
    entries.add(&world, ADA, &Staking::stakeCall { amount: cor(5) });
    entries.add(&world, OWNER, &Staking::stakeCall { amount: cor(5) });
    entries.add(&world, ADA, &Staking::stakeForCall { account: miner(9), amount: cor(5) });
    let (v, r, s) = permit(&world, &key, staking, cor(5));
    entries.add(&world, key.address(), &Staking::stakeWithPermitCall { amount: cor(5), deadline: U256::MAX, v, r, s });
    entries.add(&world, ADA, &Staking::requestUnstakeCall { amount: cor(5) });
    entries.add(&world, BEN, &Staking::cancelUnstakeCall {});
    entries.add(&world, ADA, &Staking::claimCall {});
    entries.add(&world, ADA, &Staking::compoundCall {});
    entries.add(&world, OWNER, &Staking::fundCall { amount: cor(5) });
    entries.add(&world, fees, &Staking::addFeesCall { amount: cor(5), epochs: U256::from(2) });
    entries.add_roles(&world);
    entries.add_pause(&world);
    let mut later = world.clone();
    later.pass(7 * DAY);
    entries.add(&later, BEN, &Staking::withdrawCall {});
    // A request that pays what matured before.
    entries.add(&later, BEN, &Staking::requestUnstakeCall { amount: cor(1) });
    world.deploy_unwired(U256::ZERO, U256::ZERO);
    let (contract, wire) = (world.staking, Staking::wireCall { appFees: world.fees, minerRewards: world.rewards });
    entries.all.push(Entry {
        name: Staking::wireCall::SIGNATURE,
        from: OWNER,
        to: contract,
        input: wire.abi_encode().into(),
        world,
    });
    entries.try_all(&Staking::abi::contract());
}

#[test]
fn the_store_is_wholly_as_before_or_as_after() {
    let mut world = busy();
    let store = world.store;
    world.ok(OWNER, store, &AgentStore::setFreeBudgetCall { budget: U256::from(1_000), starter: U256::from(10) });
    let mut entries = Entries { contract: store, all: Vec::new() };
    let (category, hash, uri) = (B256::repeat_byte(1), B256::repeat_byte(2), "https://example.org/app".to_owned());
    let register = AgentStore::registerCall { signer: ADA, feeCap: cor(1), category, contentHash: hash, uri: uri.clone() };
    entries.add(&world, ADA, &register);
    // What only emits an event leaves no slot to look at.
    let update = AgentStore::updateCall { appId: APP, category, contentHash: hash, uri };
    world.ok(BEN, store, &update);
    let written_nowhere = AgentStore::updateCall::SIGNATURE.to_owned();
    entries.add(&world, BEN, &AgentStore::setSignerCall { appId: APP, signer: ADA });
    entries.add(&world, BEN, &AgentStore::setFeeCapCall { appId: APP, feeCap: cor(1) });
    entries.add(&world, BEN, &AgentStore::transferAppCall { appId: APP, newOwner: ADA });
    let mut offered = world.clone();
    offered.ok(BEN, store, &AgentStore::transferAppCall { appId: APP, newOwner: ADA });
    entries.add(&offered, ADA, &AgentStore::acceptAppCall { appId: APP });
    entries.add(&world, BEN, &AgentStore::closeAppCall { appId: APP });
    entries.add(&world, OWNER, &AgentStore::allotCall { appId: APP, units: U256::from(7) });
    entries.add(&world, OWNER, &AgentStore::setFreeBudgetCall { budget: U256::from(500), starter: U256::from(5) });
    entries.add(&world, OWNER, &AgentStore::setCuratorCall { curator: BEN });
    entries.add_roles(&world);
    entries.add_pause(&world);
    world.ok(BEN, world.fees, &AppFees::requestExitCall { appId: APP, amount: cor(40) });
    world.ok(BEN, store, &AgentStore::closeAppCall { appId: APP });
    world.pass(2 * EPOCH);
    entries.add(&world, ADA, &AgentStore::returnBondCall { appId: APP });
    let mut abi = AgentStore::abi::contract();
    abi.functions.retain(|_, same| same[0].signature() != written_nowhere);
    entries.try_all(&abi);
}

#[test]
fn app_fees_are_wholly_as_before_or_as_after() {
    let mut world = busy();
    let World { fees, store, pool, rewards, .. } = world;
    let mut entries = Entries { contract: fees, all: Vec::new() };
    let (key, running) = (signer(), world.running());
    entries.add(&world, ADA, &AppFees::topUpCall { appId: APP, amount: cor(5) });
    entries.add(&world, ADA, &AppFees::sponsorCall { appId: APP, amount: cor(5) });
    entries.add(&world, ADA, &AppFees::commitCall { appId: APP, units: U256::from(3), epochs: U256::from(8) });
    entries.add(&world, ADA, &AppFees::payCall { appId: APP, amount: cor(5), memo: B256::ZERO });
    entries.add(&world, ADA, &AppFees::settleCall { voucher: world.voucher(&key, APP, running, 60) });
    let vouchers = [10, 20, 15, 900].map(|units| world.voucher(&key, APP, running, units)).to_vec();
    entries.add(&world, ADA, &AppFees::settleManyCall { vouchers });
    entries.add(&world, BEN, &AppFees::requestExitCall { appId: APP, amount: cor(5) });
    entries.add(&world, ADA, &AppFees::claimBuilderCall { appId: APP });
    let open = AppFees::openAppCall { appId: U256::from(2), owner: ADA, signer: BEN, feeCap: cor(1) };
    entries.add(&world, store, &open);
    entries.add(&world, store, &AppFees::setAppOwnerCall { appId: APP, owner: ADA });
    entries.add(&world, store, &AppFees::setAppSignerCall { appId: APP, signer: ADA });
    entries.add(&world, store, &AppFees::setAppFeeCapCall { appId: APP, feeCap: cor(1) });
    entries.add(&world, store, &AppFees::closeAppCall { appId: APP, idleOnly: false });
    entries.add(&world, OWNER, &AppFees::setUnitPriceCall { unitPrice: U256::from(COR + 1) });
    entries.add(&world, OWNER, &AppFees::setDiscountCall { discount: U256::from(1) });
    let split =
        AppFees::setSplitCall { minersShare: U256::from(6_000), treasuryShare: U256::from(1_000), burnShare: U256::from(600) };
    entries.add(&world, OWNER, &split);
    entries.add(&world, OWNER, &AppFees::setTreasuryCall { treasury: BEN });
    entries.add_roles(&world);
    entries.add_pause(&world);
    world.ok(BEN, fees, &AppFees::requestExitCall { appId: APP, amount: cor(40) });
    entries.add(&world, BEN, &AppFees::cancelExitCall { appId: APP });
    world.until_due(2);
    entries.add(&world, pool, &AppFees::closeEpochCall { epoch: U256::from(2), minerRewards: rewards });
    entries.add(&world, BEN, &AppFees::exitCall { appId: APP });
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::ONE });
    entries.add(&world, ADA, &AppFees::pullTreasuryCall {});
    entries.add(&world, ADA, &AppFees::burnCall {});
    world.ok(BEN, store, &AgentStore::closeAppCall { appId: APP });
    world.until_due(3);
    entries.add(&world, store, &AppFees::releaseAppCall { appId: APP });
    world.deploy_unwired(U256::ZERO, U256::ZERO);
    let wire = AppFees::wireCall { agentStore: world.store, minerPool: world.pool };
    world.ok(OWNER, world.staking, &Staking::wireCall { appFees: world.fees, minerRewards: world.rewards });
    world.ok(OWNER, world.rewards, &MinerRewards::wireCall { minerPool: world.pool });
    let (contract, input) = (world.fees, wire.abi_encode().into());
    entries.all.push(Entry { name: AppFees::wireCall::SIGNATURE, from: OWNER, to: contract, input, world });
    entries.try_all(&AppFees::abi::contract());
}

#[test]
fn miner_rewards_are_wholly_as_before_or_as_after() {
    let mut world = busy();
    let World { rewards, pool, token, .. } = world;
    let mut entries = Entries { contract: rewards, all: Vec::new() };
    let seven = |root| vote(1, root, U256::from(7));
    entries.add(&world, attester(0), &seven(1));
    let attesters = (2..9).map(attester).collect();
    entries.add(&world, OWNER, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(4) });
    entries.add(&world, miner(0), &MinerRewards::namePayoutCall { miner: miner(0), payout: BEN });
    let mut named = world.clone();
    named.ok(miner(0), rewards, &MinerRewards::namePayoutCall { miner: miner(0), payout: BEN });
    entries.add(&named, BEN, &MinerRewards::acceptPayoutCall { miner: miner(0) });
    entries.add_roles(&world);
    let mut paid = world.clone();
    paid.ok(OWNER, token, &CorToken::transferCall { to: rewards, value: cor(3) });
    entries.add(&paid, pool, &MinerRewards::addBudgetCall { epoch: U256::from(2), emission: cor(1), fees: cor(2) });

    // The third vote puts a root up; it is extended; it becomes active; one that lost its voters is dropped.
    for number in 0..2 {
        world.ok(attester(number), rewards, &seven(1));
    }
    entries.add(&world, attester(2), &seven(1));
    world.ok(attester(2), rewards, &seven(1));
    entries.add(&world, GUARDIAN, &MinerRewards::extendCall {});
    let mut over = world.clone();
    over.pass(3 * DAY);
    entries.add(&over, ADA, &MinerRewards::activateCall {});
    for number in 0..3 {
        over.ok(attester(number), rewards, &seven(2));
    }
    entries.add(&over, ADA, &MinerRewards::activateCall {});
    assert!(!over.ok(ADA, rewards, &MinerRewards::activateCall {}));
    entries.add(&over, ADA, &propose(&seven(2)));

    world.pass(3 * DAY);
    let mut world = busy();
    let book = Book::of(&[(miner(1), cor(10)), (miner(2), cor(20)), (miner(3), cor(30))]);
    activate(&mut world, 1, &book);
    entries.add(&world, ADA, &book.call(0));
    let MinerRewards::Claim { miner: account, amount, proof } = book.claim(1);
    entries.add(&world, account, &MinerRewards::claimAndStakeCall { miner: account, amount, proof });
    let claimed_by_many = MinerRewards::claimManyCall::SIGNATURE.to_owned();
    world.deploy_unwired(U256::ZERO, U256::ZERO);
    let wire = MinerRewards::wireCall { minerPool: world.pool };
    let (contract, input) = (world.rewards, wire.abi_encode().into());
    entries.all.push(Entry { name: MinerRewards::wireCall::SIGNATURE, from: OWNER, to: contract, input, world });
    let mut abi = MinerRewards::abi::contract();
    abi.functions.retain(|_, same| same[0].signature() != claimed_by_many);
    entries.try_all(&abi);
}

/// In a batch each claim stands alone: should one be skipped for want of gas, it is wholly as before and is paid later.
#[test]
fn each_claim_of_a_batch_is_wholly_as_before_or_as_after() {
    let mut world = busy();
    let book = Book::of(&[(miner(1), cor(10)), (miner(2), cor(20)), (miner(3), cor(30))]);
    activate(&mut world, 1, &book);
    let batch = MinerRewards::claimManyCall { claims: (0..3).map(|index| book.claim(index)).collect() };
    let input: Bytes = batch.abi_encode().into();
    let (rewards, before) = (world.rewards, world.slots());
    let mut full = world.clone();
    full.send_bytes(ADA, rewards, input.clone()).expect("a batch");
    let mut limits: BTreeSet<u64> =
        (0..=4 * STEPS).map(|step| 21_000 + (full.gas * 3 / 2 - 21_000) * step / (4 * STEPS)).collect();
    let trace = world.clone().trace(ADA, rewards, input.clone());
    around(&trace.calls, trace.gas, 1, &mut limits);
    let mut skipped = 0;
    for limit in &limits {
        let mut world = world.clone();
        if !world.send_within(ADA, rewards, input.clone(), *limit) {
            assert_eq!(world.slots(), before, "with {limit} gas");
            continue;
        }
        let mut paid = U256::ZERO;
        for index in 0..3 {
            let MinerRewards::Claim { miner, amount, .. } = book.claim(index);
            let claimed = world.view(rewards, &MinerRewards::claimedCall { miner });
            assert!(claimed.is_zero() || claimed == amount);
            assert_eq!(world.balance(miner), claimed, "with {limit} gas");
            skipped += usize::from(claimed.is_zero());
            paid += claimed;
        }
        assert_eq!(world.view(rewards, &MinerRewards::totalsCall {}).paid, paid);
        // Whoever was skipped is paid later, by anyone.
        world.ok(BEN, rewards, &batch);
        assert_eq!(world.view(rewards, &MinerRewards::totalsCall {}).paid, cor(60));
    }
    println!("a batch of three, {} gas limits: {skipped} claims skipped and paid later", limits.len());
}

#[test]
fn the_pool_is_wholly_as_before_or_as_after() {
    let mut world = busy();
    let pool = world.pool;
    let mut entries = Entries { contract: pool, all: Vec::new() };
    entries.add(&world, OWNER, &MinerPool::depositCall { amount: cor(5) });
    entries.add(&world, OWNER, &MinerPool::retireCall { recipient: BEN });
    entries.add_roles(&world);
    entries.add_pause(&world);
    let mut due = world.clone();
    due.until_due(4);
    for max in [1, 3] {
        entries.add(&due, ADA, &MinerPool::closeCall { max: U256::from(max) });
    }
    world.ok(OWNER, pool, &MinerPool::retireCall { recipient: BEN });
    entries.add(&world, OWNER, &MinerPool::callOffCall {});
    world.pass(90 * DAY);
    entries.add(&world, OWNER, &MinerPool::releaseCall {});
    world.ok(OWNER, pool, &MinerPool::releaseCall {});
    world.pass(2 * EPOCH);
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(100) });
    entries.add(&world, ADA, &MinerPool::pullReserveCall {});
    let mut early = World::new();
    early.ok(OWNER, early.pool, &MinerPool::depositCall { amount: cor(350_000_000) });
    assert_eq!(early.pool, pool);
    entries.add(&early, OWNER, &MinerPool::startEmissionCall {});
    entries.try_all(&MinerPool::abi::contract());
}

/// A check that asks another contract is not passed by having no gas to ask with.
#[test]
fn what_is_refused_is_refused_with_every_gas_limit() {
    let mut world = busy();
    let World { pool, rewards, fees, staking, store, .. } = world;
    let mut tried = 0;
    for recipient in [rewards, fees, staking, store] {
        let input: Bytes = MinerPool::retireCall { recipient }.abi_encode().into();
        let trace = world.trace(OWNER, pool, input.clone());
        let mut limits: BTreeSet<u64> = (0..400).map(|step| 21_000 + 500 * step).collect();
        around(&trace.calls, trace.gas, 1, &mut limits);
        for limit in &limits {
            assert!(!world.clone().send_within(OWNER, pool, input.clone(), *limit), "the reserve may go to {recipient}");
        }
        tried += limits.len();
    }
    println!("{tried} gas limits, and no contract of ours becomes the reserve's recipient");
}
