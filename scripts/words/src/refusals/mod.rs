//! Every refusal in words: a sentence with its numbers, the cause, and one next step.
//!
//! One [table](mod@table) has a row for each error of each contract's ABI, each way in which a node fails and each exit code.
//! Nothing here knows how a refusal came.

#[rustfmt::skip] // A row is a line.
mod table;
mod words;

use alloy_dyn_abi::{DynSolValue, ErrorExt};
use alloy_json_abi::{Error as AbiError, JsonAbi};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{Panic, Revert, SolError};
use serde_json::{Map, Value, json};

use words::Form;
pub use words::{Context, duration, status_words, time};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// The contract that it is for; all that have the error where none is named.
    contract: Option<&'static str>,
    /// The error's signature.
    error: &'static str,
    /// The sentence, with places for the error's arguments.
    says: &'static str,
    /// Why it comes.
    cause: &'static str,
    /// What to do.
    next: &'static str,
}

/// A refusal in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error's name, for programs.
    pub error: String,
    /// Its arguments by name; integers as decimal strings.
    pub arguments: Map<String, Value>,
    /// What happened, with its numbers.
    pub says: String,
    /// Why.
    pub cause: String,
    /// What to do.
    pub next: String,
    /// What another contract had refused, if this one passes it on.
    pub inner: Option<Box<Refusal>>,
}

/// How a node fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// 401 or 403.
    Unauthorized,
    /// 429, or a provider's own code.
    RateLimited,
    /// 5xx, or an internal error.
    Broken,
    /// No JSON-RPC.
    NotANode,
    /// A method that is not there.
    NoMethod,
    /// Another chain id.
    WrongChain,
    /// Too little ether.
    NoFunds,
    /// A nonce that was used.
    NonceTooLow,
    /// A nonce that leaves a gap.
    NonceTooHigh,
    /// A transaction that is there.
    AlreadyKnown,
    /// A replacement that pays too little.
    Underpriced,
    /// Below the base fee.
    FeeTooLow,
    /// Below what the call needs.
    GasTooLow,
    /// State that is gone.
    NoState,
    /// No receipt in time.
    NotMined,
    /// No receipt, and no transaction either.
    Dropped,
    /// Another transaction has the nonce.
    Replaced,
    /// Anything else.
    Other,
}

/// How commands end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// Anything that has no code of its own; a check that did not hold.
    Failed = 1,
    /// Arguments that do not fit.
    Usage = 2,
    /// A contract's refusal.
    Refused = 3,
    /// No signature.
    Keys = 4,
    /// A node's failure.
    Node = 5,
    /// Twin numbers that differ.
    Differs = 6,
    /// Sent, and not known to be mined.
    Unsure = 7,
}

impl Exit {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Done, Self::Failed, Self::Usage, Self::Refused, Self::Keys, Self::Node, Self::Differs, Self::Unsure];

    /// What it means, why it comes and what to do.
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        let row = table::EXITS.iter().find(|(exit, ..)| *exit == self);
        row.map_or(("it failed", "", ""), |(_, says, cause, next)| (says, cause, next))
    }

    /// All exit codes, for people.
    pub fn help() -> String {
        let line = |exit: &Self| {
            let (says, cause, next) = exit.words();
            format!("{}  {says}: {cause}. What to do: {next}.", *exit as u8)
        };
        Self::ALL.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Kind {
    /// By what a node says: its error code, or the HTTP status where it got no further, and its words.
    pub fn of(code: Option<i64>, status: Option<u16>, message: &str) -> Self {
        let message = message.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match status {
            Some(401 | 403) => return Self::Unauthorized,
            Some(429) => return Self::RateLimited,
            Some(408 | 504) => return Self::TimedOut,
            Some(404 | 405) => return Self::NotANode,
            Some(500..) => return Self::Broken,
            _ => {}
        }
        let by_words = [
            (Self::NoFunds, &["insufficient funds", "insufficient balance"][..]),
            (Self::NonceTooLow, &["nonce too low"]),
            (Self::NonceTooHigh, &["nonce too high"]),
            (Self::AlreadyKnown, &["already known", "known transaction", "already imported"]),
            (Self::Underpriced, &["replacement transaction underpriced", "transaction underpriced"]),
            (Self::FeeTooLow, &["max fee per gas less than block base fee", "feecap"]),
            (Self::GasTooLow, &["intrinsic gas too low", "out of gas", "gas required exceeds", "gas limit is too low"]),
            (Self::WrongChain, &["invalid chain id", "chain id mismatch", "wrong chain"]),
            (Self::NoState, &["missing trie node", "historical state", "state is not available", "header not found"]),
            (Self::RateLimited, &["rate limit", "too many requests", "request limit", "quota"]),
            (Self::Unauthorized, &["unauthorized", "forbidden", "invalid api key", "invalid project id"]),
            (Self::TimedOut, &["timed out", "timeout", "deadline"]),
            (Self::Unreachable, &["connection refused", "error sending request", "dns", "connect error", "connection reset"]),
            (Self::NotANode, &["expected value at line", "expected ident", "eof while parsing", "deserialization"]),
        ];
        let found = by_words.into_iter().find(|(_, words)| has(words));
        match (found, code) {
            (Some((kind, _)), _) => kind,
            (None, Some(-32_601 | -32_004)) => Self::NoMethod,
            (None, Some(-32_005 | -32_029)) => Self::RateLimited,
            (None, Some(-32_603)) => Self::Broken,
            _ => Self::Other,
        }
    }

    /// The failure in words; `said` is what the node itself said.
    pub fn refusal(self, said: &str) -> Refusal {
        let row = table::NODE.iter().find(|(kind, ..)| *kind == self);
        let (says, cause, next) = row.map_or(("the node refused", "", ""), |(_, says, cause, next)| (says, cause, next));
        let says = if said.is_empty() { says.to_owned() } else { format!("{says} ({said})") };
        Refusal {
            error: format!("{self:?}"),
            arguments: Map::new(),
            says,
            cause: cause.to_owned(),
            next: next.to_owned(),
            inner: None,
        }
    }
}

impl Refusal {
    /// What a contract, by its package's name, refused with.
    pub fn of(contract: &str, data: &[u8], context: &Context) -> Self {
        let Some((owner, error)) = find(contract, data) else { return Self::bare(data) };
        let values = error.decode_error(data).map(|decoded| decoded.body).unwrap_or_default();
        let given: Vec<(&str, &DynSolValue)> = error.inputs.iter().map(|input| input.name.as_str()).zip(&values).collect();
        let signature = error.signature();
        let rows = table::CONTRACTS.iter().filter(|row| row.error == signature);
        let row =
            rows.clone().find(|row| row.contract == Some(owner)).or_else(|| rows.clone().find(|row| row.contract.is_none()));
        // A test holds that there is a row for every error.
        let Some(row) = row else { return Self::bare(data) };

        let inner = given.iter().find_map(|(name, value)| {
            let passed_on = row.says.contains(&format!("{{{name}:inner}}"));
            value.as_bytes().filter(|_| passed_on).map(|data| Self::of(contract, data, context))
        });
        let fill = |text: &str| fill(text, &given, inner.as_ref(), context);
        // What the innermost says is nearest to what can be done about it.
        let known = inner.as_ref().filter(|inner| inner.error != "unknown" && inner.error != "()");
        Self {
            error: error.name.clone(),
            arguments: given.iter().map(|(name, value)| ((*name).to_owned(), plain_json(value))).collect(),
            says: fill(row.says),
            cause: known.map_or_else(|| fill(row.cause), |inner| inner.cause.clone()),
            next: known.map_or_else(|| fill(row.next), |inner| inner.next.clone()),
            inner: inner.map(Box::new),
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let inner = self.inner.as_ref().map(|inner| inner.json());
        json!({
            "error": self.error, "arguments": self.arguments, "says": self.says, "cause": self.cause, "next": self.next,
            "inner": inner,
        })
    }

    /// The innermost error, which is what happened first.
    pub fn root(&self) -> &Self {
        self.inner.as_ref().map_or(self, |inner| inner.root())
    }

    /// Reverts that no ABI has.
    fn bare(data: &[u8]) -> Self {
        let (error, given) = match (Revert::abi_decode(data), Panic::abi_decode(data)) {
            (Ok(revert), _) => ("Error(string)", Some(("message", revert.reason))),
            (_, Ok(panic)) => ("Panic(uint256)", Some(("code", panic.code.to_string()))),
            _ if data.is_empty() => ("()", None),
            _ => ("unknown", Some(("data", alloy_primitives::hex::encode_prefixed(data)))),
        };
        let row = table::BARE.iter().find(|row| row.error == error);
        let (says, cause, next) = row.map_or(("it reverted", "", ""), |row| (row.says, row.cause, row.next));
        let says = given.as_ref().map_or_else(|| says.to_owned(), |(name, value)| says.replace(&format!("{{{name}}}"), value));
        Self {
            error: error.to_owned(),
            arguments: given.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
            says,
            cause: cause.to_owned(),
            next: next.to_owned(),
            inner: None,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n  because: {}\n  what to do: {}", self.says, self.cause, self.next)
    }
}

/// Contracts with their ABIs: those of the network, and what deploying calls.
fn abis() -> Vec<(&'static str, JsonAbi)> {
    let arbitrum = [
        ("StylusDeployer", abi::StylusDeployer::abi::contract()),
        ("CacheManager", abi::CacheManager::abi::contract()),
        ("ArbWasm", abi::ArbWasm::abi::contract()),
    ];
    abi::contracts().into_iter().chain(arbitrum).collect()
}

/// Whom a contract calls, itself first: whose errors may come out of it.
fn callees(contract: &str) -> &'static [&'static str] {
    match contract {
        "agent-store" => &["agent-store", "app-fees", "staking", "cor-token"],
        "app-fees" | "fee-board" => &["app-fees", "staking", "cor-token"],
        "miner-pool" => &["miner-pool", "app-fees", "miner-rewards", "staking", "cor-token"],
        "miner-rewards" => &["miner-rewards", "staking", "cor-token"],
        "staking" => &["staking", "cor-token"],
        "cor-token" => &["cor-token"],
        _ => &[],
    }
}

/// The error that data is of, with the contract whose it is: the nearest that the called one calls.
fn find(contract: &str, data: &[u8]) -> Option<(&'static str, AbiError)> {
    let selector = data.first_chunk::<4>()?;
    let abis = abis();
    let place = |name: &str| callees(contract).iter().position(|callee| *callee == name).unwrap_or(usize::MAX);
    let found = abis.iter().filter_map(|(name, abi)| {
        let error = abi.errors().find(|error| error.selector() == *selector)?;
        // Shared selectors may be chance: what does not decode is another error.
        error.decode_error(data).ok().map(|_| (*name, error.clone()))
    });
    found.min_by_key(|(name, _)| place(name))
}

/// The places of a text: (name, form), in order.
fn places(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(place, _)| place.split_once(':').unwrap_or((place, "")))
}

fn fill(text: &str, given: &[(&str, &DynSolValue)], inner: Option<&Refusal>, context: &Context) -> String {
    let mut filled = text.to_owned();
    for (name, form) in places(text) {
        let place = if form.is_empty() { format!("{{{name}}}") } else { format!("{{{name}:{form}}}") };
        let value = given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let shown = match (Form::named(form), value) {
            (Some(Form::Inner), _) => inner.map_or_else(|| "no reason".to_owned(), |inner| inner.says.clone()),
            (Some(form), Some(value)) => shown(form, value, context),
            _ => continue,
        };
        filled = filled.replace(&place, &shown);
    }
    filled
}

fn shown(form: Form, value: &DynSolValue, context: &Context) -> String {
    match value {
        DynSolValue::Address(account) => form.account(*account, context),
        DynSolValue::Uint(number, _) => form.number(*number),
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Bytes(bytes) => alloy_primitives::hex::encode_prefixed(bytes),
        DynSolValue::FixedBytes(word, size) => alloy_primitives::hex::encode_prefixed(&word[..*size]),
        other => format!("{other:?}"),
    }
}

fn plain_json(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Address(account) => account.to_string().into(),
        other => shown(Form::Plain, other, &Context::default()).into(),
    }
}

/// A number of an argument, as JSON has it.
pub fn number(refusal: &Refusal, argument: &str) -> Option<U256> {
    refusal.arguments.get(argument)?.as_str()?.parse().ok()
}

/// An account of an argument, as JSON has it.
pub fn account(refusal: &Refusal, argument: &str) -> Option<Address> {
    refusal.arguments.get(argument)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
