//! What a transaction checks, costs and pays, before any program is in play.

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use stylus_devnode::{
    arbos::{self, Ledger},
    evm::{Message, Refused},
};

use crate::{
    asm::*,
    chain::{ALICE, BASE_FEE, CHAIN_ID, Chain, ETHER, OWNER, message},
};

const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

#[test]
fn a_transfer_costs_21000() {
    let mut chain = Chain::new();
    let before = chain.state.balance(ALICE);
    let done = chain.send(Message { value: U256::from(5), ..message(BOB, []) }).unwrap();
    assert!(done.success);
    assert_eq!((done.gas_used, done.gas_used_for_l1, done.profile.intrinsic), (21_000, 0, 21_000));
    assert_eq!(chain.state.balance(BOB), U256::from(5));
    assert_eq!(before - chain.state.balance(ALICE), U256::from(21_000 * BASE_FEE + 5));
    let network = arbos::FeeRules::load(&mut chain.state).network_account;
    assert_eq!(chain.state.balance(network), U256::from(21_000 * BASE_FEE));
    assert_eq!(chain.state.balance(SEQUENCER), U256::ZERO);
    assert_eq!(chain.state.nonce(ALICE), 1);
}

#[test]
fn tips_are_dropped() {
    let mut chain = Chain::new();
    let price = chain.put(1, Asm::new().op(GASPRICE).return_word().0);
    let before = chain.state.balance(ALICE);
    let fee = u128::from(BASE_FEE);
    let done = chain.send(Message { max_fee: 3 * fee, priority_fee: fee, ..message(price, []) }).unwrap();
    assert_eq!(done.output, Bytes::from(word(BASE_FEE)));
    assert_eq!(before - chain.state.balance(ALICE), U256::from(done.gas_used * BASE_FEE));
}

#[test]
fn block_fields_are_arbitrums() {
    let mut chain = Chain::new();
    let mut ask = |op: u8| {
        let code = chain.put(1, Asm::new().op(op).return_word().0);
        U256::from_be_slice(&chain.act(code, []).output)
    };
    assert_eq!(ask(NUMBER), U256::ZERO);
    assert_eq!(ask(PREVRANDAO), U256::ONE);
    assert_eq!(ask(COINBASE), U256::from_be_slice(SEQUENCER.as_slice()));
    assert_eq!(ask(GASLIMIT), U256::from(1u64 << 50));
    assert_eq!(ask(CHAINID), U256::from(CHAIN_ID));
    assert_eq!(ask(BASEFEE), U256::from(BASE_FEE));
    assert_eq!(ask(TIMESTAMP), U256::from(1_700_000_000));
}

#[test]
fn a_call_that_offers_no_fee_sees_no_base_fee() {
    let mut chain = Chain::new();
    let code = chain.put(1, Asm::new().op(BASEFEE).return_word().0);
    assert_eq!(chain.ask(code, []).output, Bytes::from(B256::ZERO));
}

#[test]
fn gas_above_the_cap_is_held_and_given_back() {
    let mut chain = Chain::new();
    chain.fund(ALICE, 1000 * ETHER);
    let burn = chain.put(1, [INVALID]);
    let left = chain.put(2, Asm::new().op(GAS).return_word().0);
    let limit = 100_000_000;
    let done = chain.send(Message { gas_limit: limit, ..message(burn, []) }).unwrap();
    assert!(!done.success);
    assert_eq!(done.gas_used, 32_000_000, "all of the cap, intrinsic gas included");
    let done = chain.send(Message { gas_limit: limit, ..message(left, []) }).unwrap();
    assert_eq!(done.output, Bytes::from(word(32_000_000 - 21_000 - 2)));
    let ask = Message { gas_limit: limit, ..message(left, []) };
    let asked = chain.evm.call(&chain.state, &chain.block, &ask).unwrap();
    assert_eq!(asked.output, Bytes::from(word(limit - 21_000 - 2)), "a call has no cap");

    let mut old = Chain::at(40);
    let burn = old.put(1, [INVALID]);
    let done = old.send(Message { gas_limit: limit, ..message(burn, []) }).unwrap();
    assert_eq!(done.gas_used, 32_021_000, "the block's cap is on what follows the intrinsic gas");
}

#[test]
fn posting_is_paid_in_gas() {
    let mut chain = Chain::new();
    // 16 units a byte, at the initial 50 gwei a unit.
    let done = chain.send(Message { posted_len: 100, ..message(BOB, []) }).unwrap();
    let posting = 16 * 100 * 50_000_000_000 / BASE_FEE;
    assert_eq!((done.gas_used_for_l1, done.profile.poster), (posting, posting));
    assert_eq!(done.gas_used, 21_000 + posting);
    assert_eq!(chain.state.balance(arbos::POSTING_FUNDS), U256::from(posting * BASE_FEE));
    let short = chain.send(Message { posted_len: 100, gas_limit: 21_000 + posting - 1, ..message(BOB, []) });
    assert!(matches!(short, Err(Refused::IntrinsicGas { .. })), "{short:?}");
}

#[test]
fn refusals_speak_as_geth_does() {
    let mut chain = Chain::new();
    let mut refuse = |change: &dyn Fn(&mut Message)| {
        let mut message = message(BOB, []);
        change(&mut message);
        chain.send(message).unwrap_err().to_string()
    };
    assert_eq!(refuse(&|m| m.nonce = Some(1)), format!("nonce too high: address {ALICE}, tx: 1 state: 0"));
    assert_eq!(refuse(&|m| m.gas_limit = 20_999), "intrinsic gas too low: have 20999, want 21000");
    assert_eq!(
        refuse(&|m| m.max_fee = 1),
        format!("max fee per gas less than block base fee: address {ALICE}, maxFeePerGas: 1, baseFee: {BASE_FEE}")
    );
    assert!(refuse(&|m| m.value = U256::MAX).starts_with("insufficient funds for gas * price + value: address"));
    assert!(refuse(&|m| m.priority_fee = u128::MAX).starts_with("max priority fee per gas higher than max fee per gas"));
    assert_eq!(
        refuse(&|m| {
            m.to = None;
            m.input = vec![0; 49_153].into();
        }),
        "max initcode size exceeded: code size 49153 limit 49152"
    );
    chain.act(BOB, []);
    let mut message = message(BOB, []);
    message.nonce = Some(0);
    assert_eq!(chain.send(message).unwrap_err().to_string(), format!("nonce too low: address {ALICE}, tx: 0 state: 1"));
}

#[test]
fn calls_need_neither_nonce_nor_money_for_gas() {
    let chain = Chain::new();
    let poor = Message { from: BOB, nonce: Some(9), ..message(ALICE, []) };
    assert!(chain.evm.call(&chain.state, &chain.block, &poor).unwrap().success);
    let value = Message { value: U256::ONE, ..poor };
    let refused = chain.evm.call(&chain.state, &chain.block, &value).unwrap_err().to_string();
    assert_eq!(refused, format!("insufficient funds for gas * price + value: address {BOB} have 0 want 1"));
}

#[test]
fn refunds_are_a_fifth_at_most() {
    let mut chain = Chain::new();
    let code = chain.put(1, Asm::new().store(1, 0).store(2, 0).op(STOP).0);
    for slot in [1, 2] {
        chain.state.set_storage(code, U256::from(slot), U256::ONE);
    }
    let done = chain.act(code, []);
    let spent = 21_000 + 2 * (3 + 3 + 5000);
    assert_eq!(done.profile.refund, spent / 5, "of 9600");
    assert_eq!(done.gas_used, spent - spent / 5);
    assert_eq!(chain.state.storage(code, U256::from(1)), U256::ZERO);
}

#[test]
fn warm_from_the_start() {
    let mut chain = Chain::new();
    let other = address!("00000000000000000000000000000000c01d0000");
    let cost = |chain: &mut Chain, of: Address, list: AccessList| {
        // GAS, BALANCE(of), GAS: the difference less 2 for GAS, 3 for PUSH and 2 for POP.
        let code = Asm::new().op(GAS).push_address(of).op(0x31).op(POP).op(GAS).op(SWAP1).op(0x03).return_word();
        let code = chain.put(1, code.0);
        let done = chain.send(Message { access_list: list, ..message(code, []) }).unwrap();
        U256::from_be_slice(&done.output).to::<u64>() - 7
    };
    for address in [ALICE, SEQUENCER, Address::with_last_byte(1), Address::with_last_byte(0x71)] {
        assert_eq!(cost(&mut chain, address, AccessList::default()), 100, "{address}");
    }
    assert_eq!(cost(&mut chain, other, AccessList::default()), 2600);
    let list = AccessList(vec![AccessListItem { address: other, storage_keys: vec![] }]);
    assert_eq!(cost(&mut chain, other, list), 100);
    // ArbOS reads its own account in every transaction that calls it, and nobody can tell.
    assert_eq!(cost(&mut chain, arbos::ARBOS_ADDRESS, AccessList::default()), 2600);
}

#[test]
fn code_may_start_with_ef_only_as_programs_do() {
    let mut chain = Chain::new();
    let mut create = |code: &[u8]| chain.send(Message { to: None, ..message(Address::ZERO, init_code(code)) }).unwrap();
    for code in [&[0xef][..], &[0xef, 0xf0, 0x00], &[0xef, 0xf0, 0x03, 0x00], &[0xef, 0x01, 0x00, 0x00]] {
        let done = create(code);
        assert_eq!(done.error.as_deref(), Some("invalid code: must not begin with 0xef"), "{code:?}");
        assert_eq!(done.created, None);
    }
    for code in [&[0xef, 0xf0, 0x00, 0x00][..], &[0xef, 0xf0, 0x01, 0x00], &[0xef, 0xf0, 0x02, 0x00]] {
        let done = create(code);
        assert!(done.success, "{code:?}: {:?}", done.error);
    }
    let mut large = vec![0xef, 0xf0, 0x00];
    large.resize(24_576, 0);
    assert!(create(&large).success);
    large.push(0);
    assert_eq!(create(&large).error.as_deref(), Some("max code size exceeded"));

    let mut old = Chain::at(51);
    let fragment = Message { to: None, ..message(Address::ZERO, init_code(&[0xef, 0xf0, 0x01, 0x00])) };
    assert!(!old.send(fragment).unwrap().success, "fragments come with ArbOS 60");
}

#[test]
fn precompiles_follow_the_version() {
    let p256 = address!("0000000000000000000000000000000000000100");
    let bls = Address::with_last_byte(0x0b);
    let gas = |chain: &mut Chain, to: Address| {
        let done = chain.send(Message { gas_limit: 1_000_000, ..message(to, []) }).unwrap();
        done.gas_used - 21_000
    };
    let mut prague = Chain::at(40);
    assert_eq!((gas(&mut prague, p256), gas(&mut prague, bls)), (3450, 0));
    let mut osaka = Chain::at(51);
    assert_eq!((gas(&mut osaka, p256), gas(&mut osaka, bls)), (6900, 979_000), "BLS12-381 refuses an empty input");
}

#[test]
fn the_calldata_floor_is_off() {
    let mut chain = Chain::new();
    let done = chain.act(BOB, [1; 100]);
    assert_eq!(done.gas_used, 21_000 + 1600);
}

/// Calls ArbOwner as the chain's owner, with one word.
fn own(chain: &mut Chain, selector: [u8; 4], argument: B256) {
    chain.fund(OWNER, ETHER);
    let input = [&selector[..], argument.as_slice()].concat();
    let done = chain.send(Message { from: OWNER, ..message(Address::with_last_byte(0x70), input) }).unwrap();
    assert!(done.success, "{done:?}");
}

#[test]
fn the_owner_may_ask_for_the_calldata_floor() {
    let mut chain = Chain::new();
    own(&mut chain, [0x8e, 0xb9, 0x11, 0xd9], word(1));
    let done = chain.act(BOB, [1; 100]);
    assert_eq!((done.gas_used, done.profile.intrinsic), (21_000 + 4000, 21_000 + 4000));
    // What is computed with counts first.
    let code = chain.put(1, Asm::new().store(1, 1).op(STOP).0);
    assert_eq!(chain.act(code, [1; 100]).gas_used, 21_000 + 1600 + 22_106);
    let short = chain.send(Message { gas_limit: 24_999, ..message(BOB, [1; 100]) }).unwrap_err().to_string();
    assert_eq!(short, "insufficient gas for floor data gas cost: have 24999, want 25000");
}

#[test]
fn the_owner_may_collect_tips_and_fund_infrastructure() {
    let mut chain = Chain::new();
    let (network, infra) =
        (address!("0000000000000000000000000000000000000ee1"), address!("0000000000000000000000000000000000000ee2"));
    own(&mut chain, [0xfc, 0xdd, 0xe2, 0xb4], network.into_word());
    own(&mut chain, [0x57, 0xf5, 0x85, 0xdb], infra.into_word());
    own(&mut chain, [0xa8, 0x58, 0xdb, 0xe2], word(1));
    chain.state.account_mut(network).balance = U256::ZERO;
    chain.state.account_mut(infra).balance = U256::ZERO;
    chain.block.base_fee = 3 * BASE_FEE;
    let before = chain.state.balance(ALICE);
    let fee = u128::from(3 * BASE_FEE);
    chain.send(Message { max_fee: 2 * fee, priority_fee: 5, ..message(BOB, []) }).unwrap();
    assert_eq!(before - chain.state.balance(ALICE), U256::from(21_000 * (3 * BASE_FEE + 5)));
    assert_eq!(chain.state.balance(infra), U256::from(21_000 * BASE_FEE), "at most the minimum base fee");
    assert_eq!(chain.state.balance(network), U256::from(21_000 * (2 * BASE_FEE + 5)));
}

#[test]
fn what_arbos_writes_goes_with_its_frame() {
    let mut chain = Chain::new();
    // A contract that sends wei to ArbWasm's activateProgram for code that is no program, and swallows the failure.
    let before = chain.state.clone();
    let mut input = vec![0x58, 0xc7, 0x80, 0xc2];
    input.extend_from_slice(&[0; 12]);
    input.extend_from_slice(BOB.as_slice());
    let done = chain.act(Address::with_last_byte(0x71), input);
    assert!(!done.success);
    for slot in 0..64 {
        let slot = U256::from(slot);
        assert_eq!(Ledger::load(&mut chain.state, slot), Ledger::load(&mut before.clone(), slot));
    }
}
