//! What Arbitrum itself offers for deploying, activating and caching programs: as far as scripts and tests call it.

crate::words! {
    /// Creates a program, activates it and calls its constructor, in one transaction
    /// (at 0xcEcba2F1DC234f70Dd89F2041029807F8D03A990 on every Arbitrum chain).
    interface StylusDeployer {
        /// Creates `bytecode`, activates it if its code is not, and calls it with `initData` and `initValue`. What is left of
        /// the value after the activation's fee goes back to the caller. A `salt` other than zero makes the address depend on
        /// it and on `initData`.
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
            external payable returns (address);

        /// A program is at `deployedContract`.
        event ContractDeployed(address deployedContract);

        /// The creation failed.
        error ContractDeploymentError(bytes bytecode);
        /// The constructor of `newContract` failed.
        error ContractInitializationError(address newContract, bytes data);
        /// The caller does not take back what was left.
        error RefundExcessValueError(uint256 excessValue);
        /// There is nothing to create.
        error EmptyBytecode();
        /// A value for a constructor that is not called.
        error InitValueButNotInitData();
    }
}

crate::words! {
    /// Keeps programs initialised, for those who bid most.
    interface CacheManager {
        /// Bids the value sent for keeping `program` in the cache.
        function placeBid(address program) external payable;
        /// The least bid that would have `program` cached now, in wei.
        function getMinBid(address program) external view returns (uint192 min);

        /// `program` is kept, for `bid`; `size` bytes of the cache are its own.
        event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
        /// A program is not kept any more.
        event DeleteBid(bytes32 indexed codehash, uint192 bid, uint64 size);

        /// It is larger than the cache.
        error AsmTooLarge(uint256 asm, uint256 queueSize, uint256 cacheSize);
        /// It is kept already.
        error AlreadyCached(bytes32 codehash);
        /// The bid is below what others bid.
        error BidTooSmall(uint192 bid, uint192 min);
        /// Nobody can bid now.
        error BidsArePaused();
    }
}

crate::words! {
    /// The precompile at 0x71: programs and their activation.
    interface ArbWasm {
        /// Activates the code at `program` for the value sent, and gives back what the fee leaves.
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        /// Gives an active code another year, for the value sent, and gives back what the fee leaves.
        function codehashKeepalive(bytes32 codehash) external payable;
        /// Gas of entering `program`, as it is, and when it is cached.
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        /// Seconds until `program` must be activated again.
        function programTimeLeft(address program) external view returns (uint64 _secs);

        /// The code of `program` is active.
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        /// An active code has another year.
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        /// It is active already, for this version.
        error ProgramUpToDate();
        /// It was never activated.
        error ProgramNotActivated();
        /// It was activated for an older version.
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        /// Its activation is too old.
        error ProgramExpired(uint64 ageInSeconds);
        /// Its activation is too young to be extended.
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        /// The value does not pay the fee.
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

crate::words! {
    /// The precompile at 0x72: who may keep programs initialised, and which are.
    interface ArbWasmCache {
        /// Contracts that take bids; the last one is in use.
        function allCacheManagers() external view returns (address[] memory managers);
        /// Has `program` kept. Managers and chain owners only.
        function cacheProgram(address program) external;
        /// Has the code of `codehash` kept no longer. Managers and chain owners only.
        function evictCodehash(bytes32 codehash) external;
        /// Whether the code is kept.
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        /// `manager` had the code kept, or not any more.
        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

crate::words! {
    /// What a node answers at 0xc8, and only to calls over RPC.
    interface NodeInterface {
        /// Gas that posting a transaction to the parent chain is charged as, at the prices of now.
        function gasEstimateL1Component(address to, bool contractCreation, bytes calldata data)
            external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    }
}
