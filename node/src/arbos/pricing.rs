//! What gas and data cost: the base fee that rises with the backlog of computing, and the fee for the bytes that
//! activated programs take up on every node's disk.

use alloy_primitives::U256;

use super::{
    Ledger,
    storage::{
        self, BACKLOG_TOLERANCE, BASE_FEE, DATA_DEMAND, DATA_INERTIA, DATA_MIN_PRICE, DATA_PER_SECOND, DATA_UPDATED, GAS_BACKLOG,
        MIN_BASE_FEE, PRICING_INERTIA, SPEED_LIMIT, Storage,
    },
};

/// One, in basis points.
const ONE: u64 = 10_000;

/// The time from which ArbOS counts activations and demand: 16 January 2015, 06:00 UTC.
pub(super) const ARBITRUM_START: u64 = 1_421_388_000;

/// Writes the prices of a fresh chain.
pub(super) fn genesis(ledger: &mut dyn Ledger) {
    let minimum = U256::from(100_000_000u64);
    BASE_FEE.store(ledger, minimum);
    MIN_BASE_FEE.store(ledger, minimum);
    SPEED_LIMIT.store(ledger, 7_000_000);
    BACKLOG_TOLERANCE.store(ledger, 10);
    PRICING_INERTIA.store(ledger, 102);
    // A tebibyte a year.
    DATA_PER_SECOND.store(ledger, (1u64 << 40) / (365 * 24) / 3600);
    DATA_UPDATED.store(ledger, ARBITRUM_START);
    DATA_MIN_PRICE.store(ledger, 82_928_201);
    DATA_INERTIA.store(ledger, 21_360_419);
}

/// Works off the backlog of `passed` seconds and sets the base fee of the next block.
pub(super) fn update_base_fee(ledger: &mut dyn Ledger, passed: u64) {
    let speed = SPEED_LIMIT.load(ledger);
    let backlog = GAS_BACKLOG.load(ledger).saturating_sub(speed.saturating_mul(passed));
    GAS_BACKLOG.store(ledger, backlog);

    let minimum = MIN_BASE_FEE.load(ledger);
    let tolerated = BACKLOG_TOLERANCE.load(ledger).saturating_mul(speed);
    let excess = backlog.saturating_sub(tolerated);
    let inertia = PRICING_INERTIA.load(ledger).saturating_mul(speed);
    let fee = if excess == 0 || inertia == 0 {
        minimum
    } else {
        minimum.saturating_mul(U256::from(approx_exp(excess.saturating_mul(ONE) / inertia, 4))) / U256::from(ONE)
    };
    BASE_FEE.store(ledger, fee);
}

/// Charges the data model for `bytes` of native code: brings demand up to date, adds them, and gives the fee in wei.
pub(super) fn data_fee<S: Storage + ?Sized>(storage: &mut S, bytes: u32, now: u64) -> Result<U256, S::Error> {
    let demand = DATA_DEMAND.get(storage)?;
    let per_second = DATA_PER_SECOND.get(storage)?;
    let updated = DATA_UPDATED.get(storage)?;
    let min_price = DATA_MIN_PRICE.get(storage)?;
    let inertia = DATA_INERTIA.get(storage)?;

    let limit = u64::from(u32::MAX);
    let passed = now.saturating_sub(updated).min(limit);
    let credit = per_second.saturating_mul(passed).min(limit);
    let demand = demand.saturating_sub(credit).saturating_add(u64::from(bytes)).min(limit);
    DATA_DEMAND.set(storage, demand)?;
    DATA_UPDATED.set(storage, now)?;

    let multiplier = approx_exp(ONE * demand / inertia.max(1), 12);
    let per_byte = u128::from(min_price) * u128::from(multiplier) / u128::from(ONE);
    let per_byte = u64::try_from(per_byte).unwrap_or(u64::MAX);
    Ok(U256::from(per_byte.saturating_mul(u64::from(bytes))))
}

/// e^x in basis points by its Taylor series to degree `terms`, each step rounded down as ArbOS rounds it.
fn approx_exp(x: u64, terms: u64) -> u64 {
    (1..terms).rev().fold(ONE + x / terms, |sum, i| ONE.saturating_add(sum.saturating_mul(x) / (i * ONE)))
}

/// Adds computed gas to the backlog.
pub(super) fn add_to_backlog(ledger: &mut dyn Ledger, gas: u64) {
    let backlog = storage::GAS_BACKLOG.load(ledger).saturating_add(gas);
    GAS_BACKLOG.store(ledger, backlog);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;

    fn fresh() -> State {
        let mut state = State::default();
        genesis(&mut state);
        state
    }

    #[test]
    fn the_exponential_is_arbos_s() {
        assert_eq!(approx_exp(0, 4), 10_000);
        assert_eq!(approx_exp(240, 12), 10_242);
        assert_eq!(approx_exp(10_000, 12), 27_182);
    }

    #[test]
    fn an_idle_chain_stays_at_the_minimum() {
        let mut state = fresh();
        add_to_backlog(&mut state, 70_000_000);
        update_base_fee(&mut state, 0);
        assert_eq!(BASE_FEE.load(&mut state), U256::from(100_000_000));
    }

    #[test]
    fn a_backlog_raises_the_fee_and_time_lowers_it() {
        let mut state = fresh();
        // 71.4 million above what is tolerated: a tenth of 102 * 7 million, so 1000 basis points.
        add_to_backlog(&mut state, 70_000_000 + 71_400_000);
        update_base_fee(&mut state, 0);
        assert_eq!(BASE_FEE.load(&mut state), U256::from(110_510_000));
        update_base_fee(&mut state, 10);
        assert_eq!(BASE_FEE.load(&mut state), U256::from(100_190_000));
        assert_eq!(GAS_BACKLOG.load(&mut state), 71_400_000);
        update_base_fee(&mut state, 1_000_000);
        assert_eq!(GAS_BACKLOG.load(&mut state), 0);
        assert_eq!(BASE_FEE.load(&mut state), U256::from(100_000_000));
    }

    #[test]
    fn the_first_activation_pays_the_published_fee() {
        let mut state = fresh();
        let Ok(fee) = data_fee::<dyn Ledger>(&mut state, 513_418, 1_800_000_000);
        assert_eq!(fee, U256::from(43_607_190_175_334u64));
    }

    #[test]
    fn demand_makes_the_next_activation_dearer_until_time_passes() {
        let mut state = fresh();
        let now = 1_800_000_000;
        let mut fee = |at| {
            let Ok(fee) = data_fee::<dyn Ledger>(&mut state, 513_418, at);
            fee
        };
        let first = fee(now);
        let second = fee(now);
        assert!(second > first);
        assert_eq!(fee(now + 60), first);
    }
}
