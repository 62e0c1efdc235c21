//! `corflow deploy`, `accept`, `status`, `verify`, `passport` and `keepalive`.

use std::path::PathBuf;

use alloy_primitives::utils::format_ether;
use anyhow::{Result, bail, ensure};
use clap::Args;
use serde_json::json;

use super::{Costs, Finding, Moment, Patience, Purpose, Rollout, Site, Survey, Verdict, Watch, Witness};
use crate::{
    answer::Answer,
    build::{Artifact, Symbols, Workspace, build},
    keys::{Actor, Keys},
    networks::Network,
    progress::Progress,
    wallet::Failure,
};

/// Which network.
#[derive(Args)]
struct At {
    /// A network of networks.toml.
    #[arg(long, value_name = "NAME")]
    network: String,
    /// The folder of networks.toml, in which deployments are kept; that of this checkout where nothing is said.
    #[arg(long, value_name = "FOLDER")]
    deployments: Option<PathBuf>,
}

impl At {
    fn network(&self) -> Result<Network> {
        Ok(match &self.deployments {
            Some(folder) => Network::load_from(folder, &self.network)?,
            None => Network::load(&Workspace::here(), &self.network)?,
        })
    }
}

/// Deploys the contracts on a network of deployments/networks.toml, with the parameters of its file.
///
/// First a plan: every transaction, what it costs, what is done already. Then each transaction, written into a journal before
/// it is sent: killed at any moment, the same command goes on where it was and sends nothing twice. At the end the contracts
/// are offered to the owner of the parameters, who accepts.
#[derive(Args)]
pub struct Deploy {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    keys: Keys,
    /// Stops after the plan; nothing is sent.
    #[arg(long)]
    dry_run: bool,
    /// Really deploys where real money is.
    #[arg(long)]
    yes_mainnet: bool,
    /// How many allocations, from the first on, were made already; only where the journal that says it is lost.
    #[arg(long, value_name = "N")]
    allocated: Option<usize>,
}

impl Deploy {
    /// Plans, and unless it is a dry run deploys.
    pub async fn run(self) -> Result<Answer> {
        let workspace = Workspace::here();
        let network = self.at.network()?;
        self.run_on(&workspace, &network).await.map_err(|error| concealed(&network, &error))
    }

    async fn run_on(&self, workspace: &Workspace, network: &Network) -> Result<Answer> {
        let mut voice = Voice(Progress::new());
        let actor = if self.dry_run { self.keys.asker().await? } else { self.keys.actor().await? };
        if let (Actor::Elsewhere(..), false) = (&actor, self.dry_run) {
            bail!("deploying takes a key that signs here: one transaction follows from the last; hand over to a Safe afterwards");
        }
        voice.0.stage("building the contracts");
        let artifacts = artifacts(workspace, &voice.0)?;
        voice.0.stage(format!("connecting to {}", network.name));
        let mut site = Site::connect(network, &artifacts, &actor).await?;
        site.allocated = self.allocated;
        let mut rollout = Rollout::open(&site, &mut voice).await?;
        let mut plan = rollout.plan(&Costs::default()).await?;
        if plan.to_send() > 0 {
            eprintln!("rehearsing on a node of its own");
            plan = rollout.plan(&rollout.rehearse(&artifacts).await?).await?;
        }
        if self.dry_run {
            return Ok(Answer::good(json!(plan), plan.to_string()));
        }
        eprintln!("{plan}\n");
        ensure!(
            !network.mainnet || self.yes_mainnet,
            "{} is worth real money: nothing was sent; read the plan above, then say --yes-mainnet",
            network.name
        );
        ensure!(
            plan.is_paid(),
            "{} has {} ETH and needs {} ETH: nothing was sent; bring the rest, what is not used stays",
            plan.deployer,
            format_ether(plan.balance),
            format_ether(plan.needed)
        );
        rollout.keep_to(&plan);
        rollout.execute().await?;
        let contracts: Vec<String> = plan.contracts.iter().map(|(name, address)| format!("{name:<14} {address}")).collect();
        let name = &network.name;
        let mut text = format!("{}\n\n{name} is deployed; {} says where.", contracts.join("\n"), network.deployment().display());
        if plan.rows.iter().any(|row| row.step.starts_with("offer ")) {
            let next = format!("corflow accept --network {name} by the owner ends the hand-over");
            text = format!("{text}\n{next}; corflow status --network {name} tells what is left.");
        }
        Ok(Answer::good(json!(plan), text))
    }
}

/// Everything of a deployment, held against the chain: code, constructors' arguments, wiring, roles, activation, cache, and what
/// the deployer's key still holds. Exits with 1 where something is not as parameters and build say.
#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    at: At,
}

impl Status {
    /// Looks.
    pub async fn run(self) -> Result<Answer> {
        let network = self.at.network()?;
        let survey = surveyed(&network).await.map_err(|error| concealed(&network, &error))?;
        let lines: Vec<String> = survey.findings.iter().map(Finding::to_string).collect();
        Ok(answer(&survey, format!("{}\n\n{}", lines.join("\n"), summary(&survey)), false))
    }
}

/// The same, saying only what differs; against a passport if one is given, which needs neither parameters nor a build.
#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    at: At,
    /// The passport that the chain is held against, once its signature is that of the deployer whom it names.
    #[arg(long, value_name = "FILE")]
    passport: Option<PathBuf>,
    /// Exits with 1 also for what is not finished: an ownership not accepted, an activation that ends soon.
    #[arg(long)]
    complete: bool,
}

impl Verify {
    /// Looks.
    pub async fn run(self) -> Result<Answer> {
        let network = self.at.network()?;
        self.run_on(&network).await.map_err(|error| concealed(&network, &error))
    }

    async fn run_on(&self, network: &Network) -> Result<Answer> {
        let (survey, heading) = match &self.passport {
            None => (surveyed(network).await?, String::new()),
            Some(path) => {
                let (deployer, survey) = Watch::connect(network).await?.verify(path).await?;
                (survey, format!("signed by {deployer}, who deployed it: make sure that this is whom you trust\n"))
            }
        };
        let lines =
            survey.findings.iter().filter(|finding| finding.verdict != Verdict::Same).map(|finding| format!("{finding}\n"));
        let text = format!("{heading}{}{}", lines.collect::<String>(), summary(&survey));
        Ok(answer(&survey, text, self.complete))
    }
}

/// Writes all of it to one file, signed by the deployer's key, that anybody's `verify --passport` holds against the chain.
#[derive(Args)]
pub struct PassportOf {
    #[command(flatten)]
    at: At,
    /// Where to; deployments/NAME.passport.json where nothing is said.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

impl PassportOf {
    /// Looks, signs, writes.
    pub async fn run(self) -> Result<Answer> {
        let network = self.at.network()?;
        self.run_on(&network).await.map_err(|error| concealed(&network, &error))
    }

    async fn run_on(&self, network: &Network) -> Result<Answer> {
        let actor = self.keys.actor().await?;
        let artifacts = artifacts(&Workspace::here(), &Progress::new())?;
        let path = self.output.clone().unwrap_or_else(|| network.folder.join(format!("{}.passport.json", network.name)));
        let survey = Watch::connect(network).await?.passport(&artifacts, &actor, &path).await?;
        let text = format!("{} is signed by {}\n{}", path.display(), actor.address(), summary(&survey));
        Ok(answer(&survey, text, false))
    }
}

/// Extends the activation of contracts that ends soon, and activates again what has ended. Any account can, for the fee.
#[derive(Args)]
pub struct Keepalive {
    #[command(flatten)]
    at: At,
    /// Extends what has fewer days left.
    #[arg(long, value_name = "DAYS", default_value_t = super::survey::DAYS)]
    within: u64,
    #[command(flatten)]
    keys: Keys,
}

impl Keepalive {
    /// Extends.
    pub async fn run(self) -> Result<Answer> {
        let network = self.at.network()?;
        self.run_on(&network).await.map_err(|error| concealed(&network, &error))
    }

    async fn run_on(&self, network: &Network) -> Result<Answer> {
        ran(network, Purpose::Keep { within: self.within }, &self.keys.actor().await?).await
    }
}

/// Accepts the ownership of every contract that a deployment offers to the account: the second half of the hand-over. With
/// --safe-batch it writes the batch that a Safe signs.
#[derive(Args)]
pub struct Accept {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    keys: Keys,
}

impl Accept {
    /// Accepts.
    pub async fn run(self) -> Result<Answer> {
        let network = self.at.network()?;
        let actor = self.keys.actor().await?;
        ran(&network, Purpose::Accept, &actor).await.map_err(|error| concealed(&network, &error))
    }
}

async fn ran(network: &Network, purpose: Purpose, actor: &Actor) -> Result<Answer> {
    let mut voice = Voice(Progress::new());
    let errands = Watch::connect(network).await?.run(purpose, actor, Patience::default(), &mut voice).await?;
    let lines: Vec<String> = errands.iter().map(|errand| format!("{:<14} {}", errand.contract, errand.done)).collect();
    Ok(Answer::good(json!(errands), lines.join("\n")))
}

async fn surveyed(network: &Network) -> Result<Survey> {
    let artifacts = artifacts(&Workspace::here(), &Progress::new())?;
    Watch::connect(network).await?.survey(&artifacts).await
}

fn summary(survey: &Survey) -> String {
    let [same, open, drift] = [Verdict::Same, Verdict::Open, Verdict::Drift].map(|verdict| survey.of(verdict).count());
    format!("{same} as they should be, {open} open, {drift} otherwise than they should be")
}

fn answer(survey: &Survey, text: String, complete: bool) -> Answer {
    let open = complete && survey.of(Verdict::Open).next().is_some();
    Answer { json: json!(survey), text, ok: survey.of(Verdict::Drift).next().is_none() && !open }
}

/// An error in words, without the URL that it may quote, which may hold a provider's key.
fn concealed(network: &Network, error: &anyhow::Error) -> anyhow::Error {
    Failure::saying(error, network.url()).into()
}

/// Says how far a run is, on stderr.
struct Voice(Progress);

impl Witness for Voice {
    fn reaches(&mut self, step: &str, moment: Moment) -> Result<()> {
        match moment {
            Moment::Written => self.0.stage(step),
            Moment::Signed => {}
            Moment::Sent => self.0.detail("sent"),
            Moment::Mined => self.0.detail("in a block"),
            Moment::Recorded => self.0.detail("written down"),
        }
        Ok(())
    }

    fn notes(&mut self, text: &str) {
        self.0.note(text);
    }
}

fn artifacts(workspace: &Workspace, progress: &Progress) -> Result<Vec<Artifact>> {
    Ok(build(workspace, Symbols::Names, |line| progress.detail(line))?)
}
