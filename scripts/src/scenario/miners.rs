//! The miners' side: what they did, what attesters make of it, what each may claim.

use std::collections::BTreeMap;

use abi::MinerRewards;
use alloy_primitives::{Address, U256};
use anyhow::{Context, Result, ensure};
use economics::allocation::Pots;

use super::{
    paper::Closed,
    plot::{self, MINER_STAKE, MINIMUM_STAKE},
};
use crate::rewards::{
    document::Previous,
    epoch::{Before, Epoch, Inputs},
    rows::Format,
    stakes,
};

/// Who mines, what each was paid, and what the next epoch goes on from.
#[derive(Debug, Default)]
pub(super) struct Miners {
    paid: BTreeMap<Address, u128>,
    before: Option<Before>,
}

/// What attesters vote for, and what can be claimed by it; `due` has the claims' wei, in their order.
pub(super) struct Ballot {
    pub(super) vote: MinerRewards::voteCall,
    pub(super) claims: Vec<MinerRewards::Claim>,
    pub(super) due: Vec<(Address, u128)>,
}

impl Miners {
    pub(super) fn is_known(&self, miner: Address) -> bool {
        self.paid.contains_key(&miner)
    }

    pub(super) fn join(&mut self, miner: Address) {
        self.paid.entry(miner).or_default();
    }

    /// Computes a closed epoch twice, as two attesters do, who must come to the same; none while nobody has earned.
    pub(super) fn attest(&mut self, closed: &Closed) -> Result<Option<Ballot>> {
        let inputs = self.inputs(closed);
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
        for (&miner, paid) in &mut self.paid {
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

    /// The published files: tasks and scores that differ by miner and epoch, less and less of them from free usage.
    fn inputs(&self, closed: &Closed) -> Inputs {
        let free = 40_u64.saturating_sub(4 * closed.epoch);
        let mut scores = String::from("miner,tasks,score,free\n");
        let mut staked = Vec::new();
        let mut miners: Vec<_> = plot::miners(closed.epoch).collect();
        miners.sort_unstable();
        for (index, miner) in (0_u64..).zip(miners) {
            let score = 1_000 + 170 * index + 13 * closed.epoch;
            scores.push_str(&format!("{miner:#x},{},{score},{}\n", score / 10, score * free / 100));
            staked.push((miner, MINER_STAKE));
        }
        Inputs {
            epoch: closed.epoch,
            budget: Pots { emission: closed.emission, fees: closed.parts.miners },
            minimum_stake: MINIMUM_STAKE,
            scores: (Format::Csv, scores.into_bytes()),
            stakes: stakes::written(staked).into_bytes(),
            before: self.before.clone(),
        }
    }
}
