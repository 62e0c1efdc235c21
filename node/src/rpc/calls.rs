//! Calls and estimates.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, TxKind};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

use super::{
    Answer, Methods,
    args::{Args, Block},
    errors::{RpcError, failed, invalid, no_estimate, refused},
    json::quantity,
    method, node_interface,
};
use crate::{
    chain::{CALL_GAS_CAP, Chain, View},
    evm::{BlockEnv, Message},
    state::State,
};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["eth_call"], call)?;
    method(methods, &["eth_estimateGas"], estimate)
}

fn call(chain: &mut Chain, args: &mut Args) -> Answer {
    let request: TransactionRequest = args.need("transaction")?;
    let at = args.block("block")?;
    let view = view(chain, at, args)?;
    let message = message(request)?;
    if message.to == Some(node_interface::ADDRESS) {
        return Ok(json!(node_interface::call(chain, &view, &message)?));
    }
    let executed = chain.call(&view, &message).map_err(refused)?;
    if executed.success { Ok(json!(executed.output)) } else { Err(failed(&executed)) }
}

/// Without a block the estimate is for the block that comes next, at its time: that is where the transaction will
/// be. With one, it is made on the state that the block left, in that block.
fn estimate(chain: &mut Chain, args: &mut Args) -> Answer {
    let request: TransactionRequest = args.need("transaction")?;
    let at = args.maybe::<Block>("block")?.map_or(BlockId::Number(BlockNumberOrTag::Pending), |block| block.0);
    let view = view(chain, at, args)?;
    let message = message(request)?;
    Ok(quantity(chain.estimate(&view, &message).map_err(no_estimate)?))
}

/// The state and block to execute on, changed as the next two parameters ask.
fn view(chain: &Chain, at: BlockId, args: &mut Args) -> Result<View, RpcError> {
    let mut view = chain.view(at).map_err(refused)?;
    apply_overrides(&mut view, args.maybe("stateOverrides")?, args.maybe("blockOverrides")?)?;
    Ok(view)
}

/// Changes accounts and the block around them for one execution.
pub(super) fn apply_overrides(
    view: &mut View,
    accounts: Option<StateOverride>,
    block: Option<BlockOverrides>,
) -> Result<(), RpcError> {
    if let Some(accounts) = accounts {
        override_state(&mut view.state, accounts)?;
    }
    if let Some(block) = block {
        override_block(&mut view.env, block)?;
    }
    Ok(())
}

fn override_state(state: &mut State, accounts: StateOverride) -> Result<(), RpcError> {
    for (address, account) in accounts {
        let name = format!("stateOverrides[{address}]");
        if account.move_precompile_to.is_some() {
            return Err(invalid(&name, "movePrecompileToAddress is not supported: precompiles stay where they are"));
        }
        if account.state.is_some() && account.state_diff.is_some() {
            return Err(invalid(&name, "both state and stateDiff are given"));
        }
        if let Some(code) = account.code {
            state.set_code(address, code);
        }
        let target = state.account_mut(address);
        target.balance = account.balance.unwrap_or(target.balance);
        target.nonce = account.nonce.unwrap_or(target.nonce);
        if account.state.is_some() {
            target.storage.clear();
        }
        for (slot, value) in account.state.into_iter().chain(account.state_diff).flatten() {
            state.set_storage(address, slot.into(), value.into());
        }
    }
    Ok(())
}

fn override_block(env: &mut BlockEnv, block: BlockOverrides) -> Result<(), RpcError> {
    let fixed = [
        ("difficulty", block.difficulty.is_some()),
        ("gasLimit", block.gas_limit.is_some()),
        ("feeRecipient", block.coinbase.is_some()),
        ("prevRandao", block.random.is_some()),
        ("blobBaseFee", block.blob_base_fee.is_some()),
        ("beaconRoot", block.beacon_root.is_some()),
        ("blockHash", block.block_hash.is_some()),
    ];
    if let Some((field, _)) = fixed.iter().find(|(_, given)| *given) {
        return Err(invalid("blockOverrides", format!("{field} cannot be overridden; number, time and baseFee can")));
    }
    let too_large = |field: &'static str| move |_| invalid("blockOverrides", format!("{field} does not fit 64 bits"));
    env.timestamp = block.time.unwrap_or(env.timestamp);
    if let Some(number) = block.number {
        // Contracts see the parent chain's number.
        env.l1_number = u64::try_from(number).map_err(too_large("number"))?;
    }
    if let Some(fee) = block.base_fee {
        env.base_fee = u64::try_from(fee).map_err(too_large("baseFee"))?;
    }
    Ok(())
}

/// A request as the EVM executes it: what is missing is nothing, and gas as much as there may be.
pub(super) fn message(request: TransactionRequest) -> Result<Message, RpcError> {
    let priced = request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
    if request.gas_price.is_some() && priced {
        let why = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(invalid("transaction", why));
    }
    if request.blob_versioned_hashes.is_some() || request.max_fee_per_blob_gas.is_some() {
        return Err(invalid("transaction", "Arbitrum takes no blob transactions"));
    }
    let max_fee = request.gas_price.or(request.max_fee_per_gas).unwrap_or_default();
    let priority_fee = request.gas_price.or(request.max_priority_fee_per_gas).unwrap_or_default();
    if request.max_fee_per_gas.is_some() && priority_fee > max_fee {
        let why = format!("max priority fee per gas higher than max fee per gas: {priority_fee} > {max_fee}");
        return Err(invalid("transaction", why));
    }
    let input = request.input.try_into_unique_input().map_err(|error| invalid("transaction", error))?;
    Ok(Message {
        from: request.from.unwrap_or(Address::ZERO),
        to: request.to.and_then(TxKind::into_to),
        value: request.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
        gas_limit: request.gas.unwrap_or(CALL_GAS_CAP),
        max_fee,
        priority_fee,
        nonce: None,
        access_list: request.access_list.unwrap_or_default(),
        authorizations: request.authorization_list.unwrap_or_default(),
        ..Message::default()
    })
}
