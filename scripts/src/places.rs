//! Where a network's contracts are: read from the file that its deployment left behind.

use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use serde_json::Value;
use thiserror::Error;
use words::{Misread, number};

use crate::{
    build::Workspace,
    deployments::{folder, network},
    networks::{self, NetworkError},
    system::{Network, System},
};

/// The contracts of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// COR.
    pub token: Address,
    /// Staking.
    pub staking: Address,
    /// What apps pay into.
    pub fees: Address,
    /// Who owns which app.
    pub store: Address,
    /// What miners have earned and not yet taken.
    pub rewards: Address,
    /// The miners' reserve.
    pub pool: Address,
    /// The block of the first of them: nothing of theirs is earlier.
    pub since: u64,
}

/// Why a file does not say where the contracts are.
#[derive(Debug, Error)]
pub enum PlacesError {
    /// The file is not there, or may not be read.
    #[error("{path} cannot be read ({source}): name the deployment's file by --deployments")]
    Unread {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no JSON.
    #[error("{path} is no deployment's file: {source}")]
    NotJson {
        /// Which file.
        path: PathBuf,
        /// Where it ceases to be one.
        source: serde_json::Error,
    },
    /// It is of another chain.
    #[error(
        "{path} is of chain {found}, and the chain there has the id {asked}: name the file of that chain's deployment, or the URL of its own node"
    )]
    OtherChain {
        /// Which file.
        path: PathBuf,
        /// Its chain.
        found: String,
        /// The chain that was asked.
        asked: u64,
    },
    /// The node alone says that this is where money is real.
    #[error(
        "the node says that it is of {0}, where money is real: if that is meant, name the deployment's file by --deployments"
    )]
    RealMoney(String),
    /// The networks are not known.
    #[error(transparent)]
    Networks(#[from] NetworkError),
    /// A contract is missing: the deployment did not come to its end, or is older than the contract.
    #[error("{path} has no {contract}: deploy all contracts first (`corflow up` does on a local node)")]
    NoContract {
        /// Which file.
        path: PathBuf,
        /// Which contract.
        contract: &'static str,
    },
    /// A contract's address is none.
    #[error("{path}: {contract}: {source}")]
    NoAddress {
        /// Which file.
        path: PathBuf,
        /// Which contract.
        contract: &'static str,
        /// What is wrong with it.
        source: Misread,
    },
}

impl Places {
    /// Those that a run has just deployed, after this block.
    pub(crate) fn of(system: &System, network: &Network, since: u64) -> Self {
        let (System { token, staking, .. }, Network { fees, store, rewards, pool }) = (system, *network);
        Self { token: *token, staking: *staking, fees, store, rewards, pool, since }
    }

    /// Where the file of a chain's deployment is, unless it is named.
    pub fn file(chain_id: u64) -> PathBuf {
        folder(&Workspace::here()).join(format!("{}.json", network(chain_id)))
    }

    /// Reads them from the file of a chain's deployment, at `path` or where [`Self::file`] has it.
    pub fn read(path: Option<&Path>, chain_id: u64) -> Result<Self, PlacesError> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => match networks::Network::mainnet(&Workspace::here(), chain_id)? {
                Some(name) => return Err(PlacesError::RealMoney(name)),
                None => Self::file(chain_id),
            },
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(PlacesError::Unread { path, source }),
        };
        Self::parse(&text, path, chain_id)
    }

    fn parse(text: &str, path: PathBuf, chain_id: u64) -> Result<Self, PlacesError> {
        let document: Value = match serde_json::from_str(text) {
            Ok(document) => document,
            Err(source) => return Err(PlacesError::NotJson { path, source }),
        };
        if document["chainId"] != chain_id {
            let found = document["chainId"].to_string();
            return Err(PlacesError::OtherChain { path, found, asked: chain_id });
        }
        let contracts = &document["contracts"];
        let find = |contract: &'static str| {
            let missing = || PlacesError::NoContract { path: path.clone(), contract };
            let written = contracts[contract]["address"].as_str().ok_or_else(missing)?;
            number::address(written).map_err(|source| PlacesError::NoAddress { path: path.clone(), contract, source })
        };
        let entries = contracts.as_object().into_iter().flatten();
        let since = entries.filter_map(|(_, entry)| entry["block"].as_u64()).min().unwrap_or(0);
        Ok(Self {
            token: find("cor-token")?,
            staking: find("staking")?,
            fees: find("app-fees")?,
            store: find("agent-store")?,
            rewards: find("miner-rewards")?,
            pool: find("miner-pool")?,
            since,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAMES: [&str; 6] = ["cor-token", "staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"];

    fn document() -> Value {
        let mut document = json!({"network": "local", "chainId": 412_346, "contracts": {}});
        for (block, name) in (7_u8..).zip(NAMES) {
            document["contracts"][name] = json!({"address": Address::with_last_byte(block).to_string(), "block": block});
        }
        document
    }

    fn read(document: &Value) -> Result<Places, PlacesError> {
        Places::parse(&document.to_string(), "local.json".into(), 412_346)
    }

    #[test]
    fn every_contract_and_the_first_block() {
        let places = read(&document()).unwrap();
        assert_eq!((places.since, places.token, places.pool), (7, Address::with_last_byte(7), Address::with_last_byte(12)));
    }

    #[test]
    fn what_is_missing_or_foreign_is_named() {
        for name in NAMES {
            let mut without = document();
            without["contracts"].as_object_mut().unwrap().remove(name);
            assert!(read(&without).unwrap_err().to_string().contains(&format!("no {name}")));
        }
        let mut other = document();
        other["chainId"] = json!(42_161);
        assert!(read(&other).unwrap_err().to_string().contains("chain 42161"));
        let mut short = document();
        short["contracts"]["staking"]["address"] = json!("0x12");
        assert!(read(&short).unwrap_err().to_string().contains("staking"));
        let alone = Places::read(None, 42_161).unwrap_err().to_string();
        assert!(alone.contains("arbitrum-one, where money is real"), "{alone}");
        let none = Places::read(Some(Path::new("no/such.json")), 1).unwrap_err();
        assert!(none.to_string().contains("no/such.json") && none.to_string().contains("--deployments"));
    }
}
