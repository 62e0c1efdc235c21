//! Calls and estimates: execution that leaves no trace.

use alloy_consensus::{EthereumTxEnvelope, SignableTransaction, TxEip1559, TxEip4844Variant};
use alloy_eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718};
use alloy_primitives::{Address, Signature, TxKind, U256, address};
use alloy_sol_types::{SolCall, sol};

use super::{Chain, NoSuchBlock, posting};
use crate::{
    arbos,
    evm::{BlockEnv, Executed, Message, Refused},
    state::State,
};

/// ArbGasInfo, the precompile that knows prices.
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");

sol! {
    /// Wei per byte of the parent chain.
    function getL1BaseFeeEstimate() external view returns (uint256);
}

/// The most gas that a call or an estimate may use, as in Nitro.
pub const CALL_GAS_CAP: u64 = 50_000_000;

/// An estimate may be this many hundredths above the least gas that is enough, as in Nitro: each step of the search
/// is a whole execution.
const TOLERANCE_PERCENT: u64 = 1;

/// A state to execute on, and the block around it.
#[derive(Clone, Debug)]
pub struct View {
    /// Accounts.
    pub state: State,
    /// The block.
    pub env: BlockEnv,
}

/// Why there is no estimate.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EstimateError {
    /// It cannot be executed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It reverts or fails however much gas it gets.
    #[error("execution failed")]
    Failed(Box<Executed>),
    /// It needs more than it may have.
    #[error("gas required exceeds allowance ({allowance})")]
    Allowance {
        /// Gas that it may have.
        allowance: u64,
    },
}

impl Chain {
    /// What a call at a block executes on: the state that the block left, in that block. At `pending` it is the
    /// newest state in the block that would come next, with the time that it would have.
    pub fn view(&self, at: BlockId) -> Result<View, NoSuchBlock> {
        if at == BlockId::Number(BlockNumberOrTag::Pending) {
            return Ok(View { state: self.state().clone(), env: self.next_env() });
        }
        let block = self.block_at(at)?;
        let mut state = block.state.clone();
        let env = BlockEnv {
            number: block.header.number,
            l1_number: block.l1_number,
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
            arbos: arbos::version(&mut state),
            recent_programs: Vec::new(),
        };
        Ok(View { state, env })
    }

    /// Executes a call. Its gas is capped at [`CALL_GAS_CAP`].
    pub fn call(&self, view: &View, message: &Message) -> Result<Executed, Refused> {
        let mut message = message.clone();
        message.gas_limit = message.gas_limit.min(CALL_GAS_CAP);
        self.evm.call(&view.state, &view.env, &message)
    }

    /// The gas limit with which a transaction succeeds: a limit with which it was executed, not a formula.
    /// Posting to the parent chain is part of it. `message.gas_limit` is the most that it may be.
    pub fn estimate(&self, view: &View, message: &Message) -> Result<u64, EstimateError> {
        let allowance = message.gas_limit.min(CALL_GAS_CAP);
        let mut message = Message { gas_limit: allowance, ..message.clone() };
        message.posted_len = self.posted_len(&message);

        let first = self.evm.call(&view.state, &view.env, &message)?;
        if !first.success {
            let out_of_gas = first.error.as_deref().is_some_and(|error| error.contains("out of gas"));
            return Err(if out_of_gas { EstimateError::Allowance { allowance } } else { EstimateError::Failed(Box::new(first)) });
        }

        let mut too_little = first.gas_used.saturating_sub(1);
        let mut enough = allowance;
        // Most transactions need what they used, what was refunded, and what 63/64 keeps back at one call.
        let guess = (first.gas_used + first.profile.refund + 2300).saturating_mul(64) / 63;
        for probe in [first.gas_used, guess] {
            if too_little < probe && probe < enough {
                if self.succeeds(view, &mut message, probe) {
                    enough = probe;
                } else {
                    too_little = probe;
                }
            }
        }
        while too_little + 1 < enough && (enough - too_little) * 100 > enough * TOLERANCE_PERCENT {
            let probe = too_little + (enough - too_little) / 2;
            if self.succeeds(view, &mut message, probe) {
                enough = probe;
            } else {
                too_little = probe;
            }
        }
        Ok(enough)
    }

    /// The part of an estimate that pays for posting to the parent chain, in gas.
    pub fn posting_gas(&self, view: &View, message: &Message) -> u64 {
        let message = Message { posted_len: self.posted_len(message), ..message.clone() };
        self.call(view, &message).map_or(0, |executed| executed.gas_used_for_l1)
    }

    /// What the parent chain charges for a byte, in wei, as ArbOS estimates it.
    pub fn l1_price(&self, view: &View) -> U256 {
        let message = Message {
            to: Some(ARB_GAS_INFO),
            input: getL1BaseFeeEstimateCall {}.abi_encode().into(),
            gas_limit: CALL_GAS_CAP,
            ..Message::default()
        };
        let answer = self.call(view, &message).unwrap_or_default();
        getL1BaseFeeEstimateCall::abi_decode_returns(&answer.output).unwrap_or_default()
    }

    /// Bytes by which posting a transaction like this will be charged, before it is signed.
    fn posted_len(&self, message: &Message) -> u64 {
        let unsigned = TxEip1559 {
            chain_id: self.config.chain_id,
            nonce: 1 << 20,
            gas_limit: message.gas_limit,
            max_fee_per_gas: message.max_fee,
            max_priority_fee_per_gas: message.priority_fee,
            to: message.to.map_or(TxKind::Create, TxKind::Call),
            value: message.value,
            access_list: message.access_list.clone(),
            input: message.input.clone(),
        };
        let signature = Signature::new(U256::from(3), U256::from(5), false);
        let envelope: EthereumTxEnvelope<TxEip4844Variant> = unsigned.into_signed(signature).into();
        // A real signature does not compress: 64 bytes of it stand for two small numbers here.
        posting::estimated_len(&envelope.encoded_2718()) + 64
    }

    fn succeeds(&self, view: &View, message: &mut Message, gas_limit: u64) -> bool {
        message.gas_limit = gas_limit;
        self.evm.call(&view.state, &view.env, message).is_ok_and(|executed| executed.success)
    }
}
