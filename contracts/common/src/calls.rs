//! Calls to other contracts, answered on the stack.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolType};
use stylus_sdk::{host::VM, hostio, prelude::*};

use crate::{
    Revert,
    revert::REASON,
    words::{Buffer, Words},
};

/// What a call of `abi` returns, as a tuple.
pub type Returned<C> = <<C as SolCall>::ReturnTuple<'static> as SolType>::RustType;

/// What a call came to: whether it succeeded, and the first bytes that it returned or reverted with.
pub struct Answer {
    /// It did not revert.
    pub ok: bool,
    bytes: [u8; REASON],
    length: usize,
}

impl Answer {
    /// What it returned, at most [`REASON`] bytes.
    pub fn data(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The first word of it, if there is one.
    pub fn word(&self) -> Option<[u8; 32]> {
        self.data().first_chunk().copied()
    }
}

/// Calls `to` without ETH and with all the gas that may be passed on. What was stored before is flushed first, so that a
/// contract which calls back sees it.
pub fn call(vm: &VM, to: Address, data: &[u8]) -> Answer {
    vm.flush_cache(false);
    let mut returned = 0;
    // SAFETY: the pointers are of this function's arguments. No accessor of ours caches a value, so nothing that the
    // call changes can be read stale.
    let status = unsafe {
        vm.call_contract(to.as_ptr(), data.as_ptr(), data.len(), U256::ZERO.to_be_bytes::<32>().as_ptr(), u64::MAX, &mut returned)
    };
    answer(status)
}

/// Calls `to`, which can change nothing.
pub fn static_call(vm: &VM, to: Address, data: &[u8]) -> Answer {
    let mut returned = 0;
    // SAFETY: the pointers are of this function's arguments.
    let status = unsafe { vm.static_call_contract(to.as_ptr(), data.as_ptr(), data.len(), u64::MAX, &mut returned) };
    answer(status)
}

/// Has the code of `to` run on this contract's own storage, for the same caller. It can do all that this contract can: `to`
/// must be code of ours, named at construction. Call it before anything is stored.
pub fn delegate_call(vm: &VM, to: Address, data: &[u8]) -> Answer {
    let mut returned = 0;
    // SAFETY: the pointers are of this function's arguments, and no accessor of ours caches a value.
    let status = unsafe { vm.delegate_call_contract(to.as_ptr(), data.as_ptr(), data.len(), u64::MAX, &mut returned) };
    answer(status)
}

fn answer(status: u8) -> Answer {
    let mut bytes = [0; REASON];
    // SAFETY: the host writes no more than it is told there is room for, and says how much.
    let length = unsafe { hostio::read_return_data(bytes.as_mut_ptr(), 0, REASON) };
    Answer { ok: status == 0, bytes, length }
}

/// Reads from another contract of ours. What it refuses with is passed on.
pub fn ask<C>(vm: &VM, to: Address, question: &C) -> Result<Returned<C>, Revert>
where
    C: SolCall,
    for<'a> C::Token<'a>: Words,
    C::ReturnToken<'static>: Words,
{
    returned::<C>(to, &static_call(vm, to, encoded(question).as_slice()))
}

/// Has another contract of ours do something. What it refuses with is passed on.
pub fn tell<C>(vm: &VM, to: Address, order: &C) -> Result<Returned<C>, Revert>
where
    C: SolCall,
    for<'a> C::Token<'a>: Words,
    C::ReturnToken<'static>: Words,
{
    returned::<C>(to, &call(vm, to, encoded(order).as_slice()))
}

fn encoded<C>(call: &C) -> Buffer<{ 4 + 8 * 32 }>
where
    C: SolCall,
    for<'a> C::Token<'a>: Words,
{
    const { assert!(<C::Token<'static> as Words>::COUNT <= 8) };
    let mut data = Buffer::default();
    data.put(&C::SELECTOR);
    data.put_words(&call.tokenize());
    data
}

fn returned<C>(callee: Address, answer: &Answer) -> Result<Returned<C>, Revert>
where
    C: SolCall,
    C::ReturnToken<'static>: Words,
{
    if !answer.ok {
        return Err(Revert::passed_on(callee, answer.data()));
    }
    let (words, _) = answer.data().as_chunks::<32>();
    match C::ReturnToken::read(&mut words.iter().map(|word| B256::new(*word))) {
        Some(token) if C::ReturnTuple::valid_token(&token) => Ok(C::ReturnTuple::detokenize(token)),
        _ => Err(Revert::passed_on(callee, &[])),
    }
}
