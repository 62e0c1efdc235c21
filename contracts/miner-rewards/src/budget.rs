//! What miners are given: the budget of each closed epoch.

use abi::MinerRewards::{
    ArithmeticOverflow, BudgetAdded, BudgetNotPaid, EpochNotClosed, EpochOutOfOrder, NotMinerPool, addBudgetCall, addBudgetReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, erc20, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::{MinerRewards, state::Budgets};

impl MinerRewards {
    /// The COR must be here before it is counted, so that a token that moves less than it says cannot make miners' claims
    /// exceed what there is.
    pub(crate) fn add_budget(&mut self, call: addBudgetCall) -> Result<addBudgetReturn, Revert> {
        refuse_reentry(self.vm())?;
        let addBudgetCall { epoch, emission, fees } = call;
        let account = self.vm().msg_sender();
        if account != self.miner_pool.get() {
            return Err(NotMinerPool { account }.into());
        }
        let mut budgets = self.budgets.get();
        let number = match u64::try_from(epoch) {
            Ok(number) if number < u64::MAX && (budgets.next == 0 || number == budgets.next) => number,
            _ => return Err(EpochOutOfOrder { epoch, next: U256::from(budgets.next) }.into()),
        };
        let overflow = || Revert::from(ArithmeticOverflow {});
        let budget = emission.checked_add(fees).and_then(|sum| u128::try_from(sum).ok()).ok_or_else(overflow)?;
        let first = if budgets.next == 0 { number } else { budgets.first };
        let total = budgets.total.checked_add(budget).ok_or_else(overflow)?;
        budgets = Budgets { total, first, next: number.saturating_add(1) };
        let owed = U256::from(total.saturating_sub(self.totals.get().paid));
        let balance = erc20::balance_of(self.vm(), self.terms.get().token, self.vm().contract_address())?;
        if balance < owed {
            return Err(BudgetNotPaid { owed, balance }.into());
        }
        self.budgets.set(&budgets);
        self.through.setter(epoch).set(&U256::from(total));
        emit(self.vm(), &BudgetAdded { epoch, emission, fees, budgets: U256::from(total) });
        Ok(addBudgetReturn {})
    }

    /// The budgets of a closed epoch and all before it, in wei.
    pub(crate) fn budget_of_closed(&self, epoch: U256) -> Result<U256, Revert> {
        let Budgets { first, next, .. } = self.budgets.get();
        let (first, next) = (U256::from(first), U256::from(next));
        if epoch < first || epoch >= next {
            return Err(EpochNotClosed { epoch, first, next }.into());
        }
        Ok(self.through.getter(epoch).get())
    }
}
