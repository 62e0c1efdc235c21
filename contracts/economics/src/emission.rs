//! The miners' emission: what an epoch takes from the reserve, as usage pays and stake holds more of it.
//!
//! All of it stays inside 256 bits, and no ratio is rounded before the last division: a reserve is below 2^96, a cap
//! therefore below 2^90, an epoch's fees below 2^100, a ratio at most 2^60. Beyond, a function says `None`.

use alloy_primitives::U256;

use crate::{
    Wad,
    wide::{divide, divide_up, narrow, product, scale},
};

/// The miners' part of COR's reference supply, in percent.
pub const RESERVE_PERCENT: u128 = 35;

/// How much of the reserve an epoch may emit: d = 1 - 2^(-1/H), for a half-life of H epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decay(Wad);

impl Decay {
    /// Of a half-life of 520 epochs, the slowest.
    pub const SLOWEST: u64 = 1_332_087_330_204_594;
    /// Of a half-life of 52 epochs, the fastest.
    pub const FASTEST: u64 = 13_241_305_740_134_799;
    /// Of a half-life of 104 epochs, the default.
    pub const DEFAULT: u64 = 6_642_715_706_043_055;

    /// The decay of so many 10^-18, if it is within its bounds.
    pub const fn new(units: u64) -> Option<Self> {
        match Wad::new(units) {
            Some(ratio) if units >= Self::SLOWEST && units <= Self::FASTEST => Some(Self(ratio)),
            _ => None,
        }
    }

    /// In units of 10^-18.
    pub const fn units(self) -> u64 {
        self.0.units()
    }
}

/// What shapes an emission below its cap. Fixed when a pool is constructed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taper {
    /// How much of the emission usage takes away when users pay all of the miners' income.
    pub usage: Wad,
    /// How much of the rest stake takes away when all circulating COR is staked.
    pub stake: Wad,
    /// The least part of the cap that is emitted.
    pub floor: Wad,
}

impl Taper {
    /// The greatest floor: a fifth of the cap.
    pub const HIGHEST_FLOOR: u64 = 200_000_000_000_000_000;

    /// A taper, if its floor is within its bound.
    pub fn new(usage: Wad, stake: Wad, floor: Wad) -> Option<Self> {
        (floor.units() <= Self::HIGHEST_FLOOR).then_some(Self { usage, stake, floor })
    }

    /// What an epoch emits. `fees` are the miners' part of its fees, `circulating` is all COR outside the reserve, and
    /// `average_stake` its time-weighted average stake, of which no more counts than circulates.
    pub fn emission(&self, cap: u128, fees: u128, circulating: u128, average_stake: u128) -> Option<u128> {
        let used = after_usage(cap, self.usage, fees)?;
        let left = after_stake(used, self.stake, average_stake.min(circulating), circulating)?;
        Some(left.max(self.floor.of(cap)))
    }
}

/// The most that an epoch may emit: floor(reserve * d).
pub fn cap(reserve: u128, decay: Decay) -> u128 {
    decay.0.of(reserve)
}

/// cap - ceil(cap * a * fees / (cap + fees)): of the miners' income, fees / (cap + fees) is what users pay. 0 of nothing.
pub fn after_usage(cap: u128, a: Wad, fees: u128) -> Option<u128> {
    let taken = scale(product(cap, fees), a.units())?;
    let whole = product(cap.checked_add(fees)?, Wad::ONE.units().into());
    cap.checked_sub(narrow(divide_up(taken, whole)))
}

/// used - ceil(used * b * staked / circulating), with at most all of it staked; `used` where nothing circulates.
pub fn after_stake(used: u128, b: Wad, staked: u128, circulating: u128) -> Option<u128> {
    let taken = scale(product(used, staked), b.units())?;
    let whole = product(circulating, Wad::ONE.units().into());
    used.checked_sub(narrow(divide_up(taken, whole)))
}

/// COR outside the reserve: the supply less the reserve, at least nothing.
pub const fn circulating(supply: u128, reserve: u128) -> u128 {
    supply.saturating_sub(reserve)
}

/// What the reserve, with all that earlier pools emitted, must come to before emission starts: 35% of the reference
/// supply, rounded up.
pub fn reserve_needed(reference_supply: u128) -> u128 {
    narrow(divide_up(product(reference_supply, RESERVE_PERCENT), U256::from(100)))
}

/// Which part of miners' income of an epoch apps paid themselves, grants apart, in units of 10^-18:
/// floor(fees * own * 10^18 / (gross * (emission + fees))), and 0 where a divisor is 0. `fees` are the miners' part of the
/// `gross` fees, of which apps paid `own` themselves; neither exceeds the gross. Dividing by one factor after the other
/// rounds no differently, and what the first division leaves is multiplied before it is divided again.
pub fn user_paid_share(fees: u128, own: u128, gross: u128, emission: u128) -> u128 {
    let (one, divisor) = (Wad::ONE.units().into(), U256::from(gross));
    let (whole, rest) = divide(product(fees, own), divisor);
    let (more, _) = divide(product(narrow(rest), one), divisor);
    let paid = product(narrow(whole), one).wrapping_add(more); // Below 2^188 and below 2^60.
    narrow(divide(paid, U256::from(emission.saturating_add(fees))).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{COR, HOLDING_LIMIT};
    use proptest::prelude::*;

    const RESERVE: u128 = 350_000_000 * COR;
    const MOST_FEES: u128 = (1 << 100) - 1;

    fn decay() -> Decay {
        Decay::new(Decay::DEFAULT).unwrap()
    }

    prop_compose! {
        fn any_wad()(units in 0..=Wad::ONE.units()) -> Wad { Wad::new(units).unwrap() }
    }

    prop_compose! {
        fn any_taper()(usage in any_wad(), stake in any_wad(), floor in 0..=Taper::HIGHEST_FLOOR) -> Taper {
            Taper::new(usage, stake, Wad::new(floor).unwrap()).unwrap()
        }
    }

    prop_compose! {
        /// A cap as some reserve gives it.
        fn any_cap()(reserve in 0..HOLDING_LIMIT, units in Decay::SLOWEST..=Decay::FASTEST) -> u128 {
            cap(reserve, Decay::new(units).unwrap())
        }
    }

    #[test]
    fn half_of_the_reserve_is_left_after_the_half_life() {
        let left = (0..104).fold(RESERVE, |reserve, _| reserve - cap(reserve, decay()));
        assert!((RESERVE / 2).abs_diff(left) < COR / 1_000, "{left}");
    }

    #[test]
    fn bounds_are_those_of_the_half_lives() {
        for (units, epochs) in [(Decay::SLOWEST, 520), (Decay::DEFAULT, 104), (Decay::FASTEST, 52)] {
            let decay = Decay::new(units).unwrap();
            let left = (0..epochs).fold(RESERVE, |reserve, _| reserve - cap(reserve, decay));
            assert!((RESERVE / 2).abs_diff(left) < COR / 100, "{epochs}: {left}");
        }
        assert!(Decay::new(Decay::SLOWEST - 1).is_none() && Decay::new(Decay::FASTEST + 1).is_none());
    }

    #[test]
    fn the_reserve_is_thirty_five_percent_rounded_up() {
        assert_eq!(reserve_needed(1_000_000_000 * COR), RESERVE);
        assert_eq!(reserve_needed(1), 1);
        assert_eq!(reserve_needed(0), 0);
    }

    #[test]
    fn nothing_circulating_takes_nothing() {
        assert_eq!(after_stake(7, Wad::ONE, 0, 0), Some(7));
        assert_eq!(after_usage(0, Wad::ONE, 0), Some(0));
        assert_eq!(circulating(5, 7), 0);
    }

    proptest! {
        #[test]
        fn an_emission_is_between_floor_and_cap(taper in any_taper(), cap in any_cap(), fees in 0..=MOST_FEES,
            circulating in 0..HOLDING_LIMIT, stake in 0..HOLDING_LIMIT) {
            let emission = taper.emission(cap, fees, circulating, stake).unwrap();
            prop_assert!(taper.floor.of(cap) <= emission && emission <= cap);
        }

        #[test]
        fn more_fees_never_emit_more_and_never_pay_less(taper in any_taper(), cap in any_cap(), fees in 0..MOST_FEES / 2,
            more in prop_oneof![1..4u128, 1..MOST_FEES / 2], circulating in 0..HOLDING_LIMIT, stake in 0..HOLDING_LIMIT) {
            let emission = |fees| taper.emission(cap, fees, circulating, stake).unwrap();
            prop_assert!(emission(fees + more) <= emission(fees));
            prop_assert!(emission(fees + more) + fees + more >= emission(fees) + fees);
        }

        /// Where a wei of fees weighs most.
        #[test]
        fn wei_by_wei_income_never_falls(taper in any_taper(), cap in 0..50u128, fees in 0..50u128, circulating in 0..50u128, stake in 0..60u128) {
            let emission = |fees| taper.emission(cap, fees, circulating, stake).unwrap();
            prop_assert!(emission(fees + 1) <= emission(fees) && emission(fees + 1) + 1 >= emission(fees));
        }

        #[test]
        fn more_stake_never_emits_more(taper in any_taper(), cap in any_cap(), fees in 0..=MOST_FEES,
            circulating in 0..HOLDING_LIMIT, stake in 0..HOLDING_LIMIT / 2, more in 0..HOLDING_LIMIT / 2) {
            let emission = |stake| taper.emission(cap, fees, circulating, stake).unwrap();
            prop_assert!(emission(stake + more) <= emission(stake));
        }

        #[test]
        fn it_is_the_formula(a in any_wad(), b in any_wad(), cap in 0..1u128 << 40, fees in 0..1u128 << 40,
            circulating in 0..1u128 << 40, stake in 0..1u128 << 40) {
            let taken = |from: u128, ratio: Wad, part: u128, whole: u128| -> u128 {
                let whole = U256::from(whole) * U256::from(Wad::ONE.units());
                let exact = U256::from(from) * U256::from(ratio.units()) * U256::from(part);
                if whole.is_zero() { 0 } else { exact.div_ceil(whole).to() }
            };
            prop_assert_eq!(after_usage(cap, a, fees), Some(cap - taken(cap, a, fees, cap + fees)));
            let staked = stake.min(circulating);
            prop_assert_eq!(after_stake(cap, b, staked, circulating), Some(cap - taken(cap, b, staked, circulating)));
        }

        #[test]
        fn the_user_paid_share_is_the_formula(gross in 0..1u128 << 60, fees in 0..=Wad::ONE.units(), own in 0..=Wad::ONE.units(), emission in 0..1u128 << 60) {
            let part = |units| Wad::new(units).unwrap().of(gross);
            let (fees, own) = (part(fees), part(own));
            let divisor = U256::from(gross) * U256::from(emission + fees);
            let exact = U256::from(fees) * U256::from(own) * U256::from(Wad::ONE.units());
            let expected: u128 = if divisor.is_zero() { 0 } else { (exact / divisor).to() };
            prop_assert_eq!(user_paid_share(fees, own, gross, emission), expected);
        }

        #[test]
        fn the_user_paid_share_is_at_most_all(gross: u128, fees: u128, own: u128, emission in 0..HOLDING_LIMIT) {
            prop_assert!(user_paid_share(fees.min(gross), own.min(gross), gross, emission) <= Wad::ONE.units().into());
        }

        #[test]
        fn nothing_panics(taper in any_taper(), cap: u128, fees: u128, circulating: u128, stake: u128, reserve: u128) {
            let _ = (taper.emission(cap, fees, circulating, stake), super::cap(reserve, decay()), reserve_needed(reserve));
            let _ = user_paid_share(cap, fees, circulating, stake);
        }
    }
}
