//! A role that changes hands only after a delay, so that a change is visible before it counts.

use abi::Common::DelayTooShort;
use alloy_primitives::{Address, U256};
use stylus_sdk::prelude::*;

use crate::{Revert, Slot, layout};

/// The least delay of a role, in seconds.
pub const MIN_DELAY: u64 = 60;

/// Who holds a role now, who will, and how long a change takes.
#[storage]
pub struct Role {
    current: Slot<Appointment>,
    next: Slot<Appointment>,
}

/// An account with a time beside it: since when it holds the role, or (of the current one) the delay of the next.
#[derive(Clone, Copy, Default)]
struct Appointment {
    account: Address,
    seconds: u64,
}

layout!(Appointment { account: 0..20, seconds: 20..28 });

impl Role {
    /// Sets the first holder, at once, and the delay of those after it, in seconds.
    pub fn init(&mut self, account: Address, delay: u64) -> Result<(), Revert> {
        if delay < MIN_DELAY {
            return Err(DelayTooShort { delay: U256::from(delay), minimum: U256::from(MIN_DELAY) }.into());
        }
        self.current.set(&Appointment { account, seconds: delay });
        Ok(())
    }

    /// The holder at `now`.
    pub fn at(&self, now: u64) -> Address {
        let next = self.next.get();
        if next.seconds != 0 && next.seconds <= now { next.account } else { self.current.get().account }
    }

    /// The one to come and since when it will be, if one is appointed that does not hold yet.
    pub fn pending(&self, now: u64) -> Option<(Address, u64)> {
        let next = self.next.get();
        (next.seconds > now).then_some((next.account, next.seconds))
    }

    /// Seconds from an appointment until it holds.
    pub fn delay(&self) -> u64 {
        self.current.get().seconds
    }

    /// Appoints who holds the role after the delay, and says from when; an appointment that does not hold yet is replaced.
    /// The contract asks for the owner first, and tells of it.
    pub fn appoint(&mut self, account: Address, now: u64) -> u64 {
        let delay = self.delay();
        self.current.set(&Appointment { account: self.at(now), seconds: delay });
        let active_at = now.saturating_add(delay);
        self.next.set(&Appointment { account, seconds: active_at });
        active_at
    }
}
