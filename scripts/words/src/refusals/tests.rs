//! The table is whole, its sentences fit their errors, and what is passed on is unfolded.

use std::collections::BTreeSet;

use abi::{AppFees, CorToken, MinerRewards, Staking, StylusDeployer};
use alloy_primitives::{U256, address};
use alloy_sol_types::SolError;

use super::*;

const TOKEN: Address = address!("0x00000000000000000000000000000000000000c0");
const ADA: Address = address!("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
const COR: u128 = 1_000_000_000_000_000_000;

fn context() -> Context {
    Context { names: vec![("COR".to_owned(), TOKEN), ("staking".to_owned(), Address::with_last_byte(0xc1))], reader: Some(ADA) }
}

fn row(contract: &str, signature: &str) -> Option<&'static Row> {
    let mut rows = table::CONTRACTS.iter().filter(|row| row.error == signature);
    rows.clone().find(|row| row.contract == Some(contract)).or_else(|| rows.find(|row| row.contract.is_none()))
}

#[test]
fn every_error_of_every_abi_has_a_row_that_fits_it() {
    for (contract, abi) in abis() {
        for error in abi.errors() {
            let signature = error.signature();
            let row = row(contract, &signature).unwrap_or_else(|| panic!("no row for {signature} of {contract}"));
            for (name, form) in [row.says, row.cause, row.next].into_iter().flat_map(places) {
                let input = error.inputs.iter().find(|input| input.name == name);
                let input = input.unwrap_or_else(|| panic!("{signature} of {contract} has no argument {name}"));
                let form = Form::named(form).unwrap_or_else(|| panic!("{signature}: there is no form {form}"));
                assert!(form.fits(&input.ty), "{signature} of {contract}: {name} is {}, not {form:?}", input.ty);
            }
            let words = [row.says, row.cause, row.next];
            assert!(
                words.iter().all(|it| !it.is_empty() && !it.ends_with('.')),
                "{signature}: sentences without their full stop"
            );
        }
    }
}

#[test]
fn every_row_is_of_an_error_and_none_is_there_twice() {
    let abis = abis();
    let mut seen = BTreeSet::new();
    for row in table::CONTRACTS {
        assert!(seen.insert((row.contract, row.error)), "{} twice", row.error);
        let is_there = abis.iter().any(|(contract, abi)| {
            row.contract.is_none_or(|it| it == *contract) && abi.errors().any(|error| error.signature() == row.error)
        });
        assert!(is_there, "{:?} has no error {}", row.contract, row.error);
        // A row for all must serve somebody: one that every contract overrides is dead.
        if row.contract.is_none() {
            let serves = |(contract, abi): &(&str, JsonAbi)| {
                abi.errors().any(|error| error.signature() == row.error)
                    && !table::CONTRACTS.iter().any(|other| other.contract == Some(contract) && other.error == row.error)
            };
            assert!(abis.iter().any(serves), "nobody needs the shared row {}", row.error);
        }
    }
}

/// Every error, with some numbers, is explained whole: no place is left open, and the name is the error's.
#[test]
fn every_error_is_said_without_open_places() {
    for (contract, abi) in abis() {
        for error in abi.errors() {
            let kinds = error.inputs.iter().map(|input| input.ty.parse::<alloy_dyn_abi::DynSolType>().expect("a type"));
            let values = kinds.map(|kind| match kind {
                alloy_dyn_abi::DynSolType::Uint(bits) => DynSolValue::Uint(U256::from(7), bits),
                alloy_dyn_abi::DynSolType::Address => DynSolValue::Address(ADA),
                alloy_dyn_abi::DynSolType::FixedBytes(size) => DynSolValue::FixedBytes([7; 32].into(), size),
                alloy_dyn_abi::DynSolType::Bytes => DynSolValue::Bytes(vec![]),
                other => panic!("a new kind of argument: {other}"),
            });
            let body = DynSolValue::Tuple(values.collect()).abi_encode_params();
            let data = [error.selector().as_slice(), &body].concat();
            let refusal = Refusal::of(contract, &data, &context());
            assert_eq!(refusal.error, error.name, "{contract}");
            let text = refusal.to_string();
            assert!(!text.contains(['{', '}']), "{contract}: {text}");
            assert_eq!(refusal.arguments.len(), error.inputs.len());
        }
    }
}

#[test]
fn live_numbers_are_in_the_sentence() {
    let error = CorToken::ERC20InsufficientBalance {
        sender: ADA,
        balance: U256::from(93_200_000_000_000_000_000_u128),
        needed: U256::from(100 * COR),
    };
    let refusal = Refusal::of("cor-token", &error.abi_encode(), &context());
    assert_eq!(refusal.says, "needs 100 COR, you have 93.2 COR");
    assert_eq!(refusal.next, "get COR, or use at most 93.2 COR");
    assert_eq!(number(&refusal, "needed"), Some(U256::from(100 * COR)));
    assert_eq!(account(&refusal, "sender"), Some(ADA));
}

#[test]
fn what_is_passed_on_is_unfolded_to_its_root() {
    let root = CorToken::ERC20InsufficientAllowance { spender: ADA, allowance: U256::ZERO, needed: U256::from(COR) };
    let refused = Staking::TokenRefused { token: TOKEN, reason: root.abi_encode().into() };
    let refusal = Refusal::of("staking", &refused.abi_encode(), &context());
    assert_eq!(refusal.says, format!("the token COR ({TOKEN}) refused: this account ({ADA}) may move 0 COR, and needs 1 COR"));
    assert!(refusal.next.starts_with("approve 1 COR for"), "the innermost says what to do: {}", refusal.next);
    assert_eq!((refusal.error.as_str(), refusal.root().error.as_str()), ("TokenRefused", "ERC20InsufficientAllowance"));

    let deep = StylusDeployer::ContractInitializationError { newContract: ADA, data: refused.abi_encode().into() };
    let refusal = Refusal::of("StylusDeployer", &deep.abi_encode(), &context());
    assert_eq!(refusal.root().error, "ERC20InsufficientAllowance");
    assert!(refusal.says.ends_with("may move 0 COR, and needs 1 COR"));

    let silent = Staking::TokenRefused { token: TOKEN, reason: Default::default() };
    let refusal = Refusal::of("staking", &silent.abi_encode(), &context());
    assert!(
        refusal.says.ends_with("the contract reverted without a reason") && refusal.next.starts_with("see what the token said")
    );
}

#[test]
fn the_same_selector_means_what_the_called_contract_means() {
    let released = AppFees::AlreadyReleased { appId: U256::from(4) }.abi_encode();
    let says = |contract: &str| Refusal::of(contract, &released, &context()).says;
    assert_eq!(says("app-fees"), "the money of app 4 was returned");
    assert_eq!(says("agent-store"), "the money of app 4 was returned", "which passes on what app-fees says");
    assert_eq!(says("miner-pool"), "the reserve was released; epoch 4 is the last to emit");
}

#[test]
fn times_and_states_are_in_words() {
    let ready = U256::from(1_893_456_000);
    let refusal = Refusal::of("miner-rewards", &MinerRewards::RootNotActive { readyAt: ready }.abi_encode(), &context());
    assert!(refusal.says.ends_with("is not active until 2030-01-01 00:00:00 UTC"));
    let nothing = AppFees::NothingSettled { appId: U256::from(1), epoch: U256::from(2), status: AppFees::Status::Escrow };
    let refusal = Refusal::of("app-fees", &nothing.abi_encode(), &context());
    assert_eq!(refusal.says, "no unit of the voucher of app 1 for epoch 2 counts: the escrow is used up, or there is none");
}

#[test]
fn what_no_abi_has_is_said_too() {
    assert_eq!(Refusal::of("staking", &[], &context()).error, "()");
    assert_eq!(Refusal::of("staking", &[1, 2, 3, 4, 5], &context()).error, "unknown");
    let revert = alloy_sol_types::Revert::from("no way").abi_encode();
    assert_eq!(Refusal::of("staking", &revert, &context()).says, "the contract says: no way");
    // A known selector with a body that is cut is not guessed at.
    let cut = &Staking::InsufficientStake { asked: U256::ZERO, stake: U256::ZERO }.abi_encode()[..40];
    assert_eq!(Refusal::of("staking", cut, &context()).error, "unknown");
}

#[test]
fn nodes_fail_in_words() {
    for (code, status, message, kind) in [
        (None, Some(429), "", Kind::RateLimited),
        (None, Some(403), "", Kind::Unauthorized),
        (None, Some(502), "bad gateway", Kind::Broken),
        (None, None, "error sending request for url: Connection refused (os error 111)", Kind::Unreachable),
        (None, None, "operation timed out", Kind::TimedOut),
        (Some(-32_000), None, "insufficient funds for gas * price + value", Kind::NoFunds),
        (Some(-32_000), None, "nonce too low: address 0x1, tx: 3 state: 5", Kind::NonceTooLow),
        (Some(-32_000), None, "replacement transaction underpriced", Kind::Underpriced),
        (Some(-32_000), None, "already known", Kind::AlreadyKnown),
        (Some(-32_000), None, "max fee per gas less than block base fee: address 0x1", Kind::FeeTooLow),
        (Some(-32_000), None, "intrinsic gas too low", Kind::GasTooLow),
        (Some(-32_000), None, "missing trie node 1234", Kind::NoState),
        (Some(-32_601), None, "the method eth_x does not exist", Kind::NoMethod),
        (Some(-32_005), None, "limit exceeded", Kind::RateLimited),
        (Some(-32_603), None, "internal error", Kind::Broken),
        (None, None, "expected value at line 1 column 1", Kind::NotANode),
        (Some(-32_000), None, "something new", Kind::Other),
    ] {
        assert_eq!(Kind::of(code, status, message), kind, "{message}");
    }
    let refusal = Kind::NoFunds.refusal("have 1 want 2");
    assert_eq!(refusal.says, "the account cannot pay for the gas (have 1 want 2)");
}

/// Rows for every kind and every code, in their order: what a `match` would hold if the table were one.
#[test]
fn every_kind_and_every_exit_code_has_a_row() {
    let last = Kind::Other as usize;
    let kinds: Vec<usize> = table::NODE.iter().map(|(kind, ..)| *kind as usize).collect();
    assert_eq!(kinds, (0..=last).collect::<Vec<_>>());
    assert_eq!(table::EXITS.iter().map(|(exit, ..)| *exit).collect::<Vec<_>>(), Exit::ALL);
    assert_eq!(Exit::ALL.map(|exit| exit as u8), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(Exit::help().lines().count(), 8);
}
