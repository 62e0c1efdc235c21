//! The node as a server.

use std::{io::Write, net::IpAddr, process::ExitCode, time::Duration};

use alloy_primitives::hex;
use anyhow::Context;
use clap::Parser;
use stylus_devnode::{
    Devnode,
    chain::{Event, Mined},
    genesis,
    rpc::revert_reason,
};

/// A local Arbitrum node that runs Stylus programs.
#[derive(Parser)]
#[command(name = "stylus-devnode", version)]
struct Options {
    /// Port for HTTP and WebSocket; 0 takes a free one.
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// ArbOS version to start with: 40, 51 or 60.
    #[arg(long, default_value_t = 60)]
    arbos: u64,
    /// Chain id.
    #[arg(long, default_value_t = genesis::CHAIN_ID)]
    chain_id: u64,
    /// Make no block until evm_mine asks for one.
    #[arg(long)]
    no_automine: bool,
    /// Make a block every so many seconds of what has arrived, instead of one for every transaction.
    #[arg(long, value_name = "SECONDS", conflicts_with = "no_automine", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// Whether blocks begin with ArbOS's own transaction (type 0x6a), as Nitro's do. Clients that know only Ethereum's
    /// types, as alloy's `Ethereum` network, cannot read such blocks.
    #[arg(long, value_enum, default_value_t = Internal::Hide)]
    internal_transactions: Internal,
    /// Print nothing but errors.
    #[arg(long)]
    silent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Internal {
    /// Leave it out, so that every client can read blocks.
    Hide,
    /// Show it.
    Show,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    // Before anything is said: whoever has read that the node listens may stop it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")?;
    let stop = stop_signal(&runtime).context("cannot wait for Ctrl-C")?;

    let mut builder = Devnode::builder()
        .host(options.host)
        .port(options.port)
        .arbos(options.arbos)
        .chain_id(options.chain_id)
        .automine(!options.no_automine)
        .internal_transactions(options.internal_transactions == Internal::Show);
    if let Some(seconds) = options.block_time {
        builder = builder.block_time(Duration::from_secs(seconds));
    }
    let node = builder.spawn()?;
    if !options.silent {
        say(&greeting(&node, options));
        let mut events = node.events()?;
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || {
                while let Some(event) = events.blocking_recv() {
                    report(&event);
                }
            })
            .context("cannot start the thread that prints transactions")?;
    }
    runtime.block_on(stop);
    drop(node);
    if !options.silent {
        say("stopped");
    }
    Ok(())
}

/// Prints a line. That nobody reads any more is no reason to end the node.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn greeting(node: &Devnode, options: &Options) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = vec![format!("stylus-devnode {version}: chain {}, ArbOS {}", node.chain_id(), options.arbos)];
    lines.push("\nFunded accounts (their keys are public: never use them elsewhere)".into());
    lines.extend(node.accounts().iter().map(|account| format!("  {}  {}", account.address, account.key)));
    lines.push("\nDeployed from the start".into());
    lines.extend(genesis::PREDEPLOYED.iter().map(|(name, address)| format!("  {address}  {name}")));
    lines.push(format!("\nListening on {} and {} (Ctrl-C stops it)", node.endpoint(), node.ws_endpoint()));
    lines.join("\n")
}

/// One line for each transaction of a block.
fn report(event: &Event) {
    let Event::Block(block) = event else { return };
    for mined in block.transactions.iter().filter(|mined| !mined.is_internal()) {
        say(&format!("block {} {}", block.header.number, line(mined)));
        for text in &mined.receipt.console {
            say(&format!("  console: {text}"));
        }
    }
}

fn line(mined: &Mined) -> String {
    let receipt = &mined.receipt;
    let status = match (&receipt.error, &receipt.reason) {
        _ if receipt.success => "ok".to_owned(),
        (Some(error), _) => format!("failed: {error}"),
        (None, Some(reason)) => format!("reverted: {reason}"),
        (None, None) => reverted(&receipt.revert),
    };
    format!("{} {status}, gas {}", mined.hash, receipt.gas_used)
}

/// What a contract said as it reverted; of a custom error, its selector, for the node knows no ABI.
fn reverted(data: &[u8]) -> String {
    match (revert_reason(data), data.get(..4)) {
        (Some(reason), _) => format!("reverted: {reason}"),
        (None, Some(selector)) => format!("reverted with error {}", hex::encode_prefixed(selector)),
        (None, None) => "reverted".to_owned(),
    }
}

/// Ends with Ctrl-C, or when the system asks the process to end. Signals are caught from this call on.
fn stop_signal(runtime: &tokio::runtime::Runtime) -> std::io::Result<impl Future<Output = ()> + use<>> {
    let _inside = runtime.enter();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut pressed = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            pressed.recv().await;
        })
    }
}
