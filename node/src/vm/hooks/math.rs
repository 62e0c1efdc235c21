//! Hashing, and arithmetic on 256-bit numbers, big-endian, in place.

use alloy_primitives::{U256, keccak256};
use wasmtime::{Caller, Linker};

use super::{Frame, Purpose, VM_HOOKS, enter};
use crate::vm::pricing;

pub(super) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, "native_keccak256", |caller: Caller<'_, Frame>, data: u32, len: u32, dest: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::keccak(len))?;
            let preimage = hook.bytes(data, len)?;
            let digest = keccak256(&preimage);
            hook.write(dest, digest.as_slice())?;
            hook.note("native_keccak256", &[&preimage], &[digest.as_slice()]);
            Ok(())
        })
    })?;

    // A divisor of zero gives zero, as in the EVM.
    binary(linker, "math_div", |a, b| a.checked_div(b).unwrap_or_default())?;
    binary(linker, "math_mod", |a, b| a.checked_rem(b).unwrap_or_default())?;
    ternary(linker, "math_add_mod", pricing::MATH_ADD_MOD, U256::add_mod)?;
    ternary(linker, "math_mul_mod", pricing::MATH_MUL_MOD, U256::mul_mod)?;

    linker.func_wrap(VM_HOOKS, "math_pow", |caller: Caller<'_, Frame>, at: u32, exponent: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::MATH_POW)?;
            let (base, exponent) = (hook.number(at)?, hook.number(exponent)?);
            hook.buy_ink(pricing::pow(&exponent.to_be_bytes()))?;
            let result = base.wrapping_pow(exponent).to_be_bytes::<32>();
            hook.write(at, &result)?;
            hook.note("math_pow", &[&base.to_be_bytes::<32>(), &exponent.to_be_bytes::<32>()], &[&result]);
            Ok(())
        })
    })?;
    Ok(())
}

/// Defines a division: the result replaces the dividend.
fn binary(linker: &mut Linker<Frame>, name: &'static str, of: fn(U256, U256) -> U256) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, name, move |caller: Caller<'_, Frame>, at: u32, b: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(pricing::MATH_DIV)?;
            let (a, b) = (hook.number(at)?, hook.number(b)?);
            let result = of(a, b).to_be_bytes::<32>();
            hook.write(at, &result)?;
            hook.note(name, &[&a.to_be_bytes::<32>(), &b.to_be_bytes::<32>()], &[&result]);
            Ok(())
        })
    })?;
    Ok(())
}

/// Defines an operation under a modulus, zero under the modulus zero: the result replaces the first number.
fn ternary(linker: &mut Linker<Frame>, name: &'static str, price: u64, of: fn(U256, U256, U256) -> U256) -> wasmtime::Result<()> {
    linker.func_wrap(VM_HOOKS, name, move |caller: Caller<'_, Frame>, at: u32, b: u32, modulus: u32| {
        enter(caller, Purpose::Host, |hook| {
            hook.buy_ink(price)?;
            let (a, b, modulus) = (hook.number(at)?, hook.number(b)?, hook.number(modulus)?);
            let result = of(a, b, modulus).to_be_bytes::<32>();
            hook.write(at, &result)?;
            let args = [a, b, modulus].map(|number| number.to_be_bytes::<32>());
            hook.note(name, &[args.as_flattened()], &[&result]);
            Ok(())
        })
    })?;
    Ok(())
}
