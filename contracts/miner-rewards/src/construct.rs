//! Construction: every bound is checked here, once, and nothing that it sets is ever changed but by the roles.

use ::abi::{
    CorToken::approveCall,
    MinerRewards::{ArithmeticOverflow, WindowOutOfBounds, constructorCall},
    Staking::{epochLengthCall, genesisCall, tokenCall},
};
use alloy_primitives::U256;
use common::{
    Revert,
    calls::{ask, tell},
};
use stylus_sdk::prelude::*;

use crate::{MinerRewards, state::Terms};

impl MinerRewards {
    /// The deployer is not the caller when a factory deploys, so nothing is taken from who calls. Staking may take what it
    /// is told to stake and no more: it moves only its caller's COR. Emits `OwnershipTransferred` and `GuardianAppointed`.
    pub(crate) fn construct(&mut self, call: constructorCall) -> Result<(), Revert> {
        let constructorCall { owner, guardian, staking, delay, window } = call;
        let (token,) = ask(self.vm(), staking, &tokenCall {})?;
        let (genesis,) = ask(self.vm(), staking, &genesisCall {})?;
        let (length,) = ask(self.vm(), staking, &epochLengthCall {})?;
        let (minimum, window) = (U256::from(delay).wrapping_add(U256::from(delay)), U256::from(window));
        if window < minimum || window > length {
            return Err(WindowOutOfBounds { window, minimum, maximum: length }.into());
        }
        let narrow = |number: U256| u32::try_from(number).map_err(|_| Revert::from(ArithmeticOverflow {}));
        let (genesis, epoch_length, window) = (narrow(genesis)?, narrow(length)?, narrow(window)?);
        self.terms.set(&Terms { token, genesis, epoch_length, window });
        self.staking.set(&staking);
        let now = self.vm().block_timestamp();
        self.owner.init(owner)?;
        self.guardian.init(guardian, delay, now)?;
        tell(self.vm(), token, &approveCall { spender: staking, value: U256::MAX })?;
        Ok(())
    }
}
