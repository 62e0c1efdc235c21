//! Why a call was refused, as the caller reads it.

use abi::Common::TokenRefused;
use alloy_primitives::Address;
use alloy_sol_types::SolError;

use crate::words::{Buffer, Words};

/// How much of what a failing token says is kept: enough for every error of an ERC-20, and no bill for more.
pub const REASON: usize = 256;

/// An error of `abi`, encoded. Every one of them becomes a `Revert` by `?` or `into`.
pub struct Revert(Box<Buffer<{ 4 + 3 * 32 + REASON }>>);

impl Revert {
    /// No data at all: the call was none that the contract knows.
    pub fn empty() -> Self {
        Self(Box::default())
    }

    /// The token reverted with `reason`; at most [`REASON`] bytes of it are kept.
    pub fn token_refused(token: Address, reason: &[u8]) -> Self {
        let mut data = Box::<Buffer<_>>::default();
        data.put(&TokenRefused::SELECTOR);
        data.put(&token.into_word().0);
        data.put_number(64);
        data.put_bytes(reason.get(..REASON).unwrap_or(reason));
        Self(data)
    }

    /// The data of the revert.
    pub fn data(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl<E> From<E> for Revert
where
    E: SolError,
    for<'a> E::Token<'a>: Words,
{
    fn from(error: E) -> Self {
        let mut data = Box::<Buffer<_>>::default();
        data.put(&E::SELECTOR);
        data.put_words(&error.tokenize());
        Self(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::Common::TokenTookFee;
    use alloy_primitives::U256;

    #[test]
    fn errors_are_encoded_as_alloy_does() {
        let fee = TokenTookFee { token: Address::repeat_byte(7), asked: U256::from(100), received: U256::from(99) };
        assert_eq!(Revert::from(fee.clone()).data(), fee.abi_encode());
        for length in [0, 4, 36, 68, REASON] {
            let refused = TokenRefused { token: Address::repeat_byte(7), reason: vec![0xab; length].into() };
            assert_eq!(Revert::token_refused(refused.token, &refused.reason).data(), refused.abi_encode());
        }
    }
}
