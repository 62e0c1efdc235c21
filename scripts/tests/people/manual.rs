//! What the program says of itself.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use words::refusals::Exit;

use crate::line::corflow;

fn said(line: &str) -> String {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let output = corflow(&words).output().expect("corflow runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("a text")
}

/// Has bash read the completions, then a script of ours.
fn bash(script: &str) -> String {
    let mut bash = Command::new("bash")
        .args(["--norc", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash");
    let text = format!("{}\n{script}\n", said("completions bash"));
    bash.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let output = bash.wait_with_output().expect("it ends");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("a text")
}

/// What bash offers for a line whose last word has just been begun.
fn offered(line: &str) -> Vec<String> {
    let count = line.split(' ').count();
    let words = line.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let current = line.split(' ').next_back().unwrap_or_default();
    let script =
        format!("COMP_WORDS=({words}); COMP_CWORD={}; _corflow corflow '{current}' x; echo \"${{COMPREPLY[@]}}\"", count - 1);
    bash(&script).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes() {
    assert_eq!(offered("corflow st"), ["status", "stake"]);
    assert_eq!(offered("corflow app co"), ["commit"]);
    assert_eq!(offered("corflow miner "), ["-h", "--json", "--help", "claim", "payout", "status", "help"]);
    for option in ["--check", "--network", "--keystore", "--safe-batch", "--yes", "--wait"] {
        assert!(offered("corflow unstake --").contains(&option.to_owned()), "{option}");
    }
    assert_eq!(offered("corflow owner accept miner"), ["miner-rewards", "miner-pool"]);
}

#[test]
fn a_line_that_is_not_understood_is_a_document_for_programs() {
    for (line, names) in [
        ("stake --json", "<AMOUNT>"),
        ("stke 5 --json", "stke"),
        ("--json unstake 1,304.53 --network local", "1304.53"),
        ("position 0x1234 --json --network local", "0x1234"),
        ("stake -5 --json --network local", "negative"),
        ("app commit 1 -100 --json --network local", "negative"),
        ("app commit 1 5 --epochs 9 --json --network local", "9 is not in 1 to 8"),
        ("app usage one --json --network local", "not a whole number in plain digits"),
        ("miner claim --jsn --json", "--jsn"),
    ] {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let output = corflow(&words).output().expect("corflow runs");
        assert_eq!(output.status.code(), Some(2), "{line}: {output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&document["ok"], &document["exit"]), (&json!(false), &json!(2)), "{line}");
        let error = document["error"].as_str().expect("words");
        assert!(error.contains(names) && !error.starts_with("error"), "{line}: {error}");
        let errors = String::from_utf8(output.stderr).expect("a text");
        assert!(errors.starts_with("error: ") && errors.contains(names), "{line}: {errors}");
    }
}

#[test]
fn the_checkout_is_the_one_that_it_is_run_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("its path");
    for below in ["contracts/.cargo", "deployments", "docs"] {
        std::fs::create_dir_all(root.join(below)).expect("a folder");
    }
    let networks = "[elsewhere]\nchain_id = 1\nurl = \"http://localhost:1\"\nparameters = \"none.toml\"\n";
    let words = ["status", "--network", "nowhere"].map(str::to_owned);
    let says = || {
        let output = corflow(&words).env_remove("CARGO_MANIFEST_DIR").current_dir(root.join("docs")).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).expect("a text")
    };
    let file = root.join("deployments/networks.toml");
    let without = says();
    assert!(without.contains(&format!("{} cannot be read", file.display())), "{without}");
    assert!(without.contains("run corflow in a checkout") && without.matches("os error 2").count() == 1, "{without}");
    std::fs::write(&file, networks).expect("a file");
    let with = says();
    assert!(with.contains(&format!("no network nowhere in {}; it has elsewhere", file.display())), "{with}");
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let codes: Value = serde_json::from_str(&said("exit-codes --json")).expect("JSON");
    let expected = Exit::ALL.map(|exit| {
        let (says, cause, next) = exit.words();
        json!({"code": exit as u8, "says": says, "cause": cause, "next": next})
    });
    assert_eq!(codes, json!(expected));
    assert_eq!(Exit::ALL.map(|exit| exit as u8), [0, 1, 2, 3, 4, 5, 6, 7]);
    let (text, help) = (said("exit-codes"), said("--help"));
    for exit in Exit::ALL {
        let line = format!("{}  {}", exit as u8, exit.words().0);
        assert!(text.contains(&line) && help.contains(&line), "{line}");
    }
}

#[test]
fn the_first_page_names_every_command() {
    let page = said("man").replace("\\-", "-");
    for command in ["deploy", "stake", "unstake", "claim", "position", "app", "miner", "owner", "epoch", "keeper", "completions"]
    {
        assert!(page.contains(&format!("corflow-{command}(1)")), "{command}");
    }
    let json: Value = serde_json::from_str(&said("man --json")).expect("JSON");
    assert_eq!(json["page"].as_str().map(|it| it.replace("\\-", "-").trim_end().to_owned()), Some(page.trim_end().to_owned()));
}
