//! What was a closed app's goes to its owner.

use abi::AppFees::{AlreadyReleased, AppIsOpen, AppReleased, StillOpen, releaseAppCall};
use alloy_primitives::{Address, U256};
use common::{Revert, emit, erc20};
use fee_books::sum;
use stylus_sdk::prelude::*;

use crate::AppFees;

impl AppFees {
    /// Escrow and exit to whoever owns the app now; grants were never the owner's.
    pub(crate) fn release_app(&mut self, releaseAppCall { appId }: releaseAppCall) -> Result<Address, Revert> {
        self.only_agent_store()?;
        let owner = self.owner_of_app(appId)?;
        let (terms, now, running) = self.now();
        let mut app = self.apps.setter(appId);
        let (mut account, mut aside) = (app.account.get(), app.aside.get());
        if !account.closed {
            return Err(AppIsOpen { appId }.into());
        }
        if account.released {
            return Err(AlreadyReleased { appId }.into());
        }
        let until = terms.closes_at(account.closed_in.into());
        if now < until {
            return Err(StillOpen { until: U256::from(until), time: U256::from(now) }.into());
        }
        let own = sum(core::mem::take(&mut account.escrow), core::mem::take(&mut aside.exit))?;
        let grants = core::mem::take(&mut aside.grants);
        account.released = true;
        app.account.set(&account);
        app.aside.set(&aside);
        let epoch = U256::from(running);
        if grants > 0 {
            let mut granted = self.granted.setter(epoch);
            let all = sum(granted.get().saturating_to(), grants)?;
            granted.set(&U256::from(all));
        }
        self.let_go(own)?;
        let escrow = U256::from(own);
        emit(self.vm(), &AppReleased { appId, owner, escrow, grants: U256::from(grants), epoch });
        if own > 0 {
            erc20::push(self.vm(), terms.token, owner, escrow)?;
        }
        Ok(owner)
    }
}
