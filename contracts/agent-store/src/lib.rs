//! Where apps are registered: who owns them, their bond, what they say of themselves, what they may use for free.
//!
//! What each function does, emits and refuses is said where its words are, in [`abi::AgentStore`]. An app's money and
//! terms lie with app-fees, which this contract tells who owns the app and what its owner asked for. What always holds:
//!
//! - `bonds` is all that this contract owes: one bond for each app whose bond was not returned. A bond leaves only to the
//!   owner of its closed app.
//! - All allowances together are at most the free budget, in every epoch: both change from the next epoch on, and are
//!   checked against each other as they will be then.

extern crate alloc; // The SDK's macros name it.

mod apps;
mod construct;
mod curator;
mod describe;
mod free;
pub mod state;
mod views;

use abi::AgentStore::ArithmeticOverflow;
use alloy_primitives::{Address, U256};
use common::{Guardian, Owner, Revert, Role, Slot, epochs::ByEpoch};
use economics::Epoch;
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::state::{FreeBudget, Holdings, Offer, Terms};

/// The contract's storage.
#[storage]
pub struct AgentStore {
    terms: Slot<Terms>,
    holdings: Slot<Holdings>,
    app_fees: Slot<Address>,
    apps: StorageMap<U256, App>,
    budgets: ByEpoch<FreeBudget>,
    curator: Role,
    owner: Owner,
    guardian: Guardian,
}

/// What is kept of an app.
#[storage]
pub struct App {
    offer: Slot<Offer>,
    allowance: ByEpoch<U256>,
}

common::roles!(AgentStore at ::abi::AgentStore, pausable);

common::contract! {
    AgentStore at ::abi::AgentStore;
    constructor => construct;
    list registerCall => register;
    list updateCall => update;
    write setSignerCall => set_signer;
    write setFeeCapCall => set_fee_cap;
    write transferAppCall => transfer_app;
    write acceptAppCall => accept_app;
    write closeAppCall => close_app;
    write returnBondCall => return_bond;
    write allotCall => allot;
    write setFreeBudgetCall => set_free_budget;
    write setCuratorCall => set_curator;
    write transferOwnershipCall => transfer_ownership;
    write acceptOwnershipCall => accept_ownership;
    write setGuardianCall => set_guardian;
    write pauseCall => pause;
    write unpauseCall => unpause;
    view tokenCall => token;
    view ownerCall => owner;
    view pendingOwnerCall => pending_owner;
    view guardianCall => guardian;
    view pendingGuardianCall => pending_guardian;
    view curatorCall => curator;
    view pendingCuratorCall => pending_curator;
    view pausedCall => paused;
    view appFeesCall => app_fees;
    view delayCall => delay;
    view bondCall => bond;
    view appsCall => apps;
    view bondsCall => bonds;
    view appCall => app;
    view allowanceOfCall => allowance_of;
    view freeBudgetOfCall => free_budget_of;
    view allottedCall => allotted;
}

impl AgentStore {
    /// The epoch from which on a change made now holds.
    fn next_epoch(&self) -> u64 {
        let Epoch(epoch) = self.terms.get().clock().at(self.vm().block_timestamp()).next();
        epoch
    }
}

fn overflow() -> Revert {
    ArithmeticOverflow {}.into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_answers_its_abi() {
        assert_eq!(
            common::export::differences(super::AgentStore::ROUTES, &::abi::AgentStore::abi::contract()),
            [] as [String; 0]
        );
    }
}
