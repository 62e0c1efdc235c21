//! What a contract is asked to do.

use alloy_primitives::Bytes;
use alloy_sol_types::SolCall;

/// A call to one of the contracts.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// What it does, in words.
    pub(super) says: String,
    /// The contract's package.
    pub(super) contract: &'static str,
    /// What it is called with.
    pub(super) input: Bytes,
    /// Wei of the caller's COR that it takes.
    pub(super) takes: u128,
    /// Whether `stakeWithPermit` does the same.
    pub(super) by_permit: bool,
}

impl Call {
    /// A call that takes no COR.
    pub(super) fn new(says: impl Into<String>, contract: &'static str, call: &impl SolCall) -> Self {
        Self { says: says.into(), contract, input: call.abi_encode().into(), takes: 0, by_permit: false }
    }

    /// The same, taking COR by an allowance.
    pub(super) fn taking(self, wei: u128) -> Self {
        Self { takes: wei, ..self }
    }
}
