//! The program itself: what it was given, what it returns, its ink and its memory.

use alloy_primitives::Bytes;
use wasmtime::{Caller, Linker};

use super::{Escape, Frame, Purpose, VM_HOOKS, enter};
use crate::vm::pricing;

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, "read_args", |caller: Caller<'_, Frame>, dest: u32| {
        enter(caller, Purpose::Host, |hook| {
            let calldata = hook.frame.calldata.clone();
            hook.buy_ink(pricing::PLAIN)?;
            hook.buy_ink(pricing::write(length(&calldata)))?;
            hook.write(dest, &calldata)?;
            hook.note("read_args", &[], &[&calldata]);
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "write_result", |caller: Caller<'_, Frame>, data: u32, len: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            hook.buy_double_read(len)?;
            let output = hook.bytes(data, len)?;
            hook.note("write_result", &[&output], &[]);
            hook.frame.output = output;
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "exit_early", |caller: Caller<'_, Frame>, status: u32| {
        enter::<()>(caller, Purpose::Host, |hook| {
            hook.note("exit_early", &[&status.to_be_bytes()], &[]);
            Err(Escape::Exit(status))
        })
    })?;

    linker.func_wrap(VM_HOOKS, "read_return_data", |caller: Caller<'_, Frame>, dest: u32, offset: u32, size: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::ASK)?;
            let part = part_of(&hook.frame.return_data, offset, size);
            hook.buy_ink(pricing::write(length(&part)))?;
            hook.write(dest, &part)?;
            hook.note("read_return_data", &[&offset.to_be_bytes(), &size.to_be_bytes()], &[&part]);
            Ok(length(&part))
        })
    })?;

    linker.func_wrap(VM_HOOKS, "return_data_size", |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let size = length(&hook.frame.return_data);
            hook.note("return_data_size", &[], &[&size.to_be_bytes()]);
            Ok(size)
        })
    })?;

    linker.func_wrap(VM_HOOKS, "emit_log", |caller: Caller<'_, Frame>, data: u32, len: u32, topics: u32| {
        enter(caller, Purpose::Logs, |hook| {
            hook.buy_ink(pricing::ASK)?;
            if topics > 4 || len < 32 * topics {
                return Err(Escape::Failure(format!("bad topic data: {topics} topics in {len} bytes")));
            }
            hook.buy_ink(pricing::read(len))?;
            hook.buy_gas(375 * u64::from(1 + topics) + 8 * u64::from(len - 32 * topics))?;
            let record = hook.bytes(data, len)?;
            if hook.host().env().read_only {
                return Err(Escape::Failure("write protection: a log in a read-only frame".into()));
            }
            let split = 32 * topics as usize;
            let words = (0..split).step_by(32).map(|at| record.slice(at..at + 32));
            let words = words.map(|word| alloy_primitives::B256::from_slice(&word)).collect();
            hook.note("emit_log", &[&topics.to_be_bytes(), &record], &[]);
            hook.host().log(words, record.slice(split..));
            Ok(())
        })
    })?;

    linker.func_wrap(VM_HOOKS, "evm_gas_left", |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let gas = hook.gas_left();
            hook.note("evm_gas_left", &[], &[&gas.to_be_bytes()]);
            Ok(gas)
        })
    })?;

    linker.func_wrap(VM_HOOKS, "evm_ink_left", |caller: Caller<'_, Frame>| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::PLAIN)?;
            let ink = hook.ink_left();
            hook.note("evm_ink_left", &[], &[&ink.to_be_bytes()]);
            Ok(ink)
        })
    })?;

    linker.func_wrap(VM_HOOKS, "pay_for_memory_grow", |caller: Caller<'_, Frame>, pages: u32| {
        enter(caller, Purpose::Host, |hook| {
            // The function takes 16 bits; whatever else the program passes is cut off.
            let new = pages as u16;
            if new == 0 {
                hook.buy_ink(pricing::PLAIN)?;
            } else {
                let rules = hook.frame.rules;
                let cost = hook.host().pages().add(new, &rules);
                hook.buy_gas(cost)?;
            }
            hook.note("pay_for_memory_grow", &[&new.to_be_bytes()], &[]);
            Ok(())
        })
    })?;
    Ok(())
}

/// Length of data that lies within the VM's own bounds.
pub(super) fn length(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

/// The part of data that a request overlaps, none where it begins past the end.
pub(super) fn part_of(data: &Bytes, offset: u32, size: u32) -> Bytes {
    let start = (offset as usize).min(data.len());
    let end = start.saturating_add(size as usize).min(data.len());
    data.slice(start..end)
}
