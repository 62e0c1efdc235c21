//! The project's own copy of the conformance vectors, and that the check notices what is wrong.

use serde_json::{Value, json};
use stylus_devnode::conformance::check;

const VECTORS: &str = include_str!("../../tests/vectors/vectors.json");

/// The mismatches of every vector, by name.
fn mismatches(vectors: &Value) -> Vec<(String, Vec<String>)> {
    let checked = check(&vectors.to_string()).expect("an array");
    checked.into_iter().map(|vector| (vector.name, vector.mismatches)).filter(|(_, mismatches)| !mismatches.is_empty()).collect()
}

/// One vector of the file.
fn vector(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    let found = vectors.as_array().expect("an array").iter().find(|vector| vector["name"] == name);
    found.unwrap_or_else(|| panic!("no vector {name}")).clone()
}

#[test]
fn every_vector_passes() {
    let checked = check(VECTORS).expect("an array");
    let failed: Vec<_> = checked.iter().filter(|vector| !vector.mismatches.is_empty()).collect();
    for vector in &failed {
        eprintln!("{}: {:#?}", vector.name, vector.mismatches);
    }
    assert_eq!((checked.len(), failed.len()), (141, 0));
}

#[test]
fn one_more_of_anything_is_noticed() {
    let figures = ["asm_estimate", "init_cost", "cached_init_cost", "footprint", "activation_gas", "wasm_len"];
    for figure in figures {
        let mut vector = vector("storage-refunds");
        let value = &mut vector["expect"]["activation"][figure];
        *value = json!(value.as_u64().expect("a number") + 1);
        assert_eq!(mismatches(&json!([vector])).len(), 1, "{figure}");
    }
    for figure in ["ink_used", "ink_left", "gas_left", "refund", "pages_open", "pages_ever", "entry_page_gas"] {
        let mut vector = vector("storage-refunds");
        let value = &mut vector["expect"]["run"][figure];
        *value = json!(value.as_i64().expect("a number") + 1);
        assert_eq!(mismatches(&json!([vector])).len(), 1, "{figure}");
    }
}

#[test]
fn the_first_host_call_that_differs_is_shown() {
    let mut vector = vector("call-value");
    vector["expect"]["hostios"][1]["ink_after"] = json!(0);
    vector["expect"]["hostios"][2]["name"] = json!("exit_early");
    let found = mismatches(&json!([vector]));
    assert_eq!(found.len(), 1);
    let calls: Vec<_> = found[0].1.iter().filter(|mismatch| mismatch.starts_with("host call")).collect();
    assert!(calls.len() == 1 && calls[0].starts_with("host call 1: expected"), "{calls:?}");
}

#[test]
fn a_vector_that_cannot_be_read_fails_alone() {
    let broken = [json!(null), json!({ "name": "no module" }), json!({ "name": "odd", "wasm": "123" }), json!({ "wasm": 5 })];
    for broken in broken {
        let vectors = json!([broken, vector("i32-binary")]);
        assert_eq!(mismatches(&vectors).len(), 1, "{vectors}");
    }
    assert!(check("{}").is_err() && check("").is_err() && check("[").is_err());
}

#[test]
fn what_is_absent_is_not_checked() {
    let mut vector = vector("storage-refunds");
    vector["expect"] = json!({ "activation": { "ok": true }, "run": { "status": "success" } });
    assert_eq!(mismatches(&json!([vector])), []);
    vector["expect"]["run"]["status"] = json!("revert");
    assert_eq!(mismatches(&json!([vector])).len(), 1);
    // Nothing but a module: no gas to run on, and nothing that is said to be otherwise.
    let module = json!({ "wasm": vector["wasm"] });
    assert_eq!(mismatches(&json!([module])), []);
}

/// Numbers in every way in which they are written, as far up as they go.
#[test]
fn numbers_are_read_however_they_are_written() {
    let mut vector = vector("storage-refunds");
    let gas = vector["env"]["gas"].as_u64().expect("a number");
    let ink_used = vector["expect"]["run"]["ink_used"].as_u64().expect("a number");
    for (gas, used) in [(format!("{gas:#x}"), format!("{ink_used:#018x}")), (gas.to_string(), ink_used.to_string())] {
        vector["env"]["gas"] = json!(gas);
        vector["expect"]["run"]["ink_used"] = json!(used);
        assert_eq!(mismatches(&json!([vector])), []);
    }
    vector["env"]["gas"] = json!(null);
    vector["env"]["ink"] = json!(u64::MAX);
    vector["env"]["chainid"] = json!(u64::MAX);
    vector["expect"]["run"]["ink_left"] = json!(u64::MAX - ink_used);
    vector["expect"]["run"]["gas_left"] = json!((u64::MAX - ink_used) / 10_000);
    vector["expect"]["hostios"] = json!(null);
    assert_eq!(mismatches(&json!([vector])), []);
    vector["env"]["ink"] = json!("0x10000000000000000");
    assert!(mismatches(&json!([vector]))[0].1[0].starts_with("cannot be read"));
}

/// Modules with bytes changed, cut off or repeated: refused or run, but never a crash.
#[test]
fn damaged_modules_never_crash() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("JSON");
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut damaged = vec![];
    for vector in vectors.as_array().expect("an array") {
        let wasm = vector["wasm"].as_str().expect("a module");
        if wasm.len() > 4000 {
            continue;
        }
        for _ in 0..12 {
            let mut bytes: Vec<u8> =
                (0..wasm.len()).step_by(2).map(|at| u8::from_str_radix(&wasm[at..at + 2], 16).expect("hex")).collect();
            for _ in 0..=random(3) {
                let at = 8 + random(bytes.len() - 8);
                match random(4) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, random(256) as u8),
                    2 => bytes[at] = random(256) as u8,
                    _ => bytes[at] ^= 1 << random(8),
                }
                if bytes.len() <= 8 {
                    break;
                }
            }
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            // Out of bounds in time is as bad as a crash: a million gas is soon gone.
            damaged.push(json!({ "wasm": text, "env": { "gas": 1_000_000 }, "debug": random(2) == 0, "expect": { "run": {} } }));
        }
    }
    for (name, mismatches) in mismatches(&json!(damaged)) {
        assert!(mismatches.iter().all(|mismatch| mismatch.contains("refused: ")), "{name}: {mismatches:?}");
    }
}
