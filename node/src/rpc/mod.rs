//! JSON-RPC over HTTP and WebSocket.
//!
//! | module | methods |
//! |---|---|
//! | `net` | `web3_*`, `net_*`, `rpc_modules`, the chain's id |
//! | `blocks` | blocks, transactions, receipts |
//! | `state` | balances, nonces, code, storage |
//! | `calls` | `eth_call`, `eth_estimateGas`, NodeInterface |
//! | `fees` | gas price, fee history |
//! | `send` | raw transactions, and what development accounts sign |
//! | `filters`, `subscriptions` | logs, polled filters, `eth_subscribe` |
//! | `pool` | what waits |
//! | `dev` | time, snapshots, mining, editing accounts |
//! | `debug` | host calls of programs, what the gas of a transaction went to |

mod args;
mod blocks;
mod calls;
mod debug;
mod dev;
mod errors;
mod fees;
mod filters;
mod json;
mod net;
mod node_interface;
mod pool;
mod send;
mod server;
mod state;
mod subscriptions;
mod unknown;

use jsonrpsee::{RpcModule, core::RegisterMethodError};
use serde_json::Value;

pub use errors::revert_reason;
pub use server::{Server, ServerError, serve};

use crate::chain::{Chain, Chains};
use args::Args;
use errors::{RpcError, stopped};

/// What a method gives.
type Answer = Result<Value, RpcError>;

/// Methods of one node. All of them run on the chain's thread, one after the other.
type Methods = RpcModule<Chains>;

/// Every method that the node answers.
pub fn methods(chains: Chains) -> Result<Methods, RegisterMethodError> {
    let mut methods = RpcModule::new(chains);
    net::register(&mut methods)?;
    blocks::register(&mut methods)?;
    state::register(&mut methods)?;
    calls::register(&mut methods)?;
    fees::register(&mut methods)?;
    send::register(&mut methods)?;
    filters::register(&mut methods)?;
    subscriptions::register(&mut methods)?;
    pool::register(&mut methods)?;
    dev::register(&mut methods)?;
    debug::register(&mut methods)?;
    Ok(methods)
}

/// Adds one method, under all its names.
fn method<F>(methods: &mut Methods, names: &[&'static str], answer: F) -> Result<(), RegisterMethodError>
where
    F: Fn(&mut Chain, &mut Args) -> Answer + Clone + Send + Sync + 'static,
{
    for name in names {
        let answer = answer.clone();
        methods.register_async_method(name, move |params, chains, _| {
            let answer = answer.clone();
            let args = Args::parse(&params);
            async move {
                let mut args = args?;
                chains.run(move |chain| answer(chain, &mut args)).await.map_err(stopped)?
            }
        })?;
    }
    Ok(())
}
