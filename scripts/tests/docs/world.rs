//! Where the pages are read: a node that acts as Arbitrum Sepolia, a folder like the checkout's, and keys of all who read.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use alloy::{
    providers::{Provider, RootProvider},
    signers::{k256::elliptic_curve::rand_core::OsRng, local::PrivateKeySigner},
};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use corflow::build::Workspace;
use serde_json::{Value, json};
use stylus_devnode::Devnode;
use tempfile::TempDir;

/// Who reads, in the order of the node's accounts. Each has a keystore `name.json` and a key `name.key`.
const READERS: [&str; 9] = ["deployer", "owner", "treasury", "attester", "app", "signer", "staker", "miner", "keeper"];
/// What everybody types when a keystore asks.
const PASSWORD: &str = "correct horse";

/// The place.
pub(crate) struct World {
    pub(crate) node: Devnode,
    folder: TempDir,
    provider: RootProvider,
}

impl World {
    /// A fresh chain, five minutes after the full hour, and a folder in which nobody has done anything.
    pub(crate) async fn new() -> Self {
        let node = Devnode::builder().chain_id(421_614).spawn().expect("a node");
        let provider = RootProvider::new_http(node.endpoint().parse().expect("a URL"));
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self { node, folder, provider };
        let root = Workspace::here().root().to_owned();
        fs::create_dir_all(world.path("deployments/params")).expect("a folder");
        for file in ["networks.toml", "params/local.toml", "params/arbitrum-sepolia.toml", "params/arbitrum-one.toml"] {
            fs::copy(root.join("deployments").join(file), world.path("deployments").join(file)).expect("a file");
        }
        for folder in ["scenarios", "scripts"] {
            symlink(root.join(folder), world.path(folder)).expect("a link");
        }
        for (name, account) in READERS.iter().zip(world.node.accounts()) {
            let (key, file) = (account.key, format!("{name}.json"));
            PrivateKeySigner::encrypt_keystore(world.folder.path(), &mut OsRng, key, PASSWORD, Some(&file)).expect("a keystore");
            world.write(&format!("{name}.key"), &key.to_string());
        }
        world.write("password", PASSWORD);
        world.shim();
        world.pass(0).await;
        let latest = world.provider.get_block_by_number(Default::default()).await.expect("a block").expect("a block");
        world.pass(3_900 - latest.header.timestamp % 3_600).await;
        world
    }

    /// `corflow` for people: where a keystore is opened, somebody types its password.
    fn shim(&self) {
        fs::create_dir(self.path("bin")).expect("a folder");
        // Its own: whoever builds meanwhile puts another in the place of that one.
        let program = self.path("bin/program");
        fs::hard_link(env!("CARGO_BIN_EXE_corflow"), &program)
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_corflow"), &program).map(drop))
            .expect("the program");
        let (program, password) = (program.display(), self.path("password"));
        let password = password.display();
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in\n*' --keystore '*) exec '{program}' \"$@\" --password-file '{password}' ;;\nesac\nexec \
             '{program}' \"$@\"\n"
        );
        self.write("bin/corflow", &script);
        fs::set_permissions(self.path("bin/corflow"), fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that only its owner reads.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// What a placeholder of a page is: an address of a reader or a contract, a URL, a number.
    pub(crate) async fn word(&self, word: &str) -> Option<String> {
        if let Some(name) = word.strip_prefix("0x") {
            let name = name.to_lowercase().replace('_', "-");
            let name = if name == "safe" { "owner" } else { &name };
            let contract = || Some(self.record().ok()?["contracts"][name]["address"].as_str()?.to_owned());
            return self.reader(name).map(|it| it.to_string()).or_else(contract);
        }
        match word {
            "URL" => Some(self.node.endpoint()),
            "NAME" => Some("arbitrum-sepolia".to_owned()),
            "BLOCK" => Some(self.provider.get_block_number().await.expect("a number").to_string()),
            "APP" => {
                let apps: U256 = self.view(self.contract("agent-store"), abi::AgentStore::appsCall {}).await;
                Some(apps.to_string())
            }
            "EPOCH" => {
                let staking = self.contract("staking");
                let genesis: U256 = self.view(staking, abi::Staking::genesisCall {}).await;
                let length: U256 = self.view(staking, abi::Staking::epochLengthCall {}).await;
                let latest = self.provider.get_block_by_number(Default::default()).await.expect("a block").expect("a block");
                Some(((U256::from(latest.header.timestamp) - genesis) / length).to_string())
            }
            _ => None,
        }
    }

    /// The newest epoch whose scores are published.
    pub(crate) fn published(&self) -> u64 {
        let folders = fs::read_dir(self.path("rewards")).expect("the published folder");
        let names = folders.map(|it| it.expect("an entry").file_name().into_string().expect("a name"));
        names.filter_map(|it| it.strip_prefix("epoch-")?.parse().ok()).max().expect("an epoch")
    }

    fn reader(&self, name: &str) -> Option<Address> {
        let index = READERS.iter().position(|it| *it == name)?;
        Some(self.node.accounts()[index].address)
    }

    fn record(&self) -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(self.path("deployments/arbitrum-sepolia.json"))?)?)
    }

    fn contract(&self, name: &str) -> Address {
        let record = self.record().expect("the network is deployed");
        record["contracts"][name]["address"].as_str().expect(name).parse().expect("an address")
    }

    async fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let order = json!({"to": to, "input": Bytes::from(call.abi_encode())});
        let output: Bytes = serde_json::from_value(self.ask("eth_call", json!([order, "latest"])).await).expect("bytes");
        C::abi_decode_returns(&output).expect(C::SIGNATURE)
    }

    async fn ask(&self, method: &'static str, parameters: Value) -> Value {
        self.provider.raw_request(method.into(), parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The clock goes on.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds])).await;
        self.ask("evm_mine", json!([])).await;
    }

    /// The treasury gives COR to a reader whose page presumes that it has some.
    pub(crate) async fn give(&self, reader: &str, cor: u64) {
        let amount = U256::from(cor) * U256::from(1_000_000_000_000_000_000_u64);
        let call = abi::CorToken::transferCall { to: self.reader(reader).expect(reader), value: amount };
        self.send("treasury", self.contract("cor-token"), call.abi_encode().into()).await;
    }

    async fn send(&self, from: &str, to: Address, input: Bytes) {
        let order = json!({"from": self.reader(from), "to": to, "input": input});
        let hash = self.ask("eth_sendTransaction", json!([order])).await;
        let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "{from} sends {input} to {to}");
    }

    /// Sends what a batch for Safe's Transaction Builder says, from the Safe.
    pub(crate) async fn safe_signs(&self, file: &str) {
        let batch: Value = serde_json::from_str(&fs::read_to_string(self.path(file)).expect("a batch")).expect("JSON");
        assert_eq!(batch["chainId"], "421614");
        let transactions = batch["transactions"].as_array().expect("transactions");
        assert!(!transactions.is_empty());
        for it in transactions {
            let text = |name: &str| it[name].as_str().expect(name);
            self.send("owner", text("to").parse().expect("to"), text("data").parse().expect("data")).await;
        }
    }

    /// Remembers the chain.
    pub(crate) async fn snapshot(&self) -> Value {
        self.ask("evm_snapshot", json!([])).await
    }

    /// Goes back to it.
    pub(crate) async fn revert(&self, to: Value) {
        assert_eq!(self.ask("evm_revert", json!([to])).await, true);
    }
}
