//! Who answers here.

use alloy_primitives::{Bytes, keccak256};
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

use super::{Methods, json::quantity, method};

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    let version = concat!("stylus-devnode/v", env!("CARGO_PKG_VERSION"), "/rust");
    method(methods, &["web3_clientVersion"], move |_, _| Ok(json!(version)))?;
    method(methods, &["web3_sha3"], |_, args| Ok(json!(keccak256(args.need::<Bytes>("data")?))))?;
    method(methods, &["net_version"], |chain, _| Ok(json!(chain.config().chain_id.to_string())))?;
    method(methods, &["net_listening"], |_, _| Ok(json!(true)))?;
    method(methods, &["net_peerCount"], |_, _| Ok(quantity(0)))?;
    method(methods, &["eth_chainId"], |chain, _| Ok(quantity(chain.config().chain_id)))?;
    method(methods, &["eth_syncing"], |_, _| Ok(json!(false)))?;
    method(methods, &["rpc_modules"], |_, _| {
        let names = ["anvil", "debug", "eth", "evm", "hardhat", "net", "personal", "rpc", "stylus", "txpool", "web3"];
        Ok(names.iter().map(|name| ((*name).to_owned(), json!("1.0"))).collect::<serde_json::Map<_, _>>().into())
    })
}
