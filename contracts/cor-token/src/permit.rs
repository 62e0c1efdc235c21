//! ERC-2612: approving by signature.

use abi::CorToken::{ECDSAInvalidSignature, ECDSAInvalidSignatureS, ERC2612ExpiredSignature, ERC2612InvalidSigner, permitCall};
use alloy_primitives::U256;
use common::{
    Revert,
    eip712::{SignatureError, hash_text, hash_words, recover},
    slot::detach,
    words::Immediate,
};
use stylus_sdk::prelude::*;

use crate::{CorToken, metadata::DOMAIN};

const PERMIT_TYPE: Immediate = hash_text("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

impl CorToken {
    /// Checks that the permit's owner signed it, under its next nonce, and uses the nonce up.
    pub(crate) fn check_permit(&mut self, permit: &permitCall) -> Result<(), Revert> {
        let permitCall { owner, spender, value, deadline, v, r, s } = *permit;
        if U256::from(self.vm().block_timestamp()) > deadline {
            return Err(ERC2612ExpiredSignature { deadline }.into());
        }
        let mut slot = detach(self.nonces.getter(owner));
        let nonce = slot.get();
        let words = [PERMIT_TYPE.word(), owner.into_word(), spender.into_word(), value.into(), nonce.into(), deadline.into()];
        let digest = DOMAIN.digest(self.vm(), hash_words(self.vm(), &words));
        let signer = recover(self.vm(), digest, v, r, s).map_err(|error| match error {
            SignatureError::HighS(s) => Revert::from(ECDSAInvalidSignatureS { s }),
            SignatureError::Nobody => Revert::from(ECDSAInvalidSignature {}),
        })?;
        if signer != owner {
            return Err(ERC2612InvalidSigner { signer, owner }.into());
        }
        slot.set(&nonce.wrapping_add(U256::ONE)); // 2^256 permits are out of reach.
        Ok(())
    }
}
