//! A panic is an empty revert, so no contract may panic, nor run out of memory, by what its own sources say.
//!
//! The test walks the calls of each module from `user_entrypoint`. Where a function of the standard library that can end in
//! a panic or in an allocation error is called, the line that called it is looked up, through whatever was inlined there: if
//! that line is in a contract's sources, or in a crate of ours that it uses, the test fails and says where. Calls by the
//! SDK's own lines are listed: they are what remains.

mod graph;
mod lines;

use std::{collections::BTreeMap, fmt, fs};

use corflow::build::{Symbols, Workspace, build};
use graph::CallGraph;
use lines::{Lines, Origin};

/// How names of the standard library begin.
const STD: [&str; 6] = ["core::", "alloc::", "std::", "__rust", "rust_", "hashbrown::"];

/// What the standard library calls when there is nothing left to do.
const ENDS: [&str; 2] = ["core::panicking::", "alloc::alloc::handle_alloc_error"];

/// A call that can end badly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    /// The line that makes it.
    from: String,
    /// The function of the standard library that it enters.
    to: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls {}", self.from, self.to)
    }
}

/// Every reachable call out of other code into a function of the standard library that can end in one of [`ENDS`], with
/// how often it occurs.
fn bad_calls(module: &[u8]) -> BTreeMap<Call, usize> {
    let graph = CallGraph::read(module);
    let lines = Lines::read(module);
    let ends: Vec<u32> = graph.functions().filter(|&f| ENDS.iter().any(|end| graph.name(f).starts_with(end))).collect();
    let mut calls = BTreeMap::new();
    for site in graph.calls_towards(&ends).filter(|site| is_of_std(graph.name(site.callee))) {
        let caller = graph.name(site.caller);
        let from = match lines.origin(site.offset) {
            Origin::Line(line) => line,
            Origin::Std => continue,
            Origin::Unknown if is_of_std(caller) => continue,
            Origin::Unknown => panic!("no line is known of a call in {caller}"),
        };
        *calls.entry(Call { from, to: graph.name(site.callee).to_owned() }).or_default() += 1;
    }
    calls
}

fn is_of_std(name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&']);
    STD.iter().any(|begin| path.starts_with(begin))
}

#[test]
fn no_line_of_ours_can_panic() {
    let mut ours = Vec::new();
    for artifact in build(&Workspace::here(), Symbols::Lines, |_| {}).expect("the contracts build") {
        let calls = bad_calls(&artifact.module);
        println!("{}: {} lines can end in a panic or an allocation error", artifact.name, calls.len());
        for (call, times) in calls {
            println!("  {call} ({times}x)");
            if call.from.starts_with("/corflow/") {
                ours.push(format!("{}: {call}", artifact.name));
            }
        }
    }
    assert!(ours.is_empty(), "lines of ours that can panic:\n{}", ours.join("\n"));
}

/// The same by names, in the code that is deployed: keeping lines has the optimiser decide otherwise here and there. What is
/// inlined into a function of ours counts as ours here.
#[test]
fn no_deployed_function_of_ours_calls_what_can_panic() {
    for artifact in build(&Workspace::here(), Symbols::Names, |_| {}).expect("the contracts build") {
        let package = artifact.name.replace('-', "_");
        let graph = CallGraph::read(&artifact.module);
        let ends: Vec<u32> = graph.functions().filter(|&f| ENDS.iter().any(|end| graph.name(f).starts_with(end))).collect();
        for site in graph.calls_towards(&ends).filter(|site| is_of_std(graph.name(site.callee))) {
            let (caller, callee) = (graph.name(site.caller), graph.name(site.callee));
            let path = caller.trim_start_matches(['<', '&']);
            let ours = [package.as_str(), "common", "economics", "abi"].iter().any(|own| path.starts_with(&format!("{own}::")));
            assert!(!ours, "{}: {caller} calls {callee}", artifact.name);
        }
    }
}

/// The other witness, which no call graph is needed for: a panic carries its place, so a panic of ours would leave the
/// path of a source of ours in the code.
#[test]
fn no_code_names_a_source_of_ours() {
    for artifact in build(&Workspace::here(), Symbols::Names, |_| {}).expect("the contracts build") {
        let text = String::from_utf8_lossy(artifact.code.wasm()).into_owned();
        for path in ["/corflow/", "contracts/"] {
            if let Some(at) = text.find(path) {
                let place: String = text[at..].chars().take_while(|c| c.is_ascii_graphic()).collect();
                panic!("{} holds {place}: something there can panic", artifact.name);
            }
        }
    }
}

/// The walk itself: a panic that hides behind an inlined function, an indirect call and the standard library is found,
/// and one that nothing calls is not.
#[test]
fn the_walk_finds_what_it_should() {
    let text = r#"(module
        (type $t (func))
        (table 1 funcref)
        (elem (i32.const 0) $hidden)
        (func $user_entrypoint (export "user_entrypoint") (call_indirect (type $t) (i32.const 0)))
        (func $hidden (type $t) (call $core::option::unwrap_failed))
        (func $unused (type $t) (call $core::panicking::panic))
        (func $core::option::unwrap_failed (call $core::panicking::panic))
        (func $core::panicking::panic unreachable))"#;
    let graph = CallGraph::read(&wat::parse_str(text).expect("a well-formed module"));
    let ends: Vec<u32> = graph.functions().filter(|&f| graph.name(f) == "core::panicking::panic").collect();
    let calls: Vec<_> = graph
        .calls_towards(&ends)
        .filter(|site| is_of_std(graph.name(site.callee)))
        .map(|site| (graph.name(site.caller), graph.name(site.callee)))
        .collect();
    let through = ("core::option::unwrap_failed", "core::panicking::panic");
    assert_eq!(calls, [("hidden", "core::option::unwrap_failed"), through]);
}

/// The whole way, from sources: of a contract that indexes a slice in an inlined function, the line is found.
#[test]
fn a_contract_that_panics_is_caught() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let contract = folder.path().join("contracts/careless");
    fs::create_dir_all(contract.join("src")).expect("a folder for the contract");
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).expect("a file of the contract");
    write("Cargo.toml", "[workspace]\nmembers = [\"contracts/careless\"]\nresolver = \"3\"\n");
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"careless\"\nversion = \"0.1.0\"\n");
    write("contracts/careless/Stylus.toml", "[contract]\n");
    write(
        "contracts/careless/Cargo.toml",
        "[package]\nname = \"careless\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n",
    );
    let source = "#[unsafe(no_mangle)]\npub extern \"C\" fn user_entrypoint(at: usize) -> usize {\n    pick(at)\n}\n\
                  #[inline(always)]\nfn pick(at: usize) -> usize {\n    [1, 2, 3][at]\n}\n";
    write("contracts/careless/src/lib.rs", source);
    let artifacts = build(&Workspace::at(folder.path()), Symbols::Lines, |_| {}).expect("it builds");
    let calls = bad_calls(&artifacts[0].module);
    let ours: Vec<&str> = calls.keys().map(|call| call.from.as_str()).filter(|from| from.starts_with("/corflow/")).collect();
    assert_eq!(ours, ["/corflow/contracts/careless/src/lib.rs:7"]);
}
