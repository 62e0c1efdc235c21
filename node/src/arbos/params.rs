//! The Stylus parameters: their defaults, the steps by which ArbOS versions change them, and how they are kept.

use alloy_primitives::U256;

use super::{
    Ledger,
    storage::{STYLUS_PARAMS, Storage},
};
use crate::vm::Rules;

/// Gas units of [`StylusParams::min_init_gas`].
pub(super) const MIN_INIT_GAS_UNIT: u64 = 128;
/// Gas units of [`StylusParams::min_cached_init_gas`].
pub(super) const MIN_CACHED_GAS_UNIT: u64 = 32;
/// Percent units of the cost scalars.
pub(super) const SCALAR_PERCENT: u64 = 2;
/// A constant that ArbWasm reports and nothing reads: the page costs come from a table.
pub(super) const PAGE_RAMP: u64 = 620_674_314;

/// The Stylus parameters in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StylusParams {
    /// Stylus version, which a program's activation must match.
    pub version: u16,
    /// Ink per gas.
    pub ink_price: u32,
    /// Words.
    pub max_stack_depth: u32,
    /// Pages that cost nothing.
    pub free_pages: u16,
    /// Gas per further page.
    pub page_gas: u16,
    /// The most pages that may be open.
    pub page_limit: u16,
    /// Units of 128 gas.
    pub min_init_gas: u8,
    /// Units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Units of 2 %.
    pub init_cost_scalar: u8,
    /// Units of 2 %.
    pub cached_cost_scalar: u8,
    /// Days until an activation expires.
    pub expiry_days: u16,
    /// Days before which it cannot be prolonged.
    pub keepalive_days: u16,
    /// Programs that a block remembers as warm (from ArbOS 60).
    pub block_cache_size: u16,
    /// Bytes, decompressed.
    pub max_wasm_size: u32,
    /// Fragments of one program (from ArbOS 60).
    pub max_fragments: u8,
}

impl StylusParams {
    /// Those of ArbOS 30, which brought Stylus.
    pub(super) const FIRST: Self = Self {
        version: 1,
        ink_price: 10_000,
        max_stack_depth: 4 * 65_536,
        free_pages: 2,
        page_gas: 1_000,
        page_limit: 128,
        min_init_gas: 72,
        min_cached_init_gas: 11,
        init_cost_scalar: 50,
        cached_cost_scalar: 50,
        expiry_days: 365,
        keepalive_days: 31,
        block_cache_size: 32,
        max_wasm_size: 128 * 1024,
        max_fragments: 0,
    };

    /// Takes the step that ArbOS takes when it reaches `arbos`.
    pub(super) fn upgrade(&mut self, arbos: u64) {
        match arbos {
            31 => {
                self.version = 2;
                self.min_init_gas = 69;
            }
            40 => self.max_wasm_size = 128 * 1024,
            50 => self.max_stack_depth = self.max_stack_depth.min(22_000),
            60 => self.max_fragments = 2,
            _ => {}
        }
    }

    /// Reads them.
    pub fn load(ledger: &mut dyn Ledger) -> Self {
        Self::unpack(STYLUS_PARAMS.load(ledger))
    }

    pub(super) fn save<S: Storage + ?Sized>(&self, storage: &mut S) -> Result<(), S::Error> {
        STYLUS_PARAMS.set(storage, self.pack())
    }

    /// The part of them that shapes how a program of their Stylus version is examined and run.
    pub fn rules(&self, arbos: u64, debug: bool) -> Rules {
        Rules {
            arbos,
            stylus: self.version,
            debug,
            ink_price: self.ink_price,
            max_stack_depth: self.max_stack_depth,
            free_pages: self.free_pages,
            page_gas: self.page_gas,
        }
    }

    /// The least gas for initialising a program that is not cached, and for one that is.
    pub(super) fn min_gas(&self) -> (u64, u64) {
        (u64::from(self.min_init_gas) * MIN_INIT_GAS_UNIT, u64::from(self.min_cached_init_gas) * MIN_CACHED_GAS_UNIT)
    }

    fn pack(&self) -> U256 {
        let mut word = Packer::default();
        word.put(16, self.version);
        word.put(24, self.ink_price);
        word.put(32, self.max_stack_depth);
        word.put(16, self.free_pages);
        word.put(16, self.page_gas);
        word.put(16, self.page_limit);
        word.put(8, self.min_init_gas);
        word.put(8, self.min_cached_init_gas);
        word.put(8, self.init_cost_scalar);
        word.put(8, self.cached_cost_scalar);
        word.put(16, self.expiry_days);
        word.put(16, self.keepalive_days);
        word.put(16, self.block_cache_size);
        word.put(32, self.max_wasm_size);
        word.put(8, self.max_fragments);
        word.0
    }

    /// Fields are taken in the reverse order of [`Self::pack`]; Rust evaluates them as they are written.
    fn unpack(word: U256) -> Self {
        let mut word = Unpacker(word);
        Self {
            max_fragments: word.take(8),
            max_wasm_size: word.take(32),
            block_cache_size: word.take(16),
            keepalive_days: word.take(16),
            expiry_days: word.take(16),
            cached_cost_scalar: word.take(8),
            init_cost_scalar: word.take(8),
            min_cached_init_gas: word.take(8),
            min_init_gas: word.take(8),
            page_limit: word.take(16),
            page_gas: word.take(16),
            free_pages: word.take(16),
            max_stack_depth: word.take(32),
            ink_price: word.take(24),
            version: word.take(16),
        }
    }
}

/// Puts small numbers into one word, each above those put after it.
#[derive(Default)]
pub(super) struct Packer(pub(super) U256);

impl Packer {
    /// Appends the low `bits` of `value`.
    pub(super) fn put(&mut self, bits: usize, value: impl Into<u64>) {
        self.0 = (self.0 << bits) | U256::from(value.into());
    }
}

/// Takes them out again, the last one first.
pub(super) struct Unpacker(pub(super) U256);

impl Unpacker {
    /// Takes the low `bits`, which must fit `T`.
    pub(super) fn take<T: TryFrom<u64> + Default>(&mut self, bits: usize) -> T {
        let value = (self.0 & ((U256::from(1) << bits) - U256::from(1))).to::<u64>();
        self.0 >>= bits;
        T::try_from(value).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(arbos: u64) -> StylusParams {
        let mut params = StylusParams::FIRST;
        (31..=arbos).for_each(|version| params.upgrade(version));
        params
    }

    #[test]
    fn each_version_changes_what_it_should() {
        assert_eq!((at(30).version, at(30).min_init_gas, at(30).max_stack_depth), (1, 72, 262_144));
        assert_eq!((at(31).version, at(31).min_init_gas), (2, 69));
        assert_eq!((at(49).max_stack_depth, at(50).max_stack_depth), (262_144, 22_000));
        assert_eq!((at(51).max_fragments, at(60).max_fragments), (0, 2));
        assert_eq!(at(60).min_gas(), (8832, 352));
    }

    #[test]
    fn packing_loses_nothing() {
        let odd = StylusParams {
            version: 3,
            ink_price: 0xff_fffe,
            max_stack_depth: u32::MAX - 1,
            free_pages: 4,
            page_gas: 5,
            page_limit: 6,
            min_init_gas: 7,
            min_cached_init_gas: 8,
            init_cost_scalar: 9,
            cached_cost_scalar: 10,
            expiry_days: 11,
            keepalive_days: 12,
            block_cache_size: 13,
            max_wasm_size: u32::MAX - 14,
            max_fragments: 15,
        };
        assert_eq!(StylusParams::unpack(odd.pack()), odd);
    }
}
