//! ArbWasm (0x71): activates programs and tells what is known of them.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Context, Fault, Method, copy_gas},
};
use crate::{
    arbos::{
        CodeKind, StylusParams,
        code::Root,
        params::{PAGE_RAMP, SCALAR_PERCENT},
        pricing::data_fee,
        programs::{Program, ProgramError, hours},
        storage::{ACTIVATION_GAS, MODULE_HASHES, NETWORK_FEE_ACCOUNT},
        wasm_of,
    },
    vm,
};

sol! {
    /// Manages Stylus programs.
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 _days);
        function keepaliveDays() external view returns (uint16 _days);
        function blockCacheSize() external view returns (uint16 count);
        function activationGas() external view returns (uint64 gas);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

impl From<ProgramError> for Fault {
    fn from(error: ProgramError) -> Self {
        match error {
            ProgramError::NotActivated => Self::error(ArbWasm::ProgramNotActivated {}),
            ProgramError::NeedsUpgrade { program, stylus } => {
                Self::error(ArbWasm::ProgramNeedsUpgrade { version: program, stylusVersion: stylus })
            }
            ProgramError::Expired { age } => Self::error(ArbWasm::ProgramExpired { ageInSeconds: age }),
        }
    }
}

/// Gas that an activation burns before anything is known of the program.
const ACTIVATION_FIXED_GAS: u64 = 1_659_168;

/// ArbOS version with fragments, a tunable activation price and Solidity's error for code that is no program.
const CONTRACT_LIMIT: u64 = 60;

pub(super) fn precompile() -> Precompile {
    use ArbWasm::*;
    let methods = vec![
        Method::payable(activate_program),
        Method::payable(codehash_keepalive),
        Method::view(|cx, _: stylusVersionCall| Ok(cx.params()?.version)),
        Method::view(|cx, call: codehashVersionCall| Ok(active(cx, call.codehash)?.0.version)),
        Method::view(|cx, call: codehashAsmSizeCall| Ok(active(cx, call.codehash)?.0.asm_size())),
        Method::view(|cx, call: programVersionCall| {
            let codehash = cx.code_hash(call.program)?;
            Ok(active(cx, codehash)?.0.version)
        }),
        Method::view(|cx, call: programInitGasCall| {
            let codehash = cx.code_hash(call.program)?;
            let (program, params) = active(cx, codehash)?;
            let cached = program.cached_gas(&params);
            let init = program.init_gas(&params);
            Ok(if params.version > 1 { (init + cached, cached) } else { (init, cached) }.into())
        }),
        Method::view(|cx, call: programMemoryFootprintCall| {
            let codehash = cx.code_hash(call.program)?;
            Ok(active(cx, codehash)?.0.footprint)
        }),
        Method::view(|cx, call: programTimeLeftCall| {
            let codehash = cx.code_hash(call.program)?;
            let (program, params) = active(cx, codehash)?;
            Ok(program.time_left(cx.now(), &params))
        }),
        Method::view(|cx, _: inkPriceCall| Ok(cx.params()?.ink_price)),
        Method::view(|cx, _: maxStackDepthCall| Ok(cx.params()?.max_stack_depth)),
        Method::view(|cx, _: freePagesCall| Ok(cx.params()?.free_pages)),
        Method::view(|cx, _: pageGasCall| Ok(cx.params()?.page_gas)),
        Method::view(|cx, _: pageRampCall| cx.params().map(|_| PAGE_RAMP)),
        Method::view(|cx, _: pageLimitCall| Ok(cx.params()?.page_limit)),
        Method::view(|cx, _: minInitGasCall| {
            let params = cx.params()?;
            if cx.arbos < 32 {
                return Err("minInitGas exists from ArbOS 32 on".into());
            }
            Ok(params.min_gas().into())
        }),
        Method::view(|cx, _: initCostScalarCall| Ok(u64::from(cx.params()?.init_cost_scalar) * SCALAR_PERCENT)),
        Method::view(|cx, _: expiryDaysCall| Ok(cx.params()?.expiry_days)),
        Method::view(|cx, _: keepaliveDaysCall| Ok(cx.params()?.keepalive_days)),
        Method::view(|cx, _: blockCacheSizeCall| Ok(cx.params()?.block_cache_size)),
        Method::view(|cx, _: activationGasCall| ACTIVATION_GAS.get(cx)).since(CONTRACT_LIMIT),
    ];
    Precompile::new("ArbWasm", 0x71, methods).since(30)
}

/// The entry of a program that may run now.
fn active(cx: &mut Context<'_>, codehash: B256) -> Result<(Program, StylusParams), Fault> {
    let params = cx.params()?;
    let program = Program::load(cx, codehash)?;
    program.check(cx.now(), &params)?;
    Ok((program, params))
}

fn activate_program(cx: &mut Context<'_>, call: ArbWasm::activateProgramCall) -> Result<ArbWasm::activateProgramReturn, Fault> {
    if cx.arbos >= CONTRACT_LIMIT {
        let extra = ACTIVATION_GAS.get(cx)?;
        cx.burn(extra)?;
    }
    cx.burn(ACTIVATION_FIXED_GAS)?;

    let codehash = cx.ledger.code_hash(call.program);
    let params = cx.params()?;
    let now = cx.now();
    let old = Program::load(cx, codehash)?;
    if old.version == params.version && !old.expired(now, &params) {
        return Err(Fault::error(ArbWasm::ProgramUpToDate {}));
    }
    let wasm = read_wasm(cx, call.program, &params)?;

    let rules = params.rules(cx.arbos, true);
    let page_limit = params.page_limit.saturating_sub(cx.call.pages.open);
    // From here on whatever goes wrong takes all gas.
    let activation =
        vm::activate(&wasm, &rules, page_limit).map_err(|error| Fault::Burned(format!("program activation failed: {error}")))?;
    cx.burn(activation.gas)?;
    if old.cached {
        MODULE_HASHES.get(cx, codehash)?;
    }
    // Nitro hashes its prover's view of the module here; a node that proves nothing names it by its own hash.
    let module_hash = keccak256(&wasm);
    MODULE_HASHES.set(cx, codehash, module_hash.into())?;
    let fee = data_fee(cx, activation.asm_estimate, now)?;
    let program = Program {
        version: params.version,
        init_cost: activation.init_cost,
        cached_cost: activation.cached_init_cost,
        footprint: activation.footprint,
        activated_at: hours(now),
        asm_kb: activation.asm_estimate.div_ceil(1024),
        cached: old.cached,
    };
    program.save(cx, codehash)?;

    pay_data_fee(cx, fee)?;
    cx.emit(&ArbWasm::ProgramActivated {
        codehash,
        moduleHash: module_hash,
        program: call.program,
        dataFee: fee,
        version: params.version,
    })?;
    Ok((params.version, fee).into())
}

/// The module of the program to activate. What an account with no module answers depends on the version.
fn read_wasm(cx: &mut Context<'_>, program: Address, params: &StylusParams) -> Result<Vec<u8>, Fault> {
    let code = cx.ledger.code(program);
    if code.is_empty() {
        return Err(Fault::error(ArbWasm::ProgramNotWasm {}));
    }
    match CodeKind::of(&code, cx.arbos) {
        Some(CodeKind::Root) => {
            let root = Root::parse(&code)?;
            root.check(params)?;
            root.assemble(|address| read_fragment(cx, address))
        }
        None if cx.arbos >= CONTRACT_LIMIT => Err(Fault::error(ArbWasm::ProgramNotWasm {})),
        _ => wasm_of(cx.ledger, &code).map_err(Fault::Refused),
    }
}

/// Reads a fragment for gas: as EXTCODECOPY, and only if there is enough for the largest code that there can be.
fn read_fragment(cx: &mut Context<'_>, address: Address) -> Result<Bytes, Fault> {
    const MAX_CODE_SIZE: usize = 24_576;
    let account = if cx.ledger.touch(address) { 2_600 } else { 100 };
    if cx.gas < account + copy_gas(MAX_CODE_SIZE) {
        cx.gas = 0;
        return Err(Fault::OutOfGas);
    }
    let code = cx.ledger.code(address);
    cx.burn(account + copy_gas(code.len()))?;
    Ok(code)
}

fn codehash_keepalive(
    cx: &mut Context<'_>,
    call: ArbWasm::codehashKeepaliveCall,
) -> Result<ArbWasm::codehashKeepaliveReturn, Fault> {
    let (program, params) = active(cx, call.codehash)?;
    let now = cx.now();
    if program.young(now, &params) {
        return Err(Fault::error(ArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: program.age(now) }));
    }
    let fee = data_fee(cx, program.asm_size(), now)?;
    Program { activated_at: hours(now), ..program }.save(cx, call.codehash)?;
    pay_data_fee(cx, fee)?;
    cx.emit(&ArbWasm::ProgramLifetimeExtended { codehash: call.codehash, dataFee: fee })?;
    Ok(ArbWasm::codehashKeepaliveReturn {})
}

/// Takes the fee out of the value of the call and gives the rest of it back to the caller.
fn pay_data_fee(cx: &mut Context<'_>, fee: U256) -> Result<(), Fault> {
    let value = cx.call.value;
    let Some(rest) = value.checked_sub(fee) else {
        return Err(Fault::error(ArbWasm::ProgramInsufficientValue { have: value, want: fee }));
    };
    let network = NETWORK_FEE_ACCOUNT.get(cx)?;
    let (own, caller) = (cx.call.address, cx.call.caller);
    if cx.ledger.transfer(own, network, fee) && cx.ledger.transfer(own, caller, rest) {
        Ok(())
    } else {
        Err("the value of the call is not in ArbWasm's account".into())
    }
}
