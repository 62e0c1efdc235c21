//! The commands as a person types them, against a node that acts as Arbitrum Sepolia; and one whose process is killed.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use alloy::providers::{Provider as _, RootProvider};
use alloy_primitives::U256;
use corflow::build::Workspace;
use serde_json::{Value, json};
use stylus_devnode::Devnode;
use tempfile::TempDir;

use crate::{
    provider::{Provider, Way},
    support::artifacts,
};

/// A node, a folder with the repository's own settings, and keys in files.
struct Desk {
    node: Devnode,
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        artifacts();
        let node = Devnode::builder().chain_id(421_614).spawn().expect("a node");
        let folder = tempfile::tempdir().expect("a folder");
        let repository = Workspace::here().root().join("deployments");
        fs::create_dir(folder.path().join("params")).expect("a folder");
        for file in ["networks.toml", "params/local.toml", "params/arbitrum-sepolia.toml", "params/arbitrum-one.toml"] {
            fs::copy(repository.join(file), folder.path().join(file)).expect("a file");
        }
        let desk = Self { node, folder };
        for (index, account) in desk.node.accounts().iter().enumerate() {
            let path = desk.key(index);
            fs::write(&path, account.key.to_string()).expect("a file");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, mode).expect("private");
        }
        desk
    }

    fn key(&self, index: usize) -> PathBuf {
        self.folder.path().join(format!("key-{index}"))
    }

    /// `corflow <words> --network arbitrum-sepolia`, with the accounts of the roles in the environment.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corflow"));
        command.args(words).arg("--deployments").arg(self.folder.path());
        command.env("ARBITRUM_SEPOLIA_URL", self.node.endpoint());
        for (index, role) in ["OWNER", "GUARDIAN", "CURATOR", "TREASURY", "ATTESTER_1"].into_iter().enumerate() {
            command.env(format!("CORFLOW_{role}"), self.node.accounts()[index + 1].address.to_string());
        }
        command
    }

    fn run(&self, words: &[&str], key: Option<usize>) -> Output {
        let mut command = self.command(words);
        if let Some(index) = key {
            command.arg("--private-key-file").arg(self.key(index));
        }
        command.output().expect("it starts")
    }

    fn good(&self, words: &[&str], key: Option<usize>) -> String {
        let output = self.run(words, key);
        assert!(output.status.success(), "{words:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    fn bad(&self, words: &[&str], key: Option<usize>) -> String {
        ended(self.run(words, key), 1)
    }
}

/// What a command said that ended with this code.
fn ended(output: Output, code: i32) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// The methods that a provider was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// A provider in front of a node, which writes down what it is asked.
    async fn before(&self, node: &Devnode) -> Provider {
        let Self(asked) = self.clone();
        let choose = move |method: &str, _: &Value| {
            asked.lock().expect("a lock").push(method.to_owned());
            Way::Honest
        };
        Provider::before(&node.endpoint(), choose).await
    }

    fn methods(&self) -> Vec<String> {
        self.0.lock().expect("a lock").clone()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const SEPOLIA: [&str; 2] = ["--network", "arbitrum-sepolia"];

fn words<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[command], &SEPOLIA[..], more].concat()
}

#[test]
fn a_network_from_its_plan_to_its_passport() {
    let desk = Desk::new();
    let plan = desk.good(&words("deploy", &["--dry-run"]), Some(0));
    for part in ["deploy miner-pool", "offer staking", "to send   29 transactions", "needed", "balance"] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    // A plan needs no key.
    let account = desk.node.accounts()[0].address.to_string();
    let keyless = desk.good(&words("deploy", &["--dry-run", "--json", "--from", &account]), None);
    let keyless: Value = serde_json::from_str(&keyless).expect("JSON");
    assert_eq!(keyless["deployer"].as_str(), Some(&*account.to_lowercase()));
    assert!(!desk.folder.path().join("arbitrum-sepolia.journal.jsonl").exists(), "a dry run leaves nothing");
    assert!(desk.bad(&words("status", &[]), None).contains("was arbitrum-sepolia deployed from here?"));

    let deployed = desk.good(&words("deploy", &[]), Some(0));
    assert!(deployed.contains("corflow accept --network arbitrum-sepolia by the owner ends the hand-over"), "{deployed}");
    let again = desk.good(&words("deploy", &["--dry-run"]), Some(0));
    assert!(again.contains("to send   0 transactions"), "{again}");

    let status = desk.good(&words("status", &[]), None);
    assert!(status.contains("who must accept") && status.contains("0 otherwise than they should be"), "{status}");
    assert!(desk.bad(&words("verify", &["--complete"]), None).contains("owner of staking"));
    assert!(desk.good(&words("accept", &[]), Some(5)).contains("not to"));
    let batch = desk.folder.path().join("batch.json");
    let owner = desk.node.accounts()[1].address.to_string();
    desk.good(&words("accept", &["--from", &owner, "--safe-batch", batch.to_str().expect("a path")]), None);
    let batch: Value = serde_json::from_str(&fs::read_to_string(batch).expect("a batch")).expect("JSON");
    assert_eq!(batch["transactions"].as_array().map(Vec::len), Some(5));
    assert!(desk.good(&words("accept", &[]), Some(1)).contains("ownership accepted"));
    let after = desk.good(&words("status", &["--json"]), None);
    let after: Value = serde_json::from_str(&after).expect("JSON");
    let holds =
        after["findings"].as_array().expect("findings").iter().find(|it| it["contract"] == "deployer").expect("a finding");
    assert_eq!((holds["verdict"].as_str(), holds["found"].as_str()), (Some("same"), Some("nothing")));

    assert!(desk.good(&words("passport", &[]), Some(0)).contains("is signed by"));
    let passport = desk.folder.path().join("arbitrum-sepolia.passport.json");
    let passport = passport.to_str().expect("a path");
    assert!(desk.good(&words("verify", &["--passport", passport]), None).contains("0 otherwise than they should be"));
    assert!(desk.good(&words("keepalive", &[]), Some(9)).contains("364 days left"));

    // Drift: exit 1, with both values.
    let parameters = desk.folder.path().join("params/arbitrum-sepolia.toml");
    let edited = fs::read_to_string(&parameters).expect("parameters").replace("cooldown = \"1 h\"", "cooldown = \"2 h\"");
    fs::write(&parameters, edited).expect("a file");
    let drift = desk.bad(&words("verify", &[]), None);
    assert!(drift.contains("DRIFT  staking        cooldown                3600") && drift.contains("expected: 7200"), "{drift}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_before_anything_is_signed_is_said() {
    let desk = Desk::new();
    let nowhere = desk.bad(&["deploy", "--network", "nowhere"], Some(0));
    assert!(nowhere.contains("it has arbitrum-one, arbitrum-sepolia, local"), "{nowhere}");
    let one = ["deploy", "--network", "arbitrum-one", "--yes-mainnet"];
    let unset = ended(desk.command(&one).env_remove("ARBITRUM_ONE_URL").output().expect("it starts"), 1);
    assert!(unset.contains("arbitrum-one.url: the environment variable ARBITRUM_ONE_URL is not set"), "{unset}");

    let asked = Asked::default();
    let provider = asked.before(&desk.node).await;
    let mut other = desk.command(&one);
    other.env("ARBITRUM_ONE_URL", &provider.url).arg("--private-key-file").arg(desk.key(0));
    let other = ended(other.output().expect("it starts"), 5);
    assert!(other.contains("has chain id 42161 in networks.toml, and the node at its URL answers 421614"), "{other}");
    let methods = asked.methods();
    assert!(methods.contains(&"eth_chainId".to_owned()), "{methods:?}");
    for step in ["eth_sendRawTransaction", "eth_estimateGas", "eth_getTransactionCount"] {
        assert!(!methods.iter().any(|method| method == step), "{methods:?}");
    }
    assert!(!desk.folder.path().join("arbitrum-one.journal.jsonl").exists());

    assert!(ended(desk.run(&words("deploy", &[]), None), 4).contains("who signs?"));
    let batch = desk.folder.path().join("batch.json");
    let account = desk.node.accounts()[0].address.to_string();
    let refused = desk.bad(&words("deploy", &["--from", &account, "--safe-batch", batch.to_str().expect("a path")]), None);
    assert!(refused.contains("takes a key that signs here"), "{refused}");
    let mut silent = desk.command(&words("status", &[]));
    silent.env("ARBITRUM_SEPOLIA_URL", "http://127.0.0.1:9/my-secret-key");
    let silent = ended(silent.output().expect("it starts"), 5);
    assert!(silent.contains("arbitrum-sepolia does not answer") && !silent.contains("my-secret-key"), "{silent}");

    // What only a constructor can refuse is found out in the rehearsal, and said in words.
    let parameters = desk.folder.path().join("params/arbitrum-sepolia.toml");
    let text = fs::read_to_string(&parameters).expect("parameters");
    fs::write(&parameters, text.replacen("\n[times]", "\ngenesis = 4102444800\n[times]", 1)).expect("a file");
    let future = ended(desk.run(&words("deploy", &[]), Some(0)), 3);
    assert!(future.contains("rehearsed on a node of its own, `deploy staking` fails"), "{future}");
    assert!(future.contains("epoch 0 would begin at 2100-01-01"), "{future}");
    assert!(future.contains("what to do: choose a genesis that is past"), "{future}");
    assert!(!desk.folder.path().join("arbitrum-sepolia.journal.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mainnet_needs_a_yes_before_anything_is_signed() {
    let desk = Desk::new();
    let networks = desk.folder.path().join("networks.toml");
    let text = fs::read_to_string(&networks).expect("networks");
    fs::write(&networks, text.replace("chain_id = 421614", "mainnet = true\nchain_id = 421614")).expect("a file");
    let asked = Asked::default();
    let provider = asked.before(&desk.node).await;
    let mut deploy = desk.command(&words("deploy", &[]));
    deploy.env("ARBITRUM_SEPOLIA_URL", &provider.url).arg("--private-key-file").arg(desk.key(0));
    let refused = ended(deploy.output().expect("it starts"), 1);
    assert!(refused.contains("to send   29 transactions") && refused.contains("say --yes-mainnet"), "{refused}");
    let methods = asked.methods();
    assert!(methods.contains(&"eth_gasPrice".to_owned()) && !methods.contains(&"eth_sendRawTransaction".to_owned()));
    for file in ["arbitrum-sepolia.json", "arbitrum-sepolia.journal.jsonl"] {
        assert!(!desk.folder.path().join(file).exists(), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_balance_that_a_plan_needs_suffices_and_with_a_wei_less_nothing_is_sent() {
    let desk = Desk::new();
    let account = desk.node.accounts()[0].address;
    let plan = desk.good(&words("deploy", &["--dry-run", "--json"]), Some(0));
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let wei = |value: &Value| -> U256 { value.as_str().expect("a number").parse().expect("a number") };
    let (needed, expected) = (wei(&plan["needed"]), wei(&plan["expected"]));
    assert!(expected < needed && needed < expected * U256::from(3), "{expected} {needed}");
    let provider: RootProvider = RootProvider::new_http(desk.node.endpoint().parse().expect("a URL"));
    let have = async |wei: U256| {
        let _: Value = provider.raw_request("anvil_setBalance".into(), json!([account, wei])).await.expect("set");
    };
    let nonce = async || provider.get_transaction_count(account).await.expect("a nonce");
    let before = nonce().await;
    have(needed - U256::ONE).await;
    let refused = desk.bad(&words("deploy", &[]), Some(0));
    assert!(refused.contains("nothing was sent; bring the rest, what is not used stays"), "{refused}");
    assert_eq!(nonce().await, before);
    have(needed).await;
    desk.good(&words("deploy", &[]), Some(0));
    assert_eq!(nonce().await, before + 29);
    let spent = needed - provider.get_balance(account).await.expect("a balance");
    println!("expected {expected}, needed {needed}, spent {spent} wei");
    // Activating gets dearer with each activation: by so much more than expected at first.
    assert!(expected <= spent && spent < expected * U256::from(104) / U256::from(100), "{spent} {expected}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_again_and_again_ends_where_an_undisturbed_one_does() {
    let desk = Desk::new();
    let provider: RootProvider = RootProvider::new_http(desk.node.endpoint().parse().expect("a URL"));
    let sent = async || provider.get_transaction_count(desk.node.accounts()[0].address).await.expect("a nonce");
    let before = sent().await;
    let journal = desk.folder.path().join("arbitrum-sepolia.journal.jsonl");
    let seed = std::env::var("ROLLOUT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_125);
    let (mut chance, mut kills) = (Chance(seed), 0);
    let mut table = format!("{:>4}  {:>12}  last line of the journal\n", "kill", "journal");
    loop {
        let mut command = desk.command(&words("deploy", &[]));
        command.arg("--private-key-file").arg(desk.key(0)).stdout(Stdio::null()).stderr(Stdio::null());
        let lines = length(&journal);
        let mut child = command.spawn().expect("it starts");
        let began = Instant::now();
        let (further, after) = (1 + chance.below(20_000), Duration::from_micros(chance.below(30_000)));
        let ended = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break Some(status);
            }
            // A few lines further, and a moment later: another one each time.
            if length(&journal) >= lines + further {
                tokio::time::sleep(after).await;
                child.kill().expect("killed");
                child.wait().expect("gone");
                break None;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "it neither ends nor goes on");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        match ended {
            Some(status) if status.success() => break,
            Some(status) => panic!("{status}"),
            None => {
                kills += 1;
                let text = fs::read_to_string(&journal).expect("a journal");
                let last = text.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
                let last = last.map_or("cut off".to_owned(), |line| format!("{} {}", line["what"], line["step"]));
                writeln!(table, "{kills:>4}  {:>10} B  {last}", text.len()).expect("text");
            }
        }
    }
    assert!(kills >= 5, "{kills} kills");
    assert_eq!(sent().await - before, 29);
    assert!(desk.good(&words("verify", &[]), None).contains("0 otherwise than they should be"));
    println!("{table}seed {seed}: {kills} kills by SIGKILL, 29 transactions");
}

/// Numbers that look like chance, the same ones for a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
