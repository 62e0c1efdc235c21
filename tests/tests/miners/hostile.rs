//! Tokens that misbehave: none makes a contract credit what it did not receive or pay twice, and none gets in twice.

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::json_abi::{JsonAbi, StateMutability};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use system_tests::hostile::{Trick, code};

use crate::{
    claims::{Book, activate, miner},
    roots::attested,
    world::{ADA, BEN, EPOCH, OWNER, World, cor, error},
};

pub(crate) const TRANSFER: [u8; 4] = CorToken::transferCall::SELECTOR;
pub(crate) const TRANSFER_FROM: [u8; 4] = CorToken::transferFromCall::SELECTOR;

/// A network whose COR can be made to misbehave, with an app of Ben's that has escrow and a root that can be claimed by.
#[derive(Clone)]
pub(crate) struct Hostile {
    pub(crate) world: World,
    honest: Address,
    pub(crate) app: U256,
    pub(crate) book: Book,
}

impl Hostile {
    pub(crate) fn new() -> Self {
        let mut world = attested();
        let app = world.app();
        world.ok(BEN, world.fees, &AppFees::topUpCall { appId: app, amount: cor(1_000) });
        world.ok(BEN, world.fees, &AppFees::payCall { appId: app, amount: cor(1_000), memo: B256::ZERO });
        let book = Book::of(&[(miner(1), cor(10)), (miner(2), cor(20)), (miner(3), cor(30))]);
        activate(&mut world, 1, &book);
        let honest = world.deploy("cor-token", &CorToken::constructorCall { holder: OWNER });
        Self { world, honest, app, book }
    }

    pub(crate) fn turn(&mut self, selector: [u8; 4], trick: Trick) {
        self.world.replace(self.world.token, code(self.honest, selector, &trick));
    }

    pub(crate) fn behave(&mut self) {
        self.turn([0; 4], Trick::Silence);
    }

    /// Every call that takes COR in.
    pub(crate) fn inflows(&self) -> Vec<(Address, Address, Bytes)> {
        let World { fees, store, pool, .. } = self.world;
        let (app, amount) = (self.app, cor(100));
        let register = AgentStore::registerCall {
            signer: BEN,
            feeCap: U256::ZERO,
            category: B256::ZERO,
            contentHash: B256::ZERO,
            uri: String::new(),
        };
        vec![
            (ADA, fees, AppFees::topUpCall { appId: app, amount }.abi_encode().into()),
            (ADA, fees, AppFees::sponsorCall { appId: app, amount }.abi_encode().into()),
            (ADA, fees, AppFees::payCall { appId: app, amount, memo: B256::ZERO }.abi_encode().into()),
            (ADA, fees, AppFees::commitCall { appId: app, units: U256::ONE, epochs: U256::ONE }.abi_encode().into()),
            (ADA, store, register.abi_encode().into()),
            (ADA, pool, MinerPool::depositCall { amount }.abi_encode().into()),
        ]
    }

    /// What the contracts owe and what people have in them.
    fn figures(&self) -> [U256; 12] {
        let world = &self.world;
        let fees = world.view(world.fees, &AppFees::totalsCall {});
        let account = world.view(world.fees, &AppFees::accountOfCall { appId: self.app });
        let held = world.view(world.pool, &MinerPool::reserveCall {});
        let rewards = world.view(world.rewards, &MinerRewards::totalsCall {});
        let bonds = world.view(world.store, &AgentStore::bondsCall {});
        let claimed = world.view(world.rewards, &MinerRewards::claimedCall { miner: miner(1) });
        [
            fees.owed,
            fees.treasury,
            fees.toBurn,
            account.escrow,
            account.grants,
            account.exiting,
            held.reserve,
            held.deposits,
            rewards.budgets,
            rewards.paid,
            bonds,
            claimed,
        ]
    }

    pub(crate) fn assert_solvent(&self) {
        self.world.assert_solvent();
        let World { fees, store, staking, .. } = self.world;
        let staked = self.world.view(staking, &Staking::totalsCall {});
        let owed = staked.staked + staked.unbonding + staked.rewards + staked.budget + staked.streaming;
        assert!(self.world.balance(staking) >= owed);
        assert!(self.world.balance(fees) >= self.world.view(fees, &AppFees::totalsCall {}).owed);
        assert!(self.world.balance(store) >= self.world.view(store, &AgentStore::bondsCall {}));
    }
}

#[test]
fn b14_no_contract_credits_what_a_token_did_not_move() {
    let mut hostile = Hostile::new();
    let before = hostile.figures();
    for (from, to, input) in hostile.inflows() {
        hostile.turn(TRANSFER_FROM, Trick::Fee);
        let refused = hostile.world.send_bytes(from, to, input.clone()).expect_err("it took a fee");
        let told: AppFees::TokenTookFee = error(&refused);
        assert_eq!(told.received, told.asked * U256::from(99) / U256::from(100));
        hostile.turn(TRANSFER_FROM, Trick::False);
        let refused = hostile.world.send_bytes(from, to, input.clone()).expect_err("it said false");
        let _: AppFees::TokenReturnedFalse = error(&refused);
        hostile.turn(TRANSFER_FROM, Trick::Reason("closed for today"));
        let refused = hostile.world.send_bytes(from, to, input.clone()).expect_err("it refused");
        let _: AppFees::TokenRefused = error(&refused);
        assert_eq!(hostile.figures(), before);
        // An old token answers nothing, which is not false.
        let mut other = hostile.clone();
        other.turn(TRANSFER_FROM, Trick::Silence);
        other.world.send_bytes(from, to, input).expect("it moved what it was told");
        other.assert_solvent();
    }
}

#[test]
fn a_payout_that_fails_leaves_what_is_owed_and_a_later_one_pays() {
    let mut hostile = Hostile::new();
    let World { fees, store, rewards, .. } = hostile.world;
    let app = hostile.app;
    hostile.world.ok(BEN, fees, &AppFees::requestExitCall { appId: app, amount: cor(400) });
    hostile.world.ok(BEN, store, &AgentStore::closeAppCall { appId: app });
    hostile.world.pass(3 * EPOCH);
    hostile.world.ok(ADA, hostile.world.pool, &MinerPool::closeCall { max: U256::from(9) });
    let outflows: Vec<(Address, Address, Bytes)> = vec![
        (BEN, fees, AppFees::exitCall { appId: app }.abi_encode().into()),
        (ADA, fees, AppFees::pullTreasuryCall {}.abi_encode().into()),
        (ADA, store, AgentStore::returnBondCall { appId: app }.abi_encode().into()),
        (ADA, rewards, hostile.book.call(0).abi_encode().into()),
    ];
    for (from, to, input) in outflows {
        let before = hostile.figures();
        for trick in [Trick::False, Trick::Reason("closed for today")] {
            hostile.turn(TRANSFER, trick);
            hostile.world.send_bytes(from, to, input.clone()).expect_err("the token failed");
            assert_eq!(hostile.figures(), before);
        }
        hostile.turn(TRANSFER, Trick::Silence);
        hostile.world.send_bytes(from, to, input).expect("it pays");
        assert_ne!(hostile.figures(), before);
        hostile.assert_solvent();
    }
}

#[test]
fn a_batch_skips_a_payout_that_a_token_refuses_and_fails_where_one_lies() {
    let mut hostile = Hostile::new();
    let rewards = hostile.world.rewards;
    let batch = MinerRewards::claimManyCall { claims: (0..3).map(|index| hostile.book.claim(index)).collect() };
    let before = hostile.figures();
    hostile.turn(TRANSFER, Trick::Reason("closed for today"));
    let results = hostile.world.ok(ADA, rewards, &batch);
    let failed = |result: &MinerRewards::ClaimResult| matches!(result.status, MinerRewards::ClaimStatus::TokenFailed);
    assert!(results.iter().all(|result| failed(result) && result.paid.is_zero()));
    assert_eq!(hostile.figures(), before);
    // It moves and says that it did not: nothing of the batch may stand, or it could be claimed again.
    hostile.turn(TRANSFER, Trick::False);
    let _: MinerRewards::TokenReturnedFalse = hostile.world.refused(ADA, rewards, &batch);
    assert_eq!(hostile.figures(), before);
    hostile.assert_solvent();
    hostile.behave();
    let results = hostile.world.ok(ADA, rewards, &batch);
    assert!(results.iter().all(|result| matches!(result.status, MinerRewards::ClaimStatus::Paid)));
    hostile.assert_solvent();
}

/// Every function of a contract that changes state, with arguments of one.
pub(crate) fn writes(abi: JsonAbi) -> Vec<Bytes> {
    let changes = |mutability| !matches!(mutability, StateMutability::View | StateMutability::Pure);
    let functions = abi.functions().filter(|function| changes(function.state_mutability));
    let ones = B256::with_last_byte(1).repeat(16);
    functions.map(|function| [&function.selector()[..], &ones].concat().into()).collect()
}
