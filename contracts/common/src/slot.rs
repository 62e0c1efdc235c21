//! One storage slot as one value: several fields that are read and written together cost one load and one store.
//!
//! The SDK packs fields too, but each access to a field is a load and a store of its own, and its accessors are long.
//! Here a slot is read once into a plain struct, and written back once. Layout within a slot is Solidity's: the
//! first field lies in the lowest bytes.

use core::marker::PhantomData;

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{
    host::VM,
    prelude::*,
    storage::{StorageGuard, StorageGuardMut},
};

use crate::layout::Field;

/// A value that fills (part of) one 32-byte storage word.
pub trait Word: Sized {
    /// Reads the value from the word. Every word reads as something: an unused slot as the default.
    fn unpack(word: &[u8; 32]) -> Self;
    /// The word that reads as this value.
    fn pack(&self) -> [u8; 32];
}

/// The accessor of a slot that holds a [`Word`].
pub struct Slot<T> {
    key: U256,
    vm: VM,
    value: PhantomData<T>,
}

impl<T: Word> Slot<T> {
    /// Loads the value.
    pub fn get(&self) -> T {
        T::unpack(&self.vm.storage_load_bytes32(self.key).0)
    }

    /// Stores the value.
    pub fn set(&mut self, value: &T) {
        // SAFETY: the accessor is borrowed mutably, and no other accessor of this key is alive.
        unsafe { self.vm.storage_cache_bytes32(self.key, B256::new(value.pack())) }
    }
}

impl<T: Word> StorageType for Slot<T> {
    type Wraps<'a>
        = T
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;

    unsafe fn new(key: U256, _offset: u8, vm: VM) -> Self {
        Self { key, vm, value: PhantomData }
    }

    fn load<'s>(self) -> T
    where
        Self: 's,
    {
        self.get()
    }

    fn load_mut<'s>(self) -> StorageGuardMut<'s, Self>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}

/// An accessor that outlives the borrow of the map it came from, so that reading and later writing one entry hashes its key once.
pub fn detach<T: Word>(guard: StorageGuard<'_, Slot<T>>) -> Slot<T> {
    // SAFETY: a slot caches nothing, so another accessor of the same key always sees what this one wrote.
    unsafe { guard.into_raw() }
}

impl Word for U256 {
    fn unpack(word: &[u8; 32]) -> Self {
        U256::from_be_bytes(*word)
    }

    fn pack(&self) -> [u8; 32] {
        self.to_be_bytes()
    }
}

impl Word for Address {
    fn unpack(word: &[u8; 32]) -> Self {
        Field::read::<0, 20>(word)
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        self.write::<0, 20>(&mut word);
        word
    }
}
