//! Free allowances, within one budget of the network.

use abi::AgentStore::{
    Allotted, AppIsClosed, FreeBudgetChanged, FreeBudgetOutOfBounds, NoFreeRoom, NotCurator, StarterOutOfBounds, UnknownAppId,
    allotCall, allotReturn, setFreeBudgetCall, setFreeBudgetReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::{AgentStore, overflow, state::FreeBudget};

impl AgentStore {
    pub(crate) fn allot(&mut self, allotCall { appId, units }: allotCall) -> Result<allotReturn, Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        if !self.is_curator(account) {
            return Err(NotCurator { account }.into());
        }
        if appId.is_zero() || appId > U256::from(self.holdings.get().apps) {
            return Err(UnknownAppId { appId }.into());
        }
        if self.apps.getter(appId).offer.get().closed {
            return Err(AppIsClosed { appId }.into());
        }
        self.set_allowance(appId, units)?;
        Ok(allotReturn {})
    }

    /// What is allotted is measured by what will hold from the next epoch on, as the budget is.
    pub(crate) fn set_free_budget(&mut self, call: setFreeBudgetCall) -> Result<setFreeBudgetReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let setFreeBudgetCall { budget, starter } = call;
        let from = self.next_epoch();
        let set = self::budget(budget, starter, self.holdings.get().allotted)?;
        if !self.budgets.set(from, set) {
            return Err(overflow());
        }
        emit(self.vm(), &FreeBudgetChanged { budget, starter, fromEpoch: U256::from(from) });
        Ok(setFreeBudgetReturn {})
    }

    /// What a new app gets: the starter allowance, as far as there is room.
    pub(crate) fn start(&mut self, app: U256) -> Result<(), Revert> {
        let FreeBudget { budget, starter } = self.budgets.last().value;
        let room = budget.saturating_sub(self.holdings.get().allotted);
        self.set_allowance(app, U256::from(starter.min(room)))
    }

    /// Sets an app's allowance from the next epoch on. Emits `Allotted`.
    pub(crate) fn set_allowance(&mut self, app: U256, units: U256) -> Result<(), Revert> {
        let mut holdings = self.holdings.get();
        let before: u64 = self.apps.getter(app).allowance.last().value.saturating_to();
        let others = holdings.allotted.saturating_sub(before);
        let room = self.budgets.last().value.budget.saturating_sub(others);
        let wanted = u64::try_from(units).ok().filter(|wanted| *wanted <= room);
        let wanted = wanted.ok_or_else(|| Revert::from(NoFreeRoom { units, room: U256::from(room) }))?;
        holdings.allotted = others.saturating_add(wanted);
        let from = self.next_epoch();
        if wanted != before && !self.apps.setter(app).allowance.set(from, units) {
            return Err(overflow());
        }
        self.holdings.set(&holdings);
        let allotted = U256::from(holdings.allotted);
        emit(self.vm(), &Allotted { appId: app, units, fromEpoch: U256::from(from), allotted });
        Ok(())
    }
}

/// A budget within its bounds: at least what is allotted, its starter at most a hundredth of it.
pub(crate) fn budget(budget: U256, starter: U256, allotted: u64) -> Result<FreeBudget, Revert> {
    let (minimum, maximum) = (U256::from(allotted), U256::from(u64::MAX));
    if budget < minimum || budget > maximum {
        return Err(FreeBudgetOutOfBounds { budget, minimum, maximum }.into());
    }
    let budget: u64 = budget.saturating_to();
    let most = budget.checked_div(100).unwrap_or(0);
    if starter > U256::from(most) {
        return Err(StarterOutOfBounds { starter, maximum: U256::from(most) }.into());
    }
    Ok(FreeBudget { budget, starter: starter.saturating_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_bounds() {
        let units = U256::from::<u64>;
        assert_eq!(budget(units(1_000), units(10), 1_000).ok(), Some(FreeBudget { budget: 1_000, starter: 10 }));
        assert!(budget(units(1_000), units(11), 0).is_err());
        assert!(budget(units(999), units(0), 1_000).is_err());
        assert!(budget(U256::from(u64::MAX) + U256::ONE, units(0), 0).is_err());
        assert!(budget(units(99), units(1), 0).is_err() && budget(units(0), units(0), 0).is_ok());
    }
}
