//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::layout;
use economics::EpochClock;

/// What holds from construction on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// COR.
    pub token: Address,
    /// The first second of epoch 0. 32 bits last until 2106.
    pub genesis: u32,
    /// Seconds of an epoch; 24 bits are 194 days.
    pub epoch_length: u32,
    /// Seconds from a root's quorum until it can become active; at most an epoch.
    pub window: u32,
}

impl Terms {
    /// The network's epoch clock.
    pub fn clock(&self) -> EpochClock {
        EpochClock::new(self.genesis.into(), self.epoch_length.into()).unwrap_or(EpochClock::LONGEST)
    }
}

layout!(Terms { token: 0..20, genesis: 20..24, epoch_length: 24..27, window: 27..30 });

/// What was paid, and what the active root allows to be paid in all; in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All claims together.
    pub paid: u128,
    /// The active root's total.
    pub allowed: u128,
}

layout!(Totals { paid: 0..16, allowed: 16..32 });

/// Which epoch the active root is of, and since when it is active: 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    /// Its epoch.
    pub epoch: u64,
    /// When it became active, in seconds.
    pub at: u64,
}

layout!(Active { epoch: 0..8, at: 8..16 });

/// The root that waits, beside its hash and its data's. None waits while `ready_at` is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Its total, in wei.
    pub total: u128,
    /// Its epoch.
    pub epoch: u64,
    /// When its window is over, in seconds; 56 bits outlast the sun.
    pub ready_at: u64,
    /// The guardian gave it a second window.
    pub extended: bool,
}

layout!(Pending { total: 0..16, epoch: 16..24, ready_at: 24..31, extended: 31..32 });

/// All budgets together, and whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// In wei.
    pub total: u128,
    /// The first epoch that gave one.
    pub first: u64,
    /// The epoch that gives the next one; 0 before the first.
    pub next: u64,
}

layout!(Budgets { total: 0..16, first: 16..24, next: 24..32 });

/// What a miner got, and whether it is paid to an address of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Miner {
    /// In wei.
    pub claimed: u128,
    /// There is a payout address.
    pub elsewhere: bool,
}

layout!(Miner { claimed: 0..16, elsewhere: 16..17 });

/// A set of attesters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// Its number, from 1 on: every set that was ever named has its own.
    pub number: u32,
    /// How many they are.
    pub size: u8,
    /// How many of them are a quorum.
    pub quorum: u8,
    /// Since when they are, in seconds.
    pub since: u64,
}

layout!(Panel { number: 0..4, size: 4..5, quorum: 5..6, since: 6..14 });

/// One of a set of attesters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: Address,
    /// The number of the first set since which it has been in all that held: what it voted before does not count.
    pub joined: u32,
}

layout!(Member { account: 0..20, joined: 20..24 });

/// What stands for a root in votes: 24 bytes of a hash, so that a vote is one slot.
pub type Ballot = [u8; 24];

/// What an attester stands behind in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vote {
    /// Zero for nothing.
    pub ballot: Ballot,
    /// The number of the set that the attester belonged to.
    pub panel: u32,
}

impl Vote {
    /// Whether it counts for `ballot`, given by this member of today's set.
    pub fn counts(&self, ballot: &Ballot, member: &Member) -> bool {
        self.ballot == *ballot && self.panel >= member.joined
    }
}

layout!(Vote { panel: 0..4, ballot: 8..32 });

#[cfg(test)]
mod tests {
    use super::*;
    use common::Word;

    fn returns<T: Word + PartialEq + core::fmt::Debug>(value: T) {
        assert_eq!(T::unpack(&value.pack()), value);
    }

    #[test]
    fn every_slot_keeps_its_fields_at_their_greatest() {
        let account = Address::repeat_byte(0xa5);
        returns(Terms { token: account, genesis: u32::MAX, epoch_length: 2_592_000, window: 2_592_000 });
        returns(Totals { paid: u128::MAX, allowed: u128::MAX - 1 });
        returns(Active { epoch: u64::MAX, at: u64::MAX - 1 });
        returns(Pending { total: u128::MAX, epoch: u64::MAX - 1, ready_at: (1 << 56) - 1, extended: true });
        returns(Budgets { total: u128::MAX, first: u64::MAX - 1, next: u64::MAX });
        returns(Miner { claimed: u128::MAX, elsewhere: true });
        returns(Panel { number: u32::MAX, size: 15, quorum: 8, since: u64::MAX });
        returns(Member { account, joined: u32::MAX });
        returns(Vote { ballot: [0xa5; 24], panel: u32::MAX });
    }

    #[test]
    fn a_vote_counts_while_its_attester_stays() {
        let (vote, ballot) = (Vote { ballot: [1; 24], panel: 3 }, [1; 24]);
        assert!(vote.counts(&ballot, &Member { joined: 3, ..Member::default() }));
        assert!(!vote.counts(&ballot, &Member { joined: 4, ..Member::default() }));
        assert!(!vote.counts(&[2; 24], &Member { joined: 1, ..Member::default() }));
    }
}
