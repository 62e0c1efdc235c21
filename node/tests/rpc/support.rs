//! A node and a plain JSON-RPC client, which sees exactly what is on the wire; and small contracts in hex.

use alloy::{
    hex,
    primitives::{Address, Bytes, U256, address},
    transports::http::reqwest,
};
use serde_json::{Value, json};
use stylus_devnode::{Builder, Devnode};

/// Where tests put their contract.
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000c0de0001");

/// An account without money or code.
pub(crate) const NOBODY: Address = address!("00000000000000000000000000000000000b0d1e");

/// `JUMPI` to the setter if there is calldata; without it the getter returns slot 0. The setter stores the first word.
pub(crate) const CELL: &str = "0x36600c575f545f5260205ff35b5f355f5500";

/// Returns the block's timestamp.
pub(crate) const CLOCK: &str = "0x425f5260205ff3";

/// Emits a log with the first word of calldata as its only topic, and a word of zeros as data.
pub(crate) const LOGGER: &str = "0x5f3560205fa100";

/// A node, and a client of it.
pub(crate) struct Client {
    pub(crate) node: Devnode,
    http: reqwest::Client,
}

/// An error as it is on the wire.
#[derive(Debug)]
pub(crate) struct WireError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Client {
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(options: impl FnOnce(Builder) -> Builder) -> Self {
        Self::of(options(Devnode::builder()).spawn().expect("the node starts"))
    }

    pub(crate) fn of(node: Devnode) -> Self {
        Self { node, http: reqwest::Client::new() }
    }

    /// One of the funded accounts.
    pub(crate) fn account(&self, index: usize) -> Address {
        self.node.accounts()[index].address
    }

    /// Posts a body as it is, and gives the status and the body that come back.
    pub(crate) async fn post(&self, body: &str) -> (u16, String) {
        let request = self.http.post(self.node.endpoint()).header("content-type", "application/json").body(body.to_owned());
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a body"))
    }

    /// A whole response object.
    pub(crate) async fn respond(&self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        serde_json::from_str(&self.post(&request.to_string()).await.1).expect("JSON")
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Result<Value, WireError> {
        let response = self.respond(method, params).await;
        match response.get("error") {
            None => Ok(response["result"].clone()),
            Some(error) => Err(WireError {
                code: error["code"].as_i64().expect("a code"),
                message: error["message"].as_str().expect("a message").to_owned(),
                data: error.get("data").cloned(),
            }),
        }
    }

    pub(crate) async fn get(&self, method: &str, params: Value) -> Value {
        match self.ask(method, params).await {
            Ok(value) => value,
            Err(error) => panic!("{method} failed: {error:?}"),
        }
    }

    pub(crate) async fn error(&self, method: &str, params: Value) -> WireError {
        match self.ask(method, params).await {
            Err(error) => error,
            Ok(value) => panic!("{method} answered {value}, an error was expected"),
        }
    }

    /// A quantity.
    pub(crate) async fn number(&self, method: &str, params: Value) -> u64 {
        quantity(&self.get(method, params).await)
    }

    /// Puts code at [`CONTRACT`].
    pub(crate) async fn install(&self, code: &str) {
        self.get("anvil_setCode", json!([CONTRACT, code])).await;
    }

    /// Sends a transaction of the second account, which has sent none before, and gives its hash.
    pub(crate) async fn send(&self, to: Address, data: &str) -> Value {
        self.get("eth_sendTransaction", json!([{ "from": self.account(1), "to": to, "data": data }])).await
    }

    pub(crate) async fn receipt(&self, hash: &Value) -> Value {
        self.get("eth_getTransactionReceipt", json!([hash])).await
    }

    /// The number of the newest block.
    pub(crate) async fn head(&self) -> u64 {
        self.number("eth_blockNumber", json!([])).await
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.get("anvil_mine", json!([blocks])).await;
    }
}

/// Reads a quantity, which must be written as one.
pub(crate) fn quantity(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no quantity"));
    let digits = text.strip_prefix("0x").unwrap_or_else(|| panic!("{text} is no quantity"));
    assert!(digits == "0" || !digits.starts_with('0'), "{text} has leading zeros");
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("{text} is no quantity of 64 bits"))
}

/// A 32-byte word in hex.
pub(crate) fn word(number: u64) -> String {
    format!("0x{number:064x}")
}

/// Code that ends every call with `data`, returned or reverted.
pub(crate) fn answers(data: &[u8], success: bool) -> String {
    let len = u16::try_from(data.len()).expect("short data");
    let end = if success { "f3" } else { "fd" };
    format!("0x61{len:04x}61000d5f3961{len:04x}5f{end}{}", hex::encode(data))
}

/// The revert data of `Error(string)`.
pub(crate) fn error_string(reason: &str) -> Bytes {
    use alloy::sol_types::{Revert, SolError};
    Revert::from(reason).abi_encode().into()
}

/// A balance or another large number.
pub(crate) fn large(value: &Value) -> U256 {
    value.as_str().expect("a quantity").parse().expect("a quantity")
}
