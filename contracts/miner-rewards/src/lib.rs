//! What miners have earned and not yet taken.
//!
//! What each function does, emits and refuses is said where its words are, in [`abi::MinerRewards`]. What always holds:
//!
//! - `budgets - paid` is all that this contract owes, and it never holds less COR. Every budget came from the pool, once
//!   per closed epoch; whatever is sent here otherwise counts for nothing.
//! - What was paid by a root never exceeds its total, and its total never what the epochs up to its own were given.
//! - A miner gets, by all roots together, what the highest of its amounts says, and not a wei twice.
//! - A root becomes active only `window` after a quorum of attesters stood behind it, and only if one of the attesters of
//!   that later day still does. There is one pending place, so no two windows hide each other.
//! - The active root serves until another one is active. Nothing pauses, and no role can move what can be proved.

extern crate alloc; // The SDK's macros name it.

mod attesters;
mod budget;
mod claims;
mod construct;
mod payouts;
mod roots;
pub mod state;
mod views;
mod wire;

use alloy_primitives::{Address, U256};
use common::{Guardian, Owner, Slot};
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::state::{Active, Budgets, Member, Miner, Panel, Pending, Terms, Totals, Vote};

/// The contract's storage. A claim changes `totals` and the miner's slot and reads `terms` and `root`.
#[storage]
pub struct MinerRewards {
    terms: Slot<Terms>,
    totals: Slot<Totals>,
    root: Slot<U256>,
    active: Slot<Active>,
    active_data: Slot<U256>,
    pending_root: Slot<U256>,
    pending: Slot<Pending>,
    pending_data: Slot<U256>,
    budgets: Slot<Budgets>,
    through: StorageMap<U256, Slot<U256>>,
    miners: StorageMap<Address, Slot<Miner>>,
    payouts: StorageMap<Address, Slot<Address>>,
    offers: StorageMap<Address, Slot<Address>>,
    panel: Slot<Panel>,
    next_panel: Slot<Panel>,
    members: StorageMap<U256, Slot<Member>>,
    votes: StorageMap<U256, StorageMap<Address, Slot<Vote>>>,
    miner_pool: Slot<Address>,
    staking: Slot<Address>,
    owner: Owner,
    guardian: Guardian,
}

common::roles!(MinerRewards at ::abi::MinerRewards);

common::contract! {
    MinerRewards at ::abi::MinerRewards;
    constructor => construct;
    list claimCall => claim;
    raw claimManyCall => claim_many;
    list claimAndStakeCall => claim_and_stake;
    list voteCall => vote;
    write proposeCall => propose;
    write extendCall => extend;
    write activateCall => activate;
    list setAttestersCall => set_attesters;
    write addBudgetCall => add_budget;
    write namePayoutCall => name_payout;
    write acceptPayoutCall => accept_payout;
    write wireCall => wire;
    write transferOwnershipCall => transfer_ownership;
    write acceptOwnershipCall => accept_ownership;
    write setGuardianCall => set_guardian;
    view tokenCall => token;
    view ownerCall => owner;
    view pendingOwnerCall => pending_owner;
    view guardianCall => guardian;
    view pendingGuardianCall => pending_guardian;
    view minerPoolCall => miner_pool;
    view stakingCall => staking;
    view genesisCall => genesis;
    view epochLengthCall => epoch_length;
    view delayCall => delay;
    view windowCall => window;
    text attestersCall => attesters;
    view quorumCall => quorum;
    text pendingAttestersCall => pending_attesters;
    view votesCall => votes;
    view voteOfCall => vote_of;
    view ballotCall => ballot;
    view activeRootCall => active_root;
    view pendingRootCall => pending_root;
    view epochsCall => epochs;
    view budgetThroughCall => budget_through;
    view totalsCall => totals;
    view claimedCall => claimed;
    look claimableCall => claimable;
    view payoutOfCall => payout_of;
    view pendingPayoutCall => pending_payout;
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_answers_its_abi() {
        let differences = common::export::differences(super::MinerRewards::ROUTES, &::abi::MinerRewards::abi::contract());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
