//! What bytes on the chain mean: contracts by name, their calls, events and errors decoded.

use alloy::dyn_abi::{DynSolValue, ErrorExt, EventExt, JsonAbiExt};
use alloy_json_abi::{JsonAbi, Param};
use alloy_primitives::{Address, Bytes, LogData, Selector};
use alloy_sol_types::{ContractError, SolInterface};
use serde::Serialize;
use serde_json::{Map, Value};

/// The name of what nobody here knows.
const UNKNOWN: &str = "unknown";

/// A contract that is known by name.
#[derive(Clone, Debug)]
struct Known {
    name: &'static str,
    address: Address,
    abi: JsonAbi,
}

/// Contracts by address.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: Vec<Known>,
    people: Vec<(&'static str, Address)>,
}

/// A call or an error, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decoded {
    /// Of the function or error.
    pub name: String,
    /// Its arguments by name; integers as decimal strings.
    pub args: Map<String, Value>,
}

/// An event, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Who logged it: its name, or its address where it has none here.
    pub contract: String,
    /// Of the event.
    pub event: String,
    /// Its arguments by name; integers as decimal strings.
    pub args: Map<String, Value>,
}

impl Names {
    /// Gives a contract a name.
    pub fn add(&mut self, name: &'static str, address: Address, abi: JsonAbi) {
        self.known.push(Known { name, address, abi });
    }

    /// Gives a person a name, for what people read: files and programs get the address.
    pub fn add_person(&mut self, name: &'static str, address: Address) {
        self.people.push((name, address));
    }

    /// The name of a contract, its address where it has none.
    pub fn of(&self, address: Address) -> String {
        self.find(address).map_or_else(|| address.to_string(), |known| known.name.to_owned())
    }

    /// A call of a known contract.
    pub fn call(&self, to: Address, input: &[u8]) -> Option<Decoded> {
        let (selector, arguments) = input.split_first_chunk::<4>()?;
        let function = self.find(to)?.abi.function_by_selector(Selector::from(*selector))?;
        let values = function.abi_decode_input(arguments).ok()?;
        Some(Decoded { name: function.name.clone(), args: named(&function.inputs, &values) })
    }

    /// The arguments of a known contract's constructor, as a deployer passes them: behind the selector of
    /// `stylus_constructor()`.
    pub fn constructor(&self, contract: Address, input: &[u8]) -> Option<Map<String, Value>> {
        let constructor = self.find(contract)?.abi.constructor.as_ref()?;
        let values = constructor.abi_decode_input(input.get(4..)?).ok()?;
        Some(named(&constructor.inputs, &values))
    }

    /// An event; by its topic and data where nobody here knows it.
    pub fn event(&self, contract: Address, log: &LogData) -> Event {
        let decoded = self.find(contract).and_then(|known| {
            let topic = log.topics().first()?;
            let event = known.abi.events().find(|event| event.selector() == *topic)?;
            let values = event.decode_log(log).ok()?;
            let (mut indexed, mut body) = (values.indexed.iter(), values.body.iter());
            let value = |input: &alloy_json_abi::EventParam| {
                let value = if input.indexed { indexed.next() } else { body.next() };
                Some((input.name.clone(), json(value?)))
            };
            Some((event.name.clone(), event.inputs.iter().map_while(value).collect()))
        });
        let (event, args) = decoded.unwrap_or_else(|| {
            let topics = log.topics().iter().map(|topic| Value::String(topic.to_string())).collect();
            let args = [("topics".to_owned(), Value::Array(topics)), ("data".to_owned(), Value::String(log.data.to_string()))];
            (UNKNOWN.to_owned(), args.into_iter().collect())
        });
        Event { contract: self.of(contract), event, args }
    }

    /// An error of any known contract, or one of Solidity's own; by its data where nobody here knows it.
    pub fn error(&self, data: &Bytes) -> Decoded {
        let known = data.first_chunk::<4>().and_then(|selector| {
            let mut errors = self.known.iter().flat_map(|known| known.abi.errors());
            let error = errors.find(|error| error.selector() == *selector)?;
            let values = error.decode_error(data).ok()?;
            Some(Decoded { name: error.name.clone(), args: named(&error.inputs, &values.body) })
        });
        known.unwrap_or_else(|| {
            let one = |name: &str, argument: &str, value: String| Decoded {
                name: name.to_owned(),
                args: [(argument.to_owned(), Value::String(value))].into_iter().collect(),
            };
            match ContractError::<std::convert::Infallible>::abi_decode(data) {
                Ok(ContractError::Revert(revert)) => one("Error", "message", revert.reason),
                Ok(ContractError::Panic(panic)) => one("Panic", "code", panic.code.to_string()),
                _ => one(UNKNOWN, "data", data.to_string()),
            }
        })
    }

    /// An error for people: `Name(value, ...)`, known accounts by name, and an error that it passes on decoded too.
    pub fn error_text(&self, data: &Bytes) -> String {
        let error = self.error(data);
        let order = self.known.iter().flat_map(|known| known.abi.errors()).find(|known| known.name == error.name);
        let names: Vec<&String> = match order {
            Some(known) => known.inputs.iter().map(|input| &input.name).collect(),
            None => error.args.keys().collect(),
        };
        let values = names.into_iter().filter_map(|name| {
            let text = error.args.get(name)?.as_str().map_or_else(|| error.args[name].to_string(), str::to_owned);
            if let Ok(address) = text.parse::<Address>() {
                let person = self.people.iter().find(|(_, known)| *known == address);
                return Some(person.map_or_else(|| self.of(address), |(name, _)| (*name).to_owned()));
            }
            match text.strip_prefix("0x").and_then(|_| text.parse::<Bytes>().ok()) {
                Some(inner) if self.error(&inner).name != UNKNOWN => Some(self.error_text(&inner)),
                _ => Some(text),
            }
        });
        format!("{}({})", error.name, values.collect::<Vec<_>>().join(", "))
    }

    fn find(&self, address: Address) -> Option<&Known> {
        self.known.iter().find(|known| known.address == address)
    }
}

fn named(inputs: &[Param], values: &[DynSolValue]) -> Map<String, Value> {
    let name = |(at, input): (usize, &Param)| if input.name.is_empty() { at.to_string() } else { input.name.clone() };
    inputs.iter().enumerate().map(name).zip(values.iter().map(json)).collect()
}

fn json(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Bool(value) => Value::Bool(*value),
        DynSolValue::Int(value, _) => Value::String(value.to_string()),
        DynSolValue::Uint(value, _) => Value::String(value.to_string()),
        DynSolValue::FixedBytes(word, size) => Value::String(Bytes::copy_from_slice(&word[..*size]).to_string()),
        DynSolValue::Address(address) => Value::String(address.to_string()),
        DynSolValue::Function(function) => Value::String(Bytes::copy_from_slice(function.as_slice()).to_string()),
        DynSolValue::Bytes(bytes) => Value::String(Bytes::copy_from_slice(bytes).to_string()),
        DynSolValue::String(text) => Value::String(text.clone()),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) | DynSolValue::Tuple(values) => {
            Value::Array(values.iter().map(json).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::{CorToken, Staking};
    use alloy_primitives::{U256, address};
    use alloy_sol_types::{SolCall, SolError, SolEvent};
    use serde_json::json;

    use super::Names;

    const TOKEN: alloy_primitives::Address = address!("0x00000000000000000000000000000000000000c0");
    const SOMEONE: alloy_primitives::Address = address!("0x00000000000000000000000000000000000000aa");

    fn names() -> Names {
        let mut names = Names::default();
        names.add("cor-token", TOKEN, CorToken::abi::contract());
        names.add("staking", address!("0x00000000000000000000000000000000000000c1"), Staking::abi::contract());
        names
    }

    #[test]
    fn integers_beyond_what_json_holds_survive() {
        let value = (U256::from(1) << 64) + U256::from(1);
        let input = CorToken::transferCall { to: SOMEONE, value }.abi_encode();
        let call = names().call(TOKEN, &input).expect("a call of the token");
        assert_eq!(call.name, "transfer");
        assert_eq!(json!(call.args), json!({"to": SOMEONE.to_string(), "value": "18446744073709551617"}));
    }

    #[test]
    fn events_have_their_indexed_arguments_in_place() {
        let log = CorToken::Transfer { from: SOMEONE, to: TOKEN, value: U256::from(7) }.encode_log_data();
        let event = names().event(TOKEN, &log);
        assert_eq!((event.contract.as_str(), event.event.as_str()), ("cor-token", "Transfer"));
        assert_eq!(json!(event.args), json!({"from": SOMEONE.to_string(), "to": TOKEN.to_string(), "value": "7"}));
    }

    #[test]
    fn an_error_passed_on_is_decoded_too() {
        let inner = CorToken::ERC20InsufficientAllowance { spender: SOMEONE, allowance: U256::ZERO, needed: U256::from(5) };
        let error = Staking::TokenRefused { token: TOKEN, reason: inner.abi_encode().into() };
        let text = names().error_text(&error.abi_encode().into());
        assert_eq!(text, format!("TokenRefused(cor-token, ERC20InsufficientAllowance({SOMEONE}, 0, 5))"));
    }

    #[test]
    fn what_nobody_knows_is_shown_as_it_is() {
        let names = names();
        assert_eq!(names.error_text(&[1, 2, 3, 4].into()), "unknown(0x01020304)");
        assert_eq!(names.error(&alloy_sol_types::Revert::from("no").abi_encode().into()).args["message"], "no");
    }
}
