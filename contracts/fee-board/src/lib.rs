//! The board of app-fees: what is set there and what is shown. App-fees runs this code on its own storage, for the two
//! together are more than one module may be; called directly, it finds nothing but zeros, and owns and holds nothing.
//!
//! No function here moves COR, and none changes an epoch that has begun.

extern crate alloc; // The SDK's macros name it.

mod apps;
mod exit;
mod names;
mod preview;
mod settings;
mod views;

use core::ops::{Deref, DerefMut};

use fee_books::FeeBooks;
use stylus_sdk::prelude::*;

/// The books of whoever runs this code.
#[storage]
pub struct FeeBoard {
    all: FeeBooks,
}

impl Deref for FeeBoard {
    type Target = FeeBooks;

    fn deref(&self) -> &FeeBooks {
        &self.all
    }
}

impl DerefMut for FeeBoard {
    fn deref_mut(&mut self) -> &mut FeeBooks {
        &mut self.all
    }
}

common::roles!(FeeBoard at ::abi::AppFees, pausable);

common::contract! {
    FeeBoard at ::abi::AppFees;
    constructor;
    text previewCall => preview;
    write requestExitCall => request_exit;
    write cancelExitCall => cancel_exit;
    write openAppCall => open_app;
    write setAppOwnerCall => set_app_owner;
    write setAppSignerCall => set_app_signer;
    write setAppFeeCapCall => set_app_fee_cap;
    write closeAppCall => close_app;
    write setUnitPriceCall => set_unit_price;
    write setDiscountCall => set_discount;
    write setSplitCall => set_split;
    write setTreasuryCall => set_treasury;
    write wireCall => wire;
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
    view treasuryCall => treasury;
    view pendingTreasuryCall => pending_treasury;
    view pausedCall => paused;
    view stakingCall => staking;
    view agentStoreCall => agent_store;
    view minerPoolCall => miner_pool;
    view genesisCall => genesis;
    view epochLengthCall => epoch_length;
    view graceCall => grace;
    view delayCall => delay;
    view burnableCall => burnable;
    view DOMAIN_SEPARATORCall => domain_separator;
    view epochCall => epoch;
    view nextEpochCall => next_epoch;
    view unitPriceOfCall => unit_price_of;
    view discountOfCall => discount_of;
    view splitOfCall => split_of;
    view incomeOfCall => income_of;
    view buildersPartOfCall => builders_part_of;
    view totalsCall => totals;
    view ownerOfCall => owner_of;
    view signerOfCall => signer_of;
    view feeCapOfCall => fee_cap_of;
    view commitmentOfCall => commitment_of;
    view usageOfCall => usage_of;
    view accountOfCall => account_of;
    view lifeOfCall => life_of;
    view boardCall => board;
}
