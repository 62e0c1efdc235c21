//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::{
    Word, layout,
    layout::{read, write},
};
use economics::{
    Epoch, EpochClock, Wad,
    emission::{Decay, Taper},
};

/// What holds from construction on, and the switch that every deposit asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// COR.
    pub token: Address,
    /// The first second of epoch 0. Past at construction, and 32 bits last until 2106.
    pub genesis: u32,
    /// Seconds of an epoch; 24 bits are 194 days.
    pub epoch_length: u32,
    /// Seconds from an epoch's end until it may be closed; at most an epoch.
    pub grace: u32,
    /// Deposits are closed.
    pub paused: bool,
}

impl Terms {
    /// The network's epoch clock. Its length was checked at construction.
    pub fn clock(&self) -> EpochClock {
        EpochClock::new(self.genesis.into(), self.epoch_length.into()).unwrap_or(EpochClock::LONGEST)
    }

    /// When an epoch may be closed: its end and the grace.
    pub fn due_at(&self, epoch: u64) -> u64 {
        self.clock().end(Epoch(epoch)).saturating_add(self.grace.into())
    }
}

layout!(Terms { token: 0..20, genesis: 20..24, epoch_length: 24..27, grace: 27..30, paused: 30..31 });

/// All that the pool owes, and how far it is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// R, in wei.
    pub reserve: u128,
    /// Wei that join it as the epochs close in which they came.
    pub deposits: u128,
    /// The oldest epoch that is not closed.
    pub next: u64,
}

layout!(Reserve { reserve: 0..12, deposits: 12..24, next: 24..32 });

/// What has come of the reserve, and which epochs emit. An epoch number of 0 stands for none: emission starts with the
/// epoch after a running one, and takes 90 days to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// Wei emitted.
    pub emitted: u128,
    /// The burn parts of the epochs closed here, in wei.
    pub burned: u128,
    first: u32,
    last: u32,
}

impl Course {
    /// The first epoch that emits, once that is known.
    pub fn first(&self) -> Option<u64> {
        (self.first != 0).then_some(self.first.into())
    }

    /// The last epoch that emits, once that is known.
    pub fn last(&self) -> Option<u64> {
        (self.last != 0).then_some(self.last.into())
    }

    /// Lets epochs emit from this one on.
    pub fn begin(&mut self, epoch: u64) {
        self.first = u32::try_from(epoch).unwrap_or(u32::MAX);
    }

    /// Lets no epoch after this one emit.
    pub fn end(&mut self, epoch: u64) {
        self.last = u32::try_from(epoch).unwrap_or(u32::MAX);
    }

    /// Whether an epoch emits.
    pub fn emits(&self, epoch: u64) -> bool {
        self.first().is_some_and(|first| first <= epoch) && self.last().is_none_or(|last| epoch <= last)
    }
}

layout!(Course { emitted: 0..12, burned: 12..24, first: 24..28, last: 28..32 });

/// The formula's constants, as parts of 1e18. Their bounds were checked at construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    /// The part of the reserve that an epoch emits at most.
    pub decay: Decay,
    /// What usage and stake take of it, and what is left in any case.
    pub taper: Taper,
}

/// What a slot reads as that was never written, for want of a decay of zero.
const SLOWEST: Decay = match Decay::new(Decay::SLOWEST) {
    Some(decay) => decay,
    None => panic!("the slowest decay is within the bounds"),
};

impl Word for Formula {
    fn unpack(word: &[u8; 32]) -> Self {
        let [decay, usage, stake, floor] =
            [read::<0, 8>(word), read::<8, 8>(word), read::<16, 8>(word), read::<24, 8>(word)].map(|units| units as u64);
        let wad = |units| Wad::new(units).unwrap_or_default();
        Self {
            decay: Decay::new(decay).unwrap_or(SLOWEST),
            taper: Taper { usage: wad(usage), stake: wad(stake), floor: wad(floor) },
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 8>(&mut word, self.decay.units().into());
        write::<8, 8>(&mut word, self.taper.usage.units().into());
        write::<16, 8>(&mut word, self.taper.stake.units().into());
        write::<24, 8>(&mut word, self.taper.floor.units().into());
        word
    }
}

/// COR over all networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supply {
    /// The reference supply, in wei.
    pub reference: u128,
    /// What earlier pools burned of it, in wei.
    pub burnt_before: u128,
}

impl Supply {
    /// What is left of it when this pool's epochs have burned `burned`.
    pub fn less(&self, burned: u128) -> u128 {
        self.reference.saturating_sub(self.burnt_before).saturating_sub(burned)
    }
}

layout!(Supply { reference: 0..12, burnt_before: 12..24 });

/// That the reserve is to move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retirement {
    /// To whom.
    pub recipient: Address,
    /// When it was announced; 0 when it was not.
    pub announced_at: u64,
    /// The reserve is gone: what unclosed epochs were to add went with it.
    pub pulled: bool,
}

impl Retirement {
    /// From how long after the announcement to how long after it `release` holds, in seconds: 90 and 120 days.
    pub const WINDOW: (u64, u64) = (90 * 86_400, 120 * 86_400);
    /// How long after it came due the last epoch may stay unclosed before the reserve moves without it: 30 days.
    pub const PATIENCE: u64 = 30 * 86_400;

    /// The window of `release`: from its first second to before the second one, if anything is announced.
    pub fn window(&self) -> Option<(u64, u64)> {
        let (opens, closes) = Self::WINDOW;
        let at = self.announced_at;
        (at != 0).then_some((at.saturating_add(opens), at.saturating_add(closes)))
    }
}

layout!(Retirement { recipient: 0..20, announced_at: 20..28, pulled: 28..29 });

/// What an epoch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Wei of the reserve.
    pub emission: u128,
    /// Miners' part of its fees, in wei.
    pub fees: u128,
}

layout!(Closed { emission: 0..12, fees: 12..28 });

#[cfg(test)]
mod tests {
    use super::*;
    use economics::HOLDING_LIMIT;

    fn returns<T: Word + PartialEq + core::fmt::Debug>(value: T) {
        assert_eq!(T::unpack(&value.pack()), value);
    }

    #[test]
    fn every_slot_keeps_its_fields_at_their_greatest() {
        let (most, token) = (HOLDING_LIMIT - 1, Address::repeat_byte(0xa5));
        returns(Terms { token, genesis: u32::MAX, epoch_length: 2_592_000, grace: 2_592_000, paused: true });
        returns(Reserve { reserve: most, deposits: most - 1, next: u64::MAX - 2 });
        returns(Course { emitted: most, burned: most - 1, first: u32::MAX, last: u32::MAX - 1 });
        let taper = Taper { usage: Wad::ONE, stake: Wad::new(7).unwrap(), floor: Wad::new(Taper::HIGHEST_FLOOR).unwrap() };
        returns(Formula { decay: Decay::new(Decay::FASTEST).unwrap(), taper });
        returns(Supply { reference: most, burnt_before: most - 1 });
        returns(Retirement { recipient: token, announced_at: u64::MAX - 1, pulled: true });
        returns(Closed { emission: most, fees: u128::MAX - 1 });
    }

    #[test]
    fn epochs_emit_from_the_first_to_the_last() {
        let mut course = Course::default();
        assert!(!course.emits(0) && !course.emits(u64::MAX));
        course.begin(3);
        assert!(!course.emits(2) && course.emits(3) && course.emits(1_000_000));
        course.end(20);
        assert!(course.emits(20) && !course.emits(21));
        let mut never = Course::default();
        never.end(20);
        assert!(!never.emits(20));
    }

    #[test]
    fn an_epoch_is_due_its_grace_after_its_end() {
        let terms = Terms { genesis: 1_000, epoch_length: 3_600, grace: 60, ..Terms::default() };
        assert_eq!((terms.due_at(0), terms.due_at(2)), (4_660, 11_860));
    }

    #[test]
    fn a_retirement_has_a_window_of_thirty_days() {
        assert_eq!(Retirement::default().window(), None);
        let announced = Retirement { announced_at: 1_000, ..Retirement::default() };
        assert_eq!(announced.window(), Some((1_000 + 7_776_000, 1_000 + 10_368_000)));
    }
}
