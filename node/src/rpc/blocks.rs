//! Blocks, transactions and receipts. What is not there is null, never an error.

use std::sync::Arc;

use alloy_eips::BlockId;
use alloy_primitives::B256;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::{Args, Number, Quantity},
    errors::RpcError,
    json::{self, quantity},
    method,
};
use crate::chain::{Block, Chain};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["eth_blockNumber"], |chain, _| Ok(quantity(chain.head().header.number)))?;
    method(methods, &["eth_getBlockByNumber"], |chain, args| whole(by_number(chain, args)?, args))?;
    method(methods, &["eth_getBlockByHash"], |chain, args| whole(by_hash(chain, args)?, args))?;
    method(methods, &["eth_getBlockTransactionCountByNumber"], |chain, args| Ok(count(by_number(chain, args)?)))?;
    method(methods, &["eth_getBlockTransactionCountByHash"], |chain, args| Ok(count(by_hash(chain, args)?)))?;
    method(methods, &["eth_getUncleCountByBlockNumber"], |chain, args| Ok(uncles(by_number(chain, args)?)))?;
    method(methods, &["eth_getUncleCountByBlockHash"], |chain, args| Ok(uncles(by_hash(chain, args)?)))?;
    method(methods, &["eth_getTransactionByBlockNumberAndIndex"], |chain, args| at_index(by_number(chain, args)?, args))?;
    method(methods, &["eth_getTransactionByBlockHashAndIndex"], |chain, args| at_index(by_hash(chain, args)?, args))?;
    method(methods, &["eth_getTransactionByHash"], transaction)?;
    method(methods, &["eth_getTransactionReceipt"], receipt)?;
    method(methods, &["eth_getBlockReceipts"], block_receipts)
}

type Found = Option<Arc<Block>>;

fn by_number(chain: &Chain, args: &mut Args) -> Result<Found, RpcError> {
    let number = args.need::<Number>("blockNumber")?.0;
    Ok(chain.block(chain.number_of(number)).cloned())
}

fn by_hash(chain: &Chain, args: &mut Args) -> Result<Found, RpcError> {
    Ok(chain.block_by_hash(args.need("blockHash")?).cloned())
}

fn whole(block: Found, args: &mut Args) -> Answer {
    let whole = args.maybe("fullTransactions")?.unwrap_or(false);
    Ok(block.map_or(Value::Null, |block| json::block(&block, whole)))
}

fn count(block: Found) -> Value {
    block.map_or(Value::Null, |block| quantity(block.transactions.len() as u64))
}

fn uncles(block: Found) -> Value {
    block.map_or(Value::Null, |_| quantity(0))
}

fn at_index(block: Found, args: &mut Args) -> Answer {
    let index = usize::try_from(args.need::<Quantity>("index")?.0).unwrap_or(usize::MAX);
    Ok(match block {
        Some(block) if index < block.transactions.len() => json::mined(&block, index),
        _ => Value::Null,
    })
}

fn transaction(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    Ok(match (chain.mined(hash), chain.pending(hash)) {
        (Some((block, index)), _) => json::mined(block, index),
        (None, Some(waiting)) => json::pending(waiting),
        (None, None) => Value::Null,
    })
}

fn receipt(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    Ok(chain.mined(hash).map_or(Value::Null, |(block, index)| json::receipt(block, index)))
}

fn block_receipts(chain: &mut Chain, args: &mut Args) -> Answer {
    let at: BlockId = args.block("block")?;
    let Ok(block) = chain.block_at(at) else { return Ok(Value::Null) };
    Ok(json!((0..block.transactions.len()).map(|index| json::receipt(block, index)).collect::<Vec<_>>()))
}
