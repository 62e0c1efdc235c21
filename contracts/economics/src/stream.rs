//! An amount paid evenly over time: the stakers' part of the fees.

use crate::wide::ratio;

/// What is still to come and over how long. Kept as it was when it was last added to, with the seconds that have run
/// since: so that however often it is advanced, what is paid by a time is the same to the wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Wei that were to come when it was last added to.
    pub amount: u128,
    /// Seconds over which they come.
    pub duration: u64,
    /// Seconds that have run since; at most `duration`.
    pub elapsed: u64,
}

impl Stream {
    /// A stream runs at most this many epochs.
    pub const MAX_EPOCHS: u64 = 4;

    /// Whether nothing comes any more.
    pub const fn is_over(&self) -> bool {
        self.elapsed >= self.duration
    }

    /// Wei still to come.
    pub fn left(&self) -> u128 {
        self.amount.saturating_sub(self.paid_after(self.elapsed))
    }

    /// Seconds over which they come.
    pub const fn remaining(&self) -> u64 {
        self.duration.saturating_sub(self.elapsed)
    }

    /// Lets `seconds` run and says how much they pay: floor(left * seconds / remaining) of a stream just added to, and
    /// the same in one step or in many.
    pub fn advance(&mut self, seconds: u64) -> u128 {
        let before = self.paid_after(self.elapsed);
        self.elapsed = self.elapsed.saturating_add(seconds).min(self.duration);
        self.paid_after(self.elapsed).saturating_sub(before)
    }

    /// Adds the amount of `epochs` closed epochs and as many epochs' time, up to four in all: the same in one call or in
    /// many. Nothing when the amount leaves 128 bits.
    pub fn add(&mut self, amount: u128, epochs: u64, epoch_length: u64) -> Option<()> {
        let left = self.left().checked_add(amount)?;
        let longer = self.remaining().saturating_add(epochs.saturating_mul(epoch_length));
        let longest = epoch_length.saturating_mul(Self::MAX_EPOCHS);
        *self = Self { amount: left, duration: longer.min(longest), elapsed: 0 };
        Some(())
    }

    /// What the first `seconds` pay in all, rounded down.
    fn paid_after(&self, seconds: u64) -> u128 {
        if seconds >= self.duration {
            return self.amount;
        }
        ratio(self.amount, seconds.into(), self.duration.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEEK: u64 = 7 * 86_400;

    fn stream(amount: u128, epochs: u64) -> Stream {
        let mut stream = Stream::default();
        stream.add(amount, epochs, WEEK).unwrap();
        stream
    }

    #[test]
    fn half_of_the_time_pays_half() {
        let mut stream = stream(1_001, 2);
        assert_eq!(stream.advance(WEEK), 500);
        assert_eq!((stream.left(), stream.remaining()), (501, WEEK));
        assert_eq!(stream.advance(u64::MAX), 501);
        assert!(stream.is_over() && stream.left() == 0);
    }

    proptest! {
        #[test]
        fn many_steps_are_one(amount in 0..1u128 << 96, epochs in 1..6u64, steps in prop::collection::vec(0..WEEK, 0..50)) {
            let (mut often, mut once) = (stream(amount, epochs), stream(amount, epochs));
            let paid: u128 = steps.iter().map(|&step| often.advance(step)).sum();
            prop_assert_eq!(paid, once.advance(steps.iter().sum()));
            prop_assert_eq!(often, once);
        }

        #[test]
        fn closing_epochs_one_by_one_is_closing_them_at_once(
            before in 0..1u128 << 96, run in 0..5 * WEEK, amounts in prop::collection::vec(0..1u128 << 90, 1..8),
        ) {
            let mut one_by_one = stream(before, 3);
            one_by_one.advance(run);
            let mut at_once = one_by_one;
            for &amount in &amounts {
                one_by_one.add(amount, 1, WEEK).unwrap();
            }
            at_once.add(amounts.iter().sum(), amounts.len() as u64, WEEK).unwrap();
            prop_assert_eq!(one_by_one, at_once);
        }

        #[test]
        fn it_pays_all_and_no_more(amount: u128, epochs in 1..6u64, steps in prop::collection::vec(0..2 * WEEK, 0..20)) {
            let mut stream = stream(amount, epochs);
            let mut paid = 0u128;
            for step in steps {
                paid += stream.advance(step);
                prop_assert_eq!(paid + stream.left(), amount);
            }
            paid += stream.advance(4 * WEEK);
            prop_assert_eq!(paid, amount);
        }

        #[test]
        fn nothing_panics(amount: u128, duration: u64, elapsed: u64, seconds: u64, more: u128, epochs: u64, length: u64) {
            let mut stream = Stream { amount, duration, elapsed };
            let _ = (stream.advance(seconds), stream.left(), stream.remaining(), stream.add(more, epochs, length));
        }
    }
}
