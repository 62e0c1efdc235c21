//! Closing late, at random: years of fees, burns, deposits, changed splits and moving stakes, closed on time in one future
//! and up to a hundred epochs late in others, come to the same books to the wei.

use abi::{AppFees, MinerPool, MinerRewards, Staking};
use alloy_primitives::{B256, U256};

use crate::world::{ADA, BEN, COR, DAY, EPOCH, GENESIS, OWNER, World, cor};

/// Epochs of a history.
const EPOCHS: u64 = 110;
/// The most epochs by which a closing is late.
const LATEST: u64 = 100;

/// Epochs before the first closing.
const EARLY: u64 = 3;

/// The same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Who closes, and when.
#[derive(Clone, Copy)]
enum Closer {
    /// Each epoch in the second in which it is due.
    OnTime,
    /// At most so many at once, now and then.
    Late(u64),
}

/// What happens by a seed, whoever closes; and at last everything is closed, paid out and burned.
fn history(seed: u64, closer: Closer) -> (World, u64) {
    let mut world = World::started();
    let World { pool, fees, staking, .. } = world;
    let app = world.app();
    world.ok(ADA, staking, &Staking::stakeCall { amount: cor(1_000_000) });
    let (mut story, mut lateness) = (Dice(seed), Dice(seed ^ 0xc105e));
    let (mut waits, mut latest, mut waited) = (0_u64, 0, false);
    for epoch in 0..EPOCHS {
        let at = GENESIS + epoch * EPOCH + DAY;
        world.pass(at.saturating_sub(world.block.timestamp));
        match closer {
            Closer::OnTime => {
                world.ok(ADA, pool, &MinerPool::closeCall { max: U256::MAX });
            }
            Closer::Late(_) if epoch < EARLY || waits > 0 => waits = waits.saturating_sub(1),
            Closer::Late(max) => {
                latest = latest.max(epoch - world.view(pool, &MinerPool::nextEpochCall {}).to::<u64>());
                for _ in 0..lateness.below(4) {
                    world.ok(OWNER, pool, &MinerPool::closeCall { max: U256::from(max) });
                }
                // Once for as long as it goes, and then never for long.
                waits = if waited { lateness.below(4) } else { LATEST };
                waited = true;
            }
        }
        for _ in 0..story.below(4) {
            world.pass(story.below(DAY));
            let amount =
                U256::from(story.below(100_000_000_000)) * U256::from(COR / 1_000_000) + U256::from(story.below(COR as u64));
            match story.below(7) {
                0 | 1 => {
                    world.ok(ADA, fees, &AppFees::payCall { appId: app, amount, memo: B256::ZERO });
                }
                2 => {
                    world.ok(OWNER, pool, &MinerPool::depositCall { amount });
                }
                3 => {
                    world.ok(BEN, staking, &Staking::stakeCall { amount });
                }
                4 => {
                    let stake = world.view(staking, &Staking::stakeOfCall { account: BEN });
                    let part = stake / U256::from(2 + story.below(3));
                    if part >= cor(2) {
                        world.ok(BEN, staking, &Staking::requestUnstakeCall { amount: part });
                    }
                }
                5 => {
                    let miners = 5_000 + story.below(2_500);
                    let (treasury, burn) = (750 + story.below(200), 750 + story.below(200));
                    let [miners, treasury, burn] = [miners, treasury, burn].map(U256::from);
                    world.ok(
                        OWNER,
                        fees,
                        &AppFees::setSplitCall { minersShare: miners, treasuryShare: treasury, burnShare: burn },
                    );
                }
                // There is less to burn where less was closed.
                _ => {
                    let _ = world.send(BEN, fees, &AppFees::burnCall {});
                }
            }
        }
    }
    world.pass(4 * EPOCH);
    let max = if let Closer::Late(max) = closer { U256::from(max) } else { U256::MAX };
    while !world.ok(ADA, pool, &MinerPool::closeCall { max }).is_zero() {}
    for _ in 0..2 {
        let _ = world.send(ADA, fees, &AppFees::burnCall {});
        let _ = world.send(ADA, fees, &AppFees::pullTreasuryCall {});
    }
    world.assert_solvent();
    (world, latest)
}

fn same_however_late(seed: u64) {
    let (on_time, _) = history(seed, Closer::OnTime);
    let World { pool, fees, rewards, store, .. } = on_time;
    let books = |world: &World| {
        let mut slots = world.slots();
        slots.retain(|(contract, _), _| [pool, fees, rewards, store].contains(contract));
        slots
    };
    let emitted = on_time.view(pool, &MinerPool::totalsCall {}).emitted;
    assert!(emitted > U256::ZERO);
    for max in [1, 7, 100] {
        let (late, latest) = history(seed, Closer::Late(max));
        for epoch in (0..EPOCHS).map(U256::from) {
            let closed = |world: &World| {
                let it = world.view(pool, &MinerPool::closedEpochCall { epoch });
                (it.emission, it.fees, world.view(rewards, &MinerRewards::budgetThroughCall { epoch }))
            };
            assert_eq!(closed(&late), closed(&on_time), "epoch {epoch}, at most {max} at once, seed {seed}");
        }
        assert!(books(&late) == books(&on_time), "at most {max} at once, seed {seed}");
        for account in [pool, fees, rewards] {
            assert_eq!(late.balance(account), on_time.balance(account), "at most {max} at once, seed {seed}");
        }
        println!(
            "seed {seed}: {EPOCHS} epochs, at most {max} at once, up to {latest} late: {} slots equal, {emitted} wei emitted",
            books(&late).len()
        );
        assert!(latest >= LATEST);
    }
}

#[test]
fn closing_up_to_a_hundred_epochs_late_is_closing_on_time() {
    same_however_late(1);
}

#[test]
fn closing_late_in_another_history_is_closing_on_time() {
    same_however_late(2);
}

#[test]
fn closing_late_in_a_third_history_is_closing_on_time() {
    same_however_late(3);
}
