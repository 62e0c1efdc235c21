//! Errors as Nitro words and numbers them; libraries match on both.

use std::fmt::Display;

use alloy_primitives::Bytes;
use alloy_sol_types::{Panic, Revert, SolError};
use jsonrpsee::types::ErrorObjectOwned;

use crate::{
    chain::{EstimateError, Stopped},
    evm::Executed,
};

pub(super) type RpcError = ErrorObjectOwned;

const SERVER: i32 = -32000;
const REVERTED: i32 = 3;
const NO_METHOD: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL: i32 = -32603;

/// A request that the node understood and does not fulfil.
pub(super) fn refused(why: impl Display) -> RpcError {
    ErrorObjectOwned::owned(SERVER, why.to_string(), None::<()>)
}

/// A parameter that makes no sense.
pub(super) fn invalid(name: &str, why: impl Display) -> RpcError {
    ErrorObjectOwned::owned(INVALID_PARAMS, format!("invalid argument `{name}`: {why}"), None::<()>)
}

/// A method that is not there, in geth's words.
pub(super) fn no_method(name: &str, instead: Option<&str>) -> RpcError {
    // A name may be as long as a body; its beginning says enough.
    let name: String = name.chars().take(64).collect();
    let instead = instead.map(|instead| format!(": {instead}")).unwrap_or_default();
    ErrorObjectOwned::owned(NO_METHOD, format!("the method {name} does not exist/is not available{instead}"), None::<()>)
}

/// A transaction or call that executed and did not succeed: a revert carries its data as a hex string.
pub(super) fn failed(executed: &Executed) -> RpcError {
    match &executed.error {
        Some(error) if executed.output.is_empty() => refused(error),
        _ => reverted(&executed.output, executed.reason.as_deref()),
    }
}

/// A revert. Where it has no data, what the node knows of its reason is in the message.
fn reverted(output: &Bytes, known: Option<&str>) -> RpcError {
    let known = known.filter(|_| output.is_empty()).map(str::to_owned);
    let message = match revert_reason(output).or(known) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".to_owned(),
    };
    ErrorObjectOwned::owned(REVERTED, message, Some(output))
}

/// What revert data say that are an `Error(string)` or a `Panic(uint256)`.
pub fn revert_reason(output: &[u8]) -> Option<String> {
    if let Ok(Revert { reason }) = Revert::abi_decode(output) {
        return Some(reason);
    }
    let panic = Panic::abi_decode(output).ok()?;
    Some(panic.kind().map_or_else(|| format!("unknown panic code: {:#x}", panic.code), |kind| kind.as_str().to_owned()))
}

pub(super) fn no_estimate(error: EstimateError) -> RpcError {
    match error {
        EstimateError::Failed(executed) => failed(&executed),
        other => refused(other),
    }
}

pub(super) fn stopped(error: Stopped) -> RpcError {
    ErrorObjectOwned::owned(INTERNAL, error.to_string(), None::<()>)
}
