//! What a transaction did inside.

use alloy_primitives::B256;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

use super::{Answer, Methods, args::Args, json, method};
use crate::chain::Chain;

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["stylus_gasProfile"], gas_profile)
}

/// What the gas of a mined transaction went to; null where there is none of this hash.
fn gas_profile(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    Ok(chain.mined(hash).map_or(Value::Null, |(block, index)| json::gas_profile(&block.transactions[index].receipt.profile)))
}
