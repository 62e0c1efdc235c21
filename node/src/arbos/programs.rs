//! Stylus programs as ArbOS keeps them: entries by code hash, what entering one costs, how they age.

use alloy_primitives::B256;

use super::{
    Ledger, StylusParams,
    params::{Packer, SCALAR_PERCENT, Unpacker},
    pricing::ARBITRUM_START,
    storage::{PROGRAMS, Storage},
};
use crate::vm::{Pages, page_cost};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Why a program cannot run, as ArbWasm's errors say it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// `ProgramNotActivated()`
    #[error("program not activated")]
    NotActivated,
    /// `ProgramNeedsUpgrade(uint16,uint16)`
    #[error("program needs upgrade: it was activated for Stylus version {program}, the chain runs {stylus}")]
    NeedsUpgrade {
        /// Activated for.
        program: u16,
        /// In force.
        stylus: u16,
    },
    /// `ProgramExpired(uint64)`
    #[error("program expired: activated {age} seconds ago")]
    Expired {
        /// Seconds since its activation.
        age: u64,
    },
}

/// A program that may run, and what entering it costs.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The parameters in force.
    pub params: StylusParams,
    /// Pages of its initial memory.
    pub footprint: u16,
    /// Gas for initialisation and for the pages of its memory.
    pub gas: u64,
    /// Whether a cache manager keeps it cached, so that the block need not remember it.
    pub cached: bool,
}

/// Looks a program up and prices its entry, as ArbOS does for each call. `recent` says whether the block remembers
/// the program (always false before ArbOS 60). Free of gas itself.
pub fn enter(ledger: &mut dyn Ledger, code_hash: B256, now: u64, pages: Pages, recent: bool) -> Result<Entry, ProgramError> {
    let params = StylusParams::load(ledger);
    let Ok(program) = Program::load(ledger, code_hash);
    program.check(now, &params)?;
    let cached = program.cached || recent;
    let mut gas = page_cost(program.footprint, pages, params.free_pages, params.page_gas);
    // In the first Stylus version the cost of a cached start is part of that of an uncached one.
    if cached || program.version > 1 {
        gas = gas.saturating_add(program.cached_gas(&params));
    }
    if !cached {
        gas = gas.saturating_add(program.init_gas(&params));
    }
    Ok(Entry { params, footprint: program.footprint, gas, cached: program.cached })
}

/// What activation leaves about a program. The default is that of one never activated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Program {
    /// Stylus version that it was activated for, 0 for never.
    pub(super) version: u16,
    /// Gas for initialising it, before scaling.
    pub(super) init_cost: u16,
    /// The same when it is cached.
    pub(super) cached_cost: u16,
    /// Pages of its initial memory.
    pub(super) footprint: u16,
    /// Hours from [`ARBITRUM_START`] to its activation.
    pub(super) activated_at: u32,
    /// Estimated size of its native code in KiB, rounded up.
    pub(super) asm_kb: u32,
    /// Whether a cache manager keeps it cached.
    pub(super) cached: bool,
}

impl Program {
    /// Reads the entry of a code hash.
    pub(super) fn load<S: Storage + ?Sized>(storage: &mut S, code_hash: B256) -> Result<Self, S::Error> {
        let mut word = Unpacker(PROGRAMS.get(storage, code_hash)?);
        Ok(Self {
            cached: word.take::<u8>(8) != 0,
            asm_kb: word.take(24),
            activated_at: word.take(24),
            footprint: word.take(16),
            cached_cost: word.take(16),
            init_cost: word.take(16),
            version: word.take(16),
        })
    }

    /// Writes it.
    pub(super) fn save<S: Storage + ?Sized>(&self, storage: &mut S, code_hash: B256) -> Result<(), S::Error> {
        let mut word = Packer::default();
        word.put(16, self.version);
        word.put(16, self.init_cost);
        word.put(16, self.cached_cost);
        word.put(16, self.footprint);
        word.put(24, self.activated_at);
        word.put(24, self.asm_kb);
        word.put(8, self.cached);
        PROGRAMS.set(storage, code_hash, word.0)
    }

    /// Whether it may run.
    pub(super) fn check(&self, now: u64, params: &StylusParams) -> Result<(), ProgramError> {
        if self.version == 0 {
            return Err(ProgramError::NotActivated);
        }
        if self.version != params.version {
            return Err(ProgramError::NeedsUpgrade { program: self.version, stylus: params.version });
        }
        if self.expired(now, params) {
            return Err(ProgramError::Expired { age: self.age(now) });
        }
        Ok(())
    }

    /// Whether it may be cached, which an old version of it may not, nor one never activated.
    pub(super) fn cacheable(&self, now: u64, params: &StylusParams) -> Result<(), ProgramError> {
        match self.check(now, params) {
            Err(ProgramError::NotActivated) => Err(ProgramError::NeedsUpgrade { program: 0, stylus: params.version }),
            other => other,
        }
    }

    /// Seconds since its activation, which is kept by the hour.
    pub(super) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(ARBITRUM_START + HOUR * u64::from(self.activated_at))
    }

    /// Whether its activation is too long ago.
    pub(super) fn expired(&self, now: u64, params: &StylusParams) -> bool {
        self.age(now) > u64::from(params.expiry_days) * DAY
    }

    /// Whether its activation is too recent to be prolonged.
    pub(super) fn young(&self, now: u64, params: &StylusParams) -> bool {
        self.age(now) < u64::from(params.keepalive_days) * DAY
    }

    /// Seconds until it expires.
    pub(super) fn time_left(&self, now: u64, params: &StylusParams) -> u64 {
        (u64::from(params.expiry_days) * DAY).saturating_sub(self.age(now))
    }

    /// Estimated bytes of its native code.
    pub(super) fn asm_size(&self) -> u32 {
        self.asm_kb.saturating_mul(1024)
    }

    /// Gas for initialising it when it is not cached (Stylus version 2: besides [`Self::cached_gas`]).
    pub(super) fn init_gas(&self, params: &StylusParams) -> u64 {
        params.min_gas().0 + scaled(self.init_cost, params.init_cost_scalar)
    }

    /// Gas for initialising it when it is cached.
    pub(super) fn cached_gas(&self, params: &StylusParams) -> u64 {
        params.min_gas().1 + scaled(self.cached_cost, params.cached_cost_scalar)
    }
}

/// `cost` by a scalar in units of 2 %, rounded up.
fn scaled(cost: u16, scalar: u8) -> u64 {
    (u64::from(cost) * u64::from(scalar) * SCALAR_PERCENT).div_ceil(100)
}

/// Whole hours from [`ARBITRUM_START`] to `now`, as activations are kept.
pub(super) fn hours(now: u64) -> u32 {
    const MOST: u32 = 0xff_ffff;
    u32::try_from(now.saturating_sub(ARBITRUM_START) / HOUR).map_or(MOST, |hours| hours.min(MOST))
}
