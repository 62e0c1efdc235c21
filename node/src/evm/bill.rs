//! What a transaction's gas costs, and who is paid.

use alloy_primitives::U256;
use revm::{context::JournalTr, context_interface::journaled_state::account::JournaledAccountTr, handler::FrameResult};

use super::{
    GasProfile, Message, Refused,
    context::{BLOCK_GAS_LIMIT, Ctx},
    price::{Mode, Price},
};
use crate::arbos::{FeeRules, POSTING_FUNDS};

/// Units of posted data that a compressed byte counts for.
const UNITS_PER_BYTE: u64 = 16;

/// What becomes of a gas limit before the first frame runs.
pub(super) struct Bill {
    limit: u64,
    /// 21000, calldata, access list, authorizations.
    intrinsic: u64,
    /// The least that is paid (EIP-7623), 0 where the chain does not ask for it.
    floor: u64,
    /// Pays for posting; never refunded.
    pub(super) poster: u64,
    /// Above the cap on compute gas: given back untouched.
    held: u64,
    /// What the first frame gets.
    pub(super) gas: u64,
}

/// What a transaction used in the end.
pub(super) struct Settled {
    /// Gas used before refunds.
    spent: u64,
    /// Of it, what the floor added.
    raised: u64,
    /// Given back.
    refund: u64,
    /// Gas paid for.
    pub(super) used: u64,
    /// Of it, for posting.
    pub(super) poster: u64,
}

impl Bill {
    /// What the message asks for, or why that cannot be.
    pub(super) fn new(ctx: &Ctx<'_>, message: &Message, fees: &FeeRules, price: Price, mode: Mode) -> Result<Self, Refused> {
        let limit = message.gas_limit;
        if limit > BLOCK_GAS_LIMIT {
            return Err(Refused::Other(format!("gas limit {limit} exceeds the block gas limit {BLOCK_GAS_LIMIT}")));
        }
        let list = &message.access_list.0;
        let slots = list.iter().map(|item| item.storage_keys.len() as u64).sum();
        let initial = ctx.cfg.gas_params.initial_tx_gas(
            &message.input,
            message.to.is_none(),
            list.len() as u64,
            slots,
            message.authorizations.len() as u64,
            None,
        );
        let intrinsic = initial.initial_total_gas();
        let floor = if fees.calldata_floor && ctx.chain.arbos() >= 40 { initial.floor_gas() } else { 0 };
        if limit < floor {
            return Err(Refused::Other(format!("insufficient gas for floor data gas cost: have {limit}, want {floor}")));
        }
        let poster = poster_gas(message, fees, price);
        let want = intrinsic.saturating_add(poster);
        let Some(left) = limit.checked_sub(want) else {
            return Err(Refused::IntrinsicGas { have: limit, want });
        };
        let gas = match mode {
            // From ArbOS 50 the cap is on the transaction, intrinsic gas included; before, it is on the block.
            Mode::Transaction if ctx.chain.arbos() >= 50 => left.min(fees.max_tx_gas.saturating_sub(intrinsic)),
            Mode::Transaction => left.min(fees.max_block_gas),
            Mode::Call => left,
        };
        Ok(Self { limit, intrinsic, floor, poster, held: left - gas, gas })
    }

    /// Refunds are at most a fifth of what was computed. Those of authorizations stand even if the frame fails.
    pub(super) fn settle(&self, result: &FrameResult, auth_refund: u64) -> Settled {
        let end = result.interpreter_result();
        let left = if end.result.is_ok_or_revert() { end.gas.remaining() } else { 0 };
        let counter = if end.result.is_ok() { end.gas.refunded() } else { 0 };
        let counter = u64::try_from(counter).unwrap_or(0) + auth_refund;
        let taken = self.limit - self.held - left;
        let refund = counter.min((taken - self.poster) / 5);
        let used = (taken - refund).max(self.floor);
        let spent = taken.max(self.floor);
        Settled { spent, raised: spent - taken, refund: spent - used, used, poster: self.poster }
    }

    /// Completes what programs reported: EVM code took what nobody else did.
    pub(super) fn profile(&self, programs: GasProfile, settled: &Settled) -> GasProfile {
        let intrinsic = self.intrinsic + settled.raised;
        let known = GasProfile { intrinsic, poster: self.poster, refund: settled.refund, ..programs };
        let profile = GasProfile { evm: settled.spent.saturating_sub(known.total()), ..known };
        debug_assert_eq!(profile.total() - profile.refund, settled.used);
        profile
    }
}

/// Gas that pays for posting a message to the parent chain, rounded down.
fn poster_gas(message: &Message, fees: &FeeRules, price: Price) -> u64 {
    let units = U256::from(message.posted_len) * U256::from(UNITS_PER_BYTE);
    let wei = units.saturating_mul(fees.l1_price_per_unit);
    wei.checked_div(U256::from(price.posting)).unwrap_or_default().saturating_to()
}

/// Gives back what was not used and hands the fees on: computing to the network (and to infrastructure, where there is
/// such an account, up to the minimum base fee), posting to its fund. The block's beneficiary gets nothing.
pub(super) fn pay(ctx: &mut Ctx<'_>, message: &Message, fees: &FeeRules, settled: &Settled, price: Price) {
    let base_fee = U256::from(price.base_fee);
    let tips = U256::from(settled.used) * (U256::from(price.effective) - base_fee);
    let compute = U256::from(settled.used - settled.poster);
    let infra_fee = if fees.infra_account.is_zero() { U256::ZERO } else { compute * fees.min_base_fee.min(base_fee) };
    let credits = [
        (message.from, U256::from(message.gas_limit - settled.used) * U256::from(price.effective)),
        (fees.infra_account, infra_fee),
        (fees.network_account, compute * base_fee - infra_fee + tips),
        (POSTING_FUNDS, U256::from(settled.poster) * base_fee),
    ];
    for (account, credit) in credits {
        if !credit.is_zero() {
            let Ok(mut account) = ctx.journaled_state.load_account_mut(account);
            account.incr_balance(credit);
        }
    }
}
