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
        let known = store.ballots_through()?;
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
                Ok(logs) => {
                    let ballots = logs.iter().map(ballot).collect::<Result<Vec<_>, Trouble>>()?;
                    store.keep_ballots(&ballots, to)?;
                    from = to + 1;
                }
                // Providers word their limits in many ways; all of them are refusals.
                Err(Trouble::Refused { .. }) if range > 1 => range /= 2,
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
