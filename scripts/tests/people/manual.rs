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
