//! How an epoch's fees are split: miners, stakers, builders, treasury, burn.

use crate::BasisPoints;

/// The shares of the gross fees. Builders have theirs of what apps paid themselves; stakers have the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    miners: BasisPoints,
    treasury: BasisPoints,
    burn: BasisPoints,
}

/// What each receives of an epoch's gross fees, in wei; together they are the gross.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// F: rounded up, so that it never falls when the gross rises.
    pub miners: u128,
    /// The rest of the others' part.
    pub stakers: u128,
    /// Credited to builders already, charge by charge.
    pub builders: u128,
    /// Rounded down.
    pub treasury: u128,
    /// Rounded down.
    pub burn: u128,
}

impl Split {
    /// Miners have from 50% to 85%.
    pub const MINERS: (u16, u16) = (5_000, 8_500);
    /// Treasury and burn each have from 5% to 30%.
    pub const TREASURY_OR_BURN: (u16, u16) = (500, 3_000);
    /// Treasury and burn together have at least 15%: what makes paying oneself a loss.
    pub const LEAST_KEPT: u16 = 1_500;
    /// Builders have at most 10%.
    pub const MOST_BUILDERS: u16 = 1_000;

    /// The split, if each share is within its bounds and together with the builders' they are at most the whole.
    pub fn new(miners: BasisPoints, treasury: BasisPoints, burn: BasisPoints, builders: BasisPoints) -> Option<Self> {
        let within = |share: BasisPoints, (least, most)| (least..=most).contains(&share.points());
        let kept = treasury.points().saturating_add(burn.points());
        let all = miners.points().saturating_add(kept).saturating_add(builders.points());
        let valid = within(miners, Self::MINERS)
            && within(treasury, Self::TREASURY_OR_BURN)
            && within(burn, Self::TREASURY_OR_BURN)
            && builders.points() <= Self::MOST_BUILDERS
            && kept >= Self::LEAST_KEPT
            && all <= BasisPoints::ONE.points();
        valid.then_some(Self { miners, treasury, burn })
    }

    /// The miners' share.
    pub const fn miners(self) -> BasisPoints {
        self.miners
    }

    /// The treasury's share.
    pub const fn treasury(self) -> BasisPoints {
        self.treasury
    }

    /// The burnt share.
    pub const fn burn(self) -> BasisPoints {
        self.burn
    }

    /// Splits an epoch's gross, of which `builders` wei were credited. Nothing if that is more than the builders' share
    /// of it, for which there is no room.
    pub fn of(self, gross: u128, builders: u128) -> Option<Parts> {
        let others = self.miners.rest().of(gross);
        let (treasury, burn) = (self.treasury.of(gross), self.burn.of(gross));
        let stakers = others.checked_sub(treasury)?.checked_sub(burn)?.checked_sub(builders)?;
        Some(Parts { miners: gross.checked_sub(others)?, stakers, builders, treasury, burn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    extern crate std;
    use std::vec::Vec;

    fn points(points: u16) -> BasisPoints {
        BasisPoints::new(points).unwrap()
    }

    prop_compose! {
        fn any_split()(miners in 5_000u16..=8_500, treasury in 500u16..=3_000, burn in 500u16..=3_000, builders in 0u16..=1_000)
            -> Option<(Split, BasisPoints)> {
            Some((Split::new(points(miners), points(treasury), points(burn), points(builders))?, points(builders)))
        }
    }

    #[test]
    fn the_default_leaves_stakers_ten_percent() {
        let split = Split::new(points(7_000), points(1_000), points(500), points(500)).unwrap();
        let parts = split.of(1_000, 50).unwrap();
        assert_eq!(parts, Parts { miners: 700, stakers: 100, builders: 50, treasury: 100, burn: 50 });
        assert_eq!(split.of(1, 0).unwrap().miners, 1);
    }

    #[test]
    fn bounds_hold_at_each_edge() {
        let valid = |m, t, b, o| Split::new(points(m), points(t), points(b), points(o)).is_some();
        assert!(valid(5_000, 1_000, 500, 500) && !valid(4_999, 1_000, 500, 500));
        assert!(valid(8_000, 1_000, 500, 500) && !valid(8_000, 1_001, 500, 500));
        assert!(!valid(8_501, 500, 500, 0) && !valid(7_000, 499, 1_500, 0) && !valid(5_000, 3_001, 500, 0));
        assert!(!valid(7_000, 500, 999, 500) && valid(7_000, 500, 1_000, 1_000) && !valid(7_000, 500, 1_000, 1_001));
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(split in any_split(), charges in prop::collection::vec(0..1u128 << 90, 0..20), granted in 0..1u128 << 99) {
            let Some((split, share)) = split else { return Ok(()) };
            let gross = charges.iter().sum::<u128>() + granted;
            let builders = charges.iter().map(|&charge| share.of(charge)).collect::<Vec<_>>().iter().sum();
            let parts = split.of(gross, builders).unwrap();
            prop_assert_eq!(parts.miners + parts.stakers + parts.builders + parts.treasury + parts.burn, gross);
            // What a payer of fees to itself loses: at least 15%, less 2 wei.
            prop_assert!((parts.treasury + parts.burn + 2) * 100 >= gross * 15);
        }

        #[test]
        fn miners_never_lose_by_more_fees(split in any_split(), gross in 0..1u128 << 100, more in 0..1u128 << 90) {
            let Some((split, _)) = split else { return Ok(()) };
            prop_assert!(split.of(gross + more, 0).unwrap().miners >= split.of(gross, 0).unwrap().miners);
        }

        #[test]
        fn nothing_panics(split in any_split(), gross: u128, builders: u128) {
            if let Some((split, _)) = split {
                let _ = split.of(gross, builders);
            }
        }
    }
}
