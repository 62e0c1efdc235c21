//! What the slots hold, and how it lies in them.

use alloy_primitives::Address;
use common::layout;
use economics::{EpochClock, Incentives, Position, StakeTime, Stream, average::Record, index::FeeShare};

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

layout!(Terms { token: 0..20, genesis: 20..24, start: 24..28, epoch_length: 28..31; 31: paused | shifted | streaming });

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

layout!(Rewards { incentives.budget: 0..12, owed: 12..24, incentives.remainder: 24..28, elapsed: 28..32 });

/// How far the index is from the schedule's: ahead by fees, behind by what an empty budget could not pay. Units of the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// What fees have given to each wei of stake.
    pub fees: u128,
    /// What the incentives have not.
    pub missed: u128,
}

layout!(Shift { fees: 0..16, missed: 16..32 });

/// The stakers' part of the fees, on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamedFees {
    /// The stream. It runs at most 120 days, which fit 24 bits.
    pub stream: Stream,
    /// The units not yet shared, fewer than there are wei at stake.
    pub share: FeeShare,
}

layout!(StreamedFees { stream.amount: 0..12, share.remainder: 12..24, stream.duration: 24..28, stream.elapsed: 28..32 });

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

layout!(Leaving { unbonding: 0..12, reference_supply: 12..24, cooldown: 24..28, records: 28..32 });

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

layout!(Unbonding { amount: 0..12, ready_at: 12..20 });

layout!(Stored<StakeTime> { 0.stake: 0..12, 0.weight: 12..27, 0.since: 27..32 });

layout!(Stored<Position> { 0.stake: 0..12, 0.debt: 12..28 });

layout!(Stored<Record> { 0.average: 0..12, 0.closing: 12..24, 0.epoch.0: 24..32 });

#[cfg(test)]
mod tests {
    use super::*;
    use common::Word;
    use economics::Epoch;

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
