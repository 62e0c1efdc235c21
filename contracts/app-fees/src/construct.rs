//! Construction: every bound is checked here, once.

use abi::{
    AppFees::{
        BoardHasNoCode, DiscountOutOfBounds, GraceOutOfBounds, InvalidAccount, TreasuryAppointed, UnitPriceOutOfBounds,
        constructorCall,
    },
    Staking::{epochLengthCall, genesisCall, tokenCall},
};
use alloy_primitives::U256;
use common::{Revert, calls::ask, emit, erc20};
use economics::HOLDING_LIMIT;
use stylus_sdk::prelude::*;

use fee_books::{MOST_DISCOUNT, overflow, shares, state::Terms};

use crate::AppFees;

/// The least grace, in seconds; the greatest is an epoch.
const LEAST_GRACE: u64 = 60;

impl AppFees {
    /// The deployer is not the caller when a factory deploys, so nothing is taken from who calls. The first price, discount
    /// and split hold from epoch 0 on. Emits `OwnershipTransferred`, `GuardianAppointed` and `TreasuryAppointed`.
    pub(crate) fn construct(&mut self, call: constructorCall) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let (token,) = ask(self.vm(), call.staking, &tokenCall {})?;
        let (genesis,) = ask(self.vm(), call.staking, &genesisCall {})?;
        let (length,) = ask(self.vm(), call.staking, &epochLengthCall {})?;
        if call.grace < LEAST_GRACE || U256::from(call.grace) > length {
            let (grace, minimum) = (U256::from(call.grace), U256::from(LEAST_GRACE));
            return Err(GraceOutOfBounds { grace, minimum, maximum: length }.into());
        }
        let maximum = U256::from(HOLDING_LIMIT - 1);
        if call.unitPrice.is_zero() || call.unitPrice > maximum {
            return Err(UnitPriceOutOfBounds { unitPrice: call.unitPrice, minimum: U256::ONE, maximum }.into());
        }
        if call.discount > MOST_DISCOUNT {
            return Err(DiscountOutOfBounds { discount: call.discount, maximum: MOST_DISCOUNT }.into());
        }
        let (shares, builders) = shares(call.minersShare, call.treasuryShare, call.burnShare, call.buildersShare)?;
        if self.vm().code_size(call.board) == 0 {
            return Err(BoardHasNoCode { board: call.board }.into());
        }
        if call.treasury.is_zero() {
            return Err(InvalidAccount { account: call.treasury }.into());
        }

        // Staking checked that its clock fits 32 bits.
        let terms = Terms {
            token,
            genesis: genesis.try_into().map_err(|_| overflow())?,
            epoch_length: length.try_into().map_err(|_| overflow())?,
            grace: call.grace.try_into().map_err(|_| overflow())?,
            builders,
            paused: false,
            burnable: call.burnable,
        };
        self.terms.set(&terms);
        self.staking.set(&call.staking);
        self.board.set(&call.board);
        self.prices.set(0, call.unitPrice);
        self.discounts.set(0, call.discount);
        self.splits.set(0, shares);
        self.owner.init(call.owner)?;
        self.guardian.init(call.guardian, call.delay, now)?;
        self.treasury.init(call.treasury, call.delay)?;
        emit(self.vm(), &TreasuryAppointed { treasury: call.treasury, activeAt: U256::from(now) });
        if call.burnable {
            // Otherwise what is to burn would stay here for ever.
            erc20::burn(self.vm(), token, U256::ZERO)?;
        }
        Ok(())
    }
}
