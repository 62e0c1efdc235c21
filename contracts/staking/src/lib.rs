//! Stake COR, earn, leave.
//!
//! What each function does, emits and refuses is said where its words are, in [`abi::Staking`]; the arithmetic is
//! [`economics`]'s. Here is what lies between: which slots an action reads and writes, and when COR moves.
//!
//! Every action has one order: the guard against re-entry, COR in, accrual to now, the change, events, COR out. What
//! is owed is counted in storage ([`books`]) and never read from a balance. There is no call by which the owner or the
//! guardian could move a staker's COR, and none that keeps a staker from leaving.

extern crate alloc; // The SDK's macros name it.

mod averages;
pub mod books;
mod construct;
mod leave;
mod rewards;
mod stake;
pub mod state;
mod views;
mod wire;

use alloy_primitives::{Address, U256};
use common::{Guardian, Owner, Slot};
use economics::{HOLDING_LIMIT, StakeTime, average::Record};
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::state::{Leaving, Rewards, Shift, Stored, StreamedFees, Terms, Unbonding};

/// The contract's storage. A slot holds what is read and written together: staking changes `position`, `stakes` and
/// `rewards` and reads `terms`; claiming changes `position` and `rewards` and reads `stakes` and `terms`.
#[storage]
pub struct Staking {
    terms: Slot<Terms>,
    rewards: Slot<Rewards>,
    stakes: Slot<Stored<StakeTime>>,
    shift: Slot<Shift>,
    stream: Slot<StreamedFees>,
    leaving: Slot<Leaving>,
    positions: StorageMap<Address, Slot<Stored<economics::Position>>>,
    unbondings: StorageMap<Address, Slot<Unbonding>>,
    records: StorageMap<U256, Slot<Stored<Record>>>,
    app_fees: Slot<Address>,
    miner_rewards: Slot<Address>,
    owner: Owner,
    guardian: Guardian,
}

common::roles!(Staking at ::abi::Staking, pausable);

common::contract! {
    Staking at ::abi::Staking;
    constructor => construct;
    write stakeCall => stake;
    write stakeForCall => stake_for;
    write stakeWithPermitCall => stake_with_permit;
    write requestUnstakeCall => request_unstake;
    write cancelUnstakeCall => cancel_unstake;
    write withdrawCall => withdraw;
    write claimCall => claim;
    write compoundCall => compound;
    write fundCall => fund;
    write addFeesCall => add_fees;
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
    view pausedCall => paused;
    view appFeesCall => app_fees;
    view minerRewardsCall => miner_rewards;
    view genesisCall => genesis;
    view epochLengthCall => epoch_length;
    view cooldownCall => cooldown;
    view delayCall => delay;
    view startCall => start;
    view referenceSupplyCall => reference_supply;
    view positionCall => position;
    view stakeOfCall => stake_of;
    view earnedCall => earned;
    view totalsCall => totals;
    view aprCall => apr;
    view streamCall => stream;
    view epochCall => epoch;
    view averageStakeCall => average_stake;
}

/// An amount that a holding can be: not zero, below 2^96 wei.
fn amount_of(amount: U256) -> Result<u128, common::Revert> {
    use abi::Staking::{AmountTooLarge, ZeroAmount};
    match u128::try_from(amount) {
        Ok(0) => Err(ZeroAmount {}.into()),
        Ok(amount) if amount < HOLDING_LIMIT => Ok(amount),
        _ => Err(AmountTooLarge { amount, maximum: U256::from(HOLDING_LIMIT - 1) }.into()),
    }
}

/// The sum of two amounts, if a slot can hold it. No sum of COR that exists leaves it.
fn sum(a: u128, b: u128) -> Result<u128, common::Revert> {
    use abi::Staking::ArithmeticOverflow;
    a.checked_add(b).filter(|sum| *sum < HOLDING_LIMIT).ok_or_else(|| ArithmeticOverflow {}.into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_answers_its_abi() {
        assert_eq!(common::export::differences(super::Staking::ROUTES, &::abi::Staking::abi::contract()), [] as [String; 0]);
    }
}
