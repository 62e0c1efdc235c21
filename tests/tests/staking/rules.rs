//! The rules that always hold, as far as they concern staking: 4, 5 and 8. Rule 3 is checked after every transaction of
//! these tests and in `paper`, rule 7 in `permits`.

use abi::Staking;
use alloy_primitives::{Address, U256};
use system_tests::{
    chain::Done,
    staking::{ADA, BEN, CLEO, DAY, WEEK, World, cor, wei},
};

#[tokio::test]
async fn rule_4_owner_and_guardian_move_nothing_of_a_users() {
    let world = World::start().await;
    world.fund(cor(1_000)).await;
    world.stake(ADA, cor(500)).await;
    world.stake(BEN, cor(500)).await;
    world.pass(DAY).await;
    world.unstake(ADA, cor(100)).await;
    let (before, held) = (world.position(ADA).await, world.balance(world.staking).await);

    // Every call that staking has, by each of them; those that people have for themselves say so.
    for power in [world.owner, world.guardian] {
        world.refuses::<Staking::NothingUnbonding, _>(power, Staking::withdrawCall {}).await;
        world.refuses::<Staking::NothingToClaim, _>(power, Staking::claimCall {}).await;
        world.refuses::<Staking::NothingToClaim, _>(power, Staking::compoundCall {}).await;
        world.refuses::<Staking::InsufficientStake, _>(power, Staking::requestUnstakeCall { amount: cor(1) }).await;
        world.refuses::<Staking::NothingUnbonding, _>(power, Staking::cancelUnstakeCall {}).await;
        world.refuses::<Staking::NotAppFees, _>(power, Staking::addFeesCall { amount: cor(1), epochs: wei(1) }).await;
        world.does(power, Staking::pauseCall {}).await;
        world.does(world.owner, Staking::unpauseCall {}).await;
    }
    world.does(world.guardian, Staking::pauseCall {}).await;
    let rewire = Staking::wireCall { appFees: world.owner, minerRewards: world.owner };
    world.refuses::<Staking::AlreadyWired, _>(world.owner, rewire.clone()).await;
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(world.guardian, rewire).await;
    world.does(world.owner, Staking::setGuardianCall { guardian: CLEO }).await;
    world.does(world.owner, Staking::transferOwnershipCall { newOwner: CLEO }).await;
    world.does(CLEO, Staking::acceptOwnershipCall {}).await;
    world.does(CLEO, Staking::unpauseCall {}).await;
    assert_eq!(world.balance(world.staking).await, held);
    let after = world.position(ADA).await;
    assert_eq!((after.stake, after.unbonding, after.readyAt), (before.stake, before.unbonding, before.readyAt));
    assert!(after.rewards >= before.rewards);

    // And all of it still comes to Ada.
    let purse = world.balance(ADA).await;
    world.unstake(ADA, cor(400)).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    assert_eq!(world.balance(ADA).await, purse + cor(500));
}

#[tokio::test]
async fn rule_5_each_exit_is_open_while_paused_and_each_inflow_closed() {
    let world = World::start().await;
    world.fund(cor(1_000)).await;
    world.stake(ADA, cor(100)).await;
    world.pass(DAY).await;
    world.unstake(ADA, cor(10)).await;
    world.refuses::<Staking::NotGuardian, _>(ADA, Staking::pauseCall {}).await;
    world.does(world.guardian, Staking::pauseCall {}).await;
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(world.guardian, Staking::unpauseCall {}).await;

    let amount = cor(5);
    world.refuses::<Staking::EnforcedPause, _>(ADA, Staking::stakeCall { amount }).await;
    world.refuses::<Staking::EnforcedPause, _>(ADA, Staking::stakeForCall { account: BEN, amount }).await;
    let (r, s) = Default::default();
    let permit = Staking::stakeWithPermitCall { amount, deadline: U256::MAX, v: 27, r, s };
    world.refuses::<Staking::EnforcedPause, _>(ADA, permit).await;
    world.refuses::<Staking::EnforcedPause, _>(ADA, Staking::fundCall { amount }).await;

    assert!(world.claim(ADA).await > U256::ZERO);
    world.pass(DAY).await;
    world.does(ADA, Staking::compoundCall {}).await;
    world.does(ADA, Staking::cancelUnstakeCall {}).await;
    let stake = world.position(ADA).await.stake;
    world.unstake(ADA, stake).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    let left = world.position(ADA).await;
    assert_eq!((left.stake, left.unbonding), (U256::ZERO, U256::ZERO));

    // What our own contracts stake for others is never closed, nor are fees.
    for contract in [world.app_fees, world.miner_rewards] {
        world.does(contract, Staking::stakeForCall { account: BEN, amount }).await;
    }
    world.add_fees(cor(7), 1).await;
    world.does(world.owner, Staking::unpauseCall {}).await;
    world.refuses::<Staking::ExpectedPause, _>(world.owner, Staking::unpauseCall {}).await;
    world.stake(ADA, amount).await;
}

/// The shortest epoch, in seconds.
const HOUR: u64 = 3_600;

/// Gas of each of Ada's calls, over a fortnight.
async fn gas_of_a_life(world: &World) -> Vec<u64> {
    let mut gas = Vec::new();
    let mut note = |done: Done| gas.push(done.gas);
    note(world.stake(ADA, cor(100)).await);
    world.pass(DAY).await;
    note(world.does(ADA, Staking::claimCall {}).await);
    world.pass(DAY).await;
    note(world.does(ADA, Staking::compoundCall {}).await);
    note(world.unstake(ADA, cor(50)).await);
    note(world.does(ADA, Staking::cancelUnstakeCall {}).await);
    note(world.unstake(ADA, cor(50)).await);
    world.pass(WEEK).await;
    note(world.withdraw(ADA).await);
    gas
}

#[tokio::test]
async fn rule_8_gas_is_the_same_with_three_users_and_with_three_hundred() {
    let mut seen = Vec::new();
    for users in [3, 300] {
        let world = World::start().await;
        world.fund(cor(100_000)).await;
        for user in 0..users {
            let account = Address::left_padding_from(&[0xee, (user / 256) as u8, (user % 256) as u8]);
            world.does(world.owner, Staking::stakeForCall { account, amount: cor(10) }).await;
        }
        // Both begin at the same second of an epoch.
        world.until(world.genesis + 2 * WEEK + DAY).await;
        world.stake(BEN, cor(1)).await;
        seen.push(gas_of_a_life(&world).await);
    }
    println!("gas with 3 users {:?}, with 300 {:?}", seen[0], seen[1]);
    for (few, many) in seen[0].iter().zip(&seen[1]) {
        assert!(few.abs_diff(*many) < 100, "{few} gas with 3 users, {many} with 300");
    }
}

#[tokio::test]
async fn rule_8_gas_is_the_same_after_one_epoch_and_after_five_hundred() {
    let mut seen = Vec::new();
    for epochs in [1, 500] {
        let world = World::with_epochs(HOUR).await;
        world.fund(cor(100_000)).await;
        world.stake(BEN, cor(100)).await;
        world.until(world.genesis + epochs * HOUR + 600).await;
        seen.push(gas_of_a_life(&world).await);
    }
    println!("gas after 1 epoch {:?}, after 500 {:?}", seen[0], seen[1]);
    for (soon, late) in seen[0].iter().zip(&seen[1]) {
        assert!(soon.abs_diff(*late) < 300, "{soon} gas after an epoch, {late} after 500");
    }
}
