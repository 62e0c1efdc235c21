//! Products of two 128-bit numbers, and their division. `ruint` divides too, but by code that can panic as far as a
//! compiler knows, and each contract would carry its texts.

use alloy_primitives::U256;

/// a * b, which always fits.
pub const fn product(a: u128, b: u128) -> U256 {
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a0 * b0;
    // Each sum is at most (2^64 - 1)^2 + 2 * (2^64 - 1) < 2^128.
    let middle = a1 * b0 + (low >> 64);
    let other = a0 * b1 + (middle & LOW);
    let high = a1 * b1 + (middle >> 64) + (other >> 64);
    U256::from_limbs([low as u64, other as u64, high as u64, (high >> 64) as u64])
}

/// value * factor, if it fits.
pub const fn scale(value: U256, factor: u64) -> Option<U256> {
    let [a, b, c, d] = *value.as_limbs();
    let factor = factor as u128;
    // Each sum is at most (2^64 - 1)^2 + 2^64 - 1 < 2^128.
    let a = a as u128 * factor;
    let b = b as u128 * factor + (a >> 64);
    let c = c as u128 * factor + (b >> 64);
    let d = d as u128 * factor + (c >> 64);
    if d >> 64 != 0 { None } else { Some(U256::from_limbs([a as u64, b as u64, c as u64, d as u64])) }
}

/// Quotient and remainder, rounded down; (0, 0) when the divisor is 0.
pub fn divide(value: U256, divisor: U256) -> (U256, U256) {
    let mut quotient = [0; 4];
    if divisor.is_zero() {
        return (U256::ZERO, U256::ZERO);
    }
    let limbs = value.as_limbs();
    if let [small, 0, 0, 0] = *divisor.as_limbs() {
        // Digit by digit, of 64 bits each.
        let (small, mut rest) = (u128::from(small), 0);
        for (quotient, limb) in quotient.iter_mut().zip(limbs).rev() {
            let dividend = rest << 64 | u128::from(*limb);
            *quotient = dividend.checked_div(small).unwrap_or_default() as u64;
            rest = dividend.checked_rem(small).unwrap_or_default();
        }
        return (U256::from_limbs(quotient), U256::from(rest));
    }
    // Bit by bit: it costs less than a tenth of a storage access.
    let mut rest = U256::ZERO;
    for (quotient, limb) in quotient.iter_mut().zip(limbs).rev() {
        for bit in (0..64).rev() {
            let carry = rest.bit(255);
            rest = rest << 1 | U256::from(limb >> bit & 1);
            if carry || rest >= divisor {
                rest = rest.wrapping_sub(divisor);
                *quotient |= 1 << bit;
            }
        }
    }
    (U256::from_limbs(quotient), rest)
}

/// The quotient rounded up; 0 when the divisor is 0.
pub fn divide_up(value: U256, divisor: U256) -> U256 {
    let (quotient, rest) = divide(value, divisor);
    if rest.is_zero() { quotient } else { quotient.saturating_add(U256::ONE) }
}

/// floor(a * b / divisor), at most `u128::MAX`; 0 when the divisor is 0.
pub fn ratio(a: u128, b: u128, divisor: u128) -> u128 {
    narrow(divide(product(a, b), U256::from(divisor)).0)
}

/// The number, at most `u128::MAX`.
pub const fn narrow(value: U256) -> u128 {
    let [a, b, c, d] = *value.as_limbs();
    if c == 0 && d == 0 { (b as u128) << 64 | a as u128 } else { u128::MAX }
}

const LOW: u128 = u64::MAX as u128;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(a: u128, b: u128, divisor: u128) {
        let exact = U256::from(a) * U256::from(b);
        assert_eq!(product(a, b), exact);
        if divisor != 0 {
            let (quotient, rest) = exact.div_rem(U256::from(divisor));
            assert_eq!(divide(exact, U256::from(divisor)), (quotient, rest));
            assert_eq!(ratio(a, b, divisor), quotient.saturating_to());
        }
    }

    #[test]
    fn the_ends_agree() {
        let ends = [0, 1, u64::MAX as u128, 1 << 64, 1 << 127, u128::MAX - 1, u128::MAX];
        for a in ends {
            for b in ends {
                for divisor in ends {
                    agrees(a, b, divisor);
                }
            }
        }
        assert_eq!(divide(U256::MAX, U256::ZERO), (U256::ZERO, U256::ZERO));
        assert_eq!(divide(U256::MAX, U256::MAX), (U256::ONE, U256::ZERO));
    }

    proptest! {
        #[test]
        fn scaling_agrees(limbs: [u64; 4], factor: u64, shift in 0usize..256) {
            let value = U256::from_limbs(limbs) >> shift;
            prop_assert_eq!(scale(value, factor), value.checked_mul(U256::from(factor)));
        }

        #[test]
        fn any_agree(a: u128, b: u128, divisor: u128, shift in 0..127) {
            agrees(a, b, divisor >> shift);
            agrees(a >> shift, b, divisor);
        }

        #[test]
        fn wide_divisors_agree(value: [u64; 4], divisor: [u64; 4], shift in 0usize..255) {
            let (value, divisor) = (U256::from_limbs(value), U256::from_limbs(divisor) >> shift);
            prop_assume!(!divisor.is_zero());
            prop_assert_eq!(divide(value, divisor), value.div_rem(divisor));
            prop_assert_eq!(divide_up(value, divisor), value.div_ceil(divisor));
        }
    }
}
