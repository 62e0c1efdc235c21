//! Closing epochs: what each one emits, and handing it over.

use abi::{
    AppFees::closeEpochCall,
    MinerPool::{ArithmeticOverflow, EpochClosed, closeCall},
    MinerRewards::addBudgetCall,
    Staking::averageStakeCall,
};
use alloy_primitives::U256;
use common::{
    Revert,
    calls::{ask, tell},
    emit, erc20,
    reentrancy::refuse_reentry,
};
use economics::{HOLDING_LIMIT, emission};
use stylus_sdk::prelude::*;

use crate::{
    MinerPool,
    state::{Closed, Reserve, Terms},
    wei,
};

impl MinerPool {
    pub(crate) fn close(&mut self, closeCall { max }: closeCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let (terms, now) = (self.terms.get(), self.vm().block_timestamp());
        let mut closed = U256::ZERO;
        while closed < max && terms.due_at(self.reserve.get().next) <= now {
            self.close_next(terms)?;
            closed = closed.wrapping_add(U256::ONE); // Below `max`.
        }
        Ok(closed)
    }

    /// Closes the oldest open epoch, which is due. Everything that is read here is fixed since it came due.
    fn close_next(&mut self, terms: Terms) -> Result<(), Revert> {
        let before = self.reserve.get();
        let epoch = U256::from(before.next);
        let miner_rewards = self.miner_rewards.get();
        let order = closeEpochCall { epoch, minerRewards: miner_rewards };
        let (fees, burned) = tell(self.vm(), self.app_fees.get(), &order)?;
        let (average_stake,) = ask(self.vm(), self.staking.get(), &averageStakeCall { epoch })?;

        let overflow = || Revert::from(ArithmeticOverflow {});
        let (fees, burned, average) = (wei(fees)?, wei(burned)?, wei(average_stake)?);
        let (formula, mut course) = (self.formula.get(), self.course.get());
        let supply = self.supply.get().less(course.burned);
        let cap = emission::cap(before.reserve, formula.decay);
        let emission = if course.emits(before.next) {
            let circulating = emission::circulating(supply, before.reserve);
            formula.taper.emission(cap, fees, circulating, average).ok_or_else(overflow)?
        } else {
            0
        };
        let deposits = if self.retirement.get().pulled { 0 } else { wei(self.deposits.getter(epoch).get())? };

        let rest = before.reserve.checked_sub(emission).ok_or_else(overflow)?;
        self.reserve.set(&Reserve {
            reserve: rest.saturating_add(deposits),
            deposits: before.deposits.checked_sub(deposits).ok_or_else(overflow)?,
            next: before.next.saturating_add(1),
        });
        course.emitted = course.emitted.saturating_add(emission);
        // More than there is cannot be burned; what leaves the slot's width would change nothing.
        course.burned = course.burned.saturating_add(burned).min(HOLDING_LIMIT - 1);
        self.course.set(&course);
        self.closed.setter(epoch).set(&Closed { emission, fees });
        emit(
            self.vm(),
            &EpochClosed {
                epoch,
                reserve: U256::from(before.reserve),
                cap: U256::from(cap),
                emission: U256::from(emission),
                fees: U256::from(fees),
                deposits: U256::from(deposits),
                averageStake: average_stake,
                supply: U256::from(supply),
                burned: U256::from(burned),
            },
        );
        if emission > 0 {
            erc20::push(self.vm(), terms.token, miner_rewards, U256::from(emission))?;
        }
        let budget = addBudgetCall { epoch, emission: U256::from(emission), fees: U256::from(fees) };
        tell(self.vm(), miner_rewards, &budget)?;
        Ok(())
    }
}
