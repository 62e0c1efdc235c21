//! The time-weighted average stake of an epoch.

use crate::{Epoch, EpochClock};

/// How much was staked, and for how long, in the epoch of its last change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StakeTime {
    /// Wei at stake since the last change.
    pub stake: u128,
    /// Wei times seconds in the epoch of the last change, up to it. An epoch is below 2^22 seconds and a stake below
    /// 2^96, so this is below 2^118.
    pub weight: u128,
    /// When it last changed.
    pub since: u64,
}

/// What is kept of an epoch in which stake changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Which.
    pub epoch: Epoch,
    /// Its time-weighted average stake, rounded down, in wei.
    pub average: u128,
    /// What was at stake at its end, and through every epoch after it until the next record, in wei.
    pub closing: u128,
}

impl StakeTime {
    /// Changes the stake at `now`. The first change in a later epoch gives the record of the one before.
    pub fn change(&mut self, clock: EpochClock, now: u64, stake: u128) -> Option<Record> {
        let (last, epoch) = (clock.at(self.since), clock.at(now));
        let record = (last < epoch).then(|| Record { epoch: last, average: self.average(clock, last), closing: self.stake });
        let (weight, begin) = if last < epoch { (0, clock.start(epoch)) } else { (self.weight, self.since) };
        let run = u128::from(now.saturating_sub(begin));
        *self = Self { stake, weight: weight.saturating_add(self.stake.saturating_mul(run)), since: now };
        record
    }

    /// The average of the epoch of the last change, or of one after it, if nothing changes any more; rounded down.
    pub fn average(&self, clock: EpochClock, epoch: Epoch) -> u128 {
        if clock.at(self.since) < epoch {
            return self.stake;
        }
        let run = u128::from(clock.end(epoch).saturating_sub(self.since));
        self.weight.saturating_add(self.stake.saturating_mul(run)).checked_div(clock.length().into()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: u64 = 3_600;

    fn clock() -> EpochClock {
        EpochClock::new(1_000, HOUR).unwrap()
    }

    #[test]
    fn half_an_epoch_counts_half() {
        let mut stake = StakeTime { since: 1_000, ..Default::default() };
        assert_eq!(stake.change(clock(), 1_000 + HOUR / 2, 101), None);
        assert_eq!(stake.average(clock(), Epoch(0)), 50);
        assert_eq!(stake.average(clock(), Epoch(1)), 101);
        let record = stake.change(clock(), 1_000 + 3 * HOUR, 7).unwrap();
        assert_eq!(record, Record { epoch: Epoch(0), average: 50, closing: 101 });
        assert_eq!(stake.average(clock(), Epoch(3)), 7);
    }

    proptest! {
        /// Against the sum, second by second.
        #[test]
        fn it_is_the_average(changes in prop::collection::vec((0..2 * HOUR, 0..1u128 << 96), 1..12)) {
            let (mut stake, mut now) = (StakeTime { since: 1_000, ..Default::default() }, 1_000);
            let mut history = vec![(now, 0)];
            let mut records = Vec::new();
            for (wait, amount) in changes {
                now += wait;
                records.extend(stake.change(clock(), now, amount));
                history.push((now, amount));
            }
            let closing = clock().at(now);
            for epoch in (0..=closing.0).map(Epoch) {
                let (start, end) = (clock().start(epoch), clock().end(epoch));
                let sum: u128 = history.iter().enumerate().map(|(i, &(from, amount))| {
                    let to = history.get(i + 1).map_or(u64::MAX, |next| next.0);
                    amount * u128::from(to.min(end).saturating_sub(from.max(start)))
                }).sum();
                let recorded = records.iter().find(|record| record.epoch == epoch).map(|record| record.average);
                let before = records.iter().rev().find(|record| record.epoch < epoch).map_or(0, |record| record.closing);
                let average = recorded.unwrap_or(if epoch == closing { stake.average(clock(), epoch) } else { before });
                prop_assert_eq!(average, sum / u128::from(HOUR));
            }
        }

        #[test]
        fn nothing_panics(stake: u128, weight: u128, since: u64, now: u64, next: u128, epoch: u64) {
            let mut time = StakeTime { stake, weight, since };
            let _ = (time.average(clock(), Epoch(epoch)), time.change(clock(), now, next));
        }
    }

    extern crate std;
    use std::{vec, vec::Vec};
}
