//! `deployments/<network>.json`: what stands on a network, for other tools. It is written from the chain and the journal, and
//! nothing is decided by it but when epoch 0 began.

use std::{collections::BTreeMap, fs, io, path::Path};

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::{
    blueprint::Blueprint,
    journal::{Begin, Journal},
};
use crate::{chain::Chain, deployments, names::Names, networks::Network};

/// What stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record(Value);

impl Record {
    /// What stands now.
    pub(super) async fn of(
        network: &Network,
        blueprint: &Blueprint,
        begin: &Begin,
        chain: &Chain,
        journal: &Journal,
        names: &Names,
    ) -> Result<Self> {
        let mut contracts = Map::new();
        if blueprint.parameters.token.is_some() {
            let address = blueprint.token.to_string();
            contracts.insert("cor-token".to_owned(), json!({"address": address, "constructor": null}));
        }
        for piece in &blueprint.pieces {
            if chain.code(piece.address).await?.is_empty() {
                continue;
            }
            let mined = journal.mined(&format!("deploy {}", piece.name)).rfind(|mined| mined.ok).cloned();
            let entry = json!({
                "address": piece.address.to_string(),
                "codeHash": piece.code_hash,
                "codeSize": piece.code.len(),
                "constructor": names.constructor(piece.address, &piece.init_data),
                "initData": piece.init_data,
                "transaction": mined.as_ref().map(|mined| mined.hash),
                "block": mined.as_ref().map(|mined| mined.block),
                "time": mined.as_ref().map(|mined| mined.time),
            });
            contracts.insert(piece.name.to_owned(), entry);
        }
        Ok(Self(json!({
            "network": network.name,
            "chainId": begin.chain_id,
            "chainGenesis": begin.chain_genesis,
            "deployer": begin.deployer.to_string(),
            "salt": blueprint.parameters.salt,
            "genesis": begin.genesis,
            "contracts": contracts,
        })))
    }

    /// What a file says; nothing where there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let parsed = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
                Ok(Some(Self(parsed)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Writes it, if the file says something else; at once, so that nobody reads half of it.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = format!("{:#}\n", self.0);
        if fs::read_to_string(path).ok().as_deref() == Some(&text) {
            return Ok(());
        }
        deployments::replace(path, &text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Whether it is of a deployment by this account with this salt, as far as it says.
    pub(super) fn is_of(&self, deployer: Address, salt: B256) -> bool {
        self.0["deployer"] == json!(deployer.to_string()) && self.0["salt"] == json!(salt)
    }

    /// The first second of epoch 0, if it says.
    pub(super) fn genesis(&self) -> Option<u64> {
        self.0["genesis"].as_u64()
    }

    /// Who deployed, if it says.
    pub(super) fn deployer(&self) -> Option<Address> {
        self.0["deployer"].as_str()?.parse().ok()
    }

    /// Whether COR was found to burn when app-fees was deployed, if it says.
    pub(super) fn burnable(&self) -> Option<bool> {
        self.0["contracts"]["app-fees"]["constructor"]["burnable"].as_bool()
    }

    /// Where each contract is that was deployed, by its package.
    pub(super) fn addresses(&self) -> BTreeMap<String, Address> {
        let entries = self.0["contracts"].as_object().into_iter().flatten();
        let entries = entries.filter(|(_, entry)| entry["initData"].is_string());
        entries.filter_map(|(name, entry)| Some((name.clone(), entry["address"].as_str()?.parse().ok()?))).collect()
    }
}
