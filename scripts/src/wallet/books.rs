//! Staking, on paper: its books as they lie in its storage, carried on by `economics` to any later second.
//!
//! Its views round to the wei; what is to be predicted to the wei needs the numbers behind them. Their places are those of
//! staking's own `Terms`, `Rewards`, `StakeTime`, `Shift`, `StreamedFees` and `Position`; a test holds what is read here against
//! what the views say.

use alloy_primitives::{Address, U256};
use anyhow::Result;
use economics::{
    Incentives, Index, PercentSeconds, Position, Stream,
    index::{FeeShare, LEAST_SHARED},
    schedule::accrued,
};

use super::{
    place::{View, map_slot},
    twin::Figure,
};

/// Slots, in the order of the contract's storage.
const TERMS: u64 = 0;
const REWARDS: u64 = 1;
const STAKES: u64 = 2;
const SHIFT: u64 = 3;
const STREAM: u64 = 4;
const POSITIONS: u64 = 6;

/// Staking as one account sees it.
#[derive(Clone, Debug)]
pub(super) struct Books {
    /// What the account has at stake, and what it must not count again.
    pub(super) position: Position,
    /// Wei that are unbonding.
    pub(super) unbonding: u128,
    /// When that matures.
    pub(super) ready_at: u64,
    /// Seconds of a cooldown.
    pub(super) cooldown: u64,
    /// Wei that the account holds itself.
    pub(super) holds: u128,
    /// All that is at stake.
    pub(super) staked: u128,
    start: u64,
    elapsed: u64,
    incentives: Incentives,
    owed: u128,
    fees: u128,
    missed: u128,
    stream: Stream,
    share: FeeShare,
    streaming: bool,
}

impl Books {
    /// As of a block.
    pub(super) async fn read(at: &View<'_>, account: Address) -> Result<Self> {
        let slot = |slot: u64| at.slot("staking", U256::from(slot));
        let (terms, rewards, stakes) = (slot(TERMS).await?, slot(REWARDS).await?, slot(STAKES).await?);
        let (shift, stream) = (slot(SHIFT).await?, slot(STREAM).await?);
        let position = at.slot("staking", map_slot(account, POSITIONS)).await?;
        let shown = at.view("staking", &abi::Staking::positionCall { account }).await?;
        let small = |value: U256| u64::try_from(value).unwrap_or(u64::MAX);

        let switches = field(&terms, 31, 1);
        let mut books = Self {
            position: Position { stake: field(&position, 0, 12), debt: field(&position, 12, 16).cast_signed() },
            unbonding: shown.unbonding.saturating_to(),
            ready_at: small(shown.readyAt),
            cooldown: small(at.view("staking", &abi::Staking::cooldownCall {}).await?),
            holds: at.balance(account).await?,
            staked: field(&stakes, 0, 12),
            start: narrow(field(&terms, 24, 4)),
            elapsed: narrow(field(&rewards, 28, 4)),
            incentives: Incentives { budget: field(&rewards, 0, 12), remainder: narrow(field(&rewards, 24, 4)) },
            owed: field(&rewards, 12, 12),
            fees: field(&shift, 0, 16),
            missed: field(&shift, 16, 16),
            stream: Stream {
                amount: field(&stream, 0, 12),
                duration: narrow(field(&stream, 24, 4)),
                elapsed: narrow(field(&stream, 28, 4)),
            },
            share: FeeShare { remainder: field(&stream, 12, 12) },
            streaming: switches >> 2 & 1 != 0,
        };
        if switches >> 1 & 1 == 0 {
            (books.fees, books.missed) = (0, 0);
        }
        books.accrue(at.time);
        Ok(books)
    }

    /// Carries the books on to a second.
    pub(super) fn accrue(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.start).max(self.elapsed);
        let seconds = elapsed - self.elapsed;
        let time = PercentSeconds(accrued(elapsed).0.saturating_sub(accrued(self.elapsed).0));
        let spent = self.incentives.spend(self.staked, time);
        self.owed = self.owed.saturating_add(spent.paid);
        self.missed = self.missed.saturating_add(spent.missed);
        if self.streaming && self.staked >= LEAST_SHARED {
            let paid = self.stream.advance(seconds);
            self.owed = self.owed.saturating_add(paid);
            self.fees = self.fees.saturating_add(self.share.share(paid, self.staked));
            self.streaming = !self.stream.is_over();
        }
        self.elapsed = elapsed;
    }

    /// Rewards that the account could take.
    pub(super) fn rewards(&self) -> u128 {
        self.position.earned(self.index()).min(self.owed)
    }

    /// Puts wei at stake, wherever they come from.
    pub(super) fn add(&mut self, amount: u128) -> Option<()> {
        self.position.add(amount, self.index())?;
        self.staked = self.staked.checked_add(amount)?;
        Some(())
    }

    /// Takes wei from stake.
    pub(super) fn remove(&mut self, amount: u128) -> Option<()> {
        self.position.remove(amount, self.index())?;
        self.staked = self.staked.checked_sub(amount)?;
        Some(())
    }

    /// Counts all rewards as paid, and gives them.
    pub(super) fn take_rewards(&mut self) -> Option<u128> {
        let amount = self.rewards();
        self.position.pay(amount);
        self.owed = self.owed.saturating_sub(amount);
        (amount > 0).then_some(amount)
    }

    /// What people see of it.
    pub(super) fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::cor("at stake", self.position.stake),
            Figure::share("share of all stake", self.position.stake, self.staked),
            Figure::cor("rewards", self.rewards()),
            Figure::cor("unbonding", self.unbonding),
            Figure::time("matures", self.ready_at),
            Figure::cor("held", self.holds),
            Figure::cor("at stake in all", self.staked),
        ]
    }

    fn index(&self) -> Index {
        let schedule = Index::of_schedule(accrued(self.elapsed)).0;
        Index(schedule.saturating_sub(self.missed).saturating_add(self.fees))
    }
}

/// A field of a slot: `len` bytes, the lowest of them `at` bytes from the slot's lowest end.
fn field(word: &[u8; 32], at: usize, len: usize) -> u128 {
    word[32 - at - len..32 - at].iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// Of fields of at most eight bytes.
fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
