//! Two-step ownership: offered, then accepted, so that it never goes to an address that cannot act.

use abi::Common::{OwnableInvalidOwner, OwnableUnauthorizedAccount, OwnershipTransferStarted, OwnershipTransferred};
use alloy_primitives::Address;
use stylus_sdk::prelude::*;

use crate::{Revert, Slot, emit};

/// The owner, and whom the ownership is offered to. There is no way to renounce: a contract without an owner cannot be
/// paused or wired, and an owner that wants out hands over to a contract that does nothing.
#[storage]
pub struct Owner {
    owner: Slot<Address>,
    offered: Slot<Address>,
}

impl Owner {
    /// Sets the first owner. Emits `OwnershipTransferred` from zero.
    pub fn init(&mut self, owner: Address) -> Result<(), Revert> {
        if owner.is_zero() {
            return Err(OwnableInvalidOwner { owner }.into());
        }
        self.replace(owner);
        Ok(())
    }

    /// The owner.
    pub fn get(&self) -> Address {
        self.owner.get()
    }

    /// Whom the ownership is offered to, or zero.
    pub fn offered(&self) -> Address {
        self.offered.get()
    }

    /// Refuses everybody but the owner.
    pub fn only(&self) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        if account == self.get() { Ok(()) } else { Err(OwnableUnauthorizedAccount { account }.into()) }
    }

    /// Offers the ownership; a later offer replaces this one, and zero takes it back. The owner only. Emits `OwnershipTransferStarted`.
    pub fn offer(&mut self, to: Address) -> Result<(), Revert> {
        self.only()?;
        self.offered.set(&to);
        emit(self.vm(), &OwnershipTransferStarted { previousOwner: self.get(), newOwner: to });
        Ok(())
    }

    /// Takes what was offered to the caller. Emits `OwnershipTransferred`.
    pub fn accept(&mut self) -> Result<(), Revert> {
        let account = self.vm().msg_sender();
        if account != self.offered() {
            return Err(OwnableUnauthorizedAccount { account }.into());
        }
        self.offered.set(&Address::ZERO);
        self.replace(account);
        Ok(())
    }

    fn replace(&mut self, owner: Address) {
        let previous = self.get();
        self.owner.set(&owner);
        emit(self.vm(), &OwnershipTransferred { previousOwner: previous, newOwner: owner });
    }
}
