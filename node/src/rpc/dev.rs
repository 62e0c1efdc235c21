//! What developers do to a local chain: move its time, go back, edit accounts.

use alloy_primitives::{Address, B256, Bytes, U256};
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::{Args, Quantity, Slot},
    errors::{invalid, refused},
    json::quantity,
    method,
};
use crate::chain::Chain;

/// The most blocks that one request makes.
const MOST_BLOCKS: u64 = 100_000;

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["evm_increaseTime", "anvil_increaseTime"], |chain, args| {
        Ok(json!(chain.increase_time(args.need::<Quantity>("seconds")?.0)))
    })?;
    method(methods, &["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], |chain, args| {
        let timestamp = args.need::<Quantity>("timestamp")?.0;
        chain.set_next_timestamp(timestamp).map_err(|error| invalid("timestamp", error))?;
        Ok(Value::Null)
    })?;
    method(methods, &["evm_mine"], mine)?;
    method(methods, &["anvil_mine", "hardhat_mine"], mine_many)?;
    method(methods, &["evm_setAutomine", "anvil_setAutomine"], |chain, args| {
        chain.set_automine(args.need("enabled")?);
        Ok(json!(true))
    })?;
    method(methods, &["anvil_getAutomine", "hardhat_getAutomine"], |chain, _| Ok(json!(chain.config().automine)))?;
    method(methods, &["evm_snapshot", "anvil_snapshot"], |chain, _| Ok(quantity(chain.snapshot())))?;
    method(methods, &["evm_revert", "anvil_revert"], |chain, args| Ok(json!(chain.revert(args.need::<Quantity>("id")?.0))))?;
    register_accounts(methods)?;
    register_impersonation(methods)?;
    method(methods, &["anvil_nodeInfo"], node_info)?;
    method(methods, &["anvil_dropAllTransactions"], |chain, _| {
        chain.clear_pool();
        Ok(Value::Null)
    })
}

fn register_accounts(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["anvil_setBalance", "hardhat_setBalance"], |chain, args| {
        let address: Address = args.need("address")?;
        let balance: U256 = args.need("balance")?;
        chain.edit_state(|state| state.account_mut(address).balance = balance);
        Ok(Value::Null)
    })?;
    method(methods, &["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], |chain, args| {
        let address: Address = args.need("address")?;
        let nonce = args.need::<Quantity>("nonce")?.0;
        chain.edit_state(|state| state.account_mut(address).nonce = nonce);
        Ok(Value::Null)
    })?;
    method(methods, &["anvil_setCode", "hardhat_setCode"], |chain, args| {
        let address: Address = args.need("address")?;
        let code: Bytes = args.need("code")?;
        chain.edit_state(|state| state.set_code(address, code));
        Ok(Value::Null)
    })?;
    method(methods, &["anvil_setStorageAt", "hardhat_setStorageAt"], |chain, args| {
        let address: Address = args.need("address")?;
        let slot: Slot = args.need("slot")?;
        let value: B256 = args.need("value")?;
        chain.edit_state(|state| state.set_storage(address, slot.0, value.into()));
        Ok(json!(true))
    })
}

fn register_impersonation(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["anvil_impersonateAccount", "hardhat_impersonateAccount"], |chain, args| {
        let address = args.need("address")?;
        chain.signers_mut().impersonate(address);
        Ok(Value::Null)
    })?;
    method(methods, &["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"], |chain, args| {
        let address = args.need("address")?;
        chain.signers_mut().stop_impersonating(address);
        Ok(Value::Null)
    })?;
    method(methods, &["anvil_autoImpersonateAccount"], |chain, args| {
        let on = args.need("enabled")?;
        chain.signers_mut().impersonate_everybody(on);
        Ok(Value::Null)
    })
}

/// One block, at a time if one is given: as a number, or in an object as anvil takes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Mine {
    At(Quantity),
    Options { timestamp: Option<Quantity>, blocks: Option<Quantity> },
}

fn mine(chain: &mut Chain, args: &mut Args) -> Answer {
    let (timestamp, blocks) = match args.maybe::<Mine>("timestamp")? {
        None => (None, None),
        Some(Mine::At(timestamp)) => (Some(timestamp), None),
        Some(Mine::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    if let Some(Quantity(timestamp)) = timestamp {
        chain.set_next_timestamp(timestamp).map_err(|error| invalid("timestamp", error))?;
    }
    repeat(chain, blocks.map_or(1, |blocks| blocks.0), 0)?;
    Ok(json!("0x0"))
}

/// Many blocks, each some seconds after the one before; 0, the default, lets them share the second.
fn mine_many(chain: &mut Chain, args: &mut Args) -> Answer {
    let blocks = args.maybe::<Quantity>("blocks")?.map_or(1, |blocks| blocks.0);
    let interval = args.maybe::<Quantity>("interval")?.map_or(0, |interval| interval.0);
    repeat(chain, blocks, interval)?;
    Ok(Value::Null)
}

fn repeat(chain: &mut Chain, blocks: u64, interval: u64) -> Result<(), super::RpcError> {
    if blocks > MOST_BLOCKS {
        return Err(invalid("blocks", format!("at most {MOST_BLOCKS} blocks at a time; evm_increaseTime needs none")));
    }
    for made in 0..blocks {
        if made > 0 && interval > 0 {
            let next = chain.head().header.timestamp.saturating_add(interval);
            chain.set_next_timestamp(next).map_err(refused)?;
        }
        chain.mine();
    }
    Ok(())
}

fn node_info(chain: &mut Chain, _: &mut Args) -> Answer {
    let head = &chain.head().header;
    let next = chain.next_env();
    Ok(json!({
        "currentBlockNumber": quantity(head.number),
        "currentBlockTimestamp": head.timestamp,
        "currentBlockHash": chain.head().hash,
        "hardFork": format!("arbos{}", next.arbos),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": quantity(next.base_fee),
            "chainId": chain.config().chain_id,
            "gasLimit": quantity(head.gas_limit),
            "gasPrice": quantity(next.base_fee),
        },
        "forkConfig": {},
    }))
}
