//! Other accounts, seen from outside: balance, code, code hash.

use alloy_primitives::{Address, Bytes};
use wasmtime::{Caller, Linker};

use super::program::{length, part_of};
use super::{Escape, Frame, Hook, Purpose, VM_HOOKS, enter};
use crate::vm::pricing;
use crate::vm::storage::WARM;

/// Gas for an account that was cold.
const COLD_ACCOUNT: u64 = 2600;
/// Gas for code, on top of the account.
const CODE: u64 = 700;

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, "account_balance", |caller: Caller<'_, Frame>, address: u32, dest: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::ASK_TWO)?;
            hook.require_gas(COLD_ACCOUNT)?;
            let address = hook.address(address)?;
            let account = hook.host().account(address);
            hook.buy_gas(touch(account.cold))?;
            let balance = account.value.balance.to_be_bytes::<32>();
            hook.write(dest, &balance)?;
            hook.note("account_balance", &[address.as_slice()], &[&balance]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "account_codehash", |caller: Caller<'_, Frame>, address: u32, dest: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::ASK_TWO)?;
            hook.require_gas(COLD_ACCOUNT)?;
            let address = hook.address(address)?;
            let account = hook.host().account(address);
            hook.buy_gas(touch(account.cold))?;
            let hash = account.value.code_hash;
            hook.write(dest, hash.as_slice())?;
            hook.note("account_codehash", &[address.as_slice()], &[hash.as_slice()]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "account_code_size", |caller: Caller<'_, Frame>, address: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::ASK)?;
            hook.require_gas(COLD_ACCOUNT)?;
            let address = hook.address(address)?;
            let size = length(&code(hook, address)?);
            hook.note("account_code_size", &[address.as_slice()], &[&size.to_be_bytes()]);
            Ok(size)
        })
    })?;

    linker.func_wrap(
        VM_HOOKS,
        "account_code",
        |caller: Caller<'_, Frame>, address: u32, offset: u32, size: u32, dest: u32| {
            enter(caller, Purpose::Host, |hook| {
                hook.buy_ink(pricing::ASK)?;
                hook.require_gas(COLD_ACCOUNT)?;
                let address = hook.address(address)?;
                let code = code(hook, address)?;
                // However little of it is wanted, all of it is paid for.
                hook.buy_ink(pricing::write(length(&code)))?;
                let part = part_of(&code, offset, size);
                hook.write(dest, &part)?;
                hook.note("account_code", &[address.as_slice(), &offset.to_be_bytes(), &size.to_be_bytes()], &[&part]);
                Ok(length(&part))
            })
        },
    )?;
    Ok(())
}

fn touch(cold: bool) -> u64 {
    if cold { COLD_ACCOUNT } else { WARM }
}

/// Code of an account, paid for unless it is what the frame asked for last. Before ArbOS 40 empty code was remembered,
/// too. Whoever cannot pay ends out of ink, so that nothing is read for them.
fn code(hook: &mut Hook<'_>, address: Address) -> Result<Bytes, Escape> {
    if let Some((last, code)) = &hook.frame.last_code
        && *last == address
    {
        return Ok(code.clone());
    }
    let account = hook.host().account(address);
    hook.buy_gas(CODE + touch(account.cold))?;
    let code = hook.host().code(address);
    if !code.is_empty() || hook.frame.rules.arbos < 40 {
        hook.frame.last_code = Some((address, code.clone()));
    }
    Ok(code)
}
