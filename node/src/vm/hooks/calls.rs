//! Calls and creations. The program pays for reaching the other account, hands over at most 63/64 of what is left then,
//! and pays for what was used of it.

use alloy_primitives::U256;
use wasmtime::{Caller, Linker};

use super::program::length;
use super::{Escape, Frame, Hook, Purpose, VM_HOOKS, enter};
use crate::vm::storage::WARM;
use crate::vm::{Call, CallKind, Called, Create, pricing};

/// Gas for a cold callee, besides what a warm one costs.
const COLD_CALLEE: u64 = 2500;
/// Gas for a callee that value brings into being.
const NEW_ACCOUNT: u64 = 25_000;
/// Gas for sending value.
const VALUE_TRANSFER: u64 = 9000;
/// Gas that a callee receives with value, for nothing.
const STIPEND: u64 = 2300;
/// Gas for any creation.
const CREATE: u64 = 32_000;
/// Gas for hashing each word of init code where there is a salt.
const CREATE2_WORD: u64 = 6;

/// Where in the program's memory a call's parts lie.
struct CallAt {
    kind: CallKind,
    to: u32,
    data: u32,
    len: u32,
    value: Option<u32>,
    gas: u64,
    ret_len: u32,
}

/// Where in the program's memory a creation's parts lie.
struct CreateAt {
    code: u32,
    len: u32,
    endowment: u32,
    salt: Option<u32>,
    address: u32,
    ret_len: u32,
}

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(
        VM_HOOKS,
        "call_contract",
        |caller: Caller<'_, Frame>, to: u32, data: u32, len: u32, value: u32, gas: u64, ret_len: u32| {
            let at = CallAt { kind: CallKind::Call, to, data, len, value: Some(value), gas, ret_len };
            enter(caller, Purpose::Calls, |hook| call(hook, at))
        },
    )?;
    linker.func_wrap(
        VM_HOOKS,
        "delegate_call_contract",
        |caller: Caller<'_, Frame>, to: u32, data: u32, len: u32, gas: u64, ret_len: u32| {
            let at = CallAt { kind: CallKind::Delegate, to, data, len, value: None, gas, ret_len };
            enter(caller, Purpose::Calls, |hook| call(hook, at))
        },
    )?;
    linker.func_wrap(
        VM_HOOKS,
        "static_call_contract",
        |caller: Caller<'_, Frame>, to: u32, data: u32, len: u32, gas: u64, ret_len: u32| {
            let at = CallAt { kind: CallKind::Static, to, data, len, value: None, gas, ret_len };
            enter(caller, Purpose::Calls, |hook| call(hook, at))
        },
    )?;
    linker.func_wrap(
        VM_HOOKS,
        "create1",
        |caller: Caller<'_, Frame>, code: u32, len: u32, endowment: u32, address: u32, ret_len: u32| {
            let at = CreateAt { code, len, endowment, salt: None, address, ret_len };
            enter(caller, Purpose::Calls, |hook| create(hook, at))
        },
    )?;
    linker.func_wrap(
        VM_HOOKS,
        "create2",
        |caller: Caller<'_, Frame>, code: u32, len: u32, endowment: u32, salt: u32, address: u32, ret_len: u32| {
            let at = CreateAt { code, len, endowment, salt: Some(salt), address, ret_len };
            enter(caller, Purpose::Calls, |hook| create(hook, at))
        },
    )?;
    Ok(())
}

/// Calls, and tells the status that the program sees: 0, or 2 for whatever went wrong.
fn call(hook: &mut Hook<'_>, at: CallAt) -> Result<u32, Escape> {
    hook.buy_ink(pricing::CALL)?;
    hook.buy_double_read(at.len)?;
    let to = hook.address(at.to)?;
    let input = hook.bytes(at.data, at.len)?;
    let value = at.value.map(|value| hook.number(value)).transpose()?;
    let left = hook.gas_left();

    let call = Call { kind: at.kind, to, value: value.unwrap_or_default(), input: input.clone(), gas: at.gas.min(left) };
    let (called, cost, used) = run(hook, call, left);
    hook.callees = hook.gas_to_ink(used);
    hook.buy_gas(cost)?;
    hook.frame.return_data = called.output;
    let len = length(&hook.frame.return_data);
    hook.write(at.ret_len, &len.to_le_bytes())?;

    let status = if called.ok { 0u8 } else { 2 };
    let name = match at.kind {
        CallKind::Call => "call_contract",
        CallKind::Delegate => "delegate_call_contract",
        CallKind::Static => "static_call_contract",
    };
    let value = value.map(|value| value.to_be_bytes::<32>());
    let value = value.as_ref().map_or(&[][..], |value| value);
    hook.note(name, &[to.as_slice(), &at.gas.to_be_bytes(), value, &input], &[&len.to_be_bytes(), &[status]]);
    Ok(status.into())
}

/// Runs a call that asks for `call.gas`, and tells its whole cost and what of it the callee used, in gas.
fn run(hook: &mut Hook<'_>, mut call: Call, left: u64) -> (Called, u64, u64) {
    let failed = |cost| (Called { ok: false, gas_left: 0, output: Default::default() }, cost, 0);
    let sends = !call.value.is_zero();
    if sends && hook.host().env().read_only {
        return failed(0);
    }

    let callee = hook.host().account(call.to);
    let parts = [
        if callee.cold { WARM + COLD_CALLEE } else { WARM },
        if sends && callee.value.empty { NEW_ACCOUNT } else { 0 },
        if sends { VALUE_TRANSFER } else { 0 },
    ];
    let price = parts.iter().sum::<u64>();
    if price > left {
        return failed(left);
    }

    // Not left - left/64: this rounds the other way, to one gas less than the EVM at times.
    let most = (left - price).saturating_mul(63) / 64;
    call.gas = call.gas.min(most);
    if sends {
        call.gas = call.gas.saturating_add(STIPEND);
    }
    let handed = call.gas;
    hook.opened = true;
    let called = hook.host().call(call);
    let used = handed.saturating_sub(called.gas_left);
    (called, price.saturating_add(used), used)
}

/// Creates an account and writes its address, zero for whatever went wrong inside.
fn create(hook: &mut Hook<'_>, at: CreateAt) -> Result<(), Escape> {
    hook.buy_ink(if at.salt.is_some() { pricing::CREATE2 } else { pricing::CALL })?;
    hook.buy_double_read(at.len)?;
    let code = hook.bytes(at.code, at.len)?;
    let endowment: U256 = hook.number(at.endowment)?;
    let salt = at.salt.map(|salt| hook.word(salt)).transpose()?;

    let left = hook.gas_left();
    let hashing = if salt.is_some() { CREATE2_WORD * u64::from(at.len.div_ceil(32)) } else { 0 };
    let price = CREATE + hashing;
    if hook.host().env().read_only {
        return Err(Escape::Failure("write protection: a creation in a read-only frame".into()));
    }
    if left < price {
        return Err(Escape::Failure(format!("out of gas: a creation costs {price} gas, {left} are left")));
    }
    let kept = (left - price) / 64;
    let handed = left - price - kept;
    hook.opened = true;
    let created = hook.host().create(Create { code: code.clone(), endowment, salt, gas: handed });
    let used = handed.saturating_sub(created.gas_left);
    hook.callees = hook.gas_to_ink(used);
    hook.buy_gas(price + used)?;

    hook.frame.return_data = created.output;
    let len = length(&hook.frame.return_data);
    hook.write(at.ret_len, &len.to_le_bytes())?;
    let address = created.address.unwrap_or_default();
    hook.write(at.address, address.as_slice())?;

    let endowment = endowment.to_be_bytes::<32>();
    let outs: [&[u8]; 2] = [address.as_slice(), &len.to_be_bytes()];
    match salt {
        None => hook.note("create1", &[&endowment, &code], &outs),
        Some(salt) => hook.note("create2", &[&endowment, salt.as_slice(), &code], &outs),
    }
    Ok(())
}
