//! Where the contracts are, and what they say at a block.

use std::{collections::BTreeMap, path::PathBuf};

use alloy::{
    consensus::BlockHeader,
    eips::BlockId,
    providers::{Provider, RootProvider},
    rpc::types::TransactionRequest,
    transports::{RpcError, TransportErrorKind},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use words::refusals::{Context, Kind, Refusal};

use super::failure::Failure;
use crate::{build::Workspace, chain, networks::Network, places::Places};

/// Where the contracts are.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Where")]
pub struct Place {
    /// A network of `deployments/networks.toml`.
    #[arg(long, value_name = "NAME", required_unless_present = "rpc", conflicts_with = "deployments")]
    network: Option<String>,
    /// The node to ask; of the network's own without it.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The file of the deployment; without it, and without a network, the one of the node's chain in deployments/.
    #[arg(long, value_name = "FILE")]
    deployments: Option<PathBuf>,
}

/// A URL may hold a provider's key.
impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("network", &self.network).field("deployments", &self.deployments).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Deployed {
    #[serde(rename = "chainId")]
    chain_id: u64,
    contracts: BTreeMap<String, At>,
}

#[derive(Deserialize)]
struct At {
    address: Address,
    #[serde(default)]
    block: u64,
}

/// The contracts on a chain, and a connection to it.
pub struct Site {
    /// The connection.
    pub(super) provider: RootProvider,
    /// The chain's id.
    pub(super) chain_id: u64,
    /// Contracts by package.
    contracts: BTreeMap<String, Address>,
    /// The block of the first of them: nothing of theirs is earlier.
    pub(super) since: u64,
    url: String,
}

impl Place {
    /// Connects, and holds the chain's id against the files.
    pub async fn site(&self) -> Result<Site> {
        let load = |name: &String| Network::load_by(&Workspace::here(), name, self.rpc.as_deref());
        let network = self.network.as_ref().map(load).transpose()?;
        let url = self.rpc.clone().or_else(|| network.as_ref().map(|network| network.url().to_owned()));
        let url = url.context("--network or --rpc is needed")?;
        let provider = chain::provider(&url)?;
        let id = async || provider.get_chain_id().await.map_err(|error| Failure::of_node(&error, &url));
        let file = match (&self.deployments, &network) {
            (Some(file), _) => file.clone(),
            (None, Some(network)) => network.deployment(),
            // The node alone says where this is: a key must not act where money is real because of that.
            (None, None) => {
                let said = id().await?;
                if let Some(name) = Network::mainnet(&Workspace::here(), said)? {
                    bail!("the node says that it is of {name}, where money is real: if that is meant, add --network {name}");
                }
                Places::file(said)
            }
        };
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!(
                "{} is not there: `corflow deploy` writes it where it deploys; or name another by --deployments",
                file.display()
            )
        })?;
        let deployed: Deployed =
            serde_json::from_str(&text).with_context(|| format!("{} is no file of a deployment", file.display()))?;
        let found = id().await?;
        let since = deployed.contracts.values().map(|at| at.block).min().unwrap_or_default();
        let contracts = deployed.contracts.into_iter().map(|(name, at)| (name, at.address)).collect();
        let site = Site { provider, chain_id: deployed.chain_id, contracts, since, url };
        let expected = network.map_or(deployed.chain_id, |network| network.chain_id);
        if found != expected || found != deployed.chain_id {
            let said = format!("it answers {found}, {} is of {}", file.display(), deployed.chain_id);
            return Err(Failure::Node(Box::new(Kind::WrongChain.refusal(&said))).into());
        }
        Ok(site)
    }
}

impl Site {
    /// A contract by its package's name.
    pub(super) fn contract(&self, name: &str) -> Result<Address> {
        self.contracts.get(name).copied().with_context(|| format!("the deployment has no {name}"))
    }

    /// Where the node answers. It may hold a key: not for messages.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// All contracts, by name.
    pub(super) fn contracts(&self) -> impl Iterator<Item = (&str, Address)> {
        self.contracts.iter().map(|(name, address)| (name.as_str(), *address))
    }

    /// Names for sentences.
    pub(super) fn context(&self, reader: Address) -> Context {
        let names = self.contracts().map(|(name, address)| (name.to_owned(), address)).collect();
        Context { names, reader: Some(reader) }
    }

    /// A node's failure in words.
    pub(super) fn failure(&self, error: &RpcError<TransportErrorKind>) -> Failure {
        Failure::of_node(error, &self.url)
    }

    /// The latest block, to read from.
    pub(super) async fn latest(&self) -> Result<View<'_>> {
        let number = self.provider.get_block_number().await.map_err(|error| self.failure(&error))?;
        self.at(number).await
    }

    /// A block, to read from.
    pub(super) async fn at(&self, number: u64) -> Result<View<'_>> {
        let block = self.provider.get_block_by_number(number.into()).await.map_err(|error| self.failure(&error))?;
        let time = block.with_context(|| format!("the node has no block {number}"))?.header.timestamp();
        Ok(View { site: self, number, time })
    }
}

/// What contracts say at a block. Everything is read at that block, so that numbers fit together.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// Where.
    pub(super) site: &'a Site,
    /// The block.
    pub(super) number: u64,
    /// Its second.
    pub(super) time: u64,
}

impl View<'_> {
    /// Calls as somebody; a revert is an answer.
    pub(super) async fn ask(
        &self,
        request: TransactionRequest,
        overrides: alloy::rpc::types::state::StateOverride,
    ) -> Result<Result<Bytes, Bytes>> {
        match self.site.provider.call(request).block(BlockId::number(self.number)).overrides(overrides).await {
            Ok(output) => Ok(Ok(output)),
            Err(error) => {
                let payload = error.as_error_resp();
                let data = payload.and_then(|it| it.as_revert_data().or_else(|| (it.code == 3).then(Bytes::new)));
                data.map(Err).ok_or_else(|| self.site.failure(&error).into())
            }
        }
    }

    /// Reads from a contract.
    pub(super) async fn view<C: SolCall>(&self, name: &str, call: &C) -> Result<C::Return> {
        let contract = self.site.contract(name)?;
        let request = TransactionRequest::default().to(contract).input(Bytes::from(call.abi_encode()).into());
        match self.ask(request, Default::default()).await? {
            Ok(output) => C::abi_decode_returns(&output).with_context(|| {
                format!("{} of {name} ({contract}) answers something else: is it another version?", C::SIGNATURE)
            }),
            Err(data) => Err(Failure::Refused(Box::new(Refusal::of(name, &data, &self.site.context(Address::ZERO)))).into()),
        }
    }

    /// A number that a contract says.
    pub(super) async fn wei<C: SolCall<Return = U256>>(&self, name: &str, call: &C) -> Result<u128> {
        let number = self.view(name, call).await?;
        u128::try_from(number).ok().with_context(|| format!("{} of {name} is beyond all amounts", C::SIGNATURE))
    }

    /// A slot of a contract's storage.
    pub(super) async fn slot(&self, name: &str, slot: U256) -> Result<[u8; 32]> {
        let contract = self.site.contract(name)?;
        let word = self.site.provider.get_storage_at(contract, slot).block_id(BlockId::number(self.number)).await;
        Ok(word.map_err(|error| self.site.failure(&error))?.to_be_bytes())
    }

    /// What an account holds of COR.
    pub(super) async fn balance(&self, account: Address) -> Result<u128> {
        self.wei("cor-token", &abi::CorToken::balanceOfCall { account }).await
    }
}

/// The slot of a value in a map from accounts, as Solidity lays it out.
pub(super) fn map_slot(account: Address, map: u64) -> U256 {
    let key = [account.into_word().as_slice(), &U256::from(map).to_be_bytes::<32>()].concat();
    U256::from_be_bytes(alloy_primitives::keccak256(key).0)
}

/// A transaction in a block is known by its hash.
pub(super) fn ensure_known(hash: B256, block: Option<u64>) -> Result<u64> {
    let block = block.with_context(|| format!("the receipt of {hash} names no block"))?;
    ensure!(block > 0, "the receipt of {hash} is of the genesis");
    Ok(block)
}
