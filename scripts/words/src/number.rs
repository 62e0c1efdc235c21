//! Numbers and addresses as people and programs write them, read strictly: what is not surely meant is refused.

use alloy_primitives::{Address, U256};
use thiserror::Error;

/// Decimals of a score: what validators publish to the last of 18 places is kept exactly.
pub const SCORE_DECIMALS: u8 = 18;

/// Why a text is not the number or the address that it should be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Misread {
    /// Neither digits nor digits with a point: words, exponents, separators, NaN.
    #[error("{0:?} is not a number: write plain digits")]
    NotANumber(String),
    /// Below zero.
    #[error("{0} is negative")]
    Negative(String),
    /// More decimal places than the number has.
    #[error("{written} has more than {decimals} decimal places")]
    TooPrecise {
        /// As it stands.
        written: String,
        /// As many as there may be.
        decimals: u8,
    },
    /// More than what the number is kept in holds.
    #[error("{written} overflows: the most is {most}")]
    Overflow {
        /// As it stands.
        written: String,
        /// The greatest number that fits.
        most: String,
    },
    /// Not 0x and 40 hexadecimal digits.
    #[error("{0:?} is not an address: 0x and 40 hexadecimal digits")]
    NotAnAddress(String),
    /// The capitals are not those of EIP-55: a digit may be mistyped.
    #[error("the capitals of {written} are no checksum; if every digit is right, it is {right}")]
    BadChecksum {
        /// As it stands.
        written: String,
        /// The same digits with EIP-55's capitals.
        right: Address,
    },
    /// Nobody has the address zero.
    #[error("the address is zero")]
    ZeroAddress,
}

/// A number with at most `decimals` places behind the point, as a whole number of the last of them.
pub fn decimal(text: &str, decimals: u8) -> Result<u128, Misread> {
    let written = || text.to_owned();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) {
        return Err(Misread::NotANumber(written()));
    }
    if whole.starts_with('-') {
        return Err(Misread::Negative(written()));
    }
    // Zeros at the end say nothing, so that "1.0" is a whole number.
    let fraction = fraction.trim_end_matches('0');
    let missing =
        usize::from(decimals).checked_sub(fraction.len()).ok_or_else(|| Misread::TooPrecise { written: written(), decimals })?;
    let overflow = || Misread::Overflow { written: written(), most: plain(u128::MAX, decimals) };
    format!("{whole}{fraction}{}", "0".repeat(missing)).parse().map_err(|_| overflow())
}

/// A whole number: in digits, or in hexadecimal behind 0x.
pub fn whole(text: &str) -> Result<U256, Misread> {
    let refused = || Misread::NotANumber(text.to_owned());
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |it| (it, 16));
    if let Some(rest) = digits.strip_prefix('-').filter(|it| it.bytes().all(|it| it.is_ascii_digit()) && !it.is_empty()) {
        return Err(Misread::Negative(format!("-{rest}")));
    }
    // ruint would take separators, too.
    if digits.is_empty() || !digits.chars().all(|it| it.is_digit(radix)) {
        return Err(refused());
    }
    U256::from_str_radix(digits, radix.into())
        .map_err(|_| Misread::Overflow { written: text.to_owned(), most: U256::MAX.to_string() })
}

/// An address. Capitals, where there are both kinds, must be EIP-55's.
pub fn address(text: &str) -> Result<Address, Misread> {
    let digits = text.strip_prefix("0x").filter(|it| it.len() == 40 && it.bytes().all(|it| it.is_ascii_hexdigit()));
    let digits = digits.ok_or_else(|| Misread::NotAnAddress(text.to_owned()))?;
    let address: Address = text.parse().map_err(|_| Misread::NotAnAddress(text.to_owned()))?;
    let mixed = digits.bytes().any(|it| it.is_ascii_uppercase()) && digits.bytes().any(|it| it.is_ascii_lowercase());
    if mixed && address.to_checksum(None) != text {
        return Err(Misread::BadChecksum { written: text.to_owned(), right: address });
    }
    if address.is_zero() { Err(Misread::ZeroAddress) } else { Ok(address) }
}

/// The opposite of [`decimal`]: the shortest text that reads as `value` again.
pub fn plain(value: u128, decimals: u8) -> String {
    let Some(unit) = 10u128.checked_pow(decimals.into()).filter(|&it| it > 1) else { return value.to_string() };
    let fraction = format!("{:0width$}", value % unit, width = usize::from(decimals));
    match fraction.trim_end_matches('0') {
        "" => (value / unit).to_string(),
        fraction => format!("{}.{fraction}", value / unit),
    }
}

/// An amount for people: COR, to the wei.
pub fn cor(wei: u128) -> String {
    format!("{} COR", plain(wei, 18))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_nothing_else_is_a_number() {
        assert_eq!(decimal("0.1", 18), Ok(100_000_000_000_000_000));
        assert_eq!(decimal("12.50", 2), Ok(1_250));
        assert_eq!(decimal("9007199254740993", 0), Ok((1 << 53) + 1), "beyond what a double holds");
        assert_eq!(decimal("7.000", 0), Ok(7));
        for text in ["", "NaN", "nan", "inf", "1e5", "1_000", "1,5", ".5", "5.", "+1", "0x10", "1.2.3", " 1", "--1", "-", "١"] {
            assert_eq!(decimal(text, 18), Err(Misread::NotANumber(text.into())), "{text}");
        }
        assert_eq!(decimal("-0.5", 18), Err(Misread::Negative("-0.5".into())));
        assert_eq!(decimal("0.25", 1), Err(Misread::TooPrecise { written: "0.25".into(), decimals: 1 }));
    }

    #[test]
    fn the_greatest_number_fits_and_the_next_overflows() {
        assert_eq!(decimal("340282366920938463463.374607431768211455", 18), Ok(u128::MAX));
        assert!(matches!(decimal("340282366920938463463.374607431768211456", 18), Err(Misread::Overflow { .. })));
        assert!(matches!(decimal(&"9".repeat(5_000), 0), Err(Misread::Overflow { .. })));
        assert!(matches!(whole(&"9".repeat(78)), Err(Misread::Overflow { .. })));
        assert_eq!(whole(&format!("{:#x}", U256::MAX)), Ok(U256::MAX));
    }

    #[test]
    fn whole_numbers_are_the_same_in_digits_and_in_hexadecimal() {
        assert_eq!(whole("412346"), whole("0x64aba"));
        for text in ["412346abc", "42 ", "NaN", "null", "", "0x", "1_0", "4.0", "0xzz"] {
            assert_eq!(whole(text), Err(Misread::NotANumber(text.into())), "{text}");
        }
        assert_eq!(whole("-3"), Err(Misread::Negative("-3".into())));
    }

    #[test]
    fn addresses_are_whole_and_their_capitals_right() {
        let right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(address(right).is_ok());
        assert!(address(&right.to_lowercase()).is_ok());
        assert!(matches!(address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), Err(Misread::BadChecksum { .. })));
        assert_eq!(address(&format!("0x{}", "0".repeat(40))), Err(Misread::ZeroAddress));
        for text in
            ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "alice.eth"]
        {
            assert_eq!(address(text), Err(Misread::NotAnAddress(text.into())), "{text}");
        }
    }

    #[test]
    fn plain_numbers_read_back() {
        for (value, text) in [
            (0, "0"),
            (1, "0.000000000000000001"),
            (1_500_000_000_000_000_000, "1.5"),
            (u128::MAX, "340282366920938463463.374607431768211455"),
        ] {
            assert_eq!(plain(value, 18), text);
            assert_eq!(decimal(text, 18), Ok(value));
        }
        assert_eq!(plain(15, 0), "15");
    }
}
