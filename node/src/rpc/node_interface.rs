//! NodeInterface, the precompile that is none: only calls over RPC reach it, and the node itself answers.

use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolInterface, sol};

use super::errors::{RpcError, no_estimate, refused};
use crate::{
    chain::{Chain, View},
    evm::Message,
};

/// Where clients call it.
pub(super) const ADDRESS: Address = address!("00000000000000000000000000000000000000c8");

sol! {
    interface NodeInterface {
        function gasEstimateComponents(address to, bool contractCreation, bytes data)
            external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes data)
            external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function nitroGenesisBlock() external pure returns (uint256 number);
        function blockL1Num(uint64 l2BlockNum) external view returns (uint64 l1BlockNum);
    }
}

use NodeInterface::{NodeInterfaceCalls as Calls, *};

/// Answers a call.
pub(super) fn call(chain: &Chain, view: &View, message: &Message) -> Result<Bytes, RpcError> {
    let call = Calls::abi_decode(&message.input)
        .map_err(|error| refused(format!("NodeInterface does not answer this call here: {error}")))?;
    let base_fee = U256::from(view.env.base_fee);
    let output = match call {
        Calls::gasEstimateComponents(call) => {
            let inner = inner(message, call.to, call.contractCreation, call.data);
            let gas = chain.estimate(view, &inner).map_err(no_estimate)?;
            gasEstimateComponentsCall::abi_encode_returns(&gasEstimateComponentsReturn {
                gasEstimate: gas,
                gasEstimateForL1: chain.posting_gas(view, &inner),
                baseFee: base_fee,
                l1BaseFeeEstimate: chain.l1_price(view),
            })
        }
        Calls::gasEstimateL1Component(call) => {
            let inner = inner(message, call.to, call.contractCreation, call.data);
            gasEstimateL1ComponentCall::abi_encode_returns(&gasEstimateL1ComponentReturn {
                gasEstimateForL1: chain.posting_gas(view, &inner),
                baseFee: base_fee,
                l1BaseFeeEstimate: chain.l1_price(view),
            })
        }
        Calls::nitroGenesisBlock(_) => nitroGenesisBlockCall::abi_encode_returns(&U256::ZERO),
        Calls::blockL1Num(call) => {
            let block = chain.block(call.l2BlockNum).ok_or_else(|| {
                refused(format!("there is no block {}, the newest is {}", call.l2BlockNum, chain.head().header.number))
            })?;
            blockL1NumCall::abi_encode_returns(&block.l1_number)
        }
    };
    Ok(output.into())
}

/// The transaction that is asked about, from the same sender and with the same value and gas.
fn inner(message: &Message, to: Address, create: bool, data: Bytes) -> Message {
    Message { to: (!create).then_some(to), input: data, ..message.clone() }
}
