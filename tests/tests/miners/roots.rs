//! Roots: who may vote, when a quorum counts, and how a rogue one is caught.

use abi::{MinerPool, MinerRewards};
use alloy_primitives::{Address, B256, U256};

use crate::world::{ADA, DAY, GUARDIAN, OWNER, World};

/// The attesters of the tests.
pub(crate) fn attester(number: u8) -> Address {
    Address::with_last_byte(0xd0 + number)
}

/// A network whose epochs 0 and 1 are closed, with five attesters of whom three are a quorum.
pub(crate) fn attested() -> World {
    let mut world = World::started();
    let attesters = (0..5).map(attester).collect();
    world.ok(OWNER, world.rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    world.until_due(1);
    world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::from(10) });
    world
}

pub(crate) fn vote(epoch: u64, root: u8, total: U256) -> MinerRewards::voteCall {
    MinerRewards::voteCall {
        epoch: U256::from(epoch),
        root: B256::repeat_byte(root),
        cumulativeTotal: total,
        dataHash: B256::repeat_byte(0xdd),
        uri: "ipfs://scores".to_owned(),
    }
}

pub(crate) fn propose(vote: &MinerRewards::voteCall) -> MinerRewards::proposeCall {
    let MinerRewards::voteCall { epoch, root, cumulativeTotal, dataHash, .. } = vote.clone();
    MinerRewards::proposeCall { epoch, root, cumulativeTotal, dataHash }
}

#[test]
fn attesters_hold_after_the_delay_and_a_quorum_is_more_than_half() {
    let mut world = World::started();
    let rewards = world.rewards;
    let name = |count: u8, quorum: u64| MinerRewards::setAttestersCall {
        attesters: (0..count).map(attester).collect(),
        quorum: U256::from(quorum),
    };
    for (count, quorum) in [(4, 2), (3, 4), (0, 0), (5, 0), (16, 9)] {
        let _: MinerRewards::QuorumOutOfBounds = world.refused(OWNER, rewards, &name(count, quorum));
    }
    let twice = MinerRewards::setAttestersCall { attesters: vec![ADA, ADA, OWNER], quorum: U256::from(2) };
    let _: MinerRewards::InvalidAttester = world.refused(OWNER, rewards, &twice);
    world.ok(OWNER, rewards, &name(15, 8));
    assert!(world.view(rewards, &MinerRewards::attestersCall {}).is_empty());
    assert_eq!(world.view(rewards, &MinerRewards::pendingAttestersCall {}).attesters.len(), 15);
    world.pass(DAY);
    let now = world.view(rewards, &MinerRewards::attestersCall {});
    assert_eq!(now, (0..15).map(attester).collect::<Vec<_>>());
    assert!(world.view(rewards, &MinerRewards::pendingAttestersCall {}).attesters.is_empty());
}

#[test]
fn a_root_is_of_a_closed_epoch_within_its_budget_and_not_zero() {
    let mut world = attested();
    let rewards = world.rewards;
    let budget = world.view(rewards, &MinerRewards::budgetThroughCall { epoch: U256::ONE });
    assert!(budget > U256::ZERO);
    let _: MinerRewards::NotAttester = world.refused(ADA, rewards, &vote(1, 1, budget));
    let _: MinerRewards::EpochNotClosed = world.refused(attester(0), rewards, &vote(2, 1, budget));
    let above: MinerRewards::TotalAboveBudget = world.refused(attester(0), rewards, &vote(1, 1, budget + U256::ONE));
    assert_eq!(above.budget, budget);
    let _: MinerRewards::ZeroRoot = world.refused(attester(0), rewards, &vote(1, 0, budget));
    world.ok(attester(0), rewards, &vote(1, 1, budget));
}

#[test]
fn conflicting_votes_do_not_count_together_and_a_changed_one_counts_once() {
    let mut world = attested();
    let rewards = world.rewards;
    world.ok(attester(0), rewards, &vote(1, 1, U256::from(7)));
    world.ok(attester(1), rewards, &vote(1, 2, U256::from(7)));
    world.ok(attester(2), rewards, &vote(1, 1, U256::from(8)));
    world.ok(attester(0), rewards, &vote(1, 1, U256::from(7)));
    assert_eq!(world.view(rewards, &MinerRewards::pendingRootCall {}).readyAt, U256::ZERO);
    world.ok(attester(1), rewards, &vote(1, 1, U256::from(7)));
    let few: MinerRewards::NoQuorum = world.refused(ADA, rewards, &propose(&vote(1, 1, U256::from(7))));
    assert_eq!((few.votes, few.quorum), (U256::from(2), U256::from(3)));
    world.ok(attester(2), rewards, &vote(1, 1, U256::from(7)));
    let pending = world.view(rewards, &MinerRewards::pendingRootCall {});
    assert_eq!((pending.root, pending.cumulativeTotal), (B256::repeat_byte(1), U256::from(7)));
}

#[test]
fn a_root_waits_for_its_window_and_the_guardian_extends_it_once() {
    let mut world = attested();
    let rewards = world.rewards;
    for number in 0..3 {
        world.ok(attester(number), rewards, &vote(1, 1, U256::from(7)));
    }
    let ready = world.block.timestamp + 3 * DAY;
    let _: MinerRewards::NotGuardian = world.refused(OWNER, rewards, &MinerRewards::extendCall {});
    world.ok(GUARDIAN, rewards, &MinerRewards::extendCall {});
    let again: MinerRewards::AlreadyExtended = world.refused(GUARDIAN, rewards, &MinerRewards::extendCall {});
    assert_eq!(again.readyAt, U256::from(ready + 3 * DAY));
    world.pass(6 * DAY - 1);
    let _: MinerRewards::WindowOpen = world.refused(ADA, rewards, &MinerRewards::activateCall {});
    world.pass(1);
    assert!(world.ok(ADA, rewards, &MinerRewards::activateCall {}));
    assert_eq!(world.view(rewards, &MinerRewards::activeRootCall {}).root, B256::repeat_byte(1));
    let _: MinerRewards::NoPendingRoot = world.refused(ADA, rewards, &MinerRewards::activateCall {});
    let _: MinerRewards::EpochNotLater = world.refused(attester(0), rewards, &vote(1, 2, U256::from(7)));
}

/// Three attesters lie; the owner replaces them within the window, and the root is dropped. The honest ones' root waited.
#[test]
fn a_rogue_quorum_is_caught_within_the_window() {
    let mut world = attested();
    let rewards = world.rewards;
    let rogue = vote(1, 0x66, U256::from(99));
    for number in 0..3 {
        world.ok(attester(number), rewards, &rogue);
    }
    let attesters = (3..8).map(attester).collect();
    world.ok(OWNER, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    world.pass(DAY);
    assert_eq!(
        world.view(
            rewards,
            &MinerRewards::votesCall {
                epoch: rogue.epoch,
                root: rogue.root,
                cumulativeTotal: rogue.cumulativeTotal,
                dataHash: rogue.dataHash,
            }
        ),
        U256::ZERO
    );
    let honest = vote(1, 0x11, U256::from(5));
    for number in 3..6 {
        world.ok(attester(number), rewards, &honest);
    }
    let _: MinerRewards::RootPending = world.refused(ADA, rewards, &propose(&honest));
    world.pass(2 * DAY);
    assert!(!world.ok(ADA, rewards, &MinerRewards::activateCall {}), "the rogue root is dropped");
    assert_eq!(world.view(rewards, &MinerRewards::activeRootCall {}).root, B256::ZERO);
    world.ok(ADA, rewards, &propose(&honest));
    world.pass(3 * DAY);
    assert!(world.ok(ADA, rewards, &MinerRewards::activateCall {}));

    // Naming the rogues again does not bring their votes back.
    let attesters = (0..5).map(attester).collect();
    world.ok(OWNER, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) });
    world.pass(DAY);
    assert_eq!(
        world.view(
            rewards,
            &MinerRewards::votesCall {
                epoch: rogue.epoch,
                root: rogue.root,
                cumulativeTotal: rogue.cumulativeTotal,
                dataHash: rogue.dataHash,
            }
        ),
        U256::ZERO
    );
}
