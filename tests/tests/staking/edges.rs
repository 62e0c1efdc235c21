//! Seconds before and after, strangers, donations, and stake that comes at the last moment.

use abi::{CorToken, Staking};
use alloy_primitives::{Address, U256};
use economics::{COR, PERCENT_YEAR};
use system_tests::staking::{ADA, BEN, CLEO, DAY, WEEK, World, cor, wei};

#[tokio::test]
async fn unbonding_matures_in_its_second_and_not_before() {
    let world = World::start().await;
    world.stake(ADA, cor(10)).await;
    world.unstake(ADA, cor(10)).await;
    let ready = world.now() + WEEK;
    world.until(ready - 1).await;
    let early: Staking::StillUnbonding = world.refuses(ADA, Staking::withdrawCall {}).await;
    assert_eq!((early.readyAt, early.time), (U256::from(ready), U256::from(ready - 1)));
    world.until(ready).await;
    world.withdraw(ADA).await;
    world.refuses::<Staking::NothingUnbonding, _>(ADA, Staking::withdrawCall {}).await;
}

#[tokio::test]
async fn a_guardian_holds_from_the_second_of_the_delay_on() {
    let world = World::start().await;
    world.does(world.owner, Staking::setGuardianCall { guardian: CLEO }).await;
    let active = world.now() + DAY;
    world.until(active - 1).await;
    assert_eq!(world.refuses::<Staking::NotGuardian, _>(CLEO, Staking::pauseCall {}).await.account, CLEO);
    world.until(active).await;
    world.refuses::<Staking::NotGuardian, _>(world.guardian, Staking::pauseCall {}).await;
    world.does(CLEO, Staking::pauseCall {}).await;
}

#[tokio::test]
async fn the_rate_changes_in_its_second_and_the_past_keeps_its_own() {
    let world = World::start().await;
    world.fund(cor(100_000)).await;
    world.stake(ADA, cor(1_000)).await;
    let (from, edge) = (world.now(), world.start + 182 * DAY);
    world.until(edge - 1).await;
    assert_eq!(world.chain.ask(world.staking, Staking::aprCall {}).await, U256::from(60));
    world.until(edge).await;
    assert_eq!(world.chain.ask(world.staking, Staking::aprCall {}).await, U256::from(30));
    // Nobody touched anything at the edge.
    world.until(edge + 10 * DAY).await;
    let percent_seconds = 60 * (edge - from) + 30 * 10 * DAY;
    let exact = wei(1_000 * COR * u128::from(percent_seconds) / u128::from(PERCENT_YEAR));
    assert!(world.earned(ADA).await.abs_diff(exact) <= wei(1));
}

#[tokio::test]
async fn a_donation_moves_nothing() {
    let world = World::start().await;
    world.fund(cor(1_000)).await;
    world.stake(ADA, cor(100)).await;
    let (owed, position) = (world.owed().await, world.position(ADA).await);
    world.tells(BEN, CorToken::transferCall { to: world.staking, value: cor(5_000) }).await;
    assert_eq!(world.owed().await, owed);
    let after = world.position(ADA).await;
    assert_eq!((after.stake, after.rewards), (position.stake, position.rewards));
}

#[tokio::test]
async fn strangers_change_nothing_of_ours_but_the_stake_they_give() {
    let world = World::start().await;
    world.fund(cor(1_000)).await;
    world.stake(ADA, cor(100)).await;
    world.pass(DAY).await;
    world.unstake(ADA, cor(50)).await;
    world.pass(DAY).await;
    let before = world.position(ADA).await;
    for _ in 0..20 {
        world.does(BEN, Staking::stakeForCall { account: ADA, amount: wei(1) }).await;
    }
    world.does(CLEO, Staking::fundCall { amount: wei(1) }).await;
    let after = world.position(ADA).await;
    assert_eq!(after.stake, before.stake + wei(20));
    assert_eq!((after.unbonding, after.readyAt), (before.unbonding, before.readyAt));
    // Each of them may cost her a wei of rounding.
    assert!(before.rewards - after.rewards <= wei(20));
    for account in [Address::ZERO, world.staking] {
        let gift = Staking::stakeForCall { account, amount: cor(1) };
        assert_eq!(world.refuses::<Staking::InvalidAccount, _>(BEN, gift).await.account, account);
    }
}

#[tokio::test]
async fn poking_all_day_is_poking_once() {
    let mut earned = Vec::new();
    for pokes in [1, 96] {
        let world = World::start().await;
        world.fund(cor(1_000)).await;
        world.add_fees(cor(700), 1).await;
        world.stake(ADA, cor(333)).await;
        let begin = world.now();
        for poke in 1..=pokes {
            world.until(begin + DAY * poke / pokes).await;
            world.does(world.owner, Staking::fundCall { amount: wei(1) }).await;
        }
        earned.push(world.earned(ADA).await);
    }
    assert!(earned[0].abs_diff(earned[1]) <= wei(1), "{earned:?}");
}

#[tokio::test]
async fn stake_that_comes_a_second_before_the_fees_earns_a_second() {
    let world = World::start().await;
    world.stake(ADA, cor(100)).await;
    world.pass(WEEK - 1).await;
    world.stake(BEN, cor(900)).await;
    world.pass(1).await;
    world.add_fees(cor(7_000), 1).await;
    assert_eq!(world.earned(BEN).await, U256::ZERO);
    // Gone before a second has passed, it has taken nothing; and it counts in the epoch's average for the second it was there.
    world.unstake(BEN, cor(900)).await;
    world.pass(WEEK).await;
    assert_eq!(world.earned(BEN).await, U256::ZERO);
    assert!(world.earned(ADA).await.abs_diff(cor(7_000)) <= wei(2));
    let average = world.chain.ask(world.staking, Staking::averageStakeCall { epoch: U256::ZERO }).await;
    assert!(average < cor(101), "{average}");
}

#[tokio::test]
async fn fees_brought_late_in_one_call_or_in_many_stream_the_same() {
    let mut streams = Vec::new();
    for parts in [1, 5] {
        let world = World::start().await;
        world.stake(ADA, cor(100)).await;
        for _ in 0..parts {
            world.add_fees(cor(500 / parts), (5 / parts) as u64).await;
        }
        let stream = world.chain.ask(world.staking, Staking::streamCall {}).await;
        streams.push((stream.left, stream.remaining));
    }
    assert_eq!(streams[0], streams[1]);
    assert_eq!(streams[0], (cor(500), U256::from(4 * WEEK)));
}

#[tokio::test]
async fn fees_too_few_for_every_wei_at_stake_add_up() {
    let world = World::start().await;
    world.stake(world.owner, cor(700_000_000)).await;
    // An epoch's are a third of what moves the index by one; each stream is over when the next begins.
    for earned in [0, 0, 221_968_543] {
        world.add_fees(wei(100_000_000), 1).await;
        world.pass(WEEK).await;
        assert_eq!(world.earned(world.owner).await, wei(earned));
        assert_eq!(world.totals().await.streaming, U256::ZERO);
    }
    assert_eq!(world.totals().await.rewards, wei(300_000_000));
}

#[tokio::test]
async fn amounts_beyond_every_range_are_typed_errors() {
    let world = World::start().await;
    let huge = U256::from(1u128 << 96);
    for amount in [huge, U256::MAX] {
        let error: Staking::AmountTooLarge = world.refuses(ADA, Staking::stakeCall { amount }).await;
        assert_eq!((error.amount, error.maximum), (amount, huge - U256::ONE));
        world.refuses::<Staking::AmountTooLarge, _>(ADA, Staking::fundCall { amount }).await;
        world.refuses::<Staking::AmountTooLarge, _>(ADA, Staking::requestUnstakeCall { amount }).await;
        world.refuses::<Staking::AmountTooLarge, _>(world.app_fees, Staking::addFeesCall { amount, epochs: wei(1) }).await;
    }
    world.add_fees(cor(1), u64::MAX).await;
    let stream = world.chain.ask(world.staking, Staking::streamCall {}).await;
    assert_eq!(stream.remaining, U256::from(4 * WEEK));
    for epoch in [U256::ONE, U256::MAX] {
        let later = Staking::averageStakeCall { epoch };
        let Err(refused) = world.send(ADA, world.staking, later).await else { panic!("an epoch that has not begun") };
        assert_eq!(refused.error::<Staking::EpochNotBegun>().running, U256::ZERO);
    }
}
