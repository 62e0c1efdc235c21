//! What host functions cost in ink, before anything that is priced in gas (crates/arbutil/src/pricing.rs of Nitro).

/// Calling into the host at all.
const HOSTIO: u64 = 8400;
/// Each pointer to a value of fixed size.
const PTR: u64 = 5040;
/// Calling from the VM into the EVM.
pub(super) const EVM_API: u64 = 59673;

const DIV: u64 = 20000;
const ADD_MOD: u64 = 21000;
const MUL_MOD: u64 = 24100;

/// A function that gives or takes a number.
pub(super) const PLAIN: u64 = HOSTIO;
/// A function that writes one value.
pub(super) const VALUE: u64 = HOSTIO + PTR;
/// A function of the storage cache with two pointers.
pub(super) const CACHE: u64 = HOSTIO + 2 * PTR;
/// A function that asks the EVM.
pub(super) const ASK: u64 = HOSTIO + EVM_API;
/// The same with two pointers.
pub(super) const ASK_TWO: u64 = HOSTIO + 2 * PTR + EVM_API;
/// A call or a creation.
pub(super) const CALL: u64 = HOSTIO + 3 * PTR + EVM_API;
/// A creation with a salt.
pub(super) const CREATE2: u64 = HOSTIO + 4 * PTR + EVM_API;
/// `math_div` and `math_mod`.
pub(super) const MATH_DIV: u64 = HOSTIO + 3 * PTR + DIV;
/// `math_pow`, besides what the exponent costs.
pub(super) const MATH_POW: u64 = HOSTIO + 3 * PTR;
/// `math_add_mod`.
pub(super) const MATH_ADD_MOD: u64 = HOSTIO + 4 * PTR + ADD_MOD;
/// `math_mul_mod`.
pub(super) const MATH_MUL_MOD: u64 = HOSTIO + 4 * PTR + MUL_MOD;

/// Writing bytes into the program's memory: the first 32 have one price.
pub(super) fn write(bytes: u32) -> u64 {
    5040 + 30 * u64::from(bytes.saturating_sub(32))
}

/// Reading bytes from the program's memory: the first 32 have one price.
pub(super) fn read(bytes: u32) -> u64 {
    16381 + 55 * u64::from(bytes.saturating_sub(32))
}

/// Hashing bytes: the first two words have one price.
pub(super) fn keccak(bytes: u32) -> u64 {
    121_800 + 21_000 * u64::from(bytes.div_ceil(32).saturating_sub(2))
}

/// Raising to a power, by the bytes of the exponent, a big-endian word: one byte for zero, too.
pub(super) fn pow(exponent: &[u8; 32]) -> u64 {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
    3000 + 17_500 * (33 - zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_lengths_cost_one_price() {
        assert_eq!((write(0), write(32), write(33)), (5040, 5040, 5070));
        assert_eq!((read(0), read(32), read(64)), (16381, 16381, 16381 + 55 * 32));
        assert_eq!((keccak(0), keccak(64), keccak(65)), (121_800, 121_800, 142_800));
        assert_eq!(read(u32::MAX), 16381 + 55 * (u64::from(u32::MAX) - 32));
    }

    #[test]
    fn exponents_cost_by_their_bytes() {
        let exponent = |last: [u8; 2]| {
            let mut word = [0; 32];
            word[30..].copy_from_slice(&last);
            word
        };
        assert_eq!(pow(&exponent([0, 0])), 20_500);
        assert_eq!(pow(&exponent([0, 255])), 38_000);
        assert_eq!(pow(&exponent([1, 0])), 55_500);
        assert_eq!(pow(&[255; 32]), 3000 + 17_500 * 33);
    }
}
