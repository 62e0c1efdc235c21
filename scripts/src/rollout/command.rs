//! `corflow deploy`.

use alloy_primitives::utils::format_ether;
use anyhow::{Result, bail, ensure};
use clap::Args;
use serde_json::json;

use super::{Costs, Moment, Rollout, Site, Witness};
use crate::{
    answer::Answer,
    build::{Artifact, Symbols, Workspace, build},
    keys::{Actor, Keys},
    networks::Network,
    progress::Progress,
};

/// Deploys the contracts on a network of deployments/networks.toml, with the parameters of its file.
///
/// First a plan: every transaction, what it costs, what is done already. Then each transaction, written into a journal before
/// it is sent: killed at any moment, the same command goes on where it was and sends nothing twice. At the end the contracts
/// are offered to the owner of the parameters, who accepts.
#[derive(Args)]
pub struct Deploy {
    /// Which network.
    #[arg(long, value_name = "NAME")]
    network: String,
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
        let network = Network::load(&workspace, &self.network)?;
        let run = self.run_on(&workspace, &network).await;
        // An error may quote the URL, which may hold a provider's key.
        run.map_err(|error| anyhow::anyhow!(network.conceal(&format!("{error:#}"))))
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
        rollout.execute().await?;
        let contracts: Vec<String> = plan.contracts.iter().map(|(name, address)| format!("{name:<14} {address}")).collect();
        let text =
            format!("{}\n\n{} is deployed; {} says where.", contracts.join("\n"), network.name, network.deployment().display());
        Ok(Answer::good(json!(plan), text))
    }
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
