//! What anyone can read.

use ::abi::{AppFees::incomeOfCall, MinerPool::*, Staking::averageStakeCall};
use alloy_primitives::{Address, U256};
use common::{Revert, calls::ask};
use economics::{Epoch, emission};
use stylus_sdk::prelude::*;

use crate::{MinerPool, wei};

impl MinerPool {
    pub(crate) fn token(&self, _: tokenCall) -> Result<Address, Revert> {
        Ok(self.terms.get().token)
    }

    pub(crate) fn app_fees(&self, _: appFeesCall) -> Result<Address, Revert> {
        Ok(self.app_fees.get())
    }

    pub(crate) fn miner_rewards(&self, _: minerRewardsCall) -> Result<Address, Revert> {
        Ok(self.miner_rewards.get())
    }

    pub(crate) fn staking(&self, _: stakingCall) -> Result<Address, Revert> {
        Ok(self.staking.get())
    }

    pub(crate) fn genesis(&self, _: genesisCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().genesis))
    }

    pub(crate) fn epoch_length(&self, _: epochLengthCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().epoch_length))
    }

    pub(crate) fn grace(&self, _: graceCall) -> Result<U256, Revert> {
        Ok(U256::from(self.terms.get().grace))
    }

    pub(crate) fn reference_supply(&self, _: referenceSupplyCall) -> Result<U256, Revert> {
        Ok(U256::from(self.supply.get().reference))
    }

    pub(crate) fn before(&self, _: beforeCall) -> Result<beforeReturn, Revert> {
        Ok(beforeReturn { emitted: self.emitted_before.get(), burnt: U256::from(self.supply.get().burnt_before) })
    }

    pub(crate) fn parameters(&self, _: parametersCall) -> Result<parametersReturn, Revert> {
        let formula = self.formula.get();
        Ok(parametersReturn {
            decay: U256::from(formula.decay.units()),
            usageTaper: U256::from(formula.taper.usage.units()),
            stakeTaper: U256::from(formula.taper.stake.units()),
            floor: U256::from(formula.taper.floor.units()),
        })
    }

    pub(crate) fn epoch(&self, _: epochCall) -> Result<U256, Revert> {
        let (clock, now) = self.clock();
        Ok(U256::from(clock.at(now).0))
    }

    pub(crate) fn next_epoch(&self, _: nextEpochCall) -> Result<U256, Revert> {
        Ok(U256::from(self.reserve.get().next))
    }

    /// As many epochs have ended by a time as the number of the epoch it lies in.
    pub(crate) fn due(&self, _: dueCall) -> Result<U256, Revert> {
        let (clock, now) = self.clock();
        let Epoch(ended) = clock.at(now.saturating_sub(self.terms.get().grace.into()));
        Ok(U256::from(ended.saturating_sub(self.reserve.get().next)))
    }

    pub(crate) fn emitting(&self, _: emittingCall) -> Result<emittingReturn, Revert> {
        let course = self.course.get();
        let epoch = |epoch: Option<u64>| U256::from(epoch.unwrap_or(u64::MAX));
        Ok(emittingReturn { first: epoch(course.first()), last: epoch(course.last()) })
    }

    pub(crate) fn reserve(&self, _: reserveCall) -> Result<reserveReturn, Revert> {
        let held = self.reserve.get();
        Ok(reserveReturn { reserve: U256::from(held.reserve), deposits: U256::from(held.deposits) })
    }

    pub(crate) fn deposits_of(&self, depositsOfCall { epoch }: depositsOfCall) -> Result<U256, Revert> {
        let gone = epoch < U256::from(self.reserve.get().next) || self.retirement.get().pulled;
        Ok(if gone { U256::ZERO } else { self.deposits.getter(epoch).get() })
    }

    pub(crate) fn totals(&self, _: totalsCall) -> Result<totalsReturn, Revert> {
        let course = self.course.get();
        Ok(totalsReturn { emitted: U256::from(course.emitted), burned: U256::from(course.burned) })
    }

    pub(crate) fn cap(&self, _: capCall) -> Result<U256, Revert> {
        Ok(U256::from(emission::cap(self.reserve.get().reserve, self.formula.get().decay)))
    }

    pub(crate) fn circulating(&self, _: circulatingCall) -> Result<U256, Revert> {
        Ok(U256::from(self.circulating_wei()))
    }

    pub(crate) fn expected_emission(&self, expectedEmissionCall { fees }: expectedEmissionCall) -> Result<U256, Revert> {
        let (held, formula) = (self.reserve.get(), self.formula.get());
        let question = averageStakeCall { epoch: U256::from(held.next) };
        let (average,) = ask(self.vm(), self.staking.get(), &question)?;
        let cap = emission::cap(held.reserve, formula.decay);
        let emission = formula.taper.emission(cap, wei(fees)?, self.circulating_wei(), wei(average)?);
        emission.map(U256::from).ok_or_else(|| ArithmeticOverflow {}.into())
    }

    pub(crate) fn closed_epoch(&self, closedEpochCall { epoch }: closedEpochCall) -> Result<closedEpochReturn, Revert> {
        let closed = self.closed.getter(epoch).get();
        Ok(closedEpochReturn { emission: U256::from(closed.emission), fees: U256::from(closed.fees) })
    }

    pub(crate) fn user_paid_share(&self, userPaidShareCall { epoch }: userPaidShareCall) -> Result<U256, Revert> {
        let closed = self.closed.getter(epoch).get();
        let (own, granted) = ask(self.vm(), self.app_fees.get(), &incomeOfCall { epoch })?;
        let gross = wei(own.saturating_add(granted))?;
        Ok(U256::from(emission::user_paid_share(closed.fees, wei(own)?, gross, closed.emission)))
    }

    pub(crate) fn retirement(&self, _: retirementCall) -> Result<retirementReturn, Revert> {
        let retirement = self.retirement.get();
        let (opens, closes) = retirement.window().unwrap_or_default();
        Ok(retirementReturn {
            recipient: retirement.recipient,
            announcedAt: U256::from(retirement.announced_at),
            opensAt: U256::from(opens),
            closesAt: U256::from(closes),
        })
    }

    fn circulating_wei(&self) -> u128 {
        let supply = self.supply.get().less(self.course.get().burned);
        emission::circulating(supply, self.reserve.get().reserve)
    }
}
