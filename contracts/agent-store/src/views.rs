//! What anyone may ask.

use abi::{
    AgentStore::{
        allottedCall, allowanceOfCall, appCall, appFeesCall, appReturn, appsCall, bondCall, bondsCall, curatorCall,
        freeBudgetOfCall, freeBudgetOfReturn, pendingCuratorCall, pendingCuratorReturn, tokenCall,
    },
    AppFees::ownerOfCall,
};
use alloy_primitives::{Address, U256};
use common::{Revert, calls::ask};
use stylus_sdk::prelude::*;

use crate::AgentStore;

impl AgentStore {
    pub(crate) fn token(&self, _: tokenCall) -> Result<Address, Revert> {
        Ok(self.terms.get().token)
    }

    pub(crate) fn curator(&self, _: curatorCall) -> Result<Address, Revert> {
        Ok(self.curator.at(self.vm().block_timestamp()))
    }

    pub(crate) fn pending_curator(&self, _: pendingCuratorCall) -> Result<pendingCuratorReturn, Revert> {
        let (curator, active_at) = self.curator.pending(self.vm().block_timestamp()).unwrap_or_default();
        Ok(pendingCuratorReturn { curator, activeAt: U256::from(active_at) })
    }

    pub(crate) fn app_fees(&self, _: appFeesCall) -> Result<Address, Revert> {
        Ok(self.app_fees.get())
    }

    pub(crate) fn bond(&self, _: bondCall) -> Result<U256, Revert> {
        Ok(U256::from(self.holdings.get().bond))
    }

    pub(crate) fn apps(&self, _: appsCall) -> Result<U256, Revert> {
        Ok(U256::from(self.holdings.get().apps))
    }

    pub(crate) fn bonds(&self, _: bondsCall) -> Result<U256, Revert> {
        let holdings = self.holdings.get();
        Ok(U256::from(holdings.bond.saturating_mul(holdings.bonded.into())))
    }

    pub(crate) fn app(&self, appCall { appId }: appCall) -> Result<appReturn, Revert> {
        let (owner,) = ask(self.vm(), self.app_fees.get(), &ownerOfCall { appId })?;
        let offer = self.apps.getter(appId).offer.get();
        let bond = if offer.bonded { self.holdings.get().bond } else { 0 };
        Ok(appReturn { owner, pendingOwner: offer.to, bond: U256::from(bond), closed: offer.closed })
    }

    pub(crate) fn allowance_of(&self, allowanceOfCall { appId, epoch }: allowanceOfCall) -> Result<U256, Revert> {
        Ok(self.apps.getter(appId).allowance.at(epoch.saturating_to()))
    }

    pub(crate) fn free_budget_of(&self, freeBudgetOfCall { epoch }: freeBudgetOfCall) -> Result<freeBudgetOfReturn, Revert> {
        let free = self.budgets.at(epoch.saturating_to());
        Ok(freeBudgetOfReturn { budget: U256::from(free.budget), starter: U256::from(free.starter) })
    }

    pub(crate) fn allotted(&self, _: allottedCall) -> Result<U256, Revert> {
        Ok(U256::from(self.holdings.get().allotted))
    }
}
