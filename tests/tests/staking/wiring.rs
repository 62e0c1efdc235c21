//! Which contracts staking is called by: named once, by the owner, and only those that name it back.

use abi::{Staking, Wired};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use system_tests::staking::{ADA, BEN, World, cor, wei};

/// A second staking, which is not wired yet.
async fn unwired() -> (World, Address) {
    let world = World::start().await;
    let terms = World::terms(world.token, world.owner, world.guardian, world.now());
    let staking = world.chain.deploy("staking", &terms).await.expect("staking");
    (world, staking)
}

#[tokio::test]
async fn only_contracts_that_name_it_are_wired_and_only_by_the_owner() {
    let (world, staking) = unwired().await;
    let good = world.chain.stub(&[(Wired::stakingCall::SELECTOR, staking)]).await;
    let wire = |app_fees, miner_rewards| Staking::wireCall { appFees: app_fees, minerRewards: miner_rewards };
    let refuse = async |who, call| match world.send(who, staking, call).await {
        Ok(_) => panic!("it was wired"),
        Err(refused) => refused,
    };
    refuse(ADA, wire(good, good)).await.error::<Staking::OwnableUnauthorizedAccount>();
    // Somebody without code, a contract that names another, a contract that says nothing of it.
    for (bad, named) in [(ADA, Address::ZERO), (world.app_fees, world.staking), (world.token, Address::ZERO)] {
        for call in [wire(bad, good), wire(good, bad)] {
            let error: Staking::NotWiredBack = refuse(world.owner, call).await.error();
            assert_eq!((error.caller, error.staking), (bad, named));
        }
    }
    let done = world.send(world.owner, staking, wire(good, good)).await.expect("both name it");
    let event = done.events::<Staking::StakingWired>().remove(0);
    assert_eq!((event.appFees, event.minerRewards), (good, good));
    let error: Staking::AlreadyWired = refuse(world.owner, wire(world.app_fees, good)).await.error();
    assert_eq!((error.appFees, error.minerRewards), (good, good));
}

#[tokio::test]
async fn before_wiring_nobody_brings_fees_and_nobody_stakes_through_a_pause() {
    let (world, staking) = unwired().await;
    let (amount, epochs) = (cor(1), wei(1));
    for who in [ADA, world.owner, world.app_fees] {
        let Err(refused) = world.send(who, staking, Staking::addFeesCall { amount, epochs }).await else { panic!("fees came") };
        assert_eq!(refused.error::<Staking::NotAppFees>().account, who);
    }
    world.send(world.guardian, staking, Staking::pauseCall {}).await.expect("the guardian pauses");
    for who in [ADA, world.app_fees, world.miner_rewards] {
        let Err(refused) = world.send(who, staking, Staking::stakeForCall { account: BEN, amount }).await else {
            panic!("staked")
        };
        refused.error::<Staking::EnforcedPause>();
    }
}

#[tokio::test]
async fn an_ownership_is_taken_by_whom_it_was_offered_to_last() {
    let world = World::start().await;
    let offer = |new_owner| Staking::transferOwnershipCall { newOwner: new_owner };
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(ADA, offer(ADA)).await;
    world.does(world.owner, offer(ADA)).await;
    world.does(world.owner, offer(BEN)).await;
    assert_eq!(world.chain.ask(world.staking, Staking::pendingOwnerCall {}).await, BEN);
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(ADA, Staking::acceptOwnershipCall {}).await;
    world.does(world.owner, offer(Address::ZERO)).await;
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(BEN, Staking::acceptOwnershipCall {}).await;
    world.does(world.owner, offer(BEN)).await;
    world.does(BEN, Staking::acceptOwnershipCall {}).await;
    assert_eq!(world.chain.ask(world.staking, Staking::ownerCall {}).await, BEN);
    // It is taken once, and the one before has nothing left.
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(BEN, Staking::acceptOwnershipCall {}).await;
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(world.owner, offer(ADA)).await;
}

#[tokio::test]
async fn a_guardian_to_come_is_seen_and_a_further_appointment_replaces_it() {
    let world = World::start().await;
    let appoint = |guardian| Staking::setGuardianCall { guardian };
    let pending = async || {
        let it = world.chain.ask(world.staking, Staking::pendingGuardianCall {}).await;
        (it.guardian, it.activeAt)
    };
    world.refuses::<Staking::OwnableUnauthorizedAccount, _>(world.guardian, appoint(ADA)).await;
    assert_eq!(pending().await, (Address::ZERO, U256::ZERO));
    let delay: u64 = world.chain.ask(world.staking, Staking::delayCall {}).await.to();
    world.does(world.owner, appoint(ADA)).await;
    assert_eq!(pending().await, (ADA, U256::from(world.now() + delay)));
    // Replaced a second before it would have held: the first guardian holds on, for a whole delay more.
    world.pass(delay - 1).await;
    world.does(world.owner, appoint(BEN)).await;
    let active = world.now() + delay;
    assert_eq!(pending().await, (BEN, U256::from(active)));
    world.until(active - 1).await;
    assert_eq!(world.chain.ask(world.staking, Staking::guardianCall {}).await, world.guardian);
    world.until(active).await;
    assert_eq!(world.chain.ask(world.staking, Staking::guardianCall {}).await, BEN);
    assert_eq!(pending().await, (Address::ZERO, U256::ZERO));
    // While a third is on the way, the second holds, not the first again.
    world.does(world.owner, appoint(ADA)).await;
    assert_eq!(world.chain.ask(world.staking, Staking::guardianCall {}).await, BEN);
    world.does(BEN, Staking::pauseCall {}).await;
}
