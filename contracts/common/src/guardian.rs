//! The guardian: it can close people's inflows, and nothing else. The owner appoints it, and the appointment holds only
//! after a delay.

use abi::Common::{GuardianAppointed, NotGuardian};
use alloy_primitives::{Address, U256};
use stylus_sdk::prelude::*;

use crate::{Revert, emit, role::Role};

/// The guardian of now, the one to come, and how long a change takes.
#[storage]
pub struct Guardian {
    role: Role,
}

impl Guardian {
    /// Sets the first guardian, at once, and the delay of those after it, in seconds. Zero: only the owner pauses.
    /// Emits `GuardianAppointed`.
    pub fn init(&mut self, guardian: Address, delay: u64, now: u64) -> Result<(), Revert> {
        self.role.init(guardian, delay)?;
        emit(self.vm(), &GuardianAppointed { guardian, activeAt: U256::from(now) });
        Ok(())
    }

    /// The guardian at `now`.
    pub fn at(&self, now: u64) -> Address {
        self.role.at(now)
    }

    /// The one to come and since when it will be, if one is appointed that does not hold yet.
    pub fn pending(&self, now: u64) -> Option<(Address, u64)> {
        self.role.pending(now)
    }

    /// Seconds from an appointment until it holds.
    pub fn delay(&self) -> u64 {
        self.role.delay()
    }

    /// Appoints the guardian that holds after the delay; an appointment that does not hold yet is replaced. The contract
    /// asks for the owner first. Emits `GuardianAppointed`.
    pub fn appoint(&mut self, guardian: Address, now: u64) {
        let active_at = self.role.appoint(guardian, now);
        emit(self.vm(), &GuardianAppointed { guardian, activeAt: U256::from(active_at) });
    }

    /// Refuses everybody but the guardian at `now` and `owner`.
    pub fn only(&self, owner: Address, now: u64) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        if account == owner || account == self.at(now) { Ok(()) } else { Err(NotGuardian { account }.into()) }
    }
}
