//! What activation lets in: every bound at its last value that passes and the first that does not.

use stylus_devnode::vm::{Activation, Rules, activate};

fn newest() -> Rules {
    Rules::of(60, false)
}

fn debug() -> Rules {
    Rules::of(60, true)
}

fn examine(text: &str, rules: Rules) -> Result<Activation, String> {
    activate(&wat::parse_str(text).expect("text of a module"), &rules, 128)
}

/// A program with one memory page and these definitions beside its entry point. Imports come first.
fn program(definitions: &str) -> String {
    format!(
        r#"(module {definitions} (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#
    )
}

/// Passes with `most` of something and not with one more.
#[track_caller]
fn bounded(rules: Rules, most: usize, text: impl Fn(usize) -> String, reason: &str) {
    examine(&text(most), rules).expect("the most that is allowed");
    refused(&text(most + 1), rules, reason);
}

#[track_caller]
fn refused(text: &str, rules: Rules, reason: &str) {
    let error = examine(text, rules).expect_err("a refusal");
    assert!(error.contains(reason), "{error}");
}

/// Something many times, each with its number in place of `#`.
fn times(n: usize, what: &str) -> String {
    (0..n).map(|index| what.replace('#', &index.to_string())).collect()
}

#[test]
fn the_smallest_program_has_the_known_figures() {
    let minimal = program("");
    let wasm = wat::parse_str(&minimal).expect("text of a module");
    assert_eq!(wasm.len(), 64);
    let expected = Activation { asm_estimate: 513_418, init_cost: 18, cached_init_cost: 11, footprint: 1, gas: 63_084 };
    assert_eq!(activate(&wasm, &newest(), 128), Ok(expected));
    // Version 1 counts the cached cost in; before ArbOS 32 the length is not paid for.
    let older = Activation { init_cost: 29, gas: 63_084 - 560, ..expected };
    assert_eq!(activate(&wasm, &Rules::of(30, false), 128), Ok(older));
}

#[test]
fn counts_are_bounded() {
    bounded(newest(), 128, |n| program(&times(n, r#"(data (i32.const #) "x")"#)), "data segments");
    bounded(
        newest(),
        128,
        |n| program(&format!("(table 1 funcref) {}", times(n, "(elem (i32.const 0) func 0)"))),
        "element segments",
    );
    bounded(newest(), 4095, |n| program(&times(n, "(func)")), "functions");
    bounded(newest(), 32764, |n| program(&times(n, "(global i32 (i32.const 0))")), "globals");
    bounded(newest(), 4096, |n| program(&format!("(table {n} funcref)")), "table entries");
    let elements = |n| program(&format!("(table 4096 funcref) (elem func {})", "0 ".repeat(n)));
    bounded(newest(), 4096, elements, "element entries");
    bounded(newest(), 348, |n| program(&format!("(func (local {}))", "i32 ".repeat(n))), "locals");
}

/// 12 operators pay for the one run, 12 take the frame's words, 5 give them back, and one ends it.
#[test]
fn operators_are_counted_when_instrumented() {
    bounded(newest(), 65536 - 30, |n| program(&format!("(func {})", "nop ".repeat(n))), "operators");
}

#[test]
fn imports_are_bounded_since_arbos_32() {
    let imports = |n| program(&times(n, r#"(import "vm_hooks" "msg_sender" (func (param i32)))"#));
    bounded(newest(), 513, imports, "imports");
    examine(&imports(514), Rules::of(31, false)).expect("no bound yet");
}

/// Exports are dropped before they are counted, but on debug chains, where four more are added.
#[test]
fn exports_are_bounded_where_they_are_kept() {
    let exports = |n| program(&format!("(func $f) {}", times(n, r#"(export "e#" (func $f))"#)));
    examine(&exports(2000), newest()).expect("dropped");
    bounded(debug(), 1024 - 4 - 2, exports, "exports");
    let named = |n| program(&format!(r#"(func (export "{}"))"#, "x".repeat(n)));
    examine(&named(5000), newest()).expect("dropped");
    bounded(debug(), 512, named, "name");
    let module = |n| program("").replacen("(module", &format!("(module ${}", "x".repeat(n)), 1);
    examine(&module(5000), newest()).expect("dropped");
    bounded(debug(), 512, module, "name");
}

#[test]
fn memory_is_bounded_and_paid_for() {
    let pages = |limits: &str| program("").replace("1 1", limits);
    examine(&pages("128 128"), newest()).expect("all pages");
    refused(&pages("129 129"), newest(), "128");
    refused(&pages("1"), newest(), "pay_for_memory_grow");
    refused(&pages("1 2"), newest(), "pay_for_memory_grow");
    examine(&pages("0 0"), newest()).expect("no memory to speak of");
    let growing = program(r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#).replace("1 1", "1 70");
    examine(&growing, newest()).expect("it can pay");
    let wasm = wat::parse_str(pages("20 20")).expect("text of a module");
    assert!(activate(&wasm, &newest(), 20).is_ok() && activate(&wasm, &newest(), 19).is_err());
}

#[test]
fn names_do_not_clash() {
    let import = r#"(import "vm_hooks" "msg_sender" (func (param i32)))"#;
    let exporting = |name: &str| program(&format!(r#"{import} (func (export "{name}"))"#));
    for name in ["msg_sender", "own__msg_sender", "a__b__msg_sender", "___msg_sender"] {
        refused(&exporting(name), newest(), "name of an import");
    }
    examine(&exporting("msg_sender__"), newest()).expect("an empty suffix");
    examine(&exporting("own_msg_sender"), newest()).expect("one underscore");
    refused(&exporting("stylus"), newest(), "reserved");
    refused(&exporting("own__stylus_thing"), newest(), "reserved");
    examine(&exporting("stylus__own"), newest()).expect("the suffix counts");
}

#[test]
fn imports_are_known_functions() {
    let importing = |import: &str| program(import);
    refused(&importing(r#"(import "vm_hooks" "sstore" (func))"#), debug(), "no host function");
    refused(&importing(r#"(import "env" "msg_sender" (func (param i32)))"#), debug(), "no host function");
    refused(&importing(r#"(import "vm_hooks" "msg_sender" (func (param i64)))"#), newest(), "wrong signature");
    refused(&importing(r#"(import "vm_hooks" "msg_sender" (func (param i32) (result i32)))"#), newest(), "wrong signature");
    refused(&importing(r#"(import "vm_hooks" "g" (global i32))"#), newest(), "not a function");
    let twice = r#"(import "vm_hooks" "msg_sender" (func (param i32))) (import "vm_hooks" "msg_sender" (func))"#;
    refused(&importing(twice), newest(), "two signatures");
    for import in [r#"(import "console" "log_f64" (func (param f64)))"#, r#"(import "debug" "null_host" (func))"#] {
        refused(&importing(import), newest(), "not enabled");
        examine(&importing(import), debug()).expect("a debug chain");
    }
}

#[test]
fn entry_point_and_memory_are_what_they_are_called() {
    let with = |exports: &str| {
        format!(
            "(module (memory $m 1 1) (global $g i32 (i32.const 0)) (func $f (param i32) (result i32) (i32.const 0)) {exports})"
        )
    };
    let memory = r#"(export "memory" (memory $m))"#;
    examine(&with(&format!(r#"{memory} (export "user_entrypoint" (func $f))"#)), newest()).expect("a program");
    refused(&with(&format!(r#"{memory} (export "user_entrypoint" (global $g))"#)), newest(), "user_entrypoint");
    refused(&with(r#"(export "memory" (global $g)) (export "user_entrypoint" (func $f))"#), newest(), "memory");
    refused(&with(r#"(export "mem" (memory $m)) (export "user_entrypoint" (func $f))"#), newest(), "memory");
}

#[test]
fn floats_are_let_in_unless_they_compute() {
    let body = |code: &str| program(&format!("(func (param f32 f64 i32 i64) {code})"));
    for code in [
        "(drop (f32.const 1))",
        "(f64.store (i32.const 0) (f64.load (i32.const 8)))",
        "(drop (i32.reinterpret_f32 (local.get 0)))",
        "(drop (f64.reinterpret_i64 (local.get 3)))",
    ] {
        examine(&body(code), newest()).expect(code);
    }
    for code in [
        "(drop (f32.add (local.get 0) (local.get 0)))",
        "(drop (f64.lt (local.get 1) (local.get 1)))",
        "(drop (f64.sqrt (local.get 1)))",
        "(drop (f64.promote_f32 (local.get 0)))",
        "(drop (i32.trunc_f32_s (local.get 0)))",
        "(drop (i64.trunc_sat_f64_u (local.get 1)))",
        "(drop (f32.convert_i64_u (local.get 3)))",
        "(return) (drop (f32.neg (local.get 0)))",
    ] {
        refused(&body(code), newest(), "floating point");
    }
}

#[test]
fn segments_lie_within_bounds() {
    let data = |offset: i32, len: usize| program(&format!(r#"(data (i32.const {offset}) "{}")"#, "x".repeat(len)));
    examine(&data(65536, 0), newest()).expect("nothing at the end");
    examine(&data(65530, 6), newest()).expect("up to the end");
    refused(&data(65530, 7), newest(), "out of bounds");
    refused(&data(65537, 0), newest(), "out of bounds");
    refused(&data(-1, 0), newest(), "out of bounds");
    examine(&program(r#"(data "passive")"#), newest()).expect("placed nowhere");
    let element = |offset: i32| program(&format!("(table 2 funcref) (elem (i32.const {offset}) func 0)"));
    examine(&element(1), newest()).expect("the last entry");
    refused(&element(2), newest(), "out of bounds");
    refused(&element(-1), newest(), "out of bounds");
}

/// The two operators of bulk memory that need no data count, and nothing else of that proposal.
#[test]
fn bulk_operators_are_two() {
    let body = |code: &str| program(&format!("(table 1 funcref) (elem $e func 0) (func {code})"));
    examine(&body("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))"), newest()).expect("fill");
    examine(&body("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))"), newest()).expect("copy");
    refused(&body("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))"), newest(), "not supported");
    refused(&body("(table.init $e (i32.const 0) (i32.const 0) (i32.const 0))"), newest(), "not supported");
    refused(&body("(elem.drop $e)"), newest(), "not supported");
}

#[test]
fn several_results_ended_with_arbos_60() {
    let pair = program("(func (result i32 i32) (i32.const 0) (i32.const 1))");
    examine(&pair, Rules::of(51, false)).expect("still allowed");
    refused(&pair, newest(), "multi-value");
}
