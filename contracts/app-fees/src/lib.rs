//! What apps pay, and how each epoch's fees are split.
//!
//! What each function does, emits and refuses is said where its words are, in [`abi::AppFees`]; the split is
//! [`economics`]'s. What always holds:
//!
//! - `owed` is all that this contract owes: escrow, exits, grants, income of unclosed epochs less builders' parts, builders'
//!   credit, the treasury's and what is to burn. It grows only by COR that arrived, falls only by COR that leaves, and the
//!   contract never holds less. What is sent here otherwise counts for nothing.
//! - A voucher only moves what is owed from its app to the income of its epoch, never beyond the app's fee cap, what it put
//!   in or was given, and what its signer of that epoch signed ([`fee_books::charge`]).
//! - What an app put in leaves only by such vouchers, or to the app's owner. No role can move it.
//! - Nothing that closing an epoch reads can change once it may be closed: vouchers, direct payments and commitments are
//!   all income of epochs that are open then.
//!
//! Every action has one order: the guard against re-entry, checks, COR in, the change, events, COR out.

extern crate alloc; // The SDK's macros name it.

mod board;
mod close;
mod construct;
mod exit;
mod inflow;
mod release;
mod settle;
mod take;

use core::ops::{Deref, DerefMut};

use fee_books::FeeBooks;
use stylus_sdk::prelude::*;

/// The contract: the books that it keeps.
#[storage]
pub struct AppFees {
    all: FeeBooks,
}

impl Deref for AppFees {
    type Target = FeeBooks;

    fn deref(&self) -> &FeeBooks {
        &self.all
    }
}

impl DerefMut for AppFees {
    fn deref_mut(&mut self) -> &mut FeeBooks {
        &mut self.all
    }
}

common::contract! {
    AppFees at ::abi::AppFees;
    constructor => construct, otherwise => ask_board;
    raw settleManyCall => settle_many;
    batch settleCall => settle;
    write topUpCall => top_up;
    write sponsorCall => sponsor;
    write commitCall => commit;
    write payCall => pay;
    write exitCall => exit;
    write claimBuilderCall => claim_builder;
    write pullTreasuryCall => pull_treasury;
    write burnCall => burn;
    write closeEpochCall => close_epoch;
    write releaseAppCall => release_app;
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_and_its_board_answer_their_abi() {
        let routes = [super::AppFees::ROUTES, fee_board::FeeBoard::ROUTES].concat();
        assert_eq!(common::export::differences(&routes, &::abi::AppFees::abi::contract()), [] as [String; 0]);
    }
}
