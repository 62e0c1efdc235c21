//! A cache manager that works, in place of the published one, which cannot answer (see `README.md` here).
//!
//! It speaks as much of CacheManager's interface as cargo-stylus does. Its cache is never full, so every least bid is
//! nothing, and whatever is bid stays with it; it evicts nothing and keeps no list of bids.

use alloy_primitives::hex;

/// Its code: `placeBid(address)` caches a program through ArbWasmCache. Errors of the precompiles are passed on.
pub(super) static RUNTIME: [u8; 204] = hex!(
    "5f3560e01c" // the selector
    "8063e494015714606357" // placeBid(address): 0x63
    "8063674a64e014605357" // cacheSize(): 0x53
    "8063b187bd2614604e57" // isPaused(): 0x4e
    "806332052a9b14604e57" // getMinBid(address)
    "8063d29b303e14604e57" // getMinBid(uint64)
    "8063bae6c2ad14604e57" // queueSize()
    "806354fac91914604e57" // decay()
    "5f5ffd" // anything else reverts
    "5b60205ff3" // 0x4e: false, or 0
    "5b67ffffffffffffffff5f5260205ff3" // 0x53: 2^64 - 1
    "5b63a72f179b5f52" // 0x63: codehashIsCached(bytes32)
    "6004353f602052" // of the code hash of the program
    "602060406024601c60725afa" // asked of ArbWasmCache
    "5060405160bf57" // it is: 0xbf
    "63d70c0ca75f52" // codehashVersion(bytes32)
    "5f5f6024601c60715afa" // asked of ArbWasm, which refuses what is not activated
    "1560b757" // with an error: 0xb7
    "63e73ac9f25f52600435602052" // cacheProgram(address)
    "5f5f6024601c5f60725af1"
    "1560b757"
    "00"
    "5b3d5f5f3e3d5ffd" // 0xb7: reverts with the same error
    "5b63c7e2d8e55f526024601cfd" // 0xbf: AlreadyCached(bytes32)
);
