//! Moving the reserve on, for a fault must not strand it: announced for 90 days, and never what miners earned.

use abi::MinerPool::{
    InvalidRecipient, NotAnnounced, NotReleased, NothingToPull, OutsideWindow, Released, ReservePulled, RetirementAnnounced,
    RetirementCalledOff, StillEmitting, callOffCall, callOffReturn, pullReserveCall, releaseCall, releaseReturn, retireCall,
    retireReturn, tokenCall,
};
use alloy_primitives::{Address, B256, U256};
use common::{Revert, SolCall, calls::static_call, emit, erc20, reentrancy::refuse_reentry};
use economics::Epoch;
use stylus_sdk::prelude::*;

use crate::{
    MinerPool,
    state::{Reserve, Retirement},
};

impl MinerPool {
    pub(crate) fn retire(&mut self, retireCall { recipient }: retireCall) -> Result<retireReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        self.refuse_released()?;
        self.refuse_keeper(recipient)?;
        let announced = Retirement { recipient, announced_at: self.vm().block_timestamp(), pulled: false };
        self.retirement.set(&announced);
        let (opens, closes) = announced.window().unwrap_or_default();
        emit(self.vm(), &RetirementAnnounced { recipient, opensAt: U256::from(opens), closesAt: U256::from(closes) });
        Ok(retireReturn {})
    }

    pub(crate) fn call_off(&mut self, _: callOffCall) -> Result<callOffReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        self.refuse_released()?;
        let Retirement { recipient, announced_at, .. } = self.retirement.get();
        if announced_at == 0 {
            return Err(NotAnnounced {}.into());
        }
        self.retirement.set(&Retirement::default());
        emit(self.vm(), &RetirementCalledOff { recipient });
        Ok(callOffReturn {})
    }

    pub(crate) fn release(&mut self, _: releaseCall) -> Result<releaseReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        self.refuse_released()?;
        let retirement = self.retirement.get();
        let (opens, closes) = retirement.window().ok_or_else(|| Revert::from(NotAnnounced {}))?;
        let (clock, now) = self.clock();
        if now < opens || now >= closes {
            return Err(OutsideWindow { opensAt: U256::from(opens), closesAt: U256::from(closes), time: U256::from(now) }.into());
        }
        let Epoch(last) = clock.at(now);
        let mut course = self.course.get();
        course.end(last);
        self.course.set(&course);
        emit(self.vm(), &Released { recipient: retirement.recipient, lastEpoch: U256::from(last) });
        Ok(releaseReturn {})
    }

    /// Once the last epoch is closed, every deposit has joined the reserve. If closing is broken, what the unclosed epochs
    /// were to add goes with it, and none of them adds it any more.
    pub(crate) fn pull_reserve(&mut self, _: pullReserveCall) -> Result<U256, Revert> {
        refuse_reentry(self.vm())?;
        let last = self.course.get().last().ok_or_else(|| Revert::from(NotReleased {}))?;
        let (terms, held, now) = (self.terms.get(), self.reserve.get(), self.vm().block_timestamp());
        let without = terms.due_at(last).saturating_add(Retirement::PATIENCE);
        if held.next <= last && now < without {
            return Err(StillEmitting { lastEpoch: U256::from(last), time: U256::from(without) }.into());
        }
        let amount = U256::from(held.reserve.saturating_add(held.deposits));
        if amount.is_zero() {
            return Err(NothingToPull {}.into());
        }
        let mut retirement = self.retirement.get();
        retirement.pulled = true;
        self.retirement.set(&retirement);
        self.reserve.set(&Reserve { next: held.next, ..Reserve::default() });
        let recipient = retirement.recipient;
        emit(self.vm(), &ReservePulled { recipient, amount, nextEpoch: U256::from(held.next) });
        erc20::push(self.vm(), terms.token, recipient, amount)?;
        Ok(amount)
    }

    /// A plain transfer to a pool is no deposit: what keeps COR by its own books, as all contracts of ours do, would never
    /// let it go again. They answer `token()` with it; an account, a Safe or a timelock does not.
    fn refuse_keeper(&self, recipient: Address) -> Result<(), Revert> {
        let token = self.terms.get().token;
        let answer = static_call(self.vm(), recipient, &tokenCall::SELECTOR);
        let keeps = answer.ok && answer.word().is_some_and(|word| Address::from_word(B256::new(word)) == token);
        if keeps || recipient.is_zero() || recipient == token || recipient == self.vm().contract_address() {
            return Err(InvalidRecipient { recipient }.into());
        }
        Ok(())
    }
}
