//! A chain, a folder of settings, and runs of a deployment on them.

use std::{fs, path::Path, sync::OnceLock, time::Duration};

use abi::{AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    providers::{Provider, ProviderBuilder, RootProvider},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, Bytes, keccak256};
use alloy_sol_types::SolCall;
use anyhow::{Result, bail};
use corflow::{
    build::{Artifact, Symbols, Workspace, build},
    keys::{Actor, Signer},
    networks::Network,
    rollout::{Costs, Moment, Patience, Plan, Rollout, Site, Witness},
};
use serde_json::{Value, json};
use stylus_devnode::Devnode;
use tempfile::TempDir;

/// What the tests call it.
const NAME: &str = "arbitrum-sepolia";
/// The first second of epoch 0: the same on every chain, so that addresses are.
const GENESIS: u64 = 1_767_225_600;

/// Indexes of accounts: the deployer, and the roles of the parameters; the last is a stranger.
pub(crate) const DEPLOYER: usize = 0;
pub(crate) const OWNER: usize = 1;
pub(crate) const GUARDIAN: usize = 2;
pub(crate) const CURATOR: usize = 3;
pub(crate) const TREASURY: usize = 4;
pub(crate) const STRANGER: usize = 10;
/// All steps of the parameters.
pub(crate) const STEPS: u64 = 29;

/// A chain, and settings to deploy on it.
pub(crate) struct Stage {
    pub(crate) node: Devnode,
    pub(crate) network: Network,
    pub(crate) actor: Actor,
    pub(crate) provider: RootProvider,
    pub(crate) patience: Patience,
    before: u64,
    _folder: TempDir,
}

/// The contracts, built once.
pub(crate) fn artifacts() -> &'static [Artifact] {
    static BUILT: OnceLock<Vec<Artifact>> = OnceLock::new();
    BUILT.get_or_init(|| build(&Workspace::here(), Symbols::Names, |_| {}).expect("the contracts build"))
}

impl Stage {
    /// A fresh chain.
    pub(crate) async fn new() -> Self {
        let node = Devnode::builder().chain_id(421_614).spawn().expect("a node");
        let folder = tempfile::tempdir().expect("a folder");
        let local = fs::read_to_string(Workspace::here().root().join("deployments/params/local.toml")).expect("parameters");
        let parameters = local.replace("# genesis = 1767225600", &format!("genesis = {GENESIS}"));
        let networks = format!("[{NAME}]\nchain_id = 421614\nurl = \"{}\"\nparameters = \"params.toml\"\n", node.endpoint());
        fs::write(folder.path().join("params.toml"), parameters).expect("a file");
        fs::write(folder.path().join("networks.toml"), networks).expect("a file");
        let network = Network::load_from(folder.path(), NAME).expect("a network");
        let key = PrivateKeySigner::from_bytes(&node.accounts()[0].key).expect("a key");
        let actor = Actor::Here(Signer::Key(key));
        let provider = RootProvider::new_http(node.endpoint().parse().expect("a URL"));
        let patience =
            Patience { block: Duration::from_secs(5), lag: Duration::from_millis(300), again: Duration::from_millis(100) };
        let before = provider.get_transaction_count(actor.address()).await.expect("a nonce");
        Self { node, network, actor, provider, patience, before, _folder: folder }
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        &self.network.folder
    }

    /// Edits its parameters.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let path = &self.network.parameters;
        let text = fs::read_to_string(path).expect("parameters");
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).expect("a file");
    }

    /// Sends a transaction that is none of the deployment's, by the account with this index. Its hash.
    pub(crate) async fn send(&self, index: usize, to: Address, input: impl Into<Bytes>) -> String {
        let wallet = EthereumWallet::from(self.key(index));
        let provider = ProviderBuilder::new().wallet(wallet).connect_http(self.node.endpoint().parse().expect("a URL"));
        let request = TransactionRequest::default().with_to(to).with_input(input.into());
        let sent = provider.send_transaction(request).await.expect("accepted");
        let receipt = sent.get_receipt().await.expect("mined");
        assert!(receipt.status());
        receipt.transaction_hash.to_string()
    }

    /// Asks the node.
    pub(crate) async fn ask(&self, method: &'static str, parameters: Value) -> Value {
        self.provider.raw_request(method.into(), parameters).await.expect("an answer")
    }

    /// Lets days pass.
    pub(crate) async fn pass_days(&self, days: f64) {
        self.ask("evm_increaseTime", json!([(days * 86_400.0) as u64])).await;
        self.ask("evm_mine", json!([])).await;
    }

    /// Gives a transaction to the node and waits for no block. Its hash.
    pub(crate) async fn send_only(&self, index: usize, to: Address) -> String {
        let wallet = EthereumWallet::from(self.key(index));
        let provider = ProviderBuilder::new().wallet(wallet).connect_http(self.node.endpoint().parse().expect("a URL"));
        let sent = provider.send_transaction(TransactionRequest::default().with_to(to)).await.expect("accepted");
        sent.tx_hash().to_string()
    }

    /// Loses the journal.
    pub(crate) fn forget(&self) {
        fs::remove_file(self.folder().join(format!("{NAME}.journal.jsonl"))).expect("there was a journal");
    }

    /// The key of the account with this index.
    pub(crate) fn key(&self, index: usize) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.node.accounts()[index].key).expect("a key")
    }

    /// Runs a deployment, heard by a witness.
    pub(crate) async fn run(&self, witness: &mut dyn Witness) -> Result<()> {
        let mut site = Site::connect(&self.network, artifacts(), &self.actor).await?;
        site.patience = self.patience;
        Rollout::open(&site, witness).await?.execute().await
    }

    /// What would be sent.
    pub(crate) async fn plan(&self) -> Result<Plan> {
        self.plan_heard(&mut Notes::default()).await
    }

    /// What would be sent, heard by a witness.
    pub(crate) async fn plan_heard(&self, witness: &mut dyn Witness) -> Result<Plan> {
        let site = Site::connect(&self.network, artifacts(), &self.actor).await?;
        Rollout::open(&site, witness).await?.plan(&Costs::default()).await
    }

    /// How many transactions of the deployer are in blocks since the beginning.
    pub(crate) async fn sent(&self) -> u64 {
        self.provider.get_transaction_count(self.actor.address()).await.expect("a nonce") - self.before
    }

    /// The file of the deployment.
    pub(crate) fn record(&self) -> Value {
        let text = fs::read_to_string(self.network.deployment()).expect("a record");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The lines of the journal.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder().join(format!("{NAME}.journal.jsonl"))).expect("a journal");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Where a contract is, by its record.
    pub(crate) fn at(&self, name: &str) -> Address {
        self.record()["contracts"][name]["address"].as_str().expect("deployed").parse().expect("an address")
    }

    async fn view<C: SolCall>(&self, to: Address, call: C) -> String {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        self.provider.call(request).await.expect("an answer").to_string()
    }

    /// All that two deployments must agree in: addresses, code, arguments, wiring, roles, and where every COR is.
    pub(crate) async fn end_state(&self) -> Value {
        let record = self.record();
        let mut contracts = serde_json::Map::new();
        let at = |name| self.at(name);
        for (name, entry) in record["contracts"].as_object().expect("contracts") {
            let code = self.provider.get_code_at(at(name)).await.expect("code");
            let state = json!({"at": entry["address"], "code": keccak256(&code), "given": entry["constructor"]});
            contracts.insert(name.clone(), state);
        }
        let mut wires = vec![
            self.view(at("staking"), Staking::appFeesCall {}).await,
            self.view(at("staking"), Staking::minerRewardsCall {}).await,
            self.view(at("miner-rewards"), MinerRewards::minerPoolCall {}).await,
            self.view(at("app-fees"), AppFees::agentStoreCall {}).await,
            self.view(at("app-fees"), AppFees::minerPoolCall {}).await,
        ];
        for name in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
            wires.push(self.view(at(name), Staking::ownerCall {}).await);
            wires.push(self.view(at(name), Staking::pendingOwnerCall {}).await);
        }
        let mut held = vec![self.view(at("miner-pool"), MinerPool::reserveCall {}).await];
        for account in self.node.accounts().iter().map(|account| account.address).chain([at("staking"), at("miner-pool")]) {
            held.push(self.view(at("cor-token"), CorToken::balanceOfCall { account }).await);
        }
        let pending = self.view(at("miner-rewards"), MinerRewards::pendingAttestersCall {}).await;
        // Who attests and how many decide, without the second from which on.
        let attesters = (&pending[..66], &pending[130..]);
        let emitting = self.view(at("miner-pool"), MinerPool::emittingCall {}).await;
        json!({"contracts": contracts, "wires": wires, "held": held, "attesters": attesters, "emits": emitting.len()})
    }
}

/// Goes on, and says what was noted.
pub(crate) async fn go_on(stage: &Stage) -> String {
    let mut notes = Notes::default();
    stage.run(&mut notes).await.expect("deployed");
    assert_eq!(stage.plan().await.expect("a plan").to_send(), 0);
    notes.notes.join("\n")
}

/// Ends a run at a moment of a step.
pub(crate) async fn killed_at(stage: &Stage, step: &str, moment: Moment) {
    let mut killer = Killer::at(step, moment);
    let ended = stage.run(&mut killer).await;
    assert!(killer.killed, "{ended:?}");
}

/// How often a step is in a block, and succeeded.
pub(crate) fn times_done(stage: &Stage, step: &str) -> usize {
    let done = |line: &&Value| line["what"] == "mined" && line["step"] == step && line["ok"] == true;
    stage.journal().iter().filter(done).count()
}

/// Keeps what it hears.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) steps: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Witness for Notes {
    fn reaches(&mut self, step: &str, moment: Moment) -> Result<()> {
        if moment == Moment::Recorded {
            self.steps.push(step.to_owned());
        }
        Ok(())
    }

    fn notes(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

/// Ends a run at a moment of a step, as if it was killed: nothing of it remains but what is on the disk and on the chain.
pub(crate) struct Killer<'a> {
    pub(crate) step: &'a str,
    pub(crate) moment: Moment,
    pub(crate) killed: bool,
}

impl<'a> Killer<'a> {
    pub(crate) fn at(step: &'a str, moment: Moment) -> Self {
        Self { step, moment, killed: false }
    }
}

impl Witness for Killer<'_> {
    fn reaches(&mut self, step: &str, moment: Moment) -> Result<()> {
        if (step, moment) == (self.step, self.moment) {
            self.killed = true;
            bail!("killed");
        }
        Ok(())
    }

    fn notes(&mut self, _: &str) {}
}
