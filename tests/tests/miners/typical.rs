//! One typical call of every function that changes state, each on a network like any other: apps and stakers that have been
//! there for a while, the programs cached.

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolStruct, sol};

use crate::{
    claims::{Book, activate, miner},
    roots::{attested, attester, vote},
    world::{ADA, BEN, COR, DAY, EPOCH, GENESIS, GUARDIAN, OWNER, World, cor},
};

sol! {
    /// What ERC-2612 has its owner sign.
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
}

/// Somebody who comes new.
const NEWCOMER: Address = Address::repeat_byte(0x77);
/// Apps of Ben's.
const APPS: u64 = 3;

/// Gas by contract and function.
#[derive(Default)]
pub(crate) struct Typical {
    pub(crate) rows: BTreeMap<String, u64>,
}

impl Typical {
    /// Every row.
    pub(crate) fn measured() -> Self {
        let mut typical = Self::default();
        let base = base();
        typical.token(&base);
        typical.staking(&base);
        typical.apps(&base);
        typical.fees(&base);
        typical.fees_for_the_others(&base);
        typical.settings(&base);
        typical.roots(&base);
        typical.claims(&base);
        typical.pool(&base);
        typical.roles(&base);
        typical.wiring(&base);
        typical
    }

    /// Measures a call, an hour after the world's last moment, and gives the world after it.
    fn note<C: SolCall>(&mut self, before: &World, contract: &str, from: Address, call: &C) -> World {
        let mut world = before.clone();
        world.pass(3_600);
        world.ok(from, at(&world, contract), call);
        let former = self.rows.insert(format!("{contract}:{}", C::SIGNATURE), world.gas);
        assert_eq!(former, None, "{contract}:{} has a row already", C::SIGNATURE);
        world
    }

    fn token(&mut self, base: &World) {
        const NAME: &str = "cor-token";
        self.note(base, NAME, ADA, &CorToken::transferCall { to: BEN, value: cor(1) });
        let allowed = self.note(base, NAME, ADA, &CorToken::approveCall { spender: NEWCOMER, value: cor(10) });
        self.note(&allowed, NAME, NEWCOMER, &CorToken::transferFromCall { from: ADA, to: BEN, value: cor(1) });
        self.note(&allowed, NAME, NEWCOMER, &CorToken::burnFromCall { account: ADA, value: cor(1) });
        self.note(base, NAME, ADA, &CorToken::burnCall { value: cor(1) });
        self.note(base, NAME, BEN, &permit(base, NEWCOMER, cor(1)));
    }

    fn staking(&mut self, base: &World) {
        const NAME: &str = "staking";
        self.note(base, NAME, BEN, &Staking::stakeCall { amount: cor(100) });
        self.note(base, NAME, ADA, &Staking::stakeForCall { account: BEN, amount: cor(100) });
        let CorToken::permitCall { value, deadline, v, r, s, .. } = permit(base, base.staking, cor(1));
        let with_permit = Staking::stakeWithPermitCall { amount: value, deadline, v, r, s };
        self.note(base, NAME, signer().address(), &with_permit);
        self.note(base, NAME, BEN, &Staking::claimCall {});
        self.note(base, NAME, BEN, &Staking::compoundCall {});
        let mut leaving = self.note(base, NAME, BEN, &Staking::requestUnstakeCall { amount: cor(100) });
        self.note(&leaving, NAME, BEN, &Staking::cancelUnstakeCall {});
        leaving.pass(7 * DAY);
        self.note(&leaving, NAME, BEN, &Staking::withdrawCall {});
        self.note(base, NAME, OWNER, &Staking::fundCall { amount: cor(100) });
        let mut paying = base.clone();
        paying.ok(OWNER, paying.token, &CorToken::transferCall { to: paying.fees, value: cor(100) });
        paying.ok(paying.fees, paying.token, &CorToken::approveCall { spender: paying.staking, value: cor(100) });
        self.note(&paying, NAME, paying.fees, &Staking::addFeesCall { amount: cor(100), epochs: U256::ONE });
    }

    fn apps(&mut self, base: &World) {
        const NAME: &str = "agent-store";
        let (app, text) = (U256::ONE, B256::repeat_byte(2));
        let uri = || "https://apps.example/app.json".to_owned();
        self.note(base, NAME, BEN, &register());
        self.note(base, NAME, BEN, &AgentStore::updateCall { appId: app, category: text, contentHash: text, uri: uri() });
        self.note(base, NAME, BEN, &AgentStore::setSignerCall { appId: app, signer: ADA });
        self.note(base, NAME, BEN, &AgentStore::setFeeCapCall { appId: app, feeCap: cor(2_000) });
        let offered = self.note(base, NAME, BEN, &AgentStore::transferAppCall { appId: app, newOwner: ADA });
        self.note(&offered, NAME, ADA, &AgentStore::acceptAppCall { appId: app });
        let mut closed = self.note(base, NAME, BEN, &AgentStore::closeAppCall { appId: app });
        closed.until_due(epoch(&closed));
        self.note(&closed, NAME, ADA, &AgentStore::returnBondCall { appId: app });
        self.note(base, NAME, OWNER, &AgentStore::allotCall { appId: app, units: U256::from(50) });
        let budget = AgentStore::setFreeBudgetCall { budget: U256::from(2_000), starter: U256::from(20) };
        self.note(base, NAME, OWNER, &budget);
        self.note(base, NAME, OWNER, &AgentStore::setCuratorCall { curator: ADA });
    }

    fn fees(&mut self, base: &World) {
        const NAME: &str = "app-fees";
        let app = U256::ONE;
        self.note(base, NAME, BEN, &AppFees::topUpCall { appId: app, amount: cor(10) });
        self.note(base, NAME, ADA, &AppFees::sponsorCall { appId: app, amount: cor(10) });
        self.note(base, NAME, BEN, &AppFees::commitCall { appId: app, units: U256::from(10), epochs: U256::from(2) });
        self.note(base, NAME, BEN, &AppFees::payCall { appId: app, amount: cor(10), memo: B256::repeat_byte(3) });
        let running = epoch(base);
        self.note(base, NAME, ADA, &AppFees::settleCall { voucher: base.voucher(&signer(), U256::ONE, running, 20) });
        let vouchers = (1..=APPS).map(|app| base.voucher(&signer(), U256::from(app), running, 20)).collect();
        self.note(base, NAME, ADA, &AppFees::settleManyCall { vouchers });
        let mut leaving = self.note(base, NAME, BEN, &AppFees::requestExitCall { appId: app, amount: cor(10) });
        self.note(&leaving, NAME, BEN, &AppFees::cancelExitCall { appId: app });
        leaving.until_due(running);
        self.note(&leaving, NAME, BEN, &AppFees::exitCall { appId: app });
        self.note(base, NAME, ADA, &AppFees::claimBuilderCall { appId: app });
        let mut due = base.clone();
        due.until_due(running);
        let close = AppFees::closeEpochCall { epoch: U256::from(running), minerRewards: due.rewards };
        self.note(&due, NAME, due.pool, &close);
        due.ok(ADA, due.pool, &MinerPool::closeCall { max: U256::ONE });
        self.note(&due, NAME, ADA, &AppFees::pullTreasuryCall {});
        self.note(&due, NAME, ADA, &AppFees::burnCall {});
    }

    /// What the agent-store calls.
    fn fees_for_the_others(&mut self, base: &World) {
        const NAME: &str = "app-fees";
        let (app, store) = (U256::ONE, base.store);
        let (app_id, next) = (app, U256::from(APPS + 1));
        self.note(base, NAME, store, &AppFees::openAppCall { appId: next, owner: BEN, signer: BEN, feeCap: cor(1_000) });
        self.note(base, NAME, store, &AppFees::setAppOwnerCall { appId: app_id, owner: ADA });
        self.note(base, NAME, store, &AppFees::setAppSignerCall { appId: app_id, signer: ADA });
        self.note(base, NAME, store, &AppFees::setAppFeeCapCall { appId: app_id, feeCap: cor(2_000) });
        let mut closed = self.note(base, NAME, store, &AppFees::closeAppCall { appId: app_id, idleOnly: false });
        closed.until_due(epoch(&closed));
        self.note(&closed, NAME, store, &AppFees::releaseAppCall { appId: app_id });
    }

    fn settings(&mut self, base: &World) {
        const NAME: &str = "app-fees";
        self.note(base, NAME, OWNER, &AppFees::setUnitPriceCall { unitPrice: U256::from(COR + 1) });
        self.note(base, NAME, OWNER, &AppFees::setDiscountCall { discount: U256::from(900) });
        let split = AppFees::setSplitCall {
            minersShare: U256::from(6_500),
            treasuryShare: U256::from(1_200),
            burnShare: U256::from(800),
        };
        self.note(base, NAME, OWNER, &split);
        self.note(base, NAME, OWNER, &AppFees::setTreasuryCall { treasury: NEWCOMER });
    }

    fn roots(&mut self, base: &World) {
        const NAME: &str = "miner-rewards";
        let mut closed = base.clone();
        let running = epoch(base);
        closed.until_due(running);
        let mut paid = closed.clone();
        let reward = U256::from(7);
        paid.ok(OWNER, paid.token, &CorToken::transferCall { to: paid.rewards, value: reward });
        let budget = MinerRewards::addBudgetCall { epoch: U256::from(running), emission: reward, fees: U256::ZERO };
        self.note(&paid, NAME, paid.pool, &budget);
        closed.ok(ADA, closed.pool, &MinerPool::closeCall { max: U256::ONE });

        // The third vote is the quorum's: it puts the root up.
        let ballot = vote(running, 0xaa, cor(50));
        for number in 0..2 {
            closed.ok(attester(number), closed.rewards, &ballot);
        }
        let mut pending = self.note(&closed, NAME, attester(2), &ballot);
        self.note(&pending, NAME, GUARDIAN, &MinerRewards::extendCall {});
        let mut ready = pending.clone();
        ready.pass(3 * DAY);
        self.note(&ready, NAME, ADA, &MinerRewards::activateCall {});

        // A root of the next epoch whose quorum came while this one was pending.
        pending.until_due(running + 1);
        pending.ok(ADA, pending.pool, &MinerPool::closeCall { max: U256::ONE });
        let later = vote(running + 1, 0xbb, cor(60));
        for number in 0..3 {
            pending.ok(attester(number), pending.rewards, &later);
        }
        pending.ok(ADA, pending.rewards, &MinerRewards::activateCall {});
        let MinerRewards::voteCall { epoch, root, cumulativeTotal, dataHash, .. } = later;
        self.note(&pending, NAME, ADA, &MinerRewards::proposeCall { epoch, root, cumulativeTotal, dataHash });

        let attesters = (1..6).map(attester).collect();
        self.note(base, NAME, OWNER, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    }

    /// Later claims of miners that were paid before, at depth 10.
    fn claims(&mut self, base: &World) {
        const NAME: &str = "miner-rewards";
        let mut world = base.clone();
        for amount in [5_u64, 9] {
            let closed = epoch(&world);
            world.until_due(closed);
            world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE });
            activate(&mut world, closed, &book(amount));
            if amount == 5 {
                let claims = (0..5).map(|index| book(amount).claim(index)).collect();
                world.ok(ADA, world.rewards, &MinerRewards::claimManyCall { claims });
            }
        }
        let book = book(9);
        self.note(&world, NAME, ADA, &book.call(0));
        let claims = (0..5).map(|index| book.claim(index)).collect();
        self.note(&world, NAME, ADA, &MinerRewards::claimManyCall { claims });
        let MinerRewards::Claim { miner: account, amount, proof } = book.claim(1);
        self.note(&world, NAME, account, &MinerRewards::claimAndStakeCall { miner: account, amount, proof });
        let named = self.note(&world, NAME, account, &MinerRewards::namePayoutCall { miner: account, payout: NEWCOMER });
        self.note(&named, NAME, NEWCOMER, &MinerRewards::acceptPayoutCall { miner: account });
    }

    fn pool(&mut self, base: &World) {
        const NAME: &str = "miner-pool";
        self.note(base, NAME, OWNER, &MinerPool::depositCall { amount: cor(100) });
        let mut due = base.clone();
        due.until_due(epoch(base));
        self.note(&due, NAME, ADA, &MinerPool::closeCall { max: U256::ONE });
        let mut leaving = self.note(base, NAME, OWNER, &MinerPool::retireCall { recipient: NEWCOMER });
        self.note(&leaving, NAME, OWNER, &MinerPool::callOffCall {});
        leaving.pass(90 * DAY);
        let mut released = self.note(&leaving, NAME, OWNER, &MinerPool::releaseCall {});
        released.until_due(epoch(&released));
        released.ok(ADA, released.pool, &MinerPool::closeCall { max: U256::MAX });
        self.note(&released, NAME, ADA, &MinerPool::pullReserveCall {});

        let mut young = World::new();
        young.cache();
        young.ok(OWNER, young.pool, &MinerPool::depositCall { amount: cor(350_000_000) });
        self.note(&young, NAME, OWNER, &MinerPool::startEmissionCall {});
    }

    /// What every contract's owner and guardian do, in the words that all of them share.
    fn roles(&mut self, base: &World) {
        for name in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
            let offered = self.note(base, name, OWNER, &Staking::transferOwnershipCall { newOwner: ADA });
            self.note(&offered, name, ADA, &Staking::acceptOwnershipCall {});
            self.note(base, name, OWNER, &Staking::setGuardianCall { guardian: ADA });
            if name != "miner-rewards" {
                let paused = self.note(base, name, GUARDIAN, &Staking::pauseCall {});
                self.note(&paused, name, OWNER, &Staking::unpauseCall {});
            }
        }
    }

    /// On a second set of contracts, of the same code, so that it is cached.
    fn wiring(&mut self, base: &World) {
        let mut world = base.clone();
        world.deploy_unwired(U256::ZERO, U256::ZERO);
        let World { fees, store, rewards, pool, .. } = world;
        let world = self.note(&world, "staking", OWNER, &Staking::wireCall { appFees: fees, minerRewards: rewards });
        let world = self.note(&world, "miner-rewards", OWNER, &MinerRewards::wireCall { minerPool: pool });
        self.note(&world, "app-fees", OWNER, &AppFees::wireCall { agentStore: store, minerPool: pool });
    }
}

/// Everybody has been there for some epochs: stakers with rewards, apps with escrow, grants, fees and a builder's credit.
fn base() -> World {
    let mut world = attested();
    world.cache();
    let World { token, staking, fees, store, pool, .. } = world;
    for to in [signer().address(), miner(0), miner(1)] {
        world.ok(OWNER, token, &CorToken::transferCall { to, value: cor(1_000) });
    }
    world.ok(OWNER, store, &AgentStore::setFreeBudgetCall { budget: U256::from(1_000), starter: U256::from(10) });
    world.ok(OWNER, staking, &Staking::fundCall { amount: cor(1_000_000) });
    for account in [ADA, BEN] {
        world.ok(account, staking, &Staking::stakeCall { amount: cor(1_000) });
    }
    world.ok(ADA, staking, &Staking::stakeForCall { account: signer().address(), amount: cor(1_000) });
    for app in (1..=APPS).map(U256::from) {
        world.ok(BEN, store, &register());
        world.ok(BEN, fees, &AppFees::topUpCall { appId: app, amount: cor(10_000) });
    }
    for _ in 0..3 {
        world.pass(EPOCH - DAY);
        let running = epoch(&world);
        for app in 1..=APPS {
            let app_id = U256::from(app);
            world.ok(BEN, fees, &AppFees::settleCall { voucher: world.voucher(&signer(), U256::from(app), running, 10) });
            world.ok(ADA, fees, &AppFees::sponsorCall { appId: app_id, amount: cor(1) });
            world.ok(BEN, fees, &AppFees::payCall { appId: app_id, amount: cor(10), memo: B256::ZERO });
        }
        for account in [ADA, BEN] {
            world.ok(account, staking, &Staking::stakeCall { amount: cor(1) });
        }
        world.pass(DAY);
        world.until_due(running);
        world.ok(ADA, pool, &MinerPool::closeCall { max: U256::MAX });
    }
    // The running epoch has begun for everybody.
    let running = epoch(&world);
    for app in 1..=APPS {
        world.ok(BEN, fees, &AppFees::settleCall { voucher: world.voucher(&signer(), U256::from(app), running, 10) });
        world.ok(BEN, fees, &AppFees::payCall { appId: U256::from(app), amount: cor(10), memo: B256::ZERO });
    }
    for account in [ADA, BEN] {
        world.ok(account, staking, &Staking::stakeCall { amount: cor(1) });
    }
    world
}

/// The key of apps' vouchers, and of somebody who signs permits.
fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key")
}

fn register() -> AgentStore::registerCall {
    AgentStore::registerCall {
        signer: signer().address(),
        feeCap: cor(1_000),
        category: B256::repeat_byte(1),
        contentHash: B256::repeat_byte(2),
        uri: "https://apps.example/app.json".into(),
    }
}

/// A permit of the signer's.
fn permit(world: &World, spender: Address, value: U256) -> CorToken::permitCall {
    let owner = signer().address();
    let permit = Permit { owner, spender, value, nonce: U256::ZERO, deadline: U256::MAX };
    let separator = world.view(world.token, &CorToken::DOMAIN_SEPARATORCall {});
    let digest = keccak256([&[0x19, 0x01], separator.as_slice(), permit.eip712_hash_struct().as_slice()].concat());
    let signature = signer().sign_hash_sync(&digest).expect("a signature");
    let (v, r, s) = (27 + u8::from(signature.v()), signature.r().into(), signature.s().into());
    CorToken::permitCall { owner, spender, value, deadline: U256::MAX, v, r, s }
}

/// What 1,024 miners have earned: a tree of depth 10.
fn book(amount: u64) -> Book {
    let other = |number: u32| Address::left_padding_from(&(0x0100_0000 + number).to_be_bytes());
    let row = |number: u32| if number < 5 { miner(number as u8) } else { other(number) };
    Book::of(&(0..1_024).map(|number| (row(number), U256::from(amount))).collect::<Vec<_>>())
}

fn at(world: &World, contract: &str) -> Address {
    match contract {
        "cor-token" => world.token,
        "staking" => world.staking,
        "app-fees" => world.fees,
        "agent-store" => world.store,
        "miner-rewards" => world.rewards,
        "miner-pool" => world.pool,
        other => panic!("there is no contract {other}"),
    }
}

/// The running epoch.
fn epoch(world: &World) -> u64 {
    (world.block.timestamp - GENESIS) / EPOCH
}
