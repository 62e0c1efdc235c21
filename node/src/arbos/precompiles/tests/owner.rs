//! ArbOwner: who governs, what changes, and when.

use super::{
    super::{
        arb_gas_info::ArbGasInfo, arb_owner::ArbOwner, arb_owner_public::ArbOwnerPublic, arb_wasm::ArbWasm,
        arb_wasm_cache::ArbWasmCache,
    },
    *,
};

/// An error of the guard in front of ArbOwner, which is no revert.
#[track_caller]
fn guarded(result: &PrecompileResult) {
    assert!(matches!(result.end, PrecompileEnd::Failure(_)), "{result:?}");
    assert_eq!(result.gas_left, 0);
}

#[test]
fn a_stranger_loses_all_gas() {
    let mut chain = Chain::at(60);
    chain.caller = STRANGER;
    guarded(&chain.call(ARB_OWNER, ArbOwner::setInkPriceCall { price: 1 }));
    guarded(&chain.call(ARB_OWNER, ArbOwner::getAllChainOwnersCall {}));
}

#[test]
fn an_owner_pays_nothing_whatever_happens() {
    let mut chain = Chain::at(60);
    assert_eq!(chain.ask(ARB_OWNER, ArbOwner::setInkPriceCall { price: 20_000 }).1, 0);
    assert_eq!(chain.get(ARB_WASM, ArbWasm::inkPriceCall {}), 20_000);
    for price in [0, 1 << 24] {
        assert_eq!(refused(&chain.call(ARB_OWNER, ArbOwner::setInkPriceCall { price })), 0);
    }
    assert_eq!(refused(&chain.call_with(ARB_OWNER, &[1, 2, 3, 4], |_| {})), 0);
    assert_eq!(chain.get(ARB_WASM, ArbWasm::inkPriceCall {}), 20_000);
}

#[test]
fn owners_come_and_go() {
    let mut chain = Chain::at(60);
    chain.get(ARB_OWNER, ArbOwner::addChainOwnerCall { newOwner: STRANGER });
    chain.get(ARB_OWNER, ArbOwner::addChainOwnerCall { newOwner: STRANGER });
    assert_eq!(chain.get(ARB_OWNER, ArbOwner::getAllChainOwnersCall {}), [OWNER, STRANGER]);
    // The last one takes the place of the first.
    chain.get(ARB_OWNER, ArbOwner::removeChainOwnerCall { ownerToRemove: OWNER });
    guarded(&chain.call(ARB_OWNER, ArbOwner::getAllChainOwnersCall {}));
    chain.caller = STRANGER;
    assert_eq!(chain.get(ARB_OWNER, ArbOwner::getAllChainOwnersCall {}), [STRANGER]);
    refused(&chain.call(ARB_OWNER, ArbOwner::removeChainOwnerCall { ownerToRemove: OWNER }));
    chain.get(ARB_OWNER, ArbOwner::removeChainOwnerCall { ownerToRemove: STRANGER });
    assert!(chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getAllChainOwnersCall {}).is_empty());
}

#[test]
fn an_upgrade_holds_from_the_first_block_of_its_time() {
    let mut chain = Chain::at(51);
    let scheduled = ArbOwnerPublic::getScheduledUpgradeCall {};
    let none = chain.get(ARB_OWNER_PUBLIC, scheduled.clone());
    assert_eq!((none.arbosVersion, none.scheduledForTimestamp), (0, 0));
    chain.get(ARB_OWNER, ArbOwner::scheduleArbOSUpgradeCall { newVersion: 60, timestamp: NOW + 10 });
    let waiting = chain.get(ARB_OWNER_PUBLIC, scheduled.clone());
    assert_eq!((waiting.arbosVersion, waiting.scheduledForTimestamp), (60, NOW + 10));
    arbos::start_block(&mut chain.state, NOW + 9, 9);
    assert_eq!(arbos::version(&mut chain.state), 51);
    arbos::start_block(&mut chain.state, NOW + 10, 1);
    assert_eq!(arbos::version(&mut chain.state), 60);
    assert_eq!(chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getMaxStylusContractFragmentsCall {}), 2);
    let done = chain.get(ARB_OWNER_PUBLIC, scheduled);
    assert_eq!((done.arbosVersion, done.scheduledForTimestamp), (0, 0));
    refused(&chain.call(ARB_OWNER, ArbOwner::scheduleArbOSUpgradeCall { newVersion: 61, timestamp: 0 }));
}

#[test]
fn an_upgrade_keeps_what_an_owner_set() {
    let mut chain = Chain::at(40);
    chain.get(ARB_OWNER, ArbOwner::setInkPriceCall { price: 5 });
    chain.get(ARB_OWNER, ArbOwner::setWasmMaxStackDepthCall { depth: 1000 });
    chain.get(ARB_OWNER, ArbOwner::scheduleArbOSUpgradeCall { newVersion: 51, timestamp: 0 });
    arbos::start_block(&mut chain.state, NOW, 0);
    assert_eq!(chain.get(ARB_WASM, ArbWasm::inkPriceCall {}), 5);
    assert_eq!(chain.get(ARB_WASM, ArbWasm::maxStackDepthCall {}), 1000, "only a larger one is cut down");
}

#[test]
fn stylus_prices_are_set_in_units_rounded_up() {
    let mut chain = Chain::at(60);
    chain.get(ARB_OWNER, ArbOwner::setWasmMinInitGasCall { gas: 129, cached: 33 });
    let least = chain.get(ARB_WASM, ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached), (256, 64));
    chain.get(ARB_OWNER, ArbOwner::setWasmInitCostScalarCall { percent: 101 });
    assert_eq!(chain.get(ARB_WASM, ArbWasm::initCostScalarCall {}), 102);
    chain.get(ARB_OWNER, ArbOwner::setWasmInitCostScalarCall { percent: u64::MAX });
    assert_eq!(chain.get(ARB_WASM, ArbWasm::initCostScalarCall {}), 510);
}

#[test]
fn prices_follow_the_owner() {
    let mut chain = Chain::at(60);
    chain.get(ARB_OWNER, ArbOwner::setL1PricePerUnitCall { pricePerUnit: U256::ZERO });
    assert_eq!(chain.get(ARB_GAS_INFO, ArbGasInfo::getL1BaseFeeEstimateCall {}), U256::ZERO);
    chain.get(ARB_OWNER, ArbOwner::setMinimumL2BaseFeeCall { priceInWei: U256::from(7) });
    arbos::start_block(&mut chain.state, NOW, 1);
    assert_eq!(arbos::base_fee(&mut chain.state), 7);
    refused(&chain.call(ARB_OWNER, ArbOwner::setSpeedLimitCall { limit: 0 }));
    refused(&chain.call(ARB_OWNER, ArbOwner::setBrotliCompressionLevelCall { level: 12 }));
    chain.get(ARB_OWNER, ArbOwner::setNetworkFeeAccountCall { newAccount: STRANGER });
    assert_eq!(arbos::FeeRules::load(&mut chain.state).network_account, STRANGER);
    // One limit before ArbOS 50, two from it on.
    for (version, block, transaction) in [(40, 9, 9), (51, 32_000_000, 9)] {
        let mut chain = Chain::at(version);
        chain.get(ARB_OWNER, ArbOwner::setMaxTxGasLimitCall { limit: 9 });
        let rules = arbos::FeeRules::load(&mut chain.state);
        assert_eq!((rules.max_block_gas, rules.max_tx_gas), (block, transaction));
    }
}

#[test]
fn cache_managers_are_appointed() {
    let mut chain = Chain::at(60);
    chain.get(ARB_OWNER, ArbOwner::addWasmCacheManagerCall { manager: STRANGER });
    assert_eq!(chain.get(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {}), [STRANGER]);
    assert!(chain.get(ARB_WASM_CACHE, ArbWasmCache::isCacheManagerCall { manager: STRANGER }));
    chain.get(ARB_OWNER, ArbOwner::removeWasmCacheManagerCall { manager: STRANGER });
    refused(&chain.call(ARB_OWNER, ArbOwner::removeWasmCacheManagerCall { manager: STRANGER }));
    assert!(chain.get(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {}).is_empty());
}

#[test]
fn money_features_need_a_week_s_notice() {
    let mut chain = Chain::at(60);
    let week = 7 * 24 * 3600;
    let mut set = |timestamp| chain.call(ARB_OWNER, ArbOwner::setNativeTokenManagementFromCall { timestamp });
    refused(&set(NOW + week - 1));
    assert!(matches!(set(NOW + week).end, PrecompileEnd::Success(_)));
    refused(&set(NOW + week - 1));
    assert!(matches!(set(NOW + week + 1).end, PrecompileEnd::Success(_)));
    refused(&chain.call(ARB_OWNER, ArbOwner::addNativeTokenOwnerCall { newOwner: STRANGER }));
    chain.block.timestamp = NOW + week + 1;
    chain.get(ARB_OWNER, ArbOwner::addNativeTokenOwnerCall { newOwner: STRANGER });
    assert_eq!(chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getAllNativeTokenOwnersCall {}), [STRANGER]);
}
