//! Programs and EVM code that call each other.

use alloy_consensus::crypto::secp256k1::sign_message;
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use stylus_devnode::evm::{Executed, Message, on_big_stack};

use crate::{
    asm::*,
    chain::{ALICE, BASE_FEE, CHAIN_ID, Chain, ETHER, OWNER, message, program_code},
    script::{self, Script},
};

const LADDER: &str = include_str!("ladder.wat");
const ARB_SYS: Address = Address::with_last_byte(0x64);
const STRANGER: Address = address!("00000000000000000000000000000000c01d0000");

/// A chain and the script program on it.
fn chain() -> (Chain, Address) {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    (chain, program)
}

/// Forwards its calldata and gives what comes back.
fn forwarder(kind: u8, to: Address) -> Vec<u8> {
    Asm::new().copy_calldata().forward(kind, to).return_all().0
}

/// A status byte and the data that follow it in a script's result.
fn outcome(ok: bool, data: &[u8]) -> Bytes {
    [&[if ok { 0 } else { 2 }][..], data].concat().into()
}

fn succeeded(done: Executed) -> Executed {
    assert!(done.success, "{done:?}");
    done
}

#[test]
fn a_proxy_delegates_into_wasm() {
    let (mut chain, program) = chain();
    let proxy = chain.put(2, forwarder(DELEGATECALL, program));
    let done = succeeded(chain.act(proxy, Script::new().context().store(word(1), word(5)).log(b"hi").load(word(1))));
    let context = [ALICE.as_slice(), proxy.as_slice(), &[0; 32], word(5).as_slice()].concat();
    assert_eq!(done.output, Bytes::from(context));
    assert_eq!(chain.state.storage(proxy, U256::from(1)), U256::from(5));
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::ZERO);
    assert_eq!((done.logs.len(), done.logs[0].address), (1, proxy));
}

#[test]
fn a_revert_in_evm_code_undoes_only_its_frame() {
    let (mut chain, program) = chain();
    let evm = chain.put(2, {
        let asm = Asm::new().store(1, 1).push(1).push(1).op(TSTORE).push(0).push(0).op(LOG0);
        asm.push(u64::from_be_bytes(*b"\0\0\0\0\0bad")).push(0).op(MSTORE).push(3).push(29).op(REVERT).0
    });
    let script = Script::new().store(word(1), word(7)).log(b"before").call(evm, []).log(b"after").load(word(1));
    let done = succeeded(chain.act(program, script));
    assert_eq!(done.output, [outcome(false, b"bad"), word(7).into()].concat());
    let logs: Vec<&[u8]> = done.logs.iter().map(|log| log.data.data.as_ref()).collect();
    assert_eq!(logs, [b"before".as_slice(), b"after"]);
    assert_eq!(chain.state.storage(evm, U256::from(1)), U256::ZERO);
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::from(7));
}

#[test]
fn a_failure_in_wasm_undoes_only_its_frame() {
    let (mut chain, program) = chain();
    // Stores and logs, calls the program, logs again; the program's failure is swallowed.
    let evm = chain.put(2, {
        let asm = Asm::new().store(3, 3).push(0).push(0).op(LOG0).copy_calldata().forward(CALL, program);
        asm.op(POP).push(0).push(0).op(LOG0).copy_returned().op(RETURNDATASIZE).push(0).op(RETURN).0
    });
    let work = || Script::new().store(word(1), word(7)).transient_store(word(1), word(8)).log(b"x");
    let done = succeeded(chain.act(evm, work().revert(b"why")));
    assert_eq!((done.output, done.logs.len()), (Bytes::from_static(b"why"), 2));
    let done = succeeded(chain.act(evm, work().trap()));
    assert_eq!((done.output, done.logs.len()), (Bytes::new(), 2));
    assert_eq!(chain.state.storage(program, U256::from(1)), U256::ZERO);
    assert_eq!(chain.state.storage(evm, U256::from(3)), U256::from(3));
    // A program that calls another, which reverts, keeps its own.
    let other = chain.put(3, program_code(script::TEXT));
    let script = work().call(other, work().revert(b"no")).transient_load(word(1)).load(word(1));
    let done = succeeded(chain.act(program, script));
    assert_eq!(done.output, [outcome(false, b"no"), word(8).into(), word(7).into()].concat());
    assert_eq!(done.logs.len(), 1);
    assert_eq!(chain.state.storage(other, U256::from(1)), U256::ZERO);
}

#[test]
fn reentry_is_told_apart_from_delegation() {
    let (mut chain, program) = chain();
    let evm = chain.put(2, forwarder(CALL, program));
    let script = Script::new().reentrant().call(evm, Script::new().reentrant()).reentrant();
    let done = succeeded(chain.act(program, script));
    assert_eq!(done.output, Bytes::from_static(&[0, 0, 1, 0]));
    let script = Script::new().delegate(program, Script::new().reentrant()).call(program, Script::new().reentrant());
    let done = succeeded(chain.act(program, script));
    assert_eq!(done.output, Bytes::from_static(&[0, 0, 0, 1]));
}

#[test]
fn frames_alternate_1024_deep() {
    on_big_stack(|| {
        let mut chain = Chain::new();
        // Every frame of a program has a page of memory open, and pages beyond the 128th cannot be paid for.
        let free = [&[0x3f, 0x37, 0xa8, 0x46][..], word(1024).as_slice()].concat();
        let owner = Message { from: OWNER, ..message(Address::with_last_byte(0x70), free) };
        chain.fund(OWNER, ETHER);
        succeeded(chain.send(owner).unwrap());
        let ladder = chain.program(1, LADDER);
        // Calls the program with the address of this contract, and counts itself.
        let evm = chain.put(2, {
            let asm = Asm::new().copy_calldata().push(0).push(0).op(CALLDATASIZE).push(0).push(0).push_address(ladder);
            let asm = asm.ops(&[GAS, CALL, POP]).push(0).push(0).op(MSTORE).copy_returned().push(0).op(MLOAD);
            asm.push(1).op(ADD).return_word().0
        });
        let ask = Message { gas_limit: 1 << 50, max_fee: 0, ..message(ladder, evm.into_word().0) };
        let done = succeeded(chain.evm.call(&chain.state, &chain.block, &ask).unwrap());
        assert_eq!(done.output, Bytes::from(word(1025)), "the outermost frame and 1,024 above it");
        let ask = Message { to: Some(evm), ..ask };
        let done = succeeded(chain.evm.call(&chain.state, &chain.block, &ask).unwrap());
        assert_eq!(done.output, Bytes::from(word(1025)));
        let ask = Message { to: Some(ladder), input: ladder.into_word().into(), ..ask };
        let done = succeeded(chain.evm.call(&chain.state, &chain.block, &ask).unwrap());
        assert_eq!(done.output, Bytes::from(word(1025)), "nothing but programs");
    });
}

#[test]
fn memory_of_many_programs_becomes_unaffordable() {
    on_big_stack(|| {
        let mut chain = Chain::new();
        let ladder = chain.program(1, LADDER);
        let ask = Message { gas_limit: 1 << 50, max_fee: 0, ..message(ladder, ladder.into_word().0) };
        let done = succeeded(chain.evm.call(&chain.state, &chain.block, &ask).unwrap());
        assert_eq!(done.output, Bytes::from(word(128)));
    });
}

/// Gas of BALANCE(`STRANGER`) in EVM code that first forwards its calldata to `to`.
fn price_after(to: Address) -> Vec<u8> {
    let asm = Asm::new().copy_calldata().forward(CALL, to).op(POP);
    asm.op(GAS).push_address(STRANGER).ops(&[0x31, POP, GAS, SWAP1, 0x03]).return_word().0
}

#[test]
fn warmth_crosses_both_ways_and_reverts() {
    let (mut chain, program) = chain();
    let evm = chain.put(2, price_after(program));
    let price =
        |chain: &mut Chain, script: Script| U256::from_be_slice(&succeeded(chain.act(evm, script)).output).to::<u64>() - 7;
    assert_eq!(price(&mut chain, Script::new()), 2600);
    assert_eq!(price(&mut chain, Script::new().balance(STRANGER)), 100);
    assert_eq!(price(&mut chain, Script::new().balance(STRANGER).revert(b"")), 2600, "a revert makes it cold again");
    assert_eq!(price(&mut chain, Script::new().balance(STRANGER).trap()), 2600);

    // What EVM code warmed is warm in a program: to the program, a second look costs as much as the first.
    let touch = chain.put(3, Asm::new().push_address(STRANGER).ops(&[0x31, POP, STOP]).0);
    let gas = |chain: &mut Chain, script: Script| succeeded(chain.act(program, script)).gas_used;
    let base = gas(&mut chain, Script::new().call(touch, []));
    let once = gas(&mut chain, Script::new().call(touch, []).balance(STRANGER));
    let twice = gas(&mut chain, Script::new().call(touch, []).balance(STRANGER).balance(STRANGER));
    assert!((twice - once).abs_diff(once - base) <= 1, "{base} {once} {twice}");

    // The same for slots, in the account of a proxy.
    let proxy = chain.put(4, {
        let asm = Asm::new().push(1).ops(&[SLOAD, POP]).copy_calldata().forward(DELEGATECALL, program);
        asm.return_all().0
    });
    let plain = chain.put(5, forwarder(DELEGATECALL, program));
    let warm = gas_of(&mut chain, proxy, Script::new().load(word(1)));
    let cold = gas_of(&mut chain, plain, Script::new().load(word(1)));
    assert_eq!(warm - cold, 2100 + 3 + 2 - 2000, "an SLOAD more, 2000 less for the program's load");
}

fn gas_of(chain: &mut Chain, to: Address, script: Script) -> u64 {
    succeeded(chain.act(to, script)).gas_used
}

#[test]
fn refunds_cross_both_ways() {
    let (mut chain, program) = chain();
    // Clears slot 1, then lets the program clear slot 2 in its own place.
    let proxy = chain.put(2, Asm::new().store(1, 0).copy_calldata().forward(DELEGATECALL, program).return_all().0);
    let evm = chain.put(3, Asm::new().store(1, 0).op(STOP).0);
    let set = |chain: &mut Chain| {
        // Gas enough that a fifth of it is more than any refund here.
        for account in [proxy, program] {
            chain.state.set_storage(account, U256::from(3), U256::ZERO);
        }
        for (account, slot) in [(proxy, 1), (proxy, 2), (evm, 1), (program, 2)] {
            chain.state.set_storage(account, U256::from(slot), U256::ONE);
        }
    };
    let refund = |chain: &mut Chain, to: Address, script: Script| {
        set(chain);
        succeeded(chain.act(to, script.store(word(3), word(1)))).profile.refund
    };
    let clear = || Script::new().store(word(2), B256::ZERO);
    assert_eq!(refund(&mut chain, proxy, clear()), 9600);
    assert_eq!(refund(&mut chain, proxy, Script::new()), 4800);
    assert_eq!(refund(&mut chain, program, clear().call(evm, [])), 9600);
    // Set back to what it was: 2800 more for that, the 4800 taken away again.
    assert_eq!(refund(&mut chain, program, clear().store(word(2), word(1))), 2800);
    // A callee that reverts gives no refund.
    assert_eq!(refund(&mut chain, program, Script::new().call(program, clear().revert(b""))), 0);
}

#[test]
fn a_program_that_is_not_activated_takes_the_gas_of_its_call() {
    let mut chain = Chain::new();
    let program = chain.put(1, program_code(script::TEXT));
    let done = chain.send(Message { gas_limit: 500_000, ..message(program, []) }).unwrap();
    assert!(!done.success);
    assert_eq!((done.error.as_deref(), done.gas_used), (Some("ProgramNotActivated()"), 500_000));
    // To EVM code the call fails without data, and takes what it was given.
    let evm = chain.put(2, {
        let asm = Asm::new().ops(&[GAS]).push(0).push(0).push(0).push(0).push(0).push_address(program).push(100_000);
        asm.ops(&[CALL, POP, GAS, SWAP1, 0x03]).return_word().0
    });
    let done = succeeded(chain.act(evm, []));
    assert_eq!(U256::from_be_slice(&done.output), U256::from(2 + 5 * 3 + 3 + 4 + 2600 + 100_000 + 2 - 1));

    succeeded(chain.activate(program));
    succeeded(chain.act(program, []));
    chain.block.timestamp += 366 * 86_400;
    let done = chain.act(program, []);
    let error = done.error.unwrap();
    assert!(error.starts_with("ProgramExpired("), "{error}");
}

#[test]
fn selfdestruct_reverts_where_a_program_acts() {
    let (mut chain, program) = chain();
    chain.fund(program, 5);
    let evm = chain.put(2, Asm::new().push_address(STRANGER).op(SELFDESTRUCT).0);
    chain.fund(evm, 3);
    let done = succeeded(chain.act(program, Script::new().delegate(evm, []).call(evm, [])));
    assert_eq!(done.output, Bytes::from_static(&[2, 0]));
    assert_eq!(chain.state.balance(program), U256::from(5));
    assert_eq!(chain.state.balance(STRANGER), U256::from(3));
    assert!(done.gas_used < 200_000, "the revert keeps its gas: {}", done.gas_used);
}

#[test]
fn an_account_may_delegate_to_a_program() {
    let (mut chain, program) = chain();
    chain.state.set_code(STRANGER, [&[0xef, 0x01, 0x00][..], program.as_slice()].concat().into());
    let context = |sender: Address| -> Bytes { [sender.as_slice(), STRANGER.as_slice(), &[0; 32]].concat().into() };
    assert_eq!(succeeded(chain.act(STRANGER, Script::new().context())).output, context(ALICE));
    let done = succeeded(chain.act(program, Script::new().call(STRANGER, Script::new().context())));
    assert_eq!(done.output, outcome(true, &context(program)));
}

#[test]
fn precompiles_answer_everyone() {
    let (mut chain, program) = chain();
    let version = [0x05, 0x10, 0x38, 0xf2];
    let alias = [&[0x4d, 0xbb, 0xd5, 0x06][..], &[0; 64]].concat();
    let arbos = |chain: &mut Chain, to: Address| succeeded(chain.act(to, [0x05, 0x10, 0x38, 0xf2])).output;
    assert_eq!(arbos(&mut chain, ARB_SYS), Bytes::from(word(115)));
    let evm = chain.put(2, forwarder(CALL, ARB_SYS));
    assert_eq!(arbos(&mut chain, evm), Bytes::from(word(115)));
    let done = succeeded(chain.act(program, Script::new().ask(ARB_SYS, version)));
    assert_eq!(done.output, outcome(true, word(115).as_slice()));
    // Only what neither reads nor writes works by delegatecall.
    let proxy = chain.put(3, forwarder(DELEGATECALL, ARB_SYS));
    assert!(!chain.act(proxy, version).success);
    assert!(succeeded(chain.act(proxy, alias.clone())).output.len() == 32);
    let done = succeeded(chain.act(program, Script::new().delegate(ARB_SYS, alias)));
    assert_eq!((done.output[0], done.output.len()), (0, 33));
    let sha256 = Address::with_last_byte(2);
    let done = succeeded(chain.act(program, Script::new().call(sha256, [])));
    assert_eq!(done.output[..5], [0, 0xe3, 0xb0, 0xc4, 0x42]);
}

/// What a precompile refuses outright is a revert without data and without gas left; what it is for is told apart.
#[test]
fn a_precompile_that_takes_all_gas_reverts() {
    let (mut chain, program) = chain();
    let unknown = chain.act(ARB_SYS, [1, 2, 3, 4]);
    assert_eq!((unknown.success, &unknown.error, unknown.output.len()), (false, &None, 0));
    assert!(unknown.reason.is_some_and(|reason| reason.contains("has no method")));
    assert_eq!(unknown.gas_used, message(ARB_SYS, [1, 2, 3, 4]).gas_limit.min(32_000_000));
    // Whoever calls it keeps the sixty-fourth part of the gas, and goes on.
    let done = succeeded(chain.act(program, Script::new().call(ARB_SYS, [1, 2, 3, 4])));
    assert_eq!(done.output, outcome(false, &[]));
    // Before ArbOwner stands a guard whose errors are no reverts.
    let mut stranger = message(Address::with_last_byte(0x70), [0x8c, 0x4d, 0x1f, 0xda]);
    stranger.from = Address::with_last_byte(0x99);
    chain.fund(stranger.from, 1_000_000_000_000_000_000);
    let guarded = chain.send(stranger).unwrap();
    assert!(guarded.error.is_some_and(|error| error.contains("unauthorized caller")));
}

#[test]
fn a_program_may_activate_another() {
    let (mut chain, program) = chain();
    let other = chain.put(2, program_code(LADDER));
    // Without wei the data fee is not paid, so the activation reverts, and nothing of it stays.
    let input = [&[0x58, 0xc7, 0x80, 0xc2][..], other.into_word().as_slice()].concat();
    let done = succeeded(chain.act(program, Script::new().call(Address::with_last_byte(0x71), input)));
    assert_eq!(done.output[..5], [2, 0x09, 0x78, 0x1a, 0xb7], "ProgramInsufficientValue");
    assert_eq!(chain.act(other, []).error.as_deref(), Some("ProgramNotActivated()"));
}

#[test]
fn programs_see_the_tip_that_is_dropped() {
    let (mut chain, program) = chain();
    let fee = u128::from(BASE_FEE);
    let tell = |max_fee, priority_fee| Message { max_fee, priority_fee, ..message(program, Script::new().gas_price()) };
    assert_eq!(succeeded(chain.send(tell(3 * fee, 7)).unwrap()).output, Bytes::from(word(BASE_FEE + 7)));
    assert_eq!(succeeded(chain.send(tell(fee, 7)).unwrap()).output, Bytes::from(word(BASE_FEE)));
    // A legacy transaction's price is both.
    assert_eq!(succeeded(chain.send(tell(3 * fee, 3 * fee)).unwrap()).output, Bytes::from(word(3 * BASE_FEE)));
}

#[test]
fn programs_create_contracts() {
    let (mut chain, program) = chain();
    let script = Script::new().create(&init_code(&[0x5b])).create(&[REVERT]).create(&init_code(&[0xef])).load(word(1));
    let done = succeeded(chain.act(program, script));
    let created = program.create(1);
    assert_eq!(done.output, [created.as_slice(), &[0; 20], &[0; 20], &[0; 32]].concat());
    assert_eq!(chain.state.code(created), Bytes::from_static(&[0x5b]));
    assert_eq!(chain.state.nonce(program), 4, "each try counts");
}

#[test]
fn failures_keep_or_take_gas() {
    let (mut chain, program) = chain();
    let limit = 1_000_000;
    let mut send = |script: Script| chain.send(Message { gas_limit: limit, ..message(program, script) }).unwrap();
    let trap = send(Script::new().trap());
    assert!(!trap.success && trap.gas_used < 100_000, "{trap:?}");
    assert_eq!((trap.error, trap.output), (None, Bytes::new()), "to the chain it is a plain revert");
    assert!(trap.reason.is_some());
    let spin = send(Script::new().spin());
    assert_eq!((spin.error.as_deref(), spin.gas_used), (Some("out of gas"), limit));
    let revert = send(Script::new().revert(b"no"));
    assert_eq!((revert.success, revert.error, revert.output), (false, None, Bytes::from_static(b"no")));
}

#[test]
fn a_static_frame_changes_nothing() {
    let (mut chain, program) = chain();
    let evm = chain.put(2, Asm::new().store(1, 1).op(STOP).0);
    let done = succeeded(chain.act(program, Script::new().ask(evm, [])));
    assert_eq!(done.output, outcome(false, b""));
    let asker = chain.put(3, forwarder(STATICCALL, program));
    for script in [
        Script::new().store(word(1), word(1)),
        Script::new().transient_store(word(1), word(1)),
        Script::new().log(b""),
        Script::new().create(b""),
    ] {
        assert!(!chain.act(asker, script).success);
    }
    // The ban goes on through the frames above.
    let done = succeeded(chain.act(asker, Script::new().call(evm, []).load(word(1)).pay(STRANGER, 1)));
    assert_eq!(done.output, [outcome(false, b""), B256::ZERO.into(), outcome(false, b"")].concat());
}

#[test]
fn programs_send_wei() {
    let (mut chain, program) = chain();
    chain.fund(program, 10);
    let done = succeeded(chain.act(program, Script::new().pay(STRANGER, 7).pay(STRANGER, 4)));
    assert_eq!(done.output, Bytes::from_static(&[0, 2]));
    assert_eq!(chain.state.balance(STRANGER), U256::from(7));
    let paid = Message { value: U256::from(9), ..message(program, Script::new().context()) };
    let done = succeeded(chain.send(paid).unwrap());
    assert_eq!(done.output[40..], word(9)[..]);
}

#[test]
fn a_block_remembers_its_programs_from_arbos_60() {
    let (mut chain, program) = chain();
    let first = succeeded(chain.act(program, []));
    let second = succeeded(chain.act(program, []));
    assert!(second.profile.entry < first.profile.entry / 4, "{} {}", first.profile.entry, second.profile.entry);
    assert_eq!(first.gas_used - second.gas_used, first.profile.entry - second.profile.entry);
    // A call does not add to the block's memory, and a new block starts without.
    chain.block.recent_programs.clear();
    assert_eq!(chain.ask(program, []).profile.entry, first.profile.entry);
    assert_eq!(chain.ask(program, []).profile.entry, first.profile.entry);
    // Twice in one transaction: the second time it is remembered, though its frame reverts.
    let twice = succeeded(chain.act(program, Script::new().call(program, Script::new().revert(b""))));
    assert_eq!(twice.profile.entry, first.profile.entry + second.profile.entry);

    // One that is cached already takes no place: the block remembers nothing of it.
    chain.fund(OWNER, ETHER);
    chain.block.recent_programs.clear();
    let cache = [&[0xe7, 0x3a, 0xc9, 0xf2][..], program.into_word().as_slice()].concat();
    succeeded(chain.send(Message { from: OWNER, ..message(Address::with_last_byte(0x72), cache) }).unwrap());
    assert_eq!(succeeded(chain.act(program, [])).profile.entry, second.profile.entry);
    assert!(chain.block.recent_programs.is_empty());

    let mut old = Chain::at(51);
    let program = old.program(1, script::TEXT);
    let entries = [0; 2].map(|_| succeeded(old.act(program, [])).profile.entry);
    assert_eq!(entries[0], entries[1]);
}

#[test]
fn a_profile_adds_up() {
    let (mut chain, program) = chain();
    let evm = chain.put(2, Asm::new().store(1, 1).op(STOP).0);
    let script = Script::new().store(word(1), word(1)).log(b"x").call(evm, []).call(program, Script::new().load(word(1)));
    let done = succeeded(chain.act(program, script));
    let profile = done.profile;
    assert_eq!(profile.total() - profile.refund, done.gas_used);
    assert!(profile.storage > 20_000 && profile.evm > 22_000 && profile.evm < 23_000, "{profile:?}");
    assert!(profile.wasm > 0 && profile.logs > 375 && profile.calls > 100 && profile.host > 0, "{profile:?}");
    // Also where a callee takes all its gas, and where the transaction fails.
    let bad = chain.put(3, [INVALID]);
    for script in [Script::new().call(bad, []), Script::new().call(program, Script::new().spin()), Script::new().spin()] {
        let done = chain.act(program, script);
        assert_eq!(done.profile.total() - done.profile.refund, done.gas_used);
    }
}

#[test]
fn an_authorization_delegates_to_a_program() {
    let (mut chain, program) = chain();
    let (authority, signed) = authorization(program);
    let context = |sender: Address| -> Bytes { [sender.as_slice(), authority.as_slice(), &[0; 32]].concat().into() };
    let ask = Message { authorizations: vec![signed.clone()], ..message(authority, Script::new().context()) };
    let done = succeeded(chain.send(ask.clone()).unwrap());
    assert_eq!(done.output, context(ALICE));
    assert_eq!(done.profile.intrinsic, 21_000 + 25_000 + 24, "a byte of calldata and two zeros");
    assert_eq!(chain.state.code(authority), Bytes::from([&[0xef, 0x01, 0x00][..], program.as_slice()].concat()));
    assert_eq!(chain.state.nonce(authority), 1);
    // It stays. The authorization does not count again: its nonce is used.
    assert_eq!(succeeded(chain.act(authority, Script::new().context())).output, context(ALICE));
    succeeded(chain.send(ask).unwrap());
    assert_eq!(chain.state.nonce(authority), 1);

    let creation = Message { to: None, authorizations: vec![signed], ..message(Address::ZERO, []) };
    let refused = chain.send(creation).unwrap_err().to_string();
    assert_eq!(refused, format!("EIP-7702 transaction cannot be used to create contract (sender {ALICE})"));
}

/// An account with a key, and its signed wish to run the code of `program`.
fn authorization(program: Address) -> (Address, SignedAuthorization) {
    let wish = Authorization { chain_id: U256::from(CHAIN_ID), address: program, nonce: 0 };
    let signature = sign_message(B256::repeat_byte(7), wish.signature_hash()).expect("the key is good");
    let signed = wish.into_signed(signature);
    (signed.recover_authority().expect("the signature is good"), signed)
}

/// Writes 32 KiB of zeros as its result.
const LARGE: &str = r#"(module
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32)
    (call $write_result (i32.const 0) (i32.const 32768))
    (i32.const 0)))"#;

#[test]
fn return_data_cost_what_memory_costs_in_the_evm() {
    let mut chain = Chain::new();
    let program = chain.program(1, LARGE);
    succeeded(chain.act(program, []));
    // Remembered by the block, the program itself takes less than the memory of 1,024 words.
    let done = succeeded(chain.act(program, []));
    assert_eq!(done.gas_used, 21_000 + 3 * 1024 + 1024 * 1024 / 512);
    let short = chain.send(Message { gas_limit: done.gas_used - 1, ..message(program, []) }).unwrap();
    assert_eq!((short.error.as_deref(), short.output), (Some("out of gas"), Bytes::new()));
}

#[test]
fn programs_run_at_every_version() {
    for arbos in [30, 31, 32, 40, 41, 50, 51, 60] {
        let mut chain = Chain::at(arbos);
        let program = chain.program(1, script::TEXT);
        let other = chain.put(2, program_code(script::TEXT));
        let script = Script::new().store(word(1), word(9)).call(other, Script::new().context()).load(word(1));
        let done = succeeded(chain.act(program, script));
        assert_eq!(done.output.len(), 1 + 72 + 32, "at ArbOS {arbos}");
        assert_eq!(chain.state.storage(program, U256::from(1)), U256::from(9));
    }
}
