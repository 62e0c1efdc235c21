//! Which transaction of an account has used a nonce, found by what every node answers: the account's nonce after a block.

use alloy::{consensus::Transaction, network::TransactionResponse, providers::Provider};
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};

use crate::chain::Chain;

/// The transaction in a block that used a nonce which is below the latest one; none where the node does not tell, for want of
/// older state. It is looked for from the latest block back, since it is most often there.
pub(super) async fn user(chain: &Chain, from: Address, nonce: u64) -> Result<Option<B256>> {
    let used_after = async |block: u64| {
        let count = chain.provider().get_transaction_count(from).number(block).await;
        count.ok().map(|count| count > nonce)
    };
    let mut after = chain.provider().get_block_number().await.context("no block number could be read")?;
    let mut distance = 1;
    // Back in steps that double, until it was not used yet.
    let mut before = loop {
        let block = after.saturating_sub(distance);
        match used_after(block).await {
            None => return Ok(None),
            Some(false) => break block,
            Some(true) if block == 0 => return Ok(None),
            Some(true) => (after, distance) = (block, distance * 2),
        }
    };
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        match used_after(middle).await {
            None => return Ok(None),
            Some(true) => after = middle,
            Some(false) => before = middle,
        }
    }
    let block = chain.provider().get_block_by_number(after.into()).full().await.context("no block could be read")?;
    let transactions = block.into_iter().flat_map(|block| block.transactions.into_transactions());
    let mut of_it = transactions.filter(|it| it.from() == from && it.nonce() == nonce);
    Ok(of_it.next().map(|it| it.tx_hash()))
}
