//! `corflow bench`.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{
    claims,
    lab::{Cor, Lab},
    row::{self, Row},
    staking, token, vouchers,
};
use crate::{answer::Answer, build::Workspace};

/// What stands below the table.
const NOTES: &str = "\
`theirs` is the peer's gas, `ours` the same operation in the same state with our programs cached, as they are kept; `uncached`
is ours with none of them cached, `entering of that` what entering each program takes of it. Ratios are rounded up. `floor` is
the least that ours could be: the transaction itself, a store of each slot that changes, the logs; it is not told where EVM code
stores. Every operation happens an hour after the one before, on both sides.
Where COR is an EVM ERC-20, it is OpenZeppelin's of version 4.9, which is the peers' token everywhere. Leaving is two
transactions of ours, a cooldown apart, with a slot for what unbonds and a sum of it; the peer pays out at once.
OpenZeppelin 5 publishes its ERC-20 as an abstract contract, without code: it is compiled here from the text in its package, the
word `abstract` apart, by the compiler of the package's artifacts, one of which is made again as a check. The others are the
code that their packages ship; of OpenZeppelin 4.9 that is ERC20PresetFixedSupply.
A claim of MerkleDistributor's is the first one of its bitmap's word, but for the rows that say otherwise; an account has one
claim in a distributor, so that a miner's later claims stand beside the first of another distributor.";

/// What things cost.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Gas, beside the peers that have published the same: OpenZeppelin's ERC-20, Uniswap's StakingRewards and
    /// MerkleDistributor, installed from npm. Exits with 1 when a goal is missed.
    Gas,
}

impl Bench {
    /// Runs it.
    pub async fn run(self) -> Result<Answer> {
        match self.command {
            Command::Gas => gas().await,
        }
    }
}

async fn gas() -> Result<Answer> {
    let workspace = Workspace::here();
    let mut lab = Lab::start(&workspace, Cor::Program).await?;
    let mut rows = Vec::new();
    lab.recorder.progress.stage("the token");
    rows.extend(token::rows(&mut lab).await?);
    lab.recorder.progress.stage("staking");
    let staking = staking::rows(&mut lab).await?;
    lab.recorder.progress.stage("claims");
    let claims = claims::rows(&mut lab).await?;
    lab.recorder.progress.stage("vouchers");
    let vouchers = vouchers::rows(&mut lab).await?;

    let mut lab = Lab::start(&workspace, Cor::Evm).await?;
    lab.recorder.progress.stage("staking and claims, over a token of EVM code");
    let over_evm = staking::ours(&mut lab).await?.into_iter().chain(claims::ours(&mut lab).await?);
    // The rows at the end of the claims are the third ones again.
    let over_evm: Vec<Row> = staking.iter().chain(&claims).zip(over_evm).map(|(row, ours)| row.over_evm(ours)).collect();
    rows.extend([staking, claims, vouchers, over_evm].into_iter().flatten());
    let (answer, missed) = judged(&rows);
    for missed in &missed {
        lab.recorder.progress.note(&format!("goal missed: {missed}"));
    }
    if missed.is_empty() {
        lab.recorder.progress.note("every goal is held");
    }
    Ok(answer)
}

/// The rows, and what is missed by them.
fn judged(rows: &[Row]) -> (Answer, Vec<String>) {
    let missed: Vec<String> = rows.iter().filter_map(Row::missed).collect();
    let text = format!("{}\n{NOTES}", row::text(rows));
    (Answer { json: row::json(rows), text, ok: missed.is_empty() }, missed)
}

#[cfg(test)]
mod tests {
    use super::{super::row::tests::row, *};
    use crate::bench::row::Goal;

    #[test]
    fn a_missed_goal_fails_the_command() {
        let (held, nothing) = judged(&[row(50_000, Goal::OfPeer(100))]);
        assert!(held.ok && nothing.is_empty());
        let (failed, missed) = judged(&[row(50_000, Goal::OfPeer(100)), row(50_001, Goal::OfPeer(100))]);
        assert!(!failed.ok && missed.len() == 1, "{missed:?}");
        assert_eq!(failed.json.as_array().map(Vec::len), Some(2));
    }
}
