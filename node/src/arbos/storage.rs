//! ArbOS's own storage: where each value stands, and how it is read and written.
//!
//! The layout is this node's, not Nitro's: small fixed slots for single values, hashed ones for sets and maps. What
//! an access costs does not depend on where a value stands, so contracts cannot tell the difference.

use std::{convert::Infallible, marker::PhantomData};

use alloy_primitives::{Address, B256, I256, U256, keccak256};

use super::Ledger;

/// Read and write access to ArbOS's storage: metered inside precompiles, free outside.
pub(super) trait Storage {
    /// What can stop an access: running out of gas, or nothing.
    type Error;

    /// Reads a slot.
    fn get(&mut self, slot: U256) -> Result<U256, Self::Error>;

    /// Writes a slot.
    fn set(&mut self, slot: U256, value: U256) -> Result<(), Self::Error>;
}

impl<'a> Storage for dyn Ledger + 'a {
    type Error = Infallible;

    fn get(&mut self, slot: U256) -> Result<U256, Infallible> {
        Ok(self.load(slot))
    }

    fn set(&mut self, slot: U256, value: U256) -> Result<(), Infallible> {
        self.store(slot, value);
        Ok(())
    }
}

/// A value that fills one slot.
pub(super) trait Word: Sized {
    /// From what a slot holds.
    fn from_word(word: U256) -> Self;

    /// To what a slot holds.
    fn to_word(&self) -> U256;
}

impl Word for U256 {
    fn from_word(word: U256) -> Self {
        word
    }

    fn to_word(&self) -> U256 {
        *self
    }
}

impl Word for u64 {
    fn from_word(word: U256) -> Self {
        word.saturating_to()
    }

    fn to_word(&self) -> U256 {
        U256::from(*self)
    }
}

impl Word for bool {
    fn from_word(word: U256) -> Self {
        !word.is_zero()
    }

    fn to_word(&self) -> U256 {
        U256::from(*self)
    }
}

impl Word for Address {
    fn from_word(word: U256) -> Self {
        Address::from_word(B256::from(word))
    }

    fn to_word(&self) -> U256 {
        self.into_word().into()
    }
}

impl Word for I256 {
    fn from_word(word: U256) -> Self {
        I256::from_raw(word)
    }

    fn to_word(&self) -> U256 {
        self.into_raw()
    }
}

/// One value at a fixed slot.
pub(super) struct Field<T> {
    slot: u64,
    value: PhantomData<T>,
}

impl<T: Word> Field<T> {
    const fn at(slot: u64) -> Self {
        Self { slot, value: PhantomData }
    }

    /// Reads it.
    pub(super) fn get<S: Storage + ?Sized>(&self, storage: &mut S) -> Result<T, S::Error> {
        storage.get(U256::from(self.slot)).map(T::from_word)
    }

    /// Writes it.
    pub(super) fn set<S: Storage + ?Sized>(&self, storage: &mut S, value: T) -> Result<(), S::Error> {
        storage.set(U256::from(self.slot), value.to_word())
    }

    /// Reads it where reading is free.
    pub(super) fn load(&self, ledger: &mut dyn Ledger) -> T {
        let Ok(value) = self.get(ledger);
        value
    }

    /// Writes it where writing is free.
    pub(super) fn store(&self, ledger: &mut dyn Ledger, value: T) {
        let Ok(()) = self.set(ledger, value);
    }
}

/// ArbOS version in force.
pub(super) const VERSION: Field<u64> = Field::at(0);
/// Version of the scheduled upgrade, 0 where none was ever scheduled.
pub(super) const UPGRADE_VERSION: Field<u64> = Field::at(1);
/// Second from which the scheduled upgrade holds.
pub(super) const UPGRADE_TIME: Field<u64> = Field::at(2);
/// Who gets the fee for computing and for activation.
pub(super) const NETWORK_FEE_ACCOUNT: Field<Address> = Field::at(3);
/// Who gets the minimum base fee's part of it; zero for nobody.
pub(super) const INFRA_FEE_ACCOUNT: Field<Address> = Field::at(4);
/// Brotli level at which the size of a posted transaction is estimated.
pub(super) const BROTLI_LEVEL: Field<u64> = Field::at(5);
/// Whether EIP-7623's floor for calldata holds.
pub(super) const CALLDATA_PRICE_INCREASE: Field<bool> = Field::at(6);
/// Whether tips are collected (from ArbOS 60).
pub(super) const COLLECT_TIPS: Field<bool> = Field::at(7);
/// Second from which native token owners may mint; 0 for never.
pub(super) const NATIVE_TOKEN_FROM: Field<u64> = Field::at(8);
/// Second from which transactions may be filtered; 0 for never.
pub(super) const FILTERING_FROM: Field<u64> = Field::at(9);
/// Who gets what filtered transactions carried.
pub(super) const FILTERED_FUNDS_RECIPIENT: Field<Address> = Field::at(10);
/// Chain id.
pub(super) const CHAIN_ID: Field<u64> = Field::at(11);

/// Base fee of the next block in wei per gas.
pub(super) const BASE_FEE: Field<U256> = Field::at(20);
/// The least that the base fee falls to.
pub(super) const MIN_BASE_FEE: Field<U256> = Field::at(21);
/// Gas that the chain is meant to compute each second.
pub(super) const SPEED_LIMIT: Field<u64> = Field::at(22);
/// Gas computed beyond the speed limit and not yet worked off.
pub(super) const GAS_BACKLOG: Field<u64> = Field::at(23);
/// Seconds of the speed limit before a backlog raises the base fee.
pub(super) const BACKLOG_TOLERANCE: Field<u64> = Field::at(24);
/// How slowly the base fee answers to the backlog.
pub(super) const PRICING_INERTIA: Field<u64> = Field::at(25);
/// Computing gas that fits a block.
pub(super) const MAX_BLOCK_GAS: Field<u64> = Field::at(26);
/// Computing gas that one transaction may use (from ArbOS 50).
pub(super) const MAX_TX_GAS: Field<u64> = Field::at(27);

/// Wei per unit of posted data.
pub(super) const L1_PRICE_PER_UNIT: Field<U256> = Field::at(40);
/// How slowly that price answers.
pub(super) const L1_INERTIA: Field<u64> = Field::at(41);
/// Wei per unit that rewards posting.
pub(super) const L1_REWARD_RATE: Field<u64> = Field::at(42);
/// Who gets that reward.
pub(super) const L1_REWARD_RECIPIENT: Field<Address> = Field::at(43);
/// Units over which a surplus is worked off.
pub(super) const L1_EQUILIBRATION_UNITS: Field<U256> = Field::at(44);
/// Gas charged for each batch.
pub(super) const L1_PER_BATCH_GAS: Field<I256> = Field::at(45);
/// Cap of the amortised cost, in basis points.
pub(super) const L1_COST_CAP_BIPS: Field<u64> = Field::at(46);
/// The parent chain's gas floor for each token of calldata.
pub(super) const L1_GAS_FLOOR: Field<u64> = Field::at(47);

/// The Stylus parameters, packed.
pub(super) const STYLUS_PARAMS: Field<U256> = Field::at(60);
/// Gas that every activation burns on top (from ArbOS 60).
pub(super) const ACTIVATION_GAS: Field<u64> = Field::at(61);
/// Bytes of programs activated and not yet worked off.
pub(super) const DATA_DEMAND: Field<u64> = Field::at(62);
/// Bytes worked off each second.
pub(super) const DATA_PER_SECOND: Field<u64> = Field::at(63);
/// When the demand was last brought up to date.
pub(super) const DATA_UPDATED: Field<u64> = Field::at(64);
/// Wei per byte at no demand.
pub(super) const DATA_MIN_PRICE: Field<u64> = Field::at(65);
/// Bytes of demand that raise the price e-fold.
pub(super) const DATA_INERTIA: Field<u64> = Field::at(66);

/// Chain owners.
pub(super) const CHAIN_OWNERS: AddressSet = AddressSet { name: "chain owners" };
/// Who may cache programs.
pub(super) const CACHE_MANAGERS: AddressSet = AddressSet { name: "cache managers" };
/// Who may mint the native token.
pub(super) const NATIVE_TOKEN_OWNERS: AddressSet = AddressSet { name: "native token owners" };
/// Who may filter transactions.
pub(super) const TRANSACTION_FILTERERS: AddressSet = AddressSet { name: "transaction filterers" };

/// Packed program entries by code hash.
pub(super) const PROGRAMS: Map = Map { name: "programs" };
/// Hashes of activated modules by code hash.
pub(super) const MODULE_HASHES: Map = Map { name: "module hashes" };
/// Hashes of this chain's last 256 blocks, by number modulo 256.
pub(super) const BLOCK_HASHES: Map = Map { name: "block hashes" };

/// Words by key.
pub(super) struct Map {
    name: &'static str,
}

impl Map {
    /// The word at `key`.
    pub(super) fn get<S: Storage + ?Sized>(&self, storage: &mut S, key: B256) -> Result<U256, S::Error> {
        storage.get(hashed(self.name, key))
    }

    /// Sets the word at `key`.
    pub(super) fn set<S: Storage + ?Sized>(&self, storage: &mut S, key: B256, value: U256) -> Result<(), S::Error> {
        storage.set(hashed(self.name, key), value)
    }
}

/// Addresses in a list with, for each, its place in it, counted from 1. Accesses are those of Nitro's address set, so
/// that metered callers pay the same.
pub(super) struct AddressSet {
    name: &'static str,
}

impl AddressSet {
    fn place(&self, place: u64) -> U256 {
        hashed(self.name, U256::from(place).into())
    }

    /// The key that holds the place of `address`. No place collides with it: places stay below 2^64.
    fn index(&self, address: Address) -> U256 {
        hashed(self.name, B256::from(U256::MAX ^ address.to_word()))
    }

    /// Whether `address` is in it.
    pub(super) fn contains<S: Storage + ?Sized>(&self, storage: &mut S, address: Address) -> Result<bool, S::Error> {
        storage.get(self.index(address)).map(|place| !place.is_zero())
    }

    /// All addresses in it, in no order to rely on.
    pub(super) fn members<S: Storage + ?Sized>(&self, storage: &mut S) -> Result<Vec<Address>, S::Error> {
        let size = u64::from_word(storage.get(self.place(0))?);
        (1..=size).map(|place| storage.get(self.place(place)).map(<Address as Word>::from_word)).collect()
    }

    /// Puts `address` in.
    pub(super) fn add<S: Storage + ?Sized>(&self, storage: &mut S, address: Address) -> Result<(), S::Error> {
        if self.contains(storage, address)? {
            return Ok(());
        }
        let place = u64::from_word(storage.get(self.place(0))?) + 1;
        storage.set(self.index(address), U256::from(place))?;
        storage.set(self.place(place), address.to_word())?;
        self.resize(storage, |size| size + 1)
    }

    /// Takes `address` out; the last one moves to its place.
    pub(super) fn remove<S: Storage + ?Sized>(&self, storage: &mut S, address: Address) -> Result<(), S::Error> {
        let place = u64::from_word(storage.get(self.index(address))?);
        if place == 0 {
            return Ok(());
        }
        storage.set(self.index(address), U256::ZERO)?;
        let size = u64::from_word(storage.get(self.place(0))?);
        if place < size {
            let last = storage.get(self.place(size))?;
            storage.set(self.place(place), last)?;
            storage.set(self.index(<Address as Word>::from_word(last)), U256::from(place))?;
        }
        storage.set(self.place(size), U256::ZERO)?;
        self.resize(storage, |size| size - 1)
    }

    fn resize<S: Storage + ?Sized>(&self, storage: &mut S, change: fn(u64) -> u64) -> Result<(), S::Error> {
        let size = u64::from_word(storage.get(self.place(0))?);
        storage.set(self.place(0), U256::from(change(size)))
    }
}

fn hashed(name: &str, key: B256) -> U256 {
    keccak256([name.as_bytes(), key.as_slice()].concat()).into()
}
