//! What a typical call of each function takes, held against `.gas-snapshot`, so that no change of it goes unseen.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::PathBuf};

use alloy::json_abi::StateMutability;
use corflow::build::Workspace;

use crate::typical::Typical;

/// Hundredths by which gas may differ from the snapshot's.
const PLAY: u64 = 1;

fn path() -> PathBuf {
    Workspace::here().root().join(".gas-snapshot")
}

/// The lines of Foundry's file of this name: `contract:function(types) (gas: 12345)`.
fn written(rows: &BTreeMap<String, u64>) -> String {
    rows.iter().fold(String::new(), |mut text, (name, gas)| {
        let _ = writeln!(text, "{name} (gas: {gas})"); // Writing to a string does not fail.
        text
    })
}

fn read(text: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let (name, gas) = line.strip_suffix(')')?.split_once(" (gas: ")?;
        Some((name.to_owned(), gas.parse().ok()?))
    };
    text.lines().map(|line| row(line).unwrap_or_else(|| panic!(".gas-snapshot has a line that is none: {line}"))).collect()
}

/// What differs by more than one part of 100, or is only in one of the two.
fn differences(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, gas) in now {
        match before.get(name) {
            None => differences.push(format!("{name} takes {gas} and has no line")),
            Some(before) if gas.abs_diff(*before) * 100 > before * PLAY => {
                differences.push(format!("{name} takes {gas}, not {before}"));
            }
            Some(_) => {}
        }
    }
    differences
        .extend(before.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("{name} is not called any more")));
    differences
}

/// Set `UPDATE_GAS=1` to have the file say what functions take now.
#[test]
fn every_function_takes_what_the_snapshot_says() {
    let now = Typical::measured().rows;
    every_write_has_a_row(&now);
    if env::var_os("UPDATE_GAS").is_some() {
        fs::write(path(), written(&now)).expect("the snapshot is written");
        return;
    }
    let before = read(&fs::read_to_string(path()).expect(".gas-snapshot"));
    let differences = differences(&before, &now);
    assert!(
        differences.is_empty(),
        "gas differs from .gas-snapshot; if it should, run UPDATE_GAS=1 cargo test -p system-tests --test miners snapshot\n{}",
        differences.join("\n")
    );
}

fn every_write_has_a_row(rows: &BTreeMap<String, u64>) {
    let mut writes = Vec::new();
    for (contract, abi) in abi::contracts() {
        let changes = |state| !matches!(state, StateMutability::View | StateMutability::Pure);
        let functions = abi.functions().filter(|function| changes(function.state_mutability));
        writes.extend(functions.map(|function| format!("{contract}:{}", function.signature())));
    }
    writes.sort();
    assert_eq!(rows.keys().cloned().collect::<Vec<_>>(), writes);
}

#[test]
fn a_difference_of_more_than_one_percent_is_told_with_both_figures() {
    let row = |gas| BTreeMap::from([("a:f()".to_owned(), gas)]);
    assert!(differences(&row(10_000), &row(10_100)).is_empty() && differences(&row(10_000), &row(9_900)).is_empty());
    assert_eq!(differences(&row(10_000), &row(10_101)), ["a:f() takes 10101, not 10000"]);
    assert_eq!(differences(&row(10_000), &row(9_899)), ["a:f() takes 9899, not 10000"]);
    assert_eq!(differences(&BTreeMap::new(), &row(1)), ["a:f() takes 1 and has no line"]);
    assert_eq!(differences(&row(1), &BTreeMap::new()), ["a:f() is not called any more"]);
    assert_eq!(read(&written(&row(10_000))), row(10_000));
}
