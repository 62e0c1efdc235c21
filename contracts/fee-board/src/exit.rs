//! Escrow on its way out. It waits until every voucher that could have been signed before is counted or late.

use abi::AppFees::{
    ExitCancelled, ExitPending, ExitRequested, InsufficientEscrow, cancelExitCall, requestExitCall, requestExitReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, reentrancy::refuse_reentry};
use fee_books::{amount_of, sum};
use stylus_sdk::prelude::*;

use crate::FeeBoard;

impl FeeBoard {
    pub(crate) fn request_exit(&mut self, call: requestExitCall) -> Result<requestExitReturn, Revert> {
        refuse_reentry(self.vm())?;
        let requestExitCall { appId, amount } = call;
        self.only_app_owner(appId)?;
        let wei = amount_of(amount)?;
        let (terms, _, running) = self.now();
        let mut app = self.apps.setter(appId);
        let (mut account, mut aside) = (app.account.get(), app.aside.get());
        if aside.exit > 0 {
            let exit_at = U256::from(terms.closes_at(aside.exit_epoch.into()));
            return Err(ExitPending { amount: U256::from(aside.exit), exitAt: exit_at }.into());
        }
        let escrow = account.escrow;
        account.escrow = escrow
            .checked_sub(wei)
            .ok_or_else(|| Revert::from(InsufficientEscrow { asked: amount, escrow: U256::from(escrow) }))?;
        account.aside = true;
        (aside.exit, aside.exit_epoch) = (wei, running);
        app.account.set(&account);
        app.aside.set(&aside);
        let exit_at = U256::from(terms.closes_at(running.into()));
        emit(self.vm(), &ExitRequested { appId, amount, exitAt: exit_at });
        Ok(requestExitReturn {})
    }

    pub(crate) fn cancel_exit(&mut self, cancelExitCall { appId }: cancelExitCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        self.only_app_owner(appId)?;
        let (amount, _) = self.take_exit(appId)?;
        let mut app = self.apps.setter(appId);
        let mut account = app.account.get();
        account.escrow = sum(account.escrow, amount)?;
        app.account.set(&account);
        let amount = U256::from(amount);
        emit(self.vm(), &ExitCancelled { appId, amount });
        Ok(amount)
    }
}
