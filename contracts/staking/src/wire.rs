//! The owner names, once, the contracts that call this one. Other roles are as everywhere: [`common::roles!`].

use abi::{
    Staking::{AlreadyWired, NotWiredBack, StakingWired, wireCall, wireReturn},
    Wired,
};
use alloy_primitives::{Address, B256};
use common::{Revert, SolCall, calls::static_call, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::Staking;

impl Staking {
    /// Both must name this contract, so that a mistaken address is refused rather than kept for good.
    pub(crate) fn wire(&mut self, wireCall { appFees, minerRewards }: wireCall) -> Result<wireReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let named = self.app_fees.get();
        if !named.is_zero() {
            return Err(AlreadyWired { appFees: named, minerRewards: self.miner_rewards.get() }.into());
        }
        let this = self.vm().contract_address();
        for caller in [appFees, minerRewards] {
            let answer = static_call(self.vm(), caller, &Wired::stakingCall::SELECTOR);
            let staking = answer.word().filter(|_| answer.ok).map_or(Address::ZERO, |word| Address::from_word(B256::new(word)));
            if staking != this {
                return Err(NotWiredBack { caller, staking }.into());
            }
        }
        self.app_fees.set(&appFees);
        self.miner_rewards.set(&minerRewards);
        emit(self.vm(), &StakingWired { appFees, minerRewards });
        Ok(wireReturn {})
    }
}
