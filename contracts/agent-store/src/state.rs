//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::layout;
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

layout!(Terms { token: 0..20, genesis: 20..24, epoch_length: 24..27, paused: 27..28 });

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

layout!(Holdings { bond: 0..12, apps: 12..16, bonded: 16..20, allotted: 20..28 });

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

layout!(Offer { to: 0..20; 20: closed | bonded });

/// What may be used for free, in units per epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeBudget {
    /// By all apps together.
    pub budget: u64,
    /// By a new app; at most a hundredth of it.
    pub starter: u64,
}

layout!(FreeBudget { budget: 0..8, starter: 8..16 });

#[cfg(test)]
mod tests {
    use super::*;
    use common::Word;

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
