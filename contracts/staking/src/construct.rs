//! Construction: every bound is checked here, once, and nothing that it sets is ever changed but by the roles.

use abi::Staking::{
    ArithmeticOverflow, CooldownOutOfBounds, EpochLengthOutOfBounds, GenesisInFuture, ReferenceSupplyOutOfBounds, constructorCall,
};
use alloy_primitives::U256;
use common::{Revert, erc20};
use economics::{EpochClock, HOLDING_LIMIT, StakeTime};
use stylus_sdk::prelude::*;

use crate::{
    Staking,
    state::{Leaving, Stored, Terms},
};

/// Cooldowns are from an hour to twenty-one days, in seconds.
const COOLDOWN: (u64, u64) = (3_600, 21 * 86_400);

impl Staking {
    /// The deployer is not the caller when a factory deploys, so nothing is taken from who calls. Emits
    /// `OwnershipTransferred` and `GuardianAppointed`.
    pub(crate) fn construct(&mut self, call: constructorCall) -> Result<(), Revert> {
        let constructorCall { token, owner, guardian, referenceSupply, genesis, epochLength, cooldown, delay } = call;
        let now = self.vm().block_timestamp();

        let (least, most) = (EpochClock::MIN_LENGTH, EpochClock::MAX_LENGTH);
        if EpochClock::new(genesis, epochLength).is_none() {
            let (minimum, maximum) = (U256::from(least), U256::from(most));
            return Err(EpochLengthOutOfBounds { epochLength: U256::from(epochLength), minimum, maximum }.into());
        }
        if genesis > now {
            return Err(GenesisInFuture { genesis: U256::from(genesis), time: U256::from(now) }.into());
        }
        let (least, most) = COOLDOWN;
        if cooldown < least || cooldown > most {
            let (minimum, maximum) = (U256::from(least), U256::from(most));
            return Err(CooldownOutOfBounds { cooldown: U256::from(cooldown), minimum, maximum }.into());
        }
        let (minimum, maximum) = (erc20::total_supply(self.vm(), token)?, U256::from(HOLDING_LIMIT - 1));
        if referenceSupply < minimum || referenceSupply > maximum {
            return Err(ReferenceSupplyOutOfBounds { referenceSupply, minimum, maximum }.into());
        }
        let overflow = |_| Revert::from(ArithmeticOverflow {});
        let terms = Terms {
            token,
            genesis: u32::try_from(genesis).map_err(overflow)?,
            start: u32::try_from(now).map_err(overflow)?,
            epoch_length: u32::try_from(epochLength).map_err(overflow)?,
            ..Terms::default()
        };
        self.terms.set(&terms);
        self.stakes.set(&Stored(StakeTime { since: now, ..StakeTime::default() }));
        let cooldown = u32::try_from(cooldown).map_err(overflow)?;
        self.leaving.set(&Leaving { reference_supply: referenceSupply.saturating_to(), cooldown, ..Leaving::default() });
        self.owner.init(owner)?;
        self.guardian.init(guardian, delay, now)
    }
}
