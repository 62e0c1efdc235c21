//! Reading logs from nodes that limit how many blocks, or how many logs, they answer for at once.

use std::collections::BTreeMap;

use alloy::{
    providers::{Provider, RootProvider},
    rpc::types::{Filter, Log},
    transports::{RpcError, TransportError, TransportErrorKind},
};
use thiserror::Error;

/// So many blocks are asked for at first, and at most.
const WIDEST: u64 = 1 << 20;

/// Why logs cannot be read.
#[derive(Debug, Error)]
pub enum LogsError {
    /// The node cannot be reached, or does not speak JSON-RPC.
    #[error("the node does not answer for logs: {0}")]
    Silent(TransportError),
    /// It refuses even a single block.
    #[error("the node refuses the logs of block {block} alone: {source}")]
    Refused {
        /// Which.
        block: u64,
        /// What it says.
        source: TransportError,
    },
    /// One place in the chain, and two logs.
    #[error("block {0} changed while it was read: the chain was reorganised; run it again")]
    Reorganised(u64),
}

/// Where logs come from.
pub trait Source {
    /// All logs of these blocks that a filter lets through.
    fn logs(&self, filter: &Filter, from: u64, to: u64) -> impl Future<Output = Result<Vec<Log>, TransportError>>;
}

impl Source for RootProvider {
    async fn logs(&self, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>, TransportError> {
        self.get_logs(&filter.clone().from_block(from).to_block(to)).await
    }
}

/// All logs of the blocks `from` to `to` that any of the filters lets through, each once, in the chain's order. Where the
/// node refuses a range, half of it is asked for; where it answers, the next may be twice as long.
pub async fn read(source: &impl Source, filters: &[Filter], from: u64, to: u64) -> Result<Vec<Log>, LogsError> {
    let mut found = BTreeMap::new();
    for filter in filters {
        let (mut next, mut width) = (from, WIDEST);
        while next <= to {
            let last = next.saturating_add(width - 1).min(to);
            match source.logs(filter, next, last).await {
                Ok(logs) => {
                    for log in logs {
                        let place = (log.block_number, log.log_index);
                        let block = log.block_number.unwrap_or(last);
                        match found.insert(place, log.clone()) {
                            Some(other) if other != log => return Err(LogsError::Reorganised(block)),
                            _ => {}
                        }
                    }
                    let Some(after) = last.checked_add(1) else { break };
                    next = after;
                    width = width.saturating_mul(2).min(WIDEST);
                }
                Err(source) if !may_be_too_much(&source) => return Err(LogsError::Silent(source)),
                Err(source) if last == next => return Err(LogsError::Refused { block: next, source }),
                Err(_) => width = (last - next).div_ceil(2),
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Whether a smaller question may be answered. Every provider refuses in words of its own, so any refusal may mean that.
fn may_be_too_much(error: &TransportError) -> bool {
    match error {
        RpcError::ErrorResp(_) => true,
        RpcError::Transport(TransportErrorKind::HttpError(http)) => !matches!(http.status, 401 | 403 | 404),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use alloy_primitives::{Address, B256};
    use serde_json::json;

    use super::*;

    /// A node with some logs in each of ten thousand blocks, and a limit.
    struct Node {
        most_blocks: u64,
        most_logs: usize,
        asked: RefCell<Vec<(u64, u64)>>,
        down: bool,
    }

    impl Node {
        fn with(most_blocks: u64, most_logs: usize) -> Self {
            Self { most_blocks, most_logs, asked: RefCell::default(), down: false }
        }
    }

    fn log(block: u64, index: u64) -> Log {
        Log { block_number: Some(block), log_index: Some(index), transaction_hash: Some(B256::ZERO), ..Log::default() }
    }

    /// Most blocks have one log, every hundredth has forty.
    fn logs_of(block: u64) -> u64 {
        if block.is_multiple_of(100) { 40 } else { 1 }
    }

    impl Source for Node {
        async fn logs(&self, _: &Filter, from: u64, to: u64) -> Result<Vec<Log>, TransportError> {
            if self.down {
                return Err(TransportErrorKind::custom_str("connection refused"));
            }
            self.asked.borrow_mut().push((from, to));
            let logs: Vec<_> = (from..=to).flat_map(|block| (0..logs_of(block)).map(move |index| log(block, index))).collect();
            if to - from >= self.most_blocks || logs.len() > self.most_logs {
                let says = json!({"code": -32_005, "message": "query returned more than it may"});
                return Err(RpcError::ErrorResp(serde_json::from_value(says).expect("a payload")));
            }
            Ok(logs)
        }
    }

    fn all(from: u64, to: u64) -> Vec<Log> {
        (from..=to).flat_map(|block| (0..logs_of(block)).map(move |index| log(block, index))).collect()
    }

    #[tokio::test]
    async fn whatever_the_limit_every_log_is_there_once_and_in_order() {
        let filters = [Filter::new().address(Address::ZERO), Filter::new().address(Address::ZERO)];
        for (blocks, logs) in [(u64::MAX, usize::MAX), (2_000, usize::MAX), (1_000, 300), (7, 45), (1, 40)] {
            let node = Node::with(blocks, logs);
            let found = read(&node, &filters, 950, 3_050).await.unwrap();
            assert_eq!(found, all(950, 3_050), "{blocks} blocks, {logs} logs");
        }
        let node = Node::with(500, usize::MAX);
        read(&node, &filters[..1], 0, 9_999).await.unwrap();
        assert!(node.asked.borrow().len() < 80, "it does not go on in the smallest steps: {}", node.asked.borrow().len());
    }

    #[tokio::test]
    async fn a_block_that_alone_is_too_much_is_named_and_so_is_a_node_that_is_down() {
        let error = read(&Node::with(u64::MAX, 39), &[Filter::new()], 150, 250).await.unwrap_err();
        assert!(matches!(error, LogsError::Refused { block: 200, .. }), "{error}");
        assert!(error.to_string().contains("more than it may"));
        let down = Node { down: true, ..Node::with(1, 1) };
        assert!(matches!(read(&down, &[Filter::new()], 1, 2).await, Err(LogsError::Silent(_))));
    }
}
