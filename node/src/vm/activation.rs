//! What activation finds out about a module, and what finding it out costs.

use super::module::{Module, element_len};
use super::{Activation, Rejection, Rules, instrument};

/// A module that passed every check, instrumented.
pub(super) struct Examined<'a> {
    pub module: Module<'a>,
    pub activation: Activation,
}

/// Examines a module as ArbOS does: parse, instrument, estimate, check the limits, check that it is a program.
pub(super) fn examine<'a>(wasm: &'a [u8], rules: &Rules, page_limit: u16) -> Result<Examined<'a>, Rejection> {
    let mut module = Module::parse(wasm, rules)?;
    instrument::instrument(&mut module, rules)?;
    module.check_limits(rules)?;
    module.check_program(rules, page_limit)?;
    let activation = estimate(&module, rules)?;
    Ok(Examined { module, activation })
}

/// The estimates are linear in counts of the instrumented module, each term rounded down by itself.
fn estimate(module: &Module<'_>, rules: &Rules) -> Result<Activation, Rejection> {
    let pages = module.memories.first().map_or(0, |memory| memory.initial);
    let functions = module.bodies.len() as u64;
    let globals = module.globals.len() as u64;
    let wasm_len = module.wasm_len as u64;
    let (mut type_len, mut data_len, mut data_bytes, mut element_bytes) = (0u64, 0u64, 0u64, 0u64);
    for &ty in &module.functions {
        type_len += module.types.get(ty as usize).map_or(0, |ty| ty.params().len() + ty.results().len()) as u64;
    }
    for data in &module.data {
        data_len += data.range.len() as u64;
        data_bytes += data.data.len() as u64;
    }
    for element in &module.elements {
        element_len(element)?;
        data_len += element.range.len() as u64;
        element_bytes += element.range.len() as u64;
    }
    let operators = module.bodies.iter().map(|body| body.code.len() as u64).sum::<u64>();

    let asm = 512_000 + functions * 996_829 / 1000 + type_len * 11_416 / 1000 + wasm_len * 62_628 / 10_000;
    let cached = functions * 13_420 / 100_000
        + type_len * 89 / 100_000
        + wasm_len * 122 / 100_000
        + globals * 1628 / 1000
        + data_len * 75_244 / 100_000
        + pages * 5;
    // From version 2 on the price of a cached entry is charged beside this one, not as a part of it.
    let counted = if rules.stylus == 1 { cached } else { 0 };
    let init = counted + functions * 8252 / 1000 + type_len * 1059 / 1000 + wasm_len * 1286 / 10_000;

    let mut gas = 0;
    let mut pay = |microseconds: u64| gas += microseconds * GAS_PER_MICROSECOND;
    if rules.arbos >= 32 {
        pay(wasm_len * 31_733 / 100_000);
    }
    pay(functions * 17_263 / 100_000);
    pay(data_bytes * 17_376 / 100_000);
    pay(element_bytes * 17_376 / 100_000);
    pay(pages * 2217);
    pay(operators * 535 / 1000);

    Ok(Activation {
        asm_estimate: asm.try_into().map_err(|_| Rejection::Estimate("size of the native code", asm))?,
        init_cost: init.try_into().map_err(|_| Rejection::Estimate("cost of initialisation", init))?,
        cached_init_cost: cached.try_into().map_err(|_| Rejection::Estimate("cost of cached initialisation", cached))?,
        footprint: pages.try_into().map_err(|_| Rejection::Estimate("memory footprint", pages))?,
        gas,
    })
}

/// A chain that does 14,000,000 gas in half a second.
const GAS_PER_MICROSECOND: u64 = 14_000_000 / 500_000;
