//! Gas of one operation: with its programs cached, without, and the least that it could be.

use std::collections::BTreeMap;

use alloy::rpc::types::Log;
use alloy_primitives::U256;

use crate::chain::GasParts;

/// Gas by what it went to; what is together here is small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The transaction itself: 21,000 and its calldata.
    pub(super) intrinsic: u64,
    /// Entering programs.
    pub(super) entry: u64,
    /// WebAssembly operators.
    pub(super) wasm: u64,
    /// Loads and stores of programs.
    pub(super) storage: u64,
    /// Logs of programs.
    pub(super) logs: u64,
    /// Calls, other host functions, EVM code.
    pub(super) rest: u64,
    /// Given back at the end.
    pub(super) refund: u64,
}

impl From<GasParts> for Parts {
    fn from(parts: GasParts) -> Self {
        let rest = parts.poster + parts.calls + parts.host + parts.evm;
        let [intrinsic, entry, wasm, storage, logs, rest, refund] =
            [parts.intrinsic, parts.entry, parts.wasm, parts.storage, parts.logs, rest, parts.refund].map(|part| part.to());
        Self { intrinsic, entry, wasm, storage, logs, rest, refund }
    }
}

impl Parts {
    fn with(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            intrinsic: join(self.intrinsic, other.intrinsic),
            entry: join(self.entry, other.entry),
            wasm: join(self.wasm, other.wasm),
            storage: join(self.storage, other.storage),
            logs: join(self.logs, other.logs),
            rest: join(self.rest, other.rest),
            refund: join(self.refund, other.refund),
        }
    }

    /// All of it, less the refund.
    pub(super) fn used(&self) -> u64 {
        let Self { intrinsic, entry, wasm, storage, logs, rest, refund } = *self;
        (intrinsic + entry + wasm + storage + logs + rest).saturating_sub(refund)
    }

    /// By name, and what each has over what it must have; the greatest first, and nothing that has nothing over.
    pub(super) fn over(&self, floor: &Self) -> Vec<(&'static str, u64)> {
        let mut over = vec![
            ("intrinsic", self.intrinsic.saturating_sub(floor.intrinsic)),
            ("entering programs", self.entry),
            ("wasm", self.wasm),
            ("loads and stores of slots that stay as they are", self.storage.saturating_sub(floor.storage)),
            ("logs", self.logs.saturating_sub(floor.logs)),
            ("calls and other host functions", self.rest),
            ("refunds not given", floor.refund.saturating_sub(self.refund)),
        ];
        over.retain(|(_, gas)| *gas > 0);
        over.sort_by_key(|(_, gas)| std::cmp::Reverse(*gas));
        over
    }
}

/// Gas of storing a value where there was none, the slot not seen before in the transaction (EIP-2929).
const SET: u64 = 22_100;
/// The same where another value was.
const RESET: u64 = 5_000;
/// Given back for a slot that is empty afterwards (EIP-3529).
const CLEARED: u64 = 4_800;
/// A log, each of its topics, each byte of its data.
const LOG: [u64; 3] = [375, 375, 8];

/// The least that a transaction could take: itself, a store of each slot that holds something else afterwards, its logs; no
/// loads, no code. `changes` are what those slots held and hold.
pub(super) fn floor(intrinsic: u64, changes: &[(U256, U256)], logs: &[Log]) -> Parts {
    let (mut storage, mut refund) = (0, 0);
    for (before, after) in changes.iter().filter(|(before, after)| before != after) {
        storage += if before.is_zero() { SET } else { RESET };
        refund += if after.is_zero() { CLEARED } else { 0 };
    }
    let [log, topic, byte] = LOG;
    let words = |it: &Log| log + topic * it.topics().len() as u64 + byte * it.inner.data.data.len() as u64;
    let logs: u64 = logs.iter().map(words).sum();
    let refund = refund.min((intrinsic + storage + logs) / 5);
    Parts { intrinsic, storage, logs, refund, ..Parts::default() }
}

/// Gas of one operation.
#[derive(Clone, Debug)]
pub(super) struct Cost {
    /// Every program cached.
    pub(super) cached: u64,
    /// No program cached, in the same second of the same state.
    pub(super) uncached: u64,
    /// What the cached one went to.
    pub(super) parts: Parts,
    /// The least that it could be; none where EVM code ran, whose stores are not told.
    pub(super) floor: Option<Parts>,
    /// Programs that were entered, and what that takes of the uncached one.
    pub(super) entries: BTreeMap<String, u64>,
}

impl Cost {
    /// Of two transactions that together are one operation.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (name, gas) in other.entries {
            *self.entries.entry(name).or_default() += gas;
        }
        Self {
            cached: self.cached + other.cached,
            uncached: self.uncached + other.uncached,
            parts: self.parts.with(other.parts, |one, two| one + two),
            floor: self.floor.zip(other.floor).map(|(one, two)| one.with(two, |one, two| one + two)),
            entries: self.entries,
        }
    }

    /// Of each item that a batch has more than another, which has so many less; rounded down.
    pub(super) fn each_of(self, less: &Self, more: u64) -> Self {
        let each = |many: u64, few: u64| many.saturating_sub(few) / more.max(1);
        let mut entries = self.entries;
        entries.retain(|name, gas| {
            *gas = each(*gas, less.entries.get(name).copied().unwrap_or_default());
            *gas > 0
        });
        Self {
            cached: each(self.cached, less.cached),
            uncached: each(self.uncached, less.uncached),
            parts: self.parts.with(less.parts, each),
            floor: self.floor.zip(less.floor).map(|(many, few)| many.with(few, each)),
            entries,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use alloy_primitives::{Address, B256, LogData};

    use super::*;

    /// Cached and uncached gas, without a word on where it went but 1,000 of WebAssembly.
    pub(in crate::bench) fn cost(cached: u64, uncached: u64) -> Cost {
        let floor = Parts { intrinsic: 21_000, storage: cached.saturating_sub(22_000), ..Parts::default() };
        let parts = Parts { wasm: 1_000, ..floor };
        let entries = [("cor-token".to_owned(), uncached.saturating_sub(cached))].into();
        Cost { cached, uncached, parts, floor: Some(floor), entries }
    }

    #[test]
    fn the_floor_is_the_stores_that_change_something() {
        let [zero, one, two] = [0_u64, 1, 2].map(U256::from);
        assert_eq!(floor(21_000, &[(one, one), (zero, zero)], &[]).used(), 21_000);
        assert_eq!(floor(21_000, &[(zero, one), (one, two)], &[]).used(), 21_000 + 22_100 + 5_000);
        assert_eq!(floor(21_000, &[(one, zero)], &[]).used(), 21_000 + 5_000 - 4_800);
        // At most a fifth comes back.
        assert_eq!(floor(21_000, &[(one, zero); 2], &[]).used(), 31_000 - 6_200);
    }

    #[test]
    fn a_log_costs_by_topics_and_bytes() {
        let data = LogData::new_unchecked(vec![B256::ZERO; 3], vec![0; 32].into());
        let log = Log { inner: alloy_primitives::Log { address: Address::ZERO, data }, ..Log::default() };
        assert_eq!(floor(0, &[], &[log]).used(), 375 + 3 * 375 + 32 * 8);
    }

    #[test]
    fn an_item_of_a_batch_costs_the_difference() {
        let each = cost(1_000_000, 1_020_000).each_of(&cost(20_000, 40_000), 49);
        assert_eq!((each.cached, each.uncached), (20_000, 20_000));
        assert!(each.entries.is_empty(), "entering is paid once: {:?}", each.entries);
    }

    #[test]
    fn two_transactions_add_up() {
        let both = cost(30_000, 50_000).and(cost(40_000, 45_000));
        assert_eq!((both.cached, both.uncached, both.parts.wasm), (70_000, 95_000, 2_000));
        assert_eq!(both.entries["cor-token"], 25_000);
    }
}
