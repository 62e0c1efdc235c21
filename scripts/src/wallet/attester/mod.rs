//! `corflow attester`: computing an epoch, voting for it, and watching what others vote for.
//!
//! | module | holds |
//! |---|---|
//! | `polls` | what the chain says of roots and votes |
//! | `ours` | what the published scores give |
//! | `verdict` | one held against the other, in words |

mod ours;
mod polls;
mod verdict;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use tokio::{select, signal::ctrl_c, time::sleep};

use self::{ours::Ours, polls::Votes, verdict::Verdict};
use super::place::{Place, Site};
use crate::{
    answer::Answer,
    rewards::{Compute, Sources, Vote, book::Book},
};

/// An attester's part, by the name of its network.
#[derive(Args, Clone, Debug)]
pub struct Attesters {
    /// The published folder.
    #[arg(long, global = true, default_value = "rewards", value_name = "FOLDER")]
    book: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Computes a closed epoch from its scores, with the budget and the stakes that the network says, and publishes it in the
    /// folder.
    Compute {
        #[command(flatten)]
        compute: Compute,
        #[command(flatten)]
        place: Place,
    },
    /// Computes a published epoch again from its scores, and votes for its root, if it is the published one. Says how the ballot
    /// stands.
    Vote {
        #[command(flatten)]
        vote: Vote,
        #[command(flatten)]
        place: Place,
    },
    /// Which closed epochs have no root, how ballots stand, and whether the pending root is what the published scores give.
    ///
    /// It says so whenever something changes, and ends with 1 as soon as the pending or the active root is another one than the
    /// scores give, with both and with what can be done until when. With --once it ends with 1, too, when a root is pending of
    /// an epoch that is not in the folder, for then nobody here has looked.
    Watch {
        /// Looks once.
        #[arg(long)]
        once: bool,
        /// Seconds between two looks.
        #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        every: u64,
        #[command(flatten)]
        place: Place,
    },
}

impl Attesters {
    /// Does what was asked.
    pub async fn run(self, json: bool) -> Result<ExitCode> {
        let book = Book::at(&self.book);
        match self.command {
            Command::Compute { compute, place } => {
                let site = place.site().await?;
                let (rewards, staking) = (Some(site.contract("miner-rewards")?), Some(site.contract("staking")?));
                let sources = Sources { provider: Some(site.provider.clone()), rewards, staking };
                Ok(compute.run(&book, &sources).await?.print(json))
            }
            Command::Vote { vote, place } => {
                let site = place.site().await?;
                Ok(vote.run(&book, site.url(), |_| site.contract("miner-rewards")).await?.print(json))
            }
            Command::Watch { once, every, place } => {
                let (site, mut votes, mut ours) = (place.site().await?, Votes::default(), Ours::of(book));
                if once {
                    return Ok(look(&site, &mut votes, &mut ours).await?.once().print(json));
                }
                // Waited for also where a shell that runs it beside others has it ignored.
                select! {
                    wrong = follow(&site, &mut votes, &mut ours, Duration::from_secs(every), json) => wrong,
                    pressed = ctrl_c() => pressed.context("Ctrl-C cannot be waited for").map(|()| ExitCode::SUCCESS),
                }
            }
        }
    }
}

async fn look(site: &Site, votes: &mut Votes, ours: &mut Ours) -> Result<Verdict> {
    let polls = votes.read(site).await?;
    Ok(Verdict::of(polls, ours, site))
}

/// Says what changes until a root is not what it should be. A node that is away is told of once, and asked again.
async fn follow(site: &Site, votes: &mut Votes, ours: &mut Ours, every: Duration, json: bool) -> Result<ExitCode> {
    let (mut said, mut away) = (None, false);
    loop {
        match look(site, votes, ours).await {
            Ok(verdict) => {
                away = false;
                if said.as_ref() != Some(&verdict.state()) {
                    said = Some(verdict.state());
                    let Answer { json: document, text, .. } = verdict.followed();
                    if json {
                        println!("{document}");
                    } else {
                        println!("{}\n", text.trim_end());
                    }
                }
                if verdict.is_wrong() {
                    return Ok(ExitCode::FAILURE);
                }
            }
            Err(error) if !away => {
                away = true;
                eprintln!("nothing can be seen at the moment: {error:#}");
            }
            Err(_) => {}
        }
        sleep(every).await;
    }
}
