//! The arithmetic of the incentives: pure, exact to the wei, without a host and without storage. One formula, one function.
//!
//! Contracts, simulations, previews and tests all compute by this crate, so that they cannot disagree. No function
//! panics: where a range ends it says `None`, or saturates where it says so. No ratio is rounded before the last division.
//!
//! Amounts are wei in `u128`: a holding is below 2^96 and no sum of holdings leaves 128 bits. Times are seconds.
#![no_std]

extern crate alloc;

pub mod allocation;
pub mod average;
pub mod clock;
pub mod emission;
pub mod index;
pub mod merkle;
pub mod schedule;
pub mod split;
pub mod stream;
pub mod units;
pub mod wide;

pub use average::StakeTime;
pub use clock::{Epoch, EpochClock};
pub use index::{Incentives, Index, Position};
pub use schedule::{PERCENT_YEAR, PercentSeconds};
pub use stream::Stream;
pub use units::{BasisPoints, Wad};

/// A holding is below this: the reference supply is, and nobody holds more than there is.
pub const HOLDING_LIMIT: u128 = 1 << 96;

/// One COR, in wei.
pub const COR: u128 = 1_000_000_000_000_000_000;
