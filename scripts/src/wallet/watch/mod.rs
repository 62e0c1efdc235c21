//! `corflow watch`: the network at a glance, read again every few seconds.
//!
//! | module | holds |
//! |---|---|
//! | `figures`, `news` | what there is to see |
//! | `screen` | how it looks, at any size |
//! | `terminal` | the terminal, taken and given back |

mod figures;
mod news;
mod screen;
mod terminal;

use std::{
    io::{IsTerminal, stdout},
    process::ExitCode,
    time::Duration,
};

use alloy::providers::Provider;
use anyhow::{Result, bail};
use clap::Args;
use tokio::time::timeout;
use words::refusals::Kind;

use self::{
    figures::Figures,
    news::{Feed, News},
    screen::{Look, Screen},
};
use super::{
    failure::Failure,
    place::{Place, Site},
};
use crate::answer::Answer;

/// How long a reading may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to watch, and how often it is read.
#[derive(Args, Clone, Debug)]
pub struct Watch {
    /// Prints one frame as text, and ends.
    #[arg(long)]
    once: bool,
    /// How many columns that frame has.
    #[arg(long, value_name = "COLUMNS", default_value_t = 120, requires = "once", value_parser = clap::value_parser!(u16).range(40..=400))]
    width: u16,
    /// Seconds between two readings.
    #[arg(long, value_name = "SECONDS", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    every: u64,
    #[command(flatten)]
    place: Place,
}

/// What was read at one block.
#[derive(Clone, Debug)]
struct Reading {
    figures: Figures,
    news: Vec<News>,
}

/// Reads a network again and again.
struct Reader {
    site: Site,
    feed: Feed,
}

impl Watch {
    /// Shows the network until somebody has seen enough; once where that is asked for, or where a document is.
    pub async fn run(self, json: bool) -> Result<ExitCode> {
        let site = self.place.site().await?;
        let feed = Feed::of(&site);
        let look = Look::of(&site);
        let mut reader = Reader { site, feed };
        if json || self.once {
            let reading = reader.read().await?;
            let text = Screen { look: &look, reading: Some(&reading), age: None }.text(self.width);
            let mut document = reading.figures.json();
            document.insert("events".to_owned(), reading.news.iter().map(News::json).collect());
            let ok = reading.figures.faults.is_empty();
            return Ok(Answer { json: document.into(), text, ok }.print(json));
        }
        if !stdout().is_terminal() {
            bail!("a dashboard needs a terminal: --once prints one frame as text, --json one document");
        }
        terminal::show(reader, &look, Duration::from_secs(self.every)).await
    }
}

impl Reader {
    /// All of it, as of the latest block. A node that says nothing is one that is away.
    async fn read(&mut self) -> Result<Reading> {
        match timeout(PATIENCE, self.read_all()).await {
            Ok(read) => read,
            Err(_) => Err(away(Kind::TimedOut, &format!("not all came within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn read_all(&mut self) -> Result<Reading> {
        // The endpoint may have come back as another chain's.
        let id = self.site.provider.get_chain_id().await.map_err(|error| self.site.failure(&error))?;
        if id != self.site.chain_id {
            return Err(away(Kind::WrongChain, &format!("it answers {id} now, and was of {}", self.site.chain_id)));
        }
        let view = self.site.latest().await?;
        let figures = Figures::read(&view).await?;
        let news = self.feed.read(&self.site, figures.block).await?.to_vec();
        Ok(Reading { figures, news })
    }
}

fn away(kind: Kind, said: &str) -> anyhow::Error {
    Failure::Node(Box::new(kind.refusal(said))).into()
}
