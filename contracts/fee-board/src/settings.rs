//! Values by epoch that the owner sets, within their bounds. None of it changes an epoch that has begun.

use abi::AppFees::{
    DiscountChanged, DiscountOutOfBounds, SplitChanged, UnitPriceChanged, UnitPriceOutOfBounds, setDiscountCall,
    setDiscountReturn, setSplitCall, setSplitReturn, setUnitPriceCall, setUnitPriceReturn,
};
use alloy_primitives::U256;
use common::{Revert, emit, reentrancy::refuse_reentry};
use economics::HOLDING_LIMIT;
use stylus_sdk::prelude::*;

use fee_books::{MOST_DISCOUNT, overflow, shares};

use crate::FeeBoard;

impl FeeBoard {
    /// Vouchers sign units, so a price is known a whole epoch before it holds. The epoch before has its price for good:
    /// whatever is set now is for later ones.
    pub(crate) fn set_unit_price(
        &mut self,
        setUnitPriceCall { unitPrice }: setUnitPriceCall,
    ) -> Result<setUnitPriceReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let (_, _, running) = self.now();
        let next = u64::from(running).saturating_add(1);
        let before = self.prices.at(next);
        // Half of it, rounded up.
        let minimum = before.wrapping_add(U256::ONE).wrapping_shr(1);
        let maximum = before.wrapping_shl(1).min(U256::from(HOLDING_LIMIT - 1));
        if unitPrice < minimum || unitPrice > maximum {
            return Err(UnitPriceOutOfBounds { unitPrice, minimum, maximum }.into());
        }
        let from = next.saturating_add(1);
        if !self.prices.set(from, unitPrice) {
            return Err(overflow());
        }
        emit(self.vm(), &UnitPriceChanged { unitPrice, fromEpoch: U256::from(from) });
        Ok(setUnitPriceReturn {})
    }

    pub(crate) fn set_discount(&mut self, setDiscountCall { discount }: setDiscountCall) -> Result<setDiscountReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        if discount > MOST_DISCOUNT {
            return Err(DiscountOutOfBounds { discount, maximum: MOST_DISCOUNT }.into());
        }
        let (_, _, running) = self.now();
        let from = u64::from(running).saturating_add(1);
        if !self.discounts.set(from, discount) {
            return Err(overflow());
        }
        emit(self.vm(), &DiscountChanged { discount, fromEpoch: U256::from(from) });
        Ok(setDiscountReturn {})
    }

    pub(crate) fn set_split(&mut self, call: setSplitCall) -> Result<setSplitReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let setSplitCall { minersShare, treasuryShare, burnShare } = call;
        let (terms, _, running) = self.now();
        let (shares, _) = shares(minersShare, treasuryShare, burnShare, U256::from(terms.builders))?;
        let from = u64::from(running).saturating_add(1);
        if !self.splits.set(from, shares) {
            return Err(overflow());
        }
        emit(self.vm(), &SplitChanged { minersShare, treasuryShare, burnShare, fromEpoch: U256::from(from) });
        Ok(setSplitReturn {})
    }
}
