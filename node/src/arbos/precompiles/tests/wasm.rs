//! ArbWasm and ArbWasmCache: the life of a program.

use super::{
    super::{arb_wasm::ArbWasm, arb_wasm_cache::ArbWasmCache},
    *,
};
use crate::arbos::{StylusParams, enter};

const DAY: u64 = 24 * 3600;

/// One function that returns 0, and one page: 64 bytes with a custom section.
fn module() -> Vec<u8> {
    wat::parse_str(
        r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
    )
    .unwrap()
}

/// A module as a classic program's code has it.
fn classic(wasm: &[u8]) -> Vec<u8> {
    [&[0xef, 0xf0, 0, 0], &*brotli(wasm)].concat()
}

fn brotli(wasm: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut compressed = Vec::new();
    brotli2::read::BrotliEncoder::new(wasm, 11).read_to_end(&mut compressed).unwrap();
    compressed
}

/// Wei that covers any fee here.
fn ether() -> U256 {
    U256::from(10).pow(U256::from(18))
}

fn activate(chain: &mut Chain, program: Address, value: U256) -> PrecompileResult {
    let input = ArbWasm::activateProgramCall { program }.abi_encode();
    chain.call_with(ARB_WASM, &input, |call| call.value = value)
}

/// A chain with one program at an address, activated.
fn activated(version: u64) -> (Chain, Address, B256) {
    let mut chain = Chain::at(version);
    let (program, codehash) = put(&mut chain, 0xaa, classic(&module()));
    let result = activate(&mut chain, program, ether());
    assert!(matches!(result.end, PrecompileEnd::Success(_)), "{result:?}");
    (chain, program, codehash)
}

/// Fixed gas of a first activation, from the argument's word to the words returned.
fn fixed(version: u64) -> u64 {
    if version < 60 { 1_747_826 } else { 1_748_626 }
}

/// Gas for examining [`module`].
const EXAMINED: u64 = 63_084;

#[test]
fn a_first_activation_costs_what_nitro_charges() {
    assert_eq!(module().len(), 64);
    for version in [40, 51, 60] {
        let mut chain = Chain::at(version);
        let (program, codehash) = put(&mut chain, 0xaa, classic(&module()));
        let result = activate(&mut chain, program, ether());
        let PrecompileEnd::Success(output) = &result.end else { panic!("{result:?}") };
        let returned = ArbWasm::activateProgramCall::abi_decode_returns_validate(output).unwrap();
        assert_eq!(returned.version, 2);
        assert_eq!(returned.dataFee, U256::from(43_607_190_175_334u64));
        assert_eq!(GAS - result.gas_left, fixed(version) + EXAMINED, "ArbOS {version}");

        assert_eq!(chain.state.balance(Address::ZERO), returned.dataFee, "the network's fee account");
        assert_eq!(chain.state.balance(OWNER), ether() - returned.dataFee, "the rest goes back");
        assert_eq!(chain.state.balance(Address::with_last_byte(ARB_WASM)), U256::ZERO);
        assert_eq!(chain.get(ARB_WASM, ArbWasm::codehashVersionCall { codehash }), 2);
    }
}

#[test]
fn views_tell_what_activation_found_and_cost_what_they_read() {
    let (mut chain, program, codehash) = activated(60);
    let by_hash = 800 + 3 + 100 + 800 + 3;
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::codehashVersionCall { codehash }), (2, by_hash));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::codehashAsmSizeCall { codehash }), (502 * 1024, by_hash));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::programVersionCall { program }), (2, by_hash + 2600));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::programMemoryFootprintCall { program }), (1, by_hash + 2600));
    let (init, gas) = chain.ask(ARB_WASM, ArbWasm::programInitGasCall { program });
    assert_eq!((init.gas, init.gasWhenCached, gas), (9213, 363, by_hash + 2600 + 3));
    // It was activated within the hour that has begun.
    let left = chain.get(ARB_WASM, ArbWasm::programTimeLeftCall { program });
    assert!((365 * DAY - 3600..=365 * DAY).contains(&left), "{left}");
}

#[test]
fn parameters_are_nitro_s() {
    let mut chain = Chain::at(60);
    let one = 800 + 100 + 3;
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::stylusVersionCall {}), (2, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::inkPriceCall {}), (10_000, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::maxStackDepthCall {}), (22_000, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::freePagesCall {}), (2, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::pageGasCall {}), (1000, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::pageRampCall {}), (620_674_314, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::pageLimitCall {}), (128, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::initCostScalarCall {}), (100, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::expiryDaysCall {}), (365, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::keepaliveDaysCall {}), (31, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::blockCacheSizeCall {}), (32, one));
    assert_eq!(chain.ask(ARB_WASM, ArbWasm::activationGasCall {}), (0, 800 + 800 + 3));
    let (least, gas) = chain.ask(ARB_WASM, ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached, gas), (8832, 352, one + 3));
}

#[test]
fn an_activation_is_refused_before_it_costs_more() {
    let mut chain = Chain::at(60);
    let before = 800 + 3 + 800 + 1_659_168 + 100 + 800;
    let (nothing, _) = put(&mut chain, 0xa1, Vec::new());
    assert_eq!(reverted(&activate(&mut chain, nothing, ether()), ArbWasm::ProgramNotWasm {}), before + 3);
    let (evm, _) = put(&mut chain, 0xa2, vec![0x60, 0, 0x60, 0, 0xfd]);
    assert_eq!(reverted(&activate(&mut chain, evm, ether()), ArbWasm::ProgramNotWasm {}), before + 3);
    let (garbage, _) = put(&mut chain, 0xa3, vec![0xef, 0xf0, 0, 0, 0xff, 0xff, 0xff]);
    assert_eq!(refused(&activate(&mut chain, garbage, ether())), before);
    let (dictionary, _) = put(&mut chain, 0xa4, vec![0xef, 0xf0, 0, 9, 0]);
    assert_eq!(refused(&activate(&mut chain, dictionary, ether())), before);

    // Code that is no program is no error of the ABI before ArbOS 60.
    let mut chain = Chain::at(51);
    let (evm, _) = put(&mut chain, 0xa2, vec![0x60, 0, 0x60, 0, 0xfd]);
    assert_eq!(refused(&activate(&mut chain, evm, ether())), before - 800);
}

#[test]
fn a_bad_module_takes_all_gas_and_says_why() {
    let mut chain = Chain::at(60);
    let no_entrypoint = wat::parse_str(r#"(module (memory (export "memory") 1 1))"#).unwrap();
    let (program, _) = put(&mut chain, 0xa1, classic(&no_entrypoint));
    let result = activate(&mut chain, program, ether());
    burned(&result);
    let text = result.reason.unwrap();
    assert!(text.starts_with("program activation failed: ") && text.len() > 30, "{text}");
}

#[test]
fn too_little_gas_to_examine_a_module_is_all_gone() {
    let mut chain = Chain::at(60);
    let (program, _) = put(&mut chain, 0xaa, classic(&module()));
    let input = ArbWasm::activateProgramCall { program }.abi_encode();
    let enough = fixed(60) + EXAMINED;
    let short = chain.call_with(ARB_WASM, &input, |call| (call.value, call.gas) = (ether(), enough - 1));
    burned(&short);
    let exact = chain.call_with(ARB_WASM, &input, |call| (call.value, call.gas) = (ether(), enough));
    assert!(matches!(exact.end, PrecompileEnd::Success(_)), "{exact:?}");
}

#[test]
fn too_little_value_says_what_is_wanted() {
    let mut chain = Chain::at(60);
    let (program, codehash) = put(&mut chain, 0xaa, classic(&module()));
    let want = U256::from(43_607_190_175_334u64);
    let have = want - U256::ONE;
    reverted(&activate(&mut chain, program, have), ArbWasm::ProgramInsufficientValue { have, want });
    reverted(&chain.call(ARB_WASM, ArbWasm::codehashVersionCall { codehash }), ArbWasm::ProgramNotActivated {});
    assert!(matches!(activate(&mut chain, program, want).end, PrecompileEnd::Success(_)));
}

#[test]
fn activating_twice_is_refused() {
    let (mut chain, program, _) = activated(60);
    let used = reverted(&activate(&mut chain, program, ether()), ArbWasm::ProgramUpToDate {});
    assert_eq!(used, 800 + 3 + 800 + 1_659_168 + 100 + 800 + 3);
}

#[test]
fn pages_that_are_open_leave_less_room() {
    let mut chain = Chain::at(60);
    let (program, _) = put(&mut chain, 0xaa, classic(&module()));
    let input = ArbWasm::activateProgramCall { program }.abi_encode();
    let full = chain.call_with(ARB_WASM, &input, |call| (call.value, call.pages.open) = (ether(), 128));
    burned(&full);
    let room = chain.call_with(ARB_WASM, &input, |call| (call.value, call.pages.open) = (ether(), 127));
    assert!(matches!(room.end, PrecompileEnd::Success(_)), "{room:?}");
}

#[test]
fn what_was_never_activated_says_so() {
    let mut chain = Chain::at(60);
    let unknown = ArbWasm::codehashVersionCall { codehash: B256::repeat_byte(1) };
    let result = chain.call(ARB_WASM, unknown);
    let used = reverted(&result, ArbWasm::ProgramNotActivated {});
    assert_eq!(used, 800 + 3 + 100 + 800 + 3);
    assert_eq!(result.end, PrecompileEnd::Revert(Bytes::from_static(&[0x6f, 0x80, 0x9c, 0x4e])));
}

#[test]
fn a_program_expires_and_comes_back_by_activation() {
    let (mut chain, program, codehash) = activated(60);
    let activated_at = NOW - (NOW - 1_421_388_000) % 3600;
    chain.block.timestamp = activated_at + 365 * DAY;
    assert_eq!(chain.get(ARB_WASM, ArbWasm::programTimeLeftCall { program }), 0);
    chain.block.timestamp += 1;
    let age = 365 * DAY + 1;
    let result = chain.call(ARB_WASM, ArbWasm::programTimeLeftCall { program });
    reverted(&result, ArbWasm::ProgramExpired { ageInSeconds: age });
    let error = enter(&mut chain.state, codehash, chain.block.timestamp, Pages::default(), false).unwrap_err();
    assert_eq!(error, crate::arbos::ProgramError::Expired { age });
    let keepalive = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let late = chain.call_with(ARB_WASM, &keepalive, |call| call.value = ether());
    reverted(&late, ArbWasm::ProgramExpired { ageInSeconds: age });

    assert!(matches!(activate(&mut chain, program, ether()).end, PrecompileEnd::Success(_)));
    assert!(enter(&mut chain.state, codehash, chain.block.timestamp, Pages::default(), false).is_ok());
}

#[test]
fn a_keepalive_needs_a_month_and_a_fee() {
    let (mut chain, program, codehash) = activated(60);
    let activated_at = NOW - (NOW - 1_421_388_000) % 3600;
    let keepalive = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    chain.block.timestamp = activated_at + 31 * DAY - 1;
    let early = chain.call_with(ARB_WASM, &keepalive, |call| call.value = ether());
    let used = reverted(&early, ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: 31 * DAY - 1 });
    assert_eq!(used, 800 + 3 + 100 + 800 + 6);

    chain.block.timestamp += 1;
    let poor = chain.call(ARB_WASM, ArbWasm::codehashKeepaliveCall { codehash });
    assert!(matches!(&poor.end, PrecompileEnd::Revert(data) if data.starts_with(&ArbWasm::ProgramInsufficientValue::SELECTOR)));

    let before = chain.state.balance(Address::ZERO);
    let kept = chain.call_with(ARB_WASM, &keepalive, |call| call.value = ether());
    assert_eq!(kept.end, PrecompileEnd::Success(Bytes::new()));
    // Fee model, entry, fee account, event.
    assert_eq!(GAS - kept.gas_left, 800 + 3 + 100 + 800 + 44_000 + 20_000 + 800 + 375 * 3 + 256);
    // The size is known to the KiB: 502 of them.
    let per_byte = U256::from(82_928_201u64 * 10_242 / 10_000);
    assert_eq!(chain.state.balance(Address::ZERO) - before, per_byte * U256::from(502 * 1024));
    assert_eq!(chain.get(ARB_WASM, ArbWasm::programTimeLeftCall { program }), 365 * DAY);
}

#[test]
fn entering_costs_less_where_the_program_is_cached_or_recent() {
    let (mut chain, _, codehash) = activated(60);
    let mut gas = |recent, pages| enter(&mut chain.state, codehash, NOW, pages, recent).unwrap().gas;
    assert_eq!(gas(false, Pages::default()), 9213);
    assert_eq!(gas(true, Pages::default()), 363);
    // The third page is the first that costs: flat, and the curve from two pages to three.
    assert_eq!(gas(true, Pages { open: 2, ever: 2 }), 363 + 1000);
    assert_eq!(gas(true, Pages { open: 2, ever: 3 }), 363 + 1000);
}

#[test]
fn stylus_1_has_the_cached_cost_inside_the_other() {
    let (mut chain, program, codehash) = activated(30);
    let init = chain.get(ARB_WASM, ArbWasm::programInitGasCall { program });
    let entered = enter(&mut chain.state, codehash, NOW, Pages::default(), false).unwrap();
    assert_eq!(entered.gas, init.gas);
    // 72 units of 128, and the estimate of 18 with that of 11 in it.
    assert_eq!((init.gas, init.gasWhenCached), (72 * 128 + 29, 352 + 11));
}

#[test]
fn a_program_of_an_older_stylus_must_be_activated_again() {
    let (mut chain, program, codehash) = activated(30);
    arbos::block::upgrade(&mut chain.state, 31);
    let result = chain.call(ARB_WASM, ArbWasm::programVersionCall { program });
    reverted(&result, ArbWasm::ProgramNeedsUpgrade { version: 1, stylusVersion: 2 });
    assert!(enter(&mut chain.state, codehash, NOW, Pages::default(), false).is_err());
    assert!(matches!(activate(&mut chain, program, ether()).end, PrecompileEnd::Success(_)));
    assert_eq!(chain.get(ARB_WASM, ArbWasm::programVersionCall { program }), 2);
}

#[test]
fn only_managers_and_owners_cache() {
    let (mut chain, program, codehash) = activated(60);
    let cached = ArbWasmCache::codehashIsCachedCall { codehash };
    chain.caller = STRANGER;
    burned(&chain.call(ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { program }));
    burned(&chain.call(ARB_WASM_CACHE, ArbWasmCache::evictCodehashCall { codehash }));
    assert!(!chain.get(ARB_WASM_CACHE, cached.clone()));

    chain.caller = OWNER;
    let (_, used) = chain.ask(ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { program });
    // Code hash, manager, owner, parameters, entry, event, the program's cost, its module's hash, entry.
    assert_eq!(used, 800 + 3 + 2600 + 800 + 800 + 100 + 800 + 375 * 4 + 256 + 18 + 800 + 20_000);
    assert_eq!(chain.ask(ARB_WASM_CACHE, cached), (true, 800 + 3 + 800 + 3));
    assert_eq!(enter(&mut chain.state, codehash, NOW, Pages::default(), false).unwrap().gas, 363);
    // Once more changes nothing.
    let (_, again) = chain.ask(ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { program });
    assert_eq!(again, 800 + 3 + 2600 + 800 + 800 + 100 + 800);
    chain.get(ARB_WASM_CACHE, ArbWasmCache::evictCodehashCall { codehash });
    assert_eq!(enter(&mut chain.state, codehash, NOW, Pages::default(), false).unwrap().gas, 9213);
}

#[test]
fn an_expired_program_can_be_evicted_but_not_cached() {
    let (mut chain, program, codehash) = activated(60);
    chain.get(ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { program });
    chain.block.timestamp += 366 * DAY;
    chain.get(ARB_WASM_CACHE, ArbWasmCache::evictCodehashCall { codehash });
    let result = chain.call(ARB_WASM_CACHE, ArbWasmCache::cacheProgramCall { program });
    assert!(matches!(&result.end, PrecompileEnd::Revert(data) if data.starts_with(&ArbWasm::ProgramExpired::SELECTOR)));
}

#[test]
fn a_program_in_fragments_is_activated_by_its_root() {
    let wasm = module();
    let compressed = brotli(&wasm);
    let (first, second) = compressed.split_at(compressed.len() / 2);
    let root = |fragments: &[Address]| {
        let mut code = vec![0xef, 0xf0, 2, 0];
        code.extend((wasm.len() as u32).to_be_bytes());
        fragments.iter().for_each(|fragment| code.extend(fragment));
        code
    };

    let mut chain = Chain::at(60);
    let (one, _) = put(&mut chain, 0xa1, [&[0xef, 0xf0, 1], first].concat());
    let (two, _) = put(&mut chain, 0xa2, [&[0xef, 0xf0, 1], second].concat());
    let (program, codehash) = put(&mut chain, 0xaa, root(&[one, two]));
    let result = activate(&mut chain, program, ether());
    assert!(matches!(result.end, PrecompileEnd::Success(_)), "{result:?}");
    // Both accounts count as warm on a bare state; each fragment is two words at most.
    let words = |part: &[u8]| (part.len() as u64 + 3).div_ceil(32);
    assert_eq!(GAS - result.gas_left, fixed(60) + EXAMINED + 200 + 3 * (words(first) + words(second)));
    assert!(enter(&mut chain.state, codehash, NOW, Pages::default(), false).is_ok());
    let code = chain.state.code(program);
    assert_eq!(arbos::wasm_of(&mut chain.state, &code).unwrap(), wasm);

    refused(&activate(&mut chain, one, ether()));
    for (low_byte, fragments) in
        [(0xb1, &[][..]), (0xb2, &[one][..]), (0xb3, &[two, one]), (0xb4, &[one, two, two]), (0xb5, &[one, program])]
    {
        let (program, _) = put(&mut chain, low_byte, root(fragments));
        refused(&activate(&mut chain, program, ether()));
    }
}

#[test]
fn a_module_above_the_limit_is_refused() {
    let mut chain = Chain::at(60);
    let limit = StylusParams::load(&mut chain.state).max_wasm_size as usize;
    let (program, _) = put(&mut chain, 0xaa, classic(&vec![0; limit + 1]));
    let result = activate(&mut chain, program, ether());
    refused(&result);
    assert!(result.reason.unwrap().contains("131072"));
}
