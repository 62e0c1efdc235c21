//! What anyone can read.

use ::abi::MinerRewards::*;
use alloy_primitives::{Address, B256, FixedBytes, U256};
use common::{Revert, words::Buffer};
use stylus_sdk::prelude::*;

use crate::{
    MinerRewards,
    attesters::{MOST, put_accounts},
    roots::Root,
    state::Pending,
};

impl MinerRewards {
    fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }

    pub(crate) fn token(&self, _: tokenCall) -> Result<Address, Revert> {
        Ok(self.terms.get().token)
    }

    pub(crate) fn miner_pool(&self, _: minerPoolCall) -> Result<Address, Revert> {
        Ok(self.miner_pool.get())
    }

    pub(crate) fn staking(&self, _: stakingCall) -> Result<Address, Revert> {
        Ok(self.staking.get())
    }

    pub(crate) fn genesis(&self, _: genesisCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().genesis))
    }

    pub(crate) fn epoch_length(&self, _: epochLengthCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().epoch_length))
    }

    pub(crate) fn window(&self, _: windowCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().window))
    }

    #[inline(never)] // Its buffers would lie in the frame of every call.
    pub(crate) fn attesters(&self, _: attestersCall) -> Result<Buffer<{ (2 + MOST) * 32 }>, Revert> {
        let panel = self.panel_at(self.now());
        let mut data = Buffer::default();
        data.put_number(32);
        put_accounts(&mut data, &self.members_of(panel), panel.size.into());
        Ok(data)
    }

    pub(crate) fn quorum(&self, _: quorumCall) -> Result<quorumReturn, Revert> {
        let panel = self.panel_at(self.now());
        Ok(quorumReturn { attesters: U256::from(panel.size), quorum: U256::from(panel.quorum) })
    }

    #[inline(never)] // Its buffers would lie in the frame of every call.
    pub(crate) fn pending_attesters(&self, _: pendingAttestersCall) -> Result<Buffer<{ (4 + MOST) * 32 }>, Revert> {
        let panel = self.panel_to_come(self.now()).unwrap_or_default();
        let mut data = Buffer::default();
        data.put_number(panel.quorum.into());
        data.put_number(panel.since);
        data.put_number(3 * 32);
        put_accounts(&mut data, &self.members_of(panel), panel.size.into());
        Ok(data)
    }

    pub(crate) fn votes(&self, call: votesCall) -> Result<U256, Revert> {
        let root = Root { epoch: call.epoch, hash: call.root, total: call.cumulativeTotal, data: call.dataHash };
        let members = self.members_of(self.panel_at(self.now()));
        Ok(U256::from(self.count(&members, root.epoch, &self.ballot_of(&root))))
    }

    pub(crate) fn vote_of(&self, voteOfCall { epoch, attester }: voteOfCall) -> Result<FixedBytes<24>, Revert> {
        Ok(self.votes.getter(epoch).getter(attester).get().ballot.into())
    }

    pub(crate) fn ballot(&self, call: ballotCall) -> Result<FixedBytes<24>, Revert> {
        let root = Root { epoch: call.epoch, hash: call.root, total: call.cumulativeTotal, data: call.dataHash };
        Ok(self.ballot_of(&root).into())
    }

    pub(crate) fn active_root(&self, _: activeRootCall) -> Result<activeRootReturn, Revert> {
        let active = self.active.get();
        Ok(activeRootReturn {
            epoch: U256::from(active.epoch),
            root: B256::from(self.root.get()),
            cumulativeTotal: U256::from(self.totals.get().allowed),
            dataHash: B256::from(self.active_data.get()),
            activatedAt: U256::from(active.at),
        })
    }

    pub(crate) fn pending_root(&self, _: pendingRootCall) -> Result<pendingRootReturn, Revert> {
        let Pending { total, epoch, ready_at, extended } = self.pending.get();
        Ok(pendingRootReturn {
            epoch: U256::from(epoch),
            root: B256::from(self.pending_root.get()),
            cumulativeTotal: U256::from(total),
            dataHash: B256::from(self.pending_data.get()),
            readyAt: U256::from(ready_at),
            extended,
        })
    }

    pub(crate) fn epochs(&self, _: epochsCall) -> Result<epochsReturn, Revert> {
        let budgets = self.budgets.get();
        Ok(epochsReturn { first: U256::from(budgets.first), next: U256::from(budgets.next) })
    }

    pub(crate) fn budget_through(&self, budgetThroughCall { epoch }: budgetThroughCall) -> Result<U256, Revert> {
        let budgets = self.budgets.get();
        let later = epoch >= U256::from(budgets.next);
        Ok(if later { U256::from(budgets.total) } else { self.through.getter(epoch).get() })
    }

    pub(crate) fn totals(&self, _: totalsCall) -> Result<totalsReturn, Revert> {
        Ok(totalsReturn { budgets: U256::from(self.budgets.get().total), paid: U256::from(self.totals.get().paid) })
    }

    pub(crate) fn claimed(&self, claimedCall { miner }: claimedCall) -> Result<U256, Revert> {
        Ok(U256::from(self.miners.getter(miner).get().claimed))
    }

    pub(crate) fn payout_of(&self, payoutOfCall { miner }: payoutOfCall) -> Result<Address, Revert> {
        Ok(self.payout(miner))
    }

    pub(crate) fn pending_payout(&self, pendingPayoutCall { miner }: pendingPayoutCall) -> Result<Address, Revert> {
        Ok(self.offers.getter(miner).get())
    }
}
