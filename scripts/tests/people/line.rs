//! The program itself: exit codes, documents, and what it says of a node that misbehaves and of a transaction that does not land.

use std::{
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use abi::{CorToken, Staking};
use alloy::{
    network::{EthereumWallet, TransactionBuilder},
    providers::{Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use corflow::people::Person::*;
use serde_json::{Value, json};

use crate::{
    between::{Between, Way},
    desk::{COR, Desk, wei},
};

pub(crate) fn corflow(words: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corflow"));
    command.args(words);
    command
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// What a program that ended has said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) json: Value,
    pub(crate) errors: String,
}

impl Said {
    fn of(output: Output, desk: &Desk) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, errors) = (text(&output.stdout), text(&output.stderr));
        let key = desk.running.people.signer(Ada).to_bytes().to_string();
        assert!(!format!("{out}{errors}").contains(key.trim_start_matches("0x")), "a key in: {out}{errors}");
        let json = serde_json::from_str(&out).unwrap_or(Value::Null);
        Self { code: output.status.code(), json, errors }
    }
}

impl Desk {
    /// A command of Ada's at a node, as JSON.
    fn start(&self, line: &str, url: &str) -> Child {
        let line = format!("{line} --json --private-key-file @ada --rpc {url} --deployments @deployments.json");
        let mut command = corflow(&self.bare(&line));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("corflow runs")
    }

    fn at(&self, line: &str, url: &str) -> Said {
        Said::of(self.start(line, url).wait_with_output().expect("it ends"), self)
    }

    /// Runs the program with just these words.
    pub(crate) fn program(&self, line: &str) -> Said {
        Said::of(corflow(&self.bare(line)).stdin(Stdio::null()).output().expect("corflow runs"), self)
    }

    fn line(&self, line: &str) -> Said {
        self.at(line, &self.running.node.endpoint())
    }

    /// Waits until a transaction of Ada's is on its way to a block, and gives its nonce.
    pub(crate) async fn on_its_way(&self) -> u64 {
        let ada = self.address(Ada);
        for _ in 0..500 {
            let [latest, pending] = [self.nonce(ada, "latest").await, self.nonce(ada, "pending").await];
            if pending > latest {
                return latest;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing was sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_are_what_they_are_said_to_be() {
    let desk = Desk::open().await;
    let said = desk.line("stake 5");
    assert_eq!((said.code, said.json["actual"]["at_stake"].as_str()), (Some(0), Some("5000000000000000000")));
    assert_eq!(said.json["approved"], json!({"by": "permit"}));
    let said = desk.line("unstake 500");
    assert_eq!((said.code, said.json["exit"].as_u64()), (Some(3), Some(3)), "{}", said.errors);
    assert_eq!(said.json["details"]["error"], "InsufficientStake");
    assert_eq!(said.json["details"]["arguments"]["stake"], "5000000000000000000");
    assert_eq!(desk.line("unstake 500 --check").code, Some(3), "what would be refused");
    assert_eq!(desk.line("stake 1,5").code, Some(2));
    let said = desk.line("stake 5 --key-env ALSO");
    assert_eq!((said.code, said.json["exit"].as_u64(), &said.json["ok"]), (Some(4), Some(4), &json!(false)));
    let said = desk.line("app usage 9");
    assert_eq!(said.code, Some(2), "a question takes no key");

    // Nobody listens there, and the URL, which may hold a key, is not repeated.
    let said = desk.at("stake 5", "http://127.0.0.1:1/secret-path");
    assert!(said.code == Some(5) && said.errors.contains("the node does not answer"), "{}", said.errors);
    assert!(!said.errors.contains("secret") && !said.json.to_string().contains("secret"), "{} {}", said.errors, said.json);
    // Another chain than the deployment's.
    let text = std::fs::read_to_string(desk.path("deployments.json")).expect("a file").replace("412346", "421614");
    desk.write("other.json", &text);
    let other = desk.path("other.json").display().to_string();
    let rpc = desk.running.node.endpoint();
    let output = corflow(&words(&format!("position {} --rpc {rpc} --deployments {other}", desk.address(Ada)))).output();
    let said = Said::of(output.expect("corflow runs"), &desk);
    assert!(said.code == Some(5) && said.errors.contains("the node is of another chain"), "{}", said.errors);

    by_the_name_of_a_network(&desk);
    every_question_has_a_document(&desk);
    what_lands_between(&desk).await;
    what_is_not_as_predicted(&desk).await;
    what_does_not_land(&desk).await;
}

/// A checkout with a network of its own, by its own URL, by one in a variable, and by one that is given.
fn by_the_name_of_a_network(desk: &Desk) {
    let root = desk.path("checkout");
    std::fs::create_dir_all(root.join("contracts/.cargo")).expect("a folder");
    std::fs::create_dir_all(root.join("deployments")).expect("a folder");
    std::fs::copy(desk.path("deployments.json"), root.join("deployments/ours.json")).expect("a file");
    let networks = "[ours]\nchain_id = 412346\nurl = \"${OUR_NODE}\"\nparameters = \"p\"\n\
                    [other]\nchain_id = 412347\nurl = \"${OUR_NODE}\"\nparameters = \"p\"\n";
    std::fs::write(root.join("deployments/networks.toml"), networks).expect("a file");
    std::fs::copy(desk.path("deployments.json"), root.join("deployments/other.json")).expect("a file");
    let rpc = desk.running.node.endpoint();
    let position = |flags: &str, node: Option<&str>| {
        let mut command = corflow(&words(&format!("position {} {flags} --json", desk.address(Ada))));
        command.env("CARGO_MANIFEST_DIR", &root).env_remove("OUR_NODE").envs(node.map(|node| ("OUR_NODE", node)));
        Said::of(command.output().expect("corflow runs"), desk)
    };
    let said = position("--network ours", Some(&rpc));
    assert_eq!((said.code, &said.json["position"]["at_stake"]), (Some(0), &json!(wei(5))), "{}", said.errors);
    let said = position("--network ours", None);
    assert!(said.code == Some(1) && said.errors.contains("OUR_NODE is not set"), "{}", said.errors);
    // What is given goes before the file, whatever that refers to.
    let said = position(&format!("--network ours --rpc {rpc}"), None);
    assert_eq!(said.code, Some(0), "{}", said.errors);
    let said = position(&format!("--network other --rpc {rpc}"), None);
    assert!(said.code == Some(5) && said.errors.contains("the node is of another chain"), "{}", said.errors);
    let said = position("--network ours", Some("http://127.0.0.1:1/secret-path"));
    assert!(said.code == Some(5) && !said.errors.contains("secret"), "{}", said.errors);
    assert_eq!(position("--network ours --deployments x", None).code, Some(2), "one place is enough");
    assert_eq!(position("", None).code, Some(2), "and one is needed");
}

/// Whatever only asks: a document on stdout and nothing else there, and the same numbers for people.
fn every_question_has_a_document(desk: &Desk) {
    let place = format!("--rpc {} --deployments @deployments.json", desk.running.node.endpoint());
    let ada = desk.address(Ada);
    for line in [format!("position {ada}"), "epoch".into(), "owner params".into(), format!("miner status {ada}")] {
        let said = desk.program(&format!("{line} {place} --json"));
        assert!(said.code == Some(0) && said.json["block"].is_u64() && said.errors.is_empty(), "{line}: {}", said.errors);
        let words = desk.program(&format!("{line} {place}"));
        assert!(words.code == Some(0) && words.json.is_null(), "{line}");
    }
    let said = desk.program(&format!("app usage 9 {place} --json"));
    assert!(said.code == Some(1) && said.json["error"].as_str().is_some_and(|it| it.contains("there is no app 9")));
    let said = desk.program(&format!("app check 9 --units 1 {place} --json"));
    assert!(said.code == Some(3) && said.json["limit"].as_str().is_some_and(|it| it.contains("there is no such app")));
}

/// What others do before a transaction, or beside it, is no error of the prediction.
async fn what_lands_between(desk: &Desk) {
    let (ben, system) = (desk.address(Ben), &desk.running.system);
    let order = |to, call: Vec<u8>| json!({"from": ben, "to": to, "input": Bytes::from(call), "gas": "0x17d7840"});
    let approve = CorToken::approveCall { spender: system.staking, value: U256::MAX }.abi_encode();
    let stake = Staking::stakeCall { amount: U256::from(1_000 * COR) }.abi_encode();
    let orders = vec![order(system.token, approve), order(system.staking, stake.clone())];
    let between = Between::before(&desk.running.node.endpoint(), Way::Outruns(orders)).await;
    let said = desk.at("stake 7", &between.url);
    assert_eq!((said.code, &said.json["compared"]), (Some(0), &json!(true)), "{}", said.errors);
    assert_eq!(said.json["predicted"], said.json["actual"], "for the block that it landed in");
    assert_eq!(said.json["before"]["at_stake_in_all"], wei(1_005), "with what Ben staked meanwhile");
    assert!(said.errors.contains("at stake in all     5 COR -> 12 COR"), "as it was shown before: {}", said.errors);

    // In the same block, nobody can tell whose change is whose.
    desk.get("evm_setAutomine", json!([false])).await;
    let child = desk.start("stake 9", &desk.running.node.endpoint());
    desk.on_its_way().await;
    desk.get("eth_sendTransaction", json!([order(system.staking, stake)])).await;
    desk.get("evm_mine", json!([])).await;
    let said = Said::of(child.wait_with_output().expect("it ends"), desk);
    assert_eq!((said.code, &said.json["compared"]), (Some(0), &json!(false)), "{}", said.errors);
    desk.get("evm_setAutomine", json!([true])).await;
}

async fn what_is_not_as_predicted(desk: &Desk) {
    let balance = CorToken::balanceOfCall { account: desk.address(Ada) }.abi_encode();
    let way = Way::Lies(Bytes::from(balance).to_string());
    let between = Between::before(&desk.running.node.endpoint(), way).await;
    let said = desk.at("stake 1", &between.url);
    assert_eq!((said.code, said.json["exit"].as_u64()), (Some(6), Some(6)), "{}", said.errors);
    let holds = |which: &str| said.json["details"][which]["held"].as_str().expect(which).parse::<u128>().expect(which);
    assert_eq!(holds("actual"), holds("predicted") + 1, "to the wei");
    assert!(said.errors.contains("this is an error of ours") && said.errors.contains("held: predicted"), "{}", said.errors);
    let hash = said.json["details"]["transactions"][0]["hash"].as_str().expect("a hash");
    assert!(said.errors.contains(hash), "{}", said.errors);

    // What cannot be compared is done all the same, and is said to be.
    let between = Between::before(&desk.running.node.endpoint(), Way::HidesLogs).await;
    let said = desk.at("stake 1", &between.url);
    assert_eq!(said.code, Some(5), "{}", said.errors);
    assert!(said.errors.contains("it is done, in block") && said.errors.contains("the provider leaves the method out"));
}

async fn what_does_not_land(desk: &Desk) {
    let url = desk.running.node.endpoint();
    // Slow: it is there, in no block.
    desk.get("evm_setAutomine", json!([false])).await;
    let said = desk.at("stake 2 --wait 1", &url);
    assert_eq!((said.code, &said.json["details"]["refusal"]["error"]), (Some(7), &json!("NotMined")), "{}", said.errors);
    let hash = said.json["details"]["transaction"].as_str().expect("a hash");
    assert!(said.errors.contains(&format!("sending stake 2 COR: {hash}")), "it was said before it was sent: {}", said.errors);
    desk.get("evm_mine", json!([])).await;
    assert_eq!(desk.get("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");

    // Replaced: by which, as soon as that is in a block.
    let child = desk.start("stake 2", &url);
    let nonce = desk.on_its_way().await;
    let signer = desk.running.people.signer(Ada).clone();
    let provider = ProviderBuilder::new().wallet(EthereumWallet::from(signer)).connect_http(url.parse().expect("a URL"));
    let request = TransactionRequest::default()
        .with_to(desk.address(Ada))
        .with_nonce(nonce)
        .with_gas_limit(100_000)
        .with_max_fee_per_gas(10_000_000_000)
        .with_max_priority_fee_per_gas(0);
    let other = *provider.send_transaction(request).await.expect("it is replaced").tx_hash();
    desk.get("evm_mine", json!([])).await;
    let mined = std::time::Instant::now();
    let said = Said::of(child.wait_with_output().expect("it ends"), desk);
    assert!(mined.elapsed() < Duration::from_secs(4), "{:?}", mined.elapsed());
    assert_eq!((said.code, &said.json["details"]["refusal"]["error"]), (Some(7), &json!("Replaced")), "{}", said.errors);
    assert_eq!(said.json["details"]["refusal"]["arguments"]["by"], other.to_string());
    assert!(said.errors.contains(&format!("it was replaced by {other}")), "{}", said.errors);
    desk.get("evm_setAutomine", json!([true])).await;

    // Dropped: nobody knows it any more.
    let between = Between::before(&url, Way::Forgets).await;
    let said = desk.at("stake 2 --wait 1", &between.url);
    assert_eq!((said.code, &said.json["details"]["refusal"]["error"]), (Some(7), &json!("Dropped")), "{}", said.errors);
    // No answer is no proof: it may have been taken, and here it was.
    let between = Between::before(&url, Way::BreaksOff).await;
    let said = desk.at("stake 2", &between.url);
    assert_eq!(said.code, Some(7), "{}", said.errors);
    let hash = said.json["details"]["transaction"].as_str().expect("a hash");
    assert_eq!(desk.get("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
}
