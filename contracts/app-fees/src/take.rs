//! What was split off and waits: builders' credit, the treasury's parts, what is to burn. Anyone may set it in motion.

use abi::{
    AppFees::{BuilderClaimed, Burned, NothingToTake, TreasuryPulled, burnCall, claimBuilderCall, pullTreasuryCall},
    Staking::stakeForCall,
};
use alloy_primitives::{Address, U256, address};
use common::{Revert, calls::tell, emit, erc20, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::AppFees;

/// Where a token that cannot burn is sent.
const FIRE: Address = address!("0x000000000000000000000000000000000000dEaD");

impl AppFees {
    /// As stake, never as coins: who builds becomes a staker. It waits while it is less than a new position may be.
    pub(crate) fn claim_builder(&mut self, claimBuilderCall { appId }: claimBuilderCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let owner = self.owner_of_app(appId)?;
        let mut app = self.apps.setter(appId);
        let mut account = app.account.get();
        let credit = core::mem::take(&mut account.credit);
        app.account.set(&account);
        self.let_go(some(credit)?)?;
        let amount = U256::from(credit);
        emit(self.vm(), &BuilderClaimed { appId, owner, amount });
        let staking = self.staking.get();
        erc20::approve(self.vm(), self.terms.get().token, staking, amount)?;
        tell(self.vm(), staking, &stakeForCall { account: owner, amount })?;
        Ok(amount)
    }

    pub(crate) fn pull_treasury(&mut self, _: pullTreasuryCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let mut books = self.books.get();
        let amount = core::mem::take(&mut books.treasury);
        self.books.set(&books);
        self.let_go(some(amount)?)?;
        let (amount, treasury) = (U256::from(amount), self.treasury.at(self.vm().block_timestamp()));
        emit(self.vm(), &TreasuryPulled { treasury, amount });
        erc20::push(self.vm(), self.terms.get().token, treasury, amount)?;
        Ok(amount)
    }

    pub(crate) fn burn(&mut self, _: burnCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let amount = self.to_burn.get();
        self.to_burn.set(&U256::ZERO);
        self.let_go(some(amount.saturating_to())?)?;
        emit(self.vm(), &Burned { amount });
        let terms = self.terms.get();
        if terms.burnable {
            erc20::burn(self.vm(), terms.token, amount)?;
        } else {
            erc20::push(self.vm(), terms.token, FIRE, amount)?;
        }
        Ok(amount)
    }
}

/// Refuses to move nothing.
fn some(amount: u128) -> Result<u128, Revert> {
    if amount == 0 { Err(NothingToTake {}.into()) } else { Ok(amount) }
}
