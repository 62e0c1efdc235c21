//! Construction: every bound is checked here, once, and nothing that it sets is ever changed but by the roles.

use ::abi::MinerPool::*;
use alloy_primitives::{Address, U256};
use common::{Revert, calls::ask};
use economics::{
    Epoch, EpochClock, HOLDING_LIMIT, Wad,
    emission::{Decay, Taper},
};
use stylus_sdk::prelude::*;

use crate::{
    MinerPool,
    state::{Formula, Reserve, Supply, Terms},
};

/// The least grace, in seconds; the greatest is an epoch.
const LEAST_GRACE: u64 = 60;

impl MinerPool {
    /// The deployer is not the caller when a factory deploys, so nothing is taken from who calls. Emits
    /// `OwnershipTransferred` and `GuardianAppointed`.
    pub(crate) fn construct(&mut self, call: constructorCall) -> Result<(), Revert> {
        let (clock, token) = self.meet(call.appFees, call.minerRewards)?;
        let now = self.vm().block_timestamp();
        if clock.genesis() > now {
            return Err(GenesisInFuture { genesis: U256::from(clock.genesis()), time: U256::from(now) }.into());
        }
        let (grace,) = ask(self.vm(), call.appFees, &graceCall {})?;
        let maximum = clock.length();
        let grace = within(grace, LEAST_GRACE, maximum).ok_or_else(|| {
            let (minimum, maximum) = (U256::from(LEAST_GRACE), U256::from(maximum));
            Revert::from(GraceOutOfBounds { grace, minimum, maximum })
        })?;
        let overflow = |_| Revert::from(ArithmeticOverflow {});
        self.terms.set(&Terms {
            token,
            genesis: u32::try_from(clock.genesis()).map_err(overflow)?,
            epoch_length: u32::try_from(clock.length()).map_err(overflow)?,
            grace: u32::try_from(grace).map_err(overflow)?,
            paused: false,
        });
        self.set_supply(call.referenceSupply, call.emittedBefore, call.burntBefore)?;
        self.formula.set(&formula(&call)?);
        let Epoch(next) = clock.at(now);
        self.reserve.set(&Reserve { next, ..Reserve::default() });
        self.owner.init(call.owner)?;
        self.guardian.init(call.guardian, call.delay, now)
    }

    /// Asks the contracts that are called what they are, and refuses those that do not belong together.
    fn meet(&mut self, app_fees: Address, miner_rewards: Address) -> Result<(EpochClock, Address), Revert> {
        let vm = self.vm();
        let (staking,) = ask(vm, app_fees, &stakingCall {})?;
        let (token,) = ask(vm, app_fees, &tokenCall {})?;
        let (genesis,) = ask(vm, app_fees, &genesisCall {})?;
        let (length,) = ask(vm, app_fees, &epochLengthCall {})?;
        for (named, expected) in
            [(ask(vm, miner_rewards, &stakingCall {})?.0, staking), (ask(vm, miner_rewards, &tokenCall {})?.0, token)]
        {
            if named != expected {
                return Err(WrongPeer { callee: miner_rewards, named, expected }.into());
            }
        }
        for (named, expected) in
            [(ask(vm, miner_rewards, &genesisCall {})?.0, genesis), (ask(vm, miner_rewards, &epochLengthCall {})?.0, length)]
        {
            if named != expected {
                return Err(WrongClock { callee: miner_rewards, named, expected }.into());
            }
        }
        let Some(clock) = EpochClock::new(genesis.saturating_to(), length.saturating_to()) else {
            let (minimum, maximum) = (U256::from(EpochClock::MIN_LENGTH), U256::from(EpochClock::MAX_LENGTH));
            return Err(EpochLengthOutOfBounds { epochLength: length, minimum, maximum }.into());
        };
        self.app_fees.set(&app_fees);
        self.miner_rewards.set(&miner_rewards);
        self.staking.set(&staking);
        Ok((clock, token))
    }

    fn set_supply(&mut self, reference: U256, emitted_before: U256, burnt_before: U256) -> Result<(), Revert> {
        let maximum = U256::from(HOLDING_LIMIT - 1);
        if reference.is_zero() || reference > maximum {
            return Err(ReferenceSupplyOutOfBounds { referenceSupply: reference, minimum: U256::ONE, maximum }.into());
        }
        for amount in [emitted_before, burnt_before] {
            if amount > reference {
                return Err(BeforeOutOfBounds { amount, maximum: reference }.into());
            }
        }
        self.supply.set(&Supply { reference: reference.saturating_to(), burnt_before: burnt_before.saturating_to() });
        self.emitted_before.set(&emitted_before);
        Ok(())
    }
}

fn formula(call: &constructorCall) -> Result<Formula, Revert> {
    let Some(decay) = Decay::new(call.decay.saturating_to()) else {
        let (minimum, maximum) = (U256::from(Decay::SLOWEST), U256::from(Decay::FASTEST));
        return Err(DecayOutOfBounds { decay: call.decay, minimum, maximum }.into());
    };
    let ratio = |ratio: U256, maximum: u64| match Wad::new(ratio.saturating_to()) {
        Some(wad) if wad.units() <= maximum => Ok(wad),
        _ => Err(Revert::from(RatioOutOfBounds { ratio, maximum: U256::from(maximum) })),
    };
    let one = Wad::ONE.units();
    let taper = Taper {
        usage: ratio(call.usageTaper, one)?,
        stake: ratio(call.stakeTaper, one)?,
        floor: ratio(call.floor, Taper::HIGHEST_FLOOR)?,
    };
    Ok(Formula { decay, taper })
}

/// The seconds, if they are from `least` to `most`.
fn within(seconds: U256, least: u64, most: u64) -> Option<u64> {
    u64::try_from(seconds).ok().filter(|seconds| (least..=most).contains(seconds))
}
