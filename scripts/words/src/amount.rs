//! Amounts as people write them: exact, or refused with the reason and what to write instead.

use std::{fmt, str::FromStr};

use alloy_primitives::U256;
use economics::HOLDING_LIMIT;
use thiserror::Error;

use crate::number::{cor, decimal, plain};

/// Decimals of COR.
pub const DECIMALS: u8 = 18;

/// An amount of COR, in wei: written "1500 COR", "1500" or "0.25".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cor(pub u128);

/// Units of usage, which are whole: written "1500".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Units(pub u64);

/// Why a text is not surely an amount, and what to write.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AmountError {
    /// Nothing is there.
    #[error("there is no number: write, for example, \"1500\"")]
    Empty,
    /// A comma is a decimal point to some and separates thousands for others.
    #[error(
        "\"{written}\" has a comma, which some read as the decimal point and others between thousands: {advice}, without commas"
    )]
    Comma {
        /// As it stands.
        written: String,
        /// What to write.
        advice: String,
    },
    /// Digits are set apart.
    #[error("\"{written}\" has separators between its digits: write \"{plain}\"")]
    Separator {
        /// As it stands.
        written: String,
        /// The digits alone.
        plain: String,
    },
    /// Digits are missing before or after the point.
    #[error("\"{written}\" has no digit on one side of its point: write \"{plain}\"")]
    BarePoint {
        /// As it stands.
        written: String,
        /// With both sides.
        plain: String,
    },
    /// An exponent, words, another alphabet's digits.
    #[error("\"{0}\" is not a number in plain digits: write, for example, \"1500\"")]
    NotANumber(String),
    /// Below zero.
    #[error("\"{0}\" is negative, and amounts are not")]
    Negative(String),
    /// Another unit.
    #[error("\"{written}\" is in {unit}: {expected}")]
    OtherUnit {
        /// As it stands.
        written: String,
        /// The unit.
        unit: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Finer than a wei.
    #[error("\"{written}\" has {found} decimals, and COR has {DECIMALS}: the closest below is \"{plain}\"")]
    TooFine {
        /// As it stands.
        written: String,
        /// How many decimals it has.
        found: usize,
        /// Cut off.
        plain: String,
    },
    /// A part of a unit.
    #[error("\"{0}\" is not whole, and units are counted one by one")]
    NotWhole(String),
    /// More than there can be.
    #[error("\"{written}\" is more than there can be: the most is {most}")]
    TooMuch {
        /// As it stands.
        written: String,
        /// The limit.
        most: String,
    },
}

impl Cor {
    /// For calls.
    pub fn wei(self) -> U256 {
        U256::from(self.0)
    }
}

impl FromStr for Cor {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let number = number(text, "COR", "amounts are in COR, 18 decimals")?;
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > usize::from(DECIMALS) {
            let plain = format!("{whole}.{}", &fraction[..usize::from(DECIMALS)]);
            return Err(AmountError::TooFine { written: text.to_owned(), found: fraction.len(), plain });
        }
        let wei = decimal(&number, DECIMALS).ok().filter(|wei| *wei < HOLDING_LIMIT);
        wei.map(Self).ok_or_else(|| AmountError::TooMuch { written: text.to_owned(), most: cor(HOLDING_LIMIT - 1) })
    }
}

impl fmt::Display for Cor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&cor(self.0))
    }
}

impl FromStr for Units {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let number = number(text, "units", "units of usage are counted here")?;
        let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
        if fraction.bytes().any(|digit| digit != b'0') {
            return Err(AmountError::NotWhole(text.to_owned()));
        }
        let units = whole.parse().map(Self);
        units.map_err(|_| AmountError::TooMuch { written: text.to_owned(), most: u64::MAX.to_string() })
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Wei without a unit, the shortest way: for programs that want a decimal.
pub fn decimals(wei: u128) -> String {
    plain(wei, DECIMALS)
}

/// The number of a text with or without its unit behind it: digits, and at most one point with digits on both sides.
fn number(text: &str, unit: &str, expected: &'static str) -> Result<String, AmountError> {
    let written = || text.to_owned();
    let trimmed = text.trim();
    let end = trimmed.trim_end_matches(|it: char| it.is_alphabetic()).len();
    let (number, named) = (trimmed[..end].trim_end(), &trimmed[end..]);
    if !named.is_empty() && !named.eq_ignore_ascii_case(unit) && number.bytes().any(|it| it.is_ascii_digit()) {
        return Err(AmountError::OtherUnit { written: written(), unit: named.to_owned(), expected });
    }
    if number.is_empty() {
        return Err(if named.is_empty() { AmountError::Empty } else { AmountError::NotANumber(written()) });
    }
    if number.starts_with('-') {
        return Err(AmountError::Negative(written()));
    }
    let all = |allowed: &[char]| number.chars().all(|it| it.is_ascii_digit() || allowed.contains(&it));
    if number.contains(',') && all(&['.', ',']) {
        return Err(AmountError::Comma { written: written(), advice: advice(number) });
    }
    let separators = ['_', ' ', '\'', '\u{a0}', '\u{202f}', '\u{2019}'];
    if !all(&['.']) && all(&['.', '_', ' ', '\'', '\u{a0}', '\u{202f}', '\u{2019}']) {
        return Err(AmountError::Separator { written: written(), plain: number.replace(separators, "") });
    }
    if !all(&['.']) || number.matches('.').count() > 1 || number == "." {
        return Err(AmountError::NotANumber(written()));
    }
    if number.starts_with('.') {
        return Err(AmountError::BarePoint { written: written(), plain: format!("0{number}") });
    }
    if number.ends_with('.') {
        return Err(AmountError::BarePoint { written: written(), plain: format!("{number}0") });
    }
    Ok(number.to_owned())
}

/// What to write for a number with commas: one reading where the other cannot be meant, else both.
fn advice(number: &str) -> String {
    let thousands = number.replace(',', "");
    match number.rfind('.') {
        // A point behind every comma: "1,304.53"; a comma behind every point: "1.304,53".
        Some(point) if number.rfind(',') < Some(point) && number.matches('.').count() == 1 => format!("write \"{thousands}\""),
        Some(_) if number.matches(',').count() == 1 => format!("write \"{}\"", number.replace('.', "").replace(',', ".")),
        None if number.matches(',').count() == 1 => {
            format!("write \"{}\" or \"{thousands}\", whichever is meant", number.replace(',', "."))
        }
        None => format!("write \"{thousands}\""),
        Some(_) => "write its digits with one point".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: u128 = 1_000_000_000_000_000_000;

    fn refused(text: &str) -> String {
        text.parse::<Cor>().expect_err(text).to_string()
    }

    #[test]
    fn amounts_are_exact() {
        for (text, wei) in [
            ("1500 COR", 1_500 * ONE),
            ("1500COR", 1_500 * ONE),
            ("1500 cor", 1_500 * ONE),
            ("1500", 1_500 * ONE),
            ("0.25", ONE / 4),
            (" 5 ", 5 * ONE),
            ("0.000000000000000001", 1),
            ("1.0000000000000000000000", ONE),
            ("0", 0),
            ("007", 7 * ONE),
            ("79228162514.264337593543950335", HOLDING_LIMIT - 1),
        ] {
            assert_eq!(text.parse(), Ok(Cor(wei)), "{text}");
        }
    }

    #[test]
    fn what_could_be_misread_is_refused_with_what_to_write() {
        for (text, advice) in [
            ("1,304.53", "write \"1304.53\""),
            ("1.304,53", "write \"1304.53\""),
            ("1,304,000", "write \"1304000\""),
            ("0,125", "write \"0.125\" or \"0125\", whichever is meant"),
            ("1,304", "write \"1.304\" or \"1304\", whichever is meant"),
            ("1,304.53 COR", "write \"1304.53\""),
            ("1.2,3.4,5", "write its digits with one point"),
            ("1 500", "write \"1500\""),
            ("1_500.5", "write \"1500.5\""),
            ("1'500", "write \"1500\""),
            (".5", "write \"0.5\""),
            ("5.", "write \"5.0\""),
            ("1e3", "not a number in plain digits"),
            ("0x10", "not a number in plain digits"),
            ("1.2.3", "not a number in plain digits"),
            ("+1", "not a number in plain digits"),
            ("١٢", "not a number in plain digits"),
            ("five", "not a number in plain digits"),
            (".", "not a number in plain digits"),
            ("COR", "not a number in plain digits"),
            ("-5", "is negative"),
            ("5 ETH", "is in ETH: amounts are in COR"),
            ("5 wei", "is in wei: amounts are in COR"),
            ("", "there is no number"),
            ("0.1234567890123456789", "has 19 decimals, and COR has 18: the closest below is \"0.123456789012345678\""),
            ("79228162514.264337593543950336", "the most is 79228162514.264337593543950335 COR"),
        ] {
            let error = refused(text);
            assert!(error.contains(advice), "{text}: {error}");
        }
        assert!(refused(&"9".repeat(5_000)).contains("more than there can be"));
    }

    #[test]
    fn units_are_whole() {
        assert_eq!("1500".parse(), Ok(Units(1_500)));
        assert_eq!("1500 units".parse(), Ok(Units(1_500)));
        assert_eq!("3.0".parse(), Ok(Units(3)));
        assert_eq!(u64::MAX.to_string().parse(), Ok(Units(u64::MAX)));
        for (text, advice) in [
            ("0.5", "is not whole"),
            ("5 COR", "units of usage are counted here"),
            ("18446744073709551616", "more than there can be"),
            ("1,000", "whichever is meant"),
        ] {
            let error = text.parse::<Units>().expect_err(text).to_string();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(wei in 0..HOLDING_LIMIT, small in 0..1_000_000u128, units: u64) {
            for wei in [wei, small, wei >> 40] {
                prop_assert_eq!(Cor(wei).to_string().parse(), Ok(Cor(wei)));
                prop_assert_eq!(decimals(wei).parse(), Ok(Cor(wei)));
            }
            prop_assert_eq!(Units(units).to_string().parse(), Ok(Units(units)));
        }

        #[test]
        fn no_text_is_misread(text in "[0-9.,_ eE+-]{0,12}") {
            if let Ok(Cor(wei)) = text.parse::<Cor>() {
                // Only digits and one point were there, and they mean what they say.
                let bare = text.trim();
                prop_assert!(bare.bytes().all(|it| it.is_ascii_digit() || it == b'.'), "{}", text);
                let (whole, fraction) = bare.split_once('.').unwrap_or((bare, ""));
                let scaled = format!("{whole}{fraction:0<18}");
                prop_assert_eq!(scaled.parse::<u128>(), Ok(wei));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (text.parse::<Cor>(), text.parse::<Units>());
        }
    }
}
