//! The program itself: exit codes, documents, and that no key is anywhere in what it says.

use std::process::{Command, Output};

use corflow::people::Person::*;
use serde_json::Value;

use crate::desk::Desk;

fn corflow(words: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_corflow")).args(words).output().expect("corflow runs")
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_are_what_they_are_said_to_be() {
    let desk = Desk::open().await;
    let by = |line: &str| {
        let output = corflow(&[desk.words(&format!("{line} --private-key-file @ada")), words("--json")].concat());
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let key = desk.running.people.signer(Ada).to_bytes().to_string();
        assert!(!said.contains(key.trim_start_matches("0x")), "a key in: {said}");
        output
    };
    let output = by("stake 5");
    assert_eq!((output.status.code(), document(&output)["actual"]["at_stake"].as_str()), (Some(0), Some("5000000000000000000")));
    let output = by("unstake 500");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = document(&output);
    assert_eq!((said["exit"].as_u64(), said["details"]["error"].as_str()), (Some(3), Some("InsufficientStake")));
    assert_eq!(said["details"]["arguments"]["stake"], "5000000000000000000");
    assert_eq!(by("unstake 500 --check").status.code(), Some(3), "what would be refused");
    assert_eq!(by("stake 1,5").status.code(), Some(2));
    assert_eq!(by("stake 5 --key-env ALSO").status.code(), Some(4));

    // Nobody listens there, and the URL, which may hold a key, is not repeated.
    let file = desk.path("deployments.json").display().to_string();
    let away = words(&format!("position {} --rpc http://127.0.0.1:1/secret-path --deployments {file}", desk.address(Ada)));
    let output = corflow(&away);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(5) && said.contains("the node does not answer") && !said.contains("secret"), "{said}");
    // Another chain than the deployment's.
    let text = std::fs::read_to_string(&file).expect("a file").replace("412346", "421614");
    desk.write("other.json", &text);
    let other = desk.path("other.json").display().to_string();
    let rpc = desk.running.node.endpoint();
    let output = corflow(&words(&format!("position {} --rpc {rpc} --deployments {other}", desk.address(Ada))));
    assert!(output.status.code() == Some(5), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the node is of another chain"), "{output:?}");
}
