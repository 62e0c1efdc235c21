//! What the owner and the guardian may do in every contract, and what anyone may ask about them. None of it moves COR.
//!
//! The functions are the same everywhere; the words that they answer in are each contract's own, from `abi`.

/// Answers the words of ownership and guardian, for a contract with fields `owner` and `guardian`; with `pausable`, those of
/// pausing too, for one whose `terms` have the switch `paused`. The owner appoints, hands over and unpauses; the guardian
/// or the owner pauses.
#[macro_export]
macro_rules! roles {
    ($contract:ident at $words:path $(, $pausable:ident)?) => {
        const _: () = {
            use $words::*;
            use alloy_primitives::{Address, U256};
            use stylus_sdk::prelude::*;
            use $crate::{Revert, reentrancy::refuse_reentry};

            impl $contract {
                pub(crate) fn transfer_ownership(
                    &mut self,
                    transferOwnershipCall { newOwner }: transferOwnershipCall,
                ) -> Result<transferOwnershipReturn, Revert> {
                    refuse_reentry(self.vm())?;
                    self.owner.offer(newOwner)?;
                    Ok(transferOwnershipReturn {})
                }

                pub(crate) fn accept_ownership(&mut self, _: acceptOwnershipCall) -> Result<acceptOwnershipReturn, Revert> {
                    refuse_reentry(self.vm())?;
                    self.owner.accept()?;
                    Ok(acceptOwnershipReturn {})
                }

                pub(crate) fn set_guardian(
                    &mut self,
                    setGuardianCall { guardian }: setGuardianCall,
                ) -> Result<setGuardianReturn, Revert> {
                    refuse_reentry(self.vm())?;
                    self.owner.only()?;
                    let now = self.vm().block_timestamp();
                    self.guardian.appoint(guardian, now);
                    Ok(setGuardianReturn {})
                }

                pub(crate) fn owner(&self, _: ownerCall) -> Result<Address, Revert> {
                    Ok(self.owner.get())
                }

                pub(crate) fn pending_owner(&self, _: pendingOwnerCall) -> Result<Address, Revert> {
                    Ok(self.owner.offered())
                }

                pub(crate) fn guardian(&self, _: guardianCall) -> Result<Address, Revert> {
                    Ok(self.guardian.at(self.vm().block_timestamp()))
                }

                pub(crate) fn pending_guardian(&self, _: pendingGuardianCall) -> Result<pendingGuardianReturn, Revert> {
                    let (guardian, active_at) = self.guardian.pending(self.vm().block_timestamp()).unwrap_or_default();
                    Ok(pendingGuardianReturn { guardian, activeAt: U256::from(active_at) })
                }

                pub(crate) fn delay(&self, _: delayCall) -> Result<U256, Revert> {
                    Ok(U256::from(self.guardian.delay()))
                }

                $($crate::roles!(@$pausable);)?
            }
        };
    };
    (@pausable) => {
        pub(crate) fn pause(&mut self, _: pauseCall) -> Result<pauseReturn, Revert> {
            refuse_reentry(self.vm())?;
            self.guardian.only(self.owner.get(), self.vm().block_timestamp())?;
            let mut terms = self.terms.get();
            if terms.paused {
                return Err(EnforcedPause {}.into());
            }
            terms.paused = true;
            self.terms.set(&terms);
            $crate::emit(self.vm(), &Paused { account: self.vm().msg_sender() });
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
            $crate::emit(self.vm(), &Unpaused { account: self.vm().msg_sender() });
            Ok(unpauseReturn {})
        }

        pub(crate) fn paused(&self, _: pausedCall) -> Result<bool, Revert> {
            Ok(self.terms.get().paused)
        }
    };
}
