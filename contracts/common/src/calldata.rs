//! Arguments with arrays, structs or texts among them, read where they lie.
//!
//! [`arguments`](crate::entry::arguments) reads rows of words; what has no fixed length is read here, piece by piece and
//! without a copy. What is no encoding of what is asked for is refused with no data, as everywhere.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolType, abi::token::WordToken};

use crate::Revert;

/// The arguments of a call, or the fields of a struct among them.
#[derive(Clone, Copy)]
pub struct Calldata<'a>(&'a [u8]);

impl<'a> Calldata<'a> {
    /// What lies behind a call's selector.
    pub const fn new(arguments: &'a [u8]) -> Self {
        Self(arguments)
    }

    /// The word at a place among the arguments.
    pub fn word(self, place: usize) -> Result<B256, Revert> {
        let words = self.0.as_chunks::<32>().0;
        words.get(place).map(|word| B256::new(*word)).ok_or_else(Revert::empty)
    }

    /// A value of one word; a word that is none of its type is refused.
    pub fn value<T>(self, place: usize) -> Result<T::RustType, Revert>
    where
        T: for<'t> SolType<Token<'t> = WordToken>,
    {
        let token = WordToken(self.word(place)?);
        if T::valid_token(&token) { Ok(T::detokenize(token)) } else { Err(Revert::empty()) }
    }

    /// A number.
    pub fn number(self, place: usize) -> Result<U256, Revert> {
        Ok(U256::from_be_bytes(self.word(place)?.0))
    }

    /// An address.
    pub fn address(self, place: usize) -> Result<Address, Revert> {
        self.value::<alloy_sol_types::sol_data::Address>(place)
    }

    /// The elements of an array whose elements are words each.
    pub fn words(self, place: usize) -> Result<&'a [[u8; 32]], Revert> {
        let (count, elements) = self.tail(place)?;
        elements.as_chunks::<32>().0.get(..count).ok_or_else(Revert::empty)
    }

    /// The elements of an array whose elements are structs of so many words each.
    pub fn rows<const WORDS: usize>(self, place: usize) -> Result<&'a [[[u8; 32]; WORDS]], Revert> {
        let (count, elements) = self.tail(place)?;
        elements.as_chunks::<32>().0.as_chunks::<WORDS>().0.get(..count).ok_or_else(Revert::empty)
    }

    /// The bytes of a text.
    pub fn text(self, place: usize) -> Result<&'a [u8], Revert> {
        let (length, bytes) = self.tail(place)?;
        bytes.get(..length).ok_or_else(Revert::empty)
    }

    /// An array of structs that have no fixed length.
    pub fn structs(self, place: usize) -> Result<Structs<'a>, Revert> {
        let (count, elements) = self.tail(place)?;
        if elements.as_chunks::<32>().0.len() < count {
            return Err(Revert::empty());
        }
        Ok(Structs { elements: Self(elements), count })
    }

    /// The length that a word points at, and all that follows it.
    fn tail(self, place: usize) -> Result<(usize, &'a [u8]), Revert> {
        let (length, rest) = self.behind(place)?.0.split_first_chunk::<32>().ok_or_else(Revert::empty)?;
        Ok((U256::from_be_bytes(*length).saturating_to(), rest))
    }

    /// What a word points at.
    fn behind(self, place: usize) -> Result<Self, Revert> {
        let offset = self.number(place)?.saturating_to::<usize>();
        self.0.get(offset..).map(Self).ok_or_else(Revert::empty)
    }
}

/// An array of structs.
#[derive(Clone, Copy)]
pub struct Structs<'a> {
    elements: Calldata<'a>,
    count: usize,
}

impl<'a> Structs<'a> {
    /// How many.
    pub const fn count(self) -> usize {
        self.count
    }

    /// The fields of one of them.
    pub fn get(self, index: usize) -> Result<Calldata<'a>, Revert> {
        if index < self.count { self.elements.behind(index) } else { Err(Revert::empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::MinerRewards::{Claim, claimManyCall, setAttestersCall, voteCall};
    use alloy_sol_types::SolCall;

    fn claims() -> Vec<Claim> {
        let claim = |seed: u8, depth| Claim {
            miner: Address::repeat_byte(seed),
            amount: U256::from(seed) << 100,
            proof: (0..depth).map(|at| B256::repeat_byte(seed ^ at)).collect(),
        };
        vec![claim(1, 0), claim(2, 3), claim(3, 1)]
    }

    #[test]
    fn what_alloy_encodes_is_read() {
        let call = claimManyCall { claims: claims() }.abi_encode();
        let read = Calldata::new(&call[4..]).structs(0).ok().unwrap();
        assert_eq!(read.count(), 3);
        for (index, claim) in claims().iter().enumerate() {
            let fields = read.get(index).ok().unwrap();
            assert_eq!(fields.address(0).ok(), Some(claim.miner));
            assert_eq!(fields.number(1).ok(), Some(claim.amount));
            let proof: Vec<_> = fields.words(2).ok().unwrap().iter().map(|word| B256::new(*word)).collect();
            assert_eq!(proof, claim.proof);
        }
        assert!(read.get(3).is_err());

        let call = setAttestersCall { attesters: vec![Address::repeat_byte(7); 5], quorum: U256::from(3) }.abi_encode();
        let read = Calldata::new(&call[4..]);
        assert_eq!(read.words(0).ok().map(<[_]>::len), Some(5));
        assert_eq!(read.number(1).ok(), Some(U256::from(3)));

        let uri = "ipfs://scores".to_owned();
        let call = voteCall { epoch: U256::ONE, root: B256::ZERO, cumulativeTotal: U256::ZERO, dataHash: B256::ZERO, uri };
        assert_eq!(Calldata::new(&call.abi_encode()[4..]).text(4).ok(), Some(&b"ipfs://scores"[..]));
    }

    #[test]
    fn what_is_cut_anywhere_is_refused_or_shorter_but_never_a_panic() {
        let call = claimManyCall { claims: claims() }.abi_encode();
        for end in 4..call.len() {
            let mut complete = false;
            if let Ok(read) = Calldata::new(&call[4..end]).structs(0) {
                complete = (0..read.count()).all(|index| {
                    read.get(index).is_ok_and(|it| it.address(0).is_ok() && it.number(1).is_ok() && it.words(2).is_ok())
                });
            }
            assert!(!complete, "{end}");
        }
    }

    #[test]
    fn offsets_and_lengths_out_of_range_are_refused() {
        let huge = [[0xff; 32], [0xff; 32]].concat();
        let read = Calldata::new(&huge);
        assert!(read.words(0).is_err() && read.text(1).is_err() && read.structs(0).is_err() && read.address(0).is_err());
        let mut long = [0; 64];
        long[31] = 32;
        long[32..].fill(0xff);
        let read = Calldata::new(&long);
        assert!(read.words(0).is_err() && read.text(0).is_err() && read.structs(0).is_err());
    }
}
