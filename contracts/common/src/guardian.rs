//! The guardian: it can close people's inflows, and nothing else. The owner appoints it, and the appointment holds only
//! after a delay, so that a change of roles is visible before it counts.

use abi::Common::{DelayTooShort, GuardianAppointed, NotGuardian};
use alloy_primitives::{Address, U256};
use stylus_sdk::prelude::*;

use crate::{Revert, Slot, Word, emit, slot};

/// The least delay of a role, in seconds.
pub const MIN_DELAY: u64 = 60;

/// The guardian of now, the one to come, and how long a change takes.
#[storage]
pub struct Guardian {
    current: Slot<Appointment>,
    next: Slot<Appointment>,
}

/// An account with a time beside it: since when it holds the role, or (of the current one) the delay of the next.
#[derive(Clone, Copy, Default)]
struct Appointment {
    account: Address,
    seconds: u64,
}

impl Word for Appointment {
    fn unpack(word: &[u8; 32]) -> Self {
        Self { account: slot::read_address::<0>(word), seconds: slot::read::<20, 8>(word) as u64 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        slot::write_address::<0>(&mut word, self.account);
        slot::write::<20, 8>(&mut word, self.seconds.into());
        word
    }
}

impl Guardian {
    /// Sets the first guardian, at once, and the delay of those after it, in seconds. Zero: only the owner pauses.
    /// Emits `GuardianAppointed`.
    pub fn init(&mut self, guardian: Address, delay: u64, now: u64) -> Result<(), Revert> {
        if delay < MIN_DELAY {
            return Err(DelayTooShort { delay: U256::from(delay), minimum: U256::from(MIN_DELAY) }.into());
        }
        self.current.set(&Appointment { account: guardian, seconds: delay });
        emit(self.vm(), &GuardianAppointed { guardian, activeAt: U256::from(now) });
        Ok(())
    }

    /// The guardian at `now`.
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

    /// Appoints the guardian that holds after the delay; an appointment that does not hold yet is replaced. The contract
    /// asks for the owner first. Emits `GuardianAppointed`.
    pub fn appoint(&mut self, guardian: Address, now: u64) {
        let delay = self.delay();
        self.current.set(&Appointment { account: self.at(now), seconds: delay });
        let active_at = now.saturating_add(delay);
        self.next.set(&Appointment { account: guardian, seconds: active_at });
        emit(self.vm(), &GuardianAppointed { guardian, activeAt: U256::from(active_at) });
    }

    /// Refuses everybody but the guardian at `now` and `owner`.
    pub fn only(&self, owner: Address, now: u64) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        if account == owner || account == self.at(now) { Ok(()) } else { Err(NotGuardian { account }.into()) }
    }
}
