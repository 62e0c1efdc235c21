//! What anyone can read. Whatever grows with time is accrued to now before it is told.

use ::abi::Staking::*;
use alloy_primitives::{Address, U256};
use common::Revert;
use economics::schedule::percent_at;
use stylus_sdk::prelude::*;

use crate::{Staking, books::Books, state::Stored};

impl Staking {
    fn books_now(&self) -> Books {
        self.books(self.terms.get())
    }

    pub(crate) fn token(&self, _: tokenCall) -> Result<Address, Revert> {
        Ok(self.terms.get().token)
    }

    pub(crate) fn app_fees(&self, _: appFeesCall) -> Result<Address, Revert> {
        Ok(self.app_fees.get())
    }

    pub(crate) fn miner_rewards(&self, _: minerRewardsCall) -> Result<Address, Revert> {
        Ok(self.miner_rewards.get())
    }

    pub(crate) fn genesis(&self, _: genesisCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().genesis))
    }

    pub(crate) fn epoch_length(&self, _: epochLengthCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().epoch_length))
    }

    pub(crate) fn cooldown(&self, _: cooldownCall) -> Result<U256, Revert> {
        Ok(U256::from(self.leaving.get().cooldown))
    }

    pub(crate) fn start(&self, _: startCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().start))
    }

    pub(crate) fn reference_supply(&self, _: referenceSupplyCall) -> Result<U256, Revert> {
        Ok(U256::from(self.leaving.get().reference_supply))
    }

    pub(crate) fn position(&self, positionCall { account }: positionCall) -> Result<positionReturn, Revert> {
        let unbonding = self.unbondings.getter(account).get();
        let stake = self.stake_of(stakeOfCall { account })?;
        let rewards = self.earned(earnedCall { account })?;
        let (amount, ready_at) = (U256::from(unbonding.amount), U256::from(unbonding.ready_at));
        Ok(positionReturn { stake, unbonding: amount, readyAt: ready_at, rewards })
    }

    pub(crate) fn stake_of(&self, stakeOfCall { account }: stakeOfCall) -> Result<U256, Revert> {
        let Stored(position) = self.positions.getter(account).get();
        Ok(U256::from(position.stake))
    }

    pub(crate) fn earned(&self, earnedCall { account }: earnedCall) -> Result<U256, Revert> {
        let Stored(position) = self.positions.getter(account).get();
        let books = self.books_now();
        Ok(U256::from(position.earned(books.index()).min(books.rewards.owed)))
    }

    pub(crate) fn totals(&self, _: totalsCall) -> Result<totalsReturn, Revert> {
        let books = self.books_now();
        Ok(totalsReturn {
            staked: U256::from(books.stakes.stake),
            unbonding: U256::from(self.leaving.get().unbonding),
            rewards: U256::from(books.rewards.owed),
            budget: U256::from(books.rewards.incentives.budget),
            streaming: U256::from(books.fees.stream.left()),
        })
    }

    pub(crate) fn apr(&self, _: aprCall) -> Result<U256, Revert> {
        let elapsed = self.vm().block_timestamp().saturating_sub(self.terms.get().start.into());
        Ok(U256::from(percent_at(elapsed)))
    }

    pub(crate) fn stream(&self, _: streamCall) -> Result<streamReturn, Revert> {
        let stream = self.books_now().fees.stream;
        Ok(streamReturn { left: U256::from(stream.left()), remaining: U256::from(stream.remaining()) })
    }

    pub(crate) fn epoch(&self, _: epochCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().clock().at(self.vm().block_timestamp()).0))
    }
}
