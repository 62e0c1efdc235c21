//! What programs asked of their host, frame by frame, in the shape that Nitro's `stylusTracer` gives and cargo-stylus
//! reads (eth/tracers/native/stylus.go).

use alloy_primitives::{Address, Bytes};
use revm::handler::FrameResult;

use super::calls::{Call, CallKind, Calls};
use crate::vm::{Outcome, Status};

/// One step of a program, or one frame that was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The host function, or `evm_` and the one that does what an opcode of EVM code did.
    pub name: String,
    /// What it was given.
    pub args: Bytes,
    /// What it gave.
    pub outs: Bytes,
    /// Ink before it; 0 for a step of EVM code.
    pub start_ink: u64,
    /// Ink after it; 0 for a step of EVM code.
    pub end_ink: u64,
    /// The frame that it opened, for calls and creations.
    pub frame: Option<SubFrame>,
}

/// A frame inside a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubFrame {
    /// Whose code runs, or the account that is created.
    pub address: Address,
    /// What happened in it.
    pub steps: Vec<Step>,
}

/// Collects steps while frames open and close.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracer {
    /// Steps of the innermost open frame.
    open: Vec<Step>,
    /// Those of the frames around it, each with the step that opened the next one at its end.
    around: Vec<Vec<Step>>,
    calls: Calls,
}

impl Tracer {
    /// A frame opens: the outermost one, whose steps are the trace, or one above it.
    pub(super) fn enter(&mut self, call: Call, inner: bool) {
        if inner {
            let frame = Some(SubFrame { address: call.to, steps: Vec::new() });
            self.open.push(Step { name: step_name(call.kind).into(), frame, ..Step::default() });
            self.around.push(std::mem::take(&mut self.open));
        }
        self.calls.enter(call);
    }

    /// It closes.
    pub(super) fn leave(&mut self, result: &FrameResult) {
        self.calls.leave(result);
        let Some(outer) = self.around.pop() else { return };
        let steps = std::mem::replace(&mut self.open, outer);
        if let Some(frame) = self.open.last_mut().and_then(|step| step.frame.as_mut()) {
            frame.steps = steps;
        }
    }

    /// A program that got `len` bytes has ended: its host calls take the frames that they opened. A trap returns nothing.
    pub(super) fn program(&mut self, len: usize, start_ink: u64, outcome: &Outcome) {
        let mut frames = std::mem::take(&mut self.open).into_iter();
        let at = |ink| Step { start_ink: ink, end_ink: ink, ..Step::default() };
        let len = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
        self.open.push(Step { name: "user_entrypoint".into(), args: Bytes::copy_from_slice(&len), ..at(start_ink) });
        for call in &outcome.trace {
            let mut step = Step {
                name: call.name.into(),
                args: call.args.clone(),
                outs: call.outs.clone(),
                start_ink: call.start_ink,
                end_ink: call.end_ink,
                frame: None,
            };
            let opened = if call.opened { frames.next() } else { None };
            match call.name {
                "call_contract" | "delegate_call_contract" | "static_call_contract" => {
                    // A call that could not be paid for opened no frame; readers want one all the same.
                    let address = step.args.get(..20).map(Address::from_slice).unwrap_or_default();
                    step.frame = opened.and_then(|step| step.frame).or(Some(SubFrame { address, steps: Vec::new() }));
                }
                // Nitro lists a creation's frame before the host call.
                _ => self.open.extend(opened),
            }
            self.open.push(step);
        }
        self.open.extend(frames);
        let status: u32 = match outcome.status {
            Status::Success => 0,
            Status::Revert => 1,
            _ => return,
        };
        let outs = Bytes::copy_from_slice(&status.to_be_bytes());
        self.open.push(Step { name: "user_returned".into(), outs, ..at(outcome.ink_left) });
    }

    /// Everything, once the outermost frame has closed.
    pub(super) fn finish(self) -> (Vec<Step>, Call) {
        (self.open, self.calls.finish())
    }
}

fn step_name(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Call | CallKind::CallCode => "evm_call_contract",
        CallKind::DelegateCall => "evm_delegate_call_contract",
        CallKind::StaticCall => "evm_static_call_contract",
        CallKind::Create => "evm_create1",
        CallKind::Create2 => "evm_create2",
    }
}
