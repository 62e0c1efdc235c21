//! Blocks, transactions, receipts and logs as clients read them: Ethereum's fields, and Arbitrum's beside them.

use alloy_consensus::transaction::Recovered;
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::Transaction as RpcTransaction;
use serde_json::{Map, Value, json};

use crate::{
    chain::{Block, LogOf, Mined, Signed, StartBlock, Transaction},
    evm::GasProfile,
};

/// A quantity: hex without leading zeros.
pub(super) fn quantity(number: u64) -> Value {
    json!(U64::from(number))
}

/// A block, with whole transactions or their hashes.
pub(super) fn block(block: &Block, whole: bool) -> Value {
    let mut object = header(block);
    let transactions: Value = if whole {
        (0..block.transactions.len()).map(|index| mined(block, index)).collect()
    } else {
        block.transactions.iter().map(|mined| json!(mined.hash)).collect()
    };
    object.insert("transactions".into(), transactions);
    object.insert("uncles".into(), json!([]));
    object.insert("size".into(), quantity(block.size()));
    Value::Object(object)
}

/// A header, as blocks and `newHeads` have it.
pub(super) fn header(block: &Block) -> Map<String, Value> {
    let header = &block.header;
    let fields = json!({
        "number": quantity(header.number),
        "hash": block.hash,
        "parentHash": header.parent_hash,
        "nonce": header.nonce,
        "mixHash": header.mix_hash,
        "sha3Uncles": header.ommers_hash,
        "logsBloom": header.logs_bloom,
        "transactionsRoot": header.transactions_root,
        "stateRoot": header.state_root,
        "receiptsRoot": header.receipts_root,
        "miner": header.beneficiary,
        "difficulty": header.difficulty,
        "totalDifficulty": quantity(header.number + 1),
        "extraData": header.extra_data,
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "baseFeePerGas": quantity(header.base_fee_per_gas.unwrap_or_default()),
        "l1BlockNumber": quantity(block.l1_number),
        "sendRoot": B256::ZERO,
        "sendCount": quantity(0),
    });
    match fields {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// A transaction of a block.
pub(super) fn mined(block: &Block, index: usize) -> Value {
    match &block.transactions[index].transaction {
        Transaction::Signed(signed) => signed_transaction(signed, Some((block, index))),
        Transaction::StartBlock(start) => start_block(start, block, index),
    }
}

/// A transaction that waits.
pub(super) fn pending(signed: &Signed) -> Value {
    signed_transaction(signed, None)
}

fn signed_transaction(signed: &Signed, place: Option<(&Block, usize)>) -> Value {
    use alloy_consensus::Transaction as _;

    let price = match place {
        Some((block, _)) => u128::from(block.header.base_fee_per_gas.unwrap_or_default()),
        None => signed.envelope.max_fee_per_gas(),
    };
    let transaction = RpcTransaction {
        inner: Recovered::new_unchecked(signed.envelope.clone(), signed.from),
        block_hash: place.map(|(block, _)| block.hash),
        block_number: place.map(|(block, _)| block.header.number),
        transaction_index: place.map(|(_, index)| index as u64),
        effective_gas_price: Some(price),
        block_timestamp: place.map(|(block, _)| block.header.timestamp),
    };
    json!(transaction)
}

fn start_block(start: &StartBlock, block: &Block, index: usize) -> Value {
    let transaction = &block.transactions[index].transaction;
    json!({
        "type": quantity(transaction.kind().into()),
        "hash": transaction.hash(),
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "transactionIndex": quantity(index as u64),
        "from": transaction.from(),
        "to": transaction.to(),
        "input": start.input,
        "chainId": quantity(start.chain_id),
        "nonce": "0x0",
        "value": "0x0",
        "gas": "0x0",
        "gasPrice": "0x0",
        "v": "0x0",
        "r": "0x0",
        "s": "0x0",
    })
}

/// The receipt of a transaction of a block.
pub(super) fn receipt(block: &Block, index: usize) -> Value {
    let Mined { transaction, hash, receipt } = &block.transactions[index];
    let logs: Vec<Value> = block.logs().filter(|found| found.transaction == index).map(|found| log(&found)).collect();
    json!({
        "type": quantity(transaction.kind().into()),
        "status": quantity(receipt.success.into()),
        "transactionHash": hash,
        "transactionIndex": quantity(index as u64),
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "from": transaction.from(),
        "to": transaction.to(),
        "contractAddress": receipt.created,
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.cumulative_gas_used),
        "effectiveGasPrice": quantity(block.header.base_fee_per_gas.unwrap_or_default()),
        "gasUsedForL1": quantity(receipt.gas_used_for_l1),
        "l1BlockNumber": quantity(block.l1_number),
        "timeboosted": false,
        "logs": logs,
        "logsBloom": receipt.bloom,
    })
}

/// A log.
pub(super) fn log(found: &LogOf<'_>) -> Value {
    json!({
        "address": found.log.address,
        "topics": found.log.topics(),
        "data": found.log.data.data,
        "blockHash": found.block.hash,
        "blockNumber": quantity(found.block.header.number),
        "blockTimestamp": quantity(found.block.header.timestamp),
        "transactionHash": found.mined.hash,
        "transactionIndex": quantity(found.transaction as u64),
        "logIndex": quantity(found.index),
        "removed": false,
    })
}

/// What the gas of a transaction went to.
pub(super) fn gas_profile(profile: &GasProfile) -> Value {
    json!({
        "intrinsic": quantity(profile.intrinsic),
        "poster": quantity(profile.poster),
        "entry": quantity(profile.entry),
        "wasm": quantity(profile.wasm),
        "storage": quantity(profile.storage),
        "logs": quantity(profile.logs),
        "calls": quantity(profile.calls),
        "host": quantity(profile.host),
        "evm": quantity(profile.evm),
        "refund": quantity(profile.refund),
    })
}
