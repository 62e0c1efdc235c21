//! The miners' reserve: 35% of COR's reference supply, paid out epoch by epoch, less the more users pay miners themselves.
//!
//! What each function does, emits and refuses is said where its words are, in [`abi::MinerPool`]; the formula is
//! [`economics::emission`]'s. What always holds:
//!
//! - `reserve + deposits` is all that this contract owes, and it never holds less COR: COR comes in by `deposit` alone and
//!   leaves by `close`, for miners, and by `pullReserve`, which leaves zero. What is sent here otherwise counts for nothing.
//! - Epochs close in order, each once, and nothing that closing one reads can change after it is due.
//! - An epoch takes at most its cap of the reserve, so all emissions together never exceed what was deposited.
//! - Before any other contract is called with COR, the books say already that it is gone.

extern crate alloc; // The SDK's macros name it.

mod close;
mod construct;
mod deposit;
mod retire;
pub mod state;
mod views;

use alloy_primitives::{Address, U256};
use common::{Guardian, Owner, Slot};
use economics::EpochClock;
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::state::{Closed, Course, Formula, Reserve, Retirement, Supply, Terms};

/// The contract's storage. Closing an epoch changes `reserve` and `course` and reads all the others but the roles.
#[storage]
pub struct MinerPool {
    terms: Slot<Terms>,
    reserve: Slot<Reserve>,
    course: Slot<Course>,
    formula: Slot<Formula>,
    supply: Slot<Supply>,
    emitted_before: Slot<U256>,
    retirement: Slot<Retirement>,
    app_fees: Slot<Address>,
    miner_rewards: Slot<Address>,
    staking: Slot<Address>,
    deposits: StorageMap<U256, Slot<U256>>,
    closed: StorageMap<U256, Slot<Closed>>,
    owner: Owner,
    guardian: Guardian,
}

common::roles!(MinerPool at ::abi::MinerPool, pausable);

common::contract! {
    MinerPool at ::abi::MinerPool;
    constructor => construct;
    write depositCall => deposit;
    write startEmissionCall => start_emission;
    write closeCall => close;
    write retireCall => retire;
    write callOffCall => call_off;
    write releaseCall => release;
    write pullReserveCall => pull_reserve;
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
    view pausedCall => paused;
    view appFeesCall => app_fees;
    view minerRewardsCall => miner_rewards;
    view stakingCall => staking;
    view genesisCall => genesis;
    view epochLengthCall => epoch_length;
    view graceCall => grace;
    view delayCall => delay;
    view referenceSupplyCall => reference_supply;
    view beforeCall => before;
    view parametersCall => parameters;
    view epochCall => epoch;
    view nextEpochCall => next_epoch;
    view dueCall => due;
    view emittingCall => emitting;
    view reserveCall => reserve;
    view depositsOfCall => deposits_of;
    view totalsCall => totals;
    view capCall => cap;
    view circulatingCall => circulating;
    view expectedEmissionCall => expected_emission;
    view closedEpochCall => closed_epoch;
    view userPaidShareCall => user_paid_share;
    view retirementCall => retirement;
}

impl MinerPool {
    /// The network's clock and the time.
    fn clock(&self) -> (EpochClock, u64) {
        (self.terms.get().clock(), self.vm().block_timestamp())
    }
}

/// Wei of a word, if they fit 128 bits. All that other contracts of ours tell does.
fn wei(amount: U256) -> Result<u128, common::Revert> {
    u128::try_from(amount).map_err(|_| abi::MinerPool::ArithmeticOverflow {}.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_answers_its_abi() {
        let differences = common::export::differences(super::MinerPool::ROUTES, &::abi::MinerPool::abi::contract());
        assert!(differences.is_empty(), "{differences:#?}");
    }
}
