//! ArbOwner (0x70): how chain owners govern the chain. Calls cost them nothing and each is logged.

use alloy_primitives::{Address, I256, U256};
use alloy_sol_types::{SolEvent, sol};

use super::{
    Access, Precompile,
    method::{Context, Fault, Method},
};
use crate::arbos::{
    NEWEST,
    params::{MIN_CACHED_GAS_UNIT, MIN_INIT_GAS_UNIT, SCALAR_PERCENT},
    storage::{
        ACTIVATION_GAS, AddressSet, BACKLOG_TOLERANCE, BASE_FEE, BROTLI_LEVEL, CACHE_MANAGERS, CALLDATA_PRICE_INCREASE,
        CHAIN_OWNERS, COLLECT_TIPS, FILTERED_FUNDS_RECIPIENT, FILTERING_FROM, GAS_BACKLOG, INFRA_FEE_ACCOUNT, L1_COST_CAP_BIPS,
        L1_EQUILIBRATION_UNITS, L1_GAS_FLOOR, L1_INERTIA, L1_PER_BATCH_GAS, L1_PRICE_PER_UNIT, L1_REWARD_RATE,
        L1_REWARD_RECIPIENT, MAX_BLOCK_GAS, MAX_TX_GAS, MIN_BASE_FEE, NATIVE_TOKEN_FROM, NATIVE_TOKEN_OWNERS,
        NETWORK_FEE_ACCOUNT, PRICING_INERTIA, SPEED_LIMIT, TRANSACTION_FILTERERS, UPGRADE_TIME, UPGRADE_VERSION,
    },
};

sol! {
    /// Changes what the chain runs by.
    interface ArbOwner {
        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address account) external view returns (bool);
        function getAllChainOwners() external view returns (address[]);
        function setNativeTokenManagementFrom(uint64 timestamp) external;
        function addNativeTokenOwner(address newOwner) external;
        function removeNativeTokenOwner(address ownerToRemove) external;
        function isNativeTokenOwner(address account) external view returns (bool);
        function getAllNativeTokenOwners() external view returns (address[]);
        function setTransactionFilteringFrom(uint64 timestamp) external;
        function addTransactionFilterer(address filterer) external;
        function removeTransactionFilterer(address filterer) external;
        function isTransactionFilterer(address account) external view returns (bool);
        function getAllTransactionFilterers() external view returns (address[]);
        function setFilteredFundsRecipient(address newRecipient) external;
        function getFilteredFundsRecipient() external view returns (address);
        function setL1BaseFeeEstimateInertia(uint64 inertia) external;
        function setL2BaseFee(uint256 priceInWei) external;
        function setMinimumL2BaseFee(uint256 priceInWei) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setMaxBlockGasLimit(uint64 limit) external;
        function setL2GasPricingInertia(uint64 sec) external;
        function setL2GasBacklogTolerance(uint64 sec) external;
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address newAccount) external;
        function setInfraFeeAccount(address newAccount) external;
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setL1PricingEquilibrationUnits(uint256 units) external;
        function setL1PricingInertia(uint64 inertia) external;
        function setL1PricingRewardRecipient(address recipient) external;
        function setL1PricingRewardRate(uint64 weiPerUnit) external;
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setParentGasFloorPerToken(uint64 gasFloorPerToken) external;
        function setPerBatchGasCharge(int64 cost) external;
        function setBrotliCompressionLevel(uint64 level) external;
        function setAmortizedCostCapBips(uint64 cap) external;
        function releaseL1PricerSurplusFunds(uint256 maxWeiToRelease) external returns (uint256);
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 _days) external;
        function setWasmKeepaliveDays(uint16 _days) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function setWasmActivationGas(uint64 gas) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setCalldataPriceIncrease(bool enable) external;
        function setCollectTips(bool collect) external;
        function setGasBacklog(uint64 backlog) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;

        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);
        event NativeTokenOwnerAdded(address indexed owner);
        event NativeTokenOwnerRemoved(address indexed owner);
        event TransactionFiltererAdded(address indexed filterer);
        event TransactionFiltererRemoved(address indexed filterer);
        event FilteredFundsRecipientSet(address indexed newRecipient);
    }
}

/// ArbOS version from which changes of these lists are logged by events of their own.
const LISTS_LOGGED_SINCE: u64 = 60;

/// The least notice for a feature that changes who may do what with people's money.
const FEATURE_DELAY: u64 = 7 * 24 * 3600;

pub(super) fn precompile() -> Precompile {
    let methods = [owners(), prices(), posting(), stylus(), chain()].into_iter().flatten().collect();
    Precompile { access: Access::Owners, ..Precompile::new("ArbOwner", 0x70, methods) }
}

/// Who may do what.
fn owners() -> Vec<Method> {
    use ArbOwner::*;
    vec![
        Method::action(|cx, call: addChainOwnerCall| {
            CHAIN_OWNERS.add(cx, call.newOwner)?;
            log_from(cx, LISTS_LOGGED_SINCE, &ChainOwnerAdded { owner: call.newOwner })
        }),
        Method::action(|cx, call: removeChainOwnerCall| {
            remove(cx, &CHAIN_OWNERS, call.ownerToRemove, "tried to remove non-owner")?;
            log_from(cx, LISTS_LOGGED_SINCE, &ChainOwnerRemoved { owner: call.ownerToRemove })
        }),
        Method::view(|cx, call: isChainOwnerCall| CHAIN_OWNERS.contains(cx, call.account)),
        Method::view(|cx, _: getAllChainOwnersCall| CHAIN_OWNERS.members(cx)),
        Method::action(|cx, call: setNativeTokenManagementFromCall| {
            let scheduled = NATIVE_TOKEN_FROM.get(cx)?;
            notice(cx.now(), scheduled, call.timestamp)?;
            NATIVE_TOKEN_FROM.set(cx, call.timestamp)
        })
        .since(41),
        Method::action(|cx, call: addNativeTokenOwnerCall| {
            let from = NATIVE_TOKEN_FROM.get(cx)?;
            if from == 0 || from > cx.now() {
                return Err("native token feature is not enabled yet".into());
            }
            NATIVE_TOKEN_OWNERS.add(cx, call.newOwner)?;
            log_from(cx, LISTS_LOGGED_SINCE, &NativeTokenOwnerAdded { owner: call.newOwner })
        })
        .since(41),
        Method::action(|cx, call: removeNativeTokenOwnerCall| {
            remove(cx, &NATIVE_TOKEN_OWNERS, call.ownerToRemove, "tried to remove non native token owner")?;
            log_from(cx, LISTS_LOGGED_SINCE, &NativeTokenOwnerRemoved { owner: call.ownerToRemove })
        })
        .since(41),
        Method::view(|cx, call: isNativeTokenOwnerCall| NATIVE_TOKEN_OWNERS.contains(cx, call.account)).since(41),
        Method::view(|cx, _: getAllNativeTokenOwnersCall| NATIVE_TOKEN_OWNERS.members(cx)).since(41),
        Method::action(|cx, call: setTransactionFilteringFromCall| {
            let scheduled = FILTERING_FROM.get(cx)?;
            notice(cx.now(), scheduled, call.timestamp)?;
            FILTERING_FROM.set(cx, call.timestamp)
        })
        .since(60),
        Method::action(|cx, call: addTransactionFiltererCall| {
            let from = FILTERING_FROM.get(cx)?;
            if from == 0 || from > cx.now() {
                return Err("transaction filtering feature is not enabled yet".into());
            }
            TRANSACTION_FILTERERS.add(cx, call.filterer)?;
            log_from(cx, LISTS_LOGGED_SINCE, &TransactionFiltererAdded { filterer: call.filterer })
        })
        .since(60),
        Method::action(|cx, call: removeTransactionFiltererCall| {
            remove(cx, &TRANSACTION_FILTERERS, call.filterer, "tried to remove non transaction filterer")?;
            log_from(cx, LISTS_LOGGED_SINCE, &TransactionFiltererRemoved { filterer: call.filterer })
        })
        .since(60),
        Method::view(|cx, call: isTransactionFiltererCall| TRANSACTION_FILTERERS.contains(cx, call.account)).since(60),
        Method::view(|cx, _: getAllTransactionFilterersCall| TRANSACTION_FILTERERS.members(cx)).since(60),
        Method::action(|cx, call: setFilteredFundsRecipientCall| {
            FILTERED_FUNDS_RECIPIENT.set(cx, call.newRecipient)?;
            log_from(cx, LISTS_LOGGED_SINCE, &FilteredFundsRecipientSet { newRecipient: call.newRecipient })
        })
        .since(60),
        Method::view(|cx, _: getFilteredFundsRecipientCall| FILTERED_FUNDS_RECIPIENT.get(cx)).since(60),
    ]
}

/// What gas costs and who is paid for it.
fn prices() -> Vec<Method> {
    use ArbOwner::*;
    vec![
        Method::action(|cx, call: setL2BaseFeeCall| BASE_FEE.set(cx, call.priceInWei)),
        Method::action(|cx, call: setMinimumL2BaseFeeCall| MIN_BASE_FEE.set(cx, call.priceInWei)),
        Method::action(|cx, call: setSpeedLimitCall| SPEED_LIMIT.set(cx, nonzero(call.limit, "speed limit")?)),
        Method::action(|cx, call: setMaxTxGasLimitCall| {
            // Until transactions got a limit of their own, it was the block's.
            let limit = if cx.arbos < 50 { MAX_BLOCK_GAS } else { MAX_TX_GAS };
            limit.set(cx, call.limit)
        }),
        Method::action(|cx, call: setMaxBlockGasLimitCall| MAX_BLOCK_GAS.set(cx, call.limit)).since(50),
        Method::action(|cx, call: setL2GasPricingInertiaCall| PRICING_INERTIA.set(cx, nonzero(call.sec, "price inertia")?)),
        Method::action(|cx, call: setL2GasBacklogToleranceCall| BACKLOG_TOLERANCE.set(cx, call.sec)),
        Method::action(|cx, call: setGasBacklogCall| GAS_BACKLOG.set(cx, call.backlog)).since(50),
        Method::view(|cx, _: getNetworkFeeAccountCall| NETWORK_FEE_ACCOUNT.get(cx)),
        Method::view(|cx, _: getInfraFeeAccountCall| INFRA_FEE_ACCOUNT.get(cx)),
        Method::action(|cx, call: setNetworkFeeAccountCall| NETWORK_FEE_ACCOUNT.set(cx, call.newAccount)),
        Method::action(|cx, call: setInfraFeeAccountCall| INFRA_FEE_ACCOUNT.set(cx, call.newAccount)),
        Method::action(|cx, call: setCalldataPriceIncreaseCall| CALLDATA_PRICE_INCREASE.set(cx, call.enable)).since(40),
        Method::action(|cx, call: setCollectTipsCall| COLLECT_TIPS.set(cx, call.collect)).since(60),
    ]
}

/// What posting to the parent chain costs.
fn posting() -> Vec<Method> {
    use ArbOwner::*;
    vec![
        Method::action(|cx, call: setL1BaseFeeEstimateInertiaCall| L1_INERTIA.set(cx, call.inertia)),
        Method::action(|cx, call: setL1PricingEquilibrationUnitsCall| L1_EQUILIBRATION_UNITS.set(cx, call.units)),
        Method::action(|cx, call: setL1PricingInertiaCall| L1_INERTIA.set(cx, call.inertia)),
        Method::action(|cx, call: setL1PricingRewardRecipientCall| L1_REWARD_RECIPIENT.set(cx, call.recipient)),
        Method::action(|cx, call: setL1PricingRewardRateCall| L1_REWARD_RATE.set(cx, call.weiPerUnit)),
        Method::action(|cx, call: setL1PricePerUnitCall| L1_PRICE_PER_UNIT.set(cx, call.pricePerUnit)),
        Method::action(|cx, call: setParentGasFloorPerTokenCall| L1_GAS_FLOOR.set(cx, call.gasFloorPerToken)).since(50),
        Method::action(|cx, call: setPerBatchGasChargeCall| L1_PER_BATCH_GAS.set(cx, I256::unchecked_from(call.cost))),
        Method::action(|cx, call: setBrotliCompressionLevelCall| {
            if call.level > 11 {
                return Err(format!("invalid brotli compression level {}; the highest is 11", call.level).into());
            }
            BROTLI_LEVEL.set(cx, call.level)
        }),
        Method::action(|cx, call: setAmortizedCostCapBipsCall| L1_COST_CAP_BIPS.set(cx, call.cap)),
        // All that is in the fund was paid for posting: there is no surplus.
        Method::write(|cx, _: releaseL1PricerSurplusFundsCall| cx.unkept::<U256>()),
    ]
}

/// The Stylus parameters.
fn stylus() -> Vec<Method> {
    use ArbOwner::*;
    vec![
        Method::action(|cx, call: setInkPriceCall| {
            if call.price == 0 || call.price >= 1 << 24 {
                return Err("ink price must be a positive uint24".into());
            }
            cx.set_params(|params| params.ink_price = call.price)
        }),
        Method::action(|cx, call: setWasmMaxStackDepthCall| cx.set_params(|params| params.max_stack_depth = call.depth)),
        Method::action(|cx, call: setWasmFreePagesCall| cx.set_params(|params| params.free_pages = call.pages)),
        Method::action(|cx, call: setWasmPageGasCall| cx.set_params(|params| params.page_gas = call.gas)),
        Method::action(|cx, call: setWasmPageLimitCall| cx.set_params(|params| params.page_limit = call.limit)),
        Method::action(|cx, call: setWasmMaxSizeCall| cx.set_params(|params| params.max_wasm_size = call.size)).since(40),
        Method::action(|cx, call: setWasmMinInitGasCall| {
            cx.set_params(|params| {
                params.min_init_gas = units(call.gas.into(), MIN_INIT_GAS_UNIT);
                params.min_cached_init_gas = units(call.cached.into(), MIN_CACHED_GAS_UNIT);
            })
        }),
        Method::action(|cx, call: setWasmInitCostScalarCall| {
            cx.set_params(|params| params.init_cost_scalar = units(call.percent, SCALAR_PERCENT))
        }),
        Method::action(|cx, call: setWasmExpiryDaysCall| cx.set_params(|params| params.expiry_days = call._days)),
        Method::action(|cx, call: setWasmKeepaliveDaysCall| cx.set_params(|params| params.keepalive_days = call._days)),
        Method::action(|cx, call: setWasmBlockCacheSizeCall| cx.set_params(|params| params.block_cache_size = call.count)),
        Method::action(|cx, call: setWasmActivationGasCall| ACTIVATION_GAS.set(cx, call.gas)).since(60),
        Method::action(|cx, call: setMaxStylusContractFragmentsCall| {
            cx.set_params(|params| params.max_fragments = call.maxFragments)
        })
        .since(60),
        Method::action(|cx, call: addWasmCacheManagerCall| CACHE_MANAGERS.add(cx, call.manager)),
        Method::action(|cx, call: removeWasmCacheManagerCall| {
            remove(cx, &CACHE_MANAGERS, call.manager, "tried to remove non-manager")
        }),
    ]
}

/// ArbOS itself.
fn chain() -> Vec<Method> {
    use ArbOwner::*;
    vec![Method::action(|cx, call: scheduleArbOSUpgradeCall| {
        if call.newVersion > NEWEST {
            return Err(format!("this node knows ArbOS up to version {NEWEST}, not {}", call.newVersion).into());
        }
        UPGRADE_VERSION.set(cx, call.newVersion)?;
        UPGRADE_TIME.set(cx, call.timestamp)
    })]
}

fn log_from(cx: &mut Context<'_>, version: u64, event: &impl SolEvent) -> Result<(), Fault> {
    if cx.arbos < version { Ok(()) } else { cx.emit(event) }
}

fn remove(cx: &mut Context<'_>, set: &AddressSet, address: Address, refusal: &'static str) -> Result<(), Fault> {
    if !set.contains(cx, address)? {
        return Err(refusal.into());
    }
    set.remove(cx, address)
}

fn nonzero(value: u64, name: &str) -> Result<u64, Fault> {
    if value == 0 { Err(format!("{name} must be nonzero").into()) } else { Ok(value) }
}

/// `value` in units that fit a byte, rounded up.
fn units(value: u64, unit: u64) -> u8 {
    u8::try_from(value.div_ceil(unit)).unwrap_or(u8::MAX)
}

/// Whether a feature scheduled for `scheduled` (0: off) may be rescheduled for `wanted` (0: off) at `now`.
fn notice(now: u64, scheduled: u64, wanted: u64) -> Result<(), Fault> {
    if wanted == 0 {
        return Ok(());
    }
    let earliest = now + FEATURE_DELAY;
    if (scheduled == 0 || scheduled > earliest) && wanted < earliest {
        return Err("the feature must be enabled at least 7 days in the future".into());
    }
    if scheduled > now && scheduled <= earliest && wanted < scheduled {
        return Err("the feature cannot be enabled earlier than it is scheduled".into());
    }
    Ok(())
}
