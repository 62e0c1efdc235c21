//! Who called whom, as a trace tells it.

use alloy_primitives::{Address, Bytes, U256};
use stylus_devnode::evm::{Call, CallKind};

use crate::{
    asm::*,
    chain::{Chain, message},
    script::{self, Script},
};

/// Kinds and callees of a frame's own calls.
fn outline(call: &Call) -> Vec<(CallKind, Address, Option<&str>)> {
    call.calls.iter().map(|inner| (inner.kind, inner.to, inner.error.as_deref())).collect()
}

#[test]
fn calls_nest_across_programs_and_evm_code() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let evm = chain.put(2, Asm::new().copy_calldata().forward(CALL, program).return_all().0);
    let identity = Address::with_last_byte(4);
    let failing = Script::new().revert(b"no");
    let script = Script::new().pay(evm, 5).call(evm, failing.clone()).ask(identity, b"me").delegate(program, Script::new());
    let message = message(program, script.clone());
    let mut message = stylus_devnode::evm::Message { value: U256::from(5), ..message };
    message.gas_limit = 5_000_000;
    let traced = chain.evm.trace_transaction(&chain.state, &chain.block, &message).unwrap();

    let outermost = &traced.call;
    assert_eq!((outermost.kind, outermost.from, outermost.to), (CallKind::Call, message.from, program));
    assert_eq!((outermost.value, outermost.gas), (U256::from(5), 5_000_000));
    assert_eq!((outermost.gas_used, &outermost.output), (traced.executed.gas_used, &traced.executed.output));
    assert_eq!((&outermost.input, &outermost.error), (&message.input, &None));
    assert_eq!(
        outline(outermost),
        [
            (CallKind::Call, evm, None),
            (CallKind::Call, evm, Some("execution reverted")),
            (CallKind::StaticCall, identity, None),
            (CallKind::DelegateCall, program, None),
        ]
    );
    assert_eq!((outermost.calls[0].value, outermost.calls[0].input.len()), (U256::from(5), 0));
    let between = &outermost.calls[1];
    assert_eq!((between.from, outline(between)), (program, vec![(CallKind::Call, program, Some("execution reverted"))]));
    let above = &between.calls[0];
    assert_eq!((above.from, &above.input, &above.output), (evm, &Bytes::from(failing), &Bytes::from("no")));
    assert!(above.gas_used < between.gas_used && between.gas_used < outermost.gas_used);
    assert_eq!((&outermost.calls[2].input, &outermost.calls[2].output), (&Bytes::from("me"), &Bytes::from("me")));
    assert_eq!(outermost.calls[3].from, program);
}

#[test]
fn creations_name_the_account_and_failures_use_up_all_gas() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let script = Script::new().create(&init_code(&[STOP])).create(&[INVALID]);
    let call = chain.evm.trace_call(&chain.state, &chain.block, &message(program, script)).unwrap().call;
    let [made, failed] = &call.calls[..] else { panic!("{call:?}") };
    assert_eq!((made.kind, made.to, &made.output), (CallKind::Create, program.create(1), &Bytes::from([STOP])));
    assert_eq!((failed.to, failed.error.as_deref()), (program.create(2), Some("invalid opcode")));
    assert_eq!((failed.gas_used, &failed.output), (failed.gas, &Bytes::new()));
}

#[test]
fn a_creating_transaction_is_a_creation() {
    let chain = Chain::new();
    let message = stylus_devnode::evm::Message { to: None, input: init_code(&[STOP]).into(), ..message(Address::ZERO, []) };
    let traced = chain.evm.trace_transaction(&chain.state, &chain.block, &message).unwrap();
    assert_eq!((traced.call.kind, Some(traced.call.to)), (CallKind::Create, traced.executed.created));
}
