//! Accounts at a block: by number, tag, hash, or an object of EIP-1898. A block that does not exist is an error,
//! never the newest one.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256};
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

use super::{
    Methods,
    args::{Args, Slot},
    errors::{RpcError, refused},
    json::quantity,
    method,
};
use crate::{chain::Chain, state::State};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["eth_getBalance"], |chain, args| {
        let address: Address = args.need("address")?;
        Ok(json!(at(chain, args)?.balance(address)))
    })?;
    method(methods, &["eth_getCode"], |chain, args| {
        let address: Address = args.need("address")?;
        Ok(json!(at(chain, args)?.code(address)))
    })?;
    method(methods, &["eth_getStorageAt"], |chain, args| {
        let address: Address = args.need("address")?;
        let slot: Slot = args.need("slot")?;
        Ok(json!(B256::from(at(chain, args)?.storage(address, slot.0))))
    })?;
    method(methods, &["eth_getTransactionCount"], |chain, args| {
        let address: Address = args.need("address")?;
        let block = args.block("block")?;
        if block == BlockId::Number(BlockNumberOrTag::Pending) {
            return Ok(quantity(chain.pending_nonce(address)));
        }
        Ok(quantity(chain.block_at(block).map_err(refused)?.state.nonce(address)))
    })
}

/// The state at the block that the next parameter names.
fn at<'a>(chain: &'a Chain, args: &mut Args) -> Result<&'a State, RpcError> {
    Ok(&chain.block_at(args.block("block")?).map_err(refused)?.state)
}
