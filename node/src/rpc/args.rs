//! Parameters, one by one and by name, so that an error can say which of them is wrong.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::U256;
use jsonrpsee::types::Params;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;

use super::errors::{RpcError, invalid};

/// The parameters of one request that have not been taken yet.
pub(super) struct Args(std::vec::IntoIter<Value>);

impl Args {
    pub(super) fn parse(params: &Params<'_>) -> Result<Self, RpcError> {
        let values: Option<Vec<Value>> = match params.as_str() {
            None => None,
            Some(text) => serde_json::from_str(text).map_err(|_| invalid("params", "an array is expected"))?,
        };
        Ok(Self(values.unwrap_or_default().into_iter()))
    }

    /// The next parameter.
    pub(super) fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RpcError> {
        self.maybe(name)?.ok_or_else(|| invalid(name, "missing value"))
    }

    /// The next parameter, if it is there and not null.
    pub(super) fn maybe<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, RpcError> {
        match self.0.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                T::deserialize(&value).map(Some).map_err(|error| invalid(name, format!("{error}; it is {}", shown(&value))))
            }
        }
    }

    /// The next parameter, a block; the newest if it is not there.
    pub(super) fn block(&mut self, name: &str) -> Result<BlockId, RpcError> {
        Ok(self.maybe::<Block>(name)?.map_or(BlockId::Number(BlockNumberOrTag::Latest), |block| block.0))
    }
}

/// A value as it was sent; the beginning of it if it is long.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 100;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A number as clients send it: hex with or without leading zeros, or a JSON number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantity(pub(super) u64);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => number
                .as_u64()
                .or_else(|| number.as_f64().filter(|seconds| *seconds >= 0.0).map(|seconds| seconds as u64))
                .map(Self)
                .ok_or_else(|| D::Error::custom(format!("{number} is not a whole number of 64 bits"))),
            Value::String(text) => {
                let parsed = match text.strip_prefix("0x") {
                    Some(hex) => u64::from_str_radix(hex, 16),
                    None => text.parse(),
                };
                parsed.map(Self).map_err(|_| D::Error::custom(format!("{text:?} is not a number of 64 bits")))
            }
            other => Err(D::Error::custom(format!("{other} is not a number"))),
        }
    }
}

/// A storage slot as clients send it: hex of any length up to 32 bytes, padded or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(pub(super) U256);

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        if digits.is_empty() || digits.len() > 64 {
            return Err(D::Error::custom(format!("{text:?} is not a storage slot of up to 32 bytes")));
        }
        U256::from_str_radix(digits, 16).map(Self).map_err(|_| D::Error::custom(format!("{text:?} is not hex")))
    }
}

/// A block by number (hex or a JSON number), tag, hash, or an object of EIP-1898.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block(pub(super) BlockId);

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(number) = value.as_u64() {
            return Ok(Self(BlockId::number(number)));
        }
        BlockId::deserialize(&value).map(Self).map_err(|_| {
            D::Error::custom(
                "a number in hex, latest, safe, finalized, pending, earliest, a hash, or an object with one is expected",
            )
        })
    }
}

/// A block by number or tag only.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) BlockNumberOrTag);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Block::deserialize(deserializer)?.0 {
            BlockId::Number(number) => Ok(Self(number)),
            BlockId::Hash(_) => Err(D::Error::custom("a block number or tag is expected, not a hash")),
        }
    }
}
