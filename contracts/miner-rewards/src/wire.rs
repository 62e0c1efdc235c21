//! Naming the pool, once.

use abi::{
    MinerPool::minerRewardsCall,
    MinerRewards::{AlreadyWired, MinerRewardsWired, NotWiredBack, wireCall, wireReturn},
};
use alloy_primitives::{Address, B256};
use common::{Revert, SolCall, calls::static_call, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::MinerRewards;

impl MinerRewards {
    /// The pool must name this contract, so that a mistaken address is refused rather than kept for good.
    pub(crate) fn wire(&mut self, wireCall { minerPool }: wireCall) -> Result<wireReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let named = self.miner_pool.get();
        if !named.is_zero() {
            return Err(AlreadyWired { minerPool: named }.into());
        }
        let answer = static_call(self.vm(), minerPool, &minerRewardsCall::SELECTOR);
        let rewards = answer.word().filter(|_| answer.ok).map_or(Address::ZERO, |word| Address::from_word(B256::new(word)));
        if rewards != self.vm().contract_address() {
            return Err(NotWiredBack { caller: minerPool, minerRewards: rewards }.into());
        }
        self.miner_pool.set(&minerPool);
        emit(self.vm(), &MinerRewardsWired { minerPool });
        Ok(wireReturn {})
    }
}
