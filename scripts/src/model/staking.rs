//! Staking, as its books are kept on paper: everyone's stake and what it earned, and what the contract owes.

use std::collections::BTreeMap;

use abi::Staking as words;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolError;
use economics::{
    Incentives, Index, PercentSeconds, Position as Stake, Stream,
    index::{FeeShare, LEAST_SHARED},
    schedule::accrued,
};

use super::Token;
use crate::system::System;

/// What somebody has at staking, in wei and seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// At stake.
    pub(crate) stake: u128,
    /// On its way out.
    pub(crate) unbonding: u128,
    /// When that matures; 0 when there is none.
    pub(crate) ready_at: u64,
    /// Not yet taken.
    pub(crate) rewards: u128,
}

/// What the contract owes, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// At stake.
    pub(crate) staked: u128,
    /// On its way out.
    pub(crate) unbonding: u128,
    /// Rewards not yet taken.
    pub(crate) rewards: u128,
    /// Incentives not yet earned.
    pub(crate) budget: u128,
    /// Fees not yet streamed.
    pub(crate) streaming: u128,
}

impl Totals {
    /// All of it.
    pub(crate) fn owed(&self) -> u128 {
        self.staked + self.unbonding + self.rewards + self.budget + self.streaming
    }
}

/// What is on its way out for one account.
#[derive(Clone, Copy, Debug, Default)]
struct Unbonding {
    amount: u128,
    ready_at: u64,
}

/// The whole contract.
#[derive(Clone, Debug)]
pub(crate) struct Staking {
    address: Address,
    token: Address,
    app_fees: Address,
    owner: Address,
    guardian: Address,
    genesis: u64,
    epoch_length: u64,
    cooldown: u64,
    start: u64,
    paused: bool,
    stakes: BTreeMap<Address, Stake>,
    unbonding: BTreeMap<Address, Unbonding>,
    incentives: Incentives,
    /// Rewards earned and not yet taken.
    owed: u128,
    /// Until when they are counted.
    counted: u64,
    /// By how much the index is behind the schedule, for times without a budget.
    missed: u128,
    /// Stakers' part of the fees, on its way to them.
    stream: Stream,
    share: FeeShare,
    /// By how much the index is ahead of the schedule, for what has streamed.
    streamed: u128,
    /// Stake in all, from each second on at which it changed.
    history: Vec<(u64, u128)>,
}

impl Staking {
    /// Right after construction and wiring.
    pub(crate) fn new(system: &System, app_fees: Address, owner: Address, guardian: Address) -> Self {
        Self {
            address: system.staking,
            token: system.token,
            app_fees,
            owner,
            guardian,
            genesis: system.genesis,
            epoch_length: system.parameters.epoch_length,
            cooldown: system.parameters.cooldown,
            start: system.start,
            paused: false,
            stakes: BTreeMap::new(),
            unbonding: BTreeMap::new(),
            incentives: Incentives::default(),
            owed: 0,
            counted: system.start,
            missed: 0,
            stream: Stream::default(),
            share: FeeShare::default(),
            streamed: 0,
            history: Vec::new(),
        }
    }

    /// Where the contract is.
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// The contract as it is at a time, if nobody touches it until then.
    pub(crate) fn at(&self, now: u64) -> Self {
        self.counted_to(now)
    }

    /// What somebody has at a time.
    pub(crate) fn position(&self, account: Address, now: u64) -> Position {
        let then = self.counted_to(now);
        let stake = then.stake(account);
        let Unbonding { amount, ready_at } = then.unbonding.get(&account).copied().unwrap_or_default();
        Position { stake: stake.stake, unbonding: amount, ready_at, rewards: stake.earned(then.index()) }
    }

    /// What somebody has at stake.
    pub(crate) fn stake_of(&self, account: Address) -> u128 {
        self.stake(account).stake
    }

    /// What the contract owes at a time.
    pub(crate) fn totals(&self, now: u64) -> Totals {
        let then = self.counted_to(now);
        Totals {
            staked: then.staked(),
            unbonding: then.unbonding.values().map(|unbonding| unbonding.amount).sum(),
            rewards: then.owed,
            budget: then.incentives.budget,
            streaming: then.stream.left(),
        }
    }

    /// The epoch of a time.
    pub(crate) fn epoch(&self, time: u64) -> u64 {
        (time - self.genesis) / self.epoch_length
    }

    /// The time-weighted average stake of a past epoch, rounded down: every stake times its seconds, over all seconds.
    pub(crate) fn average_stake(&self, epoch: u64) -> u128 {
        let begin = self.genesis + epoch * self.epoch_length;
        let end = begin + self.epoch_length;
        let ends = self.history.iter().skip(1).map(|&(time, _)| time).chain([u64::MAX]);
        let weighed = self.history.iter().zip(ends).map(|(&(from, stake), to)| {
            let seconds = to.min(end).saturating_sub(from.max(begin));
            stake * u128::from(seconds)
        });
        weighed.sum::<u128>() / u128::from(self.epoch_length)
    }

    pub(crate) fn fund(&mut self, token: &mut Token, who: Address, amount: U256, now: u64) -> Result<(), Bytes> {
        self.open()?;
        self.pull(token, who, amount)?;
        self.count(now);
        self.incentives.budget += wei(amount);
        Ok(())
    }

    pub(crate) fn deposit(
        &mut self,
        token: &mut Token,
        payer: Address,
        account: Address,
        amount: U256,
        now: u64,
    ) -> Result<(), Bytes> {
        self.open()?;
        self.pull(token, payer, amount)?;
        self.count(now);
        self.raise(account, wei(amount), now);
        Ok(())
    }

    pub(crate) fn claim(&mut self, token: &mut Token, who: Address, now: u64) -> Result<(), Bytes> {
        let amount = self.take_rewards(who, now)?;
        token.transfer(self.address, who, U256::from(amount))
    }

    pub(super) fn compound(&mut self, who: Address, now: u64) -> Result<(), Bytes> {
        let amount = self.take_rewards(who, now)?;
        self.raise(who, amount, now);
        Ok(())
    }

    pub(crate) fn request_unstake(&mut self, token: &mut Token, who: Address, asked: U256, now: u64) -> Result<(), Bytes> {
        self.count(now);
        let mut stake = self.stake(who);
        let amount = wei(asked);
        if stake.remove(amount, self.index()).is_none() {
            return refuse(words::InsufficientStake { asked, stake: U256::from(stake.stake) });
        }
        self.stakes.insert(who, stake);
        self.remember(now);

        let unbonding = self.unbonding.entry(who).or_default();
        let matured = if unbonding.ready_at <= now { std::mem::take(&mut unbonding.amount) } else { 0 };
        unbonding.amount += amount;
        unbonding.ready_at = now + self.cooldown;
        token.transfer(self.address, who, U256::from(matured))
    }

    pub(super) fn cancel_unstake(&mut self, who: Address, now: u64) -> Result<(), Bytes> {
        let Some(Unbonding { amount, .. }) = self.unbonding.remove(&who) else {
            return refuse(words::NothingUnbonding {});
        };
        self.count(now);
        self.raise(who, amount, now);
        Ok(())
    }

    pub(super) fn withdraw(&mut self, token: &mut Token, who: Address, now: u64) -> Result<(), Bytes> {
        match self.unbonding.get(&who).copied() {
            None => refuse(words::NothingUnbonding {}),
            Some(Unbonding { ready_at, .. }) if ready_at > now => {
                refuse(words::StillUnbonding { readyAt: U256::from(ready_at), time: U256::from(now) })
            }
            Some(Unbonding { amount, .. }) => {
                self.unbonding.remove(&who);
                token.transfer(self.address, who, U256::from(amount))
            }
        }
    }

    /// Brings the fees of so many epochs, which only app-fees may.
    pub(crate) fn add_fees(&mut self, token: &mut Token, who: Address, amount: U256, epochs: u64, now: u64) -> Result<(), Bytes> {
        if who != self.app_fees {
            return refuse(words::NotAppFees { account: who });
        }
        self.pull(token, who, amount)?;
        self.count(now);
        self.stream.add(wei(amount), epochs, self.epoch_length).map_or_else(|| refuse(words::ArithmeticOverflow {}), Ok)
    }

    pub(super) fn pause(&mut self, who: Address) -> Result<(), Bytes> {
        if who != self.owner && who != self.guardian {
            return refuse(words::NotGuardian { account: who });
        }
        self.paused = true;
        Ok(())
    }

    pub(super) fn unpause(&mut self, who: Address) -> Result<(), Bytes> {
        if who != self.owner {
            return refuse(words::OwnableUnauthorizedAccount { account: who });
        }
        self.paused = false;
        Ok(())
    }

    /// Counts what was earned until a time, shared by stake: incentives while there is a budget, and what streams, which
    /// waits while less than a COR is at stake.
    fn count(&mut self, now: u64) {
        let time = PercentSeconds(accrued(now - self.start).0 - accrued(self.counted - self.start).0);
        let spent = self.incentives.spend(self.staked(), time);
        self.owed += spent.paid;
        self.missed += spent.missed;
        if self.staked() >= LEAST_SHARED {
            let paid = self.stream.advance(now - self.counted);
            self.owed += paid;
            self.streamed += self.share.share(paid, self.staked());
        }
        self.counted = now;
    }

    fn counted_to(&self, now: u64) -> Self {
        let mut then = self.clone();
        then.count(now);
        then
    }

    /// Rewards of a wei of stake since the beginning.
    fn index(&self) -> Index {
        Index(Index::of_schedule(accrued(self.counted - self.start)).0 - self.missed + self.streamed)
    }

    fn stake(&self, account: Address) -> Stake {
        self.stakes.get(&account).copied().unwrap_or_default()
    }

    fn staked(&self) -> u128 {
        self.stakes.values().map(|stake| stake.stake).sum()
    }

    fn raise(&mut self, who: Address, amount: u128, now: u64) {
        let index = self.index();
        let mut stake = self.stake(who);
        stake.add(amount, index);
        self.stakes.insert(who, stake);
        self.remember(now);
    }

    fn remember(&mut self, now: u64) {
        self.history.push((now, self.staked()));
    }

    fn take_rewards(&mut self, who: Address, now: u64) -> Result<u128, Bytes> {
        self.count(now);
        let mut stake = self.stake(who);
        let amount = stake.earned(self.index());
        if amount == 0 {
            return refuse(words::NothingToClaim {});
        }
        stake.pay(amount);
        self.stakes.insert(who, stake);
        self.owed -= amount;
        Ok(amount)
    }

    fn open(&self) -> Result<(), Bytes> {
        if self.paused { refuse(words::EnforcedPause {}) } else { Ok(()) }
    }

    /// COR from somebody to the contract; staking passes on what the token says.
    fn pull(&self, token: &mut Token, from: Address, amount: U256) -> Result<(), Bytes> {
        token
            .transfer_from(self.address, from, self.address, amount)
            .or_else(|reason| refuse(words::TokenRefused { token: self.token, reason }))
    }
}

/// An amount of the story, all of which are below COR's supply.
fn wei(amount: U256) -> u128 {
    amount.saturating_to()
}

fn refuse<T>(error: impl SolError) -> Result<T, Bytes> {
    Err(error.abi_encode().into())
}
