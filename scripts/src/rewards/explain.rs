//! Why a miner got what it got: step by step, from what is published alone.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};
use economics::allocation::{FREE_CAP_DIVISOR, Pots, Scores, allocate};
use serde::Serialize;
use words::number::{SCORE_DECIMALS, cor, plain};

use super::{
    document::{Amounts, text},
    epoch::Epoch,
    scores::Score,
};

/// Why a miner got what it got in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Who.
    pub miner: Address,
    /// When.
    pub epoch: u64,
    /// What it got, in wei.
    pub earned: Amounts,
    /// What it has earned in all with that: the amount to claim with.
    #[serde(with = "text")]
    pub cumulative: u128,
    /// The root that this amount is proven under.
    pub root: Option<B256>,
    /// The hash that a vote for this root names.
    pub data_hash: B256,
    /// How it came to that, in order.
    pub steps: Vec<Step>,
    /// What would have made it more, where it got nothing of one kind or of both.
    pub would_change: Vec<String>,
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about.
    pub about: &'static str,
    /// What happened there, with the numbers.
    pub says: String,
}

/// Explains it by an epoch that was computed again from its published inputs.
pub fn explain(epoch: &Epoch, miner: Address) -> Result<Explanation> {
    let mut told = Told { epoch, miner, steps: Vec::new(), would_change: Vec::new() };
    match epoch.miner(miner) {
        Some((score, stake)) => told.worked(score, *stake)?,
        None => {
            told.step("work", format!("no row of {} is about this miner", epoch.document.scores.file));
            told.would_change.push("being assigned work by the network, and a score for it".into());
        }
    }
    told.tree()?;
    Ok(Explanation {
        miner,
        epoch: epoch.document.epoch,
        earned: epoch.share(miner).into(),
        cumulative: epoch.cumulative.of(miner),
        root: epoch.root(),
        data_hash: epoch.document.data_hash(),
        steps: told.steps,
        would_change: told.would_change,
    })
}

struct Told<'a> {
    epoch: &'a Epoch,
    miner: Address,
    steps: Vec<Step>,
    would_change: Vec<String>,
}

impl Told<'_> {
    fn step(&mut self, about: &'static str, says: String) {
        self.steps.push(Step { about, says });
    }

    fn worked(&mut self, score: &Score, stake: u128) -> Result<()> {
        let document = &self.epoch.document;
        let minimum = document.minimum_stake;
        let scores = Scores { paid: document.paid_score, free: document.free_score };
        let [all, paid, free] = [score.score, score.paid(), score.free].map(points);
        self.step("work", format!("{} tasks, score {all}: {paid} that apps paid for, {free} on free allowances", score.tasks));

        if stake < minimum {
            self.step("stake", format!("{} at stake, less than the {} needed: counts for nothing", cor(stake), cor(minimum)));
            let would = self.with_minimum_stake()?;
            self.would_change.push(format!(
                "{} more at stake: with that, and all else the same, {} of emission and {} of fees",
                cor(minimum - stake),
                cor(would.emission),
                cor(would.fees)
            ));
            return Ok(());
        }
        self.step("stake", format!("{} at stake, at least {} needed: counts", cor(stake), cor(minimum)));
        self.step("all work", all_work(scores));

        let pots = pots(self.epoch);
        let share = self.epoch.share(self.miner);
        self.step("emission", self.emission(score, scores, pots.emission, share.emission));
        self.step("fees", self.fees(score, scores, pots.fees, share.fees));
        self.step("sum", format!("{} + {} = {}", cor(share.emission), cor(share.fees), cor(share.emission + share.fees)));
        self.missing(score, scores, pots, share);
        Ok(())
    }

    fn emission(&self, score: &Score, scores: Scores, pot: u128, got: u128) -> String {
        let [p, q, all_p, all_q] = [score.paid(), score.free, scores.paid, scores.free].map(points);
        let carried = self.epoch.document.carried_in.emission;
        let from = format!("{} ({} of this epoch, {} carried into it)", cor(pot), cor(pot - carried), cor(carried));
        let part = match (scores.paid, scores.free) {
            (0, 0) => return format!("of {from}: nobody with enough stake has any score; all of it is carried on"),
            (0, _) => {
                format!("{q} / (5 * {all_q}): with no paid score anywhere, free score shares its 20%, the rest is carried on")
            }
            (_, 0) => format!("{p} / {all_p}"),
            _ if scores.free_is_capped() => format!("4 * {p} / (5 * {all_p}) + {q} / (5 * {all_q})"),
            _ => format!("({p} + {q}) / ({all_p} + {all_q})"),
        };
        format!("of {from}, {part} = {}", cor(got))
    }

    fn fees(&self, score: &Score, scores: Scores, pot: u128, got: u128) -> String {
        let carried = self.epoch.document.carried_in.fees;
        let from = format!("{} ({} of this epoch, {} carried into it)", cor(pot), cor(pot - carried), cor(carried));
        if scores.paid == 0 {
            return format!("of {from}: nobody with enough stake has paid score; all of it is carried on");
        }
        format!("of {from}, by paid score only, {} / {} = {}", points(score.paid()), points(scores.paid), cor(got))
    }

    /// What would make a part more than nothing.
    fn missing(&mut self, score: &Score, scores: Scores, pots: Pots, share: Pots) {
        let mut change = |condition: bool, text: &str| {
            if condition {
                self.would_change.push(text.to_owned());
            }
        };
        change(score.score == 0, "any score: it is there, with 0");
        change(
            score.score > 0 && score.paid() == 0 && pots.fees > 0,
            "work for apps that pay: fees are shared by paid score only",
        );
        change(pots.emission == 0, "emission: there was none in this epoch");
        change(pots.fees == 0, "fees: apps paid none in this epoch");
        let too_small = |score: u128, pot: u128, got: u128| score > 0 && pot > 0 && got == 0;
        change(
            too_small(score.score, pots.emission, share.emission)
                || (scores.paid > 0 && too_small(score.paid(), pots.fees, share.fees)),
            "a greater part of the score: its share is less than one wei",
        );
    }

    fn tree(&mut self) -> Result<()> {
        let document = &self.epoch.document;
        let before = self.epoch.inputs.before.as_ref();
        let earned = before.map_or(0, |it| it.cumulative.of(self.miner));
        let since =
            before.map_or_else(|| "there is no epoch before".to_owned(), |it| format!("up to epoch {}", it.previous.epoch));
        let now = self.epoch.cumulative.of(self.miner);
        self.step("in all", format!("{} ({since}) + {} = {}", cor(earned), cor(now - earned), cor(now)));
        let (Some(tree), Some(root)) = (&self.epoch.tree, document.root) else {
            self.step("tree", "nobody has earned anything yet: there is no tree".into());
            return Ok(());
        };
        let count = self.epoch.cumulative.len();
        match self.epoch.cumulative.proof(tree, self.miner)? {
            Some(proof) => self.step(
                "tree",
                format!(
                    "rebuilt from {count} amounts: the leaf {} leads by {} siblings to the root {root}",
                    proof.leaf,
                    proof.proof.len()
                ),
            ),
            None => self.step("tree", format!("rebuilt from {count} amounts, none of them this miner's: the root is {root}")),
        }
        Ok(())
    }

    fn with_minimum_stake(&self) -> Result<Pots> {
        let minimum = self.epoch.document.minimum_stake;
        let work: Vec<_> = self
            .epoch
            .miners
            .iter()
            .map(|(score, stake)| score.with_stake(if score.miner == self.miner { minimum } else { *stake }))
            .collect();
        let shares = allocate(&work, pots(self.epoch), minimum)?.shares;
        let index = work.iter().position(|it| it.miner == self.miner).context("the miner is not among the scores")?;
        Ok(shares.get(index).copied().unwrap_or_default())
    }
}

fn pots(epoch: &Epoch) -> Pots {
    let (budget, carried) = (epoch.document.budget, epoch.document.carried_in);
    Pots { emission: budget.emission + carried.emission, fees: budget.fees + carried.fees }
}

fn all_work(scores: Scores) -> String {
    let [paid, free] = [scores.paid, scores.free].map(points);
    let counts = format!("{paid} paid and {free} free score counts");
    if scores.free == 0 {
        return counts;
    }
    let ratio = (scores.free as f64) / (scores.paid as f64 + scores.free as f64) * 100.0;
    let cap = 100 / FREE_CAP_DIVISOR;
    if scores.free_is_capped() {
        format!("{counts}: free score is {ratio:.2}% of all, so of emission it gets the cap of {cap}%")
    } else {
        format!("{counts}: free score is {ratio:.2}% of all, not above the cap of {cap}%, so all score counts alike for emission")
    }
}

fn points(score: u128) -> String {
    plain(score, SCORE_DECIMALS)
}
