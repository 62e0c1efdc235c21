//! A voucher in a file: what was signed, under which domain, and the signature.

use std::{fmt, path::Path};

use abi::{AppFees, USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};
use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use anyhow::Context;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::value::RawValue;
use thiserror::Error;
use words::{Misread, number};

use crate::keys::Signer;

/// Where a voucher counts: one app-fees contract on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chain's id.
    pub chain_id: Number,
    /// The app-fees contract.
    pub app_fees: Address,
}

/// What a voucher says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Count {
    /// The app.
    pub app_id: Number,
    /// The epoch in which it used them.
    pub epoch: Number,
    /// How many units it has used in that epoch in all.
    pub cumulative_units: Number,
}

/// A signed voucher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Voucher {
    /// Where it counts.
    pub domain: Domain,
    /// What it says.
    pub usage: Count,
    /// What it was added up from, where it was: not signed, but the next sum goes on from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<Gateway>,
    /// Who is said to have signed it.
    #[serde(deserialize_with = "address")]
    pub signer: Address,
    /// r, s and v: 65 bytes.
    pub signature: Bytes,
}

/// All of a domain, so that any wallet can sign and check by the file alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// The contract's name in EIP-712.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The chain's id.
    pub chain_id: Number,
    /// The app-fees contract.
    #[serde(deserialize_with = "address")]
    pub verifying_contract: Address,
}

/// What one gateway of an app has counted in an epoch in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// Its name within the app.
    pub gateway: String,
    /// Its units.
    pub cumulative_units: Number,
}

/// A number of 256 bits: in JSON a decimal string, read from plain JSON integers and hexadecimal strings too. What only
/// begins like a number is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub U256);

/// Why a voucher does not count.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum VoucherError {
    /// Signed for another contract, chain or meaning.
    #[error("it is signed for {found}, not for {expected}")]
    OtherDomain {
        /// What it is for.
        found: String,
        /// What it should be for.
        expected: String,
    },
    /// Not 65 bytes.
    #[error("a signature has 65 bytes, not {0}")]
    Length(usize),
    /// v is neither 27 nor 28: only these recover on-chain.
    #[error("v is {0}; it must be 27 or 28")]
    V(u8),
    /// s is in the upper half: the contract refuses such a signature.
    #[error("s is in the upper half of the order: sign again, wallets give the lower")]
    HighS,
    /// The signature belongs to nobody.
    #[error("the signature belongs to nobody")]
    Nobody,
    /// Somebody else signed it, or something in it was changed afterwards.
    #[error("{found} signed it, not {expected}")]
    OtherSigner {
        /// Who did.
        found: Address,
        /// Who should have.
        expected: Address,
    },
    /// The signer does not sign a digest.
    #[error("it cannot be signed by this: a device signs only what it can show; sign vouchers with a key of their own")]
    Unsigned,
}

impl Place {
    /// The domain here.
    pub fn domain(self) -> Domain {
        Domain {
            name: USAGE_DOMAIN_NAME.into(),
            version: USAGE_DOMAIN_VERSION.into(),
            chain_id: self.chain_id,
            verifying_contract: self.app_fees,
        }
    }
}

impl Domain {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place { chain_id: self.chain_id, app_fees: self.verifying_contract }
    }

    fn eip712(&self) -> Eip712Domain {
        Eip712Domain::new(
            Some(self.name.clone().into()),
            Some(self.version.clone().into()),
            Some(self.chain_id.0),
            Some(self.verifying_contract),
            None,
        )
    }

    /// The domain separator: what the contract computes too, if it is the same domain.
    pub fn separator(&self) -> B256 {
        self.eip712().separator()
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, chain_id, verifying_contract } = self;
        write!(f, "{name:?} version {version:?} at {verifying_contract} on chain {chain_id}")
    }
}

impl Count {
    /// What is signed under `domain`.
    pub fn digest(&self, domain: &Domain) -> B256 {
        let usage = Usage { appId: self.app_id.0, epoch: self.epoch.0, cumulativeUnits: self.cumulative_units.0 };
        usage.eip712_signing_hash(&domain.eip712())
    }

    /// Signs it.
    pub fn signed(self, place: Place, key: &Signer) -> Result<Voucher, VoucherError> {
        let domain = place.domain();
        let signature = key.sign_digest(&self.digest(&domain)).ok_or(VoucherError::Unsigned)?;
        let signature = signature.as_bytes().into();
        Ok(Voucher { domain, usage: self, gateways: Vec::new(), signer: key.address(), signature })
    }
}

impl Voucher {
    /// Checks the signature as the contract will, and that `place`, if known, is where the voucher counts. Who signed is
    /// who the file says.
    pub fn verify(&self, place: Option<Place>) -> Result<Address, VoucherError> {
        let expected = place.unwrap_or(self.domain.place()).domain();
        if self.domain != expected {
            return Err(VoucherError::OtherDomain { found: self.domain.to_string(), expected: expected.to_string() });
        }
        let bytes: &[u8; 65] = self.signature.as_ref().try_into().map_err(|_| VoucherError::Length(self.signature.len()))?;
        let v = bytes[64];
        if v != 27 && v != 28 {
            return Err(VoucherError::V(v));
        }
        let signature = Signature::from_bytes_and_parity(&bytes[..64], v == 28);
        // A high s makes a second signature of the same meaning.
        if signature.normalize_s().is_some() {
            return Err(VoucherError::HighS);
        }
        let digest = self.usage.digest(&self.domain);
        let found = signature.recover_address_from_prehash(&digest).map_err(|_| VoucherError::Nobody)?;
        if found == self.signer { Ok(found) } else { Err(VoucherError::OtherSigner { found, expected: self.signer }) }
    }
}

impl Voucher {
    /// As app-fees takes it.
    pub fn word(&self) -> Result<AppFees::Voucher, VoucherError> {
        let bytes: &[u8; 65] = self.signature.as_ref().try_into().map_err(|_| VoucherError::Length(self.signature.len()))?;
        let (r, s) = (B256::from_slice(&bytes[..32]), B256::from_slice(&bytes[32..64]));
        let Count { app_id, epoch, cumulative_units } = self.usage;
        Ok(AppFees::Voucher { appId: app_id.0, epoch: epoch.0, cumulativeUnits: cumulative_units.0, v: bytes[64], r, s })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Number {
    type Err = Misread;

    fn from_str(text: &str) -> Result<Self, Misread> {
        number::whole(text).map(Self)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // As it is written, for a number of JSON would lose what a double does not hold.
        let written = <Box<RawValue>>::deserialize(from)?;
        let text = match serde_json::from_str::<String>(written.get()) {
            Ok(text) => text,
            Err(_) => written.get().to_owned(),
        };
        text.parse().map_err(D::Error::custom)
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    number::address(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// A file of a voucher, or of a gateway's count.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not written as it should be", path.display()))
}

/// A file of many, one behind the other.
pub(super) fn read_many<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let all = serde_json::Deserializer::from_str(&text).into_iter().collect::<Result<_, _>>();
    all.with_context(|| format!("{} is not written as it should be", path.display()))
}
