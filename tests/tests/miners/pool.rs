//! The reserve: its start, its formula, its closing however late, and its moving on.

use abi::{AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::{B256, U256};
use economics::{
    Wad,
    emission::{Decay, Taper, cap, circulating},
};

use crate::world::{ADA, BEN, COR, DAY, EPOCH, GENESIS, GUARDIAN, OWNER, SUPPLY, World, cor};

#[test]
fn rule_2_emission_starts_at_thirty_five_percent_and_not_a_wei_below() {
    let mut world = World::new();
    let pool = world.pool;
    world.ok(OWNER, pool, &MinerPool::depositCall { amount: cor(350_000_000) - U256::ONE });
    let refused: MinerPool::ReserveBelowShare = world.refused(OWNER, pool, &MinerPool::startEmissionCall {});
    assert_eq!((refused.reserve, refused.needed), (cor(350_000_000) - U256::ONE, cor(350_000_000)));
    world.ok(ADA, pool, &MinerPool::depositCall { amount: U256::ONE });
    let _: MinerPool::OwnableUnauthorizedAccount = world.refused(ADA, pool, &MinerPool::startEmissionCall {});
    world.ok(OWNER, pool, &MinerPool::startEmissionCall {});
    let again: MinerPool::AlreadyStarted = world.refused(OWNER, pool, &MinerPool::startEmissionCall {});
    assert_eq!(again.firstEpoch, U256::ONE);
    assert_eq!(world.view(pool, &MinerPool::emittingCall {}).first, U256::ONE);
}

#[test]
fn what_is_sent_to_the_pool_otherwise_is_no_deposit() {
    let mut world = World::new();
    world.ok(OWNER, world.token, &abi::CorToken::transferCall { to: world.pool, value: cor(400_000_000) });
    let refused: MinerPool::ReserveBelowShare = world.refused(OWNER, world.pool, &MinerPool::startEmissionCall {});
    assert_eq!(refused.reserve, U256::ZERO);
}

#[test]
fn deposits_stop_while_paused_and_closing_does_not() {
    let mut world = World::started();
    world.ok(GUARDIAN, world.pool, &MinerPool::pauseCall {});
    let _: MinerPool::EnforcedPause = world.refused(ADA, world.pool, &MinerPool::depositCall { amount: U256::ONE });
    world.until_due(1);
    assert_eq!(world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::from(100) }), U256::from(2));
}

#[test]
fn an_epoch_is_closed_from_its_grace_on_and_not_a_second_before() {
    let mut world = World::started();
    world.until_due(0);
    world.block.timestamp -= 1;
    assert_eq!(world.view(world.pool, &MinerPool::dueCall {}), U256::ZERO);
    assert_eq!(world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE }), U256::ZERO);
    world.block.timestamp += 1;
    assert_eq!(world.view(world.pool, &MinerPool::dueCall {}), U256::ONE);
    assert_eq!(world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::from(9) }), U256::ONE);
}

/// What an epoch came to.
type Row = (U256, U256);

/// Twenty epochs of fees, stake moves, deposits and changed splits; closed whenever `closes` says so, and at last in full.
fn story(max: u64, closes: impl Fn(u64) -> bool) -> (Vec<Row>, World) {
    let mut world = World::started();
    let (pool, fees, staking) = (world.pool, world.fees, world.staking);
    let app = world.app();
    for epoch in 0..20 {
        let at = GENESIS + epoch * EPOCH + DAY + 3_600;
        world.pass(at - world.block.timestamp);
        if closes(epoch) {
            while world.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(max) }) == U256::from(max) {}
            world.assert_solvent();
        }
        world.pass(DAY);
        let amount = U256::from(7_919 * COR / 3 * u128::from(epoch * epoch + 1));
        world.ok(ADA, fees, &AppFees::payCall { appId: app, amount, memo: B256::ZERO });
        match epoch % 4 {
            0 => {
                world.ok(BEN, staking, &Staking::stakeCall { amount: cor(700_000) + U256::from(epoch) });
            }
            1 => {
                world.ok(ADA, pool, &MinerPool::depositCall { amount: U256::from(1_234_567 + epoch) });
            }
            2 => {
                world.ok(BEN, staking, &Staking::requestUnstakeCall { amount: cor(300_000) });
            }
            _ => {
                let split = AppFees::setSplitCall {
                    minersShare: U256::from(6_000 + 100 * epoch),
                    treasuryShare: U256::from(1_000),
                    burnShare: U256::from(500),
                };
                world.ok(OWNER, fees, &split);
            }
        }
    }
    world.pass(100 * EPOCH);
    while world.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(max) }) == U256::from(max) {}
    world.assert_solvent();
    let rows = (0..25).map(|epoch| {
        let closed = world.view(pool, &MinerPool::closedEpochCall { epoch: U256::from(epoch) });
        (closed.emission, closed.fees)
    });
    (rows.collect(), world)
}

#[test]
fn closing_late_pays_exactly_what_closing_on_time_pays() {
    let (on_time, world) = story(100, |_| true);
    assert!(on_time[1..].iter().all(|row| row.0 > U256::ZERO) && on_time[..20].iter().all(|row| row.1 > U256::ZERO));
    let held = world.view(world.pool, &MinerPool::reserveCall {});
    let budgets = world.view(world.rewards, &MinerRewards::totalsCall {}).budgets;
    for (max, closes) in [(1, (|epoch| epoch % 5 == 0) as fn(u64) -> bool), (7, |epoch| epoch == 13), (100, |_| false)] {
        let (late, late_world) = story(max, closes);
        assert_eq!(late, on_time, "at most {max} at once");
        let late_held = late_world.view(late_world.pool, &MinerPool::reserveCall {});
        assert_eq!((late_held.reserve, late_held.deposits), (held.reserve, held.deposits));
        assert_eq!(late_world.view(late_world.rewards, &MinerRewards::totalsCall {}).budgets, budgets);
    }
}

#[test]
fn each_epoch_emits_by_the_formula() {
    let (rows, world) = story(7, |_| true);
    let (decay, half) = (Decay::new(Decay::DEFAULT).unwrap(), Wad::new(Wad::ONE.units() / 2).unwrap());
    let taper = Taper::new(half, half, Wad::new(Wad::ONE.units() / 20).unwrap()).unwrap();
    let (mut reserve, mut burned) = (0_u128, 0_u128);
    for (epoch, (emission, fees)) in rows.iter().enumerate() {
        let epoch = epoch as u64;
        let average = world.view(world.staking, &Staking::averageStakeCall { epoch: U256::from(epoch) }).to::<u128>();
        let outside = circulating(SUPPLY - burned, reserve);
        let expected = match epoch {
            0 => 0,
            _ => taper.emission(cap(reserve, decay), fees.to(), outside, average).unwrap(),
        };
        assert_eq!(*emission, U256::from(expected), "epoch {epoch}");
        let income = world.view(world.fees, &AppFees::incomeOfCall { epoch: U256::from(epoch) });
        burned += (income.own + income.granted).to::<u128>() / 20;
        let deposits = match epoch {
            0 => 350_000_000 * COR,
            epoch if epoch < 20 && epoch % 4 == 1 => u128::from(1_234_567 + epoch),
            _ => 0,
        };
        reserve = reserve - expected + deposits;
        let share = world.view(world.pool, &MinerPool::userPaidShareCall { epoch: U256::from(epoch) });
        let divisor = *emission + *fees;
        let written = if fees.is_zero() { U256::ZERO } else { *fees * U256::from(COR) / divisor };
        assert_eq!(share, written, "all that was paid in epoch {epoch} the app paid itself");
    }
}

#[test]
fn the_reserve_moves_on_in_its_window_only_and_what_miners_earned_stays() {
    let mut world = World::started();
    let pool = world.pool;
    for recipient in [pool, world.rewards, world.fees, world.staking, world.store, world.token, alloy_primitives::Address::ZERO] {
        let _: MinerPool::InvalidRecipient = world.refused(OWNER, pool, &MinerPool::retireCall { recipient });
    }
    let _: MinerPool::NotAnnounced = world.refused(OWNER, pool, &MinerPool::releaseCall {});
    world.ok(OWNER, pool, &MinerPool::retireCall { recipient: BEN });
    let announced = world.block.timestamp;
    world.pass(90 * DAY - 1);
    let early: MinerPool::OutsideWindow = world.refused(OWNER, pool, &MinerPool::releaseCall {});
    assert_eq!((early.opensAt, early.closesAt), (U256::from(announced + 90 * DAY), U256::from(announced + 120 * DAY)));
    let mut late = world.clone();
    late.pass(30 * DAY + 1);
    let _: MinerPool::OutsideWindow = late.refused(OWNER, pool, &MinerPool::releaseCall {});
    let mut called_off = world.clone();
    called_off.ok(OWNER, pool, &MinerPool::callOffCall {});
    called_off.pass(1);
    let _: MinerPool::NotAnnounced = called_off.refused(OWNER, pool, &MinerPool::releaseCall {});

    world.pass(1);
    let _: MinerPool::NotReleased = world.refused(ADA, pool, &MinerPool::pullReserveCall {});
    world.ok(OWNER, pool, &MinerPool::releaseCall {});
    let last: u64 = world.view(pool, &MinerPool::emittingCall {}).last.to();
    assert_eq!(last, 90 / 7);
    let _: MinerPool::AlreadyReleased = world.refused(ADA, pool, &MinerPool::depositCall { amount: U256::ONE });
    let _: MinerPool::AlreadyReleased = world.refused(OWNER, pool, &MinerPool::callOffCall {});
    let still: MinerPool::StillEmitting = world.refused(ADA, pool, &MinerPool::pullReserveCall {});
    assert_eq!(still.time, U256::from(GENESIS + (last + 1) * EPOCH + DAY + 30 * DAY));

    // A pool whose closing is broken: nobody closes, and thirty days after the last epoch came due all of it moves.
    let mut broken = world.clone();
    broken.pass(still.time.to::<u64>() - broken.block.timestamp - 1);
    let _: MinerPool::StillEmitting = broken.refused(ADA, pool, &MinerPool::pullReserveCall {});
    broken.pass(1);
    let before = broken.balance(BEN);
    assert_eq!(broken.ok(ADA, pool, &MinerPool::pullReserveCall {}), cor(350_000_000));
    assert_eq!(broken.balance(BEN), before + cor(350_000_000));
    broken.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(100) });
    assert_eq!(broken.view(pool, &MinerPool::totalsCall {}).emitted, U256::ZERO);
    broken.assert_solvent();

    // One that works: the last epoch closes, then the rest moves, and what was emitted stays with the miners.
    world.until_due(last);
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(100) });
    let emitted = world.view(pool, &MinerPool::totalsCall {}).emitted;
    assert!(emitted > U256::ZERO);
    assert_eq!(world.ok(ADA, pool, &MinerPool::pullReserveCall {}), cor(350_000_000) - emitted);
    assert_eq!(world.balance(world.rewards), emitted);
    let _: MinerPool::NothingToPull = world.refused(ADA, pool, &MinerPool::pullReserveCall {});
    world.pass(3 * EPOCH);
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::from(100) });
    assert_eq!(world.view(pool, &MinerPool::totalsCall {}).emitted, emitted);
    world.assert_solvent();
}

#[test]
fn a_second_set_starts_with_what_the_first_one_emitted() {
    let mut world = World::started();
    let first = world.pool;
    world.ok(OWNER, first, &MinerPool::retireCall { recipient: BEN });
    world.pass(90 * DAY);
    world.ok(OWNER, first, &MinerPool::releaseCall {});
    world.until_due(world.view(first, &MinerPool::emittingCall {}).last.to());
    world.ok(ADA, first, &MinerPool::closeCall { max: U256::from(100) });
    let amount = world.ok(ADA, first, &MinerPool::pullReserveCall {});
    let past = world.view(first, &MinerPool::totalsCall {});
    assert!(past.emitted > U256::ZERO && amount + past.emitted == cor(350_000_000));

    let mut forgotten = world.clone();
    forgotten.deploy_set(past.emitted - U256::ONE, past.burned);
    forgotten.ok(BEN, forgotten.pool, &MinerPool::depositCall { amount });
    let short: MinerPool::ReserveBelowShare = forgotten.refused(OWNER, forgotten.pool, &MinerPool::startEmissionCall {});
    assert_eq!(short.reserve + U256::ONE, short.needed);

    world.deploy_set(past.emitted, past.burned);
    world.ok(BEN, world.pool, &MinerPool::depositCall { amount });
    world.ok(OWNER, world.pool, &MinerPool::startEmissionCall {});
    let running = world.view(world.pool, &MinerPool::epochCall {});
    assert_eq!(world.view(world.pool, &MinerPool::nextEpochCall {}), running);
    world.until_due(running.to::<u64>() + 1);
    assert_eq!(world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::from(100) }), U256::from(2));
    assert!(world.view(world.pool, &MinerPool::totalsCall {}).emitted > U256::ZERO);
    world.assert_solvent();
}
