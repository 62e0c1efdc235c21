//! What a block holds: transactions signed by accounts, and the one with which ArbOS opens a block.

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_rlp::{Encodable, Header};
use alloy_sol_types::{SolCall, sol};

use crate::evm::Message;

sol! {
    /// ArbOS's own call at the start of a block.
    function startBlock(uint256 l1BaseFee, uint64 l1BlockNumber, uint64 l2BlockNumber, uint64 timePassed);
}

/// The sender of ArbOS's own transactions, and whom they call. (Its state is kept at another address.)
const ARBOS: Address = address!("00000000000000000000000000000000000a4b05");

/// Type byte of ArbOS's own transactions.
pub const INTERNAL_TYPE: u8 = 0x6a;

/// A transaction of a block.
#[derive(Clone, Debug)]
pub enum Transaction {
    /// Sent by an account.
    Signed(Box<Signed>),
    /// Made by ArbOS at the start of a block. It costs no gas and has no signature.
    StartBlock(StartBlock),
}

/// A transaction with a signature, and whose it is.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The transaction.
    pub envelope: TxEnvelope,
    /// Its sender: recovered from the signature, or an impersonated account.
    pub from: Address,
}

/// The transaction with which ArbOS opens a block.
#[derive(Clone, Debug)]
pub struct StartBlock {
    /// Chain id, part of the hash.
    pub chain_id: u64,
    /// A call of `startBlock`.
    pub input: Bytes,
}

/// Why bytes are no transaction that this chain takes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Undecodable {
    /// There are none.
    #[error("empty transaction bytes: send the signed transaction as hex")]
    Empty,
    /// Blob transactions do not exist on Arbitrum.
    #[error("transaction type not supported: Arbitrum takes no blob transactions (type 0x03)")]
    Blob,
    /// Arbitrum's own types come from the parent chain or from ArbOS.
    #[error("transaction type not supported: type {0:#04x} is made by Arbitrum itself and cannot be sent")]
    Arbitrum(u8),
    /// A type that nobody knows.
    #[error("transaction type not supported: {0:#04x}; this chain takes types 0x00, 0x01, 0x02 and 0x04")]
    Unknown(u8),
    /// The encoding is broken.
    #[error("invalid transaction encoding: {0}")]
    Encoding(String),
    /// The signature is not one.
    #[error("invalid sender: the signature does not recover to an address ({0})")]
    Signature(String),
    /// It was signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    ChainId {
        /// The transaction's.
        have: u64,
        /// This chain's.
        want: u64,
    },
}

impl Signed {
    /// Decodes a signed transaction and recovers its sender. Legacy transactions without a chain id are taken, as
    /// Nitro's development node takes them.
    pub fn decode(bytes: &[u8], chain_id: u64) -> Result<Self, Undecodable> {
        match bytes.first() {
            None => return Err(Undecodable::Empty),
            Some(3) => return Err(Undecodable::Blob),
            Some(kind @ 0x64..=0x78) => return Err(Undecodable::Arbitrum(*kind)),
            Some(kind @ (0 | 5..=0x63 | 0x79..=0x7f)) => return Err(Undecodable::Unknown(*kind)),
            Some(_) => {}
        }
        let mut rest = bytes;
        let envelope = TxEnvelope::decode_2718(&mut rest).map_err(|error| Undecodable::Encoding(error.to_string()))?;
        if !rest.is_empty() {
            return Err(Undecodable::Encoding(format!("{} bytes too many", rest.len())));
        }
        if let Some(have) = envelope.chain_id().filter(|id| *id != chain_id) {
            return Err(Undecodable::ChainId { have, want: chain_id });
        }
        let from = envelope.recover_signer().map_err(|error| Undecodable::Signature(error.to_string()))?;
        Ok(Self { envelope, from })
    }

    /// Its hash.
    pub fn hash(&self) -> B256 {
        *self.envelope.tx_hash()
    }

    /// As the EVM executes it.
    pub fn message(&self) -> Message {
        let tx = &self.envelope;
        Message {
            from: self.from,
            to: tx.to(),
            value: tx.value(),
            input: tx.input().clone(),
            gas_limit: tx.gas_limit(),
            max_fee: tx.max_fee_per_gas(),
            priority_fee: tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas()),
            nonce: Some(tx.nonce()),
            access_list: tx.access_list().cloned().unwrap_or_default(),
            authorizations: tx.authorization_list().map(<[_]>::to_vec).unwrap_or_default(),
            posted_len: super::posting::compressed_len(&tx.encoded_2718()),
        }
    }
}

impl StartBlock {
    /// Opens block `number`, `passed` seconds after the one before.
    pub fn new(chain_id: u64, l1_number: u64, number: u64, passed: u64) -> Self {
        let call = startBlockCall { l1BaseFee: U256::ZERO, l1BlockNumber: l1_number, l2BlockNumber: number, timePassed: passed };
        Self { chain_id, input: call.abi_encode().into() }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(INTERNAL_TYPE);
        let payload_length = self.chain_id.length() + self.input.length();
        Header { list: true, payload_length }.encode(out);
        self.chain_id.encode(out);
        self.input.encode(out);
    }
}

impl Transaction {
    /// Its hash.
    pub fn hash(&self) -> B256 {
        match self {
            Self::Signed(signed) => signed.hash(),
            Self::StartBlock(start) => {
                let mut bytes = Vec::new();
                start.encode(&mut bytes);
                keccak256(bytes)
            }
        }
    }

    /// Its type byte.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Signed(signed) => signed.envelope.tx_type() as u8,
            Self::StartBlock(_) => INTERNAL_TYPE,
        }
    }

    /// Its sender.
    pub fn from(&self) -> Address {
        match self {
            Self::Signed(signed) => signed.from,
            Self::StartBlock(_) => ARBOS,
        }
    }

    /// Whom it calls.
    pub fn to(&self) -> Option<Address> {
        match self {
            Self::Signed(signed) => signed.envelope.to(),
            Self::StartBlock(_) => Some(ARBOS),
        }
    }

    /// Length in a block's RLP: there, a typed transaction is a string of bytes.
    pub(super) fn length(&self) -> usize {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        match self.kind() {
            0 => bytes.len(),
            _ => bytes.as_slice().length(),
        }
    }

    /// Its canonical bytes, as the transactions' trie holds them.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Signed(signed) => signed.envelope.encode_2718(out),
            Self::StartBlock(start) => start.encode(out),
        }
    }
}
