//! All that a network is, in one file signed by who deployed it, for anybody to hold against the chain.

use std::{fs, path::Path};

use alloy_primitives::{Address, B256, Signature, eip191_hash_message};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{standing::Standing, survey::Finding};
use crate::{deployments, keys::Signer};

/// A passport, signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Passport {
    /// What it says.
    pub(super) body: Body,
    /// Over the body's JSON with sorted keys and without spaces, as EIP-191 text, by the deployer.
    pub(super) signature: Signature,
}

/// What a passport says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// What the network is called.
    pub(super) network: String,
    /// Of its chain.
    pub(super) chain_id: u64,
    /// The hash of the chain's first block.
    pub(super) chain_genesis: B256,
    /// The second at which it was true.
    pub(super) time: u64,
    /// What stands.
    #[serde(flatten)]
    pub(super) standing: Standing,
    /// What was looked at, for people: `verify` looks again.
    pub(super) findings: serde_json::Value,
}

impl Body {
    /// What is signed.
    fn text(&self) -> Result<String> {
        // By way of a value, whose keys are sorted.
        Ok(serde_json::to_value(self)?.to_string())
    }

    /// Writes findings down.
    pub(super) fn findings(findings: &[Finding]) -> Result<serde_json::Value> {
        Ok(serde_json::to_value(findings)?)
    }
}

impl Passport {
    /// Signs; only the deployer can.
    pub(super) fn sign(body: Body, signer: &Signer) -> Result<Self> {
        let deployer = body.standing.deployer;
        ensure!(
            signer.address() == deployer,
            "{deployer} deployed this network and signs its passport; the key is that of {}",
            signer.address()
        );
        let digest = eip191_hash_message(body.text()?);
        let signature = signer.sign_digest(&digest).context("a device does not sign passports: it would show a digest only")?;
        Ok(Self { body, signature })
    }

    /// Writes it to a file.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = format!("{}\n", serde_json::to_string_pretty(self)?);
        deployments::replace(path, &text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Reads one that is signed by the deployer whom it names.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let no_passport = || format!("{} is no passport", path.display());
        let written: serde_json::Value = serde_json::from_str(&text).with_context(no_passport)?;
        let passport: Self = serde_json::from_value(written.clone()).with_context(no_passport)?;
        // Nothing in it may be read over: it would look signed.
        ensure!(
            serde_json::to_value(&passport)? == written,
            "{} says more than what its deployer signed: it was changed, or another corflow wrote it",
            path.display()
        );
        let signer = passport.signer()?;
        if signer != passport.body.standing.deployer {
            bail!(
                "{} was changed after it was signed: it names {} as deployer, and its signature is of {signer}",
                path.display(),
                passport.body.standing.deployer
            );
        }
        Ok(passport)
    }

    fn signer(&self) -> Result<Address> {
        let digest = eip191_hash_message(self.body.text()?);
        self.signature.recover_address_from_prehash(&digest).context("the passport's signature is none")
    }
}
