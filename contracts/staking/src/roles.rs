//! What the owner and the guardian may do. None of it moves COR.

use abi::{
    Staking::{
        AlreadyWired, EnforcedPause, ExpectedPause, NotWiredBack, Paused, StakingWired, Unpaused, acceptOwnershipCall,
        acceptOwnershipReturn, pauseCall, pauseReturn, setGuardianCall, setGuardianReturn, transferOwnershipCall,
        transferOwnershipReturn, unpauseCall, unpauseReturn, wireCall, wireReturn,
    },
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

    pub(crate) fn transfer_ownership(&mut self, call: transferOwnershipCall) -> Result<transferOwnershipReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.offer(call.newOwner)?;
        Ok(transferOwnershipReturn {})
    }

    pub(crate) fn accept_ownership(&mut self, _: acceptOwnershipCall) -> Result<acceptOwnershipReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.accept()?;
        Ok(acceptOwnershipReturn {})
    }

    pub(crate) fn set_guardian(&mut self, setGuardianCall { guardian }: setGuardianCall) -> Result<setGuardianReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let now = self.vm().block_timestamp();
        self.guardian.appoint(guardian, now);
        Ok(setGuardianReturn {})
    }

    pub(crate) fn pause(&mut self, _: pauseCall) -> Result<pauseReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.guardian.only(self.owner.get(), self.vm().block_timestamp())?;
        let mut terms = self.terms.get();
        if terms.paused {
            return Err(EnforcedPause {}.into());
        }
        terms.paused = true;
        self.terms.set(&terms);
        emit(self.vm(), &Paused { account: self.vm().msg_sender() });
        Ok(pauseReturn {})
    }

    pub(crate) fn unpause(&mut self, _: unpauseCall) -> Result<unpauseReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let mut terms = self.terms.get();
        if !terms.paused {
            return Err(ExpectedPause {}.into());
        }
        terms.paused = false;
        self.terms.set(&terms);
        emit(self.vm(), &Unpaused { account: self.vm().msg_sender() });
        Ok(unpauseReturn {})
    }
}
