//! Ratios that say their unit.

use crate::wide::ratio;

/// A ratio from 0 to 1 in units of 10^-18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wad(u64);

impl Wad {
    /// 1.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// The ratio of so many 10^-18, if it is at most 1.
    pub const fn new(units: u64) -> Option<Self> {
        if units > Self::ONE.0 { None } else { Some(Self(units)) }
    }

    /// In units of 10^-18.
    pub const fn units(self) -> u64 {
        self.0
    }

    /// floor(amount * ratio).
    pub fn of(self, amount: u128) -> u128 {
        ratio(amount, self.0.into(), Self::ONE.0.into())
    }
}

/// A ratio from 0 to 1 in units of 10^-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// 1.
    pub const ONE: Self = Self(10_000);

    /// The ratio of so many 10^-4, if it is at most 1.
    pub const fn new(points: u16) -> Option<Self> {
        if points > Self::ONE.0 { None } else { Some(Self(points)) }
    }

    /// In units of 10^-4.
    pub const fn points(self) -> u16 {
        self.0
    }

    /// floor(amount * ratio).
    pub fn of(self, amount: u128) -> u128 {
        ratio(amount, self.0.into(), Self::ONE.0.into())
    }

    /// 1 - ratio.
    pub const fn rest(self) -> Self {
        Self(Self::ONE.0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_down_and_end_at_one() {
        assert_eq!(Wad::new(333_333_333_333_333_333).unwrap().of(10), 3);
        assert_eq!(Wad::ONE.of(u128::MAX), u128::MAX);
        assert!(Wad::new(Wad::ONE.units() + 1).is_none() && BasisPoints::new(10_001).is_none());
        assert_eq!(BasisPoints::new(500).unwrap().of(39), 1);
        assert_eq!(BasisPoints::new(7_000).unwrap().rest().points(), 3_000);
    }
}
