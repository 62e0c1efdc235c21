//! Accounts whose transactions the node signs itself.

use std::collections::HashSet;

use alloy_consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy_primitives::{Address, B256, Signature, U256, eip191_hash_message};
use k256::ecdsa::SigningKey;

use super::Signed;
use crate::genesis::DevAccount;

/// Development accounts, and accounts that are impersonated.
#[derive(Clone, Debug)]
pub struct Signers {
    accounts: Vec<DevAccount>,
    impersonated: HashSet<Address>,
    everybody: bool,
}

/// The node has no key of this account.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "unknown account {0}: the node signs only for its development accounts, and sends for impersonated ones (anvil_impersonateAccount)"
)]
pub struct UnknownAccount(pub Address);

impl Signers {
    /// With these keys.
    pub fn new(accounts: Vec<DevAccount>) -> Self {
        Self { accounts, impersonated: HashSet::new(), everybody: false }
    }

    /// Accounts whose keys it holds.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// From now on `address` may send without a signature.
    pub fn impersonate(&mut self, address: Address) {
        self.impersonated.insert(address);
    }

    /// No longer.
    pub fn stop_impersonating(&mut self, address: Address) {
        self.impersonated.remove(&address);
    }

    /// Whether every account may send without a signature.
    pub fn impersonate_everybody(&mut self, on: bool) {
        self.everybody = on;
    }

    /// Makes a transaction of `from`: signed with its key, or, where it is impersonated, with a signature that no
    /// key makes (r is the address, s is 1), so that its hash is its own.
    pub fn send_as(&self, from: Address, transaction: TypedTransaction) -> Result<Signed, UnknownAccount> {
        let signature = match self.key(from) {
            Ok(key) => sign(&key, transaction.signature_hash(), from)?,
            Err(_) if self.everybody || self.impersonated.contains(&from) => {
                Signature::new(U256::from_be_slice(from.as_slice()), U256::ONE, false)
            }
            Err(unknown) => return Err(unknown),
        };
        Ok(Signed { envelope: TxEnvelope::from(transaction.into_signed(signature)), from })
    }

    /// Signs a message as wallets do, with the prefix of EIP-191.
    pub fn sign_message(&self, from: Address, message: &[u8]) -> Result<Signature, UnknownAccount> {
        self.sign_hash(from, eip191_hash_message(message))
    }

    /// Signs a hash as it is.
    pub fn sign_hash(&self, from: Address, hash: B256) -> Result<Signature, UnknownAccount> {
        sign(&self.key(from)?, hash, from)
    }

    fn key(&self, address: Address) -> Result<SigningKey, UnknownAccount> {
        let account = self.accounts.iter().find(|account| account.address == address);
        account.and_then(|account| SigningKey::from_slice(account.key.as_slice()).ok()).ok_or(UnknownAccount(address))
    }
}

fn sign(key: &SigningKey, hash: B256, from: Address) -> Result<Signature, UnknownAccount> {
    let (signature, parity) = key.sign_prehash_recoverable(hash.as_slice()).map_err(|_| UnknownAccount(from))?;
    Ok(Signature::from((signature, parity)))
}
