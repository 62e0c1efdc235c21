//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::{
    Word,
    slot::{read, read_address, write, write_address},
};
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

impl Word for Terms {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            token: read_address::<0>(word),
            genesis: read::<20, 4>(word) as u32,
            epoch_length: read::<24, 3>(word) as u32,
            window: read::<27, 3>(word) as u32,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, self.token);
        write::<20, 4>(&mut word, self.genesis.into());
        write::<24, 3>(&mut word, self.epoch_length.into());
        write::<27, 3>(&mut word, self.window.into());
        word
    }
}

/// What was paid, and what the active root allows to be paid in all; in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All claims together.
    pub paid: u128,
    /// The active root's total.
    pub allowed: u128,
}

impl Word for Totals {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { paid: read::<0, 16>(word), allowed: read::<16, 16>(word) }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 16>(&mut word, self.paid);
        write::<16, 16>(&mut word, self.allowed);
        word
    }
}

/// Which epoch the active root is of, and since when it is active: 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    /// Its epoch.
    pub epoch: u64,
    /// When it became active, in seconds.
    pub at: u64,
}

impl Word for Active {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { epoch: read::<0, 8>(word) as u64, at: read::<8, 8>(word) as u64 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 8>(&mut word, self.epoch.into());
        write::<8, 8>(&mut word, self.at.into());
        word
    }
}

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

impl Word for Pending {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            total: read::<0, 16>(word),
            epoch: read::<16, 8>(word) as u64,
            ready_at: read::<24, 7>(word) as u64,
            extended: read::<31, 1>(word) != 0,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 16>(&mut word, self.total);
        write::<16, 8>(&mut word, self.epoch.into());
        write::<24, 7>(&mut word, self.ready_at.into());
        write::<31, 1>(&mut word, self.extended.into());
        word
    }
}

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

impl Word for Budgets {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { total: read::<0, 16>(word), first: read::<16, 8>(word) as u64, next: read::<24, 8>(word) as u64 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 16>(&mut word, self.total);
        write::<16, 8>(&mut word, self.first.into());
        write::<24, 8>(&mut word, self.next.into());
        word
    }
}

/// What a miner got, and whether it is paid to an address of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Miner {
    /// In wei.
    pub claimed: u128,
    /// There is a payout address.
    pub elsewhere: bool,
}

impl Word for Miner {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { claimed: read::<0, 16>(word), elsewhere: read::<16, 1>(word) != 0 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 16>(&mut word, self.claimed);
        write::<16, 1>(&mut word, self.elsewhere.into());
        word
    }
}

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

impl Word for Panel {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            number: read::<0, 4>(word) as u32,
            size: read::<4, 1>(word) as u8,
            quorum: read::<5, 1>(word) as u8,
            since: read::<6, 8>(word) as u64,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 4>(&mut word, self.number.into());
        write::<4, 1>(&mut word, self.size.into());
        write::<5, 1>(&mut word, self.quorum.into());
        write::<6, 8>(&mut word, self.since.into());
        word
    }
}

/// One of a set of attesters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: Address,
    /// The number of the first set since which it has been in all that held: what it voted before does not count.
    pub joined: u32,
}

impl Word for Member {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { account: read_address::<0>(word), joined: read::<20, 4>(word) as u32 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, self.account);
        write::<20, 4>(&mut word, self.joined.into());
        word
    }
}

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

impl Word for Vote {
    fn unpack(word: &[u8; 32]) -> Self {
        let mut ballot = [0; 24];
        ballot.copy_from_slice(&word[..24]);
        Self { ballot, panel: read::<0, 4>(word) as u32 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        word[..24].copy_from_slice(&self.ballot);
        write::<0, 4>(&mut word, self.panel.into());
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
