//! Where each field of a slot lies, said once: reading and writing follow from it.

use alloy_primitives::Address;

/// A field of a slot, whose lowest byte lies `AT` bytes from the word's lowest end and which is `LEN` bytes wide.
pub trait Field: Sized {
    /// The widest that it may be.
    const WIDTH: usize;
    /// Reads it.
    fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> Self;
    /// Writes it. What does not fit is cut: the owner of the word keeps its fields within their widths.
    fn write<const AT: usize, const LEN: usize>(&self, word: &mut [u8; 32]);
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Field for $number {
            const WIDTH: usize = size_of::<Self>();

            fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> Self {
                read::<AT, LEN>(word) as Self
            }

            fn write<const AT: usize, const LEN: usize>(&self, word: &mut [u8; 32]) {
                write::<AT, LEN>(word, *self as u128);
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, i128);

impl Field for bool {
    const WIDTH: usize = 1;

    fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> Self {
        read::<AT, LEN>(word) != 0
    }

    fn write<const AT: usize, const LEN: usize>(&self, word: &mut [u8; 32]) {
        write::<AT, LEN>(word, (*self).into());
    }
}

impl<const N: usize> Field for [u8; N] {
    const WIDTH: usize = N;

    fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> Self {
        const { assert!(LEN == N && AT + N <= 32) };
        let mut bytes = [0; N];
        bytes.copy_from_slice(&word[32 - AT - N..32 - AT]);
        bytes
    }

    fn write<const AT: usize, const LEN: usize>(&self, word: &mut [u8; 32]) {
        const { assert!(LEN == N && AT + N <= 32) };
        word[32 - AT - N..32 - AT].copy_from_slice(self);
    }
}

impl Field for Address {
    const WIDTH: usize = 20;

    fn read<const AT: usize, const LEN: usize>(word: &[u8; 32]) -> Self {
        Address::new(Field::read::<AT, LEN>(word))
    }

    fn write<const AT: usize, const LEN: usize>(&self, word: &mut [u8; 32]) {
        self.0.0.write::<AT, LEN>(word);
    }
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

/// Writes the `LEN` lowest bytes of `value`, the lowest `AT` bytes from the word's lowest end.
pub const fn write<const AT: usize, const LEN: usize>(word: &mut [u8; 32], value: u128) {
    const { assert!(LEN <= 16 && AT + LEN <= 32) };
    let mut i = 0;
    while i < LEN {
        word[31 - AT - i] = (value >> (8 * i)) as u8;
        i += 1;
    }
}

/// The [`Word`](crate::Word) of a struct with a `Default`: its fields in the order in which they lie, each with its bytes from
/// the word's lowest end (`token: 0..20`); and behind a semicolon the byte whose bits are its switches, the lowest first.
/// Fields that overlap, or are wider than their type, do not compile.
#[macro_export]
macro_rules! layout {
    ($type:ty { $($($field:tt).+ : $from:literal .. $to:literal),+ $(; $byte:literal : $($switch:ident)|+)? }) => {
        impl $crate::Word for $type {
            fn unpack(word: &[u8; 32]) -> Self {
                let mut value = Self::default();
                $(value.$($field).+ = $crate::layout::Field::read::<$from, { $to - $from }>(word);)+
                $(
                    let switches = word[31 - $byte];
                    let mut bit = 0;
                    $(
                        value.$switch = switches >> bit & 1 != 0;
                        bit += 1;
                    )+
                    let _ = bit;
                )?
                value
            }

            fn pack(&self) -> [u8; 32] {
                const { assert!($crate::layout::in_order(&[$($from, $to),+ $(, $byte, $byte + 1)?])) };
                let mut word = [0; 32];
                $($crate::layout::put::<_, $from, { $to - $from }>(&self.$($field).+, &mut word);)+
                $(
                    let mut bit = 0;
                    $(
                        word[31 - $byte] |= u8::from(self.$switch) << bit;
                        bit += 1;
                    )+
                    let _ = bit;
                )?
                word
            }
        }
    };
}

/// Writes a field that is not wider than its type can fill.
#[doc(hidden)]
pub fn put<F: Field, const AT: usize, const LEN: usize>(field: &F, word: &mut [u8; 32]) {
    const { assert!(LEN <= F::WIDTH) };
    field.write::<AT, LEN>(word);
}

/// Whether no bound is below the one before it.
#[doc(hidden)]
pub const fn in_order(bounds: &[usize]) -> bool {
    let mut i = 1;
    while i < bounds.len() {
        if bounds[i] < bounds[i - 1] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Word;
    use alloy_primitives::U256;

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Mixed {
        amount: u128,
        account: Address,
        debt: (i128, u8),
        first: bool,
        second: bool,
    }

    layout!(Mixed { amount: 0..4, account: 4..24, debt.1: 30..31; 31: first | second });

    #[test]
    fn fields_do_not_touch_each_other() {
        for bits in 0..4 {
            let (first, second) = (bits & 1 != 0, bits & 2 != 0);
            let mixed = Mixed { amount: u32::MAX.into(), account: Address::repeat_byte(0x5a), debt: (0, 7), first, second };
            assert_eq!(mixed.pack()[0], bits);
            assert_eq!(Mixed::unpack(&mixed.pack()), mixed);
        }
    }

    #[test]
    fn the_first_field_lies_lowest_as_in_solidity() {
        let mut word = [0; 32];
        write::<0, 2>(&mut word, 0xabcd);
        assert_eq!(U256::from_be_bytes(word), U256::from(0xabcd));
        assert_eq!(read::<0, 2>(&word), 0xabcd);
    }

    #[test]
    fn numbers_below_zero_keep_their_sign() {
        for debt in [i128::MIN, -1, 0, 1, i128::MAX] {
            let mut word = [0; 32];
            debt.write::<12, 16>(&mut word);
            assert_eq!(i128::read::<12, 16>(&word), debt);
        }
    }

    #[test]
    fn bounds_are_in_order_or_refused() {
        assert!(in_order(&[0, 12, 12, 24, 31, 32]));
        assert!(!in_order(&[0, 12, 11, 24]));
    }
}
