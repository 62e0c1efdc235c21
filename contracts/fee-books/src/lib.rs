//! The storage of app-fees: what is kept, and how it lies in its slots.
//!
//! Two modules work on it: app-fees, whose storage it is and who moves COR, and the fee-board, whose code app-fees runs on
//! it for settings, wiring and views. What both need to say of it is said here, once.

extern crate alloc; // The SDK's macros name it.

pub mod charge;
pub mod state;
pub mod tab;

use abi::AppFees::{
    AmountTooLarge, ArithmeticOverflow, NoExit, NotAgentStore, NotAppOwner, SplitOutOfBounds, UnknownAppId, ZeroAmount,
};
use alloy_primitives::{Address, U256, uint};
use common::{Guardian, Owner, Revert, Role, Slot, epochs::ByEpoch, reentrancy::refuse_reentry};
use economics::{Epoch, HOLDING_LIMIT};
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::state::{Account, Aside, Books, Cap, Own, Shares, Terms, Usage};

/// The most that is taken off a commitment's price, in basis points.
pub const MOST_DISCOUNT: U256 = uint!(5_000_U256);

/// The contract's storage. A slot holds what is read and written together: most vouchers change an app's `account` and
/// one of its usages, and read its signer and its cap.
#[storage]
pub struct FeeBooks {
    /// What holds from construction on, and the pause.
    pub terms: Slot<Terms>,
    /// What is owed in all.
    pub books: Slot<Books>,
    /// Wei that wait for the fire.
    pub to_burn: Slot<U256>,
    /// What apps paid themselves, by epoch.
    pub own: StorageMap<U256, Slot<Own>>,
    /// Wei paid from grants, by epoch.
    pub granted: StorageMap<U256, Slot<U256>>,
    /// Each app, by its id.
    pub apps: StorageMap<U256, App>,
    /// Wei of a unit.
    pub prices: ByEpoch<U256>,
    /// What is taken off a commitment's price, in basis points.
    pub discounts: ByEpoch<U256>,
    /// The shares of the fees.
    pub splits: ByEpoch<Shares>,
    /// Whom the treasury's parts are paid to.
    pub treasury: Role,
    /// Who sets, wires and appoints.
    pub owner: Owner,
    /// Who may pause.
    pub guardian: Guardian,
    /// What receives stakers' parts.
    pub staking: Slot<Address>,
    /// What opens and closes apps.
    pub agent_store: Slot<Address>,
    /// What closes epochs.
    pub miner_pool: Slot<Address>,
    /// Whose code answers what app-fees' own does not.
    pub board: Slot<Address>,
}

/// What is kept of an app.
#[storage]
pub struct App {
    /// Escrow and credit.
    pub account: Slot<Account>,
    /// Grants and exit.
    pub aside: Slot<Aside>,
    /// The usage of even epochs.
    pub even: Slot<Usage>,
    /// The usage of odd epochs.
    pub odd: Slot<Usage>,
    /// The fee cap.
    pub cap: Slot<Cap>,
    /// The fee cap of epochs before those that [`Cap`] keeps.
    pub older_cap: Slot<U256>,
    /// Who signs vouchers.
    pub signer: ByEpoch<Address>,
    /// Whose app and money it is.
    pub owner: Slot<Address>,
    /// Units bought, by epoch.
    pub commitments: StorageMap<U256, Slot<U256>>,
}

impl App {
    /// The usage that an epoch is counted in, whichever it counts now.
    pub fn usage(&self, epoch: u64) -> Usage {
        if epoch.is_multiple_of(2) { self.even.get() } else { self.odd.get() }
    }

    /// Keeps what an epoch came to, in the place of its parity.
    pub fn set_usage(&mut self, usage: &Usage) {
        if usage.epoch.is_multiple_of(2) { self.even.set(usage) } else { self.odd.set(usage) }
    }

    /// What vouchers of an open epoch, or of a later one, may spend, in wei.
    pub fn fee_cap(&self, epoch: u64) -> u128 {
        self.cap.get().at(epoch, || self.older_cap.get().saturating_to())
    }

    /// Units that were bought for an epoch.
    pub fn commitment(&self, account: &Account, epoch: u64) -> u64 {
        if epoch > account.committed_through.into() {
            return 0;
        }
        self.commitments.getter(U256::from(epoch)).get().saturating_to()
    }

    /// The latest of registration, counted voucher, commitment and direct payment.
    pub fn active_at(&self) -> u32 {
        self.aside.get().active_at.max(self.even.get().at).max(self.odd.get().at)
    }
}

impl FeeBooks {
    /// The terms, the time, and the epoch of now.
    pub fn now(&self) -> (Terms, u64, u32) {
        let (terms, now) = (self.terms.get(), self.vm().block_timestamp());
        let Epoch(epoch) = terms.clock().at(now);
        // Seconds since a 32-bit genesis, by an hour at least: 32 bits last half a million years.
        (terms, now, u32::try_from(epoch).unwrap_or(u32::MAX))
    }

    /// An app's owner; refuses apps that do not exist.
    pub fn owner_of_app(&self, app: U256) -> Result<Address, Revert> {
        let owner = self.apps.getter(app).owner.get();
        if owner.is_zero() { Err(UnknownAppId { appId: app }.into()) } else { Ok(owner) }
    }

    /// What is left of the exit, and the epoch in which it was asked for; nothing is leaving any more.
    pub fn take_exit(&mut self, app: U256) -> Result<(u128, u32), Revert> {
        let mut slots = self.apps.setter(app);
        let mut aside = slots.aside.get();
        let (amount, epoch) = (aside.exit, aside.exit_epoch);
        if amount == 0 {
            return Err(NoExit { appId: app }.into());
        }
        (aside.exit, aside.exit_epoch) = (0, 0);
        slots.aside.set(&aside);
        Ok((amount, epoch))
    }

    /// An app's owner, if that is the caller.
    pub fn only_app_owner(&self, app: U256) -> Result<Address, Revert> {
        let (owner, account) = (self.owner_of_app(app)?, self.vm().msg_sender());
        if owner == account { Ok(owner) } else { Err(NotAppOwner { appId: app, account }.into()) }
    }

    /// Refuses everybody but the wired agent-store, and re-entry.
    pub fn only_agent_store(&self) -> Result<(), Revert> {
        refuse_reentry(self.vm())?;
        let account = self.vm().msg_sender();
        if account != self.agent_store.get() || account.is_zero() {
            return Err(NotAgentStore { account }.into());
        }
        Ok(())
    }

    /// Counts an amount that is about to leave as no longer owed.
    pub fn let_go(&mut self, amount: u128) -> Result<(), Revert> {
        let mut books = self.books.get();
        books.owed = less(books.owed, amount)?;
        self.books.set(&books);
        Ok(())
    }

    /// Adds to what apps paid themselves in an epoch.
    pub fn earn(&mut self, epoch: u64, gross: u128, builders: u128) -> Result<(), Revert> {
        let mut slot = self.own.setter(U256::from(epoch));
        let own = slot.get();
        slot.set(&Own { gross: sum(own.gross, gross)?, builders: sum(own.builders, builders)? });
        Ok(())
    }
}

/// An amount that can be held: not zero, below 2^96 wei.
pub fn amount_of(amount: U256) -> Result<u128, Revert> {
    match u128::try_from(amount) {
        Ok(0) => Err(ZeroAmount {}.into()),
        Ok(amount) if amount < HOLDING_LIMIT => Ok(amount),
        _ => Err(AmountTooLarge { amount, maximum: U256::from(HOLDING_LIMIT - 1) }.into()),
    }
}

/// The sum of two amounts, if a slot can hold it. No sum of COR that exists leaves it.
pub fn sum(a: u128, b: u128) -> Result<u128, Revert> {
    a.checked_add(b).filter(|sum| *sum < HOLDING_LIMIT).ok_or_else(overflow)
}

/// What is left of an amount. What is taken was counted before.
pub fn less(a: u128, b: u128) -> Result<u128, Revert> {
    a.checked_sub(b).ok_or_else(overflow)
}

/// What a number that left its range is told as.
pub fn overflow() -> Revert {
    ArithmeticOverflow {}.into()
}

/// The shares, builders' last, if each of them and all together are within their bounds.
pub fn shares(miners: U256, treasury: U256, burn: U256, builders: U256) -> Result<(Shares, u16), Revert> {
    let points = |share: U256| match *share.as_limbs() {
        [points, 0, 0, 0] => u16::try_from(points).unwrap_or(u16::MAX),
        _ => u16::MAX,
    };
    let shares = Shares { miners: points(miners), treasury: points(treasury), burn: points(burn) };
    match shares.split(points(builders)) {
        Some(_) => Ok((shares, points(builders))),
        None => {
            Err(SplitOutOfBounds { minersShare: miners, treasuryShare: treasury, burnShare: burn, buildersShare: builders }
                .into())
        }
    }
}
