//! What people ran into elsewhere, by the numbers of the project's list of cases.

use abi::Staking;
use alloy_primitives::U256;
use economics::{COR, PERCENT_YEAR};
use system_tests::staking::{ADA, BEN, CLEO, DAY, WEEK, World, cor, wei};

/// Tells whether two amounts are the same but for roundings.
fn close(a: U256, b: U256) -> bool {
    a.abs_diff(b) <= wei(5)
}

#[tokio::test]
async fn b01_what_nobody_staked_for_is_nobodys_windfall() {
    let world = World::start().await;
    world.add_fees(cor(700), 1).await;
    world.pass(2 * DAY).await;
    world.stake(ADA, cor(10)).await;
    world.pass(2 * DAY).await;
    world.stake(BEN, cor(10)).await;
    world.pass(3 * DAY).await;
    // The stream stood still for two days: A had two days alone, then three days are shared.
    assert!(close(world.earned(ADA).await, cor(350)));
    assert!(close(world.earned(BEN).await, cor(150)));
    assert!(close(world.totals().await.streaming, cor(200)));
    // The two days come at the end, to who is there then.
    world.pass(2 * DAY).await;
    assert!(close(world.earned(ADA).await, cor(450)));
    assert_eq!(world.totals().await.streaming, U256::ZERO);
}

#[tokio::test]
async fn b04_a_second_request_pays_what_matured_and_stake_moves_no_date() {
    let world = World::start().await;
    world.stake(ADA, cor(200)).await;
    world.unstake(ADA, cor(100)).await;
    let ready = world.now() + WEEK;
    world.pass(5 * DAY).await;
    world.stake(ADA, cor(10)).await;
    world.does(BEN, Staking::stakeForCall { account: ADA, amount: cor(1) }).await;
    let position = world.position(ADA).await;
    assert_eq!((position.stake, position.unbonding, position.readyAt), (cor(111), cor(100), U256::from(ready)));

    world.until(ready + DAY).await;
    let before = world.balance(ADA).await;
    world.unstake(ADA, cor(50)).await;
    assert_eq!(world.balance(ADA).await, before + cor(100));
    let position = world.position(ADA).await;
    assert_eq!((position.unbonding, position.readyAt), (cor(50), U256::from(world.now() + WEEK)));
    // What has not matured waits anew, together with what is added: in its last second, too.
    world.pass(WEEK - 1).await;
    world.unstake(ADA, cor(5)).await;
    let position = world.position(ADA).await;
    assert_eq!((position.unbonding, position.readyAt), (cor(55), U256::from(world.now() + WEEK)));
    world.pass(1).await;
    world.refuses::<Staking::StillUnbonding, _>(ADA, Staking::withdrawCall {}).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    assert_eq!(world.balance(ADA).await, before + cor(155));
}

#[tokio::test]
async fn b06_an_empty_pot_locks_no_principal() {
    let world = World::start().await;
    world.stake(ADA, cor(1_000)).await;
    world.fund(cor(1)).await;
    world.pass(WEEK).await;
    // The budget is long spent, and one COR is earned.
    let earned = world.earned(ADA).await;
    assert!(close(earned, cor(1)));
    let before = world.balance(ADA).await;
    world.unstake(ADA, cor(1_000)).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    assert_eq!(world.balance(ADA).await, before + cor(1_000));
    assert!(close(world.earned(ADA).await, earned));
    world.refuses::<Staking::NothingToClaim, _>(BEN, Staking::claimCall {}).await;
}

#[tokio::test]
async fn b07_rewards_are_never_paid_from_stakes() {
    let world = World::start().await;
    world.stake(ADA, cor(100)).await;
    world.stake(BEN, cor(100)).await;
    world.fund(cor(5)).await;
    world.pass(30 * DAY).await;
    let paid = world.claim(ADA).await + world.claim(BEN).await;
    assert!(paid <= cor(5) && close(paid, cor(5)), "{paid}");
    world.refuses::<Staking::NothingToClaim, _>(ADA, Staking::claimCall {}).await;
    for who in [ADA, BEN] {
        world.unstake(who, cor(100)).await;
    }
    world.pass(WEEK).await;
    for who in [ADA, BEN] {
        world.withdraw(who).await;
    }
    let totals = world.totals().await;
    assert_eq!((totals.staked, totals.unbonding), (U256::ZERO, U256::ZERO));
}

#[tokio::test]
async fn b09_funding_by_a_wei_changes_no_rate_and_strangers_bring_no_fees() {
    let world = World::start().await;
    world.stake(ADA, cor(100)).await;
    world.fund(cor(1_000)).await;
    world.add_fees(cor(700), 1).await;
    let error: Staking::NotAppFees = world.refuses(BEN, Staking::addFeesCall { amount: wei(1), epochs: wei(1) }).await;
    assert_eq!(error.account, BEN);
    world.refuses::<Staking::ZeroAmount, _>(BEN, Staking::fundCall { amount: U256::ZERO }).await;
    world.refuses::<Staking::ZeroEpochs, _>(world.app_fees, Staking::addFeesCall { amount: wei(1), epochs: U256::ZERO }).await;
    // Every day somebody adds a wei to the budget: the stream ends when it would have, the rate is the same.
    for _ in 0..7 {
        world.pass(DAY).await;
        world.does(BEN, Staking::fundCall { amount: wei(1) }).await;
    }
    let incentives = 100 * COR * 60 * u128::from(WEEK) / u128::from(PERCENT_YEAR);
    assert!(close(world.earned(ADA).await, cor(700) + wei(incentives)));
    assert_eq!(world.totals().await.streaming, U256::ZERO);
}

#[tokio::test]
async fn b11_there_is_no_least_position_that_could_hold_anybody() {
    let world = World::start().await;
    world.stake(ADA, cor(10)).await;
    world.fund(cor(1_000)).await;
    // All but a wei leaves, and what arrives before the withdrawal blocks nothing.
    world.unstake(ADA, cor(10) - wei(1)).await;
    world.does(BEN, Staking::stakeForCall { account: ADA, amount: wei(1) }).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    let position = world.position(ADA).await;
    assert_eq!((position.stake, position.unbonding), (wei(2), U256::ZERO));
    // The last wei leaves too, and comes back, and rewards of less than a COR can be staked by who has nothing at stake.
    world.unstake(ADA, wei(2)).await;
    world.does(ADA, Staking::cancelUnstakeCall {}).await;
    world.stake(ADA, cor(1)).await;
    world.pass(WEEK).await;
    world.unstake(ADA, cor(1) + wei(2)).await;
    let rewards = world.earned(ADA).await;
    assert!(rewards > U256::ZERO && rewards < cor(1), "{rewards}");
    world.does(ADA, Staking::compoundCall {}).await;
    assert_eq!(world.position(ADA).await.stake, rewards);
}

#[tokio::test]
async fn fees_wait_while_less_than_a_cor_is_at_stake_and_incentives_do_not() {
    let world = World::start().await;
    world.fund(cor(1_000)).await;
    world.add_fees(cor(700), 1).await;
    world.stake(ADA, cor(1) - wei(1)).await;
    world.pass(WEEK).await;
    let alone = wei((COR - 1) * 60 * u128::from(WEEK) / u128::from(PERCENT_YEAR));
    assert_eq!(world.earned(ADA).await, alone);
    assert_eq!(world.totals().await.streaming, cor(700));
    // With one wei more they come, at their own pace, and whatever was at stake has its part.
    world.stake(BEN, wei(1)).await;
    world.pass(WEEK).await;
    assert_eq!(world.totals().await.streaming, U256::ZERO);
    assert!(world.earned(ADA).await.abs_diff(cor(700) + alone + alone) <= wei(701));
    assert_eq!(world.earned(BEN).await, wei(699));
}

#[tokio::test]
async fn b12_who_left_before_claiming_keeps_what_was_earned() {
    let world = World::start().await;
    world.stake(ADA, cor(100)).await;
    world.stake(CLEO, cor(900)).await;
    world.add_fees(cor(70), 1).await;
    world.pass(WEEK).await;
    world.unstake(ADA, cor(100)).await;
    world.add_fees(cor(70), 1).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    assert!(close(world.claim(ADA).await, cor(7)));
    assert!(close(world.claim(CLEO).await, cor(133)));
}
