//! Storage, through the frame's cache, and transient storage, which has none.

use wasmtime::{Caller, Linker};

use super::{Escape, Frame, Hook, Purpose, VM_HOOKS, enter};
use crate::vm::pricing;
use crate::vm::storage::{CACHE_ACCESS, COLD_SLOT, Flush, FlushResult, STORE_SENTRY, WARM};

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, "storage_load_bytes32", |caller: Caller<'_, Frame>, key: u32, dest: u32| {
        enter(caller, Purpose::Storage, |hook| {
            hook.buy_ink(pricing::CACHE)?;
            let api = api_gas(hook);
            hook.require_gas(COLD_SLOT + CACHE_ACCESS + api)?;
            let key = hook.word(key)?;
            let (storage, host) = hook.frame.storage_and_host();
            let (value, gas) = storage.load(key, api, host);
            hook.buy_gas(gas)?;
            hook.write(dest, value.as_slice())?;
            hook.note("storage_load_bytes32", &[key.as_slice()], &[value.as_slice()]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "storage_cache_bytes32", |caller: Caller<'_, Frame>, key: u32, value: u32| {
        enter(caller, Purpose::Storage, |hook| {
            hook.buy_ink(pricing::CACHE)?;
            hook.require_gas(STORE_SENTRY + CACHE_ACCESS)?;
            let (key, value) = (hook.word(key)?, hook.word(value)?);
            let gas = hook.frame.storage.write(key, value);
            hook.buy_gas(gas)?;
            hook.note("storage_cache_bytes32", &[key.as_slice(), value.as_slice()], &[]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "storage_flush_cache", |caller: Caller<'_, Frame>, clear: u32| {
        enter(caller, Purpose::Storage, |hook| {
            hook.buy_ink(pricing::ASK)?;
            hook.require_gas(STORE_SENTRY)?;
            let gas = hook.gas_left().saturating_add(1);
            let (storage, host) = hook.frame.storage_and_host();
            let flush = storage.flush(clear != 0, gas, host);
            pay_for_flush(hook, flush)?;
            hook.note("storage_flush_cache", &[&[u8::from(clear != 0)]], &[]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "transient_load_bytes32", |caller: Caller<'_, Frame>, key: u32, dest: u32| {
        enter(caller, Purpose::Storage, |hook| {
            hook.buy_ink(pricing::ASK_TWO)?;
            hook.buy_gas(WARM)?;
            let key = hook.word(key)?;
            let value = hook.host().transient_load(key);
            hook.write(dest, value.as_slice())?;
            hook.note("transient_load_bytes32", &[key.as_slice()], &[value.as_slice()]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "transient_store_bytes32", |caller: Caller<'_, Frame>, key: u32, value: u32| {
        enter(caller, Purpose::Storage, |hook| {
            hook.buy_ink(pricing::ASK_TWO)?;
            hook.buy_gas(WARM)?;
            let (key, value) = (hook.word(key)?, hook.word(value)?);
            if hook.host().env().read_only {
                return Err(Escape::Failure("write protection: a transient store in a read-only frame".into()));
            }
            hook.host().transient_store(key, value);
            hook.note("transient_store_bytes32", &[key.as_slice(), value.as_slice()], &[]);
            Ok(())
        })
    })?;
    Ok(())
}

/// Gas for asking the EVM for a slot. Before ArbOS 32 the price in ink was taken for one in gas.
fn api_gas(hook: &Hook<'_>) -> u64 {
    let rules = &hook.frame.rules;
    if rules.arbos < 32 { pricing::EVM_API } else { pricing::EVM_API / u64::from(rules.ink_price.max(1)) }
}

/// Takes the gas of a flush, and fails if it did not go through. Running out costs all that is left from ArbOS 50 on;
/// before, it was mistaken for a failure that costs nothing. Before ArbOS 32 no flush costs gas.
fn pay_for_flush(hook: &mut Hook<'_>, Flush { cost, result }: Flush) -> Result<(), Escape> {
    let arbos = hook.frame.rules.arbos;
    if result == FlushResult::OutOfGas && arbos < 50 {
        return Err(Escape::Failure("flush ran out of gas".into()));
    }
    if arbos >= 32 {
        hook.buy_gas(cost)?;
    }
    match result {
        FlushResult::Done => Ok(()),
        FlushResult::ReadOnly => Err(Escape::Failure("write protection: a store in a read-only frame".into())),
        FlushResult::OutOfGas => Err(Escape::Failure("flush ran out of gas".into())),
    }
}
