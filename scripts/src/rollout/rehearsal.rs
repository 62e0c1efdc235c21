//! The whole deployment on a node of its own, before anything is sent: what each step costs, exactly as ArbOS counts it, and
//! whether the contracts accept what they are given, by their own words.

use std::collections::BTreeMap;

use alloy::{network::EthereumWallet, providers::Provider, signers::local::PrivateKeySigner};
use anyhow::{Context, Result};
use stylus_devnode::Devnode;

use super::{
    blueprint::Blueprint,
    journal::Journal,
    sender::{Fate, Moment, Sender, Witness},
    steps::{State, steps},
};
use crate::{build::Artifact, chain::Chain, deploy, parameters::Parameters};

/// What each step costs, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs(BTreeMap<String, Cost>);

/// What a step costs, without what posting it to the parent chain does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Gas that it uses.
    pub(super) gas: u64,
    /// Gas that it is sent with.
    pub(super) limit: u64,
    /// Bytes of the cache that it bids for.
    pub(super) size: Option<u32>,
}

impl Costs {
    /// Of a step; nothing for one that was not needed.
    pub(super) fn of(&self, step: &str) -> Cost {
        self.0.get(step).copied().unwrap_or_default()
    }
}

/// Nobody listens.
struct Silence;

impl Witness for Silence {
    fn reaches(&mut self, _: &str, _: Moment) -> Result<()> {
        Ok(())
    }

    fn notes(&mut self, _: &str) {}
}

/// Rehearses. A COR that was there before is stood in for by cor-token. `kept`: the deployer stays the owner. `time` is that
/// of the chain to come.
pub async fn rehearse(mut parameters: Parameters, kept: bool, artifacts: &[Artifact], time: u64) -> Result<Costs> {
    let node = Devnode::builder().spawn().context("the node of the rehearsal did not start")?;
    let account = node.accounts().first().context("the node of the rehearsal has no account")?;
    let signer = PrivateKeySigner::from_bytes(&account.key).context("the rehearsal's key")?;
    let chain = Chain::connect(&node.endpoint(), None).await?;
    let own = chain.time().await?;
    if time > own {
        let _: serde_json::Value = chain.provider().raw_request("evm_increaseTime".into(), [time - own]).await?;
        let _: serde_json::Value = chain.provider().raw_request("evm_mine".into(), ()).await?;
    }
    parameters.token = None;
    if kept {
        parameters.roles.owner = signer.address();
    }
    let genesis = parameters.genesis.unwrap_or(time);
    let blueprint = Blueprint::new(parameters, artifacts, signer.address(), genesis, true, &BTreeMap::new())?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let journal = Journal::open(&folder.path().join("rehearsal.jsonl"))?;
    let mut silence = Silence;
    let mut sender = Sender::new(&chain, blueprint.deployer, EthereumWallet::from(signer), journal, &mut silence);
    let mut costs = BTreeMap::new();
    let mut allocated = 0;
    for step in steps(&blueprint) {
        if step.state(&blueprint, &chain, allocated).await? != State::ToDo {
            continue;
        }
        let order = step.order(&blueprint, &chain).await?;
        let sent = sender.send(&step.name, &order).await.map_err(|error| blueprint.explain(&step, error));
        let fate = sent.with_context(|| format!("rehearsed on a node of its own, `{}` fails", step.name))?;
        let Fate::Mined(mined) = fate else { continue };
        if step.allocates() {
            allocated += 1;
        }
        let size = match step.bids_for(&blueprint) {
            Some(code) => Some(deploy::size_in_cache(&chain, code).await?),
            None => None,
        };
        let limit = sender.journal.limit(mined.hash)?;
        costs.insert(step.name, Cost { gas: mined.gas, limit, size });
    }
    Ok(Costs(costs))
}
