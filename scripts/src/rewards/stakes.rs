//! What miners have at stake, from a file or from the staking contract.

use std::{collections::HashMap, fmt::Write, future::Future, path::PathBuf};

use abi::Staking;
use alloy::{
    eips::BlockId,
    providers::{Provider, RootProvider},
    rpc::{client::BatchRequest, types::TransactionRequest},
};
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use words::number::{address, decimal};

use super::rows::{Fault, Faults, table};

/// So many questions in one request: nodes refuse longer batches.
const BATCH: usize = 500;

/// Where stakes are read from.
pub trait Stakes {
    /// What each of the miners has at stake, in wei, in the same order. That a stake is unknown is an error: taken for
    /// nothing, it would take somebody's income.
    fn of(&self, miners: &[Address]) -> impl Future<Output = Result<Vec<u128>>> + Send;
}

/// A file with the columns miner and stake (wei), as CSV or as a JSON array of objects.
#[derive(Clone, Debug)]
pub struct StakesFile {
    /// Where it is.
    pub path: PathBuf,
}

/// The staking contract at one block, so that every attester reads the same.
#[derive(Clone, Debug)]
pub struct StakesOnChain {
    /// The chain.
    pub provider: RootProvider,
    /// The staking contract.
    pub staking: Address,
    /// The block whose state counts.
    pub block: BlockId,
}

impl Stakes for StakesFile {
    async fn of(&self, miners: &[Address]) -> Result<Vec<u128>> {
        let bytes = std::fs::read(&self.path).with_context(|| format!("{} cannot be read", self.path.display()))?;
        let name = self.path.file_name().map_or_else(Default::default, |it| it.to_string_lossy());
        matched(miners, &read(&name, &bytes)?, &self.path.display().to_string())
    }
}

impl Stakes for StakesOnChain {
    async fn of(&self, miners: &[Address]) -> Result<Vec<u128>> {
        let mut stakes = Vec::with_capacity(miners.len());
        for part in miners.chunks(BATCH) {
            let mut batch = BatchRequest::new(self.provider.client());
            let mut answers = Vec::with_capacity(part.len());
            for &account in part {
                let input = Staking::stakeOfCall { account }.abi_encode();
                let request = TransactionRequest::default().to(self.staking).input(input.into());
                answers.push(batch.add_call::<_, Bytes>("eth_call", &(request, self.block))?);
            }
            batch.send().await.context("the chain does not answer for stakes")?;
            for (answer, account) in answers.into_iter().zip(part) {
                let bytes = answer.await.with_context(|| format!("the stake of {account} cannot be read"))?;
                let stake = Staking::stakeOfCall::abi_decode_returns(&bytes)
                    .with_context(|| format!("there is no staking contract at {}", self.staking))?;
                stakes.push(u128::try_from(stake).ok().with_context(|| format!("the stake of {account} is beyond 128 bits"))?);
            }
        }
        Ok(stakes)
    }
}

/// Reads a stakes file.
pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Vec<(Address, u128)>, Faults> {
    table(file, bytes, ["miner", "stake"], |[miner, stake]| {
        let miner = address(miner).map_err(|misread| Fault::Value { column: "miner", misread })?;
        let stake = decimal(stake, 0).map_err(|misread| Fault::Value { column: "stake", misread })?;
        Ok((miner, (miner, stake)))
    })
}

/// The stakes of `miners`, each of which must be there.
pub(crate) fn matched(miners: &[Address], stakes: &[(Address, u128)], file: &str) -> Result<Vec<u128>> {
    let known: HashMap<_, _> = stakes.iter().copied().collect();
    let missing: Vec<_> = miners.iter().filter(|it| !known.contains_key(*it)).collect();
    if let [first, more @ ..] = missing.as_slice() {
        ensure!(more.is_empty(), "{file} says nothing of {first} and of {} more; who has no stake is there with 0", more.len());
        anyhow::bail!("{file} says nothing of {first}; who has no stake is there with 0");
    }
    Ok(miners.iter().filter_map(|it| known.get(it).copied()).collect())
}

/// The file that [`read`] reads, in the miners' order.
pub(crate) fn written(stakes: impl IntoIterator<Item = (Address, u128)>) -> String {
    let mut text = String::from("miner,stake\n");
    for (miner, stake) in stakes {
        writeln!(text, "{miner:#x},{stake}").expect("a String takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Address = Address::with_last_byte(1);
    const B: Address = Address::with_last_byte(2);

    #[test]
    fn what_is_written_reads_back() {
        let stakes = [(A, 0), (B, u128::MAX)];
        assert_eq!(read("stakes.csv", written(stakes).as_bytes()).unwrap(), stakes);
    }

    #[test]
    fn an_unknown_stake_is_no_stake_of_zero() {
        assert_eq!(matched(&[B, A], &[(A, 1), (B, 2)], "f").unwrap(), [2, 1]);
        assert!(matched(&[A, B], &[(A, 1)], "f").unwrap_err().to_string().contains(&B.to_string()));
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named() {
        let file = StakesFile { path: "no/such/stakes.csv".into() };
        assert!(file.of(&[A]).await.unwrap_err().to_string().contains("no/such/stakes.csv"));
    }
}
