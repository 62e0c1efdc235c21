//! Blocks, with Nitro's header fields, and receipts.

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt as ConsensusReceipt, RlpEncodableReceipt,
    proofs::ordered_trie_root_with_encoder,
};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256, address, keccak256, logs_bloom};
use alloy_rlp::Encodable;

use super::transaction::{INTERNAL_TYPE, Transaction};
use crate::{
    evm::{Executed, GasProfile},
    state::State,
};

/// Gas limit in every header: 2^50, so that it never binds.
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;

/// Who made the block: Arbitrum's batch poster.
pub const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

/// A block, with the state that it left behind.
#[derive(Clone, Debug)]
pub struct Block {
    /// The header. Its state root stands for the history, see [`Draft::seal`].
    pub header: Header,
    /// Keccak-256 of the header's RLP.
    pub hash: B256,
    /// The parent chain's block number that contracts saw.
    pub l1_number: u64,
    /// Transactions in order, with their receipts.
    pub transactions: Vec<Mined>,
    /// Accounts after its last transaction.
    pub state: State,
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Mined {
    /// The transaction.
    pub transaction: Transaction,
    /// Its hash.
    pub hash: B256,
    /// How it ended.
    pub receipt: Receipt,
}

/// How a transaction ended.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// It neither reverted nor failed.
    pub success: bool,
    /// Why it failed, where it did not revert.
    pub error: Option<String>,
    /// Why it reverted, where there is more to say than the revert data.
    pub reason: Option<String>,
    /// What it reverted with, if it did.
    pub revert: Bytes,
    /// Text that programs wrote to the debug console.
    pub console: Vec<String>,
    /// Gas paid for.
    pub gas_used: u64,
    /// The part of it that pays for posting to the parent chain.
    pub gas_used_for_l1: u64,
    /// Gas of the block up to and with it.
    pub cumulative_gas_used: u64,
    /// Its logs in order.
    pub logs: Vec<Log>,
    /// Logs of the block before its first.
    pub first_log: u64,
    /// Bloom filter of its logs.
    pub bloom: Bloom,
    /// The contract that it made.
    pub created: Option<Address>,
    /// What the gas went to.
    pub profile: GasProfile,
}

/// A block being made.
pub(super) struct Draft {
    pub(super) number: u64,
    pub(super) parent: B256,
    pub(super) parent_root: B256,
    pub(super) timestamp: u64,
    pub(super) base_fee: u64,
    pub(super) arbos: u64,
    pub(super) l1_number: u64,
    pub(super) transactions: Vec<Mined>,
}

impl Draft {
    /// Adds a transaction that was executed.
    pub(super) fn push(&mut self, transaction: Transaction, executed: Executed) {
        let before = self.transactions.last().map(|mined| &mined.receipt);
        let receipt = Receipt {
            success: executed.success,
            error: executed.error,
            reason: executed.reason.filter(|_| !executed.success),
            revert: if executed.success { Bytes::new() } else { executed.output },
            console: executed.console,
            gas_used: executed.gas_used,
            gas_used_for_l1: executed.gas_used_for_l1,
            cumulative_gas_used: before.map_or(0, |receipt| receipt.cumulative_gas_used) + executed.gas_used,
            first_log: before.map_or(0, |receipt| receipt.first_log + receipt.logs.len() as u64),
            bloom: logs_bloom(&executed.logs),
            logs: executed.logs,
            created: executed.created,
            profile: executed.profile,
        };
        self.transactions.push(Mined { hash: transaction.hash(), transaction, receipt });
    }

    /// Closes the block over the state that its transactions left.
    ///
    /// The roots of transactions and receipts are the real ones. The state root is not a root of accounts, which
    /// would cost a walk over all of them: it is keccak256(parent's state root ‖ transactions root ‖ receipts root
    /// ‖ time), so it is the same for the same history, and different for different ones.
    pub(super) fn seal(self, state: State) -> Block {
        let transactions_root = ordered_trie_root_with_encoder(&self.transactions, |mined, out| mined.transaction.encode(out));
        let receipts_root = ordered_trie_root_with_encoder(&self.transactions, |mined, out| mined.encode_receipt(out));
        let mut history = [0; 104];
        history[..32].copy_from_slice(self.parent_root.as_slice());
        history[32..64].copy_from_slice(transactions_root.as_slice());
        history[64..96].copy_from_slice(receipts_root.as_slice());
        history[96..].copy_from_slice(&self.timestamp.to_be_bytes());
        let header = Header {
            parent_hash: self.parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: SEQUENCER,
            state_root: keccak256(history),
            transactions_root,
            receipts_root,
            logs_bloom: self.transactions.iter().fold(Bloom::ZERO, |bloom, mined| bloom | mined.receipt.bloom),
            difficulty: U256::ONE,
            number: self.number,
            gas_limit: BLOCK_GAS_LIMIT,
            gas_used: self.transactions.last().map_or(0, |mined| mined.receipt.cumulative_gas_used),
            timestamp: self.timestamp,
            // The root of messages sent to the parent chain: there are none.
            extra_data: B256::ZERO.into(),
            mix_hash: mix_hash(self.l1_number, self.arbos),
            // Messages read from the parent chain: the one that made the chain.
            nonce: B64::with_last_byte(1),
            base_fee_per_gas: Some(self.base_fee),
            ..Header::default()
        };
        Block { hash: header.hash_slow(), header, l1_number: self.l1_number, transactions: self.transactions, state }
    }
}

impl Block {
    /// Length of its RLP in bytes.
    pub fn size(&self) -> u64 {
        let transactions: usize = self.transactions.iter().map(|mined| mined.transaction.length()).sum();
        let list = |payload_length| alloy_rlp::Header { list: true, payload_length }.length_with_payload();
        let uncles = list(0);
        list(self.header.length() + list(transactions) + uncles) as u64
    }
}

impl Mined {
    fn encode_receipt(&self, out: &mut Vec<u8>) {
        let receipt = ConsensusReceipt {
            status: Eip658Value::Eip658(self.receipt.success),
            cumulative_gas_used: self.receipt.cumulative_gas_used,
            logs: self.receipt.logs.clone(),
        };
        if self.transaction.kind() != 0 {
            out.push(self.transaction.kind());
        }
        receipt.rlp_encode_with_bloom(&self.receipt.bloom, out);
    }

    /// Whether ArbOS made it.
    pub fn is_internal(&self) -> bool {
        self.transaction.kind() == INTERNAL_TYPE
    }
}

/// Messages sent (none), the parent chain's block number and ArbOS's version, eight bytes each.
fn mix_hash(l1_number: u64, arbos: u64) -> B256 {
    let mut bytes = [0; 32];
    bytes[8..16].copy_from_slice(&l1_number.to_be_bytes());
    bytes[16..24].copy_from_slice(&arbos.to_be_bytes());
    bytes.into()
}
