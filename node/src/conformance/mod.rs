//! Conformance: programs with an environment and what Nitro makes of them, to the last ink. The VM is the node's own,
//! only the state behind it is prepared (`tests/vectors/README.md` says how it answers).

mod mock;
mod schema;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use alloy_primitives::keccak256;

use crate::vm::{self, Engine, Host, HostCall, Outcome, Rules, Status};
use mock::{CallMade, Mock};
use schema::{ActivationFields, CallMadeFields, HostioFields, RunFields, Vector};

/// Stack words in every vector, whatever ArbOS's version.
const STACK_WORDS: u32 = 22_000;
/// Pages that a transaction can have open when a program is activated.
const PAGE_LIMIT: u16 = 128;

/// One vector's result.
pub struct Checked {
    /// Its name, or its place in the file.
    pub name: String,
    /// Where it differs, as expected against got; none if it passed.
    pub mismatches: Vec<String>,
}

/// Runs all vectors of a file, given as text. An error is the file's; a vector that cannot be read is a failed one.
pub fn check(text: &str) -> Result<Vec<Checked>, String> {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON array of vectors: {error}"))?;
    let engine = Engine::new();
    Ok(vectors.into_iter().enumerate().map(|(index, vector)| check_one(&engine, index, vector)).collect())
}

fn check_one(engine: &Engine, index: usize, vector: serde_json::Value) -> Checked {
    let name = vector.get("name").and_then(|name| name.as_str()).map_or_else(|| format!("vector {index}"), str::to_owned);
    let mismatches = match serde_json::from_value::<Vector>(vector) {
        // A fault of ours on one vector must not hide the others.
        Ok(vector) => {
            catch_unwind(AssertUnwindSafe(|| run(engine, vector))).unwrap_or_else(|_| vec!["the VM panicked".to_owned()])
        }
        Err(error) => vec![format!("cannot be read: {error}")],
    };
    Checked { name, mismatches }
}

/// Collects what differs.
#[derive(Default)]
struct Diff(Vec<String>);

impl Diff {
    /// Compares where something is expected.
    fn same<T: PartialEq + Debug>(&mut self, what: &str, expected: Option<T>, got: T) {
        if let Some(expected) = expected
            && expected != got
        {
            self.0.push(format!("{what}: expected {expected:?}, got {got:?}"));
        }
    }
}

fn run(engine: &Engine, vector: Vector) -> Vec<String> {
    let Vector { wasm, arbos, stylus_version, debug, env, expect } = vector;
    let rules = Rules { stylus: stylus_version, max_stack_depth: STACK_WORDS, ..Rules::of(arbos, debug) };
    let mut diff = Diff::default();

    let activation = vm::activate(&wasm, &rules, PAGE_LIMIT.saturating_sub(env.pages_open));
    if let Some(expected) = expect.activation {
        check_activation(&mut diff, expected, wasm.len(), &activation);
    }
    let Some(expected) = expect.run else {
        return diff.0;
    };
    let footprint = match activation {
        Ok(activation) => activation.footprint,
        Err(error) => {
            diff.same("activation", Some("a program to run".to_owned()), format!("refused: {error}"));
            return diff.0;
        }
    };

    let ink = env.ink.or_else(|| env.gas.map(|gas| gas.saturating_mul(rules.ink_price.into()))).unwrap_or(0);
    let calldata = env.calldata.clone();
    let mut mock = Mock::new(env);
    let entry_page_gas = mock.pages().add(footprint, &rules);
    diff.same("entry_page_gas", expected.entry_page_gas, entry_page_gas);

    let mut module = || Ok(wasm.to_vec());
    match engine.call(keccak256(&wasm), &mut module, &rules, &mut mock, calldata, ink, true) {
        Ok(outcome) => {
            check_trace(&mut diff, expect.hostios, &outcome.trace);
            check_run(&mut diff, expected, ink, &rules, outcome, &mut mock);
        }
        Err(error) => diff.same("run", Some("an outcome".to_owned()), error),
    }
    diff.0
}

fn check_activation(diff: &mut Diff, expected: ActivationFields, wasm_len: usize, got: &Result<vm::Activation, String>) {
    diff.same("wasm_len", expected.wasm_len, wasm_len);
    match got {
        Ok(got) if expected.ok => {
            diff.same("asm_estimate", expected.asm_estimate, got.asm_estimate);
            diff.same("init_cost", expected.init_cost, got.init_cost);
            diff.same("cached_init_cost", expected.cached_init_cost, got.cached_init_cost);
            diff.same("footprint", expected.footprint, got.footprint);
            diff.same("activation_gas", expected.activation_gas, got.gas);
        }
        Ok(_) => diff.0.push("activation: expected a refusal, got a program".to_owned()),
        Err(error) if expected.ok => diff.0.push(format!("activation: expected a program, got a refusal: {error}")),
        Err(_) => {}
    }
}

fn check_run(diff: &mut Diff, expected: RunFields, ink: u64, rules: &Rules, outcome: Outcome, mock: &mut Mock) {
    let Outcome { status, output, ink_left, error, spent, .. } = outcome;
    let name = match status {
        Status::Success => "success",
        Status::Revert => "revert",
        Status::Failure => "failure",
        Status::OutOfInk => "out_of_ink",
        Status::OutOfStack => "out_of_stack",
    };
    let because = error.map(|error| format!(" ({error})")).unwrap_or_default();
    if let Some(expected) = expected.status
        && expected != name
    {
        diff.0.push(format!("status: expected {expected}, got {name}{because}"));
    }
    diff.same("output", expected.output, output);
    diff.same("ink_used", expected.ink_used, ink - ink_left);
    diff.same("ink_left", expected.ink_left, ink_left);
    diff.same("gas_left", expected.gas_left, ink_left / u64::from(rules.ink_price));
    let purposes = [spent.wasm, spent.storage, spent.logs, spent.calls, spent.callees, spent.host];
    diff.same("ink by purpose, summed up", Some(ink - ink_left), purposes.iter().sum());

    let pages = *mock.pages();
    diff.same("pages_open", expected.pages_open, pages.open);
    diff.same("pages_ever", expected.pages_ever, pages.ever);
    check_calls(diff, expected.calls_made, &mock.made);

    // Whoever runs a frame undoes what it did unless it succeeds.
    let kept = status == Status::Success;
    diff.same("refund", expected.refund, if kept { mock.refund } else { 0 });
    diff.same("logs", expected.logs, if kept { std::mem::take(&mut mock.logs) } else { vec![] });
    diff.same("storage", expected.storage, if kept { mock.changes() } else { BTreeMap::new() });
}

fn check_calls(diff: &mut Diff, expected: Option<Vec<CallMadeFields>>, got: &[CallMade]) {
    let Some(expected) = expected else {
        return;
    };
    diff.same("calls made", Some(expected.len()), got.len());
    for (index, (expected, got)) in expected.into_iter().zip(got).enumerate() {
        let mut field = Diff::default();
        field.same("kind", expected.kind.as_deref(), got.kind);
        field.same("to", expected.to.map(|to| Some(to.address())), got.to);
        field.same("value", expected.value.map(|value| value.0), got.value);
        field.same("input", expected.input.as_ref(), &got.input);
        field.same("gas", expected.gas, got.gas);
        field.same("salt", expected.salt.map(|salt| Some(salt.b256())), got.salt);
        diff.0.extend(field.0.into_iter().map(|mismatch| format!("call {index}: {mismatch}")));
    }
}

/// Compares host calls and tells the first that differs.
fn check_trace(diff: &mut Diff, expected: Option<Vec<HostioFields>>, got: &[HostCall]) {
    let Some(expected) = expected else {
        return;
    };
    let mut got =
        got.iter().map(|call| HostioFields { name: call.name.to_owned(), ink_before: call.start_ink, ink_after: call.end_ink });
    let mut expected = expected.into_iter();
    for index in 0.. {
        match (expected.next(), got.next()) {
            (None, None) => break,
            (expected, got) if expected == got => {}
            (expected, got) => {
                let show = |call: Option<HostioFields>| match call {
                    Some(HostioFields { name, ink_before, ink_after }) => {
                        format!("{name} ({ink_before} -> {ink_after}, {} ink)", ink_before.saturating_sub(ink_after))
                    }
                    None => "none".to_owned(),
                };
                diff.0.push(format!("host call {index}: expected {}, got {}", show(expected), show(got)));
                break;
            }
        }
    }
}
