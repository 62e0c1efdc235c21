//! Every call that moves COR, with a token that says false, says nothing, takes a fee, refuses, or comes back in: each is
//! refused and changes nothing, or is done and leaves every contract with what it owes.

use std::collections::{BTreeMap, BTreeSet};

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError};
use system_tests::hostile::Trick;

use crate::{
    claims::miner,
    hostile::{Hostile, TRANSFER, TRANSFER_FROM, writes},
    world::{ADA, BEN, DAY, EPOCH, OWNER, World, cor, error},
};

const APPROVE: [u8; 4] = CorToken::approveCall::SELECTOR;
const BURN: [u8; 4] = CorToken::burnCall::SELECTOR;
const MAX: U256 = U256::MAX;

/// A call that moves COR, in a world in which an honest token lets it succeed.
struct Move {
    name: &'static str,
    hostile: Hostile,
    from: Address,
    to: Address,
    input: Bytes,
    /// What it has the token do, and contracts of ours that are under way when it does.
    uses: Vec<([u8; 4], Vec<Address>)>,
}

impl Move {
    fn of<C: SolCall>(hostile: &Hostile, from: Address, to: Address, call: &C, uses: &[([u8; 4], &[Address])]) -> Self {
        let uses = uses.iter().map(|(selector, through)| (*selector, through.to_vec())).collect();
        Self { name: C::SIGNATURE, hostile: hostile.clone(), from, to, input: call.abi_encode().into(), uses }
    }

    /// Plays it with a token that has turned.
    fn with(&self, selector: [u8; 4], trick: &Trick) -> (Hostile, Result<Bytes, Bytes>) {
        let mut hostile = self.hostile.clone();
        hostile.turn(selector, trick.clone());
        let sent = hostile.world.send_bytes(self.from, self.to, self.input.clone());
        (hostile, sent)
    }
}

fn moves() -> Vec<Move> {
    let mut hostile = Hostile::new();
    hostile.behave();
    let World { fees, store, rewards, pool, staking, .. } = hostile.world;
    let app = hostile.app;
    hostile.world.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000) });
    let mut all: Vec<Move> = Vec::new();
    for (from, to, input) in hostile.inflows() {
        let uses = vec![(TRANSFER_FROM, vec![to])];
        all.push(Move { name: "an inflow", hostile: hostile.clone(), from, to, input, uses });
    }
    let amount = cor(5);
    for call in [Staking::stakeCall { amount }.abi_encode(), Staking::stakeForCall { account: BEN, amount }.abi_encode()] {
        let (input, uses) = (call.into(), vec![(TRANSFER_FROM, vec![staking])]);
        all.push(Move { name: "a stake", hostile: hostile.clone(), from: ADA, to: staking, input, uses });
    }
    all.push(Move::of(&hostile, OWNER, staking, &Staking::fundCall { amount }, &[(TRANSFER_FROM, &[staking])]));
    all.push(Move::of(&hostile, ADA, rewards, &hostile.book.call(0), &[(TRANSFER, &[rewards])]));
    let batch = MinerRewards::claimManyCall { claims: vec![hostile.book.claim(0), hostile.book.claim(1)] };
    all.push(Move::of(&hostile, ADA, rewards, &batch, &[(TRANSFER, &[rewards])]));
    let MinerRewards::Claim { miner: account, amount, proof } = hostile.book.claim(1);
    let stake = MinerRewards::claimAndStakeCall { miner: account, amount, proof };
    all.push(Move::of(&hostile, miner(2), rewards, &stake, &[(TRANSFER_FROM, &[rewards, staking])]));
    let through_staking: [([u8; 4], &[Address]); 2] = [(APPROVE, &[fees]), (TRANSFER_FROM, &[fees, staking])];
    all.push(Move::of(&hostile, ADA, fees, &AppFees::claimBuilderCall { appId: app }, &through_staking));
    hostile.world.ok(OWNER, staking, &Staking::fundCall { amount: cor(100_000) });
    hostile.world.ok(BEN, fees, &AppFees::requestExitCall { appId: app, amount: cor(400) });
    hostile.world.ok(ADA, staking, &Staking::requestUnstakeCall { amount: cor(10) });
    hostile.world.pass(2 * EPOCH + DAY);
    all.push(Move::of(&hostile, ADA, staking, &Staking::claimCall {}, &[(TRANSFER, &[staking])]));
    all.push(Move::of(&hostile, ADA, staking, &Staking::withdrawCall {}, &[(TRANSFER, &[staking])]));
    all.push(Move::of(&hostile, BEN, fees, &AppFees::exitCall { appId: app }, &[(TRANSFER, &[fees])]));
    let closing: [([u8; 4], &[Address]); 3] =
        [(TRANSFER, &[pool]), (APPROVE, &[pool, fees]), (TRANSFER_FROM, &[pool, fees, staking])];
    all.push(Move::of(&hostile, ADA, pool, &MinerPool::closeCall { max: U256::from(2) }, &closing));
    hostile.world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    all.push(Move::of(&hostile, ADA, fees, &AppFees::pullTreasuryCall {}, &[(TRANSFER, &[fees])]));
    all.push(Move::of(&hostile, ADA, fees, &AppFees::burnCall {}, &[(BURN, &[fees])]));
    hostile.world.ok(BEN, store, &AgentStore::closeAppCall { appId: app });
    hostile.world.pass(3 * EPOCH);
    all.push(Move::of(&hostile, ADA, store, &AgentStore::returnBondCall { appId: app }, &[(TRANSFER, &[store])]));
    hostile.world.ok(OWNER, pool, &MinerPool::retireCall { recipient: BEN });
    hostile.world.pass(90 * DAY);
    hostile.world.ok(OWNER, pool, &MinerPool::releaseCall {});
    hostile.world.pass(3 * EPOCH);
    hostile.world.ok(ADA, pool, &MinerPool::closeCall { max: MAX });
    all.push(Move::of(&hostile, ADA, pool, &MinerPool::pullReserveCall {}, &[(TRANSFER, &[pool])]));
    all
}

/// All that contracts of ours keep.
fn kept(hostile: &Hostile) -> BTreeMap<(Address, U256), U256> {
    let mut slots = hostile.world.slots();
    slots.retain(|(contract, _), _| *contract != hostile.world.token);
    slots
}

/// Errors that a token's misbehaviour is told with.
fn is_typed(data: &Bytes) -> bool {
    let known = [
        AppFees::TokenReturnedFalse::SELECTOR,
        AppFees::TokenTookFee::SELECTOR,
        AppFees::TokenRefused::SELECTOR,
        MinerRewards::BudgetNotPaid::SELECTOR,
    ];
    data.len() >= 4 && known.iter().any(|selector| data[..4] == *selector)
}

#[test]
fn whatever_a_token_does_a_move_is_undone_or_whole() {
    let all = moves();
    let (mut undone, mut whole) = (0, 0);
    for it in &all {
        for (selector, _) in &it.uses {
            let before = kept(&it.hostile);
            for trick in [Trick::False, Trick::Fee, Trick::Reason("closed for today"), Trick::Silence] {
                let what = format!("{} with a token of {trick:?}", it.name);
                let (hostile, sent) = it.with(*selector, &trick);
                match &sent {
                    Err(data) => {
                        assert!(is_typed(data), "{what} was refused with {data}");
                        assert!(kept(&hostile) == before, "{what} was refused and changed something");
                        undone += 1;
                    }
                    Ok(_) => {
                        hostile.assert_solvent();
                        whole += 1;
                    }
                }
                // A batch says for each claim that the token refused; `burn` promises no answer.
                let batch = it.name == MinerRewards::claimManyCall::SIGNATURE;
                match trick {
                    Trick::Reason(_) => assert!(sent.is_err() || batch, "{what}"),
                    Trick::False => assert!(sent.is_err() || *selector == BURN, "{what}"),
                    // What comes in, or is burned, is measured.
                    Trick::Fee => assert!(sent.is_err() || *selector == TRANSFER, "{what}"),
                    // An old token answers nothing, which is not false.
                    Trick::Silence | Trick::Call(..) => assert!(sent.is_ok(), "{what}: {sent:?}"),
                }
                // When the token behaves again, it is as if nothing had been.
                if sent.is_err() {
                    let mut later = hostile;
                    later.behave();
                    later
                        .world
                        .send_bytes(it.from, it.to, it.input.clone())
                        .unwrap_or_else(|data| panic!("{what}, later: {data}"));
                    later.assert_solvent();
                }
            }
        }
    }
    println!("{} moves of COR, four tokens that misbehave: {undone} undone, {whole} whole", all.len());
}

/// While a token is asked to do something, it calls each function of each contract that is under way.
#[test]
fn no_token_gets_in_twice() {
    let all = moves();
    let World { fees, store, rewards, pool, staking, .. } = all[0].hostile.world;
    let abis: BTreeMap<Address, Vec<Bytes>> = [
        (fees, writes(AppFees::abi::contract())),
        (store, writes(AgentStore::abi::contract())),
        (rewards, writes(MinerRewards::abi::contract())),
        (pool, writes(MinerPool::abi::contract())),
        (staking, writes(Staking::abi::contract())),
    ]
    .into();
    let mut tried = 0;
    let mut contracts = BTreeSet::new();
    for it in &all {
        let before = kept(&it.hostile);
        for (selector, under_way) in &it.uses {
            for contract in under_way {
                contracts.insert(*contract);
                for function in &abis[contract] {
                    let (hostile, sent) = it.with(*selector, &Trick::Call(*contract, function.clone()));
                    tried += 1;
                    if it.name == MinerRewards::claimManyCall::SIGNATURE {
                        // Each claim of it failed alone.
                        assert_eq!(hostile.world.balance(miner(1)), U256::ZERO);
                    } else {
                        let refused = sent.expect_err("the token got in");
                        let reason = AppFees::TokenRefused::abi_decode(&refused).map_or(refused, |told| told.reason);
                        let _: AppFees::ReentrancyGuardReentrantCall = error(&reason);
                    }
                    assert!(kept(&hostile) == before, "{}: the token changed something", it.name);
                }
            }
        }
    }
    assert_eq!(contracts.len(), 5);
    println!("{} moves of COR, {tried} ways back in, all closed", all.len());
}

/// What one contract does for another is done whole or not at all: a miner's claim is not used up by a stake that fails.
#[test]
fn what_could_not_be_staked_can_still_be_claimed() {
    let mut hostile = Hostile::new();
    let World { rewards, fees, staking, .. } = hostile.world;
    let MinerRewards::Claim { miner: account, amount, proof } = hostile.book.claim(1);
    let stake = MinerRewards::claimAndStakeCall { miner: account, amount, proof };
    let credit = hostile.world.view(fees, &AppFees::accountOfCall { appId: hostile.app }).credit;
    for (from, to, input) in
        [(account, rewards, stake.abi_encode()), (ADA, fees, AppFees::claimBuilderCall { appId: hostile.app }.abi_encode())]
    {
        hostile.turn(TRANSFER_FROM, Trick::Fee);
        let refused = hostile.world.send_bytes(from, to, input.into()).expect_err("it took a fee");
        let _: AppFees::TokenTookFee = error(&refused);
    }
    hostile.behave();
    assert_eq!(hostile.world.ok(ADA, rewards, &hostile.book.call(1)), cor(20));
    hostile.world.ok(ADA, fees, &AppFees::claimBuilderCall { appId: hostile.app });
    assert_eq!(hostile.world.view(staking, &Staking::stakeOfCall { account: BEN }), credit);
}
