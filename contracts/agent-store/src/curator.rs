//! Who allots free usage: the owner appoints it. The role moves no COR.

use abi::AgentStore::{CuratorAppointed, setCuratorCall, setCuratorReturn};
use alloy_primitives::U256;
use common::{Revert, emit, reentrancy::refuse_reentry};
use stylus_sdk::prelude::*;

use crate::AgentStore;

impl AgentStore {
    pub(crate) fn set_curator(&mut self, setCuratorCall { curator }: setCuratorCall) -> Result<setCuratorReturn, Revert> {
        refuse_reentry(self.vm())?;
        self.owner.only()?;
        let now = self.vm().block_timestamp();
        let active_at = U256::from(self.curator.appoint(curator, now));
        emit(self.vm(), &CuratorAppointed { curator, activeAt: active_at });
        Ok(setCuratorReturn {})
    }
}
