//! EIP-712: domains, digests, and who signed.

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{host::VM, keccak_const::Keccak256, prelude::*};

use crate::{calls::static_call, words::Immediate};

const DOMAIN_TYPE: Immediate = hash_text("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

/// Half of secp256k1's order: of the two signatures with the same meaning, the one with s above it is refused.
const HALF_ORDER: U256 =
    U256::from_limbs([0xdfe9_2f46_681b_20a0, 0x5d57_6e73_57a4_501d, 0xffff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff]);

/// What a contract signs under: the hashes of its name and version.
#[derive(Clone, Copy)]
pub struct Domain {
    name: Immediate,
    version: Immediate,
}

/// Why a signature is none.
pub enum SignatureError {
    /// s is in the upper half.
    HighS(B256),
    /// It belongs to nobody.
    Nobody,
}

/// keccak256 of a text, while compiling: for the types of structs.
pub const fn hash_text(text: &str) -> Immediate {
    Immediate::new(B256::new(Keccak256::new().update(text.as_bytes()).finalize()))
}

impl Domain {
    /// The domain of this name and version.
    pub const fn new(name: &str, version: &str) -> Self {
        Self { name: hash_text(name), version: hash_text(version) }
    }

    /// The domain separator of this contract on this chain. It is computed each time: a stored one would be wrong on a
    /// fork with another chain id.
    #[inline(always)] // So that its constants stay immediates.
    pub fn separator(self, vm: &VM) -> B256 {
        hash_words(
            vm,
            &[
                DOMAIN_TYPE.word(),
                self.name.word(),
                self.version.word(),
                U256::from(vm.chain_id()).into(),
                vm.contract_address().into_word(),
            ],
        )
    }

    /// What is signed: 0x1901, the separator, the hash of the struct.
    #[inline(always)]
    pub fn digest(self, vm: &VM, message: B256) -> B256 {
        digest(vm, self.separator(vm), message)
    }
}

/// What is signed under a domain separator: where many are checked in one call, it is computed once.
pub fn digest(vm: &VM, separator: B256, message: B256) -> B256 {
    let mut preimage = [0; 66];
    preimage[0] = 0x19;
    preimage[1] = 0x01;
    preimage[2..34].copy_from_slice(&separator.0);
    preimage[34..].copy_from_slice(&message.0);
    vm.native_keccak256(&preimage)
}

/// keccak256 of words one behind the other: the hash of a struct whose first word is its type's hash. At most eight words.
pub fn hash_words(vm: &VM, words: &[B256]) -> B256 {
    let mut preimage = [0; 256];
    for (place, word) in preimage.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(&word.0);
    }
    let length = (32 * words.len()).min(preimage.len());
    vm.native_keccak256(preimage.get(..length).unwrap_or_default())
}

/// Who signed `digest`. Never zero.
pub fn recover(vm: &VM, digest: B256, v: u8, r: B256, s: B256) -> Result<Address, SignatureError> {
    if U256::from_be_bytes(s.0) > HALF_ORDER {
        return Err(SignatureError::HighS(s));
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(&digest.0);
    input[63] = v;
    input[64..96].copy_from_slice(&r.0);
    input[96..].copy_from_slice(&s.0);
    match static_call(vm, Address::with_last_byte(1), &input).word() {
        Some(word) if word != [0; 32] => Ok(Address::from_word(B256::new(word))),
        _ => Err(SignatureError::Nobody),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn texts_hash_the_same_while_compiling() {
        assert_eq!(hash_text("Cortensor").word(), keccak256("Cortensor"));
    }

    #[test]
    fn the_half_order_is_half_of_the_order() {
        let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
        assert_eq!(HALF_ORDER, order >> 1);
    }
}
