//! A vector file's fields. All but the module may be absent; what is expected and absent is not checked.

use std::collections::BTreeMap;
use std::fmt::Display;

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Deserializer, de::Error as _};

/// One program, one environment, and what must come out.
#[derive(Deserialize)]
pub(super) struct Vector {
    /// The module in hexadecimal.
    pub wasm: Bytes,
    #[serde(default = "newest_arbos", deserialize_with = "integer")]
    pub arbos: u64,
    #[serde(default = "newest_stylus", deserialize_with = "integer")]
    pub stylus_version: u16,
    #[serde(default)]
    pub debug: bool,
    #[serde(default)]
    pub env: EnvFields,
    #[serde(default)]
    pub expect: Expect,
}

fn newest_arbos() -> u64 {
    60
}

fn newest_stylus() -> u16 {
    2
}

/// Where the program runs.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct EnvFields {
    pub calldata: Bytes,
    #[serde(deserialize_with = "some_integer")]
    pub gas: Option<u64>,
    #[serde(deserialize_with = "some_integer")]
    pub ink: Option<u64>,
    pub sender: Word,
    pub origin: Word,
    pub address: Word,
    pub value: Word,
    #[serde(deserialize_with = "integer")]
    pub block_number: u64,
    #[serde(deserialize_with = "integer")]
    pub timestamp: u64,
    pub basefee: Word,
    pub gas_price: Word,
    #[serde(deserialize_with = "integer")]
    pub chainid: u64,
    pub reentrant: Flag,
    pub read_only: Flag,
    pub storage: BTreeMap<Word, Word>,
    pub accounts: BTreeMap<Word, AccountFields>,
    pub calls: Vec<CallFields>,
    pub creates: Vec<CreateFields>,
    #[serde(deserialize_with = "integer")]
    pub pages_open: u16,
    #[serde(deserialize_with = "integer")]
    pub pages_ever: u16,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AccountFields {
    pub balance: Word,
    pub code: Bytes,
}

/// How a call is answered.
#[derive(Deserialize)]
pub(super) struct CallFields {
    pub to: Word,
    pub status: CallStatus,
    #[serde(default)]
    pub return_data: Bytes,
    #[serde(default, deserialize_with = "integer")]
    pub gas_used: u64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum CallStatus {
    Success,
    Revert,
}

/// How a creation is answered.
#[derive(Deserialize)]
pub(super) struct CreateFields {
    #[serde(default)]
    pub address: Word,
    pub status: CreateStatus,
    #[serde(default)]
    pub return_data: Bytes,
    #[serde(default, deserialize_with = "integer")]
    pub gas_used: u64,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum CreateStatus {
    Success,
    Revert,
    Fail,
}

/// What must come out.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Expect {
    pub activation: Option<ActivationFields>,
    pub run: Option<RunFields>,
    pub hostios: Option<Vec<HostioFields>>,
}

#[derive(Deserialize)]
pub(super) struct ActivationFields {
    pub ok: bool,
    #[serde(default, deserialize_with = "some_integer")]
    pub asm_estimate: Option<u32>,
    #[serde(default, deserialize_with = "some_integer")]
    pub init_cost: Option<u16>,
    #[serde(default, deserialize_with = "some_integer")]
    pub cached_init_cost: Option<u16>,
    #[serde(default, deserialize_with = "some_integer")]
    pub footprint: Option<u16>,
    #[serde(default, deserialize_with = "some_integer")]
    pub activation_gas: Option<u64>,
    #[serde(default, deserialize_with = "some_integer")]
    pub wasm_len: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RunFields {
    pub status: Option<String>,
    pub output: Option<Bytes>,
    #[serde(deserialize_with = "some_integer")]
    pub ink_used: Option<u64>,
    #[serde(deserialize_with = "some_integer")]
    pub ink_left: Option<u64>,
    #[serde(deserialize_with = "some_integer")]
    pub gas_left: Option<u64>,
    pub refund: Option<i64>,
    pub logs: Option<Vec<LogFields>>,
    pub storage: Option<BTreeMap<Word, Word>>,
    #[serde(deserialize_with = "some_integer")]
    pub pages_open: Option<u16>,
    #[serde(deserialize_with = "some_integer")]
    pub pages_ever: Option<u16>,
    #[serde(deserialize_with = "some_integer")]
    pub entry_page_gas: Option<u64>,
    pub calls_made: Option<Vec<CallMadeFields>>,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
pub(super) struct LogFields {
    #[serde(default)]
    pub topics: Vec<Word>,
    #[serde(default)]
    pub data: Bytes,
}

/// A call or a creation that got past its own price. Fields that are absent are not compared.
#[derive(Deserialize, Debug)]
pub(super) struct CallMadeFields {
    pub kind: Option<String>,
    pub to: Option<Word>,
    pub value: Option<Word>,
    pub input: Option<Bytes>,
    #[serde(default, deserialize_with = "some_integer")]
    pub gas: Option<u64>,
    pub salt: Option<Word>,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
pub(super) struct HostioFields {
    pub name: String,
    #[serde(deserialize_with = "integer")]
    pub ink_before: u64,
    #[serde(deserialize_with = "integer")]
    pub ink_after: u64,
}

/// A number of at most 32 bytes: hexadecimal after `0x` of any length, padded on the left, or decimal, as text or plain.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Word(pub U256);

impl Word {
    pub(super) fn b256(self) -> B256 {
        self.0.into()
    }

    /// The last 20 bytes.
    pub(super) fn address(self) -> Address {
        Address::from_word(self.b256())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A map's key is always a string, which an untagged enumeration takes as well.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Integer(u64),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Integer(number) => return Ok(Self(U256::from(number))),
            Either::Text(text) => text,
        };
        match text.strip_prefix("0x") {
            Some("") => Ok(Self::default()),
            Some(digits) => {
                U256::from_str_radix(digits, 16).map(Self).map_err(|error| D::Error::custom(format!("{text}: {error}")))
            }
            None => U256::from_str_radix(&text, 10).map(Self).map_err(|error| D::Error::custom(format!("{text}: {error}"))),
        }
    }
}

/// An integer of any width, written in any way that [`Word`] reads.
fn integer<'de, D: Deserializer<'de>, T: TryFrom<U256, Error: Display>>(deserializer: D) -> Result<T, D::Error> {
    T::try_from(Word::deserialize(deserializer)?.0).map_err(D::Error::custom)
}

/// The same, where it may be absent.
fn some_integer<'de, D: Deserializer<'de>, T: TryFrom<U256, Error: Display>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let Some(Word(word)) = Option::deserialize(deserializer)? else { return Ok(None) };
    T::try_from(word).map(Some).map_err(D::Error::custom)
}

/// True or false, or a number that is zero or not.
#[derive(Clone, Copy, Default)]
pub(super) struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Flag(bool),
            Number(u64),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Flag(flag) => flag,
            Either::Number(number) => number != 0,
        }))
    }
}
