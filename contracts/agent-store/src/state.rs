//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::{
    Word,
    slot::{read, read_address, write, write_address},
};
use economics::EpochClock;

/// What holds from construction on, and the switch that registering asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// COR.
    pub token: Address,
    /// The first second of epoch 0. Past at construction, and 32 bits last until 2106.
    pub genesis: u32,
    /// Seconds of an epoch; 24 bits are 194 days.
    pub epoch_length: u32,
    /// Registering is closed.
    pub paused: bool,
}

impl Terms {
    /// The network's epoch clock, which is app-fees'.
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
            paused: read::<27, 1>(word) != 0,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, self.token);
        write::<20, 4>(&mut word, self.genesis.into());
        write::<24, 3>(&mut word, self.epoch_length.into());
        write::<27, 1>(&mut word, self.paused.into());
        word
    }
}

/// What all apps come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// What each app leaves here, in wei: at most 100,000 COR, below 2^77.
    pub bond: u128,
    /// How many apps were ever registered.
    pub apps: u32,
    /// How many of them have not got their bond back.
    pub bonded: u32,
    /// Units per epoch that are allotted to apps, from the next epoch on.
    pub allotted: u64,
}

impl Word for Holdings {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            bond: read::<0, 12>(word),
            apps: read::<12, 4>(word) as u32,
            bonded: read::<16, 4>(word) as u32,
            allotted: read::<20, 8>(word) as u64,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.bond);
        write::<12, 4>(&mut word, self.apps.into());
        write::<16, 4>(&mut word, self.bonded.into());
        write::<20, 8>(&mut word, self.allotted.into());
        word
    }
}

/// Whom an app is offered to, and how far its life is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Who may accept it, or zero.
    pub to: Address,
    /// It is closed.
    pub closed: bool,
    /// Its bond is here.
    pub bonded: bool,
}

impl Word for Offer {
    fn unpack(word: &[u8; 32]) -> Self {
        let switches = read::<20, 1>(word);
        Self { to: read_address::<0>(word), closed: switches & 1 != 0, bonded: switches & 2 != 0 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, self.to);
        write::<20, 1>(&mut word, u128::from(self.closed) | u128::from(self.bonded) << 1);
        word
    }
}

/// What may be used for free, in units per epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeBudget {
    /// By all apps together.
    pub budget: u64,
    /// By a new app; at most a hundredth of it.
    pub starter: u64,
}

impl Word for FreeBudget {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { budget: read::<0, 8>(word) as u64, starter: read::<8, 8>(word) as u64 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 8>(&mut word, self.budget.into());
        write::<8, 8>(&mut word, self.starter.into());
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: Word + PartialEq + core::fmt::Debug>(value: T) {
        assert_eq!(T::unpack(&value.pack()), value);
    }

    #[test]
    fn a_slot_keeps_what_it_holds() {
        survives(Terms { token: Address::repeat_byte(9), genesis: u32::MAX, epoch_length: 2_592_000, paused: true });
        survives(Holdings { bond: (1 << 96) - 1, apps: u32::MAX, bonded: u32::MAX - 1, allotted: u64::MAX });
        survives(Offer { to: Address::repeat_byte(7), closed: true, bonded: false });
        survives(Offer { to: Address::ZERO, closed: false, bonded: true });
        survives(FreeBudget { budget: u64::MAX, starter: u64::MAX - 1 });
    }
}
