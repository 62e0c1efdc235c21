//! Which accounts called which, in the shape that geth's `callTracer` gives (eth/tracers/native/call.go).

use alloy_primitives::{Address, Bytes, U256};
use revm::handler::FrameResult;

use super::ends::error;

/// How a frame was opened: the opcode's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallKind {
    /// An ordinary call.
    #[default]
    Call,
    /// The code of another account, on the caller's own storage.
    CallCode,
    /// The same, with the caller's own sender and value.
    DelegateCall,
    /// A call that must change nothing.
    StaticCall,
    /// A contract at the address that follows from its maker's nonce.
    Create,
    /// A contract at the address that follows from a salt and its init code.
    Create2,
}

/// A frame, and those that it opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// How it was opened.
    pub kind: CallKind,
    /// Who opened it.
    pub from: Address,
    /// Whose code ran, or the account that was to be created.
    pub to: Address,
    /// Wei that its code saw as sent.
    pub value: U256,
    /// Gas that it was given: of the outermost one, the transaction's gas limit.
    pub gas: u64,
    /// Gas that it used up, with all frames above it: of the outermost one, what the transaction paid for.
    pub gas_used: u64,
    /// Calldata or init code.
    pub input: Bytes,
    /// Return data, revert data or the new code; empty where it failed.
    pub output: Bytes,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// Frames that it opened, in order.
    pub calls: Vec<Call>,
}

/// Calls that have not ended, the outermost first; at the end, the one that has.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    open: Vec<Call>,
    outermost: Option<Call>,
}

impl Calls {
    /// A frame opens.
    pub(super) fn enter(&mut self, call: Call) {
        self.open.push(call);
    }

    /// The innermost one closes.
    pub(super) fn leave(&mut self, result: &FrameResult) {
        let Some(mut call) = self.open.pop() else { return };
        let end = result.interpreter_result();
        let given_back = if end.result.is_ok_or_revert() { end.gas.remaining() } else { 0 };
        call.gas_used = call.gas.saturating_sub(given_back);
        if end.result.is_ok_or_revert() {
            call.output = end.output.clone();
        }
        if !end.result.is_ok() {
            call.error = Some(error(end.result).into());
        }
        match self.open.last_mut() {
            Some(outer) => outer.calls.push(call),
            None => self.outermost = Some(call),
        }
    }

    /// The outermost one, once it has closed.
    pub(super) fn finish(self) -> Call {
        self.outermost.unwrap_or_default()
    }
}
