//! Calls to a token that trust nothing it does: no code, no data, false, or another amount than asked is an error.

use abi::{
    Common::{TokenHasNoCode, TokenReturnedFalse, TokenTookFee},
    CorToken::{approveCall, balanceOfCall, burnCall, permitCall, totalSupplyCall, transferCall, transferFromCall},
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use stylus_sdk::{host::VM, prelude::*};

use crate::{
    Revert,
    calls::{self, Answer},
};

/// Moves `amount` from `from` to this contract, by an allowance, and checks that all of it arrived: a token may begin to
/// take fees, or lie, at any time, and what is credited here is owed. Measuring costs 1,300 gas, for both questions go to
/// a slot that the transfer needs anyway. Call it before anything is stored.
pub fn pull(vm: &VM, token: Address, from: Address, amount: U256) -> Result<(), Revert> {
    let this = vm.contract_address();
    let before = balance_of(vm, token, this)?;
    let mut call = [0; 100];
    encode(&mut call, transferFromCall::SELECTOR, &[from.into_word(), this.into_word(), amount.into()]);
    expect_true(vm, token, invoke(vm, token, &call)?)?;
    let received = balance_of(vm, token, this)?.saturating_sub(before);
    if received != amount {
        return Err(TokenTookFee { token, asked: amount, received }.into());
    }
    Ok(())
}

/// Moves `amount` from this contract to `to`. What was stored before is flushed first, so that a token which calls back
/// sees it.
pub fn push(vm: &VM, token: Address, to: Address, amount: U256) -> Result<(), Revert> {
    let mut call = [0; 68];
    encode(&mut call, transferCall::SELECTOR, &[to.into_word(), amount.into()]);
    expect_true(vm, token, invoke(vm, token, &call)?)
}

/// The same where others wait behind this one: false when the token reverted, of which nothing is left. One that says false
/// may have moved all the same, and is an error.
pub fn try_push(vm: &VM, token: Address, to: Address, amount: U256) -> Result<bool, Revert> {
    let mut call = [0; 68];
    encode(&mut call, transferCall::SELECTOR, &[to.into_word(), amount.into()]);
    let answer = calls::call(vm, token, &call);
    if answer.ok { expect_true(vm, token, answer).map(|()| true) } else { Ok(false) }
}

/// Lets `spender` move `amount` of this contract's COR.
pub fn approve(vm: &VM, token: Address, spender: Address, amount: U256) -> Result<(), Revert> {
    let mut call = [0; 68];
    encode(&mut call, approveCall::SELECTOR, &[spender.into_word(), amount.into()]);
    expect_true(vm, token, invoke(vm, token, &call)?)
}

/// Has the token destroy `amount` of this contract's COR, and checks that this much is gone: not every token can.
pub fn burn(vm: &VM, token: Address, amount: U256) -> Result<(), Revert> {
    let this = vm.contract_address();
    let before = balance_of(vm, token, this)?;
    let mut call = [0; 36];
    encode(&mut call, burnCall::SELECTOR, &[amount.into()]);
    invoke(vm, token, &call)?;
    let burned = before.saturating_sub(balance_of(vm, token, this)?);
    if burned != amount {
        return Err(TokenTookFee { token, asked: amount, received: burned }.into());
    }
    Ok(())
}

/// Submits an ERC-2612 permit of `owner` for this contract, and does not mind if it fails: anyone may have submitted it
/// before. Whether the allowance is there shows when it is used.
pub fn try_permit(vm: &VM, token: Address, owner: Address, value: U256, deadline: U256, signature: (u8, B256, B256)) {
    let (v, r, s) = signature;
    let mut call = [0; 228];
    let words = [owner.into_word(), vm.contract_address().into_word(), value.into(), deadline.into(), U256::from(v).into(), r, s];
    encode(&mut call, permitCall::SELECTOR, &words);
    calls::call(vm, token, &call);
}

/// The wei that `account` holds.
pub fn balance_of(vm: &VM, token: Address, account: Address) -> Result<U256, Revert> {
    let mut call = [0; 36];
    encode(&mut call, balanceOfCall::SELECTOR, &[account.into_word()]);
    ask(vm, token, &call)
}

/// The token's total supply, in wei.
pub fn total_supply(vm: &VM, token: Address) -> Result<U256, Revert> {
    ask(vm, token, &totalSupplyCall::SELECTOR)
}

/// Selector and words, one behind the other. `call` has room for exactly these.
fn encode(call: &mut [u8], selector: [u8; 4], words: &[B256]) {
    let (head, body) = call.split_at_mut(4.min(call.len()));
    head.copy_from_slice(&selector);
    for (place, word) in body.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(&word.0);
    }
}

fn invoke(vm: &VM, token: Address, call: &[u8]) -> Result<Answer, Revert> {
    let answer = calls::call(vm, token, call);
    if answer.ok { Ok(answer) } else { Err(Revert::token_refused(token, answer.data())) }
}

fn ask(vm: &VM, token: Address, call: &[u8]) -> Result<U256, Revert> {
    let answer = calls::static_call(vm, token, call);
    if !answer.ok {
        return Err(Revert::token_refused(token, answer.data()));
    }
    answer.word().map(U256::from_be_bytes).ok_or_else(|| TokenHasNoCode { token }.into())
}

/// An old token returns nothing and means true, but so does an account without code.
fn expect_true(vm: &VM, token: Address, answer: Answer) -> Result<(), Revert> {
    match answer.word() {
        Some(word) if U256::from_be_bytes(word) == U256::ONE => Ok(()),
        None if answer.data().is_empty() && vm.code_size(token) != 0 => Ok(()),
        None if answer.data().is_empty() => Err(TokenHasNoCode { token }.into()),
        _ => Err(TokenReturnedFalse { token }.into()),
    }
}
