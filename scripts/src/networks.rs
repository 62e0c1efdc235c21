//! The networks that commands know by name: `deployments/networks.toml`.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    build::Workspace,
    chain::Chain,
    deployments::folder,
    environment::{EnvironmentError, expand},
};

/// A network, as its file has it, with a URL to reach it by.
///
/// The URL may hold a provider's key: it is in no message and in no `Debug`; [`Network::conceal`] takes it out of what others say.
#[derive(Clone)]
pub struct Network {
    /// What commands call it.
    pub name: String,
    /// What its nodes must answer.
    pub chain_id: u64,
    /// Whether what happens there is worth real money.
    pub mainnet: bool,
    /// Where people look addresses up.
    pub explorer: Option<String>,
    /// The file of what is deployed there.
    pub parameters: PathBuf,
    /// `deployments/`, where what is deployed is kept.
    pub folder: PathBuf,
    url: String,
}

/// Why a network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The file of networks cannot be read.
    #[error("{} cannot be read ({source}): run corflow in a checkout of its sources, which has networks.toml", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of networks is not as it should be.
    #[error("{} is not as it should be: {source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// There is no network of this name.
    #[error("there is no network {name} in {}; it has {known}", path.display())]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which file.
        path: PathBuf,
        /// All names, in words.
        known: String,
    },
    /// A URL refers to a variable that says nothing.
    #[error("{}: {name}.url: {source}", path.display())]
    Environment {
        /// Which file.
        path: PathBuf,
        /// Which network.
        name: String,
        /// Why.
        source: EnvironmentError,
    },
    /// The node does not answer.
    #[error("the node of network {name} does not answer: {reason}; is its URL right and the node running?")]
    Silent {
        /// Which network.
        name: String,
        /// What the connection said, without the URL.
        reason: String,
    },
    /// The node is of another chain.
    #[error(
        "network {name} has chain id {expected} in networks.toml, and the node at its URL answers {found}: nothing was signed; \
         set the URL of the right network"
    )]
    OtherChain {
        /// Which network.
        name: String,
        /// By the file.
        expected: u64,
        /// By the node.
        found: u64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    chain_id: u64,
    url: String,
    parameters: PathBuf,
    explorer: Option<String>,
    #[serde(default)]
    mainnet: bool,
}

impl Network {
    /// The one of this name in a checkout's `deployments/networks.toml`, or in the folder that `CORFLOW_DEPLOYMENTS` names.
    pub fn load(workspace: &Workspace, name: &str) -> Result<Self, NetworkError> {
        Self::load_from(&folder(workspace), name)
    }

    /// The same, by the node at `url` where one is given: then the file's own URL, and the variables that it refers to, are of
    /// no account.
    pub fn load_by(workspace: &Workspace, name: &str, url: Option<&str>) -> Result<Self, NetworkError> {
        Self::read(&folder(workspace), name, url)
    }

    /// The one of this name in the `networks.toml` of a folder, which is where its deployment is kept too.
    pub fn load_from(folder: &Path, name: &str) -> Result<Self, NetworkError> {
        Self::read(folder, name, None)
    }

    /// What a network is called where this chain's money is real: nobody gets there on a node's word alone.
    pub(crate) fn mainnet(workspace: &Workspace, chain_id: u64) -> Result<Option<String>, NetworkError> {
        let entries = match entries(&folder(workspace).join("networks.toml")) {
            // Where no network is named, none is a mainnet.
            Err(NetworkError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        Ok(entries.into_iter().find(|(_, entry)| entry.mainnet && entry.chain_id == chain_id).map(|(name, _)| name))
    }

    fn read(folder: &Path, name: &str, url: Option<&str>) -> Result<Self, NetworkError> {
        let path = folder.join("networks.toml");
        let mut entries = entries(&path)?;
        let Some(entry) = entries.remove(name) else {
            let known = entries.into_keys().collect::<Vec<_>>().join(", ");
            return Err(NetworkError::Unknown { name: name.to_owned(), path, known });
        };
        let url = match url {
            Some(url) => url.to_owned(),
            None => expand(&entry.url).map_err(|source| NetworkError::Environment { path, name: name.to_owned(), source })?,
        };
        Ok(Self {
            name: name.to_owned(),
            chain_id: entry.chain_id,
            mainnet: entry.mainnet,
            explorer: entry.explorer,
            parameters: folder.join(entry.parameters),
            folder: folder.to_owned(),
            url,
        })
    }

    /// Where its node answers. It may hold a key: not for messages.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same network by another node.
    pub fn at(self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self }
    }

    /// The file of what stands there: `deployments/<name>.json`.
    pub fn deployment(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }

    /// A text without the URL.
    pub fn conceal(&self, text: &str) -> String {
        text.replace(self.url.trim_end_matches('/'), &format!("<the URL of {}>", self.name))
    }

    /// Whether its node answers, and is of this network.
    pub async fn check(&self) -> Result<(), NetworkError> {
        self.connect().await.map(drop)
    }

    /// A connection to it. The chain id is compared before anybody can sign anything.
    pub(crate) async fn connect(&self) -> Result<Chain, NetworkError> {
        let chain = Chain::connect(&self.url, None)
            .await
            .map_err(|error| NetworkError::Silent { name: self.name.clone(), reason: self.conceal(&format!("{error:#}")) })?;
        if chain.id() != self.chain_id {
            return Err(NetworkError::OtherChain { name: self.name.clone(), expected: self.chain_id, found: chain.id() });
        }
        Ok(chain)
    }
}

fn entries(path: &Path) -> Result<BTreeMap<String, Entry>, NetworkError> {
    let text = fs::read_to_string(path).map_err(|source| NetworkError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| NetworkError::Parse { path: path.to_owned(), source: Box::new(source) })
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, chain_id, mainnet, parameters, .. } = self;
        f.debug_struct("Network")
            .field("name", name)
            .field("chain_id", chain_id)
            .field("mainnet", mainnet)
            .field("parameters", parameters)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use stylus_devnode::Devnode;

    use super::{Network, NetworkError};
    use crate::build::Workspace;

    const FILE: &str = r#"
        [one]
        chain_id = 421614
        url = "http://localhost:1/secret-key"
        parameters = "params/one.toml"
        [two]
        chain_id = 1
        url = "${CORFLOW_TEST_NOWHERE}"
        parameters = "params/two.toml"
        mainnet = true
    "#;

    fn folder(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("networks.toml"), text).expect("a file");
        folder
    }

    #[test]
    fn the_networks_of_the_repository_are_there() {
        let workspace = Workspace::here();
        let local = Network::load(&workspace, "local").expect("local");
        assert_eq!((local.chain_id, local.mainnet), (crate::deployments::LOCAL, false));
        let sepolia = Network::load(&workspace, "arbitrum-sepolia").expect("arbitrum-sepolia");
        assert_eq!((sepolia.chain_id, sepolia.mainnet), (421_614, false));
        let mainnet = |chain_id| Network::mainnet(&workspace, chain_id).expect("networks");
        assert_eq!((mainnet(42_161).as_deref(), mainnet(421_614)), (Some("arbitrum-one"), None));
        assert!(local.parameters.is_file() && sepolia.parameters.is_file());
    }

    #[test]
    fn what_is_wrong_with_the_file_is_named() {
        let here = folder(FILE);
        let error = |name| Network::load_from(here.path(), name).expect_err("refused").to_string();
        assert!(error("three").contains("there is no network three") && error("three").contains("it has one, two"));
        assert!(error("two").ends_with("two.url: the environment variable CORFLOW_TEST_NOWHERE is not set"));
        let typo = folder("[one]\nchain_id = 1\nurl = \"x\"\nparameters = \"p\"\nmainet = true\n");
        let error = Network::load_from(typo.path(), "one").expect_err("refused").to_string();
        assert!(error.contains("line 5") && error.contains("mainet"), "{error}");
    }

    #[tokio::test]
    async fn another_chain_is_refused_and_the_url_is_never_told() {
        let here = folder(FILE);
        let network = Network::load_from(here.path(), "one").expect("one");
        assert!(!format!("{network:?}").contains("secret-key"));
        let silent = network.connect().await.expect_err("nobody listens").to_string();
        assert!(silent.contains("network one does not answer") && !silent.contains("secret-key"), "{silent}");

        let node = Devnode::builder().spawn().expect("a node");
        let other = network.at(node.endpoint()).connect().await.expect_err("another chain");
        assert!(matches!(other, NetworkError::OtherChain { expected: 421_614, found: 412_346, .. }), "{other}");
    }
}
