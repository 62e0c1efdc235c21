//! ArbSys (0x64): the chain about itself, and the way down to the parent chain, which a local node does not have.

use alloy_primitives::{Address, B256, U256, address};
use alloy_sol_types::{Revert, sol};

use super::{
    Precompile,
    method::{Context, Fault, Method},
};
use crate::arbos::block::block_hash;

sol! {
    /// System-level functions.
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes data) external payable returns (uint256);
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] partials);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

/// What a contract's address on the parent chain is raised by on this one.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");

/// ArbOS numbers its versions from here for contracts.
const VERSION_OFFSET: u64 = 55;

pub(super) fn precompile() -> Precompile {
    use ArbSys::*;
    let methods = vec![
        Method::view(|cx, _: arbBlockNumberCall| Ok(U256::from(cx.call.block.number))),
        Method::view(arb_block_hash),
        Method::view(|cx, _: arbChainIDCall| Ok(U256::from(cx.call.chain_id))),
        Method::view(|cx, _: arbOSVersionCall| Ok(U256::from(VERSION_OFFSET + cx.arbos))),
        Method::view(|_, _: getStorageGasAvailableCall| Ok(U256::ZERO)),
        Method::view(|cx, _: isTopLevelCallCall| Ok(cx.call.depth <= 2)),
        Method::pure(|_, call: mapL1SenderContractAddressToL2AliasCall| Ok(alias(call.sender))),
        // Only messages from the parent chain are aliased, and there are none.
        Method::view(|_, _: wasMyCallersAddressAliasedCall| Ok(false)),
        Method::view(|cx, _: myCallersAddressWithoutAliasingCall| Ok(cx.call.grand_caller.unwrap_or_default())),
        Method::payable(|_, _: withdrawEthCall| no_parent_chain()),
        Method::payable(|_, _: sendTxToL1Call| no_parent_chain()),
        Method::view(|cx, _: sendMerkleTreeStateCall| {
            if cx.call.caller != Address::ZERO {
                return Err("method can only be called by address zero".into());
            }
            Ok((U256::ZERO, B256::ZERO, Vec::new()).into())
        }),
    ];
    Precompile::new("ArbSys", 0x64, methods)
}

fn arb_block_hash(cx: &mut Context<'_>, call: ArbSys::arbBlockHashCall) -> Result<B256, Fault> {
    let current = cx.call.block.number;
    match u64::try_from(call.arbBlockNum) {
        Ok(number) if number < current && current - number <= 256 => Ok(block_hash(cx.ledger, number)),
        _ => Err(Fault::error(ArbSys::InvalidBlockNumber { requested: call.arbBlockNum, current: U256::from(current) })),
    }
}

/// The address as which a contract of the parent chain appears on this one.
fn alias(sender: Address) -> Address {
    let sum = U256::from_be_slice(sender.as_slice()) + U256::from_be_slice(ALIAS_OFFSET.as_slice());
    Address::from_word(sum.into())
}

fn no_parent_chain() -> Result<U256, Fault> {
    Err(Fault::error(Revert::from("this node has no parent chain to withdraw or send to")))
}
