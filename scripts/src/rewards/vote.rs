//! An attester's vote: it computes an epoch again from its scores, and votes for what it finds; for nothing else.

use abi::MinerRewards;
use alloy::eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, FixedBytes, U256};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use economics::allocation::Pots;
use serde_json::json;
use words::{number::cor, refusals::time};

use super::{
    book::Book,
    epoch::Epoch,
    onchain::{Ballot, RewardsOnChain, Standing},
};
use crate::{
    answer::Answer,
    chain::{Chain, Order},
    keys::{Actor, Keys, Prepared},
    names::Names,
};

/// What to vote for, and who votes.
#[derive(Args, Clone, Debug)]
#[group(skip)] // Commands of the same name have a group of it already.
pub(crate) struct Vote {
    /// The epoch.
    #[arg(long)]
    epoch: u64,
    /// Where its scores and its tree are published: what the vote's event names, at most 512 bytes.
    #[arg(long, default_value = "")]
    uri: String,
    #[command(flatten)]
    keys: Keys,
}

/// How a ballot stands.
#[derive(Clone, Copy, Debug)]
struct Count {
    votes: U256,
    quorum: U256,
    attesters: U256,
    standing: Standing,
}

impl Vote {
    /// Votes at the miner-rewards contract of the chain at a URL, which may be known by the chain's id.
    pub(crate) async fn run(&self, book: &Book, url: &str, contract: impl FnOnce(u64) -> Result<Address>) -> Result<Answer> {
        // First of all, and without asking anybody: does what is published follow from the scores?
        let epoch = book.recomputed(self.epoch)?;
        let ballot = ballot(&epoch)?;
        let chain = Chain::attach(url).await?;
        let contract = contract(chain.id())?;
        let rewards = RewardsOnChain { provider: chain.provider().clone(), contract };
        let mut polls = Polls { chain, contract, rewards, ballot };
        polls.is_open(&epoch).await?;
        let actor = self.keys.actor().await?;
        let attester = actor.address();
        polls.may_vote(attester).await?;

        let mut text = format!(
            "epoch {}, computed again from its scores: root {}, {} for all miners, data hash {}\n",
            ballot.epoch,
            ballot.root,
            cor(ballot.cumulative_total),
            ballot.data_hash
        );
        let sent = if polls.has_voted(attester).await? {
            text += &format!("{attester} has voted for just this already: nothing was sent\n");
            None
        } else {
            let sent = polls.vote(&actor, &self.uri).await?;
            text += &match sent {
                Some(hash) => format!("{attester} votes for it: transaction {hash}\n"),
                None => format!("the vote is written for {attester} to sign\n"),
            };
            sent
        };
        let count = polls.count().await?;
        text += &format!("{}\n", count.words());
        let json = json!({
            "ok": true,
            "epoch": ballot.epoch,
            "root": ballot.root,
            "cumulativeTotal": ballot.cumulative_total.to_string(),
            "dataHash": ballot.data_hash,
            "attester": attester,
            "transaction": sent,
            "votes": count.votes.to_string(),
            "quorum": count.quorum.to_string(),
            "attesters": count.attesters.to_string(),
            "onChain": count.standing.name(),
            "readyAt": count.ready_at(),
        });
        Ok(Answer::good(json, text))
    }
}

/// What an epoch's outcome is as a ballot.
pub(crate) fn ballot(epoch: &Epoch) -> Result<Ballot> {
    let document = &epoch.document;
    let root = document.root.with_context(|| {
        format!("nobody has earned anything up to epoch {}: there is no root to vote for, and nothing to pay", document.epoch)
    })?;
    let (cumulative_total, data_hash) = (document.cumulative_total, document.data_hash());
    Ok(Ballot { epoch: document.epoch, root, cumulative_total, data_hash })
}

/// The contract that counts votes, and what is voted for.
struct Polls {
    chain: Chain,
    contract: Address,
    rewards: RewardsOnChain,
    ballot: Ballot,
}

impl Polls {
    /// That the contract would take the ballot, and that the epoch was computed with the budget that the pool gave it.
    async fn is_open(&self, epoch: &Epoch) -> Result<()> {
        let number = U256::from(self.ballot.epoch);
        let closed = self.chain.view(self.contract, &MinerRewards::epochsCall {}).await?;
        if closed.next.is_zero() {
            bail!("epoch {number} is not closed, nor is any other: close it first (anyone may, once its grace is over)");
        }
        ensure!(
            number >= closed.first && number < closed.next,
            "epoch {number} is not closed: closed are those from {} to {}; close it first (anyone may, once its grace is over)",
            closed.first,
            closed.next - U256::ONE
        );
        let active = self.chain.view(self.contract, &MinerRewards::activeRootCall {}).await?;
        ensure!(
            active.root.is_zero() || number > active.epoch,
            "the root of epoch {} is active, which is not earlier: there is nothing to vote on for epoch {number}",
            active.epoch
        );
        let budget = self.rewards.budget(self.ballot.epoch).await?.context("the chain has no budget for the epoch")?;
        let published = Pots::from(epoch.document.budget);
        ensure!(
            budget == published,
            "epoch {number} was computed with {} of emission and {} of fees, and the pool gave it {} and {}: compute it with those",
            cor(published.emission),
            cor(published.fees),
            cor(budget.emission),
            cor(budget.fees)
        );
        let through = self.chain.view(self.contract, &MinerRewards::budgetThroughCall { epoch: number }).await?;
        ensure!(
            U256::from(self.ballot.cumulative_total) <= through,
            "miners would have earned {} wei, more than all budgets up to epoch {number}, {through}",
            self.ballot.cumulative_total
        );
        Ok(())
    }

    async fn may_vote(&self, account: Address) -> Result<()> {
        let attesters = self.chain.view(self.contract, &MinerRewards::attestersCall {}).await?;
        if attesters.contains(&account) {
            return Ok(());
        }
        let pending = self.chain.view(self.contract, &MinerRewards::pendingAttestersCall {}).await?;
        if pending.attesters.contains(&account) {
            bail!("{account} is an attester only from {} on: vote then", pending.activeAt);
        }
        let names: Vec<_> = attesters.iter().map(ToString::to_string).collect();
        bail!("{account} is none of today's attesters ({}): vote with one of their keys", names.join(", "))
    }

    async fn has_voted(&self, attester: Address) -> Result<bool> {
        let Ballot { epoch, root, cumulative_total, data_hash } = self.ballot;
        let (epoch, cumulative_total) = (U256::from(epoch), U256::from(cumulative_total));
        let ours = MinerRewards::ballotCall { epoch, root, cumulativeTotal: cumulative_total, dataHash: data_hash };
        let ours: FixedBytes<24> = self.chain.view(self.contract, &ours).await?;
        Ok(self.chain.view(self.contract, &MinerRewards::voteOfCall { epoch, attester }).await? == ours)
    }

    /// Votes; none where the vote is written for somebody to sign elsewhere.
    async fn vote(&mut self, actor: &Actor, uri: &str) -> Result<Option<B256>> {
        let Ballot { epoch, root, cumulative_total, data_hash } = self.ballot;
        let call = MinerRewards::voteCall {
            epoch: U256::from(epoch),
            root,
            cumulativeTotal: U256::from(cumulative_total),
            dataHash: data_hash,
            uri: uri.to_owned(),
        };
        let (contract, order) = (self.contract, Order::call(self.contract, &call));
        let refused = |data: &alloy_primitives::Bytes| {
            let mut names = Names::default();
            names.add("miner-rewards", contract, MinerRewards::abi::contract());
            names.error_text(data)
        };
        let tried = self.chain.ask(actor.address(), &order, BlockNumberOrTag::Latest, Default::default()).await?;
        if let Err(data) = tried {
            bail!("nothing was sent: miner-rewards would refuse the vote by {}", refused(&data));
        }
        match actor {
            Actor::Here(signer) => {
                let mined = self.chain.send_by(signer.address(), &signer.wallet(), order).await?;
                match &mined.reverted {
                    None => Ok(Some(mined.hash)),
                    Some(data) => bail!("the vote {} was refused: {}", mined.hash, refused(data)),
                }
            }
            Actor::Elsewhere(from, outbox) => {
                let says = format!("votes for the root {root} of epoch {epoch}");
                let vote = Prepared { says, to: contract, value: U256::ZERO, data: order.input, gas: None };
                outbox.write(self.chain.id(), *from, &[vote])?;
                Ok(None)
            }
            Actor::Nobody(from) => bail!("{from} has no key here: nothing was sent"),
        }
    }

    async fn count(&self) -> Result<Count> {
        let Ballot { epoch, root, cumulative_total, data_hash } = self.ballot;
        let call = MinerRewards::votesCall {
            epoch: U256::from(epoch),
            root,
            cumulativeTotal: U256::from(cumulative_total),
            dataHash: data_hash,
        };
        let votes = self.chain.view(self.contract, &call).await?;
        let panel = self.chain.view(self.contract, &MinerRewards::quorumCall {}).await?;
        let standing = self.rewards.standing(self.ballot).await?;
        Ok(Count { votes, quorum: panel.quorum, attesters: panel.attesters, standing })
    }
}

impl Count {
    fn ready_at(&self) -> Option<u64> {
        match self.standing {
            Standing::Pending(ready_at) => Some(ready_at),
            _ => None,
        }
    }

    fn words(&self) -> String {
        let Self { votes, quorum, attesters, standing } = self;
        let counted = format!("{votes} of {attesters} attesters stand behind it, {quorum} are a quorum");
        let stands = match standing {
            Standing::Active => "it is active: miners claim by it".to_owned(),
            Standing::Pending(ready_at) => {
                format!("it is pending until {}, and anyone can activate it from then on", time(*ready_at))
            }
            Standing::Rival(rival) => format!("another root of this epoch, {}, is before it on the chain", rival.root),
            Standing::Overtaken(epoch) => format!("the root of the later epoch {epoch} is active"),
            Standing::Unseen if votes >= quorum => {
                "another root is pending: when that place is free, anyone can propose this one".to_owned()
            }
            Standing::Unseen => format!("{} more are needed", *quorum - *votes),
        };
        format!("{counted}: {stands}")
    }
}
