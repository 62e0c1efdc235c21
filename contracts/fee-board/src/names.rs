//! What the owner names beside values by epoch: the treasury, and once, who may call. None of it moves COR.

use abi::AppFees::{
    AlreadyWired, FeesWired, InvalidAccount, TreasuryAppointed, WrongPeer, setTreasuryCall, setTreasuryReturn, wireCall,
    wireReturn,
};
use alloy_primitives::{Address, U256};
use common::{Revert, calls::ask, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use fee_books::overflow;

use crate::FeeBoard;

impl FeeBoard {
    /// Each must name this contract, staking too, and the pool's miner-rewards must name the pool, so that a mistaken
    /// address is refused rather than kept for good. The pool's first epoch is the first that is closed: no app can pay
    /// for an earlier one, for there is none before this.
    pub(crate) fn wire(&mut self, wireCall { agentStore, minerPool }: wireCall) -> Result<wireReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let named = self.agent_store.get();
        if !named.is_zero() {
            return Err(AlreadyWired { agentStore: named, minerPool: self.miner_pool.get() }.into());
        }
        let (this, staking) = (self.vm().contract_address(), self.staking.get());
        let (of_store,) = ask(self.vm(), agentStore, &abi::AgentStore::appFeesCall {})?;
        let (of_pool,) = ask(self.vm(), minerPool, &abi::MinerPool::appFeesCall {})?;
        let (of_staking,) = ask(self.vm(), staking, &abi::Staking::appFeesCall {})?;
        let (rewards,) = ask(self.vm(), minerPool, &abi::MinerPool::minerRewardsCall {})?;
        let (of_rewards,) = ask(self.vm(), rewards, &abi::MinerRewards::minerPoolCall {})?;
        let peers: [(Address, Address, Address); 4] = [
            (agentStore, of_store, this),
            (minerPool, of_pool, this),
            (staking, of_staking, this),
            (rewards, of_rewards, minerPool),
        ];
        for (callee, named, expected) in peers {
            if named != expected {
                return Err(WrongPeer { callee, named, expected }.into());
            }
        }
        let (next,) = ask(self.vm(), minerPool, &abi::MinerPool::nextEpochCall {})?;
        let mut books = self.books.get();
        books.next = next.try_into().map_err(|_| overflow())?;
        self.books.set(&books);
        self.agent_store.set(&agentStore);
        self.miner_pool.set(&minerPool);
        emit(self.vm(), &FeesWired { agentStore, minerPool });
        Ok(wireReturn {})
    }

    pub(crate) fn set_treasury(&mut self, setTreasuryCall { treasury }: setTreasuryCall) -> Result<setTreasuryReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        if treasury.is_zero() {
            return Err(InvalidAccount { account: treasury }.into());
        }
        let now = self.vm().block_timestamp();
        let active_at = U256::from(self.treasury.appoint(treasury, now));
        emit(self.vm(), &TreasuryAppointed { treasury, activeAt: active_at });
        Ok(setTreasuryReturn {})
    }
}
