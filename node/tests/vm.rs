//! The VM by itself: nesting, native stack, threads, and rules that the vectors do not reach.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use stylus_devnode::vm::{
    Access, AccountView, Call, Called, Create, Created, Engine, Env, Host, Outcome, Pages, Rules, Status, Stored,
};

/// Ink that nothing here uses up.
const PLENTY: u64 = 1 << 60;

/// A host with one program, which every call runs again, `depth` frames deep at most.
struct Tower<'a> {
    engine: &'a Engine,
    wasm: &'a [u8],
    rules: Rules,
    env: Env,
    pages: Pages,
    slots: HashMap<B256, B256>,
    depth: u32,
    /// Frames that ran, over all of them.
    frames: u32,
    outcomes: Vec<Status>,
}

impl<'a> Tower<'a> {
    fn new(engine: &'a Engine, wasm: &'a [u8], rules: Rules, depth: u32) -> Self {
        let (env, pages, slots) = Default::default();
        Self { engine, wasm, rules, env, pages, slots, depth, frames: 0, outcomes: vec![] }
    }

    fn run(&mut self, calldata: Bytes, ink: u64) -> Outcome {
        let (engine, wasm, rules) = (self.engine, self.wasm, self.rules);
        let outcome = engine.call(keccak256(wasm), &mut || Ok(wasm.to_vec()), &rules, self, calldata, ink, false);
        let outcome = outcome.expect("an outcome");
        let spent = outcome.spent;
        let sum = spent.wasm + spent.storage + spent.logs + spent.calls + spent.callees + spent.host;
        assert_eq!(sum, ink - outcome.ink_left, "{spent:?}");
        outcome
    }
}

impl Host for Tower<'_> {
    fn env(&self) -> &Env {
        &self.env
    }
    fn pages(&mut self) -> &mut Pages {
        &mut self.pages
    }
    fn load(&mut self, key: B256) -> Access<B256> {
        Access { value: self.slots.get(&key).copied().unwrap_or_default(), cold: false }
    }
    fn store(&mut self, key: B256, value: B256) -> Stored {
        let present = self.slots.insert(key, value).unwrap_or_default();
        Stored { original: B256::ZERO, present, cold: false }
    }
    fn refund(&mut self, _: i64) {}
    fn transient_load(&mut self, _: B256) -> B256 {
        B256::ZERO
    }
    fn transient_store(&mut self, _: B256, _: B256) {}
    fn log(&mut self, _: Vec<B256>, _: Bytes) {}
    fn account(&mut self, _: Address) -> Access<AccountView> {
        Access { value: AccountView { balance: U256::ZERO, code_hash: B256::ZERO, empty: true }, cold: false }
    }
    fn code(&mut self, _: Address) -> Bytes {
        Bytes::new()
    }
    fn call(&mut self, call: Call) -> Called {
        if self.depth == 0 {
            return Called { ok: false, gas_left: call.gas, output: Bytes::new() };
        }
        self.depth -= 1;
        self.frames += 1;
        let outcome = self.run(call.input, call.gas.saturating_mul(self.rules.ink_price.into()));
        self.depth += 1;
        self.outcomes.push(outcome.status);
        Called {
            ok: outcome.status == Status::Success,
            gas_left: outcome.ink_left / u64::from(self.rules.ink_price),
            output: outcome.output,
        }
    }
    fn create(&mut self, create: Create) -> Created {
        Created { address: None, gas_left: create.gas, output: Bytes::new() }
    }
    fn console(&mut self, _: &str) {}
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("text of a module")
}

/// Runs text of a module alone.
fn run(text: &str, rules: Rules) -> Outcome {
    let (engine, wasm) = (Engine::new(), wat(text));
    Tower::new(&engine, &wasm, rules, 0).run(Bytes::new(), PLENTY)
}

/// A program with one memory page and these definitions.
fn program(definitions: &str, entrypoint: &str) -> String {
    format!(
        r#"(module {definitions} (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param $len i32) (result i32) {entrypoint}))"#
    )
}

/// It uses up nearly all its stack words, then calls on.
const DIVER: &str = r#"(module
    (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
    (memory (export "memory") 1 1)
    (func $dive (param $left i32) (result i32)
        (if (result i32) (i32.eqz (local.get $left))
            (then (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 96)))
            (else (i32.add (call $dive (i32.sub (local.get $left) (i32.const 1))) (i32.const 0)))))
    (func (export "user_entrypoint") (param $len i32) (result i32)
        (drop (call $dive (i32.const DEPTH))) (i32.const 0)))"#;

/// 1,023 programs deep, each at the bottom of its own stack, on a thread with the usual two megabytes.
#[test]
fn programs_nest_as_deep_as_the_chain_allows() {
    let engine = Engine::new();
    let wasm = wat(&DIVER.replace("DEPTH", "1500"));
    let mut tower = Tower::new(&engine, &wasm, Rules::of(60, false), 1023);
    let outcome = tower.run(Bytes::new(), 1 << 63);
    assert_eq!((outcome.status, tower.frames), (Status::Success, 1023));
    assert!(tower.outcomes.iter().all(|status| *status == Status::Success));
}

#[test]
fn programs_nest_with_the_deep_stack_of_older_rules() {
    let engine = Engine::new();
    let wasm = wat(&DIVER.replace("DEPTH", "15000"));
    let mut tower = Tower::new(&engine, &wasm, Rules::of(40, false), 511);
    let outcome = tower.run(Bytes::new(), 1 << 63);
    assert_eq!((outcome.status, tower.frames), (Status::Success, 511));
}

/// Whatever its frames look like, a program runs out of stack words before the native stack ends.
#[test]
fn the_metered_stack_ends_first() {
    let params = |n: usize, ty: &str| format!("(param {})", vec![ty; n].join(" "));
    let gets = |n: usize| (0..n).map(|index| format!("(local.get {index})")).collect::<String>();
    let locals_live_across_the_call = {
        let sets: String = (0..348).map(|index| format!("(local.set {} (i64.load (i32.const {index})))", index + 1)).collect();
        let sums: String = (0..348).map(|index| format!("(i64.add (local.get {}))", index + 1)).collect();
        format!("(func $f (param i32) (result i64) (local {}) {sets} (call $f (local.get 0)) {sums})", vec!["i64"; 348].join(" "))
    };
    let operands_held = {
        let loads: String = (0..1000).map(|index| format!("(i64.load (i32.const {index}))")).collect();
        let sums = "(i64.add)".repeat(1000);
        format!("(func $f (param i32) (result i64) {loads} (call $f (local.get 0)) {sums})")
    };
    // Expressions that an optimiser could keep from before the call until after it, though the program does not.
    let common_expressions = {
        let once: String =
            (1..1500).map(|index| format!("(i64.mul (local.get 0) (i64.const {})) (i64.xor)", 2 * index + 1)).collect();
        format!(
            "(func $g (param i64) (result i64) (i32.const 0) (i64.const 0) {once} (i64.store) (call $g (local.get 0)) {once})"
        )
    };
    let cases = [
        ("small frames", "(func $f (param i32) (call $f (local.get 0)))".to_owned(), "(call $f (i32.const 0))".to_owned()),
        ("locals", locals_live_across_the_call, "(drop (call $f (i32.const 0)))".to_owned()),
        ("operands", operands_held, "(drop (call $f (i32.const 0)))".to_owned()),
        ("common expressions", common_expressions, "(drop (call $g (i64.const 1)))".to_owned()),
        (
            "parameters",
            format!("(func $f {} (call $f {}))", params(1000, "i64"), gets(1000)),
            format!("(call $f {})", "(i64.const 1)".repeat(1000)),
        ),
        (
            "parameters in registers and on the stack, with results of every call summed up",
            format!(
                "(func $f {} (result i64) {} (call $f {}) {})",
                params(90, "i64"),
                gets(90),
                gets(90),
                "(i64.add)".repeat(90)
            ),
            format!("(drop (call $f {}))", "(i64.const 1)".repeat(90)),
        ),
    ];
    for arbos in [60, 40] {
        for (name, function, call) in &cases {
            let outcome = run(&program(function, &format!("{call} (i32.const 0)")), Rules::of(arbos, false));
            assert_eq!((outcome.status, outcome.error), (Status::OutOfStack, None), "{name}, ArbOS {arbos}");
        }
    }
}

#[test]
fn an_engine_serves_many_threads() {
    let engine = Engine::new();
    let wasm = wat(&DIVER.replace("DEPTH", "100"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut tower = Tower::new(&engine, &wasm, Rules::of(60, false), 20);
                    assert_eq!(tower.run(Bytes::new(), PLENTY).status, Status::Success);
                    assert_eq!(tower.frames, 20);
                }
            });
        }
    });
}

/// Words are given back in front of `return` only: a branch to the function's own label keeps them, as in Nitro.
#[test]
fn leaving_by_a_branch_keeps_the_words() {
    let leave = |how: &str| {
        let rounds = "(local $n i32) (loop $again (call $f)
            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5000))))";
        run(&program(&format!("(func $f {how})"), &format!("{rounds} (i32.const 0)")), Rules::of(60, false)).status
    };
    assert_eq!(leave("(return)"), Status::Success);
    assert_eq!(leave("(nop)"), Status::Success);
    assert_eq!(leave("(br 0)"), Status::OutOfStack);
}

/// What a program spends on host functions that `body` calls, with these imports and rules.
fn spent(imports: &str, body: &str, rules: Rules) -> Outcome {
    run(&program(imports, &format!("{body} (i32.const 0)")), rules)
}

#[test]
fn storage_prices_follow_the_version() {
    let imports = r#"
        (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
        (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
        (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))"#;
    let load = |arbos| spent(imports, "(call $load (i32.const 0) (i32.const 0))", Rules::of(arbos, false)).spent.storage;
    assert_eq!(load(31), 18_480 + (100 + 59_673) * 10_000);
    assert_eq!(load(32), 18_480 + (100 + 5) * 10_000);

    let store = "(i32.store (i32.const 64) (i32.const 1)) (call $cache (i32.const 0) (i32.const 64)) (call $flush (i32.const 1))";
    let store = |arbos| spent(imports, store, Rules::of(arbos, false)).spent.storage;
    assert_eq!(store(31), 18_480 + 68_073);
    assert_eq!(store(32), 18_480 + 68_073 + 20_000 * 10_000);
}

#[test]
fn loads_and_writes_grow_dearer() {
    let imports = r#"
        (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
        (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))"#;
    let times = |call: &str, times: usize| spent(imports, &call.repeat(times), Rules::of(60, false)).spent.storage;
    let load = |n| times("(call $load (i32.const 0) (i32.const 64))", n);
    assert_eq!(load(2) - load(1), 18_480);
    assert_eq!(load(33) - load(32), 18_480 + 2 * 10_000);
    assert_eq!(load(129) - load(128), 18_480 + 10 * 10_000);
    let cache = |n| times("(call $cache (i32.const 0) (i32.const 64))", n);
    assert_eq!(cache(8) - cache(7), 18_480);
    assert_eq!(cache(9) - cache(8), 18_480 + 7 * 10_000);
    assert_eq!(cache(65) - cache(64), 18_480 + 10 * 10_000);
}

#[test]
fn empty_code_is_remembered_before_arbos_40_only() {
    let imports = r#"(import "vm_hooks" "account_code_size" (func $size (param i32) (result i32)))"#;
    let twice = "(drop (call $size (i32.const 0))) (drop (call $size (i32.const 0)))";
    let host = |arbos| spent(imports, twice, Rules::of(arbos, false)).spent.host;
    assert_eq!(host(32), 2 * 68_073 + 800 * 10_000);
    assert_eq!(host(40), 2 * 68_073 + 2 * 800 * 10_000);
}

#[test]
fn pointers_and_lengths_are_bounded_by_memory() {
    let imports = r#"
        (import "vm_hooks" "write_result" (func $result (param i32 i32)))
        (import "vm_hooks" "native_keccak256" (func $keccak (param i32 i32 i32)))
        (import "vm_hooks" "read_return_data" (func $returned (param i32 i32 i32) (result i32)))
        (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
        (import "vm_hooks" "msg_sender" (func $sender (param i32)))"#;
    let end = |body: &str| spent(imports, body, Rules::of(60, false)).status;
    // Nothing at the very end is within bounds, one past it is not.
    assert_eq!(end("(call $result (i32.const 65536) (i32.const 0))"), Status::Success);
    assert_eq!(end("(call $result (i32.const 65537) (i32.const 0))"), Status::Failure);
    assert_eq!(end("(call $result (i32.const 65535) (i32.const 2))"), Status::Failure);
    assert_eq!(end("(call $result (i32.const -1) (i32.const -1))"), Status::Failure);
    assert_eq!(end("(call $keccak (i32.const 0) (i32.const -1) (i32.const 0))"), Status::Failure);
    assert_eq!(end("(call $sender (i32.const 65516))"), Status::Success);
    assert_eq!(end("(call $sender (i32.const 65517))"), Status::Failure);
    assert_eq!(end("(drop (call $returned (i32.const 65536) (i32.const -1) (i32.const -1)))"), Status::Success);
    assert_eq!(end("(drop (call $returned (i32.const 65537) (i32.const 0) (i32.const 0)))"), Status::Failure);
    assert_eq!(end("(call $log (i32.const 0) (i32.const -1) (i32.const -1))"), Status::Failure);
}

#[test]
fn a_huge_read_is_paid_for_before_it_is_tried() {
    let imports = r#"(import "vm_hooks" "write_result" (func $result (param i32 i32)))"#;
    let module = program(imports, "(call $result (i32.const 0) (i32.const -1)) (i32.const 0)");
    let (engine, wasm) = (Engine::new(), wat(&module));
    let outcome = Tower::new(&engine, &wasm, Rules::of(60, false), 0).run(Bytes::new(), 1_000_000_000);
    assert_eq!((outcome.status, outcome.ink_left), (Status::OutOfInk, 0));
}

#[test]
fn memory_that_cannot_grow_is_not_paid_for() {
    let module = r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))"#;
    let outcome = run(module, Rules::of(60, false));
    assert_eq!((outcome.status, PLENTY - outcome.ink_left), (Status::Success, 2450 + 1 + 8050 + 1 + 170 + 1));
}
/// Bodies as large, as deep and as branchy as activation lets in compile and run.
#[test]
fn the_largest_bodies_compile() {
    let nested = format!("(func $f {} {})", "(block ".repeat(4500), ")".repeat(4500));
    let branches = format!("(func $f (br_table {} (i32.const 7)))", "0 ".repeat(60_000));
    let calls = format!("(func $g) (func $f {})", "(call $g)".repeat(4500));
    let plain = format!("(func $f {})", "(nop)".repeat(65_000));
    let memory = format!("(func $f {})", "(i64.store (i32.const 8) (i64.load (i32.const 0)))".repeat(16_000));
    for function in [nested, branches, calls, plain, memory] {
        let module = program(&function, "(call $f) (i32.const 0)");
        stylus_devnode::vm::activate(&wat(&module), &Rules::of(60, false), 128).expect("within bounds");
        assert_eq!(run(&module, Rules::of(60, false)).status, Status::Success);
    }
}

/// What activation lets in beside plain integer code: floats that are only moved, several results, tall stacks, code
/// that nothing reaches. The compiler must take all of it.
#[test]
fn whatever_is_let_in_compiles_and_runs() {
    let moved_floats = r#"
        (type $t (func (param f32 f64) (result f64)))
        (table 2 2 funcref) (elem (i32.const 0) $f)
        (global $g (mut f32) (f32.const 1.5)) (global $h (mut f64) (f64.const -0.0))
        (func $f (type $t) (local f32 f64)
            (local.set 2 (select (local.get 0) (local.get 2) (i32.const 1)))
            (global.set $g (local.get 2))
            (if (result f64) (i32.const 0)
                (then
                    (i32.store (i32.const 0) (i32.reinterpret_f32 (f32.load (i32.const 4))))
                    (f64.store (i32.const 8) (f64.reinterpret_i64 (i64.const 1)))
                    (f64.const 1))
                (else (block (result f64) (br 0 (local.tee 3 (local.get 1)))))))"#;
    let move_floats = "(drop (call $f (global.get $g) (global.get $h)))
        (drop (call_indirect (type $t) (global.get $g) (global.get $h) (i32.const 0))) (i32.const 0)";
    let results = |n: usize| vec!["i64"; n].join(" ");
    let several_results = format!(
        "(func $r (param i64) (result {many}) {gets})
        (func $s (param i64 i32) (result i64 i32 i64)
            (local.get 0) (local.get 1)
            (loop (param i64 i32) (result i64 i32 i64) (i64.const 3))
            (block (param i64 i32 i64) (result i64 i32 i64)
                (br_table 0 0 0 (i32.const 1)))
            (if (param i64 i32 i64) (result i64 i32 i64) (local.get 1) (then) (else (drop) (i64.const 9))))",
        many = results(1000),
        gets = "(local.get 0)".repeat(1000),
    );
    let take_results = format!(
        "(call $r (i64.const 1)) {} (drop) (call $s (i64.const 4) (i32.const 0)) (i64.ne (i64.const 9)) (i32.add) (drop) (drop) (i32.const 0)",
        "(i64.add)".repeat(999)
    );
    let tall = format!("(func $f (result i32) {} {})", "(i32.load (i32.const 0))".repeat(4090), "(i32.add)".repeat(4089));
    let locals = format!("(local {})", vec!["i64"; 348].join(" "));
    let wide = (0..300).map(|index| format!("(func $f{index} {locals} (local.set 347 (local.get 0)))")).collect::<String>();
    let call_wide = (0..300).map(|index| format!("(call $f{index})")).collect::<String>();
    let ladder = format!(
        "(func $f (param i32) (result i32) {} (local.get 0) {})",
        "(if (result i32) (local.get 0) (then ".repeat(1500),
        ") (else (i32.const 0)))".repeat(1500)
    );
    let dead = "(func $f (result i64)
        (block (result i64) (return (i64.const 1)) (select) (i64.add) (br_if 0 (i32.const 1)) (drop) (memory.fill) (memory.copy)
            (loop (param i32) (result i64) (drop) (unreachable) (br_table 0 1 2)) (i64.store) (call_indirect (type $u))
            (memory.grow) (if (result i64) (then (unreachable)) (else (i64.const 0)))))
        (type $u (func (param i32 i64) (result i32))) (table 0 0 funcref)";
    let cases = [
        ("floats", moved_floats.to_owned(), move_floats.to_owned()),
        ("results", several_results, take_results),
        ("operands", tall, "(call $f)".to_owned()),
        ("locals", wide, format!("{call_wide} (i32.const 0)")),
        ("branches", ladder, "(call $f (i32.const 0))".to_owned()),
        ("dead code", dead.to_owned(), "(i64.ne (call $f) (i64.const 1))".to_owned()),
    ];
    for (name, definitions, entrypoint) in cases {
        let module = program(&definitions, &entrypoint);
        let rules = Rules::of(51, false);
        stylus_devnode::vm::activate(&wat(&module), &rules, 128).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(run(&module, rules).status, Status::Success, "{name}");
    }
}
