//! The ABI of static values, on the stack: every argument, event, error and answer of ours but a few is a row of 32-byte words.
//!
//! `alloy-sol-types` says what the words are; its own encoder grows a `Vec` and its decoder explains failures in text,
//! and both cost a contract its panics and two kilobytes of data, each byte of which is paid for at every call.

use alloy_primitives::B256;
use alloy_sol_types::abi::token::WordToken;

/// A row of words: the token of a tuple of static types.
pub trait Words: Sized {
    /// How many.
    const COUNT: usize;
    /// Hands over each word in order.
    fn each(&self, take: impl FnMut(&B256));
    /// Takes the words in order; nothing if there are too few.
    fn read(words: &mut impl Iterator<Item = B256>) -> Option<Self>;
}

macro_rules! words {
    ($($count:literal: $($token:ident)*;)*) => {$(
        impl Words for ($(words!(@ $token),)*) {
            const COUNT: usize = $count;

            #[allow(unused_mut, unused_variables)] // The empty row.
            fn each(&self, mut take: impl FnMut(&B256)) {
                let ($($token,)*) = self;
                $(take(&$token.0);)*
            }

            #[allow(unused_variables)] // The empty row.
            fn read(words: &mut impl Iterator<Item = B256>) -> Option<Self> {
                $(let $token = WordToken(words.next()?);)*
                Some(($($token,)*))
            }
        }
    )*};
    (@ $token:ident) => { WordToken };
}

words! {
    0: ;
    1: a;
    2: a b;
    3: a b c;
    4: a b c d;
    5: a b c d e;
    6: a b c d e f;
    7: a b c d e f g;
    8: a b c d e f g h;
    9: a b c d e f g h i;
    10: a b c d e f g h i j;
    11: a b c d e f g h i j k;
    12: a b c d e f g h i j k l;
    13: a b c d e f g h i j k l m;
    14: a b c d e f g h i j k l m n;
    15: a b c d e f g h i j k l m n o;
    16: a b c d e f g h i j k l m n o p;
}

/// A constant word that lies in the code, not in the data: a byte of data costs every call 0.75 gas, a byte of code next
/// to nothing.
#[derive(Clone, Copy)]
pub struct Immediate([u64; 4]);

impl Immediate {
    /// Takes the word apart, while compiling.
    pub const fn new(word: B256) -> Self {
        let mut limbs = [0; 4];
        let mut i = 0;
        while i < 32 {
            limbs[i / 8] |= (word.0[i] as u64) << (8 * (i % 8));
            i += 1;
        }
        Self(limbs)
    }

    /// Puts it together, while running.
    #[inline(always)]
    pub fn word(self) -> B256 {
        let mut word = B256::ZERO;
        for (place, limb) in word.0.chunks_exact_mut(8).zip(self.0) {
            place.copy_from_slice(&limb.to_le_bytes());
        }
        word
    }
}

/// Bytes to be handed to the host, on the stack. What exceeds `N` is cut off; who fills one has checked that nothing does.
pub struct Buffer<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self { bytes: [0; N], length: 0 }
    }
}

impl<const N: usize> Buffer<N> {
    /// What was put in.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Puts bytes behind what is there.
    pub fn put(&mut self, bytes: &[u8]) {
        let free = self.bytes.get_mut(self.length..).unwrap_or_default();
        if let Some((place, _)) = free.split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            self.length = self.length.saturating_add(bytes.len());
        }
    }

    /// Puts a row of words behind what is there.
    pub fn put_words<W: Words>(&mut self, words: &W) {
        let end = self.length.saturating_add(32 * W::COUNT);
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            let mut places = room.as_chunks_mut::<32>().0.iter_mut();
            words.each(|word| {
                if let Some(place) = places.next() {
                    *place = word.0;
                }
            });
            self.length = end;
        }
    }

    /// Puts the tail of a dynamic value behind what is there: its length, its bytes, zeros up to a whole word.
    pub fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_number(bytes.len() as u64);
        self.put(bytes);
        self.put([0; 31].get(..bytes.len().wrapping_neg() % 32).unwrap_or_default());
    }

    /// Puts a number behind what is there, as a word.
    pub fn put_number(&mut self, number: u64) {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&number.to_be_bytes());
        self.put(&word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use alloy_sol_types::SolValue;

    #[test]
    fn a_dynamic_value_is_encoded_as_alloy_does() {
        for length in [0, 1, 31, 32, 33, 64] {
            let text = "x".repeat(length);
            let mut buffer = Buffer::<160>::default();
            buffer.put_number(32);
            buffer.put_bytes(text.as_bytes());
            assert_eq!(buffer.as_slice(), text.abi_encode());
        }
    }

    #[test]
    fn an_immediate_is_its_word() {
        let word = B256::new(core::array::from_fn(|i| 7 * i as u8));
        assert_eq!(Immediate::new(word).word(), word);
    }

    #[test]
    fn a_row_is_read_as_it_is_put() {
        let row = (WordToken(B256::repeat_byte(1)), WordToken(U256::from(7).into()));
        let mut buffer = Buffer::<64>::default();
        buffer.put_words(&row);
        let (words, rest) = buffer.as_slice().as_chunks::<32>();
        assert!(rest.is_empty());
        assert!(<(WordToken, WordToken)>::read(&mut words.iter().map(|word| B256::new(*word))) == Some(row));
        assert!(<(WordToken, WordToken)>::read(&mut [B256::ZERO].into_iter()).is_none());
    }
}
