//! `corflow voucher`.

use std::path::{Path, PathBuf};

use alloy::providers::{Provider, RootProvider};
use alloy_primitives::{Address, U256};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use words::number::address;

use super::{
    domain::same_domain,
    file::{Count, Number, Place, Voucher, read, read_many},
    outlook::Outlook,
    settle::Settle,
    sum::{GatewayCount, more, sum},
};
use crate::{
    answer::Answer,
    keys::{Actor, Keys},
};

/// Usage vouchers of apps: signed, checked, added up over gateways.
#[derive(Args, Clone, Debug)]
pub struct Vouchers {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Signs one voucher and prints it. With --rpc nothing is signed that could never count, and what stands in its way now, or
    /// escrow that leaves, is said on stderr.
    Sign {
        /// The app.
        #[arg(long)]
        app: Number,
        /// The epoch of the usage.
        #[arg(long)]
        epoch: Number,
        /// Units used in that epoch in all, not since the last voucher.
        #[arg(long, allow_negative_numbers = true)]
        units: Number,
        #[command(flatten)]
        signing: Signing,
    },
    /// Checks a voucher as the contract will, and says who signed it. With --rpc it holds only if all of it would count now.
    Verify {
        /// The voucher.
        voucher: PathBuf,
        /// Who must have signed it.
        #[arg(long, value_parser = address)]
        signer: Option<Address>,
        /// The chain that it must be for.
        #[arg(long, requires = "app_fees")]
        chain_id: Option<Number>,
        /// The app-fees contract that it must be for.
        #[arg(long, value_parser = address)]
        app_fees: Option<Address>,
        /// The chain itself: what the voucher would come to there is asked.
        #[arg(long, value_name = "URL", requires = "app_fees")]
        rpc: Option<String>,
    },
    /// Adds up what an app's gateways have counted, and signs the sum as one voucher.
    Sum {
        /// Files of counts, one or many in each, one behind the other: {"gateway", "appId", "epoch", "cumulativeUnits"}.
        #[arg(required = true)]
        counts: Vec<PathBuf>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Has app-fees count vouchers: says first what each would come to, then sends them in batches of 50. Nothing is sent when
    /// nothing would be counted.
    Settle(Settle),
}

/// Where a voucher will count, and who signs it.
#[derive(Args, Clone, Debug)]
struct Signing {
    /// The chain's id.
    #[arg(long, required_unless_present = "rpc")]
    chain_id: Option<Number>,
    /// The app-fees contract.
    #[arg(long, value_parser = address, value_name = "ADDRESS")]
    app_fees: Address,
    /// The chain itself: the contract's own domain is read, and nothing is signed if it is another.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The voucher that this one follows: it must say more.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
}

impl Vouchers {
    /// Does what was asked.
    pub async fn run(self) -> Result<Answer> {
        match self.command {
            Command::Sign { app, epoch, units, signing } => {
                let count = Count { app_id: app, epoch, cumulative_units: units };
                let previous = signing.previous().await?;
                more(previous.as_ref(), count)?;
                answer(signing.sign(count).await?)
            }
            Command::Sum { counts, signing } => {
                let counts = counts.iter().map(|it| read_many::<GatewayCount>(it)).collect::<Result<Vec<_>>>()?.concat();
                let previous = signing.previous().await?;
                let (count, gateways) = sum(&counts, previous.as_ref())?;
                answer(Voucher { gateways, ..signing.sign(count).await? })
            }
            Command::Settle(settle) => settle.run().await,
            Command::Verify { voucher, signer, chain_id, app_fees, rpc } => {
                verify(&voucher, signer, chain_id, app_fees, rpc.as_deref()).await
            }
        }
    }
}

/// Checks a voucher: by itself, against a place, and against the chain there.
async fn verify(
    path: &Path,
    signer: Option<Address>,
    chain_id: Option<Number>,
    app_fees: Option<Address>,
    rpc: Option<&str>,
) -> Result<Answer> {
    let voucher: Voucher = read(path)?;
    let provider = match rpc {
        Some(url) => Some(connected(url).await?),
        None => None,
    };
    let place = match app_fees {
        Some(app_fees) => Some(place(app_fees, chain_id, provider.as_ref()).await?),
        None => None,
    };
    let found = voucher.verify(place).with_context(|| path.display().to_string())?;
    if let Some(expected) = signer {
        ensure!(found == expected, "{found} signed it, not {expected}");
    }
    let Count { app_id, epoch, cumulative_units } = voucher.usage;
    let mut text = format!("{found} signed: app {app_id} used {cumulative_units} units in epoch {epoch}\nfor {}", voucher.domain);
    let mut json = json!({
        "ok": true,
        "signer": found,
        "usage": voucher.usage,
        "digest": voucher.usage.digest(&voucher.domain),
    });
    let (Some(provider), Some(place)) = (provider, place) else { return Ok(Answer::good(json, text)) };
    let outlook = Outlook::of(&provider, place, voucher.usage).await?;
    let never = outlook.never(found);
    let ok = never.is_none() && outlook.is_whole();
    for said in never.map(|never| vec![format!("it never counts: {never}")]).unwrap_or_else(|| outlook.notices()) {
        text += &format!("\n{said}");
    }
    json["ok"] = ok.into();
    json["outlook"] = outlook.json();
    Ok(Answer { json, text, ok })
}

async fn connected(url: &str) -> Result<RootProvider> {
    // It may hold a provider's key: it is not repeated.
    RootProvider::connect(url).await.context("--rpc is no URL that can be reached: it is written like http://localhost:8547")
}

/// Where vouchers count: the chain is as it is said to be, and the contract's own domain the one that is signed under.
async fn place(app_fees: Address, chain_id: Option<Number>, provider: Option<&RootProvider>) -> Result<Place> {
    let known = match provider {
        None => None,
        Some(provider) => {
            let id = provider.get_chain_id().await.context("the chain does not say its id")?;
            let place = Place { chain_id: Number(U256::from(id)), app_fees };
            same_domain(provider, place).await?;
            Some(place.chain_id)
        }
    };
    let chain_id = match (chain_id, known) {
        (Some(asked), Some(there)) => {
            ensure!(asked == there, "the chain there has the id {there}, not {asked}");
            asked
        }
        (Some(it), None) | (None, Some(it)) => it,
        (None, None) => bail!("--chain-id or --rpc is needed"),
    };
    Ok(Place { chain_id, app_fees })
}

impl Signing {
    /// The voucher before, which must count at the same place, by the same key, and must be whole.
    async fn previous(&self) -> Result<Option<Voucher>> {
        let Some(path) = &self.previous else { return Ok(None) };
        let voucher: Voucher = read(path)?;
        voucher.verify(Some(self.place().await?)).with_context(|| path.display().to_string())?;
        Ok(Some(voucher))
    }

    async fn place(&self) -> Result<Place> {
        place(self.app_fees, self.chain_id, self.provider().await?.as_ref()).await
    }

    async fn provider(&self) -> Result<Option<RootProvider>> {
        match &self.rpc {
            Some(url) => connected(url).await.map(Some),
            None => Ok(None),
        }
    }

    async fn sign(&self, count: Count) -> Result<Voucher> {
        let place = self.place().await?;
        let Actor::Here(key) = self.keys.actor().await? else {
            bail!("a voucher is no transaction: it is signed here, by a key that is given in one of the other ways");
        };
        if let Some(provider) = self.provider().await? {
            let outlook = Outlook::of(&provider, place, count).await?;
            if let Some(never) = outlook.never(key.address()) {
                bail!("nothing was signed, for it would never count: {never}");
            }
            for notice in outlook.notices() {
                eprintln!("note: {notice}");
            }
        }
        let voucher = count.signed(place, &key)?;
        // Nobody should find out on-chain.
        voucher.verify(Some(place))?;
        Ok(voucher)
    }
}

/// A voucher is printed as its file, for people too: it is what they asked for.
fn answer(voucher: Voucher) -> Result<Answer> {
    let json = serde_json::to_value(&voucher)?;
    let text = format!("{json:#}");
    Ok(Answer::good(json, text))
}
