//! A whole run: build, chain, contracts, story, files.

use std::path::PathBuf;

use alloy::providers::{Provider, RootProvider};
use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use stylus_devnode::Devnode;

use crate::{
    audit::{self, fault::Fault},
    build::{Artifact, Symbols, Workspace, build},
    chain::Chain,
    exercise::exercise,
    journal::Journal,
    people::{People, Person},
    places::Places,
    recorder::Recorder,
    report::Report,
    scenario::{Plot, play, simulate},
    steps::Steps,
    system::{Deployer, Network, System, Terms},
};

/// When a run on a chain of its own begins: 2030-01-01, so that every run is the same to the last gas.
pub const BEGINNING: u64 = 1_893_456_000;

/// How many epochs emit, unless it is said.
pub const EPOCHS: u64 = 12;

/// What to run, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// A chain that is there already; a development node in this process otherwise.
    pub foreign: Option<Foreign>,
    /// Where every transaction is written down.
    pub journal: Option<PathBuf>,
    /// How many epochs emit.
    pub epochs: u64,
    /// What the contracts are built with other than the defaults: parameters, by their names in a scenario, and values.
    pub terms: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { foreign: None, journal: None, epochs: EPOCHS, terms: Vec::new() }
    }
}

/// A chain that is there already.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// Its endpoint.
    pub url: String,
    /// The key of who deploys, and owns what is deployed.
    pub key: B256,
}

/// Builds, deploys, exercises staking, plays the epochs. A mismatch is in the report; an error is what kept the run from its end.
pub async fn run(workspace: &Workspace, options: Options) -> Result<Report> {
    let journal = options.journal.as_deref().map(Journal::create).transpose()?;
    let mut recorder = Recorder::new(journal);
    let plot = Plot::twelve_epochs()?.of_epochs(options.epochs).turned(&options.terms)?;
    let artifacts = built(workspace, &recorder).await?;

    // The node stops when the run ends.
    let (mut chain, people, _node) = match options.foreign {
        Some(Foreign { url, key }) => {
            recorder.progress.stage("connecting");
            let people = People::derived(key)?;
            let mut chain = Chain::connect(&url, None).await?;
            crate::deploy::check(&chain).await?;
            people.provide(&mut chain, &mut recorder).await?;
            (chain, people, None)
        }
        None => {
            recorder.progress.stage("starting the node");
            let node = Devnode::builder().spawn().context("the development node did not start")?;
            let chain = Chain::connect(&node.endpoint(), Some(BEGINNING)).await?;
            (chain, local_people(&node)?, Some(node))
        }
    };

    recorder.progress.stage("deploying");
    let since = chain.provider().get_block_number().await.context("the chain does not say its latest block")?;
    let mut deployer = Deployer::new(&mut chain, &people, &artifacts, workspace, &mut recorder);
    let system = System::deploy(&mut deployer).await?;
    let network = Network::deploy(&mut deployer, &system, &plot.terms).await?;
    recorder.progress.stage("exercising staking");
    let ledger = exercise(&mut chain, &people, &system, &network, &mut recorder).await?;
    recorder.progress.stage("playing the epochs");
    recorder.begin_epochs();
    let now = chain.time().await?;
    let chronicle = play(&mut chain, &people, &system, &network, ledger.clone(), &plot, &mut recorder).await?;
    let mut simulated = 0;
    if chain.moves_time() {
        // By the same steps from the same second on, without a chain: it must not come to anything else.
        recorder.progress.stage("simulating the same epochs");
        let paper = simulate(now, &people, &system, &network, ledger, &plot).await?;
        simulated = paper.pages.len();
        for difference in chronicle.differs_from(&paper) {
            recorder.mismatch(difference);
        }
    }
    recorder.progress.stage("auditing");
    for fault in audited(chain.provider(), &Places::of(&system, &network, since)).await? {
        recorder.mismatch(format!("by the audit of all events, {fault}"));
    }
    Ok(Report { steps: recorder.steps, chronicle, simulated, moved_time: chain.moves_time() })
}

/// What does not add up by the events of a whole run.
async fn audited(provider: &RootProvider, places: &Places) -> Result<Vec<Fault>> {
    Ok(audit::chain::Chain::now(provider, places).await?.audit(places.since).await?.faults)
}

/// A node with the contracts on it, which runs until it is dropped.
pub struct Running {
    /// The node.
    pub node: Devnode,
    /// Who has COR on it.
    pub people: People,
    /// Where COR and staking are.
    pub system: System,
    /// Where the other contracts are.
    pub network: Network,
    /// What was done.
    pub steps: Steps,
}

/// Starts a node on a port, with the contracts deployed, COR for everybody and a budget of incentives.
pub async fn up(workspace: &Workspace, port: u16) -> Result<Running> {
    let mut recorder = Recorder::new(None);
    let artifacts = built(workspace, &recorder).await?;
    recorder.progress.stage("starting the node");
    let node = Devnode::builder().port(port).spawn().context("the development node did not start")?;
    let people = local_people(&node)?;
    let mut chain = Chain::connect(&node.endpoint(), None).await?;
    recorder.progress.stage("deploying");
    let mut deployer = Deployer::new(&mut chain, &people, &artifacts, workspace, &mut recorder);
    let system = System::deploy(&mut deployer).await?;
    let network = Network::deploy(&mut deployer, &system, &Terms::default()).await?;
    crate::exercise::furnish(deployer.chain, &people, &system, &network, deployer.recorder).await?;
    network.start(&mut deployer, &system).await?;
    Ok(Running { node, people, system, network, steps: recorder.steps })
}

pub(crate) async fn built(workspace: &Workspace, recorder: &Recorder) -> Result<Vec<Artifact>> {
    recorder.progress.stage("building the contracts");
    // Cargo is waited for; nothing else has to go on meanwhile.
    let artifacts = build(workspace, Symbols::Names, |line| recorder.progress.detail(line))?;
    for artifact in &artifacts {
        recorder.progress.note(&crate::estimate::Estimate::of(artifact)?.to_string());
    }
    Ok(artifacts)
}

pub(crate) fn local_people(node: &Devnode) -> Result<People> {
    let mut keys = node.accounts().iter().map(|account| account.key);
    let mut next = || keys.next();
    match Person::ALL.map(|_| next()) {
        [Some(a), Some(b), Some(c), Some(d), Some(e)] => People::new([a, b, c, d, e]),
        _ => bail!("the development node has too few accounts"),
    }
}
