//! Escrow that has waited long enough leaves.

use abi::AppFees::{Exited, StillOpen, exitCall};
use alloy_primitives::U256;
use common::{Revert, emit, erc20, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::AppFees;

impl AppFees {
    pub(crate) fn exit(&mut self, exitCall { appId }: exitCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let owner = self.only_app_owner(appId)?;
        let (amount, epoch) = self.take_exit(appId)?;
        let (terms, now, _) = self.now();
        let until = terms.closes_at(epoch.into());
        if now < until {
            return Err(StillOpen { until: U256::from(until), time: U256::from(now) }.into());
        }
        self.let_go(amount)?;
        let amount = U256::from(amount);
        emit(self.vm(), &Exited { appId, owner, amount });
        erc20::push(self.vm(), terms.token, owner, amount)?;
        Ok(amount)
    }
}
