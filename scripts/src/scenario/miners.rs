//! The miners' side: what they did, what attesters make of it, what each may claim.

use std::collections::BTreeMap;

use abi::MinerRewards;
use alloy_primitives::{Address, U256};
use anyhow::{Context, Result, ensure};
use economics::allocation::Pots;

use super::{paper::Closed, plot::Plot};
use crate::rewards::{
    document::Previous,
    epoch::{Before, Epoch, Inputs},
    rows::Format,
    stakes,
};

/// Who mines, what each was paid, and what the next epoch goes on from.
#[derive(Debug, Default)]
pub(super) struct Miners {
    known: BTreeMap<Address, Miner>,
    before: Option<Before>,
}

#[derive(Debug)]
struct Miner {
    number: u8,
    paid: u128,
}

/// Who worked in an epoch, and for how many units: free ones, and paid ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) miners: Vec<Address>,
    pub(super) free: u128,
    pub(super) paid: u128,
}

/// What attesters vote for, and what can be claimed by it; `due` has the claims' wei, in their order.
pub(super) struct Ballot {
    pub(super) vote: MinerRewards::voteCall,
    pub(super) claims: Vec<MinerRewards::Claim>,
    pub(super) due: Vec<(Address, u128)>,
}

impl Miners {
    /// The address of a miner who has joined, by its number.
    pub(super) fn address(&self, number: u8) -> Option<Address> {
        self.known.iter().find(|(_, miner)| miner.number == number).map(|(address, _)| *address)
    }

    pub(super) fn join(&mut self, miner: Address, number: u8) {
        self.known.entry(miner).or_insert(Miner { number, paid: 0 });
    }

    /// Their names and addresses, by number.
    pub(super) fn named(&self) -> impl Iterator<Item = (String, Address)> + use<> {
        let mut all: Vec<_> = self.known.iter().map(|(address, miner)| (miner.number, *address)).collect();
        all.sort_unstable();
        all.into_iter().map(|(number, address)| (format!("miner {number}"), address))
    }

    /// Computes a closed epoch twice, as two attesters do, who must come to the same; none while nobody has earned.
    pub(super) fn attest(&mut self, closed: &Closed, work: &Work, plot: &Plot) -> Result<Option<Ballot>> {
        let inputs = self.inputs(closed, work, plot);
        let (epoch, again) = (Epoch::of(inputs.clone())?, Epoch::of(inputs)?);
        let data_hash = epoch.document.data_hash();
        ensure!(data_hash == again.document.data_hash(), "two attesters come to different ends of epoch {}", closed.epoch);
        let previous = Previous { epoch: closed.epoch, root: epoch.root(), data_hash };
        let carried = epoch.document.carried_out.into();
        self.before = Some(Before { previous, carried, cumulative: epoch.cumulative.clone() });
        let (Some(root), Some(tree)) = (epoch.root(), &epoch.tree) else { return Ok(None) };
        let vote = MinerRewards::voteCall {
            epoch: U256::from(closed.epoch),
            root,
            cumulativeTotal: U256::from(epoch.cumulative.total()),
            dataHash: data_hash,
            uri: format!("https://scores.example/epoch-{}", closed.epoch),
        };
        let (mut claims, mut due) = (Vec::new(), Vec::new());
        for (&miner, Miner { paid, .. }) in &mut self.known {
            let earned = epoch.cumulative.of(miner);
            if earned > *paid {
                let proof = epoch.cumulative.proof(tree, miner)?.context("a miner has earned and has no proof")?;
                claims.push(MinerRewards::Claim { miner, amount: U256::from(earned), proof: proof.proof });
                due.push((miner, earned - *paid));
                *paid = earned;
            }
        }
        Ok(Some(Ballot { vote, claims, due }))
    }

    /// The published files: tasks and scores that differ by miner and epoch, as much of them free as usage is.
    fn inputs(&self, closed: &Closed, work: &Work, plot: &Plot) -> Inputs {
        let mut scores = String::from("miner,tasks,score,free\n");
        let mut staked = Vec::new();
        let used = (work.free + work.paid).max(1);
        for (index, &miner) in (0_u64..).zip(&work.miners) {
            let score = 1_000 + 170 * index + 13 * closed.epoch;
            let free = u128::from(score) * work.free / used;
            scores.push_str(&format!("{miner:#x},{},{score},{free}\n", score / 10));
            staked.push((miner, plot.miner_stake.0));
        }
        Inputs {
            epoch: closed.epoch,
            budget: Pots { emission: closed.emission, fees: closed.parts.miners },
            minimum_stake: plot.minimum_stake.0,
            scores: (Format::Csv, scores.into_bytes()),
            stakes: stakes::written(staked).into_bytes(),
            before: self.before.clone(),
        }
    }
}
