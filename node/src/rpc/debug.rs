//! What a transaction did inside: the host calls of programs, and what the gas went to.

use alloy_primitives::B256;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::Args,
    calls::{apply_overrides, message},
    errors::{RpcError, invalid, refused},
    json, method,
};
use crate::{
    chain::Chain,
    evm::{Step, Traced},
};

/// The one tracer that there is: Nitro's for programs.
const STYLUS_TRACER: &str = "stylusTracer";

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    method(methods, &["stylus_gasProfile"], gas_profile)?;
    method(methods, &["debug_traceTransaction"], trace_transaction)?;
    method(methods, &["debug_traceCall"], trace_call)
}

/// What the gas of a mined transaction went to; null where there is none of this hash.
fn gas_profile(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    Ok(chain.mined(hash).map_or(Value::Null, |(block, index)| json::gas_profile(&block.transactions[index].receipt.profile)))
}

/// Which tracer is asked for, and, for a call, what is to be different.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    tracer: Option<String>,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

impl Options {
    fn take(args: &mut Args) -> Result<Self, RpcError> {
        let options: Self = args.maybe("options")?.unwrap_or_default();
        match options.tracer.as_deref() {
            Some(STYLUS_TRACER) => Ok(options),
            None => Err(unknown_tracer("structLogger (none was named)")),
            // Scripts are long; their beginning says enough.
            Some(other) => Err(unknown_tracer(&other.chars().take(40).collect::<String>())),
        }
    }
}

fn unknown_tracer(name: &str) -> RpcError {
    let hint = "cargo stylus: add --use-native-tracer";
    refused(format!("tracer not supported: {name}; this node has {STYLUS_TRACER} ({hint})"))
}

fn trace_transaction(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    Options::take(args)?;
    let traced = chain.trace_transaction(hash).ok_or_else(|| refused("transaction not found"))?;
    Ok(steps(&traced.map_err(refused)?))
}

fn trace_call(chain: &mut Chain, args: &mut Args) -> Answer {
    let request: TransactionRequest = args.need("transaction")?;
    let at = args.block("block")?;
    let options = Options::take(args)?;
    let mut view = chain.view(at).map_err(refused)?;
    apply_overrides(&mut view, options.state_overrides, options.block_overrides)?;
    let message = message(request)?;
    if message.to == Some(super::node_interface::ADDRESS) {
        return Err(invalid("transaction", "NodeInterface is not executed, so there is nothing to trace"));
    }
    Ok(steps(&chain.trace_call(&view, &message).map_err(refused)?))
}

fn steps(traced: &Traced) -> Value {
    traced.steps.iter().map(step).collect()
}

/// A step as `stylusTracer` gives it: ink as plain numbers, a frame's own steps inside the step that opened it.
fn step(step: &Step) -> Value {
    let mut object = json!({
        "name": step.name,
        "args": step.args,
        "outs": step.outs,
        "startInk": step.start_ink,
        "endInk": step.end_ink,
    });
    if let Some(frame) = &step.frame {
        object["address"] = json!(frame.address);
        object["steps"] = frame.steps.iter().map(self::step).collect();
    }
    object
}
