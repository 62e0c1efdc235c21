//! ArbGasInfo (0x6c): what gas and data cost.

use alloy_primitives::{I256, U256};
use alloy_sol_types::sol;

use super::{
    Precompile,
    method::{Context, Fault, Method},
};
use crate::arbos::{
    POSTING_FUNDS,
    storage::{
        BACKLOG_TOLERANCE, GAS_BACKLOG, L1_COST_CAP_BIPS, L1_EQUILIBRATION_UNITS, L1_INERTIA, L1_PER_BATCH_GAS,
        L1_PRICE_PER_UNIT, L1_REWARD_RATE, L1_REWARD_RECIPIENT, MAX_BLOCK_GAS, MAX_TX_GAS, MIN_BASE_FEE, PRICING_INERTIA,
        SPEED_LIMIT,
    },
};

sol! {
    /// Prices and the state of the pricing models.
    interface ArbGasInfo {
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorage, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
        function getPricesInWei() external view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorage, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorage);
        function getPricesInArbGas() external view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorage);
        function getGasAccountingParams() external view returns (uint256 speedLimitPerSecond, uint256 gasPoolMax, uint256 maxTxGasLimit);
        function getMaxTxGasLimit() external view returns (uint256);
        function getMaxBlockGasLimit() external view returns (uint64);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
        function getGasPricingConstraints() external view returns (uint64[3][]);
    }
}

/// Units that a byte posted to the parent chain counts for.
const UNITS_PER_BYTE: u64 = 16;

/// Bytes that a simple transaction is taken to have.
const SIMPLE_TX_BYTES: u64 = 140;

/// Gas of a storage write.
const STORAGE_GAS: u64 = 20_000;

pub(super) fn precompile() -> Precompile {
    use ArbGasInfo::*;
    let methods = vec![
        // Who posts makes no difference any more.
        Method::view(|cx, _: getPricesInWeiWithAggregatorCall| Ok(prices_in_wei(cx)?.into())),
        Method::view(|cx, _: getPricesInWeiCall| Ok(prices_in_wei(cx)?.into())),
        Method::view(|cx, _: getPricesInArbGasWithAggregatorCall| Ok(prices_in_gas(cx)?.into())),
        Method::view(|cx, _: getPricesInArbGasCall| Ok(prices_in_gas(cx)?.into())),
        Method::view(|cx, _: getGasAccountingParamsCall| {
            let speed = SPEED_LIMIT.get(cx)?;
            let limit = U256::from(MAX_BLOCK_GAS.get(cx)?);
            Ok((U256::from(speed), limit, limit).into())
        }),
        Method::view(|cx, _: getMaxTxGasLimitCall| MAX_TX_GAS.get(cx).map(U256::from)).since(50),
        Method::view(|cx, _: getMaxBlockGasLimitCall| MAX_BLOCK_GAS.get(cx)).since(50),
        Method::view(|cx, _: getMinimumGasPriceCall| MIN_BASE_FEE.get(cx)),
        Method::view(|cx, _: getL1BaseFeeEstimateCall| L1_PRICE_PER_UNIT.get(cx)),
        Method::view(|cx, _: getL1GasPriceEstimateCall| L1_PRICE_PER_UNIT.get(cx)),
        Method::view(|cx, _: getL1BaseFeeEstimateInertiaCall| L1_INERTIA.get(cx)),
        Method::view(|cx, _: getL1RewardRateCall| L1_REWARD_RATE.get(cx)),
        Method::view(|cx, _: getL1RewardRecipientCall| L1_REWARD_RECIPIENT.get(cx)),
        Method::view(|cx, _: getCurrentTxL1GasFeesCall| Ok(cx.call.poster_fee)),
        Method::view(|cx, _: getGasBacklogCall| GAS_BACKLOG.get(cx)),
        Method::view(|cx, _: getPricingInertiaCall| PRICING_INERTIA.get(cx)),
        Method::view(|cx, _: getGasBacklogToleranceCall| BACKLOG_TOLERANCE.get(cx)),
        Method::view(|cx, _: getL1PricingSurplusCall| {
            // What is due for posting and for rewards: nobody posts, so nothing is.
            cx.unkept::<U256>()?;
            cx.unkept::<U256>()?;
            fees_available(cx).map(I256::from_raw)
        }),
        Method::view(|cx, _: getPerBatchGasChargeCall| Ok(L1_PER_BATCH_GAS.get(cx)?.as_i64())),
        Method::view(|cx, _: getAmortizedCostCapBipsCall| L1_COST_CAP_BIPS.get(cx)),
        Method::view(|cx, _: getL1FeesAvailableCall| fees_available(cx)),
        Method::view(|cx, _: getL1PricingEquilibrationUnitsCall| L1_EQUILIBRATION_UNITS.get(cx)),
        Method::view(|cx, _: getLastL1PricingUpdateTimeCall| cx.unkept()),
        Method::view(|cx, _: getL1PricingFundsDueForRewardsCall| cx.unkept()),
        Method::view(|cx, _: getL1PricingUnitsSinceUpdateCall| cx.unkept()),
        Method::view(|cx, _: getLastL1PricingSurplusCall| cx.unkept()),
        // The chain has the one speed limit and no constraints.
        Method::view(|cx, _: getGasPricingConstraintsCall| cx.unkept::<u64>().map(|_| Vec::new())).since(50),
    ];
    Precompile::new("ArbGasInfo", 0x6c, methods)
}

/// Wei for: a simple transaction's data, a byte of data, a storage write, a unit of gas (the least, what congestion adds,
/// both together).
fn prices_in_wei(cx: &mut Context<'_>) -> Result<(U256, U256, U256, U256, U256, U256), Fault> {
    let per_byte = L1_PRICE_PER_UNIT.get(cx)?.saturating_mul(U256::from(UNITS_PER_BYTE));
    let base_fee = U256::from(cx.call.block.base_fee);
    let least = MIN_BASE_FEE.get(cx)?.min(base_fee);
    let per_tx = per_byte.saturating_mul(U256::from(SIMPLE_TX_BYTES));
    Ok((per_tx, per_byte, base_fee * U256::from(STORAGE_GAS), least, base_fee - least, base_fee))
}

/// Gas for: a simple transaction's data, a byte of data, a storage write.
fn prices_in_gas(cx: &mut Context<'_>) -> Result<(U256, U256, U256), Fault> {
    let per_byte = L1_PRICE_PER_UNIT.get(cx)?.saturating_mul(U256::from(UNITS_PER_BYTE));
    let per_tx = per_byte.saturating_mul(U256::from(SIMPLE_TX_BYTES));
    let base_fee = U256::from(cx.call.block.base_fee);
    let in_gas = |wei: U256| wei.checked_div(base_fee).unwrap_or_default();
    Ok((in_gas(per_tx), in_gas(per_byte), U256::from(STORAGE_GAS)))
}

/// What transactions paid for posting. Nobody is paid out of it here, so it is all there.
fn fees_available(cx: &mut Context<'_>) -> Result<U256, Fault> {
    cx.unkept::<U256>()?;
    Ok(cx.ledger.balance(POSTING_FUNDS))
}
