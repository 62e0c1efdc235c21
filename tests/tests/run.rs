//! The main job from outside: what it says, what the README shows of it, what its files hold, and the same on a chain that
//! was there before.

use std::{env, fs, path::Path};

use alloy_primitives::B256;
use corflow::{
    build::Workspace,
    report::{Outcome, Report},
    session::{Foreign, Options, run},
};
use serde_json::Value;
use stylus_devnode::Devnode;

/// Between these lines the README shows what a run prints.
const BEGIN: &str = "<!-- what a run prints: kept by tests/tests/run.rs -->\n```\n";
const END: &str = "```\n<!-- end -->";

fn play(options: Options) -> Report {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(run(&Workspace::here(), options)).expect("the run comes to its end")
}

/// Set `UPDATE_README=1` to have the README say what a run prints now.
#[test]
fn the_readme_shows_what_a_run_prints() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let journal = folder.path().join("ledger.jsonl");
    let report = play(Options { journal: Some(journal.clone()), ..Options::default() });
    assert_eq!(report.mismatches, Vec::<String>::new());
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
    let steps: Vec<_> = report.all_steps().collect();
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

/// On a chain that is there already, with a key of one's own. This one lets its time be moved, so that nothing is left out.
#[test]
fn a_chain_that_was_there_before_is_played_on_too() {
    let node = Devnode::builder().spawn().expect("a node");
    let key: B256 = node.accounts()[0].key;
    let foreign = Some(Foreign { url: node.endpoint(), key });
    let report = play(Options { foreign, epochs: 1, ..Options::default() });
    assert_eq!(report.mismatches, Vec::<String>::new());
    assert!(report.all_steps().all(|step| !matches!(step.outcome, Outcome::LeftOut { .. })));
    assert_eq!(report.json()["epochs"].as_array().map(Vec::len), Some(1));
}
