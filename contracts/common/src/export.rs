//! A contract's ABI for tools: printed, and held against what the contract answers.

use std::{env, string::String};

use alloy_json_abi::{JsonAbi, Param, StateMutability, ToSolConfig};

use crate::entry::Mutability;

/// Answers cargo-stylus: `constructor` prints the constructor's signature, anything else the whole ABI as a Solidity interface.
pub fn answer(name: &str, abi: &JsonAbi) {
    match env::args().nth(1).as_deref() {
        Some("constructor") => println!("{}", constructor(abi)),
        _ => println!("{}", interface(name, abi)),
    }
}

/// The constructor's signature as Solidity writes it.
pub fn constructor(abi: &JsonAbi) -> String {
    let inputs = abi.constructor.as_ref().map(|it| it.inputs.as_slice()).unwrap_or_default();
    let parameter = |it: &Param| format!("{} {}", it.ty, it.name);
    format!("constructor({})", inputs.iter().map(parameter).collect::<Vec<_>>().join(", "))
}

/// The ABI as a Solidity interface, with events and errors.
pub fn interface(name: &str, abi: &JsonAbi) -> String {
    let mut abi = abi.clone();
    abi.constructor = None; // An interface has none.
    let solidity = abi.to_sol(name, Some(ToSolConfig::new().print_constructors(false)));
    format!("// SPDX-License-Identifier: MIT OR Apache-2.0\npragma solidity ^0.8.23;\n\n{solidity}")
}

/// Where a contract's routes and its ABI part: functions that are not answered, answers without a function, and
/// mutabilities that differ. Empty when they are one.
pub fn differences(routes: &[([u8; 4], Mutability)], abi: &JsonAbi) -> Vec<String> {
    let mut differences = Vec::new();
    for function in abi.functions() {
        let (signature, selector) = (function.signature(), function.selector());
        let expected = match function.state_mutability {
            StateMutability::View | StateMutability::Pure => Some(Mutability::View),
            StateMutability::NonPayable => Some(Mutability::Write),
            StateMutability::Payable => None, // No contract takes ETH.
        };
        match routes.iter().filter(|route| route.0 == selector.0).collect::<Vec<_>>()[..] {
            [] => differences.push(format!("{signature} is not answered")),
            [(_, mutability)] if Some(*mutability) == expected => {}
            [(_, mutability)] => {
                differences.push(format!("{signature} is {mutability:?} here, {:?} there", function.state_mutability))
            }
            _ => differences.push(format!("{signature} is answered twice")),
        }
    }
    for (selector, _) in routes {
        if !abi.functions().any(|function| function.selector().0 == *selector) {
            differences.push(format!("{selector:02x?} is answered but no function"));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abi() -> JsonAbi {
        JsonAbi::parse([
            "constructor(address owner, uint64 delay)",
            "function get() view returns (uint256)",
            "function set(uint256 it)",
        ])
        .unwrap()
    }

    fn routes() -> [([u8; 4], Mutability); 2] {
        [([0x6d, 0x4c, 0xe6, 0x3c], Mutability::View), ([0x60, 0xfe, 0x47, 0xb1], Mutability::Write)]
    }

    #[test]
    fn each_kind_of_difference_is_told() {
        assert!(differences(&routes(), &abi()).is_empty());
        assert_eq!(differences(&routes()[..1], &abi()), ["set(uint256) is not answered"]);
        let [get, set] = routes();
        assert_eq!(differences(&[get, (set.0, Mutability::View)], &abi()), ["set(uint256) is View here, NonPayable there"]);
        assert_eq!(differences(&[get, set, set], &abi()), ["set(uint256) is answered twice"]);
        assert_eq!(
            differences(&[get, set, ([1; 4], Mutability::View)], &abi()),
            ["[01, 01, 01, 01] is answered but no function"]
        );
    }

    #[test]
    fn cargo_stylus_reads_the_constructor() {
        assert_eq!(constructor(&abi()), "constructor(address owner, uint64 delay)");
        assert!(interface("IThing", &abi()).contains("interface IThing {"));
    }
}
