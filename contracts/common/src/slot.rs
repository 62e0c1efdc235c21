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

/// The `LEN` bytes whose lowest lies `AT` bytes from the word's lowest end, as a number.
pub const fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> u128 {
    const { assert!(LEN <= 16 && AT + LEN <= 32) };
    let mut value = 0;
    let mut i = 0;
    while i < LEN {
        value = value << 8 | word[32 - AT - LEN + i] as u128;
        i += 1;
    }
    value
}

/// Writes the `LEN` lowest bytes of `value`, the lowest `AT` bytes from the word's lowest end. What does not fit is cut:
/// the owner of the word keeps its fields within their widths.
pub const fn write<const AT: usize, const LEN: usize>(word: &mut [u8; 32], value: u128) {
    const { assert!(LEN <= 16 && AT + LEN <= 32) };
    let mut i = 0;
    while i < LEN {
        word[31 - AT - i] = (value >> (8 * i)) as u8;
        i += 1;
    }
}

/// The address whose lowest byte lies `AT` bytes from the word's lowest end.
pub fn read_address<const AT: usize>(word: &[u8; 32]) -> Address {
    const { assert!(AT + 20 <= 32) };
    let mut address = Address::ZERO;
    address.0.0.copy_from_slice(&word[12 - AT..32 - AT]);
    address
}

/// Writes an address, its lowest byte `AT` bytes from the word's lowest end.
pub fn write_address<const AT: usize>(word: &mut [u8; 32], address: Address) {
    const { assert!(AT + 20 <= 32) };
    word[12 - AT..32 - AT].copy_from_slice(address.as_slice());
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
        read_address::<0>(word)
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = [0; 32];
        write_address::<0>(&mut word, *self);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_touch_each_other() {
        let mut word = [0; 32];
        write::<0, 12>(&mut word, (1 << 96) - 1);
        write::<24, 8>(&mut word, 0x0102_0304_0506_0708);
        write::<12, 12>(&mut word, 7);
        assert_eq!(read::<0, 12>(&word), (1 << 96) - 1);
        assert_eq!(read::<12, 12>(&word), 7);
        assert_eq!(read::<24, 8>(&word), 0x0102_0304_0506_0708);
        assert_eq!(word[0..8], [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn the_first_field_lies_lowest_as_in_solidity() {
        let mut word = [0; 32];
        write::<0, 2>(&mut word, 0xabcd);
        assert_eq!(U256::from_be_bytes(word), U256::from(0xabcd));
    }

    #[test]
    fn an_address_keeps_its_place() {
        let address = Address::repeat_byte(0x5a);
        let mut word = [0; 32];
        write_address::<12>(&mut word, address);
        assert_eq!(read_address::<12>(&word), address);
        assert_eq!(read::<0, 12>(&word), 0);
        assert_eq!(Address::unpack(&address.pack()), address);
    }
}
