//! What roles can do and cannot: all of them hostile at once, and everything paused.

use std::collections::BTreeSet;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::{
    json_abi::{Function, JsonAbi, StateMutability},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;

use crate::{
    claims::{Book, activate, miner},
    roots::{attested, attester},
    world::{ADA, BEN, COR, DAY, EPOCH, GUARDIAN, OWNER, World, cor},
};

const APP: U256 = U256::ONE;
const MAX: U256 = U256::MAX;

fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key")
}

/// Everything that Ada can have here: stake, some of it leaving, rewards, an app with escrow, some of it leaving, a bond, a
/// builder's credit, and a claim as a miner. Emission runs, and the owner is curator and treasury too.
fn with_ada() -> (World, Book) {
    let mut world = attested();
    let World { staking, fees, .. } = world;
    world.ok(OWNER, staking, &Staking::fundCall { amount: cor(100_000) });
    world.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000) });
    world.pass(DAY);
    world.ok(ADA, staking, &Staking::requestUnstakeCall { amount: cor(300) });
    let app = world.app_of(ADA, signer().address(), 1_000 * COR);
    assert_eq!(app, APP);
    world.ok(ADA, fees, &AppFees::topUpCall { appId: app, amount: cor(500) });
    world.ok(ADA, fees, &AppFees::payCall { appId: app, amount: cor(100), memo: B256::ZERO });
    world.ok(ADA, fees, &AppFees::requestExitCall { appId: app, amount: cor(200) });
    let book = Book::of(&[(miner(1), cor(40)), (miner(2), cor(20))]);
    activate(&mut world, 1, &book);
    (world, book)
}

/// What is Ada's by each contract's own word: none of it may fall by what another does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hers {
    staked: U256,
    rewards: U256,
    in_app: U256,
    credit: U256,
    bonds: U256,
    provable: U256,
    coins: U256,
}

impl Hers {
    fn in_world(world: &World, book: &Book) -> Self {
        let position = world.view(world.staking, &Staking::positionCall { account: ADA });
        let account = world.view(world.fees, &AppFees::accountOfCall { appId: APP });
        let app = world.view(world.store, &AgentStore::appCall { appId: APP });
        assert_eq!(app.owner, ADA);
        let MinerRewards::claimCall { miner, amount, proof } = book.call(0);
        Self {
            staked: position.stake + position.unbonding,
            rewards: position.rewards,
            in_app: account.escrow + account.exiting,
            credit: account.credit,
            bonds: app.bond,
            provable: world.view(world.rewards, &MinerRewards::claimableCall { miner, amount, proof }).due,
            coins: world.balance(ADA),
        }
    }

    /// Nothing is less; where somebody gave her something it may be more. Whoever adds to a stake has what it earned rounded
    /// down, to the wei.
    fn holds(&self, before: &Self) -> bool {
        let fields = |it: &Self| [it.staked, it.rewards, it.in_app, it.credit, it.bonds, it.provable, it.coins];
        // A builder's credit becomes stake when anybody says so: the two count together.
        let [now, then] = [fields(self), fields(before)];
        let fell = |at: usize| now[at] + U256::from(u8::from(at == 1)) < then[at];
        let credit_became_stake = self.staked + self.credit >= before.staked + before.credit;
        (!fell(0) && !fell(3) || credit_became_stake) && [1, 2, 4, 5, 6].into_iter().all(|at| !fell(at))
    }
}

/// Words that an attacker would write: whose COR it wants, where it wants it, and how much.
fn words(kind: &str, world: &World) -> Vec<B256> {
    let World { fees, rewards, pool, token, .. } = *world;
    let number = |amount: U256| B256::from(amount);
    match kind {
        "address" => [ADA, OWNER, GUARDIAN, fees, rewards, pool, token].map(|it| it.into_word()).to_vec(),
        _ => [U256::ONE, U256::ZERO, cor(200), U256::from(COR) * U256::from(2), MAX].map(number).to_vec(),
    }
}

/// Calls of a function with some of those words, without those whose arguments have no fixed length.
fn calls(function: &Function, world: &World) -> Vec<Bytes> {
    let simple = |kind: &str| ["address", "uint256", "bytes32", "bool", "uint8", "uint64"].contains(&kind);
    if !function.inputs.iter().all(|input| simple(&input.ty)) {
        return Vec::new();
    }
    let choices: Vec<Vec<B256>> = function.inputs.iter().map(|input| words(&input.ty, world)).collect();
    let longest = choices.iter().map(Vec::len).max().unwrap_or(1);
    let row = |turn: usize, skew: usize| {
        let chosen = choices.iter().enumerate().flat_map(|(place, some)| some[(turn + skew * place) % some.len()].0);
        Bytes::from([&function.selector()[..], &chosen.collect::<Vec<_>>()].concat())
    };
    let rows: BTreeSet<Bytes> = (0..longest).flat_map(|turn| [row(turn, 0), row(turn, 1), row(turn, 3)]).collect();
    rows.into_iter().collect()
}

fn writes(abi: &JsonAbi) -> Vec<&Function> {
    let changes = |mutability| !matches!(mutability, StateMutability::View | StateMutability::Pure);
    abi.functions().filter(|function| changes(function.state_mutability)).collect()
}

/// Owner, guardian, curator, treasury and attesters are one, and do all that any contract lets them, again and again over
/// months, past every delay. Then everybody whose COR it is takes it.
#[test]
fn rule_4_every_role_hostile_at_once_moves_nothing_of_anybodys() {
    let (mut world, book) = with_ada();
    let World { staking, fees, store, rewards, pool, token, .. } = world;
    let abis = [
        (staking, Staking::abi::contract()),
        (fees, AppFees::abi::contract()),
        (store, AgentStore::abi::contract()),
        (rewards, MinerRewards::abi::contract()),
        (pool, MinerPool::abi::contract()),
        (token, CorToken::abi::contract()),
    ];
    let roles = [OWNER, GUARDIAN, attester(0)];
    let began = Hers::in_world(&world, &book);
    let (mut tried, mut allowed) = (0, 0);
    for round in 0..3 {
        for (contract, abi) in &abis {
            for function in writes(abi) {
                for input in calls(function, &world) {
                    for from in roles {
                        let before = Hers::in_world(&world, &book);
                        let mut future = world.clone();
                        tried += 1;
                        if !future.send_within(from, *contract, input.clone(), 30_000_000) {
                            continue;
                        }
                        let after = Hers::in_world(&future, &book);
                        assert!(after.holds(&before), "{} by {from} with {input}: {before:?} became {after:?}", function.name);
                        allowed += 1;
                        // Ownership stays with the attacker, or it could do no more; the rest is done.
                        if !function.name.contains("wnership") {
                            world = future;
                        }
                    }
                }
            }
        }
        // A root that gives all to the attester is voted for as far as it goes. It takes the window, in which Ada's is paid.
        world.pass(if round == 0 { DAY } else { 5 * EPOCH });
        world.send(ADA, pool, &MinerPool::closeCall { max: MAX }).expect("closing needs nobody's leave");
    }
    println!(
        "{tried} calls by owner, curator and treasury, guardian and attesters: {allowed} were allowed, none took a wei of Ada's"
    );
    let before = world.balance(ADA);
    world.pass(EPOCH);
    assert_eq!(world.ok(BEN, rewards, &book.call(0)), cor(40));
    let withdrawn = world.ok(ADA, staking, &Staking::withdrawCall {});
    let left = world.ok(ADA, fees, &AppFees::exitCall { appId: APP });
    assert!(withdrawn == began.staked - cor(700) && left == cor(200), "{withdrawn} {left}");
    if !world.view(store, &AgentStore::appCall { appId: APP }).closed {
        world.ok(ADA, store, &AgentStore::closeAppCall { appId: APP });
    }
    world.pass(3 * EPOCH);
    world.ok(ADA, store, &AgentStore::returnBondCall { appId: APP });
    let stake = world.view(staking, &Staking::stakeOfCall { account: ADA });
    assert!(stake >= cor(700));
    world.ok(ADA, staking, &Staking::requestUnstakeCall { amount: stake });
    world.pass(7 * DAY);
    world.ok(ADA, staking, &Staking::withdrawCall {});
    let rewards = world.ok(ADA, staking, &Staking::claimCall {});
    let got = world.balance(ADA) - before;
    println!("Ada took {got} wei with her: stake, escrow and bond whole, {rewards} wei of rewards");
    assert!(got >= cor(1_000) + cor(500) + cor(1_000) + began.rewards);
}

/// Every contract that can be paused is, by its guardian.
fn pause_all(world: &mut World) {
    let World { staking, fees, store, pool, .. } = *world;
    for contract in [staking, fees, store, pool] {
        world.ok(GUARDIAN, contract, &Staking::pauseCall {});
    }
}

#[test]
fn rule_5_with_everything_paused_each_inflow_is_closed_and_each_exit_is_open() {
    let (mut world, book) = with_ada();
    let World { staking, fees, store, rewards, pool, .. } = world;
    pause_all(&mut world);
    let amount = cor(1);
    let register = AgentStore::registerCall {
        signer: BEN,
        feeCap: U256::ZERO,
        category: B256::ZERO,
        contentHash: B256::ZERO,
        uri: String::new(),
    };
    let inflows: [(Address, Bytes); 9] = [
        (staking, Staking::stakeCall { amount }.abi_encode().into()),
        (staking, Staking::stakeForCall { account: BEN, amount }.abi_encode().into()),
        (staking, Staking::fundCall { amount }.abi_encode().into()),
        (fees, AppFees::topUpCall { appId: APP, amount }.abi_encode().into()),
        (fees, AppFees::sponsorCall { appId: APP, amount }.abi_encode().into()),
        (fees, AppFees::commitCall { appId: APP, units: U256::ONE, epochs: U256::ONE }.abi_encode().into()),
        (fees, AppFees::payCall { appId: APP, amount, memo: B256::ZERO }.abi_encode().into()),
        (store, register.abi_encode().into()),
        (pool, MinerPool::depositCall { amount }.abi_encode().into()),
    ];
    for (contract, input) in inflows {
        let refused = world.send_bytes(OWNER, contract, input).expect_err("it is paused");
        let _: AppFees::EnforcedPause = crate::world::error(&refused);
    }
    let voucher = world.voucher(&signer(), APP, world.running(), 50);
    world.ok(BEN, fees, &AppFees::settleCall { voucher: voucher.clone() });
    world.ok(BEN, fees, &AppFees::settleManyCall { vouchers: vec![voucher] });
    world.ok(BEN, fees, &AppFees::claimBuilderCall { appId: APP });
    world.ok(ADA, staking, &Staking::cancelUnstakeCall {});
    world.ok(ADA, staking, &Staking::compoundCall {});
    world.ok(ADA, staking, &Staking::requestUnstakeCall { amount: cor(100) });
    world.ok(BEN, rewards, &book.call(0));
    let MinerRewards::Claim { miner: account, amount, proof } = book.claim(1);
    world.ok(account, rewards, &MinerRewards::claimAndStakeCall { miner: account, amount, proof });
    world.ok(BEN, rewards, &MinerRewards::claimManyCall { claims: vec![book.claim(0)] });
    world.ok(ADA, fees, &AppFees::cancelExitCall { appId: APP });
    world.ok(ADA, fees, &AppFees::requestExitCall { appId: APP, amount: cor(200) });
    world.ok(ADA, store, &AgentStore::setSignerCall { appId: APP, signer: BEN });
    world.ok(ADA, store, &AgentStore::setFeeCapCall { appId: APP, feeCap: cor(1) });
    world.ok(ADA, store, &AgentStore::transferAppCall { appId: APP, newOwner: BEN });
    world.ok(BEN, store, &AgentStore::acceptAppCall { appId: APP });
    world.pass(2 * EPOCH);
    world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    world.ok(ADA, fees, &AppFees::pullTreasuryCall {});
    world.ok(ADA, fees, &AppFees::burnCall {});
    assert_eq!(world.ok(BEN, fees, &AppFees::exitCall { appId: APP }), cor(200));
    world.ok(ADA, staking, &Staking::withdrawCall {});
    world.ok(ADA, staking, &Staking::claimCall {});
    world.ok(BEN, store, &AgentStore::closeAppCall { appId: APP });
    world.pass(2 * EPOCH);
    assert_eq!(world.ok(ADA, store, &AgentStore::returnBondCall { appId: APP }), cor(1_000));
    // The guardian closes and does not open.
    let _: Staking::OwnableUnauthorizedAccount = world.refused(GUARDIAN, staking, &Staking::unpauseCall {});
    for contract in [staking, fees, store, pool] {
        world.ok(OWNER, contract, &Staking::unpauseCall {});
    }
}
