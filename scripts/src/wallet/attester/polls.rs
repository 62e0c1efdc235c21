//! What the chain says of roots and votes.

use std::collections::BTreeMap;

use abi::MinerRewards;
use alloy::{consensus::BlockHeader, providers::Provider, rpc::types::Filter};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use anyhow::{Context as _, Result, ensure};

use super::super::place::{Site, View};
use crate::{audit::logs, rewards::onchain::Ballot};

const REWARDS: &str = "miner-rewards";
/// Blocks that are read again each time, for a reorganisation may have changed them.
const OVERLAP: u64 = 64;

/// The latest vote of each attester for each epoch, read on from where they were read last.
#[derive(Debug, Default)]
pub(super) struct Votes {
    cast: BTreeMap<(u64, Address), Cast>,
    /// Blocks from the first to before the second are read.
    read: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Cast {
    block: u64,
    ballot: Ballot,
    uri: String,
}

/// Roots and votes as of a block.
#[derive(Clone, Debug)]
pub(super) struct Polls {
    /// The block's number and its second.
    pub(super) at: (u64, u64),
    /// Closed epochs: from the first to before the second.
    pub(super) closed: (u64, u64),
    /// The root that miners claim by.
    pub(super) active: Option<Ballot>,
    /// The one that waits for its window.
    pub(super) pending: Option<Pending>,
    /// Today's attesters.
    pub(super) attesters: Vec<Address>,
    /// How many of them are a quorum.
    pub(super) quorum: u64,
    /// From when on there are other ones, if they are named.
    pub(super) others_from: Option<u64>,
    /// Seconds from naming attesters until they hold.
    pub(super) delay: u64,
    /// Seconds of a window.
    pub(super) window: u64,
    /// Who names attesters.
    pub(super) owner: Address,
    /// Who extends a window.
    pub(super) guardian: Address,
    /// What is voted for, of epochs after the active root's.
    pub(super) ballots: Vec<Tally>,
}

/// A root in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) ballot: Ballot,
    /// From when on it can become active.
    pub(super) ready_at: u64,
    /// Whether the guardian has extended it.
    pub(super) extended: bool,
}

/// What stands behind a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) ballot: Ballot,
    /// Where those who voted say that scores and tree are.
    pub(super) uri: String,
    /// Today's attesters that voted for it.
    pub(super) by: Vec<Address>,
    /// Those that are no attesters today.
    pub(super) not_counted: Vec<Address>,
}

impl Polls {
    /// Closed epochs that the active root does not cover: from the first to before the second.
    pub(super) fn without_root(&self) -> (u64, u64) {
        let (first, next) = self.closed;
        let behind = self.active.map_or(first, |active| active.epoch + 1);
        (behind.min(next), next)
    }
}

impl Votes {
    /// Reads the polls of the latest block, and the votes up to it.
    pub(super) async fn read(&mut self, site: &Site) -> Result<Polls> {
        let view = site.latest().await?;
        let mut polls = state(&view).await?;
        self.read_votes(&view, polls.without_root()).await?;
        let mut ballots: BTreeMap<(u64, [u8; 32], [u8; 32], u128), Tally> = BTreeMap::new();
        for ((_, attester), Cast { ballot, uri, .. }) in &self.cast {
            let key = (ballot.epoch, ballot.root.0, ballot.data_hash.0, ballot.cumulative_total);
            let none = Tally { ballot: *ballot, uri: uri.clone(), by: Vec::new(), not_counted: Vec::new() };
            let tally = ballots.entry(key).or_insert(none);
            let list = if polls.attesters.contains(attester) { &mut tally.by } else { &mut tally.not_counted };
            list.push(*attester);
        }
        polls.ballots = ballots.into_values().collect();
        for Tally { ballot: Ballot { epoch, root, cumulative_total, data_hash }, by, .. } in &polls.ballots {
            let (epoch, total) = (U256::from(*epoch), U256::from(*cumulative_total));
            let call = MinerRewards::votesCall { epoch, root: *root, cumulativeTotal: total, dataHash: *data_hash };
            let counted = view.view(REWARDS, &call).await?;
            ensure!(
                counted == U256::from(by.len()),
                "the contract counts {counted} votes for the root {root} of epoch {epoch}, and its events tell of {}: the node \
                 left out events; ask another one",
                by.len()
            );
        }
        Ok(polls)
    }

    /// Votes for epochs without a root: none is older than the end of the first of them.
    async fn read_votes(&mut self, view: &View<'_>, (first, next): (u64, u64)) -> Result<()> {
        self.cast.retain(|(epoch, _), _| *epoch >= first);
        if first >= next {
            self.read = None;
            return Ok(());
        }
        let site = view.site;
        let (began, from) = match self.read {
            // A chain that is shorter than it was is another one from some block on.
            Some((began, read)) if read <= view.number + 1 => (began, read.saturating_sub(OVERLAP).max(began)),
            _ => {
                self.cast.clear();
                let ended = super::super::clock::Epochs::read(view).await?.start(first + 1);
                let began = block_of(site, ended, view.number).await?;
                (began, began)
            }
        };
        let filter = Filter::new().address(site.contract(REWARDS)?).event_signature(MinerRewards::Voted::SIGNATURE_HASH);
        let logs = logs::read(&site.provider, &[filter], from, view.number).await?;
        self.cast.retain(|_, cast| cast.block < from);
        for log in logs.iter().filter(|log| !log.removed) {
            let vote = MinerRewards::Voted::decode_log(&log.inner).context("an event is no vote: is this miner-rewards?")?;
            let ballot = Ballot {
                epoch: vote.epoch.saturating_to(),
                root: vote.root,
                cumulative_total: u128::try_from(vote.cumulativeTotal).ok().context("a total is beyond 128 bits")?,
                data_hash: vote.dataHash,
            };
            if ballot.epoch >= first {
                let block = log.block_number.context("the node gives an event without its block")?;
                self.cast.insert((ballot.epoch, vote.attester), Cast { block, ballot, uri: vote.uri.clone() });
            }
        }
        self.read = Some((began, view.number + 1));
        Ok(())
    }
}

/// The first block that is not older than a second, or the head where all are.
async fn block_of(site: &Site, second: u64, head: u64) -> Result<u64> {
    let (mut low, mut high) = (site.since.min(head), head);
    while low < high {
        let middle = low + (high - low) / 2;
        let block = site.provider.get_block_by_number(middle.into()).await.map_err(|error| site.failure(&error))?;
        let time = block.with_context(|| format!("the node has no block {middle}"))?.header.timestamp();
        if time < second { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

async fn state(at: &View<'_>) -> Result<Polls> {
    let closed = at.view(REWARDS, &MinerRewards::epochsCall {}).await?;
    let active = at.view(REWARDS, &MinerRewards::activeRootCall {}).await?;
    let pending = at.view(REWARDS, &MinerRewards::pendingRootCall {}).await?;
    let panel = at.view(REWARDS, &MinerRewards::quorumCall {}).await?;
    let others = at.view(REWARDS, &MinerRewards::pendingAttestersCall {}).await?;
    let ballot = |epoch: U256, root, total: U256, data_hash| Ballot {
        epoch: epoch.saturating_to(),
        root,
        cumulative_total: total.saturating_to(),
        data_hash,
    };
    Ok(Polls {
        at: (at.number, at.time),
        closed: (closed.first.saturating_to(), closed.next.saturating_to()),
        active: (!active.root.is_zero()).then(|| ballot(active.epoch, active.root, active.cumulativeTotal, active.dataHash)),
        pending: (!pending.root.is_zero()).then(|| Pending {
            ballot: ballot(pending.epoch, pending.root, pending.cumulativeTotal, pending.dataHash),
            ready_at: pending.readyAt.saturating_to(),
            extended: pending.extended,
        }),
        attesters: at.view(REWARDS, &MinerRewards::attestersCall {}).await?,
        quorum: panel.quorum.saturating_to(),
        others_from: (!others.activeAt.is_zero()).then(|| others.activeAt.saturating_to()),
        delay: at.view(REWARDS, &MinerRewards::delayCall {}).await?.saturating_to(),
        window: at.view(REWARDS, &MinerRewards::windowCall {}).await?.saturating_to(),
        owner: at.view(REWARDS, &MinerRewards::ownerCall {}).await?,
        guardian: at.view(REWARDS, &MinerRewards::guardianCall {}).await?,
        ballots: Vec::new(),
    })
}
