//! The storage cache of one frame, and what storage costs in gas.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::{Host, Stored};

/// Gas for a slot that was cold.
pub(super) const COLD_SLOT: u64 = 2100;
/// Gas for a slot or an account that was warm.
pub(super) const WARM: u64 = 100;
/// The most that the cache itself charges for one access.
pub(super) const CACHE_ACCESS: u64 = 10;
/// Gas that must be left for a store to be tried at all.
pub(super) const STORE_SENTRY: u64 = 2300;

/// A cached slot.
struct Slot {
    value: B256,
    /// What the state is known to hold: nothing is known of a slot that was written before it was ever read, so it is
    /// dirty even if the value is the one that stands there.
    known: Option<B256>,
}

/// Values read and written by one frame. Writes reach the state with a flush, and are lost without one.
#[derive(Default)]
pub(super) struct StorageCache {
    slots: BTreeMap<B256, Slot>,
    /// Loads so far, however answered.
    reads: u64,
    /// Cached writes so far.
    writes: u64,
}

/// How a flush went.
pub(super) struct Flush {
    /// Gas that the stores cost; all that was offered if it did not suffice.
    pub cost: u64,
    pub result: FlushResult,
}

/// Whether everything was stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FlushResult {
    Done,
    ReadOnly,
    OutOfGas,
}

impl StorageCache {
    /// The value of a slot, and the gas it costs: the more loads, the more each costs; a miss costs the EVM's price
    /// and `api` besides.
    pub(super) fn load(&mut self, key: B256, api: u64, host: &mut dyn Host) -> (B256, u64) {
        self.reads += 1;
        let gas = match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => CACHE_ACCESS,
        };
        if let Some(slot) = self.slots.get(&key) {
            return (slot.value, gas);
        }
        let access = host.load(key);
        self.slots.insert(key, Slot { value: access.value, known: Some(access.value) });
        let state = if access.cold { COLD_SLOT } else { WARM };
        (access.value, gas + state + api)
    }

    /// Caches a write, and tells the gas it costs.
    pub(super) fn write(&mut self, key: B256, value: B256) -> u64 {
        self.writes += 1;
        self.slots.entry(key).and_modify(|slot| slot.value = value).or_insert(Slot { value, known: None });
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => CACHE_ACCESS,
        }
    }

    /// Stores everything dirty, as far as `gas` allows; with `clear` the cache forgets everything, too. Using up all of
    /// `gas` counts as running out, so one more than is left is to be offered.
    pub(super) fn flush(&mut self, clear: bool, gas: u64, host: &mut dyn Host) -> Flush {
        let mut dirty = vec![];
        for (key, slot) in &mut self.slots {
            if slot.known != Some(slot.value) {
                slot.known = Some(slot.value);
                dirty.push((*key, slot.value));
            }
        }
        if clear {
            self.slots.clear();
        }
        let mut left = gas;
        for (key, value) in dirty {
            if host.env().read_only {
                return Flush { cost: gas - left, result: FlushResult::ReadOnly };
            }
            let (cost, refund) = store_cost(host.store(key, value), value);
            host.refund(refund);
            left = left.saturating_sub(cost);
            if left == 0 {
                return Flush { cost: gas, result: FlushResult::OutOfGas };
            }
        }
        Flush { cost: gas - left, result: FlushResult::Done }
    }
}

/// Gas of a store, and what it adds to the refund (EIP-2200, EIP-2929, EIP-3529).
fn store_cost(slot: Stored, value: B256) -> (u64, i64) {
    const SET: u64 = 20_000;
    const RESET: u64 = 2900;
    const CLEARS: i64 = 4800;

    let Stored { original, present, cold } = slot;
    let (cost, refund) = if present == value {
        (WARM, 0)
    } else if original == present {
        match (original.is_zero(), value.is_zero()) {
            (true, _) => (SET, 0),
            (false, false) => (RESET, 0),
            (false, true) => (RESET, CLEARS),
        }
    } else {
        let mut refund = 0;
        if !original.is_zero() {
            if present.is_zero() {
                refund -= CLEARS;
            } else if value.is_zero() {
                refund += CLEARS;
            }
        }
        if original == value {
            let paid = if original.is_zero() { SET } else { RESET };
            refund += (paid - WARM).cast_signed();
        }
        (WARM, refund)
    };
    (if cold { cost + COLD_SLOT } else { cost }, refund)
}
