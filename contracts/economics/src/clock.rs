//! The network's one epoch clock.

/// The number of an epoch: n is [genesis + n * length, genesis + (n + 1) * length).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The one after it.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// When epochs begin and end. Every contract is given the same one at construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochClock {
    genesis: u64,
    length: u64,
}

impl EpochClock {
    /// The least length of an epoch, in seconds: an hour.
    pub const MIN_LENGTH: u64 = 3_600;
    /// The greatest length of an epoch, in seconds: thirty days.
    pub const MAX_LENGTH: u64 = 30 * 86_400;

    /// Thirty-day epochs from 1970 on: for where a clock is needed and none was set.
    pub const LONGEST: Self = Self { genesis: 0, length: Self::MAX_LENGTH };

    /// The clock whose epoch 0 begins at `genesis`, if `length` is within its bounds.
    pub const fn new(genesis: u64, length: u64) -> Option<Self> {
        if length < Self::MIN_LENGTH || length > Self::MAX_LENGTH { None } else { Some(Self { genesis, length }) }
    }

    /// The first second of epoch 0.
    pub const fn genesis(self) -> u64 {
        self.genesis
    }

    /// The seconds of an epoch.
    pub const fn length(self) -> u64 {
        self.length
    }

    /// The epoch of a time; before genesis, epoch 0.
    pub const fn at(self, time: u64) -> Epoch {
        match time.saturating_sub(self.genesis).checked_div(self.length) {
            Some(epoch) => Epoch(epoch),
            None => Epoch(0),
        }
    }

    /// The first second of an epoch.
    pub const fn start(self, epoch: Epoch) -> u64 {
        self.genesis.saturating_add(epoch.0.saturating_mul(self.length))
    }

    /// The first second after an epoch.
    pub const fn end(self, epoch: Epoch) -> u64 {
        self.start(epoch.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bounds_are_an_hour_and_thirty_days() {
        assert!(EpochClock::new(0, 3_599).is_none() && EpochClock::new(0, 3_600).is_some());
        assert!(EpochClock::new(0, 2_592_000).is_some() && EpochClock::new(0, 2_592_001).is_none());
    }

    proptest! {
        #[test]
        fn a_time_lies_in_its_epoch(genesis in 0..u64::MAX / 4, length in 3_600u64..=2_592_000, after in 0..u64::MAX / 4) {
            let clock = EpochClock::new(genesis, length).unwrap();
            let time = genesis + after;
            let epoch = clock.at(time);
            prop_assert!(clock.start(epoch) <= time && time < clock.end(epoch));
            prop_assert_eq!(clock.at(clock.end(epoch)), epoch.next());
        }

        #[test]
        fn no_time_panics(genesis: u64, length in 3_600u64..=2_592_000, time: u64, epoch: u64) {
            let clock = EpochClock::new(genesis, length).unwrap();
            let _ = (clock.at(time), clock.start(Epoch(epoch)), clock.end(Epoch(epoch)));
        }
    }
}
