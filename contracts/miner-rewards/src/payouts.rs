//! Where a miner is paid: at the address that it mines by, which lies on a machine, or at one that is kept better.

use abi::MinerRewards::{
    NotPayout, PayoutAccepted, PayoutNamed, PayoutNotNamed, acceptPayoutCall, acceptPayoutReturn, namePayoutCall,
    namePayoutReturn,
};
use alloy_primitives::Address;
use common::{Revert, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::{MinerRewards, state::Miner};

impl MinerRewards {
    /// Once there is a payout address the miner's own key, which may have leaked, changes nothing any more.
    pub(crate) fn name_payout(&mut self, namePayoutCall { miner, payout }: namePayoutCall) -> Result<namePayoutReturn, Revert> {
        refuse_reentry(self.vm())?;
        let (account, current) = (self.vm().msg_sender(), self.payout(miner));
        if account != current {
            return Err(NotPayout { account, payout: current }.into());
        }
        self.offers.setter(miner).set(&payout);
        emit(self.vm(), &PayoutNamed { miner, payout });
        Ok(namePayoutReturn {})
    }

    pub(crate) fn accept_payout(&mut self, acceptPayoutCall { miner }: acceptPayoutCall) -> Result<acceptPayoutReturn, Revert> {
        refuse_reentry(self.vm())?;
        let (account, named) = (self.vm().msg_sender(), self.offers.getter(miner).get());
        if account != named || named.is_zero() {
            return Err(PayoutNotNamed { account, named }.into());
        }
        self.offers.setter(miner).set(&Address::ZERO);
        self.payouts.setter(miner).set(&account);
        let claimed = self.miners.getter(miner).get().claimed;
        self.miners.setter(miner).set(&Miner { claimed, elsewhere: account != miner });
        emit(self.vm(), &PayoutAccepted { miner, payout: account });
        Ok(acceptPayoutReturn {})
    }

    /// Where a miner is paid now.
    pub(crate) fn payout(&self, miner: Address) -> Address {
        if self.miners.getter(miner).get().elsewhere { self.payouts.getter(miner).get() } else { miner }
    }
}
