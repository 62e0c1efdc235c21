//! `corflow keeper`.

use std::{collections::VecDeque, io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::B256;
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tracing_subscriber::{EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _};
use words::{number::plain, refusals::time};

use super::{
    chain::{Chain, Contracts},
    config::{Flags, Settings},
    decide::{Verdict, decide},
    endpoints::{Endpoints, State},
    gauges::Gauges,
    leaving::Leaving,
    lock::Lock,
    outbox::Outbox,
    server::{self, Shared, routes},
    spool::Gate,
    store::{Identity, Store, ticks::Verifier},
    tick::Keeper,
};
use crate::{
    answer::Answer,
    keys::Keys,
    voucher::file::{Number, Place},
};

/// Keeps the network going: closes epochs, puts up and activates roots, settles vouchers, pulls the treasury's part and burns.
#[derive(Args, Clone, Debug)]
pub struct KeeperCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    /// Runs until it is stopped by Ctrl-C or SIGTERM. Killed in any other way, it goes on where it was when it runs again.
    Run {
        #[command(flatten)]
        told: Told,
        #[command(flatten)]
        keys: Box<Keys>,
        /// Ticks once, and ends.
        #[arg(long)]
        once: bool,
        /// How the log on stderr is written. What is logged, RUST_LOG says: info if it says nothing.
        #[arg(long, value_enum, default_value_t = LogFormat::Text)]
        log_format: LogFormat,
    },
    /// Checks the configuration, the endpoints and the contracts, and says what would be done now. Sends and changes nothing.
    Check {
        #[command(flatten)]
        told: Told,
        #[command(flatten)]
        keys: Box<Keys>,
    },
    /// Prints the record of ticks, and checks its chain of hashes.
    Log {
        #[command(flatten)]
        told: Told,
        /// Prints so many of the last; the whole record is checked all the same.
        #[arg(long, default_value_t = 20)]
        last: usize,
        /// Prints only ticks that acted, or could not.
        #[arg(long)]
        acted: bool,
    },
}

/// Where the configuration is.
#[derive(Args, Clone, Debug)]
struct Told {
    /// The configuration, in TOML.
    #[arg(long, value_name = "FILE", default_value = "keeper.toml")]
    config: PathBuf,
    #[command(flatten)]
    flags: Flags,
}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl KeeperCommand {
    /// Does what was asked.
    pub async fn run(self, json: bool) -> Result<ExitCode> {
        match self.command {
            Command::Run { told, keys, once, log_format } => {
                start_log(log_format);
                let settings = told.settings()?;
                let signer = keys.or_files(&settings.key).held().await?;
                run(settings, signer, once).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Check { told, keys } => {
                let settings = told.settings()?;
                let signer = keys.or_files(&settings.key).held().await?;
                Ok(check(settings, signer).await?.print(json))
            }
            Command::Log { told, last, acted } => Ok(log(&told.settings()?, last, acted)?.print(json)),
        }
    }
}

impl Told {
    fn settings(&self) -> Result<Settings> {
        Settings::read(&self.config, &self.flags)
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Its spans name the URL whole, with what may be a provider's key: they are in no log, whatever RUST_LOG asks for.
    let discreet = filter_fn(|it| !it.target().starts_with("alloy_transport"));
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).finish().with(discreet).init(),
        LogFormat::Json => log.json().finish().with(discreet).init(),
    }
}

async fn run(settings: Settings, signer: PrivateKeySigner, once: bool) -> Result<()> {
    let _lock = Lock::take(&settings.lock_folder, signer.address(), settings.chain_id)?;
    let store = Store::open(&settings.state)?;
    store.claim(Identity { account: signer.address(), chain_id: settings.chain_id })?;
    let stop = stopped()?;
    tokio::pin!(stop);
    let chain = connect(&settings, &store)?;
    let contracts = loop {
        match contracts(&settings, &store, &chain).await {
            Ok(contracts) => break contracts,
            Err(error) if once => return Err(error),
            Err(error) => tracing::warn!("the network cannot be read yet: {error:#}"),
        }
        tokio::select! {
            () = tokio::time::sleep(settings.period) => {}
            () = &mut stop => return Ok(()),
        }
    };
    let gauges = Arc::new(Gauges::new(settings.period));
    let mut keeper = keeper(settings, store, chain, contracts, signer, gauges);
    if once {
        keeper.tick().await?;
        return Ok(());
    }
    let server = serve(&keeper).await?;
    tracing::info!(account = %keeper.outbox.account(), pool = %contracts.pool, "keeping");
    loop {
        // A tick that was begun is finished: what it sent is then in the record.
        keeper.tick().await?;
        tokio::select! {
            () = tokio::time::sleep(keeper.settings.period) => {}
            () = &mut stop => break,
        }
    }
    if let Some(server) = server {
        server.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

/// Ends when the process is asked to, even if that was before anybody waited for it.
#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let asked = |kind| signal(kind).context("signals cannot be had");
    let (mut interrupt, mut terminate) = (asked(SignalKind::interrupt())?, asked(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when the process is asked to.
#[cfg(not(unix))]
fn stopped() -> Result<impl Future<Output = ()>> {
    Ok(async {
        // Without signals only a kill stops it, which it survives.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

async fn serve(keeper: &Keeper) -> Result<Option<tokio::task::JoinHandle<()>>> {
    let Some(http) = &keeper.settings.http else { return Ok(None) };
    let listener = tokio::net::TcpListener::bind(http.listen).await;
    let listener = listener.with_context(|| format!("{} cannot be listened on", http.listen))?;
    let shared = Shared {
        store: keeper.store.clone(),
        gate: keeper.gate,
        token: http.token.clone(),
        margin: http.margin,
        leaving: keeper.leaving.clone(),
        places: Arc::new(Semaphore::new(server::AT_ONCE)),
        gauges: keeper.gauges.clone(),
        endpoints: keeper.chain.endpoints.clone(),
    };
    tracing::info!(listen = %http.listen, takes_vouchers = http.token.is_some(), "serving");
    Ok(Some(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes(shared)).await {
            tracing::error!(%error, "the HTTP endpoint ended");
        }
    })))
}

fn connect(settings: &Settings, store: &Store) -> Result<Chain> {
    endpoints(settings, store.genesis()?)
}

fn endpoints(settings: &Settings, genesis: Option<B256>) -> Result<Chain> {
    let endpoints = Endpoints::new(&settings.endpoints, settings.chain_id, genesis, settings.timeout);
    Ok(Chain::new(endpoints.context("HTTP cannot be spoken")?))
}

/// The contracts, which never change: as they are remembered, or as the chain says, which is then remembered.
async fn contracts(settings: &Settings, store: &Store, chain: &Chain) -> Result<Contracts> {
    let name = format!("contracts of {}", settings.pool);
    if let Some(known) = store.fact(&name)? {
        return serde_json::from_str(&known).with_context(|| format!("{name} are not remembered as they were"));
    }
    let head = chain.head().await?;
    let contracts = chain.contracts(settings.pool, &head).await?;
    let genesis = chain.endpoints.genesis().context("no endpoint has told the first block")?;
    store.remember("genesis", &genesis.to_string())?;
    store.remember(&name, &serde_json::to_string(&contracts)?)?;
    Ok(contracts)
}

fn keeper(
    settings: Settings,
    store: Store,
    chain: Chain,
    contracts: Contracts,
    signer: PrivateKeySigner,
    gauges: Arc<Gauges>,
) -> Keeper {
    let place = Place { chain_id: Number(alloy_primitives::U256::from(settings.chain_id)), app_fees: contracts.app_fees };
    let patience = (settings.period * 3).max(Duration::from_secs(2));
    let outbox =
        Outbox::new(chain.clone(), store.clone(), signer, settings.chain_id, settings.fees, settings.confirmations, patience);
    Keeper { chain, store, settings, contracts, gate: Gate { place, contracts }, gauges, leaving: Leaving::default(), outbox }
}

async fn check(settings: Settings, signer: PrivateKeySigner) -> Result<Answer> {
    let known = Store::read(&settings.state)?;
    let chain = endpoints(&settings, known.as_ref().map(Store::genesis).transpose()?.flatten())?;
    chain.endpoints.probe().await;
    let reports = chain.endpoints.report();
    let head = chain.head().await?;
    let contracts = chain.contracts(settings.pool, &head).await?;
    let account = signer.address();
    let (balance, cap) = (chain.balance(account).await?, settings.fees.cap);
    // In a copy of its own, so that nothing is changed: what the keeper knows beside the chain are vouchers.
    let folder = tempfile::tempdir().context("there is no temporary folder")?;
    let store = Store::open(folder.path())?;
    if let Some(known) = &known {
        let vouchers: Vec<_> = known.unsettled()?.into_iter().map(|it| it.voucher).collect();
        store.keep(&[("check", &vouchers)], 0)?;
    }
    let gauges = Arc::new(Gauges::new(settings.period));
    let keeper = keeper(settings, store, chain, contracts, signer, gauges);
    let sight = keeper.look(&head).await?;
    let steps: Vec<(&str, bool, String)> = decide(&sight, &keeper.settings.policy)
        .into_iter()
        .map(|it| match it.verdict {
            Verdict::Due(duty) => (it.name, true, duty.purpose()),
            Verdict::Not(why) => (it.name, false, why),
        })
        .collect();

    let all_up = reports.iter().all(|it| it.state == State::Up);
    let state = |state: &State| match state {
        State::Up => "serves the chain".to_owned(),
        State::Unknown => "was not asked".to_owned(),
        State::Down(why) | State::Foreign(why) => why.clone(),
    };
    let mut text = String::new();
    for it in &reports {
        text += &format!("endpoint   {}: {}\n", it.name, state(&it.state));
    }
    text += &format!(
        "head       block {}\nkey        {account}, {} ETH, pays at most {} gwei per gas\n",
        head.number,
        plain(balance.saturating_to(), 18),
        plain(cap.into(), 9)
    );
    text += &format!(
        "contracts  pool {}, app-fees {}, miner-rewards {}\n",
        contracts.pool, contracts.app_fees, contracts.miner_rewards
    );
    for (name, due, why) in &steps {
        text += &format!("{name:<10} {} {why}\n", if *due { "would act:" } else { "nothing:" });
    }
    if balance.is_zero() {
        text += &format!("MISSING: {account} has no ether to pay with\n");
    }
    let json = json!({
        "ok": all_up && !balance.is_zero(),
        "account": account,
        "balance": balance.to_string(),
        "head": head.number,
        "contracts": contracts,
        "endpoints": reports.iter().map(|it| json!({ "name": it.name, "ok": it.state == State::Up, "state": state(&it.state) })).collect::<Vec<_>>(),
        "steps": steps.iter().map(|(step, due, why)| json!({ "step": step, "due": due, "why": why })).collect::<Vec<_>>(),
    });
    Ok(Answer { json, text, ok: all_up && !balance.is_zero() })
}

fn log(settings: &Settings, last: usize, acted: bool) -> Result<Answer> {
    let store = Store::read(&settings.state)?.with_context(|| format!("there is no record in {}", settings.state.display()))?;
    let (mut verifier, mut verdict, mut shown) = (Verifier::new(), Ok(()), VecDeque::new());
    store.each_entry(|entry| {
        if verdict.is_ok() {
            verdict = verifier.follow(&entry);
        }
        let Ok(body) = serde_json::from_str::<Value>(&entry.body) else { return };
        if !acted || body["acted"] == true || !body["trouble"].is_null() {
            shown.push_back((entry, body));
        }
        if shown.len() > last {
            shown.pop_front();
        }
    })?;
    let (entries, head) = verifier.end();
    let mut text: String = shown.iter().map(|(entry, body)| format!("{}\n", line(entry.seq, body))).collect();
    match (&verdict, head) {
        (Ok(()), None) => text += "the record is empty\n",
        (Ok(()), Some(head)) => text += &format!("{entries} entries, each follows the one before; the last is {head}\n"),
        (Err(broken), _) => text += &format!("BROKEN at entry {}: {}\n", broken.seq, broken.what),
    }
    let json = json!({
        "ok": verdict.is_ok(),
        "broken": verdict.as_ref().err().map(|it| json!({ "seq": it.seq, "what": it.what })),
        "entries": entries,
        "head": head,
        "shown": shown.iter().map(|(entry, body)| json!({ "hash": entry.hash, "body": body })).collect::<Vec<_>>(),
    });
    Ok(Answer { json, text, ok: verdict.is_ok() })
}

/// A tick in a line for each thing that happened.
fn line(seq: u64, body: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = vec![format!(
        "#{seq} at {}, block {}",
        body["time"].as_u64().map_or_else(|| text(&body["time"]), time),
        body["head"]["number"]
    )];
    let each = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    for it in each("sent") {
        lines.push(format!("  {} (nonce {}, {})", text(&it["purpose"]), it["nonce"], text(&it["hash"])));
    }
    for it in each("ended") {
        let cost = it["cost"].as_str().and_then(|it| it.parse().ok()).map(|wei| format!(", cost {} ETH", plain(wei, 18)));
        let cost = cost.unwrap_or_default();
        lines.push(format!("  {}: {}{cost}", text(&it["duty"]), text(&it["outcome"])));
    }
    for it in each("notes") {
        lines.push(format!("  {}", text(&it)));
    }
    if body["cutOff"] == true {
        lines.push("  the tick before was cut off".into());
    }
    if let Some(trouble) = body["trouble"].as_str() {
        lines.push(format!("  {trouble}"));
    }
    if lines.len() == 1 {
        let due = each("steps").into_iter().find(|it| it["due"] == true || it["step"] == "all");
        let why = due.map_or_else(|| "nothing is due".to_owned(), |it| text(&it["why"]));
        lines.push(format!("  {why}"));
    }
    lines.join("\n")
}
