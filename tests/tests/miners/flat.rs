//! Rule 8: what a call costs does not grow with apps, or with epochs gone by and what was set in them.

use abi::{AppFees, MinerPool};
use alloy_primitives::{B256, U256};

use crate::world::{ADA, BEN, COR, OWNER, World, cor};

/// How much of a call's gas may come and go with what it is told, in parts of 100: a zero byte costs less than another.
const PLAY: u64 = 2;

/// What each call on the first app costs, in an epoch like any other, and what closing that epoch costs.
fn costs(world: &mut World) -> Vec<(&'static str, u64)> {
    let World { fees, pool, .. } = *world;
    let app_id = U256::ONE;
    let mut costs = Vec::new();
    let mut note = |name, world: &World| costs.push((name, world.gas));
    world.ok(BEN, fees, &AppFees::topUpCall { appId: app_id, amount: cor(10) });
    note("topUp", world);
    world.ok(BEN, fees, &AppFees::sponsorCall { appId: app_id, amount: cor(10) });
    note("sponsor", world);
    world.ok(BEN, fees, &AppFees::payCall { appId: app_id, amount: cor(10), memo: B256::ZERO });
    note("pay", world);
    world.ok(BEN, fees, &AppFees::commitCall { appId: app_id, units: U256::ONE, epochs: U256::ONE });
    note("commit", world);
    world.ok(BEN, fees, &AppFees::requestExitCall { appId: app_id, amount: cor(1) });
    note("requestExit", world);
    world.ok(BEN, fees, &AppFees::cancelExitCall { appId: app_id });
    note("cancelExit", world);
    let epoch = world.view(pool, &MinerPool::epochCall {});
    world.until_due(epoch.to());
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::ONE });
    note("close", world);
    costs
}

/// An epoch in which price, discount and split change and something is paid; it is closed when it is due.
fn busy_epoch(world: &mut World, number: u64) {
    let World { fees, pool, .. } = *world;
    let odd = number % 2;
    world.ok(OWNER, fees, &AppFees::setUnitPriceCall { unitPrice: U256::from(COR + u128::from(odd)) });
    world.ok(OWNER, fees, &AppFees::setDiscountCall { discount: U256::from(1_000 + odd) });
    let miners = U256::from(7_000 + odd);
    let split = AppFees::setSplitCall { minersShare: miners, treasuryShare: U256::from(1_000), burnShare: U256::from(500) };
    world.ok(OWNER, fees, &split);
    world.ok(BEN, fees, &AppFees::payCall { appId: U256::ONE, amount: cor(10), memo: B256::ZERO });
    let epoch = world.view(pool, &MinerPool::epochCall {});
    world.until_due(epoch.to());
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::ONE });
}

#[test]
fn rule_8_no_call_costs_more_for_other_apps_or_epochs_gone_by() {
    let mut young = World::started();
    young.app();
    for number in 0..3 {
        busy_epoch(&mut young, number);
    }
    let mut old = young.clone();
    for _ in 0..40 {
        old.app();
    }
    for number in 3..33 {
        busy_epoch(&mut old, number);
    }
    for ((name, early), (_, late)) in costs(&mut young).into_iter().zip(costs(&mut old)) {
        assert!(late * 100 <= early * (100 + PLAY), "{name} takes {late} gas after 40 apps and 30 epochs, not {early}");
    }
}
