//! One epoch, computed: a function of its inputs, so that every attester who has them comes to the same bytes.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};
use economics::{
    allocation::{Pots, allocate},
    merkle::Tree,
};

use super::{
    document::{Document, FORMAT, Input, Line, Previous},
    rows::Format,
    scores::{self, Score},
    stakes,
    tree::Cumulative,
};

/// The stakes' file.
const STAKES: &str = "stakes.csv";

/// What an epoch is computed from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The epoch.
    pub epoch: u64,
    /// Emission and miners' part of the fees, by the pool, in wei.
    pub budget: Pots,
    /// The stake below which a miner counts for nothing, in wei.
    pub minimum_stake: u128,
    /// The scores file: how it is written, and its bytes.
    pub scores: (Format, Vec<u8>),
    /// The stakes file, in CSV: [`stakes::written`] of the scored miners by address, wherever they were read.
    pub stakes: Vec<u8>,
    /// What came before; none for the first epoch.
    pub before: Option<Before>,
}

/// The epoch before, as far as the next one depends on it.
#[derive(Clone, Debug)]
pub struct Before {
    /// Its name.
    pub previous: Previous,
    /// What it had no score for, in wei.
    pub carried: Pots,
    /// What miners have earned up to it.
    pub cumulative: Cumulative,
}

/// An epoch and what came out.
#[derive(Debug)]
pub struct Epoch {
    /// What is published of it.
    pub document: Document,
    /// What it was computed from.
    pub inputs: Inputs,
    /// Each miner's score and stake, by address.
    pub miners: Vec<(Score, u128)>,
    /// What each has earned in all.
    pub cumulative: Cumulative,
    /// The tree of that; none while nobody has earned anything.
    pub tree: Option<Tree>,
}

impl Epoch {
    /// Computes it.
    pub fn of(inputs: Inputs) -> Result<Self> {
        let scores_file = format!("scores.{}", inputs.scores.0.extension());
        let stakes_file = STAKES.to_owned();

        let scores = scores::read(&scores_file, &inputs.scores.1)?;
        let addresses: Vec<_> = scores.iter().map(|it| it.miner).collect();
        let stakes = stakes::matched(&addresses, &stakes::read(&stakes_file, &inputs.stakes)?, &stakes_file)?;
        let miners: Vec<_> = scores.into_iter().zip(stakes).collect();

        let before = inputs.before.as_ref();
        let carried_in = before.map_or_else(Pots::default, |it| it.carried);
        let pots = inputs.budget.plus(carried_in).context("the budget and what was carried are beyond 128 bits")?;
        let work: Vec<_> = miners.iter().map(|(score, stake)| score.with_stake(*stake)).collect();
        let allocation = allocate(&work, pots, inputs.minimum_stake)?;

        let mut cumulative = before.map_or_else(Cumulative::default, |it| it.cumulative.clone());
        let mut allocated = Pots::default();
        let mut lines = Vec::new();
        for ((score, _), share) in miners.iter().zip(&allocation.shares) {
            let beyond = "what miners have earned in all is beyond 128 bits";
            cumulative.add(score.miner, share.total().context(beyond)?).context(beyond)?;
            allocated = allocated.plus(*share).context(beyond)?;
            if *share != Pots::default() {
                lines.push(Line { miner: score.miner, emission: share.emission, fees: share.fees });
            }
        }
        let tree = cumulative.tree();

        let document = Document {
            format: FORMAT.to_owned(),
            epoch: inputs.epoch,
            budget: inputs.budget.into(),
            carried_in: carried_in.into(),
            carried_out: allocation.carried.into(),
            minimum_stake: inputs.minimum_stake,
            scores: Input::of(scores_file, &inputs.scores.1),
            stakes: Input::of(stakes_file, &inputs.stakes),
            previous: before.map(|it| it.previous.clone()),
            paid_score: allocation.scores.paid,
            free_score: allocation.scores.free,
            allocated: allocated.into(),
            dust: allocation.dust.into(),
            miners: lines,
            cumulative_total: cumulative.total(),
            root: tree.as_ref().map(Tree::root),
        };
        Ok(Self { document, inputs, miners, cumulative, tree })
    }

    /// The root that attesters vote on; none while nobody has earned anything.
    pub fn root(&self) -> Option<B256> {
        self.document.root
    }

    /// A miner's score and stake.
    pub fn miner(&self, miner: Address) -> Option<&(Score, u128)> {
        let index = self.miners.binary_search_by_key(&miner, |it| it.0.miner).ok()?;
        self.miners.get(index)
    }

    /// What a miner gets of this epoch.
    pub fn share(&self, miner: Address) -> Pots {
        let lines = &self.document.miners;
        let line = lines.binary_search_by_key(&miner, |it| it.miner).ok().and_then(|index| lines.get(index));
        line.map_or_else(Pots::default, |it| Pots { emission: it.emission, fees: it.fees })
    }
}
