//! What the token says of itself: ERC-20's metadata, and ERC-5267, which tells a wallet what it signs under.

use ::abi::CorToken::*;
use alloy_primitives::B256;
use common::{Revert, eip712::Domain, words::Buffer};
use stylus_sdk::prelude::*;

use crate::CorToken;

/// The token's name, which is its domain's.
const NAME: &str = "Cortensor";
/// The version of its domain.
const VERSION: &str = "1";
/// Under which domain permits are signed.
pub(crate) const DOMAIN: Domain = Domain::new(NAME, VERSION);

/// ERC-5267's bits: name, version, chain id and contract are used; no salt, no extensions.
const USED_FIELDS: u8 = 0x0f;

impl CorToken {
    pub(crate) fn name(&self, _: nameCall) -> Result<Buffer<96>, Revert> {
        Ok(text(NAME))
    }

    pub(crate) fn symbol(&self, _: symbolCall) -> Result<Buffer<96>, Revert> {
        Ok(text("COR"))
    }

    pub(crate) fn decimals(&self, _: decimalsCall) -> Result<u8, Revert> {
        Ok(18)
    }

    pub(crate) fn domain_separator(&self, _: DOMAIN_SEPARATORCall) -> Result<B256, Revert> {
        Ok(DOMAIN.separator(self.vm()))
    }

    /// Seven words, of which name, version and extensions point at what lies behind: two, two and one.
    pub(crate) fn eip712_domain(&self, _: eip712DomainCall) -> Result<Buffer<{ 12 * 32 }>, Revert> {
        let mut data = Buffer::default();
        let mut fields = B256::ZERO;
        fields.0[0] = USED_FIELDS;
        data.put(&fields.0);
        data.put_number(7 * 32);
        data.put_number(9 * 32);
        data.put_number(self.vm().chain_id());
        data.put(&self.vm().contract_address().into_word().0);
        data.put(&B256::ZERO.0);
        data.put_number(11 * 32);
        data.put_bytes(NAME.as_bytes());
        data.put_bytes(VERSION.as_bytes());
        data.put_number(0);
        Ok(data)
    }
}

/// The answer of a function that returns a text of at most one word.
fn text(text: &str) -> Buffer<96> {
    let mut data = Buffer::default();
    data.put_number(32);
    data.put_bytes(text.as_bytes());
    data
}
