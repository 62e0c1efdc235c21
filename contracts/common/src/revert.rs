//! Why a call was refused, as the caller reads it.

use abi::Common::{CallFailed, TokenRefused};
use alloy_primitives::Address;
use alloy_sol_types::SolError;

use crate::words::{Buffer, Words};

/// How much of what a failing token says is kept: enough for every error of an ERC-20, and no bill for more.
pub const REASON: usize = 256;

/// The mark of a call that failed. Every error of `abi` becomes one by `?` or `into`, and is told to the host as it
/// does: the host keeps what it was told last, so nothing need be carried up to the entrypoint. It follows that a
/// `Revert` is to be returned; code that would ignore a failure must not make one.
#[must_use = "a revert that is not returned leaves its data behind"]
pub struct Revert(());

impl Revert {
    /// No data at all: the call was none that the contract knows.
    pub fn empty() -> Self {
        Self::with(&[])
    }

    /// The token reverted with `reason`; at most [`REASON`] bytes of it are kept.
    pub fn token_refused(token: Address, reason: &[u8]) -> Self {
        Self::with(refusal(token, reason).as_slice())
    }

    /// Another contract of ours refused with `reason`, which is passed on; if it said nothing, the callee is named.
    pub fn passed_on(callee: Address, reason: &[u8]) -> Self {
        if reason.is_empty() { CallFailed { callee }.into() } else { Self::with(reason) }
    }

    /// With this data, as another part of the same contract gave it.
    pub fn with(data: &[u8]) -> Self {
        #[cfg(target_arch = "wasm32")]
        stylus_sdk::prelude::CalldataAccess::write_result(&stylus_sdk::host::WasmVM {}, data);
        #[cfg(not(target_arch = "wasm32"))]
        let _ = data; // There is no host to tell.
        Self(())
    }
}

impl<E> From<E> for Revert
where
    E: SolError,
    for<'a> E::Token<'a>: Words,
{
    fn from(error: E) -> Self {
        Self::with(encoded(&error).as_slice())
    }
}

fn encoded<E>(error: &E) -> Buffer<{ 4 + 4 * 32 }>
where
    E: SolError,
    for<'a> E::Token<'a>: Words,
{
    let mut data = Buffer::default();
    data.put(&E::SELECTOR);
    data.put_words(&error.tokenize());
    data
}

fn refusal(token: Address, reason: &[u8]) -> Buffer<{ 4 + 3 * 32 + REASON }> {
    let mut data = Buffer::default();
    data.put(&TokenRefused::SELECTOR);
    data.put(&token.into_word().0);
    data.put_number(64);
    data.put_bytes(reason.get(..REASON).unwrap_or(reason));
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::Common::TokenTookFee;
    use alloy_primitives::U256;

    #[test]
    fn errors_are_encoded_as_alloy_does() {
        let fee = TokenTookFee { token: Address::repeat_byte(7), asked: U256::from(100), received: U256::from(99) };
        assert_eq!(encoded(&fee).as_slice(), fee.abi_encode());
        for length in [0, 4, 36, 68, REASON] {
            let refused = TokenRefused { token: Address::repeat_byte(7), reason: vec![0xab; length].into() };
            assert_eq!(refusal(refused.token, &refused.reason).as_slice(), refused.abi_encode());
        }
    }
}
