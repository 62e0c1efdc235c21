//! What people write into a file of parameters, read exactly: no number passes through a float.

use std::fmt;

use alloy_primitives::Address;
use serde::{Deserialize, Deserializer, de::Error};

use crate::environment::expand;

/// Seconds, written with their unit: `"7 d"`, `"12 h"`, `"10 min"`, `"90 s"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seconds(pub(super) u64);

/// A ratio in units of 10^-18, written in percent: `"70 %"`, `"2.5 %"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Percent(pub(super) u128);

/// Wei, written in COR: `"1_000 COR"`, `"0.001 COR"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cor(pub(super) u128);

/// An account: an address, `"deployer"` for whoever deploys, or a reference to the environment that says either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// The account that sends the transactions.
    Deployer,
    /// This one.
    Account(Address),
}

impl Party {
    /// Its address.
    pub(super) fn resolve(self, deployer: Address) -> Address {
        match self {
            Self::Deployer => deployer,
            Self::Account(address) => address,
        }
    }
}

const UNITS: [(&str, u64); 4] = [("min", 60), ("d", 86_400), ("h", 3_600), ("s", 1)];

impl Seconds {
    fn parse(text: &str) -> Result<Self, String> {
        let unit = UNITS.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
        let (number, seconds) = unit.ok_or_else(|| format!("`{text}` has no unit: write s, min, h or d behind the number"))?;
        let count = u64::try_from(decimal(number.trim_end(), 0)?).ok();
        let seconds = count.and_then(|count| count.checked_mul(seconds));
        seconds.map(Self).ok_or_else(|| format!("`{text}` is longer than can be counted"))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seconds) = *self;
        let largest = [UNITS[1], UNITS[2], UNITS[0]].into_iter().find(|(_, unit)| seconds != 0 && seconds.is_multiple_of(*unit));
        let (name, unit) = largest.unwrap_or(("s", 1));
        write!(f, "{} {name}", seconds / unit)
    }
}

impl Percent {
    fn parse(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').ok_or_else(|| format!("`{text}` has no unit: write % behind the number"))?;
        decimal(number.trim_end(), 16).map(Self)
    }

    /// In parts of 10,000, if it is that without a remainder.
    pub(super) fn basis_points(self) -> Option<u16> {
        const POINT: u128 = 100_000_000_000_000;
        if self.0.is_multiple_of(POINT) { u16::try_from(self.0 / POINT).ok() } else { None }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", plain(self.0, 16))
    }
}

impl Cor {
    fn parse(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("COR").ok_or_else(|| format!("`{text}` has no unit: write COR behind the number"))?;
        decimal(number.trim_end(), 18).map(Self)
    }
}

impl fmt::Display for Cor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} COR", plain(self.0, 18))
    }
}

impl Party {
    fn parse(text: &str) -> Result<Self, String> {
        let expanded = expand(text).map_err(|error| error.to_string())?;
        if expanded == "deployer" {
            return Ok(Self::Deployer);
        }
        address(&expanded).map(Self::Account)
    }
}

/// An address; one in mixed case must have the right checksum.
pub(super) fn address(text: &str) -> Result<Address, String> {
    let address: Address = text.parse().map_err(|_| format!("`{text}` is no address"))?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mixed = digits.chars().any(|c| c.is_ascii_lowercase()) && digits.chars().any(|c| c.is_ascii_uppercase());
    if mixed && address.to_string() != text {
        return Err(format!("`{text}` has a wrong checksum; if it is the right account, write {address}"));
    }
    Ok(address)
}

/// A decimal number times 10^places. `_` may stand between digits.
fn decimal(text: &str, places: usize) -> Result<u128, String> {
    let wrong = |why: &str| Err(format!("`{text}` {why}"));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.contains(',') {
        return wrong("has a comma: write `.` before decimals, and `_` or nothing between thousands");
    }
    let is_number = |digits: &str| digits.chars().all(|c| c.is_ascii_digit() || c == '_') && !digits.starts_with('_');
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || text.ends_with('.') {
        return wrong("is no number");
    }
    let fraction = fraction.replace('_', "");
    if fraction.len() > places {
        return wrong(&format!("has more than {places} decimals"));
    }
    let digits = format!("{}{fraction:0<places$}", whole.replace('_', ""));
    digits.parse().or_else(|_| wrong("is larger than can be counted"))
}

/// The number again, without zeros that say nothing.
fn plain(number: u128, places: u32) -> String {
    let one = 10_u128.pow(places);
    let (whole, fraction) = (number / one, number % one);
    if fraction == 0 {
        return whole.to_string();
    }
    let digits = format!("{fraction:0>width$}", width = places as usize);
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

macro_rules! from_text {
    ($($quantity:ident),*) => {
        $(impl<'de> Deserialize<'de> for $quantity {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        })*
    };
}
from_text!(Seconds, Percent, Cor, Party);

#[cfg(test)]
mod tests {
    use super::{Cor, Party, Percent, Seconds};

    #[test]
    fn quantities_are_exact() {
        assert_eq!(Seconds::parse("7 d"), Ok(Seconds(604_800)));
        assert_eq!(Seconds::parse("10min"), Ok(Seconds(600)));
        assert_eq!(Percent::parse("70 %").ok().and_then(Percent::basis_points), Some(7_000));
        assert_eq!(Percent::parse("0.005 %").ok().and_then(Percent::basis_points), None);
        assert_eq!(Cor::parse("350_000_000 COR"), Ok(Cor(350_000_000 * economics::COR)));
        assert_eq!(Cor::parse("0.000000000000000001 COR"), Ok(Cor(1)));
    }

    #[test]
    fn what_is_written_reads_back() {
        for seconds in [0, 1, 59, 60, 3_600, 5_400, 86_400, 604_800] {
            assert_eq!(Seconds::parse(&Seconds(seconds).to_string()), Ok(Seconds(seconds)));
        }
        for units in [0, 1, 10, 1_500_000_000_000_000_000, u128::MAX / 1_000] {
            assert_eq!(Cor::parse(&Cor(units).to_string()), Ok(Cor(units)));
            assert_eq!(Percent::parse(&Percent(units).to_string()), Ok(Percent(units)));
        }
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        let why = |text| Cor::parse(text).expect_err("refused");
        assert!(why("1,304.53 COR").contains("comma"));
        assert!(why("1304").contains("no unit") && why(".5 COR").contains("no number") && why("1. COR").contains("no number"));
        assert!(why("0.0000000000000000001 COR").contains("more than 18 decimals") && why("-1 COR").contains("no number"));
        assert!(Seconds::parse("7").expect_err("refused").contains("no unit"));
        let account = Party::parse("0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266").expect_err("refused");
        assert!(account.contains("wrong checksum") && account.contains("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert!(Party::parse("${CORFLOW_TEST_NOBODY}").expect_err("refused").contains("CORFLOW_TEST_NOBODY is not set"));
    }
}
