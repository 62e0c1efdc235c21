//! Numbers in sentences.

use alloy_primitives::{Address, U256};

use crate::number::plain;

/// What the names of accounts and the time of day are, for whoever reads.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Accounts by name.
    pub names: Vec<(String, Address)>,
    /// The account that asks.
    pub reader: Option<Address>,
}

impl Context {
    /// An account in a sentence: its name with its address, or its address with EIP-55's capitals.
    pub fn who(&self, account: Address) -> String {
        if account.is_zero() {
            return "nobody (0x0)".to_owned();
        }
        if self.reader == Some(account) {
            return format!("this account ({account})");
        }
        match self.names.iter().find(|(_, known)| *known == account) {
            Some((name, _)) => format!("{name} ({account})"),
            None => account.to_string(),
        }
    }

    /// An account that has something.
    fn has(&self, account: Address) -> String {
        if self.reader == Some(account) { "you have".to_owned() } else { format!("{} has", self.who(account)) }
    }
}

/// A form that a placeholder may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// Wei of COR.
    Cor,
    /// Wei of ether.
    Ether,
    /// A second since 1970.
    Time,
    /// Seconds.
    For,
    /// Parts of 10,000.
    Points,
    /// Parts of 10^18.
    Wad,
    /// An account.
    Who,
    /// An account with its verb.
    Has,
    /// What became of a voucher.
    Status,
    /// What another contract reverted with.
    Inner,
}

impl Form {
    /// By the word behind the colon.
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "" => Self::Plain,
            "cor" => Self::Cor,
            "ether" => Self::Ether,
            "time" => Self::Time,
            "for" => Self::For,
            "points" => Self::Points,
            "wad" => Self::Wad,
            "who" => Self::Who,
            "has" => Self::Has,
            "status" => Self::Status,
            "inner" => Self::Inner,
            _ => return None,
        })
    }

    /// Whether it can show a value of an ABI's type.
    #[cfg(test)]
    pub(super) fn fits(self, kind: &str) -> bool {
        match self {
            Self::Plain => kind.starts_with("uint") || kind == "string" || kind == "bytes",
            Self::Who | Self::Has => kind == "address",
            Self::Status => kind == "uint8",
            Self::Inner => kind == "bytes",
            _ => kind.starts_with("uint"),
        }
    }

    /// An account in this form.
    pub(super) fn account(self, account: Address, context: &Context) -> String {
        if self == Self::Has { context.has(account) } else { context.who(account) }
    }

    /// A number in this form.
    pub(super) fn number(self, value: U256) -> String {
        let small = u128::try_from(value);
        match (self, small) {
            (Self::Cor, Ok(wei)) => format!("{} COR", plain(wei, 18)),
            (Self::Ether, Ok(wei)) => format!("{} ETH", plain(wei, 18)),
            (Self::Time, Ok(second)) => u64::try_from(second).map_or_else(|_| value.to_string(), time),
            (Self::For, Ok(seconds)) => u64::try_from(seconds).map_or_else(|_| value.to_string(), duration),
            (Self::Points, Ok(points)) => format!("{} %", plain(points, 2)),
            (Self::Wad, Ok(parts)) => format!("{} %", plain(parts, 16)),
            (Self::Status, Ok(status)) => status_words(status),
            (Self::Cor, Err(_)) => format!("{value} wei of COR"),
            (Self::Ether, Err(_)) => format!("{value} wei"),
            _ => value.to_string(),
        }
    }
}

/// Why no more units of a voucher were counted, by app-fees' number for it.
pub fn status_words(status: u128) -> String {
    let words = [
        "all of it counts",
        "the epoch's fee cap leaves no room for a further unit",
        "the commitment is used up, and the app has nothing else to pay with",
        "the grants are used up, and there is no escrow",
        "the escrow is used up, or there is none",
        "the epoch no longer takes vouchers",
        "the epoch has not begun",
        "it is not signed by the app's signer of that epoch",
        "it asks for no more than was counted before",
        "there is no such app, or it had no signer in that epoch",
        "the app was closed before that epoch",
        "the number of units exceeds 64 bits",
    ];
    let found = usize::try_from(status).ok().and_then(|at| words.get(at));
    found.map_or_else(|| format!("status {status}"), |words| (*words).to_owned())
}

/// A second since 1970 as a date, in UTC.
pub fn time(second: u64) -> String {
    let (days, rest) = (second / 86_400, second % 86_400);
    // Eras of 400 years from 0000-03-01 on, as the proleptic Gregorian calendar repeats.
    let shifted = days.saturating_add(719_468);
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// Seconds in the two largest units that they have.
pub fn duration(seconds: u64) -> String {
    let parts =
        [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")].into_iter();
    let shown: Vec<String> = parts
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(n, u)| format!("{n} {u}"))
        .collect();
    if shown.is_empty() { "0 s".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::{Form, duration, time};
    use alloy_primitives::U256;

    #[test]
    fn dates_are_the_calendars() {
        for (second, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_893_456_000, "2030-01-01 00:00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(time(second), text);
        }
    }

    #[test]
    fn durations_have_two_units() {
        for (seconds, text) in
            [(0, "0 s"), (61, "1 min 1 s"), (3_600, "1 h"), (90_061, "1 d 1 h"), (604_800, "7 d"), (86_401, "1 d")]
        {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn forms_say_their_unit() {
        let number = |form: Form, value: u128| form.number(U256::from(value));
        assert_eq!(number(Form::Cor, 93_200_000_000_000_000_000), "93.2 COR");
        assert_eq!(number(Form::Points, 1_050), "10.5 %");
        assert_eq!(number(Form::Wad, 25_000_000_000_000_000), "2.5 %");
        assert_eq!(number(Form::Status, 1), "the epoch's fee cap leaves no room for a further unit");
        assert_eq!(Form::Time.number(U256::MAX), U256::MAX.to_string());
    }
}
