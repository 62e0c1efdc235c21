//! What the EVM is asked to execute, and what comes of it.

use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Log, U256};

use super::{Call, Step};

/// The block in which a transaction executes.
#[derive(Clone, Debug, Default)]
pub struct BlockEnv {
    /// Number of the block on this chain (logs and RPC).
    pub number: u64,
    /// The parent chain's block number, which contracts see.
    pub l1_number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// Base fee in wei.
    pub base_fee: u64,
    /// ArbOS version.
    pub arbos: u64,
    /// Code hashes of the programs that ran in this block, the latest last (a cache of ArbOS 60; no journal undoes it).
    pub recent_programs: Vec<B256>,
}

/// A transaction as the EVM needs it: signed and checked, or asked for by `eth_call`.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Who sends it.
    pub from: Address,
    /// Who is called; none creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Calldata or init code.
    pub input: Bytes,
    /// Gas limit.
    pub gas_limit: u64,
    /// The most wei per gas (a legacy transaction's gas price).
    pub max_fee: u128,
    /// Tip in wei per gas (a legacy transaction's gas price once more); dropped by Arbitrum, but seen by `tx_gas_price`.
    pub priority_fee: u128,
    /// The nonce that it must have; none takes the account's own.
    pub nonce: Option<u64>,
    /// Warm from the start.
    pub access_list: AccessList,
    /// EIP-7702.
    pub authorizations: Vec<SignedAuthorization>,
    /// Brotli-compressed length of the signed transaction in bytes, 0 for a call: what its posting costs.
    pub posted_len: u64,
}

/// How a transaction ended.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// It neither reverted nor failed.
    pub success: bool,
    /// Why not, where there is more to say than the revert data (`out of gas`, `ProgramNotActivated()`...).
    pub error: Option<String>,
    /// Why the latest revert without data happened, for people: a program trapped, a host function or a precompile refused.
    pub reason: Option<String>,
    /// Text that programs wrote to the debug console.
    pub console: Vec<String>,
    /// Return data or revert data.
    pub output: Bytes,
    /// Gas paid for, refunds taken off.
    pub gas_used: u64,
    /// The part of it that pays for posting to the parent chain.
    pub gas_used_for_l1: u64,
    /// Logs in order.
    pub logs: Vec<Log>,
    /// The contract that a creating transaction made.
    pub created: Option<Address>,
    /// What the gas went to.
    pub profile: GasProfile,
}

/// An execution, what programs asked of their host in it, in the outermost frame and from there in those that it opened,
/// and who called whom.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    /// How it ended.
    pub executed: Executed,
    /// Steps of the outermost frame, in order.
    pub steps: Vec<Step>,
    /// The outermost frame, with all that it opened.
    pub call: Call,
}

/// What the gas of a transaction went to, all frames together: [`GasProfile::total`] less `refund` is the gas used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GasProfile {
    /// 21000, calldata, access list, authorizations.
    pub intrinsic: u64,
    /// Posting to the parent chain.
    pub poster: u64,
    /// Entering programs: initialising them and their memory.
    pub entry: u64,
    /// WebAssembly operators.
    pub wasm: u64,
    /// Loads and stores of programs.
    pub storage: u64,
    /// Logs of programs.
    pub logs: u64,
    /// Calls and creations by programs, without what the callees use.
    pub calls: u64,
    /// Other host functions: arguments, results, hashing, context.
    pub host: u64,
    /// EVM code and precompiles.
    pub evm: u64,
    /// Given back at the end.
    pub refund: u64,
}

impl GasProfile {
    /// Sum of the parts, before the refund.
    pub fn total(&self) -> u64 {
        let Self { intrinsic, poster, entry, wasm, storage, logs, calls, host, evm, refund: _ } = *self;
        intrinsic + poster + entry + wasm + storage + logs + calls + host + evm
    }
}

/// A transaction that cannot be executed at all, so that nothing of it is in a block. The text is the one that
/// geth's clients match on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// Its nonce was used before.
    #[error("nonce too low: address {address}, tx: {tx} state: {state}")]
    NonceTooLow {
        /// Sender.
        address: Address,
        /// The transaction's.
        tx: u64,
        /// The account's.
        state: u64,
    },
    /// Its nonce is ahead.
    #[error("nonce too high: address {address}, tx: {tx} state: {state}")]
    NonceTooHigh {
        /// Sender.
        address: Address,
        /// The transaction's.
        tx: u64,
        /// The account's.
        state: u64,
    },
    /// It may cost more than the sender has.
    #[error("insufficient funds for gas * price + value: address {address} have {have} want {want}")]
    InsufficientFunds {
        /// Sender.
        address: Address,
        /// Balance in wei.
        have: U256,
        /// Gas limit * fee + value.
        want: U256,
    },
    /// The gas limit does not cover the fixed price.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas {
        /// Gas limit.
        have: u64,
        /// The fixed price.
        want: u64,
    },
    /// It offers less than the base fee.
    #[error("max fee per gas less than block base fee: address {address}, maxFeePerGas: {max_fee}, baseFee: {base_fee}")]
    FeeTooLow {
        /// Sender.
        address: Address,
        /// Offered.
        max_fee: u128,
        /// Asked.
        base_fee: u64,
    },
    /// Anything else, in geth's words.
    #[error("{0}")]
    Other(String),
}
