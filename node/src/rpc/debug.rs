//! What a transaction did inside: who called whom, the host calls of programs, and what the gas went to.

use alloy_primitives::B256;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::Args,
    calls::{apply_overrides, message},
    errors::{RpcError, invalid, refused, revert_reason},
    json, method,
};
use crate::{
    chain::Chain,
    evm::{Call, CallKind, Step, Traced},
};

/// Nitro's tracer, for programs: their host calls.
const STYLUS_TRACER: &str = "stylusTracer";

/// Geth's: frames, and what they were given and gave.
const CALL_TRACER: &str = "callTracer";

/// What is asked for.
enum View {
    Steps,
    Calls(CallConfig),
}

impl View {
    fn of(self, traced: &Traced) -> Value {
        match self {
            Self::Steps => traced.steps.iter().map(step).collect(),
            Self::Calls(config) => call(&traced.call, config.only_top_call),
        }
    }
}

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
    tracer_config: Option<CallConfig>,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

/// Settings of `callTracer`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CallConfig {
    only_top_call: bool,
    with_log: bool,
}

impl Options {
    fn take(args: &mut Args) -> Result<(View, Self), RpcError> {
        let mut options: Self = args.maybe("options")?.unwrap_or_default();
        match options.tracer.as_deref() {
            Some(STYLUS_TRACER) => Ok((View::Steps, options)),
            Some(CALL_TRACER) => {
                let config = options.tracer_config.take().unwrap_or_default();
                if config.with_log {
                    return Err(invalid("options", "withLog is not supported; the receipt has the logs"));
                }
                Ok((View::Calls(config), options))
            }
            None => Err(unknown_tracer("structLogger (none was named)")),
            // Scripts are long; their beginning says enough.
            Some(other) => Err(unknown_tracer(&other.chars().take(40).collect::<String>())),
        }
    }
}

fn unknown_tracer(name: &str) -> RpcError {
    // Scripts have lines.
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = "cargo stylus: add --use-native-tracer";
    refused(format!("tracer not supported: {name}; this node has {CALL_TRACER} and {STYLUS_TRACER} ({hint})"))
}

fn trace_transaction(chain: &mut Chain, args: &mut Args) -> Answer {
    let hash: B256 = args.need("transactionHash")?;
    let (view, _) = Options::take(args)?;
    let traced = chain.trace_transaction(hash).ok_or_else(|| refused("transaction not found"))?;
    Ok(view.of(&traced.map_err(refused)?))
}

fn trace_call(chain: &mut Chain, args: &mut Args) -> Answer {
    let request: TransactionRequest = args.need("transaction")?;
    let at = args.block("block")?;
    let (view, options) = Options::take(args)?;
    let mut state = chain.view(at).map_err(refused)?;
    apply_overrides(&mut state, options.state_overrides, options.block_overrides)?;
    let message = message(request)?;
    if message.to == Some(super::node_interface::ADDRESS) {
        return Err(invalid("transaction", "NodeInterface is not executed, so there is nothing to trace"));
    }
    Ok(view.of(&chain.trace_call(&state, &message).map_err(refused)?))
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

/// A frame as `callTracer` gives it: what is empty is left out.
fn call(of: &Call, only_top: bool) -> Value {
    let mut object = json!({
        "type": opcode(of.kind),
        "from": of.from,
        "to": of.to,
        "gas": json::quantity(of.gas),
        "gasUsed": json::quantity(of.gas_used),
        "input": of.input,
    });
    if of.kind != CallKind::StaticCall {
        object["value"] = json!(of.value);
    }
    if !of.output.is_empty() {
        object["output"] = json!(of.output);
    }
    if let Some(error) = &of.error {
        object["error"] = json!(error);
        if let Some(reason) = revert_reason(&of.output) {
            object["revertReason"] = json!(reason);
        }
    }
    if !only_top && !of.calls.is_empty() {
        object["calls"] = of.calls.iter().map(|inner| call(inner, false)).collect();
    }
    object
}

fn opcode(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Call => "CALL",
        CallKind::CallCode => "CALLCODE",
        CallKind::DelegateCall => "DELEGATECALL",
        CallKind::StaticCall => "STATICCALL",
        CallKind::Create => "CREATE",
        CallKind::Create2 => "CREATE2",
    }
}
