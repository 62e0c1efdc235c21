//! What a trace says of programs and of the frames between them.

use alloy_primitives::{Address, Bytes};
use stylus_devnode::evm::Step;

use crate::{
    asm::*,
    chain::{Chain, message},
    script::{self, Script},
};

fn names(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.name.as_str()).collect()
}

/// The frame that the only step of that name opened.
fn frame<'s>(steps: &'s [Step], name: &str) -> (Address, &'s [Step]) {
    let mut of_that_name = steps.iter().filter(|step| step.name == name);
    let step = of_that_name.next().expect("no such step");
    assert!(of_that_name.next().is_none(), "more than one {name}");
    let frame = step.frame.as_ref().expect("the step opened no frame");
    (frame.address, &frame.steps)
}

#[test]
fn steps_nest_as_frames_do() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let evm = chain.put(2, Asm::new().copy_calldata().forward(CALL, program).return_all().0);
    let inner = Script::new().reentrant();
    let script = Script::new().call(evm, inner.clone()).ask(Address::with_last_byte(2), []).log(b"x");
    let message = message(program, script.clone());
    let traced = chain.evm.trace_transaction(&chain.state, &chain.block, &message).unwrap();
    let steps = &traced.steps;
    assert_eq!(
        names(steps),
        [
            "user_entrypoint",
            "read_args",
            "call_contract",
            "return_data_size",
            "read_return_data",
            "static_call_contract",
            "return_data_size",
            "read_return_data",
            "emit_log",
            "write_result",
            "user_returned"
        ]
    );
    assert_eq!(steps[0].args, Bytes::from((script.as_ref().len() as u32).to_be_bytes()));
    assert_eq!(steps[1].outs, Bytes::from(script));
    assert_eq!(steps[10].outs, Bytes::from([0; 4]));
    assert!(steps.is_sorted_by(|earlier, later| earlier.end_ink >= later.start_ink));

    let (address, between) = frame(steps, "call_contract");
    assert_eq!((address, names(between)), (evm, vec!["evm_call_contract"]));
    let (address, above) = frame(between, "evm_call_contract");
    assert_eq!(address, program);
    assert_eq!(names(above), ["user_entrypoint", "read_args", "msg_reentrant", "write_result", "user_returned"]);
    assert_eq!(above[2].outs, Bytes::from([0, 0, 0, 1]));
    assert_eq!(frame(steps, "static_call_contract"), (Address::with_last_byte(2), &[][..]));

    // Tracing changes nothing: the transaction itself costs the same.
    let done = chain.send(message).unwrap();
    assert_eq!((done.gas_used, done.output), (traced.executed.gas_used, traced.executed.output));
}

#[test]
fn creations_and_traps_are_traced() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let script = Script::new().create(&init_code(&[STOP])).trap();
    let traced = chain.evm.trace_call(&chain.state, &chain.block, &message(program, script)).unwrap();
    assert_eq!(names(&traced.steps), ["user_entrypoint", "read_args", "evm_create1", "create1"]);
    assert_eq!(frame(&traced.steps, "evm_create1").0, program.create(1));
    assert!(!traced.executed.success);
}

/// A call that was refused opened no frame: it must not be given that of a later one to the same account.
#[test]
fn frames_go_to_the_calls_that_opened_them() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let other = chain.put(2, Asm::new().copy_calldata().forward(CALL, program).return_all().0);
    // No value leaves a static frame.
    let inner = Script::new().pay(other, 1).call(other, Script::new().reentrant());
    let question = message(program, Script::new().ask(program, inner));
    let traced = chain.evm.trace_call(&chain.state, &chain.block, &question).unwrap();
    let (_, steps) = frame(&traced.steps, "static_call_contract");
    let calls = steps.iter().filter(|step| step.name == "call_contract");
    let frames: Vec<_> = calls.map(|step| step.frame.as_ref().map(|frame| (frame.address, frame.steps.len()))).collect();
    assert_eq!(frames, [Some((other, 0)), Some((other, 1))]);
}

#[test]
fn evm_code_alone_opens_frames_too() {
    let mut chain = Chain::new();
    let program = chain.program(1, script::TEXT);
    let proxy = chain.put(2, Asm::new().copy_calldata().forward(DELEGATECALL, program).return_all().0);
    let traced = chain.evm.trace_call(&chain.state, &chain.block, &message(proxy, [])).unwrap();
    assert_eq!(names(&traced.steps), ["evm_delegate_call_contract"]);
    let (address, steps) = frame(&traced.steps, "evm_delegate_call_contract");
    assert_eq!((address, steps.len()), (program, 4));
}
