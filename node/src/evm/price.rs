//! What a unit of gas costs a message.

use super::{BlockEnv, Message};
use crate::arbos::FeeRules;

/// Whether the sender really sends, or only asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everything is checked, and fees are paid.
    Transaction,
    /// No nonce, no fees, no cap on gas.
    Call,
}

/// What gas costs a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    /// Base fee in wei as code sees it: the block's, or 0 for a call that offers no fee.
    pub(super) base_fee: u64,
    /// Base fee in wei by which posting to the parent chain becomes gas: the block's, for every call.
    pub(super) posting: u64,
    /// Wei that are paid for a unit of gas.
    pub(super) effective: u128,
    /// What the host function `tx_gas_price` tells: the tip is in it, dropped or not.
    pub(super) told: u128,
}

impl Price {
    /// Tips are dropped unless the chain collects them. A call that offers nothing sees a base fee of 0, as in Nitro.
    pub(super) fn new(message: &Message, block: &BlockEnv, fees: &FeeRules, mode: Mode) -> Self {
        let free = mode == Mode::Call && message.max_fee == 0 && message.priority_fee == 0;
        let base_fee = if free { 0 } else { block.base_fee };
        let told = message.max_fee.min(u128::from(base_fee).saturating_add(message.priority_fee));
        let effective = if fees.collect_tips { told } else { u128::from(base_fee) };
        Self { base_fee, posting: block.base_fee, effective, told }
    }
}
