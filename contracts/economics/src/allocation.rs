//! How an epoch's emission and fees are shared among the miners that worked.
//!
//! A miner's score has two parts: work that apps paid for, and work on free allowances. With P the paid and Q the free score
//! of all miners with enough stake:
//! - **Fees** (miners' part F of what apps paid) are shared by paid score only: `F * p / P`.
//! - **Emission** E: free score gets min(Q / (P + Q), 20%) of it, paid score the rest, each part shared by score. So below the
//!   cap all score counts the same, `E * (p + q) / (P + Q)`; above it a miner's is `E * (4 * p / (5 * P) + q / (5 * Q))`.
//! - A part with no score behind it is carried to the next epoch's allocation: all fees when nothing was paid for, what the
//!   cap keeps from free score when there is no paid score, everything when nobody with enough stake worked.
//!
//! Wei are dealt by the largest remainder: everyone gets the exact share rounded down, and the wei left over, fewer than
//! miners, go one each to the largest fractions, among equals to the lowest address. Shares are exact fractions until then,
//! so nobody's amount falls because its own score rose, and the order of the miners changes nothing.

use alloc::vec::Vec;
use core::fmt;

use alloy_primitives::{Address, U512};

/// The most of the emission that free work can have: one part in this many.
pub const FREE_CAP_DIVISOR: u128 = 5;

/// What one miner did in an epoch, and what it had at stake for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Who worked.
    pub miner: Address,
    /// Score of work that apps paid for, in any unit that all miners' scores have.
    pub paid: u128,
    /// Score of work on free allowances, in the same unit.
    pub free: u128,
    /// Stake, in wei.
    pub stake: u128,
}

/// An amount of each kind that miners are paid from, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pots {
    /// From the reserve.
    pub emission: u128,
    /// From apps.
    pub fees: u128,
}

impl Pots {
    /// Both together; `None` beyond 128 bits.
    pub fn total(self) -> Option<u128> {
        self.emission.checked_add(self.fees)
    }

    /// Kind by kind; `None` beyond 128 bits.
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self { emission: self.emission.checked_add(other.emission)?, fees: self.fees.checked_add(other.fees)? })
    }
}

/// The scores that an epoch is shared by: those of miners with enough stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// P: all paid score.
    pub paid: u128,
    /// Q: all free score.
    pub free: u128,
}

/// An epoch, shared. `shares` sums with `carried` to what there was, to the wei.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// What each miner gets, in the order of the work.
    pub shares: Vec<Pots>,
    /// What had no score behind it and belongs to the next allocation.
    pub carried: Pots,
    /// How many wei, within the shares, were left by rounding down and dealt by remainder: fewer than there are miners.
    pub dust: Pots,
    /// What it was shared by.
    pub scores: Scores,
}

/// The scores add up to more than 128 bits hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreOverflow;

impl fmt::Display for ScoreOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the scores of all miners add up to more than 128 bits hold")
    }
}

impl core::error::Error for ScoreOverflow {}

impl Scores {
    /// The sums over the miners with at least `minimum_stake`.
    pub fn of(work: &[Work], minimum_stake: u128) -> Result<Self, ScoreOverflow> {
        let eligible = work.iter().filter(|it| it.stake >= minimum_stake);
        let sums = eligible.clone().try_fold(Self::default(), |sum, it| {
            Some(Self { paid: sum.paid.checked_add(it.paid)?, free: sum.free.checked_add(it.free)? })
        });
        sums.filter(|it| it.paid.checked_add(it.free).is_some()).ok_or(ScoreOverflow)
    }

    /// Whether free score is more than a fifth of all, so that the cap holds it down.
    pub fn free_is_capped(self) -> bool {
        // Q / (P + Q) > 1 / 5, without a product that could overflow.
        self.free > self.paid / (FREE_CAP_DIVISOR - 1)
    }
}

/// Shares `pots` by `work`. Miners with less than `minimum_stake` wei at stake get nothing and count for nothing.
///
/// Each miner is to be there once.
pub fn allocate(work: &[Work], pots: Pots, minimum_stake: u128) -> Result<Allocation, ScoreOverflow> {
    let scores = Scores::of(work, minimum_stake)?;
    let by = |weight: &dyn Fn(&Work) -> U512| -> Vec<U512> {
        work.iter().map(|it| if it.stake >= minimum_stake { weight(it) } else { U512::ZERO }).collect()
    };
    let (paid, free) = (U512::from(scores.paid), U512::from(scores.free));

    let (fees, fees_dust) = deal(pots.fees, &by(&|it| U512::from(it.paid)), paid, work);
    let fees_shared = if scores.paid == 0 { 0 } else { pots.fees };

    let emission_shared = match (scores.paid, scores.free) {
        (0, 0) => 0,
        (0, _) => pots.emission / FREE_CAP_DIVISOR,
        _ => pots.emission,
    };
    let (weights, whole) = if scores.paid == 0 {
        (by(&|it| U512::from(it.free)), free)
    } else if scores.free_is_capped() {
        // 4p/(5P) + q/(5Q) over its common denominator. At most 259 bits, so times a pot at most 387.
        let (rest, cap) = (U512::from(FREE_CAP_DIVISOR - 1), U512::from(FREE_CAP_DIVISOR));
        (by(&|it| rest * U512::from(it.paid) * free + U512::from(it.free) * paid), cap * paid * free)
    } else {
        (by(&|it| U512::from(it.paid) + U512::from(it.free)), paid + free)
    };
    let (emission, emission_dust) = deal(emission_shared, &weights, whole, work);

    Ok(Allocation {
        shares: emission.into_iter().zip(fees).map(|(emission, fees)| Pots { emission, fees }).collect(),
        carried: Pots { emission: pots.emission - emission_shared, fees: pots.fees - fees_shared },
        dust: Pots { emission: emission_dust, fees: fees_dust },
        scores,
    })
}

/// Deals `pot` by weights that sum to `whole`, by the largest remainder; nothing when `whole` is 0. Also how many wei went by
/// remainder.
fn deal(pot: u128, weights: &[U512], whole: U512, work: &[Work]) -> (Vec<u128>, u128) {
    if whole.is_zero() {
        return (alloc::vec![0; weights.len()], 0);
    }
    let pot_wide = U512::from(pot);
    let mut amounts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = pot;
    for (index, &weight) in weights.iter().enumerate() {
        let (share, remainder) = (pot_wide * weight).div_rem(whole);
        // A weight is at most the whole, so a share is at most the pot and all of them together too.
        let share = share.saturating_to::<u128>();
        left -= share;
        amounts.push(share);
        if !remainder.is_zero() {
            remainders.push((remainder, index));
        }
    }
    // The remainders sum to `left` wholes and each is less than one: there are more of them than wei left.
    remainders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| work[a.1].miner.cmp(&work[b.1].miner)));
    let dust = left;
    for (_, index) in remainders.into_iter().take(usize::try_from(dust).unwrap_or(usize::MAX)) {
        amounts[index] += 1;
        left -= 1;
    }
    debug_assert_eq!(left, 0, "every wei is dealt");
    (amounts, dust)
}
