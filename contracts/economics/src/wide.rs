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

/// Quotient and remainder, rounded down; (0, 0) when the divisor is 0.
pub const fn divide(value: U256, divisor: u128) -> (U256, u128) {
    let limbs = value.as_limbs();
    let mut quotient = [0; 4];
    let mut rest: u128 = 0;
    if divisor == 0 {
        return (U256::ZERO, 0);
    }
    if divisor >> 64 == 0 {
        // Digit by digit, of 64 bits each.
        let mut i = 4;
        while i > 0 {
            i -= 1;
            let dividend = rest << 64 | limbs[i] as u128;
            quotient[i] = (dividend / divisor) as u64;
            rest = dividend % divisor;
        }
    } else {
        // Bit by bit: fees are shared by this, and it costs less than a tenth of a storage access.
        let mut i = 256;
        while i > 0 {
            i -= 1;
            let carry = rest >> 127;
            rest = rest << 1 | (limbs[i / 64] >> (i % 64) & 1) as u128;
            if carry == 1 || rest >= divisor {
                rest = rest.wrapping_sub(divisor);
                quotient[i / 64] |= 1 << (i % 64);
            }
        }
    }
    (U256::from_limbs(quotient), rest)
}

/// floor(a * b / divisor), at most `u128::MAX`; 0 when the divisor is 0.
pub fn ratio(a: u128, b: u128, divisor: u128) -> u128 {
    narrow(divide(product(a, b), divisor).0)
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
            assert_eq!(divide(exact, divisor), (quotient, rest.to()));
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
        assert_eq!(divide(U256::MAX, 0), (U256::ZERO, 0));
    }

    proptest! {
        #[test]
        fn any_agree(a: u128, b: u128, divisor: u128, shift in 0..127) {
            agrees(a, b, divisor >> shift);
            agrees(a >> shift, b, divisor);
        }
    }
}
