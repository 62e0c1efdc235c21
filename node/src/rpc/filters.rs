//! Logs, and filters that clients poll.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use alloy_primitives::{B256, U256, keccak256};
use alloy_rpc_types_eth::Filter;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Value, json};

use super::{
    Answer, Methods,
    args::Args,
    errors::{RpcError, invalid, refused},
    json, method,
};
use crate::chain::Chain;

/// How long a filter lives that nobody asks for, as in geth.
const PATIENCE: Duration = Duration::from_secs(300);

/// Filters by id. They live until they are uninstalled, or nobody has asked for them for [`PATIENCE`].
#[derive(Default)]
struct Filters {
    made: u64,
    open: HashMap<U256, Polled>,
}

/// A filter, and how far its client has read.
struct Polled {
    what: What,
    /// The first block, or the first arrival in the pool, that was not given yet.
    next: u64,
    /// Reverts of the chain that it has taken note of.
    reverts: usize,
    asked: Instant,
}

enum What {
    Blocks,
    Pending,
    Logs(Box<Filter>),
}

pub(super) fn register(methods: &mut Methods) -> Result<(), RegisterMethodError> {
    let filters = Arc::new(Mutex::new(Filters::default()));
    let with = |answer: fn(&mut Filters, &mut Chain, &mut Args) -> Answer| {
        let filters = Arc::clone(&filters);
        move |chain: &mut Chain, args: &mut Args| answer(&mut lock(&filters), chain, args)
    };
    method(methods, &["eth_getLogs"], |chain, args| {
        let filter = log_filter(args)?;
        logs(chain, &filter)
    })?;
    method(
        methods,
        &["eth_newFilter"],
        with(|filters, chain, args| {
            let filter = log_filter(args)?;
            Ok(filters.open(chain, What::Logs(Box::new(filter))))
        }),
    )?;
    method(methods, &["eth_newBlockFilter"], with(|filters, chain, _| Ok(filters.open(chain, What::Blocks))))?;
    method(methods, &["eth_newPendingTransactionFilter"], with(|filters, chain, _| Ok(filters.open(chain, What::Pending))))?;
    method(
        methods,
        &["eth_uninstallFilter"],
        with(|filters, _, args| Ok(json!(filters.open.remove(&args.need::<U256>("id")?).is_some()))),
    )?;
    method(methods, &["eth_getFilterChanges"], with(|filters, chain, args| Ok(filters.get(args)?.changes(chain))))?;
    method(
        methods,
        &["eth_getFilterLogs"],
        with(|filters, chain, args| match &filters.get(args)?.what {
            What::Logs(filter) => logs(chain, filter),
            What::Blocks | What::Pending => Err(not_found()),
        }),
    )
}

fn lock(filters: &Mutex<Filters>) -> MutexGuard<'_, Filters> {
    filters.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The words and number on which clients make their filter anew.
fn not_found() -> RpcError {
    refused("filter not found")
}

fn log_filter(args: &mut Args) -> Result<Filter, RpcError> {
    args.need("filter")
}

fn logs(chain: &Chain, filter: &Filter) -> Answer {
    let blocks = chain.blocks_of(filter).map_err(|error| match error {
        crate::chain::NoSuchBlock::Range { .. } => invalid("filter", error),
        other => refused(other),
    })?;
    Ok(blocks.iter().flat_map(|block| block.logs_of(filter).map(|found| json::log(&found)).collect::<Vec<_>>()).collect())
}

impl Filters {
    fn open(&mut self, chain: &Chain, what: What) -> Value {
        self.made += 1;
        // Ids of a node that was started anew must not be taken for those of the one before.
        let mut seed = self.made.to_be_bytes().to_vec();
        seed.extend_from_slice(&std::process::id().to_be_bytes());
        seed.extend_from_slice(chain.head().hash.as_slice());
        let id = U256::from_be_slice(&keccak256(seed)[..16]);
        let next = match what {
            What::Pending => chain.arrivals().len() as u64,
            What::Blocks | What::Logs(_) => chain.head().header.number + 1,
        };
        self.forget_the_old();
        self.open.insert(id, Polled { what, next, reverts: chain.reverts().len(), asked: Instant::now() });
        json!(id)
    }

    fn get(&mut self, args: &mut Args) -> Result<&mut Polled, RpcError> {
        self.forget_the_old();
        let filter = self.open.get_mut(&args.need::<U256>("id")?).ok_or_else(not_found)?;
        filter.asked = Instant::now();
        Ok(filter)
    }

    fn forget_the_old(&mut self) {
        self.open.retain(|_, filter| filter.asked.elapsed() < PATIENCE);
    }
}

impl Polled {
    /// What is new since the last time.
    fn changes(&mut self, chain: &Chain) -> Value {
        if matches!(self.what, What::Pending) {
            let arrivals = chain.arrivals();
            let from = usize::try_from(self.next).unwrap_or(usize::MAX).min(arrivals.len());
            self.next = arrivals.len() as u64;
            return json!(arrivals[from..]);
        }
        // Where the chain went back, its blocks are new again.
        for head in &chain.reverts()[self.reverts..] {
            self.next = self.next.min(head + 1);
        }
        self.reverts = chain.reverts().len();
        let head = chain.head().header.number;
        let blocks = chain.between(self.next, head);
        self.next = head + 1;
        match &self.what {
            What::Logs(filter) => {
                let wanted = blocks.iter().filter(|block| in_range(filter, block.header.number, block.hash));
                wanted.flat_map(|block| block.logs_of(filter).map(|found| json::log(&found)).collect::<Vec<_>>()).collect()
            }
            What::Blocks | What::Pending => blocks.iter().map(|block| json!(block.hash)).collect(),
        }
    }
}

/// Whether a new block is in the range that a filter names; tags are open ends.
fn in_range(filter: &Filter, number: u64, hash: B256) -> bool {
    if let Some(only) = filter.get_block_hash() {
        return only == hash;
    }
    filter.get_from_block().is_none_or(|from| number >= from) && filter.get_to_block().is_none_or(|to| number <= to)
}
