//! A network put on a real chain: planned, rehearsed, sent step by step from a journal, held against the chain afterwards.
//!
//! | module | holds |
//! |---|---|
//! | `blueprint` | what is to stand, and where |
//! | `steps` | how to get there, and whether a step is done |
//! | `rehearsal` | the same on a node of its own: what it costs, and whether the contracts accept what they are given |
//! | `plan` | what will be sent and what it costs, before anything is |
//! | `journal`, `sender`, `nonce` | what was signed, and what became of it |
//! | `record` | `deployments/<network>.json` |
//! | `token`, `paper` | what a COR can do that was there before: asked, and tried without being sent |
//! | `standing`, `survey` | what is said to stand, and what the chain says |
//! | `watch` | a deployment that stands, looked at again and again |
//! | `passport` | that in one signed file |
//! | `errands` | what comes after: ownerships to accept, activations that end after a year |
//!
//! The chain decides what is done, never a file: addresses follow from code, arguments and salt, and every other step shows in
//! what a contract answers. Only where a COR went is told by the journal, whose transactions the chain must have.

mod blueprint;
#[cfg(test)]
mod bounds;
pub mod command;
mod errands;
mod journal;
mod nonce;
mod paper;
mod passport;
mod plan;
mod record;
mod rehearsal;
mod sender;
mod standing;
mod steps;
mod survey;
mod token;
mod watch;

use std::collections::BTreeMap;

use alloy::{eips::BlockNumberOrTag, network::EthereumWallet, providers::Provider};
use alloy_primitives::{Address, B256, U256, keccak256};
use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

use words::refusals::{self, Refusal};

use crate::{
    build::Artifact, chain::Chain, deploy, keys::Actor, names::Names, networks::Network, parameters::Parameters, wallet::Failure,
};
use blueprint::Blueprint;
use journal::{Begin, Entry, Journal};
use record::Record;
use sender::{Fate, Sender, other_transaction};
use steps::{State, Step};
use token::Abilities;

pub use errands::{Errand, Purpose};
pub use plan::{Plan, Row};
pub use rehearsal::{Costs, rehearse};
pub use sender::{Moment, Patience, Witness};
pub use survey::{Finding, Survey, Verdict};
pub use watch::Watch;

/// How often a step is tried whose nonce others keep using.
const TRIES: u32 = 3;

/// A deployment that has begun, or is about to.
pub struct Rollout<'a> {
    network: &'a Network,
    blueprint: Blueprint,
    names: Names,
    /// COR that was there before.
    foreign: Option<Abilities>,
    sender: Sender<'a>,
    begin: Begin,
    signs: bool,
}

/// What is needed to begin.
pub struct Site<'a> {
    /// Where.
    pub network: &'a Network,
    /// The contracts as built.
    pub artifacts: &'a [Artifact],
    /// Who deploys. A plan needs its address only.
    pub actor: &'a Actor,
    /// How many allocations were made already, where the journal of that is lost.
    pub allocated: Option<usize>,
    /// How long to wait, and for what.
    pub patience: Patience,
    chain: Chain,
}

impl<'a> Site<'a> {
    /// Connects to a network, whose chain id must be that of its file, and which must have a StylusDeployer.
    pub async fn connect(network: &'a Network, artifacts: &'a [Artifact], actor: &'a Actor) -> Result<Self> {
        let chain = network.connect().await?;
        deploy::check(&chain).await?;
        Ok(Self { network, artifacts, actor, allocated: None, patience: Patience::default(), chain })
    }
}

impl<'a> Rollout<'a> {
    /// Opens the journal of a network's deployment and draws what is to stand. Nothing is sent, and nothing written.
    pub async fn open(site: &'a Site<'_>, witness: &'a mut dyn Witness) -> Result<Self> {
        let Site { network, artifacts, actor, chain, .. } = site;
        let deployer = actor.address();
        let parameters = Parameters::load(&network.parameters, deployer)?;
        let foreign = match parameters.token {
            None => None,
            Some(token) => {
                let abilities = token::probe(chain, token, deployer, &parameters).await?;
                witness.notes(&abilities.to_string());
                Some(abilities)
            }
        };
        let journal = Journal::open(&network.folder.join(format!("{}.journal.jsonl", network.name)))?;
        let known = Record::read(&network.deployment())?;
        let genesis = match (journal.begin(), parameters.genesis) {
            (Some(begin), _) => begin.genesis,
            (None, Some(genesis)) => genesis,
            (None, None) => {
                let recorded = known.filter(|known| known.is_of(deployer, parameters.salt)).and_then(|known| known.genesis());
                let now = chain.time().await?;
                recorded.unwrap_or(now - now % parameters.times.epoch_length)
            }
        };
        let burns = foreign.as_ref().is_none_or(|abilities| abilities.burn);
        let burnable = journal.begin().map_or(burns, |begin| begin.burnable);
        let blueprint = Blueprint::new(parameters, artifacts, deployer, genesis, burnable, &BTreeMap::new())?;
        let fingerprint = blueprint.fingerprint();
        let chain_genesis = first_block(chain).await?;
        let begin = match journal.begin() {
            Some(begin) => {
                check_begin(&journal, begin, &Begin { fingerprint, chain_genesis, ..begin.clone() }, &blueprint, chain)?;
                begin.clone()
            }
            None => Begin {
                chain_id: chain.id(),
                chain_genesis,
                deployer,
                genesis,
                fingerprint,
                burnable,
                allocated: match site.allocated {
                    Some(allocated) => allocated,
                    None => token::position(chain, &blueprint).await?,
                },
            },
        };
        let names = names(&blueprint);
        let wallet = match actor {
            Actor::Here(signer) => signer.wallet(),
            Actor::Elsewhere(..) | Actor::Nobody(_) => EthereumWallet::default(),
        };
        let mut sender = Sender::new(chain, deployer, wallet, journal, witness);
        sender.patience = site.patience;
        Ok(Self { network, blueprint, names, foreign, sender, begin, signs: matches!(actor, Actor::Here(_)) })
    }

    /// What would be sent now, and what that costs. Nothing is sent.
    pub async fn plan(&self, costs: &Costs) -> Result<Plan> {
        let allocated = self.allocated().await?;
        if let Some(foreign) = &self.foreign {
            foreign.covers(&self.blueprint.parameters, allocated)?;
        }
        plan::make(&self.blueprint, self.sender.chain, costs, allocated, self.sender.balance().await?).await
    }

    /// Gas of each step, by a rehearsal.
    pub async fn rehearse(&self, artifacts: &[Artifact]) -> Result<Costs> {
        let parameters = Parameters { genesis: Some(self.blueprint.genesis), ..self.blueprint.parameters.clone() };
        let owned = parameters.roles.owner == self.blueprint.deployer;
        rehearse(parameters, owned, artifacts, self.sender.chain.time().await?).await
    }

    /// Offers for a gas what a plan reckoned with, as long as blocks ask no more: then the balance that it needs suffices.
    pub fn keep_to(&mut self, plan: &Plan) {
        self.sender.fee = plan.max_fee().try_into().ok();
    }

    /// Sends what is not done, step by step, and writes down what stands.
    pub async fn execute(&mut self) -> Result<()> {
        ensure!(self.signs, "nobody signs for {}: a plan is all that can be made", self.blueprint.deployer);
        if self.sender.journal.begin().is_none() {
            self.sender.journal.write(Entry::Begin(self.begin.clone()))?;
        }
        self.sender.recover().await?;
        self.record().await?;
        for step in steps::steps(&self.blueprint) {
            match self.state(&step).await? {
                State::Done => {}
                State::LeftOut(why) => self.sender.witness.notes(&format!("`{}` is left out: {why}", step.name)),
                State::ToDo => {
                    self.take(&step).await?;
                    self.record().await?;
                }
            }
        }
        Ok(())
    }

    /// Takes a step, and waits until the chain shows it.
    async fn take(&mut self, step: &Step) -> Result<()> {
        for _ in 0..TRIES {
            let order = step.order(&self.blueprint, self.sender.chain).await?;
            match self.sender.send(&step.name, &order).await.map_err(|error| self.blueprint.explain(step, error))? {
                Fate::Mined(mined) if mined.ok => return self.confirm(step).await,
                Fate::Mined(mined) => {
                    let reason = self.sender.revert_of(&order, mined.block).await?;
                    let words = format!("`{}` was mined in block {} as {} and reverted", step.name, mined.block, mined.hash);
                    return Err(refused(step.contract(&self.blueprint), &reason, &self.blueprint.context()).context(words));
                }
                Fate::Replaced(_) if self.state(step).await? == State::Done => return Ok(()),
                Fate::Replaced(by) => {
                    let by = other_transaction(by);
                    self.sender.witness.notes(&format!("the nonce of `{}` was used by {by}: sending it anew", step.name));
                }
            }
        }
        bail!("others use the nonces of {}: stop them, and run the same command again", self.sender.from)
    }

    async fn confirm(&self, step: &Step) -> Result<()> {
        let deadline = Instant::now() + self.sender.patience.lag;
        while self.state(step).await? != State::Done {
            let late = "the node does not show it; run the same command again";
            ensure!(Instant::now() < deadline, "`{}` is in a block, and {late}", step.name);
            sleep(self.sender.chain.polling()).await;
        }
        Ok(())
    }

    async fn state(&self, step: &Step) -> Result<State> {
        step.state(&self.blueprint, self.sender.chain, self.allocated().await?).await
    }

    async fn allocated(&self) -> Result<usize> {
        steps::allocated(&self.blueprint, self.begin.allocated, &self.sender).await
    }

    /// Writes down what stands, if that has changed.
    async fn record(&self) -> Result<()> {
        let record = Record::of(self.network, &self.blueprint, &self.begin, self.sender.chain, &self.sender.journal, &self.names);
        record.await?.write(&self.network.deployment())
    }
}

/// What a contract refused with, in words.
fn refused(contract: &str, data: &[u8], context: &refusals::Context) -> anyhow::Error {
    Failure::Refused(Box::new(Refusal::of(contract, data, context))).into()
}

/// The same where a revert is somewhere in an error: what the node made of it is left out.
fn in_words(error: anyhow::Error, contract: &str, context: &refusals::Context) -> anyhow::Error {
    match crate::chain::revert_in(&error) {
        Some(data) => refused(contract, &data, context).context(error.to_string()),
        None => error,
    }
}

/// What contracts are called, for people.
fn names(blueprint: &Blueprint) -> Names {
    let mut names = Names::default();
    names.add("StylusDeployer", deploy::STYLUS_DEPLOYER, abi::StylusDeployer::abi::contract());
    names.add("ArbWasm", deploy::ARB_WASM, abi::ArbWasm::abi::contract());
    for piece in &blueprint.pieces {
        if let Some(interface) = blueprint::interface(piece.name) {
            names.add(piece.name, piece.address, interface);
        }
    }
    names
}

/// The hash of a chain's first block.
async fn first_block(chain: &Chain) -> Result<B256> {
    let block =
        chain.provider().get_block_by_number(BlockNumberOrTag::Number(0)).await.context("no first block could be read")?;
    Ok(block.context("the chain has no first block")?.header.hash)
}

/// Whether a journal is of what is about to be done.
fn check_begin(journal: &Journal, begin: &Begin, now: &Begin, blueprint: &Blueprint, chain: &Chain) -> Result<()> {
    let file = journal.path().display();
    let away = "move it away to begin anew";
    ensure!(begin.chain_id == chain.id(), "{file} is of chain {}, and this is chain {}: {away}", begin.chain_id, chain.id());
    ensure!(
        begin.chain_genesis == now.chain_genesis,
        "{file} is of a chain that began otherwise: was the node started anew? {away}"
    );
    ensure!(
        begin.deployer == blueprint.deployer,
        "{file} was begun by {}, and the key is that of {}: use the key that began it",
        begin.deployer,
        blueprint.deployer
    );
    ensure!(
        begin.fingerprint == now.fingerprint,
        "{file} was begun with other contracts or parameters: restore them to go on, or choose another salt and {away}"
    );
    if let Some(genesis) = blueprint.parameters.genesis {
        ensure!(genesis == begin.genesis, "{file} was begun with genesis {}, and the parameters say {genesis}", begin.genesis);
    }
    Ok(())
}

impl Blueprint {
    /// Names for sentences.
    fn context(&self) -> refusals::Context {
        let pieces = self.pieces.iter().map(|piece| (piece.name.to_owned(), piece.address));
        let token = (self.parameters.token.is_some()).then(|| ("cor-token".to_owned(), self.token));
        refusals::Context { names: pieces.chain(token).collect(), reader: Some(self.deployer) }
    }

    /// Why a step was not done, in words.
    fn explain(&self, step: &Step, error: anyhow::Error) -> anyhow::Error {
        in_words(error, step.contract(self), &self.context())
    }

    /// Stands for all that is drawn: two that differ anywhere have others.
    fn fingerprint(&self) -> B256 {
        let mut whole = Vec::new();
        for piece in &self.pieces {
            whole.extend_from_slice(piece.address.as_slice());
            whole.extend_from_slice(piece.code_hash.as_slice());
        }
        whole.extend_from_slice(self.token.as_slice());
        let parameters = &self.parameters;
        let rest = format!("{:?} {:?} {}", parameters.roles, parameters.allocations, parameters.emission.start);
        whole.extend_from_slice(rest.as_bytes());
        keccak256(whole)
    }
}

/// Wei of COR that an account has.
async fn holding(chain: &Chain, token: Address, account: Address) -> Result<U256> {
    let held = steps::read(chain, token, &abi::CorToken::balanceOfCall { account }).await?;
    Ok(held.unwrap_or_default())
}
