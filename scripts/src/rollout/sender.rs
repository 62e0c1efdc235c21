//! Sends transactions one after the other, each written into the journal first, and finds out what became of those that an
//! earlier run may have sent.

use std::time::Duration;

use alloy::{
    consensus::{BlockHeader, Transaction},
    eips::{BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest, state::StateOverride},
};
use alloy_primitives::{Address, B256, U256};
use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

use words::refusals::Kind;

use super::{
    journal::{Entry, Journal, Mined, Signed},
    nonce,
};
use crate::{
    chain::{Chain, MOST_PRICE, Order, limit, offer},
    wallet::Failure,
};

/// A place in the life of a transaction at which a run may end without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// It is signed and nowhere.
    Signed,
    /// It is written down.
    Written,
    /// The node has it.
    Sent,
    /// It is in a block, and that is not written down.
    Mined,
    /// That is written down.
    Recorded,
}

impl Moment {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [Self::Signed, Self::Written, Self::Sent, Self::Mined, Self::Recorded];
}

/// Hears how far a run is. What it answers with an error ends the run there.
pub trait Witness: Send {
    /// A step's transaction is at this moment.
    fn reaches(&mut self, step: &str, moment: Moment) -> Result<()>;
    /// Something else that is worth a line.
    fn notes(&mut self, text: &str);
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a transaction to be in a block.
    pub block: Duration,
    /// For a node to know what another node of the same provider knows already.
    pub lag: Duration,
    /// Between sending the same bytes again.
    pub again: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { block: Duration::from_secs(180), lag: Duration::from_secs(10), again: Duration::from_secs(5) }
    }
}

/// A fee is raised to at most so many times the first one.
const MOST_RAISE: u128 = 16;

/// Sends for one account.
pub(crate) struct Sender<'a> {
    /// Where.
    pub(crate) chain: &'a Chain,
    /// What was signed.
    pub(crate) journal: Journal,
    /// Hears of it.
    pub(crate) witness: &'a mut dyn Witness,
    /// How long to wait.
    pub(crate) patience: Patience,
    /// The account.
    pub(crate) from: Address,
    /// Wei of a gas that are offered while blocks ask no more; twice what they ask where there is none.
    pub(crate) fee: Option<u128>,
    wallet: EthereumWallet,
}

/// What became of a nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A transaction of ours is in a block.
    Mined(Mined),
    /// Another transaction of the account has used it: this one, if the node tells.
    Replaced(Option<B256>),
}

/// What a node says to a transaction.
enum Reception {
    /// It has it, now or since before.
    Taken,
    /// Its fee is too low.
    Underpriced,
    /// The nonce is used.
    Used,
}

impl<'a> Sender<'a> {
    /// Of an account, which nobody else sends from meanwhile.
    pub(crate) fn new(
        chain: &'a Chain,
        from: Address,
        wallet: EthereumWallet,
        journal: Journal,
        witness: &'a mut dyn Witness,
    ) -> Self {
        Self { chain, journal, witness, patience: Patience::default(), from, fee: None, wallet }
    }

    /// Finds out what became of what an earlier run left open; what the chain does not have is sent again, the same bytes.
    pub(crate) async fn recover(&mut self) -> Result<()> {
        let open = self.journal.open_attempts();
        let Some(last) = open.last() else { return Ok(()) };
        // What is sent, and signed again for a higher fee, comes from the file: only what this account has signed before.
        for attempt in &open {
            attempt.check(self.from, self.chain.id())?;
        }
        let (step, nonce) = (last.step.clone(), last.nonce);
        self.witness.notes(&format!("an earlier run may have sent `{step}` with nonce {nonce}: asking the chain"));
        match self.finish(open).await? {
            Fate::Mined(mined) if mined.ok => self.witness.notes(&format!("`{step}` is in block {}", mined.block)),
            Fate::Mined(mined) => {
                self.witness.notes(&format!("`{step}` was mined in block {} and reverted: it is looked at anew", mined.block));
            }
            Fate::Replaced(by) => {
                let by = other_transaction(by);
                self.witness.notes(&format!("nonce {nonce} of `{step}` was used by {by}: the step is looked at anew"));
            }
        }
        Ok(())
    }

    /// Sends a step's transaction and waits until it is in a block, where it may have reverted.
    pub(crate) async fn send(&mut self, step: &str, order: &Order) -> Result<Fate> {
        let nonce = self.next_nonce().await?;
        let price = self.gas_price().await?;
        let request = self.request(order, nonce);
        let gas = match order.gas {
            Some(gas) => gas,
            None => {
                let estimate = self.chain.provider().estimate_gas(request.clone()).await;
                let estimate = estimate.with_context(|| format!("`{step}` would fail: nothing was sent"))?;
                limit(estimate)?
            }
        };
        let fee = self.fee.filter(|fee| *fee >= price).map_or_else(|| offer(price), Ok)?;
        let signed = self.sign(step, request, gas, (fee, 0)).await?;
        self.witness.reaches(step, Moment::Signed)?;
        self.journal.write(Entry::Signed(signed.clone()))?;
        self.witness.reaches(step, Moment::Written)?;
        self.finish(vec![signed]).await
    }

    /// Waits until one of the attempts at a nonce is in a block, or another transaction has used the nonce. Sends the latest
    /// one again and again, and raises its fee when the chain asks more.
    async fn finish(&mut self, mut attempts: Vec<Signed>) -> Result<Fate> {
        let (step, nonce) = attempts.last().map(|last| (last.step.clone(), last.nonce)).context("there is no attempt")?;
        let deadline = Instant::now() + self.patience.block;
        let (mut next, mut used_since) = (Instant::now(), None);
        loop {
            for attempt in &attempts {
                if let Some(receipt) = self.receipt(attempt.hash).await? {
                    return self.record(&step, nonce, &receipt).await;
                }
            }
            if self.count(BlockNumberOrTag::Latest).await? > nonce {
                // The count may be from a node that is ahead of the one that was asked for receipts: unless the other
                // transaction shows, that one is given time.
                let waited = used_since.get_or_insert_with(Instant::now).elapsed() >= self.patience.lag;
                let by = nonce::user(self.chain, self.from, nonce).await?;
                let ours = by.is_some_and(|by| attempts.iter().any(|attempt| attempt.hash == by));
                if !ours && (by.is_some() || waited) {
                    self.journal.write(Entry::Replaced { step, nonce, by })?;
                    return Ok(Fate::Replaced(by));
                }
            } else if next <= Instant::now() {
                used_since = None;
                next = Instant::now() + self.patience.again;
                let latest = attempts.last().context("there is no attempt")?;
                let reception = self.submit(latest).await?;
                if matches!(reception, Reception::Underpriced) || self.is_outbid(latest).await? {
                    let first = attempts.first().unwrap_or(latest);
                    let raised = self.raise(first, latest).await?;
                    attempts.push(raised);
                    next = Instant::now();
                }
                self.witness.reaches(&step, Moment::Sent)?;
                continue;
            }
            if let Some(latest) = attempts.last().filter(|_| Instant::now() >= deadline) {
                let refusal = Box::new(Kind::NotMined.refusal(""));
                return Err(Failure::Unsure { hash: latest.hash, refusal }).with_context(|| {
                    format!(
                        "`{step}` was not mined within {} s: nonce {nonce}, sent as {}; it was dropped or waits. Run the same \
                         command again: it goes on from here",
                        self.patience.block.as_secs(),
                        attempts.iter().map(|attempt| attempt.hash.to_string()).collect::<Vec<_>>().join(", ")
                    )
                });
            }
            sleep(self.chain.polling()).await;
        }
    }

    async fn record(&mut self, step: &str, nonce: u64, receipt: &TransactionReceipt) -> Result<Fate> {
        let hash = receipt.transaction_hash;
        let block = receipt.block_number.with_context(|| format!("the receipt of {hash} names no block"))?;
        let found = self.chain.provider().get_block_by_number(block.into()).await.context("no block could be read")?;
        let time = found.with_context(|| format!("there is no block {block}"))?.header.timestamp();
        self.witness.reaches(step, Moment::Mined)?;
        let mined = Mined { step: step.to_owned(), hash, nonce, block, time, ok: receipt.status(), gas: receipt.gas_used };
        self.journal.write(Entry::Mined(mined.clone()))?;
        self.witness.reaches(step, Moment::Recorded)?;
        Ok(Fate::Mined(mined))
    }

    /// Whether the chain has a transaction, and it did what it was to do.
    pub(crate) async fn is_settled(&self, hash: B256) -> Result<bool> {
        Ok(self.receipt(hash).await?.is_some_and(|receipt| receipt.status()))
    }

    /// With what a transaction that was mined reverted.
    pub(crate) async fn revert_of(&self, order: &Order, block: u64) -> Result<alloy_primitives::Bytes> {
        let again = self.chain.ask(self.from, order, block.into(), StateOverride::default()).await?;
        Ok(again.err().unwrap_or_default())
    }

    /// The nonce to come. Waits for a node that is behind what is written down, and refuses while the account has
    /// transactions waiting that are not of this journal.
    async fn next_nonce(&mut self) -> Result<u64> {
        let expected = self.journal.all_mined().map(|mined| mined.nonce + 1).max().unwrap_or(0);
        let deadline = Instant::now() + self.patience.lag;
        let mut told = false;
        loop {
            let (latest, pending) = (self.count(BlockNumberOrTag::Latest).await?, self.count(BlockNumberOrTag::Pending).await?);
            if latest >= expected && pending <= latest {
                return Ok(latest);
            }
            if Instant::now() >= deadline {
                if pending > latest {
                    let waiting = self.waiting().await.unwrap_or_default();
                    bail!(
                        "{} has transactions waiting that are not of this deployment, nonce {latest} to {}{waiting}: wait until \
                         they are mined, or replace them, and run the same command again",
                        self.from,
                        pending - 1
                    );
                }
                // What was written down is not on this chain any more: it was reorganised, or started anew.
                self.witness
                    .notes(&format!("the chain has forgotten transactions: nonce {latest} is next, {expected} was expected"));
                return Ok(latest);
            }
            if !told {
                told = true;
                self.witness
                    .notes(&format!("the node answers nonce {latest} ({pending} with what waits), expected {expected}: waiting"));
            }
            sleep(self.chain.polling()).await;
        }
    }

    /// The hashes of what waits of this account, in words, as far as the node tells.
    async fn waiting(&self) -> Result<String> {
        let pool: serde_json::Value = self.chain.provider().raw_request("txpool_content".into(), ()).await?;
        let accounts = pool["pending"].as_object().into_iter().flatten();
        let mine = accounts.filter(|(account, _)| account.parse::<Address>().ok() == Some(self.from));
        let hashes = mine.flat_map(|(_, waiting)| waiting.as_object().into_iter().flatten());
        let words: Vec<&str> = hashes.filter_map(|(_, transaction)| transaction["hash"].as_str()).collect();
        Ok(if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) })
    }

    fn request(&self, order: &Order, nonce: u64) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(self.from)
            .with_to(order.to)
            .with_value(order.value)
            .with_input(order.input.clone())
            .with_nonce(nonce)
            .with_chain_id(self.chain.id())
    }

    /// Signs for at most so many wei a gas, of which so many are a tip.
    async fn sign(&self, step: &str, request: TransactionRequest, gas: u64, (fee, tip): (u128, u128)) -> Result<Signed> {
        let nonce = request.nonce.context("a transaction without nonce")?;
        let request = request.with_gas_limit(gas).with_max_fee_per_gas(fee).with_max_priority_fee_per_gas(tip);
        let signed = request.build(&self.wallet).await.with_context(|| format!("`{step}` could not be signed"))?;
        Ok(Signed { step: step.to_owned(), nonce, hash: *signed.tx_hash(), raw: signed.encoded_2718().into() })
    }

    /// The same transaction at the same nonce for a higher fee, written down.
    async fn raise(&mut self, first: &Signed, latest: &Signed) -> Result<Signed> {
        let old = latest.transaction()?;
        let most = first.transaction()?.max_fee_per_gas().saturating_mul(MOST_RAISE).min(MOST_PRICE);
        let more = |wei: u128| wei.saturating_add(wei / 4 + 1);
        let fee = more(old.max_fee_per_gas()).max(offer(self.gas_price().await?)?);
        // Where transactions wait in a pool, that one replaces another that offers more in both.
        let tip = more(old.max_priority_fee_per_gas().unwrap_or_default());
        ensure!(
            fee <= most,
            "`{}` needs a fee of {fee} wei a gas by now, more than {most}, which is the most that is offered: try later",
            latest.step
        );
        let order = Order {
            to: old.to().context("a transaction of the journal creates a contract")?,
            value: old.value(),
            input: old.input().clone(),
            gas: None,
        };
        let raised = self.sign(&latest.step, self.request(&order, latest.nonce), old.gas_limit(), (fee, tip)).await?;
        self.witness.notes(&format!("`{}` is sent again at nonce {} for up to {fee} wei a gas", latest.step, latest.nonce));
        self.journal.write(Entry::Signed(raised.clone()))?;
        Ok(raised)
    }

    /// Whether the chain's price is above what an attempt offers.
    async fn is_outbid(&self, attempt: &Signed) -> Result<bool> {
        Ok(attempt.transaction()?.max_fee_per_gas() < self.gas_price().await?)
    }

    async fn submit(&self, attempt: &Signed) -> Result<Reception> {
        let Err(error) = self.chain.provider().send_raw_transaction(&attempt.raw).await else { return Ok(Reception::Taken) };
        let said = error.as_error_resp().map(|payload| payload.message.to_lowercase());
        match said {
            // The connection failed, perhaps after the node had it: the chain will tell.
            None => Ok(Reception::Taken),
            Some(said) if said.contains("already known") || said.contains("already imported") => Ok(Reception::Taken),
            Some(said) if said.contains("nonce too low") => Ok(Reception::Used),
            Some(said) if said.contains("underpriced") || said.contains("less than block base fee") => Ok(Reception::Underpriced),
            Some(_) => Err(error).with_context(|| {
                format!(
                    "the node refused `{}` (nonce {}, {}): what it asks for done, run the same command again",
                    attempt.step, attempt.nonce, attempt.hash
                )
            }),
        }
    }

    async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>> {
        let receipt = self.chain.provider().get_transaction_receipt(hash).await.context("no receipt could be read")?;
        Ok(receipt.filter(|receipt| receipt.transaction_hash == hash))
    }

    async fn gas_price(&self) -> Result<u128> {
        self.chain.provider().get_gas_price().await.context("no gas price could be read")
    }

    async fn count(&self, at: BlockNumberOrTag) -> Result<u64> {
        let count = self.chain.provider().get_transaction_count(self.from);
        count.block_id(at.into()).await.context("no nonce could be read")
    }

    /// Wei of the account.
    pub(crate) async fn balance(&self) -> Result<U256> {
        self.chain.balance(self.from).await
    }
}

/// Another transaction of the account, in words.
pub(super) fn other_transaction(hash: Option<B256>) -> String {
    let hash = hash.map_or_else(|| "which the node does not name".to_owned(), |hash| hash.to_string());
    format!("another transaction of this account, {hash}")
}
