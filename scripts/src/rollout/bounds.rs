//! Every bound that a file of parameters is held against is the contract's own: what the file may just say, its constructor
//! accepts on a node, and what the file may just not say, it refuses.

use std::collections::BTreeMap;

use abi::{CorToken, MinerRewards, StylusDeployer};
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride, signers::local::PrivateKeySigner};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolError;
use stylus_devnode::Devnode;
use words::refusals::{Context, Refusal};

use super::blueprint::Blueprint;
use crate::{
    build::{Artifact, Symbols, Workspace, build},
    chain::{Answer, Chain, Order},
    deploy,
    parameters::Parameters,
};

/// A bound: a line of the file as it is, as it may just be and as it may just not be; the same for what is read of the file; and
/// the contract that holds it, with the error by which it does.
struct Bound {
    line: &'static str,
    inside: &'static str,
    outside: &'static str,
    overstep: fn(&mut Parameters),
    contract: &'static str,
    error: &'static str,
}

const COR: u128 = economics::COR;

fn bounds() -> Vec<Bound> {
    let bound = |line, inside, outside, overstep: fn(&mut Parameters), contract, error| Bound {
        line,
        inside,
        outside,
        overstep,
        contract,
        error,
    };
    let (grace, delay, window, cooldown) = ("grace = \"1 d\"", "delay = \"1 d\"", "window = \"3 d\"", "cooldown = \"7 d\"");
    let (price, discount, reference) = ("unit_price = \"0.001 COR\"", "discount = \"10 %\"", "reference = \"1_000_000_000 COR\"");
    vec![
        bound(grace, "grace = \"60 s\"", "grace = \"59 s\"", |it| it.times.grace = 59, "app-fees", "GraceOutOfBounds"),
        bound(grace, "grace = \"7 d\"", "grace = \"604801 s\"", |it| it.times.grace = 604_801, "app-fees", "GraceOutOfBounds"),
        bound(delay, "delay = \"60 s\"", "delay = \"59 s\"", |it| it.times.delay = 59, "staking", "DelayTooShort"),
        bound(
            window,
            "window = \"2 d\"",
            "window = \"172799 s\"",
            |it| it.times.window = 172_799,
            "miner-rewards",
            "WindowOutOfBounds",
        ),
        bound(
            window,
            "window = \"7 d\"",
            "window = \"604801 s\"",
            |it| it.times.window = 604_801,
            "miner-rewards",
            "WindowOutOfBounds",
        ),
        bound(
            cooldown,
            "cooldown = \"1 h\"",
            "cooldown = \"3599 s\"",
            |it| it.times.cooldown = 3_599,
            "staking",
            "CooldownOutOfBounds",
        ),
        bound(
            cooldown,
            "cooldown = \"21 d\"",
            "cooldown = \"1814401 s\"",
            |it| it.times.cooldown = 1_814_401,
            "staking",
            "CooldownOutOfBounds",
        ),
        bound(
            reference,
            reference,
            "reference = \"999_999_999.999999999999999999 COR\"",
            |it| it.supply.reference = 1_000_000_000 * COR - 1,
            "staking",
            "ReferenceSupplyOutOfBounds",
        ),
        bound(
            reference,
            "reference = \"1_000_000_000 COR\"",
            "reference = \"79228162514.264337593543950336 COR\"",
            |it| it.supply.reference = 1 << 96,
            "staking",
            "ReferenceSupplyOutOfBounds",
        ),
        bound(
            price,
            "unit_price = \"0.000000000000000001 COR\"",
            "unit_price = \"0 COR\"",
            |it| it.fees.unit_price = 0,
            "app-fees",
            "UnitPriceOutOfBounds",
        ),
        bound(
            price,
            "unit_price = \"79228162514.264337593543950335 COR\"",
            "unit_price = \"79228162514.264337593543950336 COR\"",
            |it| it.fees.unit_price = 1 << 96,
            "app-fees",
            "UnitPriceOutOfBounds",
        ),
        bound(
            discount,
            "discount = \"50 %\"",
            "discount = \"50.01 %\"",
            |it| it.fees.discount = economics::BasisPoints::new(5_001).expect("a ratio"),
            "app-fees",
            "DiscountOutOfBounds",
        ),
        bound(
            "bond = \"1_000 COR\"",
            "bond = \"100_000 COR\"",
            "bond = \"100_000.000000000000000001 COR\"",
            |it| it.apps.bond = 100_000 * COR + 1,
            "agent-store",
            "BondOutOfBounds",
        ),
        bound(
            "free_budget = 50_000_000",
            "free_budget = 10_000_000",
            "free_budget = 9_999_999",
            |it| it.apps.free_budget = 9_999_999,
            "agent-store",
            "StarterOutOfBounds",
        ),
    ]
}

/// A chain on which everything stands, for others of the same kind to be tried beside it.
struct Site {
    chain: Chain,
    account: Address,
    artifacts: Vec<Artifact>,
    known: BTreeMap<String, Address>,
    text: String,
    genesis: u64,
    _node: Devnode,
}

impl Site {
    async fn new() -> Self {
        let workspace = Workspace::here();
        let artifacts = build(&workspace, Symbols::Names, |_| {}).expect("the contracts build");
        let text = std::fs::read_to_string(workspace.root().join("deployments/params/local.toml")).expect("parameters");
        let node = Devnode::builder().spawn().expect("a node");
        let signer = PrivateKeySigner::from_bytes(&node.accounts()[0].key).expect("a key");
        let account = signer.address();
        let mut chain = Chain::connect(&node.endpoint(), None).await.expect("a chain");
        let genesis = chain.time().await.expect("a time");
        let parameters = Parameters::parse(&text, account).expect("parameters");
        let blueprint = Blueprint::new(parameters, &artifacts, account, genesis, true, &BTreeMap::new()).expect("a blueprint");
        for piece in &blueprint.pieces {
            let fee = deploy::activation_fee(&chain, &piece.code).await.expect("a fee");
            let order = deploy::order(&piece.code, &piece.init_data, blueprint.parameters.salt);
            let mined = chain.send(&signer, order.with_value(deploy::with_room(fee))).await.expect("sent");
            assert_eq!(mined.reverted, None, "{}", piece.name);
        }
        let known = blueprint.pieces.iter().map(|piece| (piece.name.to_owned(), piece.address)).collect();
        Self { chain, account, artifacts, known, text, genesis, _node: node }
    }

    /// The file with one line replaced.
    fn with(&self, line: &str, by: &str) -> Result<Parameters, String> {
        assert!(self.text.contains(line), "{line}");
        Parameters::parse(&self.text.replacen(line, by, 1), self.account).map_err(|reason| reason.to_string())
    }

    /// What happens when one contract is constructed with these parameters among those that stand.
    async fn construct(&self, contract: &str, mut parameters: Parameters) -> Answer {
        // Another address than that of the one which stands.
        parameters.salt = keccak256("beside it");
        let drawn = Blueprint::new(parameters, &self.artifacts, self.account, self.genesis, true, &self.known);
        let blueprint = drawn.expect("a blueprint");
        let piece = blueprint.pieces.iter().find(|piece| piece.name == contract).expect("a contract");
        self.ask(&deploy::order(&piece.code, &piece.init_data, blueprint.parameters.salt)).await
    }

    async fn ask(&self, order: &Order) -> Answer {
        let answer = self.chain.ask(self.account, order, BlockNumberOrTag::Latest, StateOverride::default());
        answer.await.expect("an answer")
    }
}

#[tokio::test]
async fn every_bound_of_the_file_is_the_contracts_own() {
    let site = Site::new().await;
    for Bound { line, inside, outside, overstep, contract, error } in bounds() {
        let parameters = site.with(line, inside).unwrap_or_else(|why| panic!("{inside}: {why}"));
        let accepted = site.construct(contract, parameters).await;
        assert!(accepted.is_ok(), "{contract} with {inside}: {accepted:?}");

        let why = site.with(line, outside).expect_err(outside);
        let (key, _) = outside.split_once(' ').expect("a key");
        assert!(why.contains("it must be") && (why.contains(key) || key == "free_budget"), "{outside}: {why}");
        let mut parameters = site.with(line, line).expect("as it is");
        overstep(&mut parameters);
        let refused = site.construct(contract, parameters).await.expect_err(outside);
        let refused = StylusDeployer::ContractInitializationError::abi_decode(&refused).expect("by the constructor");
        assert_eq!(Refusal::of(contract, &refused.data, &Context::default()).error, error, "{outside}");
    }
}

#[tokio::test]
async fn the_bounds_of_attesters_and_the_supply_of_cor_are_the_contracts_own() {
    let site = Site::new().await;
    let (rewards, token) = (site.known["miner-rewards"], site.known["cor-token"]);
    for (count, quorum, good) in [(15, 8, true), (15, 15, true), (16, 9, false), (15, 7, false), (4, 2, false), (5, 6, false)] {
        let attesters: Vec<Address> = (1..=count).map(Address::with_last_byte).collect();
        let list: Vec<String> = attesters.iter().map(|attester| format!("\"{attester}\"")).collect();
        let (before, rest) = site.text.split_once("attesters = [").expect("attesters");
        let (_, after) = rest.split_once("\n]").expect("their end");
        let text =
            format!("{before}attesters = [{}]{after}", list.join(", ")).replace("quorum = 3", &format!("quorum = {quorum}"));
        assert_eq!(Parameters::parse(&text, site.account).is_ok(), good, "{quorum} of {count}");
        let call = MinerRewards::setAttestersCall { attesters, quorum: U256::from(quorum) };
        let answer = site.ask(&Order::call(rewards, &call)).await;
        let error = answer.err().map(|data| Refusal::of("miner-rewards", &data, &Context::default()).error);
        assert_eq!(error.as_deref(), if good { None } else { Some("QuorumOutOfBounds") }, "{quorum} of {count}");
    }
    // The allocations must be all of it.
    let supply = site.chain.view(token, &CorToken::totalSupplyCall {}).await.expect("an answer");
    assert_eq!(supply, U256::from(site.with("salt", "salt").expect("as it is").allocated()));
    let why = site.with("500_000_000 COR", "500_000_000.000000000000000001 COR").expect_err("a wei too much");
    assert!(why.contains("every COR must have its place"), "{why}");
}
