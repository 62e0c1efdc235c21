//! The main job from outside: what it says and the README shows of it, what it promises, what its files hold, and the same
//! on chains that were there before.

mod foreign;
mod ledger;
mod promise;

use std::{env, fs, path::Path};

use corflow::{
    build::Workspace,
    report::Report,
    session::{Options, run},
    steps::Outcome,
};
use serde_json::Value;

/// Between these lines the README shows what a run prints.
const BEGIN: &str = "<!-- what a run prints: kept by tests/tests/run/main.rs -->\n```\n";
const END: &str = "```\n<!-- end -->";

/// Runs to the end, where the ledger must agree.
fn play(options: Options) -> Report {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(run(&Workspace::here(), options)).expect("the run comes to its end");
    assert_eq!(report.steps.mismatches, Vec::<String>::new());
    report
}

/// Set `UPDATE_README=1` to have the README say what a run prints now.
#[test]
fn the_readme_shows_what_a_run_prints() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = folder.path().join("ledger.jsonl");
    let report = play(Options { journal: Some(journal.clone()), ..Options::default() });
    the_journal_tells_every_step(&report, &journal);

    let path = Workspace::here().root().join("README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("the README's mark for what a run prints");
    let (shown, after) = rest.split_once(END).expect("the README's mark for the end of it");
    let printed = report.tables();
    if env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{printed}{END}{after}")).expect("the README is written");
    } else {
        assert!(shown == printed, "the README is stale: run this test with UPDATE_README=1; a run prints\n{printed}");
    }
}

fn the_journal_tells_every_step(report: &Report, journal: &Path) {
    let text = fs::read_to_string(journal).expect("the file of transactions");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    let steps: Vec<_> = report.steps.all().collect();
    assert_eq!(lines.len(), steps.len());
    for (line, step) in lines.iter().zip(steps) {
        let mut keys: Vec<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = ["time", "block", "from", "to", "fn", "args", "ok", "error", "events", "gas"];
        expected.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(line["to"], step.contract.as_str());
        assert_ne!(line["fn"], "");
        assert_eq!(line["ok"], matches!(step.outcome, Outcome::Done { .. }), "{}", step.name);
        assert_eq!(line["ok"], line["error"].is_null(), "{}", step.name);
    }
}
