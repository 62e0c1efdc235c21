//! Names, selectors, guards: what all precompiles have in common.

use std::collections::BTreeSet;

use alloy_primitives::hex;
use alloy_sol_types::SolEvent;

use super::{
    super::{
        ALL, arb_debug::ArbDebug, arb_gas_info::ArbGasInfo, arb_owner::ArbOwner, arb_owner_public::ArbOwnerPublic,
        arb_retryable_tx::ArbRetryableTx, arb_sys::ArbSys, arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache,
    },
    *,
};

/// The published lines of one precompile.
fn published(name: &str) -> BTreeSet<&'static str> {
    let lines = include_str!("../selectors.txt").lines();
    let head = format!("## {name}");
    lines.skip_while(|line| *line != head).skip(1).take_while(|line| !line.starts_with("##")).collect()
}

#[test]
fn selectors_and_mutability_are_the_published_ones() {
    for precompile in ALL.iter() {
        let published = published(precompile.name);
        assert!(!published.is_empty(), "{}", precompile.name);
        for method in &precompile.methods {
            let mutability = format!("{:?}", method.mutability).to_lowercase();
            let line = format!("0x{} {} {mutability}", hex::encode(method.selector), method.signature);
            assert!(published.contains(&*line), "{}: {line}", precompile.name);
        }
    }
}

#[test]
fn what_is_missing_is_known() {
    let mut missing = Vec::new();
    for precompile in ALL.iter() {
        let selectors: BTreeSet<_> = precompile.methods.iter().map(|method| hex::encode_prefixed(method.selector)).collect();
        for line in published(precompile.name) {
            let mut words = line.split(' ');
            let selector = words.next().unwrap_or_default();
            if selector.starts_with("0x") && !selectors.contains(selector) {
                missing.push(format!("{}.{}", precompile.name, words.next().unwrap_or_default()));
            }
        }
    }
    missing.sort();
    assert_eq!(
        missing,
        [
            "ArbGasInfo.getMultiGasBaseFee()",
            "ArbGasInfo.getMultiGasPricingConstraints()",
            "ArbOwner.setChainConfig(string)",
            "ArbOwner.setGasPricingConstraints(uint64[3][])",
            "ArbOwner.setMultiGasPricingConstraints(((uint8,uint64)[],uint32,uint64)[])",
        ]
    );
}

#[test]
fn events_and_errors_are_the_published_ones() {
    fn event<E: SolEvent>(name: &str) {
        let line = format!("event {} {}", E::SIGNATURE_HASH, E::SIGNATURE);
        assert!(published(name).contains(&*line), "{name}: {line}");
    }
    fn error<E: SolError>(name: &str) {
        let line = format!("error 0x{} {}", hex::encode(E::SELECTOR), E::SIGNATURE);
        assert!(published(name).contains(&*line), "{name}: {line}");
    }
    event::<ArbWasm::ProgramActivated>("ArbWasm");
    event::<ArbWasm::ProgramLifetimeExtended>("ArbWasm");
    error::<ArbWasm::ProgramNotWasm>("ArbWasm");
    error::<ArbWasm::ProgramNotActivated>("ArbWasm");
    error::<ArbWasm::ProgramNeedsUpgrade>("ArbWasm");
    error::<ArbWasm::ProgramExpired>("ArbWasm");
    error::<ArbWasm::ProgramUpToDate>("ArbWasm");
    error::<ArbWasm::ProgramKeepaliveTooSoon>("ArbWasm");
    error::<ArbWasm::ProgramInsufficientValue>("ArbWasm");
    event::<ArbWasmCache::UpdateProgramCache>("ArbWasmCache");
    error::<ArbSys::InvalidBlockNumber>("ArbSys");
    event::<ArbOwner::OwnerActs>("ArbOwner");
    event::<ArbOwner::ChainOwnerAdded>("ArbOwner");
    event::<ArbOwner::ChainOwnerRemoved>("ArbOwner");
    event::<ArbOwner::NativeTokenOwnerAdded>("ArbOwner");
    event::<ArbOwner::NativeTokenOwnerRemoved>("ArbOwner");
    event::<ArbOwner::TransactionFiltererAdded>("ArbOwner");
    event::<ArbOwner::TransactionFiltererRemoved>("ArbOwner");
    event::<ArbOwner::FilteredFundsRecipientSet>("ArbOwner");
    event::<ArbDebug::Basic>("ArbDebug");
    event::<ArbDebug::Mixed>("ArbDebug");
    error::<ArbDebug::Custom>("ArbDebug");
    error::<ArbRetryableTx::NoTicketWithID>("ArbRetryableTx");
    error::<ArbRetryableTx::NotCallable>("ArbRetryableTx");
}

#[test]
fn a_bad_call_takes_all_gas() {
    let mut chain = Chain::at(60);
    let ink_price = ArbWasm::inkPriceCall {}.abi_encode();
    let become_owner = ArbDebug::becomeChainOwnerCall {}.abi_encode();
    let version = ArbWasm::codehashVersionCall { codehash: B256::ZERO }.abi_encode();
    burned(&chain.call_with(ARB_WASM, &[], |_| {}));
    burned(&chain.call_with(ARB_WASM, &ink_price[..3], |_| {}));
    burned(&chain.call_with(ARB_WASM, &[1, 2, 3, 4], |_| {}));
    burned(&chain.call_with(ARB_WASM, &version[..35], |_| {}));
    burned(&chain.call_with(ARB_WASM, &ink_price, |call| call.value = U256::ONE));
    burned(&chain.call_with(ARB_WASM, &ink_price, |call| call.delegate = true));
    burned(&chain.call_with(ARB_DEBUG, &become_owner, |call| call.read_only = true));
}

#[test]
fn a_view_may_be_asked_statically_and_a_pure_one_by_delegation() {
    let mut chain = Chain::at(60);
    let ink_price = ArbWasm::inkPriceCall {}.abi_encode();
    assert!(matches!(chain.call_with(ARB_WASM, &ink_price, |call| call.read_only = true).end, PrecompileEnd::Success(_)));
    let alias = ArbSys::mapL1SenderContractAddressToL2AliasCall { sender: STRANGER, unused: STRANGER }.abi_encode();
    let result = chain.call_with(ARB_SYS, &alias, |call| call.delegate = true);
    // No version is read: two words in, one out.
    assert_eq!(GAS - result.gas_left, 3 * 3);
}

#[test]
fn too_little_gas_is_all_gone() {
    let mut chain = Chain::at(60);
    let input = ArbWasm::inkPriceCall {}.abi_encode();
    let enough = 800 + 100 + 3;
    let exact = chain.call_with(ARB_WASM, &input, |call| call.gas = enough);
    assert!(matches!(exact.end, PrecompileEnd::Success(_)));
    assert_eq!(exact.gas_left, 0);
    burned(&chain.call_with(ARB_WASM, &input, |call| call.gas = enough - 1));
}

#[test]
fn methods_come_and_go_with_versions() {
    let codehash = B256::ZERO;
    let cache_codehash = ArbWasmCache::cacheCodehashCall { codehash };
    let cache_program = ArbWasmCache::cacheProgramCall { program: STRANGER };
    reverted(
        &Chain::at(30).call(ARB_WASM_CACHE, cache_codehash.clone()),
        ArbWasm::ProgramNeedsUpgrade { version: 0, stylusVersion: 1 },
    );
    burned(&Chain::at(31).call(ARB_WASM_CACHE, cache_codehash));
    burned(&Chain::at(30).call(ARB_WASM_CACHE, cache_program.clone()));
    reverted(&Chain::at(31).call(ARB_WASM_CACHE, cache_program), ArbWasm::ProgramNeedsUpgrade { version: 0, stylusVersion: 2 });
    burned(&Chain::at(51).call(ARB_OWNER_PUBLIC, ArbOwnerPublic::getMaxStylusContractFragmentsCall {}));
    assert_eq!(Chain::at(60).get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getMaxStylusContractFragmentsCall {}), 2);
    burned(&Chain::at(51).call(ARB_WASM, ArbWasm::activationGasCall {}));
    burned(&Chain::at(40).call(ARB_GAS_INFO, ArbGasInfo::getMaxTxGasLimitCall {}));
    assert_eq!(Chain::at(51).get(ARB_GAS_INFO, ArbGasInfo::getMaxTxGasLimitCall {}), U256::from(32_000_000));
    refused(&Chain::at(31).call(ARB_WASM, ArbWasm::minInitGasCall {}));
}

#[test]
fn an_address_without_a_precompile_answers_as_an_empty_account() {
    let mut chain = Chain::at(60);
    let result = chain.call_with(0x42, &[1, 2, 3, 4], |_| {});
    assert_eq!(result, PrecompileResult { end: PrecompileEnd::Success(Bytes::new()), gas_left: GAS, reason: None });
    assert!(!arbos::is_precompile(Address::with_last_byte(0x42), 60));
    assert!(arbos::is_precompile(Address::with_last_byte(ARB_WASM), 30));
    assert!(!arbos::is_precompile(Address::with_last_byte(ARB_WASM), 20));
}
