//! What contracts ask about the chain.

use alloy_primitives::hex;
use alloy_sol_types::Revert;

use super::{
    super::{
        arb_debug::ArbDebug, arb_gas_info::ArbGasInfo, arb_info::ArbInfo, arb_owner_public::ArbOwnerPublic,
        arb_retryable_tx::ArbRetryableTx, arb_sys::ArbSys,
    },
    *,
};

#[test]
fn the_chain_tells_what_it_is() {
    let mut chain = Chain::at(51);
    let plain = 800 + 3;
    assert_eq!(chain.ask(ARB_SYS, ArbSys::arbOSVersionCall {}), (U256::from(106), plain));
    assert_eq!(Chain::at(60).get(ARB_SYS, ArbSys::arbOSVersionCall {}), U256::from(115));
    assert_eq!(chain.ask(ARB_SYS, ArbSys::arbBlockNumberCall {}), (U256::from(1000), plain));
    assert_eq!(chain.ask(ARB_SYS, ArbSys::arbChainIDCall {}), (U256::from(412_346), plain));
    assert_eq!(chain.ask(ARB_SYS, ArbSys::getStorageGasAvailableCall {}), (U256::ZERO, plain));
    assert!(chain.get(ARB_SYS, ArbSys::isTopLevelCallCall {}));
    let top_level = ArbSys::isTopLevelCallCall {}.abi_encode();
    let deep = chain.call_with(ARB_SYS, &top_level, |call| call.depth = 3);
    assert_eq!(deep.end, PrecompileEnd::Success([0; 32].into()));
    let mine = ArbSys::myCallersAddressWithoutAliasingCall {}.abi_encode();
    let called = chain.call_with(ARB_SYS, &mine, |call| call.grand_caller = Some(STRANGER));
    assert_eq!(called.end, PrecompileEnd::Success(STRANGER.into_word().into()));
    assert!(!chain.get(ARB_SYS, ArbSys::wasMyCallersAddressAliasedCall {}));
}

#[test]
fn addresses_of_the_parent_chain_are_raised_and_wrap_around() {
    let mut chain = Chain::at(60);
    let mut alias =
        |sender| chain.get(ARB_SYS, ArbSys::mapL1SenderContractAddressToL2AliasCall { sender, unused: Address::ZERO });
    assert_eq!(alias(Address::ZERO), address!("1111000000000000000000000000000000001111"));
    assert_eq!(alias(Address::repeat_byte(0xff)), address!("1111000000000000000000000000000000001110"));
}

#[test]
fn the_last_256_block_hashes_are_known() {
    let mut chain = Chain::at(60);
    for number in 700..1000 {
        arbos::record_block(&mut chain.state, number, B256::left_padding_from(&number.to_be_bytes()));
    }
    let ask = |number| ArbSys::arbBlockHashCall { arbBlockNum: U256::from(number) };
    assert_eq!(chain.ask(ARB_SYS, ask(999)), (U256::from(999).into(), 800 + 3 + 3));
    assert_eq!(chain.get(ARB_SYS, ask(744)), B256::from(U256::from(744)));
    let current = U256::from(1000);
    for requested in [U256::from(743), current, U256::from(1001), U256::MAX] {
        let result = chain.call(ARB_SYS, ArbSys::arbBlockHashCall { arbBlockNum: requested });
        reverted(&result, ArbSys::InvalidBlockNumber { requested, current });
    }
}

#[test]
fn what_needs_a_parent_chain_says_so() {
    let mut chain = Chain::at(60);
    let no_parent = || Revert::from("this node has no parent chain to withdraw or send to");
    reverted(&chain.call(ARB_SYS, ArbSys::withdrawEthCall { destination: OWNER }), no_parent());
    reverted(&chain.call(ARB_SYS, ArbSys::sendTxToL1Call { destination: OWNER, data: Bytes::new() }), no_parent());
    refused(&chain.call(ARB_SYS, ArbSys::sendMerkleTreeStateCall {}));
    let ticket = ArbRetryableTx::redeemCall { ticketId: B256::ZERO };
    assert_eq!(reverted(&chain.call(ARB_RETRYABLE_TX, ticket), ArbRetryableTx::NoTicketWithID {}), 800 + 3 + 800 + 3);
    assert_eq!(chain.get(ARB_RETRYABLE_TX, ArbRetryableTx::getLifetimeCall {}), U256::from(604_800));
}

#[test]
fn accounts_can_be_looked_up() {
    let mut chain = Chain::at(60);
    let (account, _) = put(&mut chain, 0xaa, vec![7; 33]);
    chain.state.account_mut(account).balance = U256::from(5);
    assert_eq!(chain.ask(ARB_INFO, ArbInfo::getBalanceCall { account }), (U256::from(5), 800 + 3 + 700 + 3));
    // Two words of code; returned as offset, length and both.
    let (code, used) = chain.ask(ARB_INFO, ArbInfo::getCodeCall { account });
    assert_eq!((&code[..], used), (&[7; 33][..], 800 + 3 + 2100 + 6 + 12));
}

#[test]
fn prices_are_told_in_wei_and_in_gas() {
    let mut chain = Chain::at(60);
    let gwei = U256::from(1_000_000_000u64);
    let (wei, used) = chain.ask(ARB_GAS_INFO, ArbGasInfo::getPricesInWeiCall {});
    let base_fee = U256::from(100_000_000u64);
    assert_eq!(wei.perL1CalldataByte, U256::from(50 * 16) * gwei);
    assert_eq!(wei.perL2Tx, U256::from(50 * 16 * 140) * gwei);
    assert_eq!(wei.perStorage, base_fee * U256::from(20_000));
    assert_eq!((wei.perArbGasBase, wei.perArbGasCongestion, wei.perArbGasTotal), (base_fee, U256::ZERO, base_fee));
    assert_eq!(used, 800 + 1600 + 18);
    let gas = chain.get(ARB_GAS_INFO, ArbGasInfo::getPricesInArbGasCall {});
    assert_eq!((gas.perL2Tx, gas.perL1CalldataByte), (U256::from(1_120_000), U256::from(8000)));

    chain.block.base_fee = 130_000_000;
    let busy = chain.get(ARB_GAS_INFO, ArbGasInfo::getPricesInWeiCall {});
    assert_eq!((busy.perArbGasBase, busy.perArbGasCongestion), (base_fee, U256::from(30_000_000)));

    let limits = chain.get(ARB_GAS_INFO, ArbGasInfo::getGasAccountingParamsCall {});
    assert_eq!((limits.speedLimitPerSecond, limits.maxTxGasLimit), (U256::from(7_000_000), U256::from(32_000_000)));
    assert_eq!(chain.get(ARB_GAS_INFO, ArbGasInfo::getMinimumGasPriceCall {}), base_fee);
    assert_eq!(chain.ask(ARB_GAS_INFO, ArbGasInfo::getCurrentTxL1GasFeesCall {}), (U256::from(77), 803));
    assert_eq!(chain.ask(ARB_GAS_INFO, ArbGasInfo::getPricingInertiaCall {}), (102, 1603));
    assert_eq!(chain.get(ARB_GAS_INFO, ArbGasInfo::getGasBacklogToleranceCall {}), 10);
    arbos::record_gas(&mut chain.state, 123);
    assert_eq!(chain.get(ARB_GAS_INFO, ArbGasInfo::getGasBacklogCall {}), 123);
}

#[test]
fn government_is_public() {
    let mut chain = Chain::at(60);
    chain.caller = STRANGER;
    assert_eq!(chain.ask(ARB_OWNER_PUBLIC, ArbOwnerPublic::getAllChainOwnersCall {}), (vec![OWNER], 800 + 1600 + 9));
    assert!(chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::isChainOwnerCall { account: OWNER }));
    assert!(!chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::isChainOwnerCall { account: STRANGER }));
    assert_eq!(chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getBrotliCompressionLevelCall {}), 1);
    assert!(!chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::isCalldataPriceIncreaseEnabledCall {}));
    assert_eq!(chain.ask(ARB_OWNER_PUBLIC, ArbOwnerPublic::getMaxStylusContractFragmentsCall {}), (2, 800 + 100 + 3));
    refused(&chain.call(ARB_OWNER_PUBLIC, ArbOwnerPublic::rectifyChainOwnerCall { ownerToRectify: OWNER }));
}

#[test]
fn debug_powers() {
    let mut chain = Chain::at(60);
    chain.caller = STRANGER;
    // In the set? No: its size, the index, the list, its size again and anew.
    let (_, used) = chain.ask(ARB_DEBUG, ArbDebug::becomeChainOwnerCall {});
    assert_eq!(used, 800 + 800 + 800 + 20_000 + 20_000 + 800 + 20_000);
    let owners = chain.get(ARB_OWNER_PUBLIC, ArbOwnerPublic::getAllChainOwnersCall {});
    assert_eq!(owners, [OWNER, STRANGER]);

    let (target, _) = put(&mut chain, 0xaa, vec![1, 2]);
    let old = chain.get(ARB_DEBUG, ArbDebug::overwriteContractCodeCall { target, newCode: Bytes::from_static(&[3]) });
    assert_eq!((old, chain.state.code(target)), (Bytes::from_static(&[1, 2]), Bytes::from_static(&[3])));

    let custom = chain.call(ARB_DEBUG, ArbDebug::customRevertCall { number: 5 });
    let message = r"This spider family wards off bugs: /\oo/\ //\(oo)//\ /\oo/\".to_owned();
    reverted(&custom, ArbDebug::Custom { number: 5, message, flag: true });
    let PrecompileEnd::Revert(data) = custom.end else { unreachable!() };
    assert_eq!(hex::encode(&data[..4]), "1753067f");
    refused(&chain.call(ARB_DEBUG, ArbDebug::legacyErrorCall {}));
    refused(&chain.call(ARB_DEBUG, ArbDebug::eventsViewCall {}));
    burned(&chain.call(ARB_DEBUG, ArbDebug::panicCall {}));
    let events = chain.get(ARB_DEBUG, ArbDebug::eventsCall { flag: true, value: B256::ZERO });
    assert_eq!((events._0, events._1), (STRANGER, U256::ZERO));
}
