//! Transactions that wait: for their turn by nonce, or for a block.

use std::collections::{BTreeMap, HashMap};

use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};

use super::transaction::Signed;
use crate::state::State;

/// Percent by which a replacement must raise the fee, as in geth.
const PRICE_BUMP: u128 = 10;

/// Waiting transactions by sender and nonce; cloning it for a snapshot is cheap enough.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    senders: HashMap<Address, BTreeMap<u64, Waiting>>,
    arrivals: u64,
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Signed,
    arrival: u64,
}

/// Offered for a nonce that is taken, for a fee that is not 10% higher.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("replacement transaction underpriced")]
pub struct Underpriced;

impl Pool {
    /// Takes a transaction in, in place of one of the same sender and nonce if it pays enough more.
    pub(super) fn add(&mut self, transaction: Signed) -> Result<(), Underpriced> {
        let queue = self.senders.entry(transaction.from).or_default();
        let nonce = transaction.envelope.nonce();
        if let Some(old) = queue.get(&nonce)
            && !outbids(&transaction, &old.transaction)
        {
            return Err(Underpriced);
        }
        self.arrivals += 1;
        queue.insert(nonce, Waiting { transaction, arrival: self.arrivals });
        Ok(())
    }

    /// The transaction whose turn it is: the earliest of those whose nonce is their sender's next.
    pub(super) fn ready(&self, state: &State) -> Option<&Signed> {
        self.senders
            .iter()
            .filter_map(|(from, queue)| queue.get(&state.nonce(*from)))
            .min_by_key(|waiting| waiting.arrival)
            .map(|waiting| &waiting.transaction)
    }

    /// Takes one out.
    pub(super) fn remove(&mut self, from: Address, nonce: u64) {
        if let Some(queue) = self.senders.get_mut(&from) {
            queue.remove(&nonce);
            if queue.is_empty() {
                self.senders.remove(&from);
            }
        }
    }

    /// Drops what can never be included any more, for its nonce was used.
    pub(super) fn prune(&mut self, state: &State) {
        self.senders.retain(|from, queue| {
            *queue = queue.split_off(&state.nonce(*from));
            !queue.is_empty()
        });
    }

    /// A waiting transaction by its hash.
    pub(super) fn get(&self, hash: B256) -> Option<&Signed> {
        self.iter().find(|transaction| transaction.hash() == hash)
    }

    /// The nonce that `from` should use next, after all that wait in an unbroken row.
    pub(super) fn next_nonce(&self, from: Address, state: &State) -> u64 {
        let mut next = state.nonce(from);
        if let Some(queue) = self.senders.get(&from) {
            while queue.contains_key(&next) {
                next += 1;
            }
        }
        next
    }

    /// All that wait.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Signed> {
        self.senders.values().flat_map(BTreeMap::values).map(|waiting| &waiting.transaction)
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.senders.clear();
    }
}

/// Tips are dropped by Arbitrum, so a replacement need not raise them; it must not lower them.
fn outbids(new: &Signed, old: &Signed) -> bool {
    let (new, old) = (&new.envelope, &old.envelope);
    let wanted = old.max_fee_per_gas().saturating_mul(100 + PRICE_BUMP).div_ceil(100);
    new.max_fee_per_gas() >= wanted
        && new.max_priority_fee_per_gas().unwrap_or_default() >= old.max_priority_fee_per_gas().unwrap_or_default()
}
