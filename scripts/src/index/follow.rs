//! One step after the other, backwards where the chain went back.

use std::{collections::BTreeMap, time::Duration};

use alloy::rpc::types::Log;
use anyhow::{Context, Result, bail};

use super::{
    postings,
    source::{Block, Refusal, Source},
    store::{Batch, Contract, Cursor, Entry, Store},
};
use crate::names::Names;

/// Of the latest blocks all are kept, with event or without, so that a chain that went back is followed back block by block.
const KEPT: u64 = 256;
/// Blocks of the first range asked for, and of the largest.
const WIDEST: u64 = 10_000;
/// Times that the same step may fail before it is given up.
const TRIES: u32 = 8;

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Blocks were read up to this one; so many events were in them.
    Read { to: u64, events: usize },
    /// The chain is no longer the one that was read: what came behind this block is deleted.
    WalkedBack { to: Option<u64> },
    /// The range was too large, or the provider contradicted itself: the next step tries again.
    Again,
    /// There is nothing new.
    Done,
}

/// A chain, a file, and where between them we are.
pub(super) struct Follower {
    pub(super) source: Source,
    pub(super) store: Store,
    contracts: Vec<Contract>,
    names: Names,
    /// More logs than this are not believed at once: a range that has more is asked for in halves, for a provider may cut a
    /// long answer short and say nothing.
    believed: usize,
    /// Blocks of the next range.
    width: u64,
    failed: u32,
    /// Ranges that were split so far.
    pub(super) splits: u64,
}

impl Follower {
    pub(super) fn new(source: Source, store: Store, contracts: Vec<Contract>, believed: usize) -> Self {
        let mut names = Names::default();
        for (name, abi) in abi::contracts() {
            for contract in contracts.iter().filter(|contract| contract.name == name) {
                names.add(name, contract.address, abi.clone());
            }
        }
        Self { source, store, contracts, names, believed, width: WIDEST, failed: 0, splits: 0 }
    }

    /// Reads the next range, or walks back.
    pub(super) async fn step(&mut self) -> Result<Step> {
        let (cursor, head) = (self.store.cursor()?, self.source.head().await?);
        if let Some((number, hash)) = cursor
            && (number > head || self.source.block(number).await?.map(|block| block.hash) != Some(hash))
        {
            let to = self.common(head).await?;
            self.store.walk_back((number, hash), to)?;
            return Ok(Step::WalkedBack { to: to.map(|(number, _)| number) });
        }
        let deployed = self.contracts.iter().map(|contract| contract.block).min().unwrap_or_default();
        let from = cursor.map_or(deployed, |(number, _)| number + 1);
        if from > head {
            return Ok(Step::Done);
        }
        let to = head.min(from.saturating_add(self.width - 1));
        let Some(before) = self.source.block(to).await? else { return self.again(None).await };
        let addresses: Vec<_> = self.contracts.iter().map(|contract| contract.address).collect();
        let logs = match self.source.logs(&addresses, from, to).await {
            Err(Refusal::Said(_)) if from == to => self.source.logs_of_block(&addresses, from).await,
            given => given,
        };
        let logs = match logs {
            Ok(logs) => logs,
            Err(refusal) => return self.refused(refusal, from, to).await,
        };
        if logs.len() > self.believed && from < to {
            self.split(from, to);
            return Ok(Step::Again);
        }
        let oldest_kept = (head + 1).saturating_sub(KEPT);
        let with_event = logs.iter().filter_map(|log| log.block_number);
        let latest = from.max(oldest_kept)..=to;
        let blocks = self.source.blocks(with_event.chain(latest).chain([to]).collect::<std::collections::BTreeSet<_>>()).await?;
        if blocks.get(&to) != Some(&before) || !agree(&blocks, cursor) {
            return self.again(None).await;
        }
        let Some(entries) = self.entries(&logs, &blocks) else { return self.again(None).await };
        let events = entries.len();
        let batch = Batch { blocks: blocks.into_values().collect(), entries, last: before, forget_before: oldest_kept };
        self.store.add(cursor, &batch)?;
        self.failed = 0;
        if events <= self.believed / 4 {
            self.width = (self.width * 2).min(WIDEST);
        }
        Ok(Step::Read { to, events })
    }

    /// The last block that we and the chain have. Everything before a block that the chain has, it has too, so that a few
    /// questions find it however far the chain went back.
    async fn common(&self, head: u64) -> Result<Option<Cursor>> {
        let kept = self.store.blocks()?;
        let (mut shared, mut gone, mut reach) = (0, kept.len(), 1);
        while shared < gone {
            let at = gone.saturating_sub(reach).max(shared);
            let Some(&(number, hash)) = kept.get(at) else { break };
            if number <= head && self.source.block(number).await?.map(|block| block.hash) == Some(hash) {
                shared = at + 1;
            } else {
                gone = at;
            }
            reach = if shared == 0 { reach * 2 } else { (gone - shared).div_ceil(2) };
        }
        Ok(shared.checked_sub(1).and_then(|last| kept.get(last)).copied())
    }

    /// The logs decoded, with what becomes of them. None where a log is of another block than the chain has by now.
    fn entries(&self, logs: &[Log], blocks: &BTreeMap<u64, Block>) -> Option<Vec<Entry>> {
        logs.iter().map(|log| self.entry(log, blocks.get(&log.block_number?)?)).collect()
    }

    fn entry(&self, log: &Log, block: &Block) -> Option<Entry> {
        if log.block_hash != Some(block.hash) {
            return None;
        }
        let contract = self.contracts.iter().find(|contract| contract.address == log.address())?;
        let event = self.names.event(log.address(), &log.inner.data);
        Some(Entry {
            block: block.number,
            log: log.log_index?,
            time: block.time,
            transaction: log.transaction_hash?,
            contract: contract.name,
            address: contract.address,
            name: event.event,
            args: serde_json::Value::Object(event.args).to_string(),
            postings: postings::of(contract.name, &log.inner.data),
        })
    }

    fn split(&mut self, from: u64, to: u64) {
        self.width = (to - from).div_ceil(2).max(1);
        self.splits += 1;
    }

    /// A smaller range the next time; a pause where the provider said nothing.
    async fn refused(&mut self, refusal: Refusal, from: u64, to: u64) -> Result<Step> {
        if from < to {
            self.split(from, to);
            if matches!(refusal, Refusal::Silent(_)) {
                return self.again(Some(refusal)).await;
            }
            return Ok(Step::Again);
        }
        self.again(Some(refusal)).await
    }

    async fn again(&mut self, refusal: Option<Refusal>) -> Result<Step> {
        self.failed += 1;
        if self.failed >= TRIES {
            self.failed = 0;
            match refusal {
                Some(refusal) => return Err(refusal).context("the events of a single block cannot be had from this provider"),
                None => bail!(
                    "the provider contradicts itself: blocks and logs that it gives are of different chains. Several nodes may \
                     stand behind this URL; use another one"
                ),
            }
        }
        tokio::time::sleep(Duration::from_millis(50 << self.failed)).await;
        Ok(Step::Again)
    }
}

/// Whether blocks that follow each other are a chain, and one that continues what was read.
fn agree(blocks: &BTreeMap<u64, Block>, cursor: Option<Cursor>) -> bool {
    let mut before = cursor;
    blocks.values().all(|block| {
        let follows = before.is_none_or(|(number, hash)| block.number != number + 1 || block.parent == hash);
        before = Some((block.number, block.hash));
        follows
    })
}
