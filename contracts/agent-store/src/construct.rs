//! Construction: every bound is checked here, once.

use abi::{
    AgentStore::{BondOutOfBounds, CuratorAppointed, constructorCall},
    AppFees::{epochLengthCall, genesisCall, tokenCall},
};
use alloy_primitives::U256;
use common::{Revert, calls::ask, emit};
use economics::COR;
use stylus_sdk::prelude::*;

use crate::{
    AgentStore, free, overflow,
    state::{Holdings, Terms},
};

/// The highest bond, in wei.
const HIGHEST_BOND: u128 = 100_000 * COR;

impl AgentStore {
    /// The deployer is not the caller when a factory deploys, so nothing is taken from who calls. The first free budget
    /// holds from epoch 0 on. Emits `OwnershipTransferred`, `GuardianAppointed` and `CuratorAppointed`.
    pub(crate) fn construct(&mut self, call: constructorCall) -> Result<(), Revert> {
        let now = self.vm().block_timestamp();
        let (token,) = ask(self.vm(), call.appFees, &tokenCall {})?;
        let (genesis,) = ask(self.vm(), call.appFees, &genesisCall {})?;
        let (length,) = ask(self.vm(), call.appFees, &epochLengthCall {})?;
        if call.bond > U256::from(HIGHEST_BOND) {
            return Err(BondOutOfBounds { bond: call.bond, maximum: U256::from(HIGHEST_BOND) }.into());
        }
        let budget = free::budget(call.freeBudget, call.starter, 0)?;
        self.terms.set(&Terms {
            token,
            genesis: genesis.try_into().map_err(|_| overflow())?,
            epoch_length: length.try_into().map_err(|_| overflow())?,
            paused: false,
        });
        self.holdings.set(&Holdings { bond: call.bond.saturating_to(), ..Holdings::default() });
        self.app_fees.set(&call.appFees);
        self.budgets.set(0, budget);
        self.owner.init(call.owner)?;
        self.guardian.init(call.guardian, call.delay, now)?;
        self.curator.init(call.curator, call.delay)?;
        emit(self.vm(), &CuratorAppointed { curator: call.curator, activeAt: U256::from(now) });
        Ok(())
    }
}
