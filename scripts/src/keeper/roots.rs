//! Roots: the one that is pending, the one that waits for its place, and the one that this attester would vote for.

use abi::{MinerPool, MinerRewards};
use alloy::{
    providers::Provider,
    rpc::types::{Filter, Log},
};
use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::SolEvent;
use anyhow::{Context, Result, ensure};
use words::number::cor;

use super::{
    chain::{Chain, Contracts, Head, Trouble},
    config::Voting,
    decide::Cast,
    outbox::OutboxError,
    store::Store,
};
use crate::rewards::{book::Book, epoch::Epoch, onchain::Ballot};

/// Blocks whose events are asked for at once, at first; halved where a provider finds them too many.
const RANGE: u64 = 10_000;
/// More events than this are not believed at once: a range that has more is asked for in halves, for a provider may cut a long
/// answer short and say nothing.
const BELIEVED: usize = 500;
/// The most requests for events in a tick: a long past is read over several.
const MOST_REQUESTS: usize = 50;
/// Blocks that are read again, for a reorganisation may have changed them.
const OVERLAP: u64 = 64;

/// Where roots are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roots<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) contracts: &'a Contracts,
    pub(crate) head: &'a Head,
}

impl Roots<'_> {
    /// The pending root, and from when on it can become active.
    pub(crate) async fn pending(&self) -> Result<Option<(Ballot, u64)>, Trouble> {
        let it = self.chain.view(self.contracts.miner_rewards, MinerRewards::pendingRootCall {}, self.head).await?;
        let ballot = Ballot {
            epoch: it.epoch.saturating_to(),
            root: it.root,
            cumulative_total: it.cumulativeTotal.saturating_to(),
            data_hash: it.dataHash,
        };
        Ok((!it.root.is_zero()).then(|| (ballot, it.readyAt.saturating_to())))
    }

    /// The epoch of the active root; none before the first.
    async fn active(&self) -> Result<Option<u64>, Trouble> {
        let it = self.chain.view(self.contracts.miner_rewards, MinerRewards::activeRootCall {}, self.head).await?;
        Ok((!it.root.is_zero()).then(|| it.epoch.saturating_to()))
    }

    /// A root that has its quorum and could be put up once the pending place is free: of the latest epoch that has one.
    pub(crate) async fn waiting(
        &self,
        store: &Store,
        first_block: u64,
        pending: Option<&Ballot>,
    ) -> Result<Option<Ballot>, OutboxError> {
        self.read_votes(store, first_block).await?;
        let after = self.active().await?.max(pending.map(|it| it.epoch));
        let ballots = store.ballots_after(after)?;
        if ballots.is_empty() {
            return Ok(None);
        }
        let rewards = self.contracts.miner_rewards;
        let quorum = self.chain.view(rewards, MinerRewards::quorumCall {}, self.head).await?.quorum;
        for ballot in ballots {
            let Ballot { epoch, root, cumulative_total, data_hash } = ballot;
            let (epoch, total) = (U256::from(epoch), U256::from(cumulative_total));
            let votes = MinerRewards::votesCall { epoch, root, cumulativeTotal: total, dataHash: data_hash };
            let votes = self.chain.view(rewards, votes, self.head).await?;
            if votes >= quorum && !votes.is_zero() {
                return Ok(Some(ballot));
            }
        }
        Ok(None)
    }

    /// Reads which roots were voted for since it was last asked.
    async fn read_votes(&self, store: &Store, first_block: u64) -> Result<(), OutboxError> {
        // A chain that went back is read again from where it is now.
        let known = store.ballots_through()?.map(|it| it.min(self.head.number));
        let mut from = known.map_or(first_block, |it| (it + 1).saturating_sub(OVERLAP).max(first_block));
        let mut range = RANGE;
        for _ in 0..MOST_REQUESTS {
            if from > self.head.number {
                break;
            }
            let to = self.head.number.min(from + range - 1);
            let filter = Filter::new()
                .address(self.contracts.miner_rewards)
                .event_signature(MinerRewards::Voted::SIGNATURE_HASH)
                .from_block(from)
                .to_block(to);
            match self.chain.provider.get_logs(&filter).await.map_err(Trouble::from) {
                Ok(logs) if logs.len() > BELIEVED && from < to => range = (to - from).div_ceil(2),
                Ok(logs) => {
                    let ballots = logs.iter().map(ballot).collect::<Result<Vec<_>, Trouble>>()?;
                    store.keep_ballots(&ballots, to)?;
                    from = to + 1;
                }
                // Providers word their limits in many ways; all of them are refusals.
                Err(Trouble::Refused { .. }) if from < to => range = (to - from).div_ceil(2),
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Ok(())
    }

    /// What an attester would vote for now: the newest published epoch, if it follows from its inputs and the chain has none
    /// of its votes for it. Otherwise why there is nothing to vote for.
    pub(crate) async fn vote(&self, attester: Address, voting: &Voting) -> Result<Result<Cast, String>, Trouble> {
        let book = Book::at(&voting.book);
        let newest = match book.newest() {
            Ok(Some(newest)) => newest,
            Ok(None) => return Ok(Err(format!("{} has no epoch", voting.book.display()))),
            Err(error) => return Ok(Err(format!("{error:#}"))),
        };
        if self.active().await?.is_some_and(|it| it >= newest) {
            return Ok(Err(format!("the root of epoch {newest} or of a later one is active")));
        }
        let rewards = self.contracts.miner_rewards;
        let panel = self.chain.view(rewards, MinerRewards::attestersCall {}, self.head).await?;
        if !panel.contains(&attester) {
            return Ok(Err(format!("{attester} is no attester")));
        }
        let epochs = self.chain.view(rewards, MinerRewards::epochsCall {}, self.head).await?;
        if U256::from(newest) < epochs.first || U256::from(newest) >= epochs.next {
            return Ok(Err(format!("epoch {newest} is published, but not closed on the chain")));
        }
        let vote = MinerRewards::voteOfCall { epoch: U256::from(newest), attester };
        if self.chain.view(rewards, vote, self.head).await? != FixedBytes::<24>::ZERO {
            return Ok(Err(format!("it has voted for epoch {newest}")));
        }
        let closed = MinerPool::closedEpochCall { epoch: U256::from(newest) };
        let closed = self.chain.view(self.contracts.pool, closed, self.head).await?;
        // Hundreds of thousands of leaves may have to be hashed; nothing else has to go on meanwhile.
        let checked = book.recomputed(newest).and_then(|it| cast(&it, closed.emission, closed.fees, voting));
        Ok(checked.map_err(|error| format!("no vote for epoch {newest}: {error:#}")))
    }
}

/// The vote for an epoch that was computed again, if it was computed from what the chain gave and by the agreed rules.
fn cast(epoch: &Epoch, emission: U256, fees: U256, voting: &Voting) -> Result<Cast> {
    let document = &epoch.document;
    let budget = economics::allocation::Pots::from(document.budget);
    ensure!(
        (U256::from(budget.emission), U256::from(budget.fees)) == (emission, fees),
        "it shares {} and {}, but the chain gave {emission} and {fees} wei",
        cor(budget.emission),
        cor(budget.fees)
    );
    ensure!(
        document.minimum_stake == voting.minimum_stake,
        "its minimum stake is {}, not {}",
        cor(document.minimum_stake),
        cor(voting.minimum_stake)
    );
    let root = document.root.context("nobody has earned anything yet, so there is no root")?;
    let ballot =
        Ballot { epoch: document.epoch, root, cumulative_total: document.cumulative_total, data_hash: document.data_hash() };
    Ok(Cast { ballot, uri: voting.uri.replace("{epoch}", &document.epoch.to_string()) })
}

fn ballot(log: &Log) -> Result<Ballot, Trouble> {
    let vote = MinerRewards::Voted::decode_log(&log.inner).map_err(|it| Trouble::Nonsense(format!("no vote: {it}")))?;
    Ok(Ballot {
        epoch: vote.epoch.saturating_to(),
        root: vote.root,
        cumulative_total: vote.cumulativeTotal.saturating_to(),
        data_hash: vote.dataHash,
    })
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use alloy_primitives::B256;
    use axum::{Json, Router, routing::post};
    use serde_json::{Value, json};

    use super::*;
    use crate::keeper::endpoints::Endpoints;

    /// How a provider limits what it tells of events.
    #[derive(Clone, Copy)]
    enum Limit {
        None,
        /// So many blocks; else an error with this code.
        Blocks(u64, i64),
        /// So many events; else an error with this code.
        Events(usize, i64),
        /// So many events, and nothing said of the others.
        Cut(usize),
    }

    const LAST: u64 = 30_000;

    fn vote(place: u64) -> Value {
        let event = MinerRewards::Voted {
            epoch: U256::from(place),
            attester: Address::ZERO,
            root: B256::with_last_byte(1),
            cumulativeTotal: U256::from(7),
            dataHash: B256::ZERO,
            uri: String::new(),
        };
        let data = event.encode_log_data();
        json!({
            "address": Address::repeat_byte(3), "topics": data.topics(), "data": data.data, "blockNumber": format!("{place:#x}"),
            "transactionHash": B256::ZERO, "transactionIndex": "0x0", "blockHash": B256::ZERO, "logIndex": "0x0", "removed": false,
        })
    }

    /// A provider whose chain has a vote in each of these blocks.
    async fn provider(blocks: Arc<Vec<u64>>, limit: Limit) -> Chain {
        let answer = move |Json(request): Json<Value>| async move {
            let fail = |code: i64, message: &str| Err(json!({ "code": code, "message": message }));
            let number = |it: &Value| u64::from_str_radix(&it.as_str().expect("a number")[2..], 16).expect("a number");
            let result = match request["method"].as_str() {
                Some("eth_chainId") => Ok(json!("0x2a")),
                Some("eth_getBlockByNumber") => Ok(json!({ "hash": B256::ZERO })),
                Some("eth_getLogs") => {
                    let range = number(&request["params"][0]["fromBlock"])..=number(&request["params"][0]["toBlock"]);
                    let mut votes: Vec<_> = blocks.iter().filter(|it| range.contains(it)).map(|it| vote(*it)).collect();
                    match limit {
                        Limit::Blocks(most, code) if range.end() - range.start() >= most => fail(code, "block range is too wide"),
                        Limit::Events(most, code) if votes.len() > most => fail(code, "query returned more than 5 results"),
                        Limit::Cut(most) => {
                            votes.truncate(most);
                            Ok(json!(votes))
                        }
                        _ => Ok(json!(votes)),
                    }
                }
                _ => fail(-32601, "no such method"),
            };
            let (name, value) = match result {
                Ok(value) => ("result", value),
                Err(value) => ("error", value),
            };
            Json(json!({ "jsonrpc": "2.0", "id": request["id"], name: value }))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
        Chain::new(Endpoints::new(&[url], 42, None, Duration::from_secs(5)).expect("endpoints"))
    }

    /// The epochs of all ballots that were read, however many rounds it took.
    async fn read(chain: &Chain, store: &Store, head: u64) -> Vec<u64> {
        let contracts = json!({
            "pool": Address::repeat_byte(1), "appFees": Address::repeat_byte(2), "minerRewards": Address::repeat_byte(3),
            "genesis": 0, "epochLength": 3_600, "grace": 60,
        });
        let contracts = serde_json::from_value(contracts).expect("contracts");
        let head = Head { number: head, hash: B256::ZERO, time: 0, base_fee: 0, now: 0 };
        for _ in 0..20 {
            Roots { chain, contracts: &contracts, head: &head }.read_votes(store, 0).await.expect("votes");
        }
        let mut epochs: Vec<u64> = store.ballots_after(None).expect("ballots").into_iter().map(|it| it.epoch).collect();
        epochs.sort_unstable();
        epochs
    }

    #[tokio::test]
    async fn however_a_provider_limits_events_all_of_them_are_read() {
        let blocks: Arc<Vec<u64>> = Arc::new((0..3_000).map(|it| it * 10).chain(LAST - 5..=LAST).collect());
        let mut expected = (*blocks).clone();
        expected.dedup();
        for limit in [
            Limit::None,
            Limit::Blocks(1_000, -32602),
            Limit::Blocks(2_000, -32005),
            Limit::Events(50, -32005),
            Limit::Events(60, -32602),
            Limit::Cut(501),
        ] {
            let store = Store::in_memory();
            assert_eq!(read(&provider(blocks.clone(), limit).await, &store, LAST).await, expected);
        }
    }

    #[tokio::test]
    async fn a_chain_that_went_back_is_read_again_from_where_it_is() {
        let store = Store::in_memory();
        let old = provider(Arc::new(vec![10, 900]), Limit::None).await;
        assert_eq!(read(&old, &store, 1_000).await, [10, 900]);
        let new = provider(Arc::new(vec![10, 500, 700]), Limit::None).await;
        assert_eq!(read(&new, &store, 520).await, [10, 500, 900]);
        assert_eq!(read(&new, &store, 1_100).await, [10, 500, 700, 900], "one that is gone has no votes, and is not proposed");
    }
}
