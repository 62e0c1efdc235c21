//! `corflow index`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_primitives::Address;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use words::refusals::Kind;

use super::{
    export::export,
    follow::{Follower, Step},
    source::Source,
    store::{Contract, Origin, Store},
};
use crate::{answer::Answer, places::Places, wallet::Failure};

/// How often a chain is asked for something new.
const INTERVAL: Duration = Duration::from_secs(1);
/// The longest pause after something went wrong.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Reads every event of every contract into a SQLite file, with views of stake, fees, claims and epochs.
///
/// It goes on where it stopped; where the chain took blocks back, it walks back first. A file of another chain is refused.
#[derive(Args, Clone, Debug)]
pub struct Index {
    /// The chain.
    #[arg(long, value_name = "URL")]
    rpc: String,
    /// Where the contracts are; without it, the file in `deployments` for the chain's id.
    #[arg(long, value_name = "FILE")]
    deployments: Option<PathBuf>,
    /// The index; made if it is not there.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// Goes on with every new block, until Ctrl-C.
    #[arg(long)]
    follow: bool,
    /// More logs in one answer than this are asked for again in smaller ranges: a provider that cuts long answers short and
    /// does not say so is found out as long as it cuts behind this many.
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    max_logs: usize,
    /// Writes the views to this folder, as CSV, once there is nothing new.
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
}

impl Index {
    /// Reads to the end of the chain, or until Ctrl-C.
    pub async fn run(self) -> Result<Answer> {
        let source = Source::connect(&self.rpc).await?;
        let chain_id = source.chain_id().await?;
        let path = self.deployments.clone().unwrap_or_else(|| Places::file(chain_id));
        let contracts = contracts(&path, chain_id)?;
        let staking = contracts.iter().find(|contract| contract.name == "staking");
        let staking = staking.with_context(|| format!("{} names no staking contract", path.display()))?.address;
        let genesis = source.block(0).await?.context("the chain has no first block to be known by")?;
        let clock = source.clock(staking).await?;
        let origin = Origin { chain_id, genesis_hash: genesis.hash, clock, contracts: contracts.clone() };
        let store = Store::open(&self.db, &origin)?;
        let mut follower = Follower::new(source, store, contracts, self.max_logs);
        let mut tally = Tally::default();
        if self.follow {
            tokio::select! {
                ended = self.follow(&mut follower, &mut tally) => ended?,
                pressed = tokio::signal::ctrl_c() => pressed.context("Ctrl-C cannot be waited for")?,
            }
        } else {
            catch_up(&mut follower, &mut tally).await?;
        }
        let exported = self.exported(&follower)?;
        answer(&origin, &follower, tally, &exported)
    }

    /// Catches up for ever. What the chain does wrong is said and tried again; what is wrong with the file ends it.
    async fn follow(&self, follower: &mut Follower, tally: &mut Tally) -> Result<()> {
        let mut pause = INTERVAL;
        loop {
            let before = *tally;
            match catch_up(follower, tally).await {
                Ok(()) => pause = INTERVAL,
                Err(error) if error.is::<super::store::StoreError>() => return Err(error),
                Err(error) => {
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    eprintln!("{error:#}; again in {} s", pause.as_secs());
                }
            }
            if *tally != before {
                let (number, _) = follower.store.cursor()?.unwrap_or_default();
                eprintln!("block {number}: {} events more", tally.events - before.events);
                self.exported(follower)?;
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn exported(&self, follower: &Follower) -> Result<Vec<PathBuf>> {
        self.export.as_deref().map_or(Ok(Vec::new()), |folder| export(&follower.store, folder))
    }
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    events: usize,
    walked_back: u64,
}

/// Until there is nothing new.
async fn catch_up(follower: &mut Follower, tally: &mut Tally) -> Result<()> {
    loop {
        match follower.step().await? {
            Step::Read { events, .. } => tally.events += events,
            Step::WalkedBack { to } => {
                tally.walked_back += 1;
                let to = to.map_or("its beginning".to_owned(), |number| format!("block {number}"));
                eprintln!("the chain is no longer the one that was read: back to {to}");
            }
            Step::Again => {}
            Step::Done => return Ok(()),
        }
    }
}

fn answer(origin: &Origin, follower: &Follower, tally: Tally, exported: &[PathBuf]) -> Result<Answer> {
    let (cursor, events) = (follower.store.cursor()?, follower.store.events()?);
    let (number, hash) = cursor.unwrap_or_default();
    let exported: Vec<_> = exported.iter().map(|path| path.display().to_string()).collect();
    let json = json!({
        "chainId": origin.chain_id,
        "genesis": origin.genesis_hash,
        "block": number,
        "hash": hash,
        "events": events,
        "read": tally.events,
        "walkedBack": tally.walked_back,
        "split": follower.splits,
        "exported": exported,
    });
    let mut text = format!(
        "chain      {}\nblock      {number} {hash}\nevents     {events}, {} of them new\nwent back  {} times\nsplit      {} ranges",
        origin.chain_id, tally.events, tally.walked_back, follower.splits
    );
    for path in exported {
        text.push_str(&format!("\nwrote      {path}"));
    }
    Ok(Answer::good(json, text))
}

/// The contracts of a deployment file, by name, each of ours at most once.
fn contracts(path: &Path, chain_id: u64) -> Result<Vec<Contract>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let document: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    if let Some(named) = document["chainId"].as_u64() {
        let said = format!("{} is of chain {named}, and the chain at this endpoint is {chain_id}", path.display());
        ensure!(named == chain_id, Failure::Node(Box::new(Kind::WrongChain.refusal(&said))));
    }
    let listed = document["contracts"].as_object();
    let listed = listed.with_context(|| format!("{} has no \"contracts\": it is no deployment file", path.display()))?;
    let mut found = Vec::new();
    for (name, _) in abi::contracts() {
        let Some(entry) = listed.get(name) else { continue };
        let address = entry["address"].as_str().and_then(|text| text.parse::<Address>().ok());
        let Some(address) = address else { bail!("{} has no address for {name}", path.display()) };
        found.push(Contract { name, address, block: entry["block"].as_u64().unwrap_or_default() });
    }
    Ok(found)
}
