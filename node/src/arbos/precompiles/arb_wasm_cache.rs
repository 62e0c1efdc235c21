//! ArbWasmCache (0x72): keeps programs cached, so that entering them is cheaper.

use alloy_primitives::B256;
use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Context, Fault, Method},
};
use crate::arbos::{
    programs::Program,
    storage::{CACHE_MANAGERS, CHAIN_OWNERS, MODULE_HASHES},
};

sol! {
    /// Manages the cache of Stylus programs.
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

pub(super) fn precompile() -> Precompile {
    use ArbWasmCache::*;
    let methods = vec![
        Method::view(|cx, call: isCacheManagerCall| CACHE_MANAGERS.contains(cx, call.manager)),
        Method::view(|cx, _: allCacheManagersCall| CACHE_MANAGERS.members(cx)),
        Method::action(|cx, call: cacheCodehashCall| set_cached(cx, call.codehash, true)).until(30),
        Method::action(|cx, call: cacheProgramCall| {
            let codehash = cx.code_hash(call.program)?;
            set_cached(cx, codehash, true)
        })
        .since(31),
        Method::action(|cx, call: evictCodehashCall| set_cached(cx, call.codehash, false)),
        Method::view(|cx, call: codehashIsCachedCall| Ok(Program::load(cx, call.codehash)?.cached)),
    ];
    Precompile::new("ArbWasmCache", 0x72, methods).since(30)
}

/// Caches a program or evicts it. Only cache managers and chain owners may; anyone else loses all gas.
fn set_cached(cx: &mut Context<'_>, codehash: B256, cached: bool) -> Result<(), Fault> {
    let caller = cx.call.caller;
    if !CACHE_MANAGERS.contains(cx, caller)? && !CHAIN_OWNERS.contains(cx, caller)? {
        return Err(Fault::Burned(format!("{caller} is neither a cache manager nor a chain owner")));
    }
    let params = cx.params()?;
    let program = Program::load(cx, codehash)?;
    if cached {
        program.cacheable(cx.now(), &params)?;
    }
    if program.cached == cached {
        return Ok(());
    }
    cx.emit(&ArbWasmCache::UpdateProgramCache { manager: caller, codehash, cached })?;
    cx.burn(u64::from(program.init_cost))?;
    MODULE_HASHES.get(cx, codehash)?;
    Program { cached, ..program }.save(cx, codehash)
}
