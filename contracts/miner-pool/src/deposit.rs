//! COR into the reserve, and the start of its emission.

use abi::{
    MinerPool::{
        AlreadyReleased, AlreadyStarted, AmountTooLarge, Deposited, EmissionStarted, EnforcedPause, NotWired,
        ReferenceSupplyBelowToken, ReserveBelowShare, ZeroAmount, depositCall, depositReturn, startEmissionCall,
        startEmissionReturn,
    },
    MinerRewards::minerPoolCall,
};
use alloy_primitives::U256;
use common::{Revert, calls::ask, emit, erc20, reentrancy::refuse_reentry, slot::detach};
use economics::{Epoch, emission::reserve_needed};
use stylus_sdk::prelude::*;

use crate::MinerPool;

impl MinerPool {
    /// There is room for no more than the reference supply, so that nothing here leaves its width.
    pub(crate) fn deposit(&mut self, depositCall { amount }: depositCall) -> Result<depositReturn, Revert> {
        refuse_reentry(self.vm())?;
        let terms = self.terms.get();
        if terms.paused {
            return Err(EnforcedPause {}.into());
        }
        self.refuse_released()?;
        if amount.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        let mut reserve = self.reserve.get();
        let held = reserve.reserve.saturating_add(reserve.deposits);
        let room = self.supply.get().reference.saturating_sub(held);
        let wei = match u128::try_from(amount) {
            Ok(wei) if wei <= room => wei,
            _ => return Err(AmountTooLarge { amount, maximum: U256::from(room) }.into()),
        };
        let (this, app_fees) = (self.vm().contract_address(), self.app_fees.get());
        let (named,) = ask(self.vm(), app_fees, &minerPoolCall {})?;
        if named != this {
            return Err(NotWired { appFees: app_fees, minerPool: named }.into());
        }

        let from = self.vm().msg_sender();
        erc20::pull(self.vm(), terms.token, from, amount)?;
        let Epoch(epoch) = terms.clock().at(self.vm().block_timestamp());
        reserve.deposits = reserve.deposits.saturating_add(wei);
        self.reserve.set(&reserve);
        let mut of_epoch = detach(self.deposits.getter(U256::from(epoch)));
        of_epoch.set(&of_epoch.get().wrapping_add(amount));
        emit(self.vm(), &Deposited { from, epoch: U256::from(epoch), amount });
        Ok(depositReturn {})
    }

    pub(crate) fn start_emission(&mut self, _: startEmissionCall) -> Result<startEmissionReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let mut course = self.course.get();
        if let Some(first) = course.first() {
            return Err(AlreadyStarted { firstEpoch: U256::from(first) }.into());
        }
        self.refuse_released()?;
        let (terms, supply, held) = (self.terms.get(), self.supply.get(), self.reserve.get());
        let (reference, total) = (U256::from(supply.reference), erc20::total_supply(self.vm(), terms.token)?);
        if reference < total {
            return Err(ReferenceSupplyBelowToken { referenceSupply: reference, totalSupply: total }.into());
        }
        let reserve = U256::from(held.reserve.saturating_add(held.deposits)).saturating_add(self.emitted_before.get());
        let needed = U256::from(reserve_needed(supply.reference));
        if reserve < needed {
            return Err(ReserveBelowShare { reserve, needed }.into());
        }
        let Epoch(first) = terms.clock().at(self.vm().block_timestamp()).next();
        course.begin(first);
        self.course.set(&course);
        emit(self.vm(), &EmissionStarted { firstEpoch: U256::from(first), reserve, needed });
        Ok(startEmissionReturn {})
    }

    /// Once the reserve is released, it can neither grow nor begin to emit.
    pub(crate) fn refuse_released(&self) -> Result<(), Revert> {
        match self.course.get().last() {
            Some(last) => Err(AlreadyReleased { lastEpoch: U256::from(last) }.into()),
            None => Ok(()),
        }
    }
}
