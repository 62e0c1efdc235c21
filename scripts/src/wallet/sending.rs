//! A transaction on its way: signed, said, sent, and waited for until it is known what became of it.

use std::time::Duration;

use alloy::{
    eips::Encodable2718,
    network::{NetworkTransactionBuilder, TransactionBuilder},
    providers::Provider,
    rpc::types::{TransactionReceipt, TransactionRequest, state::StateOverride},
};
use alloy_primitives::{Address, B256, Bytes};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use words::refusals::{Kind, Refusal};

use super::{
    failure::Failure,
    place::{Site, ensure_known},
};
use crate::{
    chain::{limit, offer},
    keys::Signer,
};

/// How long a node may take to find the receipt of a transaction whose nonce it counts as used.
const LAG: Duration = Duration::from_secs(5);

/// Who signs and sends, and how long it waits.
pub(super) struct Courier<'a> {
    /// Where to.
    pub(super) site: &'a Site,
    /// Who signs.
    pub(super) signer: &'a Signer,
    /// How long a transaction may take to be in a block.
    pub(super) patience: Duration,
}

/// A transaction in its block.
pub(super) struct Landed {
    /// What it does, in words.
    pub(super) says: String,
    /// What the chain says of it.
    pub(super) receipt: TransactionReceipt,
    /// Its block.
    pub(super) block: u64,
}

/// What used a nonce.
enum Taker {
    /// The transaction that was sent: its receipt is to come.
    Itself,
    /// Another one.
    Other(B256),
}

impl Landed {
    /// What it cost, in wei of ether.
    pub(super) fn fee(&self) -> u128 {
        u128::from(self.receipt.gas_used).saturating_mul(self.receipt.effective_gas_price)
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "says": self.says, "hash": self.receipt.transaction_hash, "block": self.block,
            "gasUsed": self.receipt.gas_used, "fee": self.fee().to_string(),
        })
    }
}

impl Courier<'_> {
    /// Signs a call of a contract, says its hash, sends it, and waits for the block.
    pub(super) async fn send(&self, contract: &str, input: Bytes, says: String) -> Result<Landed> {
        let Self { site, signer, .. } = self;
        let (account, to) = (signer.address(), site.contract(contract)?);
        let failed = |error: &_| anyhow::Error::from(site.failure(error));
        let nonce = site.provider.get_transaction_count(account).pending().await.map_err(|error| failed(&error))?;
        let price = site.provider.get_gas_price().await.map_err(|error| failed(&error))?;
        let request = TransactionRequest::default().from(account).to(to).input(input.clone().into());
        let head = site.provider.get_block_number().await.map_err(|error| failed(&error))?;
        let gas = gas(site, contract, request.clone(), head).await?;
        let request = request
            .with_nonce(nonce)
            .with_chain_id(site.chain_id)
            .with_gas_limit(gas)
            .with_max_fee_per_gas(offer(price)?)
            .with_max_priority_fee_per_gas(0);
        let signed = request.build(&signer.wallet()).await.context("the transaction could not be signed")?;
        let hash = *signed.tx_hash();
        // Said before it is sent: whatever happens now, it can be looked up.
        eprintln!("sending {says}: {hash}");
        match site.provider.send_raw_transaction(&signed.encoded_2718()).await {
            Ok(_) => {}
            Err(error) => match site.failure(&error) {
                Failure::Node(refusal) if refusal.error == "AlreadyKnown" => {}
                // No answer is no proof that it was not taken.
                Failure::Node(refusal) if matches!(refusal.error.as_str(), "Unreachable" | "TimedOut" | "Broken") => {
                    return Err(Failure::Unsure { hash, refusal }.into());
                }
                other => return Err(other.into()),
            },
        }
        let receipt = self.receipt(nonce, hash, head).await?;
        let block = ensure_known(hash, receipt.block_number)?;
        if !receipt.status() {
            let view = site.at(block - 1).await?;
            let again = view
                .ask(TransactionRequest::default().from(account).to(to).input(input.into()), StateOverride::default())
                .await?;
            let data = again.err().unwrap_or_default();
            return Err(Failure::Refused(Box::new(Refusal::of(contract, &data, &site.context(account)))).into());
        }
        Ok(Landed { says, receipt, block })
    }

    /// The receipt, in time; or what became of the transaction, which was sent after block `since`.
    async fn receipt(&self, nonce: u64, hash: B256, since: u64) -> Result<TransactionReceipt> {
        let provider = &self.site.provider;
        let account = self.signer.address();
        let unsure = |refusal: Refusal| anyhow::Error::from(Failure::Unsure { hash, refusal: Box::new(refusal) });
        let began = Instant::now();
        let (mut pause, mut used_at) = (Duration::from_millis(20), None);
        loop {
            // A node that is away for a moment says nothing about the transaction.
            if let Ok(Some(receipt)) = provider.get_transaction_receipt(hash).await
                && receipt.transaction_hash == hash
            {
                return Ok(receipt);
            }
            if provider.get_transaction_count(account).await.unwrap_or_default() > nonce {
                let used_at = *used_at.get_or_insert_with(Instant::now);
                match self.taker(account, nonce, hash, since).await {
                    Ok(Some(Taker::Other(by))) => return Err(unsure(replaced(Some(by)))),
                    Ok(Some(Taker::Itself)) => {}
                    _ if used_at.elapsed() > LAG => return Err(unsure(replaced(None))),
                    _ => {}
                }
            }
            if began.elapsed() > self.patience {
                // Whoever does not know it any more will not put it into a block.
                let known = provider.get_transaction_by_hash(hash).await;
                let kind = if matches!(known, Ok(None)) { Kind::Dropped } else { Kind::NotMined };
                return Err(unsure(kind.refusal(&format!("after {} s", self.patience.as_secs()))));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// The transaction in a block after `since` by which an account used a nonce, where it can be found.
    async fn taker(&self, account: Address, nonce: u64, hash: B256, since: u64) -> Result<Option<Taker>> {
        let provider = &self.site.provider;
        // The first block after which the nonce is used.
        let (mut before, mut block) = (since, provider.get_block_number().await?);
        while block > before + 1 {
            let middle = before + (block - before) / 2;
            let used = provider.get_transaction_count(account).number(middle).await? > nonce;
            if used { block = middle } else { before = middle }
        }
        // As plain JSON: Arbitrum's blocks hold transactions of kinds that Ethereum does not have.
        let found: Value = provider.raw_request("eth_getBlockByNumber".into(), (format!("{block:#x}"), true)).await?;
        let is_it = |transaction: &&Value| {
            let from = transaction["from"].as_str().and_then(|it| it.parse::<Address>().ok());
            from == Some(account) && transaction["nonce"].as_str() == Some(format!("{nonce:#x}").as_str())
        };
        let by = found["transactions"].as_array().and_then(|all| all.iter().find(is_it));
        let by = by.and_then(|transaction| transaction["hash"].as_str()?.parse().ok());
        Ok(by.map(|by| if by == hash { Taker::Itself } else { Taker::Other(by) }))
    }
}

/// That another transaction took the nonce, and which, where it is known.
fn replaced(by: Option<B256>) -> Refusal {
    let Some(by) = by else { return Kind::Replaced.refusal("") };
    let mut refusal = Kind::Replaced.refusal(&format!("it was replaced by {by}"));
    refusal.arguments.insert("by".to_owned(), by.to_string().into());
    refusal
}

/// What a call needs, and a quarter more.
pub(super) async fn gas(site: &Site, contract: &str, request: TransactionRequest, block: u64) -> Result<u64> {
    let from = request.from.unwrap_or_default();
    let estimate = site.provider.estimate_gas(request).block(block.into()).await.map_err(|error| {
        // What was possible a moment ago may not be any more.
        match error.as_error_resp().and_then(|payload| payload.as_revert_data()) {
            Some(data) => Failure::Refused(Box::new(Refusal::of(contract, &data, &site.context(from)))),
            None => site.failure(&error),
        }
    })?;
    Ok(limit(estimate)?)
}
