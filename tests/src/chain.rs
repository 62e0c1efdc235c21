//! A node with contracts on it, and the calls that tests make: every one a JSON-RPC request.

use std::sync::OnceLock;

use alloy::providers::{Provider, ProviderBuilder, RootProvider};
use alloy_primitives::{Address, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolConstructor, SolError, SolEvent};
use corflow::build::{self, Artifact, Symbols, Workspace};
use serde_json::{Value, json};
use stylus_devnode::{Builder, Devnode};

const ARB_WASM: Address = alloy_primitives::address!("0000000000000000000000000000000000000071");

/// Enough for any activation; the rest comes back.
const ETHER: &str = "0xde0b6b3a7640000";

/// A node, and a client of it.
pub struct Chain {
    /// The node.
    pub node: Devnode,
    provider: RootProvider,
    placed: std::cell::Cell<u8>,
}

/// A transaction that succeeded.
#[derive(Debug)]
pub struct Done {
    /// Its hash.
    pub hash: Value,
    /// What it used.
    pub gas: u64,
    /// What it logged.
    pub logs: Vec<Log>,
}

impl Done {
    /// The events of one kind, in order.
    pub fn events<E: SolEvent>(&self) -> Vec<E> {
        self.logs.iter().filter_map(|log| E::decode_log_data(&log.data).ok()).collect()
    }
}

/// The revert data of a call that failed.
#[derive(Debug)]
pub struct Refused(pub Bytes);

impl Refused {
    /// The error that it was refused with, which must be this one.
    pub fn error<E: SolError>(&self) -> E {
        E::abi_decode(&self.0).unwrap_or_else(|_| panic!("{} was expected, not {}", E::SIGNATURE, self.0))
    }
}

/// The contracts of this workspace, built once per test program.
fn artifacts() -> &'static [Artifact] {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    BUILT.get_or_init(|| build::build(&Workspace::here(), Symbols::Names, |_| ()).expect("the contracts build"))
}

impl Chain {
    /// A new node.
    pub fn start() -> Self {
        Self::with(|builder| builder)
    }

    /// A new node with options.
    pub fn with(options: impl FnOnce(Builder) -> Builder) -> Self {
        let node = options(Devnode::builder()).spawn().expect("the node starts");
        let provider = ProviderBuilder::default().connect_http(node.endpoint().parse().expect("an address"));
        Self { node, provider, placed: 0.into() }
    }

    /// One of the accounts that the node signs for.
    pub fn account(&self, index: usize) -> Address {
        self.node.accounts()[index].address
    }

    /// A request that must be answered.
    pub async fn get(&self, method: &'static str, params: Value) -> Value {
        self.provider.raw_request(method.into(), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A place without code.
    pub fn place(&self) -> Address {
        self.placed.set(self.placed.get() + 1);
        Address::with_last_byte(self.placed.get()) ^ Address::repeat_byte(0xc0)
    }

    /// Puts a contract's code at a new place, activates it, and constructs it.
    pub async fn deploy<C: SolConstructor>(&self, name: &str, constructor: &C) -> Result<Address, Refused> {
        let artifact = artifacts().iter().find(|artifact| artifact.name == name).expect("a contract of the workspace");
        let place = self.place();
        self.get("anvil_setCode", json!([place, artifact.code.bytes()])).await;
        let activate = abi::ArbWasm::activateProgramCall { program: place };
        if let Err(Refused(data)) = self.send_bytes(self.account(0), ARB_WASM, activate.abi_encode().into(), ETHER).await {
            // The same code is active already: as every other of it.
            assert!(data.starts_with(&abi::ArbWasm::ProgramUpToDate::SELECTOR), "activation of {name}: {data}");
        }
        let selector = &alloy_primitives::keccak256("stylus_constructor()")[..4];
        let input = [selector, &constructor.abi_encode()].concat();
        self.send_bytes(self.account(0), place, input.into(), "0x0").await?;
        Ok(place)
    }

    /// Puts a contract that answers each of its functions with one word, whichever it is told.
    pub async fn stub(&self, answers: &[([u8; 4], Address)]) -> Address {
        let place = self.place();
        // SLOAD of the selector.
        self.get("anvil_setCode", json!([place, "0x5f3560e01c545f5260205ff3"])).await;
        for (selector, answer) in answers {
            let slot = U256::from(u32::from_be_bytes(*selector));
            self.get("anvil_setStorageAt", json!([place, slot, answer.into_word()])).await;
        }
        place
    }

    /// Lets the node send for an account, and gives it ETH to pay with.
    pub async fn adopt(&self, account: Address) {
        self.get("anvil_impersonateAccount", json!([account])).await;
        self.get("anvil_setBalance", json!([account, "0x3635c9adc5dea00000"])).await;
    }

    /// Sends a call, which must succeed.
    pub async fn send<C: SolCall>(&self, from: Address, to: Address, call: C) -> Done {
        match self.try_send(from, to, call).await {
            Ok(done) => done,
            Err(Refused(data)) => panic!("{} was refused: {data}", C::SIGNATURE),
        }
    }

    /// Sends a call, which must be refused.
    pub async fn refused<C: SolCall>(&self, from: Address, to: Address, call: C) -> Refused {
        match self.try_send(from, to, call).await {
            Ok(_) => panic!("{} was to be refused", C::SIGNATURE),
            Err(refused) => refused,
        }
    }

    /// Sends a call.
    pub async fn try_send<C: SolCall>(&self, from: Address, to: Address, call: C) -> Result<Done, Refused> {
        self.send_bytes(from, to, call.abi_encode().into(), "0x0").await
    }

    async fn send_bytes(&self, from: Address, to: Address, input: Bytes, value: &str) -> Result<Done, Refused> {
        // More than any needs: an estimate is of the second before, and what streams makes gas depend on the second.
        let request = json!({ "from": from, "to": to, "input": input, "value": value, "gas": "0x1312d00" });
        self.dry(&request).await?;
        let hash = self.get("eth_sendTransaction", json!([request])).await;
        let receipt = self.get("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        let number = |value: &Value| u64::from_str_radix(&value.as_str().expect("a quantity")[2..], 16).expect("a quantity");
        Ok(Done { hash, gas: number(&receipt["gasUsed"]), logs: serde_json::from_value(receipt["logs"].clone()).expect("logs") })
    }

    /// What a call of any bytes, with some ETH, would return or be refused with.
    pub async fn try_bytes(&self, from: Address, to: Address, input: &[u8], value: u64) -> Result<Bytes, Refused> {
        let input = Bytes::copy_from_slice(input);
        self.dry(&json!({ "from": from, "to": to, "input": input, "value": U256::from(value) })).await
    }

    async fn dry(&self, request: &Value) -> Result<Bytes, Refused> {
        let answer = self.provider.raw_request::<_, Bytes>("eth_call".into(), json!([request, "latest"])).await;
        answer.map_err(|error| match error.as_error_resp().and_then(|payload| payload.as_revert_data()) {
            Some(data) => Refused(data),
            None => panic!("eth_call: {error}"),
        })
    }

    /// Asks a contract.
    pub async fn ask<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        self.ask_as(Address::ZERO, to, call).await
    }

    /// What a call would return.
    pub async fn ask_as<C: SolCall>(&self, from: Address, to: Address, call: C) -> C::Return {
        let request = json!({ "from": from, "to": to, "input": Bytes::from(call.abi_encode()) });
        match self.dry(&request).await {
            Ok(data) => C::abi_decode_returns(&data).unwrap_or_else(|_| panic!("{} answered {data}", C::SIGNATURE)),
            Err(Refused(data)) => panic!("{} was refused: {data}", C::SIGNATURE),
        }
    }

    /// The time of the newest block.
    pub async fn time(&self) -> u64 {
        let block = self.get("eth_getBlockByNumber", json!(["latest", false])).await;
        u64::from_str_radix(&block["timestamp"].as_str().expect("a time")[2..], 16).expect("a time")
    }

    /// Mines a block at a time; transactions follow it.
    pub async fn at(&self, time: u64) {
        self.get("evm_setNextBlockTimestamp", json!([time])).await;
        self.get("evm_mine", json!([])).await;
    }
}
