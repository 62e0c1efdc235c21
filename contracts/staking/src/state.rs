//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::{
    Word,
    slot::{read, read_address, write, write_address},
};
use economics::{Epoch, EpochClock, Incentives, Position, StakeTime, Stream, average::Record, index::FeeShare};

/// A type of `economics` in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored<T>(pub T);

/// What holds from construction on, and three switches, for every action needs both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// COR.
    pub token: Address,
    /// The first second of epoch 0. Past at construction, and 32 bits last until 2106.
    pub genesis: u32,
    /// When the incentives' schedule began.
    pub start: u32,
    /// Seconds of an epoch; 24 bits are 194 days.
    pub epoch_length: u32,
    /// People's own inflows are closed.
    pub paused: bool,
    /// [`Shift`] is not zero.
    pub shifted: bool,
    /// [`StreamedFees`] still pays.
    pub streaming: bool,
}

impl Terms {
    /// The network's epoch clock. Its length was checked at construction.
    pub fn clock(&self) -> EpochClock {
        let length = u64::from(self.epoch_length);
        EpochClock::new(self.genesis.into(), length).unwrap_or(EpochClock::LONGEST)
    }
}

impl Word for Terms {
    fn unpack(word: &[u8; 32]) -> Self {
        let switches = read::<31, 1>(word);
        Self {
            token: read_address::<0>(word),
            genesis: read::<20, 4>(word) as u32,
            start: read::<24, 4>(word) as u32,
            epoch_length: read::<28, 3>(word) as u32,
            paused: switches & 1 != 0,
            shifted: switches & 2 != 0,
            streaming: switches & 4 != 0,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, self.token);
        write::<20, 4>(&mut word, self.genesis.into());
        write::<24, 4>(&mut word, self.start.into());
        write::<28, 3>(&mut word, self.epoch_length.into());
        write::<31, 1>(&mut word, u128::from(self.paused) | u128::from(self.shifted) << 1 | u128::from(self.streaming) << 2);
        word
    }
}

/// The incentives' budget, what is owed to stakers, and until when both are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewards {
    /// The budget. Its remainder is below 3,153,600,000 and fits 32 bits.
    pub incentives: Incentives,
    /// Wei that stakers have earned and not taken.
    pub owed: u128,
    /// Seconds from the schedule's start to the last accrual; 32 bits are 136 years.
    pub elapsed: u64,
}

impl Word for Rewards {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            incentives: Incentives { budget: read::<0, 12>(word), remainder: read::<24, 4>(word) as u64 },
            owed: read::<12, 12>(word),
            elapsed: read::<28, 4>(word) as u64,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.incentives.budget);
        write::<12, 12>(&mut word, self.owed);
        write::<24, 4>(&mut word, self.incentives.remainder.into());
        write::<28, 4>(&mut word, self.elapsed.into());
        word
    }
}

/// How far the index is from the schedule's: ahead by fees, behind by what an empty budget could not pay. Units of the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// What fees have given to each wei of stake.
    pub fees: u128,
    /// What the incentives have not.
    pub missed: u128,
}

impl Word for Shift {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { fees: read::<0, 16>(word), missed: read::<16, 16>(word) }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 16>(&mut word, self.fees);
        write::<16, 16>(&mut word, self.missed);
        word
    }
}

/// The stakers' part of the fees, on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamedFees {
    /// The stream. It runs at most 120 days, which fit 24 bits.
    pub stream: Stream,
    /// The units not yet shared, fewer than there are wei at stake.
    pub share: FeeShare,
}

impl Word for StreamedFees {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            stream: Stream {
                amount: read::<0, 12>(word),
                duration: read::<24, 4>(word) as u64,
                elapsed: read::<28, 4>(word) as u64,
            },
            share: FeeShare { remainder: read::<12, 12>(word) },
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.stream.amount);
        write::<12, 12>(&mut word, self.share.remainder);
        write::<24, 4>(&mut word, self.stream.duration.into());
        write::<28, 4>(&mut word, self.stream.elapsed.into());
        word
    }
}

/// All that is unbonding, and what only leaving and recording need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Wei that are unbonding, of all stakers.
    pub unbonding: u128,
    /// The supply that every holding stays below, in wei.
    pub reference_supply: u128,
    /// Seconds that unbonding takes.
    pub cooldown: u32,
    /// How many epochs are recorded.
    pub records: u32,
}

impl Word for Leaving {
    fn unpack(word: &[u8; 32]) -> Self {
        Self {
            unbonding: read::<0, 12>(word),
            reference_supply: read::<12, 12>(word),
            cooldown: read::<24, 4>(word) as u32,
            records: read::<28, 4>(word) as u32,
        }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.unbonding);
        write::<12, 12>(&mut word, self.reference_supply);
        write::<24, 4>(&mut word, self.cooldown.into());
        write::<28, 4>(&mut word, self.records.into());
        word
    }
}

/// What one staker is waiting for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unbonding {
    /// Wei.
    pub amount: u128,
    /// When it matures; 0 when there is nothing.
    pub ready_at: u64,
}

impl Unbonding {
    /// What has matured by `now`: all or nothing.
    pub fn matured(&self, now: u64) -> u128 {
        if self.ready_at <= now { self.amount } else { 0 }
    }
}

impl Word for Unbonding {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { amount: read::<0, 12>(word), ready_at: read::<12, 8>(word) as u64 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.amount);
        write::<12, 8>(&mut word, self.ready_at.into());
        word
    }
}

impl Word for Stored<StakeTime> {
    fn unpack(word: &[u8; 32]) -> Self {
        Self(StakeTime { stake: read::<0, 12>(word), weight: read::<12, 15>(word), since: read::<27, 5>(word) as u64 })
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.0.stake);
        write::<12, 15>(&mut word, self.0.weight);
        write::<27, 5>(&mut word, self.0.since.into());
        word
    }
}

impl Word for Stored<Position> {
    fn unpack(word: &[u8; 32]) -> Self {
        Self(Position { stake: read::<0, 12>(word), debt: read::<12, 16>(word).cast_signed() })
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.0.stake);
        write::<12, 16>(&mut word, self.0.debt.cast_unsigned());
        word
    }
}

impl Word for Stored<Record> {
    fn unpack(word: &[u8; 32]) -> Self {
        let epoch = Epoch(read::<24, 8>(word) as u64);
        Self(Record { epoch, average: read::<0, 12>(word), closing: read::<12, 12>(word) })
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, self.0.average);
        write::<12, 12>(&mut word, self.0.closing);
        write::<24, 8>(&mut word, self.0.epoch.0.into());
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLDING: u128 = economics::HOLDING_LIMIT - 1;

    fn survives<T: Word + PartialEq + core::fmt::Debug>(value: T) {
        assert_eq!(T::unpack(&value.pack()), value);
    }

    #[test]
    fn the_greatest_values_survive_storage() {
        let token = Address::repeat_byte(0xff);
        for bits in 0..8 {
            let (paused, shifted, streaming) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            survives(Terms {
                token,
                genesis: u32::MAX,
                start: u32::MAX - 1,
                epoch_length: 2_592_000,
                paused,
                shifted,
                streaming,
            });
        }
        let incentives = Incentives { budget: HOLDING, remainder: economics::PERCENT_YEAR - 1 };
        survives(Rewards { incentives, owed: HOLDING - 1, elapsed: u32::MAX.into() });
        survives(Shift { fees: u128::MAX, missed: u128::MAX - 1 });
        let stream = Stream { amount: HOLDING, duration: 4 * 2_592_000, elapsed: 4 * 2_592_000 - 1 };
        survives(StreamedFees { stream, share: FeeShare { remainder: HOLDING - 1 } });
        survives(Leaving { unbonding: HOLDING, reference_supply: HOLDING - 1, cooldown: u32::MAX, records: u32::MAX - 1 });
        survives(Unbonding { amount: HOLDING, ready_at: u64::MAX });
        survives(Stored(StakeTime { stake: HOLDING, weight: HOLDING * 2_592_000, since: (1 << 40) - 1 }));
        survives(Stored(Record { epoch: Epoch(u64::MAX), average: HOLDING, closing: HOLDING - 1 }));
        for debt in [i128::MIN, -1, 0, 1, i128::MAX] {
            survives(Stored(Position { stake: HOLDING, debt }));
        }
    }
}
