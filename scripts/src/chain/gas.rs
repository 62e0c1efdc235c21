//! What the gas of a transaction went to, as `stylus_gasProfile` of the development node tells it.

use alloy::providers::{Provider, RootProvider};
use alloy_primitives::{B256, U64};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

const METHOD: &str = "stylus_gasProfile";

/// Gas by purpose, over all frames of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GasParts {
    /// The transaction itself: 21,000, calldata, lists.
    pub intrinsic: U64,
    /// Posting it to the parent chain.
    pub poster: U64,
    /// Entering programs.
    pub entry: U64,
    /// WebAssembly operators.
    pub wasm: U64,
    /// Loads and stores of programs.
    pub storage: U64,
    /// Logs of programs.
    pub logs: U64,
    /// Calls by programs, without what the callees use.
    pub calls: U64,
    /// Other host functions.
    pub host: U64,
    /// EVM code and precompiles.
    pub evm: U64,
    /// Given back at the end.
    pub refund: U64,
}

impl GasParts {
    /// All parts together, less the refund: the gas used.
    pub fn used(&self) -> u64 {
        let spent =
            [self.intrinsic, self.poster, self.entry, self.wasm, self.storage, self.logs, self.calls, self.host, self.evm];
        spent.iter().map(U64::to::<u64>).sum::<u64>() - self.refund.to::<u64>()
    }
}

/// Whether a chain tells.
pub(super) async fn offered(provider: &RootProvider) -> bool {
    provider.raw_request::<_, Value>(METHOD.into(), [B256::ZERO]).await.is_ok()
}

/// The parts of a transaction's gas, held against what its receipt says.
pub(super) async fn of(provider: &RootProvider, hash: B256, used: u64) -> Result<GasParts> {
    let parts: Option<GasParts> =
        provider.raw_request(METHOD.into(), [hash]).await.with_context(|| format!("no gas profile of {hash}"))?;
    let parts = parts.with_context(|| format!("the node has no gas profile of {hash}"))?;
    ensure!(parts.used() == used, "the gas of {hash} is {used} by its receipt and {} by its parts", parts.used());
    Ok(parts)
}
