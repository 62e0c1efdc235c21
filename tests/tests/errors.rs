//! An ABI lists the errors that its contract gives, no more and no fewer: they are looked for in the code itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use alloy::json_abi::JsonAbi;
use corflow::build::{Symbols, Workspace, build};
use wasmparser::{Operator, Parser, Payload};

type Selector = [u8; 4];

/// The errors of an ABI, by selector.
fn errors(abi: &JsonAbi) -> BTreeMap<Selector, String> {
    abi.errors().map(|error| (error.selector().0, error.signature())).collect()
}

/// Every constant of the module's code that can be a selector, in either order of bytes. The compiler writes a selector as one
/// constant where its error is made.
fn constants(module: &[u8]) -> BTreeSet<Selector> {
    let mut constants = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CodeSectionEntry(body) = payload.expect("a module") else { continue };
        for operator in body.get_operators_reader().expect("a function") {
            let value = match operator.expect("an operator") {
                Operator::I32Const { value } => value.cast_unsigned(),
                Operator::I64Const { value } => match u32::try_from(value) {
                    Ok(value) => value,
                    Err(_) => continue,
                },
                _ => continue,
            };
            constants.extend([value.to_le_bytes(), value.to_be_bytes()]);
        }
    }
    constants
}

#[test]
fn an_abi_lists_the_errors_that_its_contract_gives() {
    let mut made: BTreeMap<String, BTreeSet<Selector>> = build(&Workspace::here(), Symbols::Names, |_| {})
        .expect("the contracts build")
        .into_iter()
        .map(|artifact| (artifact.name, constants(&artifact.module)))
        .collect();
    // app-fees runs the board's code as its own, and speaks for both.
    let board = made.remove("fee-board").expect("the board");
    made.get_mut("app-fees").expect("app-fees").extend(board);

    let abis: BTreeMap<&str, BTreeMap<Selector, String>> =
        abi::contracts().iter().map(|(name, abi)| (*name, errors(abi))).filter(|(name, _)| *name != "fee-board").collect();
    let shared = errors(&abi::Common::abi::contract());
    let known: BTreeMap<&Selector, &String> = abis.values().flatten().collect();

    for (contract, made) in &made {
        let listed = &abis[contract.as_str()];
        let missing = known.iter().filter(|(selector, _)| made.contains(**selector) && !listed.contains_key(**selector));
        let idle = listed.iter().filter(|(selector, _)| !made.contains(*selector) && !shared.contains_key(*selector));
        let faults: Vec<String> = iter::empty()
            .chain(missing.map(|(_, error)| format!("gives {error}, which its ABI does not list")))
            .chain(idle.map(|(_, error)| format!("lists {error}, which it never gives")))
            .collect();
        assert!(faults.is_empty(), "{contract} {}", faults.join("; "));
    }
}
