//! The incentives' rate: "up to" 60% a year for 182 days, 30% for 91, 15% for 91, then 10%.

/// A rate kept for a time: percent times seconds. Ten percent for a minute are 600.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PercentSeconds(pub u64);

/// A hundred percent for a year of 365 days: a stake kept at this has earned itself.
pub const PERCENT_YEAR: u64 = 100 * 365 * DAY;

const DAY: u64 = 86_400;

/// Where each rate ends, in seconds from the schedule's start, and the rate in percent a year.
pub const STEPS: [(u64, u64); 3] = [(182 * DAY, 60), (273 * DAY, 30), (364 * DAY, 15)];

/// The rate after the last step.
pub const LAST_PERCENT: u64 = 10;

/// The rate `elapsed` seconds after the schedule's start, in percent a year. The second on an edge has the later rate.
pub const fn percent_at(elapsed: u64) -> u64 {
    let mut i = 0;
    while i < STEPS.len() {
        let (end, percent) = STEPS[i];
        if elapsed < end {
            return percent;
        }
        i += 1;
    }
    LAST_PERCENT
}

/// The rate summed over the first `elapsed` seconds, exactly, piece by piece across the edges. Saturates after five
/// hundred times the age of the universe.
pub const fn accrued(elapsed: u64) -> PercentSeconds {
    let mut sum: u64 = 0;
    let mut begin = 0;
    let mut i = 0;
    while i < STEPS.len() {
        let (end, percent) = STEPS[i];
        if elapsed < end {
            return PercentSeconds(sum + percent * (elapsed - begin));
        }
        sum += percent * (end - begin);
        begin = end;
        i += 1;
    }
    PercentSeconds(sum.saturating_add(LAST_PERCENT.saturating_mul(elapsed - begin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn year_one_pays_what_was_announced() {
        // 60% for 182 days, 30% and 15% for 91 each, one day of 10%: 41.1% of the stake.
        let year = accrued(365 * DAY).0;
        assert_eq!(year, (60 * 182 + 30 * 91 + 15 * 91 + 10) * DAY);
        assert_eq!(year * 1_000 / PERCENT_YEAR, 411);
    }

    #[test]
    fn an_edge_belongs_to_the_later_rate() {
        for ((end, before), after) in STEPS.into_iter().zip([30, 15, 10]) {
            assert_eq!((percent_at(end - 1), percent_at(end)), (before, after));
            assert_eq!(accrued(end).0 - accrued(end - 1).0, before);
            assert_eq!(accrued(end + 1).0 - accrued(end).0, after);
        }
    }

    proptest! {
        #[test]
        fn the_sum_is_the_rates(elapsed in 0..1_000 * DAY, more in 0..100u64) {
            let rates: u64 = (elapsed..elapsed + more).map(percent_at).sum();
            prop_assert_eq!(accrued(elapsed + more).0 - accrued(elapsed).0, rates);
        }

        #[test]
        fn no_time_panics(elapsed: u64) {
            prop_assert!(accrued(elapsed) >= accrued(elapsed.saturating_sub(1)));
        }
    }
}
