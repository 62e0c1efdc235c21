//! The chain's time: the system's, moved by what developers ask for.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds as the next block will have them. Never behind the newest block: several blocks may share a second.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset: i64,
    next: Option<u64>,
}

impl Clock {
    /// Time of a block that is made now on top of one made at `head`.
    pub fn next(&self, head: u64) -> u64 {
        self.next.unwrap_or_else(|| self.now()).max(head)
    }

    /// Moves all later blocks forward. Gives the whole offset against the system's clock, in seconds.
    pub fn advance(&mut self, seconds: u64) -> i64 {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.offset = self.offset.saturating_add(seconds);
        self.next = self.next.map(|next| next.saturating_add_signed(seconds));
        self.offset
    }

    /// Fixes the time of the next block; later ones go on from there.
    pub fn set_next(&mut self, timestamp: u64) {
        self.next = Some(timestamp);
    }

    /// A block was made at `timestamp`.
    pub fn sealed(&mut self, timestamp: u64) {
        if self.next.take().is_some() {
            self.go_on_from(timestamp);
        }
    }

    /// The newest block is now one of `head`, restored. Unless its time was set, the next is at least a second later,
    /// so that it cannot be taken for the one that was undone.
    pub fn restored(&mut self, head: u64) {
        if self.next.is_none() && self.now() <= head {
            self.go_on_from(head + 1);
        }
    }

    fn go_on_from(&mut self, timestamp: u64) {
        self.offset = i64::try_from(i128::from(timestamp) - i128::from(system())).unwrap_or(i64::MAX);
    }

    fn now(&self) -> u64 {
        system().saturating_add_signed(self.offset)
    }
}

fn system() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_runs_behind_the_newest_block() {
        let clock = Clock::default();
        let ahead = system() + 500;
        assert_eq!(clock.next(ahead), ahead);
    }

    #[test]
    fn goes_on_from_a_time_that_was_set() {
        let mut clock = Clock::default();
        clock.set_next(5_000_000_000);
        assert_eq!(clock.next(0), 5_000_000_000);
        clock.sealed(5_000_000_000);
        let next = clock.next(5_000_000_000);
        assert!((5_000_000_000..5_000_000_010).contains(&next), "{next}");
        clock.advance(1000);
        assert!(clock.next(0) >= 5_000_001_000);
    }

    #[test]
    fn is_later_after_a_restored_block() {
        let mut clock = Clock::default();
        let head = clock.next(0);
        clock.restored(head);
        assert!(clock.next(head) > head);
    }
}
