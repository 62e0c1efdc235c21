//! What the owner and the guardian may do beside the reserve. None of it moves COR.

use abi::MinerPool::{
    EnforcedPause, ExpectedPause, Paused, Unpaused, acceptOwnershipCall, acceptOwnershipReturn, pauseCall, pauseReturn,
    setGuardianCall, setGuardianReturn, transferOwnershipCall, transferOwnershipReturn, unpauseCall, unpauseReturn,
};
use common::{Revert, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::MinerPool;

impl MinerPool {
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
