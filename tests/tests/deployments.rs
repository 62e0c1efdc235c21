//! What the repository keeps of a deployment is what the contracts' words say now.

use std::fs;

use corflow::{build::Workspace, deployments};

/// `cargo run --release` writes them anew.
#[test]
fn the_abis_in_the_repository_are_not_stale() {
    let workspace = Workspace::here();
    for (name, abi) in abi::contracts() {
        let path = deployments::abi_path(&workspace, name);
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == deployments::abi_text(&abi).expect("an ABI is JSON"), "{} is stale: run corflow", path.display());
    }
}

/// Every contract that is built has its ABI there, and nothing else has.
#[test]
fn every_contract_has_an_abi() {
    let named: Vec<&str> = abi::contracts().iter().map(|(name, _)| *name).collect();
    assert_eq!(Workspace::here().contracts().expect("the contracts' folder"), named);
}
