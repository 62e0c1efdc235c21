//! The commands as a person types them, against a node that acts as Arbitrum Sepolia; and one whose process is killed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use alloy::providers::{Provider, RootProvider};
use corflow::build::Workspace;
use serde_json::Value;
use stylus_devnode::Devnode;
use tempfile::TempDir;

use crate::support::artifacts;

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
        let output = self.run(words, key);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output.stdout));
        text(&output.stdout) + &text(&output.stderr)
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

#[test]
fn what_is_wrong_before_anything_is_signed_is_said() {
    let desk = Desk::new();
    let nowhere = desk.bad(&["deploy", "--network", "nowhere"], Some(0));
    assert!(nowhere.contains("it has arbitrum-one, arbitrum-sepolia, local"), "{nowhere}");
    let mut other = desk.command(&["deploy", "--network", "arbitrum-one"]);
    let other = other.env("ARBITRUM_ONE_URL", desk.node.endpoint()).arg("--private-key-file").arg(desk.key(0)).output();
    let other = text(&other.expect("it starts").stderr);
    assert!(other.contains("has chain id 42161 in networks.toml, and the node at its URL answers 421614"), "{other}");
    assert!(desk.bad(&words("deploy", &[]), None).contains("who signs?"));
    let batch = desk.folder.path().join("batch.json");
    let account = desk.node.accounts()[0].address.to_string();
    let refused = desk.bad(&words("deploy", &["--from", &account, "--safe-batch", batch.to_str().expect("a path")]), None);
    assert!(refused.contains("takes a key that signs here"), "{refused}");
}

#[test]
fn the_mainnet_needs_a_yes() {
    let desk = Desk::new();
    let networks = desk.folder.path().join("networks.toml");
    let text = fs::read_to_string(&networks).expect("networks");
    fs::write(&networks, text.replace("chain_id = 421614", "mainnet = true\nchain_id = 421614")).expect("a file");
    let refused = desk.bad(&words("deploy", &[]), Some(0));
    assert!(refused.contains("to send   29 transactions") && refused.contains("say --yes-mainnet"), "{refused}");
    assert!(!desk.folder.path().join("arbitrum-sepolia.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_again_and_again_ends_where_an_undisturbed_one_does() {
    let desk = Desk::new();
    let provider: RootProvider = RootProvider::new_http(desk.node.endpoint().parse().expect("a URL"));
    let sent = async || provider.get_transaction_count(desk.node.accounts()[0].address).await.expect("a nonce");
    let before = sent().await;
    let journal = desk.folder.path().join("arbitrum-sepolia.journal.jsonl");
    let mut kills = 0;
    loop {
        let mut command = desk.command(&words("deploy", &[]));
        command.arg("--private-key-file").arg(desk.key(0)).stdout(Stdio::null()).stderr(Stdio::null());
        let lines = length(&journal);
        let mut child = command.spawn().expect("it starts");
        let began = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break Some(status);
            }
            // A few lines further, at another moment each time.
            if length(&journal) > lines + 3_000 * (1 + kills % 7) {
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
            None => kills += 1,
        }
    }
    assert!(kills >= 5, "{kills} kills");
    assert_eq!(sent().await - before, 29);
    assert!(desk.good(&words("verify", &[]), None).contains("0 otherwise than they should be"));
    println!("{kills} kills by SIGKILL, 29 transactions");
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
