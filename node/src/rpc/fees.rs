//! Fees: the base fee is all there is, for Arbitrum drops tips.

use jsonrpsee::core::RegisterMethodError;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::{Args, Number, Quantity},
    errors::{invalid, refused},
    json::quantity,
    method,
};
use crate::chain::Chain;

/// The most blocks that one answer covers, as in geth.
const LONGEST: u64 = 1024;

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["eth_gasPrice"], |chain, _| Ok(quantity(chain.next_env().base_fee)))?;
    method(methods, &["eth_maxPriorityFeePerGas"], |_, _| Ok(quantity(0)))?;
    method(methods, &["eth_feeHistory"], history)
}

/// Base fees of some blocks and of the one after them, and how full they were. Tips are nothing at every percentile.
fn history(chain: &mut Chain, args: &mut Args) -> Answer {
    let wanted = args.need::<Quantity>("blockCount")?.0.min(LONGEST);
    let newest = chain.number_of(args.need::<Number>("newestBlock")?.0);
    let percentiles: Vec<f64> = args.maybe("rewardPercentiles")?.unwrap_or_default();
    let head = chain.head().header.number;
    if newest > head {
        return Err(refused(format!("request beyond head block: requested {newest}, head {head}")));
    }
    if percentiles.iter().any(|percentile| !(0.0..=100.0).contains(percentile)) || !percentiles.is_sorted() {
        return Err(invalid("rewardPercentiles", "percentiles from 0 to 100, in ascending order, are expected"));
    }
    if wanted == 0 {
        return Ok(json!({ "oldestBlock": quantity(0), "gasUsedRatio": [], "baseFeePerGas": [] }));
    }

    let oldest = (newest + 1).saturating_sub(wanted);
    let blocks = chain.between(oldest, newest);
    let after = match chain.block(newest + 1) {
        Some(block) => block.header.base_fee_per_gas.unwrap_or_default(),
        None => chain.next_env().base_fee,
    };
    let fees: Vec<Value> =
        blocks.iter().map(|block| block.header.base_fee_per_gas.unwrap_or_default()).chain([after]).map(quantity).collect();
    let ratios: Vec<f64> = blocks.iter().map(|block| block.header.gas_used as f64 / block.header.gas_limit as f64).collect();
    let mut answer = json!({ "oldestBlock": quantity(oldest), "baseFeePerGas": fees, "gasUsedRatio": ratios });
    if !percentiles.is_empty() {
        answer["reward"] = json!(vec![vec![quantity(0); percentiles.len()]; blocks.len()]);
    }
    Ok(answer)
}
