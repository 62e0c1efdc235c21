//! Transactions: each written before it is sent, each nonce used for one thing, and followed until it counts.
//!
//! One transaction is under way at a time. What stands in no block is sent again, byte for byte, and after a while with a
//! higher fee at the same nonce; whichever of them is mined, the duty is done once. A nonce that the chain counts although
//! none of ours was mined belongs to somebody else with the same key. Whatever a reorganisation undoes is sent again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use abi::AppFees;
use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::Encodable2718,
    network::TxSignerSync,
    primitives::TxKind,
    rpc::types::TransactionReceipt,
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent};

use super::{
    chain::{Chain, Head, Trouble, milliseconds},
    config::Fees,
    store::{
        Store, StoreError,
        slots::{MinedAt, Outcome, Signed, Slot, Work},
        vouchers::Settlement,
    },
};

/// The tip, as a part of the fee. Arbitrum drops it; other nodes want it to rise with the fee before they take a replacement.
const FEE_TO_TIP: u64 = 100;

/// Why a round cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutboxError {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a transaction could not be signed: {0}")]
    Unsigned(#[from] alloy::signers::Error),
}

/// What is signed, sent and followed.
pub(crate) struct Outbox {
    pub(crate) chain: Chain,
    pub(crate) store: Store,
    pub(crate) signer: PrivateKeySigner,
    pub(crate) chain_id: u64,
    pub(crate) fees: Fees,
    pub(crate) confirmations: u64,
    /// How long a nonce that the chain counts may have no receipt of ours before it is somebody else's.
    pub(crate) patience: Duration,
    /// When each was last handed in by this process.
    handed_in: HashMap<B256, Instant>,
    /// Since when a nonce has been missing its receipt.
    missing: HashMap<u64, Instant>,
}

/// What a round found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    /// How many transactions of the account the chain has.
    pub(crate) count: u64,
    /// The one that is under way, and what keeps it.
    pub(crate) under_way: Option<(u64, String)>,
    /// The highest block that has one of ours.
    pub(crate) newest_block: u64,
    /// What else happened, for the record.
    pub(crate) notes: Vec<String>,
}

/// What became of an attempt to send.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    /// It is signed, written and handed in, or will be.
    Yes,
    /// Nothing was signed, and why.
    No(String),
}

impl Outbox {
    pub(crate) fn new(
        chain: Chain,
        store: Store,
        signer: PrivateKeySigner,
        chain_id: u64,
        fees: Fees,
        confirmations: u64,
        patience: Duration,
    ) -> Self {
        let (handed_in, missing) = Default::default();
        Self { chain, store, signer, chain_id, fees, confirmations, patience, handed_in, missing }
    }

    pub(crate) fn account(&self) -> Address {
        self.signer.address()
    }

    /// Looks after all that was sent, as of a block.
    pub(crate) async fn follow(&mut self, head: &Head) -> Result<Round, OutboxError> {
        let mut round = Round { count: self.chain.count(self.account(), head).await?, ..Round::default() };
        let undone = self.store.mined_from(round.count)?;
        if !undone.is_empty() {
            self.store.undo_from(round.count, &undone.iter().flat_map(vouchers).collect())?;
            let (number, first) = (undone.len(), round.count);
            round.notes.push(format!("{number} transactions from nonce {first} on are in no block any more"));
            tracing::warn!(number, first, "a reorganisation undid transactions: they are sent again");
        }
        for slot in self.store.unmined()? {
            match self.find(&slot).await? {
                Some((hash, receipt)) => {
                    let block = receipt.block_number.unwrap_or(head.number);
                    self.store.mined(slot.nonce, MinedAt { hash, block })?;
                    self.missing.remove(&slot.nonce);
                }
                None if slot.nonce < round.count => self.miss(&slot, &mut round)?,
                None => {
                    self.missing.remove(&slot.nonce);
                    let keeps = self.hand_in(&slot, slot.nonce == round.count, head).await?;
                    round.under_way.get_or_insert((slot.nonce, keeps));
                }
            }
        }
        for slot in self.store.shallow()? {
            let Some(at) = slot.mined else { continue };
            round.newest_block = round.newest_block.max(at.block);
            if !head.confirms(at.block, self.confirmations) {
                continue;
            }
            match self.find(&slot).await? {
                Some((hash, receipt)) => {
                    let at = MinedAt { hash, block: receipt.block_number.unwrap_or(head.number) };
                    if head.confirms(at.block, self.confirmations) {
                        self.end(&slot, at, &receipt)?;
                    } else {
                        self.store.mined(slot.nonce, at)?;
                    }
                    self.missing.remove(&slot.nonce);
                }
                None => self.miss(&slot, &mut round)?,
            }
        }
        Ok(round)
    }

    /// The one of a nonce's transactions that was mined.
    async fn find(&self, slot: &Slot) -> Result<Option<(B256, TransactionReceipt)>, OutboxError> {
        for signed in self.store.signed(slot.nonce)? {
            if let Some(receipt) = self.chain.receipt(signed.hash).await? {
                return Ok(Some((signed.hash, receipt)));
            }
        }
        Ok(None)
    }

    /// The chain counts the nonce, and has no receipt of ours: an endpoint that lags, or another transaction.
    fn miss(&mut self, slot: &Slot, round: &mut Round) -> Result<(), OutboxError> {
        let since = *self.missing.entry(slot.nonce).or_insert_with(Instant::now);
        if since.elapsed() < self.patience {
            round.under_way.get_or_insert((slot.nonce, "the chain counts its nonce, and has no receipt of it yet".into()));
            return Ok(());
        }
        self.missing.remove(&slot.nonce);
        self.store.end(slot.nonce, None, Outcome::Replaced, 0, milliseconds(), &[])?;
        tracing::warn!(nonce = slot.nonce, duty = slot.work.duty, "somebody else with the same key used the nonce");
        Ok(())
    }

    fn end(&self, slot: &Slot, at: MinedAt, receipt: &TransactionReceipt) -> Result<(), OutboxError> {
        let outcome = if receipt.status() { Outcome::Done } else { Outcome::Reverted };
        let cost = u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price);
        let settled = settlements(slot.work.target, receipt);
        self.store.end(slot.nonce, Some(at), outcome, cost, milliseconds(), &settled)?;
        let outcome = if receipt.status() { "done" } else { "reverted" };
        tracing::info!(nonce = slot.nonce, duty = slot.work.duty, outcome, hash = %at.hash, cost, "a transaction counts");
        Ok(())
    }

    /// Hands in what no block has: again, or with a higher fee. Says what keeps it.
    async fn hand_in(&mut self, slot: &Slot, first: bool, head: &Head) -> Result<String, OutboxError> {
        let all = self.store.signed(slot.nonce)?;
        let Some(mut newest) = all.into_iter().next() else { return Ok("no transaction was signed for its nonce".into()) };
        let age = u128::try_from(milliseconds() - newest.written).unwrap_or_default();
        let mut waits = "it waits for a block".to_owned();
        if first && age >= self.fees.bump_after.as_millis() {
            match self.raise(slot, &newest, head).await? {
                Ok(next) => newest = next,
                Err(why) => waits = format!("{waits}, {why}"),
            }
        }
        let again = self.fees.bump_after / 2;
        if self.handed_in.get(&newest.hash).is_some_and(|at| at.elapsed() < again) {
            return Ok(waits);
        }
        match self.chain.send(&newest.raw).await {
            Ok(()) => {
                self.handed_in.insert(newest.hash, Instant::now());
                Ok(waits)
            }
            Err(Trouble::Refused { message, .. }) => match Objection::of(&message) {
                // If it was mined, the next round finds its receipt before anything else is done about it.
                Objection::Known => {
                    self.handed_in.insert(newest.hash, Instant::now());
                    Ok(waits)
                }
                Objection::Underpriced => Ok(match self.raise(slot, &newest, head).await? {
                    Ok(_) => "another with its nonce pays more; it offers more next time".into(),
                    Err(why) => format!("another with its nonce pays more, {why}"),
                }),
                Objection::Other => Ok(format!("the node does not take it: {message}")),
            },
            Err(trouble) => Ok(trouble.to_string()),
        }
    }

    /// The same again for a higher fee, up to the cap, or why not. It is written before anyone sees it.
    async fn raise(&self, slot: &Slot, old: &Signed, head: &Head) -> Result<Result<Signed, String>, OutboxError> {
        let Some(fee) = raised(old.fee, head.base_fee, &self.fees) else {
            return Ok(Err(format!(
                "and offers {} wei per gas, which max_fee_gwei leaves no room to raise; gas costs {} now",
                old.fee, head.base_fee
            )));
        };
        if let Some(why) = self.too_poor(fee, slot.work.gas).await? {
            return Ok(Err(format!("and cannot offer more: {why}")));
        }
        let next = self.signed(slot.nonce, &slot.work, fee)?;
        self.store.bump(slot.nonce, &next)?;
        tracing::info!(nonce = slot.nonce, duty = slot.work.duty, fee, hash = %next.hash, "a transaction offers more");
        Ok(Ok(next))
    }

    /// Why the account cannot pay; none if it can.
    async fn too_poor(&self, fee: u64, gas: u64) -> Result<Option<String>, OutboxError> {
        let (have, need) = (self.chain.balance(self.account()).await?, U256::from(fee) * U256::from(gas));
        Ok((have < need).then(|| format!("{} has {have} wei, and may need {need}: send it some ether", self.account())))
    }

    fn signed(&self, nonce: u64, work: &Work, fee: u64) -> Result<Signed, OutboxError> {
        let mut unsigned = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit: work.gas,
            max_fee_per_gas: fee.into(),
            max_priority_fee_per_gas: fee.div_ceil(FEE_TO_TIP).into(),
            to: TxKind::Call(work.target),
            value: U256::ZERO,
            access_list: Default::default(),
            input: work.input.clone(),
        };
        let signature = self.signer.sign_transaction_sync(&mut unsigned)?;
        let envelope = TxEnvelope::from(unsigned.into_signed(signature));
        let raw = envelope.encoded_2718().into();
        Ok(Signed { hash: *envelope.tx_hash(), fee, raw, written: milliseconds() })
    }

    /// Signs, writes and sends. Only to be called after a round with nothing under way, at the same block.
    pub(crate) async fn send(&mut self, work: Work, round: &Round, head: &Head) -> Result<Sent, OutboxError> {
        if head.base_fee > self.fees.cap {
            let why = format!("gas costs {} wei, more than the cap of {}", head.base_fee, self.fees.cap);
            return Ok(Sent::No(why));
        }
        let pending = self.chain.pending_count(self.account()).await?;
        if pending > round.count {
            return Ok(Sent::No(format!(
                "another transaction of {} waits with nonce {}: it goes first; replace it by hand if it never comes",
                self.account(),
                round.count
            )));
        }
        let fee = head.base_fee.saturating_mul(2).clamp(1, self.fees.cap);
        if let Some(why) = self.too_poor(fee, work.gas).await? {
            return Ok(Sent::No(why));
        }
        let signed = self.signed(round.count, &work, fee)?;
        if !self.store.sign(round.count, &work, &signed)? {
            return Ok(Sent::No("it is under way already".into()));
        }
        tracing::info!(nonce = round.count, duty = work.duty, fee, hash = %signed.hash, "{}", work.purpose);
        // From here on it is followed like any other, whatever the node says now.
        if self.chain.send(&signed.raw).await.is_ok() {
            self.handed_in.insert(signed.hash, Instant::now());
        }
        Ok(Sent::Yes)
    }
}

/// What app-fees counted in a transaction to it.
fn settlements(app_fees: Address, receipt: &TransactionReceipt) -> Vec<Settlement> {
    let ours = receipt.logs().iter().filter(|it| it.address() == app_fees);
    let counted = ours.filter_map(|it| AppFees::Settled::decode_log(&it.inner).ok());
    counted
        .map(|it| Settlement { app: it.appId, epoch: it.epoch.saturating_to(), units: it.cumulativeUnits.saturating_to() })
        .collect()
}

/// The apps and epochs whose vouchers a nonce was to settle.
fn vouchers(slot: &Slot) -> Vec<(U256, u32)> {
    let call = AppFees::settleManyCall::abi_decode(&slot.work.input);
    call.map_or_else(|_| Vec::new(), |it| it.vouchers.iter().map(|it| (it.appId, it.epoch.saturating_to())).collect())
}

/// What a node has against a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Objection {
    /// It has it already, or had it.
    Known,
    /// Another with the same nonce pays more.
    Underpriced,
    Other,
}

impl Objection {
    /// By the words that geth, Nitro and their kin use.
    fn of(message: &str) -> Self {
        let message = message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|it| message.contains(it));
        if says(&["already known", "already exists", "nonce too low", "known transaction", "already imported"]) {
            Self::Known
        } else if says(&["underpriced"]) {
            Self::Underpriced
        } else {
            Self::Other
        }
    }
}

/// The next fee after one that was not enough; none if the cap leaves no raise that nodes would take.
fn raised(old: u64, base_fee: u64, fees: &Fees) -> Option<u64> {
    let by = |percent: u64| old.saturating_mul(100 + percent).div_ceil(100);
    let next = by(fees.bump_percent).max(base_fee.saturating_mul(2)).min(fees.cap);
    (next >= by(Fees::LEAST_BUMP)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(cap: u64) -> Fees {
        Fees { cap, bump_after: Duration::from_secs(1), bump_percent: 25 }
    }

    #[test]
    fn a_raise_is_one_that_nodes_take_and_ends_at_the_cap() {
        assert_eq!(raised(100, 0, &fees(1_000)), Some(125));
        assert_eq!(raised(100, 90, &fees(1_000)), Some(180), "the base fee rose");
        assert_eq!(raised(100, 0, &fees(115)), Some(115), "up to the cap");
        assert_eq!(raised(100, 0, &fees(112)), None, "twelve percent are no raise");
        assert_eq!(raised(101, 0, &fees(115)), Some(115), "rounded up");
        assert_eq!(raised(1_000, 0, &fees(1_000)), None);
    }

    #[test]
    fn what_nodes_say_is_understood() {
        for message in ["already known", "nonce too low: address 0x1, tx: 3 state: 4", "ALREADY_EXISTS: already exists"] {
            assert_eq!(Objection::of(message), Objection::Known, "{message}");
        }
        assert_eq!(Objection::of("replacement transaction underpriced"), Objection::Underpriced);
        for message in ["insufficient funds for gas * price + value", "max fee per gas less than block base fee"] {
            assert_eq!(Objection::of(message), Objection::Other, "{message}");
        }
    }
}
