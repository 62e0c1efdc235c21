//! Block, transaction and frame, as the program asks for them.

use wasmtime::{Caller, Linker};

use super::{Frame, Purpose, VM_HOOKS, enter};
use crate::vm::{Env, pricing};

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    number(linker, "chainid", |env| env.chainid)?;
    number(linker, "block_gas_limit", |env| env.block_gas_limit)?;
    number(linker, "block_number", |env| env.block_number)?;
    number(linker, "block_timestamp", |env| env.timestamp)?;

    value(linker, "block_basefee", |env| env.basefee.to_be_bytes::<32>())?;
    value(linker, "block_coinbase", |env| env.coinbase.into_array())?;
    value(linker, "contract_address", |env| env.address.into_array())?;
    value(linker, "msg_sender", |env| env.sender.into_array())?;
    value(linker, "msg_value", |env| env.value.to_be_bytes::<32>())?;
    value(linker, "tx_gas_price", |env| env.gas_price.to_be_bytes::<32>())?;
    value(linker, "tx_origin", |env| env.origin.into_array())?;

    linker.func_wrap(VM_HOOKS, "msg_reentrant", |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let reentrant = u32::from(hook.host().env().reentrant);
            hook.note("msg_reentrant", &[], &[&reentrant.to_be_bytes()]);
            Ok(reentrant)
        })
    })?;

    linker.func_wrap(VM_HOOKS, "tx_ink_price", |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let price = hook.frame.rules.ink_price;
            hook.note("tx_ink_price", &[], &[&price.to_be_bytes()]);
            Ok(price)
        })
    })?;
    Ok(())
}

/// Defines a function that returns a number.
fn number(linker: &mut Linker<Frame>, name: &'static str, of: fn(&Env) -> u64) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, name, move |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let number = of(hook.host().env());
            hook.note(name, &[], &[&number.to_be_bytes()]);
            Ok(number)
        })
    })?;
    Ok(())
}

/// Defines a function that writes a value of fixed size.
fn value<const N: usize>(linker: &mut Linker<Frame>, name: &'static str, of: fn(&Env) -> [u8; N]) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, name, move |caller: Caller<'_, Frame>, dest: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::VALUE)?;
            let value = of(hook.host().env());
            hook.write(dest, &value)?;
            hook.note(name, &[], &[&value]);
            Ok(())
        })
    })?;
    Ok(())
}
