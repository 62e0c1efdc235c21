//! What the miner-rewards contract knows of an epoch: its budget, and where its root stands.

use abi::{MinerPool, MinerRewards};
use alloy::{
    providers::{Provider, RootProvider},
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result};
use economics::allocation::Pots;

/// The miner-rewards contract on a chain.
#[derive(Clone, Debug)]
pub struct RewardsOnChain {
    /// The chain.
    pub provider: RootProvider,
    /// The contract.
    pub contract: Address,
}

/// What is voted on: an epoch's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The epoch.
    pub epoch: u64,
    /// The root.
    pub root: B256,
    /// What all miners have earned in all, in wei.
    pub cumulative_total: u128,
    /// The document's hash.
    pub data_hash: B256,
}

/// Where a ballot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Miners claim by it.
    Active,
    /// It has its quorum and waits for its window, which ends at this time.
    Pending(u64),
    /// Another ballot for the same epoch is active or pending.
    Rival(Ballot),
    /// The chain has gone on to a later epoch, so that this one's root is not there any more.
    Overtaken(u64),
    /// The chain has no root of this epoch yet.
    Unseen,
}

impl Standing {
    /// What programs read.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending(_) => "pending",
            Self::Rival(_) => "rival",
            Self::Overtaken(_) => "overtaken",
            Self::Unseen => "unseen",
        }
    }
}

impl RewardsOnChain {
    /// The budget that the pool gave an epoch; none while the epoch is not closed.
    pub async fn budget(&self, epoch: u64) -> Result<Option<Pots>> {
        let (epoch, closed) = (U256::from(epoch), self.read(self.contract, MinerRewards::epochsCall {}).await?);
        if epoch < closed.first || epoch >= closed.next {
            return Ok(None);
        }
        let pool = self.read(self.contract, MinerRewards::minerPoolCall {}).await?;
        let given = self.read(pool, MinerPool::closedEpochCall { epoch }).await?;
        let wei = |value: U256| u128::try_from(value).ok().context("a budget is beyond 128 bits");
        Ok(Some(Pots { emission: wei(given.emission)?, fees: wei(given.fees)? }))
    }

    /// Where a ballot stands now.
    pub async fn standing(&self, ballot: Ballot) -> Result<Standing> {
        let active = self.read(self.contract, MinerRewards::activeRootCall {}).await?;
        let pending = self.read(self.contract, MinerRewards::pendingRootCall {}).await?;
        let active = seen(active.epoch, active.root, active.cumulativeTotal, active.dataHash)?;
        let waiting = seen(pending.epoch, pending.root, pending.cumulativeTotal, pending.dataHash)?;
        Ok(place(ballot, active, waiting.map(|it| (it, pending.readyAt.saturating_to()))))
    }

    async fn read<C: SolCall>(&self, contract: Address, call: C) -> Result<C::Return> {
        let request = TransactionRequest::default().to(contract).input(call.abi_encode().into());
        let answer = self.provider.call(request).await;
        let bytes = answer.with_context(|| format!("{contract} does not answer {}: is it miner-rewards?", C::SIGNATURE))?;
        C::abi_decode_returns(&bytes).with_context(|| format!("there is no miner-rewards contract at {contract}"))
    }
}

fn seen(epoch: U256, root: B256, total: U256, data_hash: B256) -> Result<Option<Ballot>> {
    if root.is_zero() {
        return Ok(None);
    }
    let cumulative_total = u128::try_from(total).ok().context("a root's total is beyond 128 bits")?;
    Ok(Some(Ballot { epoch: epoch.saturating_to(), root, cumulative_total, data_hash }))
}

fn place(ballot: Ballot, active: Option<Ballot>, pending: Option<(Ballot, u64)>) -> Standing {
    match (active, pending) {
        (Some(active), _) if active == ballot => Standing::Active,
        (_, Some((pending, ready_at))) if pending == ballot => Standing::Pending(ready_at),
        (Some(rival), _) if rival.epoch == ballot.epoch => Standing::Rival(rival),
        (_, Some((rival, _))) if rival.epoch == ballot.epoch => Standing::Rival(rival),
        (Some(active), _) if active.epoch > ballot.epoch => Standing::Overtaken(active.epoch),
        _ => Standing::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ballot(epoch: u64, root: u8) -> Ballot {
        Ballot { epoch, root: B256::with_last_byte(root), cumulative_total: 5, data_hash: B256::with_last_byte(9) }
    }

    #[test]
    fn a_ballot_is_known_by_all_of_its_parts() {
        let ours = ballot(3, 1);
        assert_eq!(place(ours, Some(ours), None), Standing::Active);
        assert_eq!(place(ours, Some(ballot(2, 7)), Some((ours, 80))), Standing::Pending(80));
        let dearer = Ballot { cumulative_total: 6, ..ours };
        assert_eq!(place(ours, Some(dearer), None), Standing::Rival(dearer));
        assert_eq!(place(ours, Some(ballot(2, 7)), Some((ballot(3, 2), 80))), Standing::Rival(ballot(3, 2)));
        assert_eq!(place(ours, Some(ballot(4, 1)), None), Standing::Overtaken(4));
        assert_eq!(place(ours, Some(ballot(2, 1)), None), Standing::Unseen);
        assert_eq!(place(ours, None, None), Standing::Unseen);
    }
}
