//! Reading the chain: blocks, transactions, logs.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Log};
use alloy_rpc_types_eth::{Filter, FilterBlockOption};

use super::{Block, Chain, Mined, Signed};
use crate::state::State;

/// A state or a range was asked for at a block that does not exist.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum NoSuchBlock {
    /// No block has this number.
    #[error("header not found: there is no block {number}, the newest is {head}")]
    Number {
        /// Asked for.
        number: u64,
        /// The newest.
        head: u64,
    },
    /// No block has this hash.
    #[error("header for hash not found: {0}")]
    Hash(B256),
    /// The range ends before it begins.
    #[error("invalid block range: from {from} to {to}")]
    Range {
        /// First.
        from: u64,
        /// Last.
        to: u64,
    },
}

/// A log, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct LogOf<'a> {
    /// Its block.
    pub block: &'a Block,
    /// Its transaction.
    pub mined: &'a Mined,
    /// Index of the transaction in the block.
    pub transaction: usize,
    /// Index of the log in the block.
    pub index: u64,
    /// The log.
    pub log: &'a Log,
}

impl Block {
    /// Every log of the block in order.
    pub fn logs(&self) -> impl Iterator<Item = LogOf<'_>> {
        self.transactions.iter().enumerate().flat_map(move |(transaction, mined)| {
            mined.receipt.logs.iter().zip(mined.receipt.first_log..).map(move |(log, index)| LogOf {
                block: self,
                mined,
                transaction,
                index,
                log,
            })
        })
    }

    /// Those that a filter's addresses and topics let through; its block range is not looked at.
    pub fn logs_of<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = LogOf<'a>> {
        let possible = filter.matches_bloom(self.header.logs_bloom);
        possible
            .then(|| self.logs())
            .into_iter()
            .flatten()
            .filter(|found| filter.matches_address(found.log.address) && filter.matches_topics(found.log.topics()))
    }
}

impl Chain {
    /// The newest block.
    pub fn head(&self) -> &Arc<Block> {
        &self.blocks[self.blocks.len() - 1]
    }

    /// The state that the next block builds on.
    pub fn state(&self) -> &State {
        &self.head().state
    }

    /// Number that a number or tag stands for. Nothing is ever undone on this chain, so `safe` and `finalized` are
    /// the newest block, and so is `pending`, as Nitro answers it.
    pub fn number_of(&self, number: BlockNumberOrTag) -> u64 {
        match number {
            BlockNumberOrTag::Number(number) => number,
            BlockNumberOrTag::Earliest => 0,
            _ => self.head().header.number,
        }
    }

    /// A block by number.
    pub fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// A block by hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.block(*self.by_hash.get(&hash)?)
    }

    /// The block that a client names, by number, tag or hash.
    pub fn block_at(&self, id: BlockId) -> Result<&Arc<Block>, NoSuchBlock> {
        match id {
            BlockId::Hash(hash) => self.block_by_hash(hash.block_hash).ok_or(NoSuchBlock::Hash(hash.block_hash)),
            BlockId::Number(tag) => {
                let number = self.number_of(tag);
                self.block(number).ok_or(NoSuchBlock::Number { number, head: self.head().header.number })
            }
        }
    }

    /// A transaction that is in a block: the block, and its index there.
    pub fn mined(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, index) = *self.transactions.get(&hash)?;
        Some((self.block(number)?, index))
    }

    /// A transaction that waits.
    pub fn pending(&self, hash: B256) -> Option<&Signed> {
        self.pool.get(hash)
    }

    /// All transactions that wait.
    pub fn waiting(&self) -> impl Iterator<Item = &Signed> {
        self.pool.iter()
    }

    /// The nonce that `address` should use next, counting what waits.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        self.pool.next_nonce(address, self.state())
    }

    /// Hashes of all transactions ever taken into the pool, in order.
    pub fn arrivals(&self) -> &[B256] {
        &self.arrivals
    }

    /// Numbers of the blocks that were made the newest again, in order.
    pub fn reverts(&self) -> &[u64] {
        &self.reverts
    }

    /// The blocks that a filter asks for, in order. An open end is the newest block, an open beginning too.
    pub fn blocks_of(&self, filter: &Filter) -> Result<&[Arc<Block>], NoSuchBlock> {
        let head = self.head().header.number;
        let (from, to) = match &filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let number = *self.by_hash.get(hash).ok_or(NoSuchBlock::Hash(*hash))?;
                (number, number)
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let or_head = |tag: &Option<BlockNumberOrTag>| tag.map_or(head, |tag| self.number_of(tag));
                (or_head(from_block), or_head(to_block))
            }
        };
        if from > to {
            return Err(NoSuchBlock::Range { from, to });
        }
        Ok(self.between(from, to))
    }

    /// The blocks from one number to another, as far as they exist.
    pub fn between(&self, from: u64, to: u64) -> &[Arc<Block>] {
        let end = self.blocks.len().min(usize::try_from(to).unwrap_or(usize::MAX).saturating_add(1));
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(end);
        &self.blocks[start..end]
    }
}
