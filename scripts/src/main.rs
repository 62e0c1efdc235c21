//! The command line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use corflow::{
    audit::command::Audits,
    bench::command::Bench,
    build::Workspace,
    deployments,
    index::command::Index,
    keys,
    people::Person,
    report::Report,
    rewards::command::Rewards,
    rollout::command::{Deploy, Keepalive, PassportOf, Status, Verify},
    session::{self, Foreign, Options},
    voucher::command::Vouchers,
};

/// Builds the contracts, deploys them on a local Arbitrum node and exercises the whole loop.
///
/// Without arguments: a node in this process, simulated months, every balance held against a ledger of its own after each
/// step. Exits with 1 when anything differs.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// One JSON document on stdout, everything else on stderr.
    #[arg(long, global = true)]
    json: bool,

    /// Writes every transaction of the run to this file, decoded, one JSON object a line.
    #[arg(long, value_name = "FILE", global = true)]
    ledger: Option<PathBuf>,

    /// Runs on the chain at this URL instead of a node of its own. What needs time to pass is left out, and named, where time
    /// cannot be moved.
    #[arg(long, value_name = "URL", requires = "private_key_file")]
    rpc: Option<String>,

    /// The file with the private key, in hexadecimal, of the account that deploys and pays.
    #[arg(long, value_name = "FILE", requires = "rpc")]
    private_key_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Keeps a node running, with the contracts deployed, until Ctrl-C.
    Up {
        /// Where the node listens.
        #[arg(long, default_value_t = 8547)]
        port: u16,
    },
    /// Every contract on a node of its own, and the whole loop: apps pay, miners earn, people stake and build. Writes
    /// report.html, with charts.
    Scenario {
        /// How many epochs emit.
        #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=26))]
        epochs: u64,
    },
    Deploy(Deploy),
    Status(Status),
    Verify(Verify),
    Passport(PassportOf),
    Keepalive(Keepalive),
    /// What miners get, and why.
    Rewards(Rewards),
    /// Usage vouchers of apps.
    Voucher(Vouchers),
    /// What things cost, beside peers.
    Bench(Bench),
    /// Reads the chain's events into a SQLite file.
    Index(Index),
    /// What apps paid, and what became of every wei of it.
    Audit(Audits),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        Some(Command::Up { port }) => up(port).await,
        Some(Command::Scenario { epochs }) => scenario(epochs, arguments.ledger, arguments.json).await,
        Some(Command::Deploy(deploy)) => deploy.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Status(status)) => status.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Verify(verify)) => verify.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Passport(passport)) => passport.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Keepalive(keepalive)) => keepalive.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Rewards(rewards)) => rewards.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Voucher(voucher)) => voucher.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Bench(bench)) => bench.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Index(index)) => index.run().await.map(|it| it.print(arguments.json)),
        Some(Command::Audit(audit)) => audit.run().await.map(|it| it.print(arguments.json)),
        None => run(arguments).await,
    };
    ended.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let foreign = match (arguments.rpc, arguments.private_key_file) {
        (Some(url), Some(file)) => Some(Foreign { url, key: keys::private_key(&file)? }),
        _ => None,
    };
    let report = session::run(&Workspace::here(), Options { foreign, journal: arguments.ledger }).await?;
    deployments::write_abis(&Workspace::here())?;
    if arguments.json {
        println!("{:#}", report.json());
    } else {
        println!("{}", report.tables());
    }
    Ok(verdict(&report))
}

async fn scenario(epochs: u64, journal: Option<PathBuf>, as_json: bool) -> Result<ExitCode> {
    let workspace = Workspace::here();
    let (report, chronicle) = session::scenario(&workspace, epochs, journal).await?;
    let page = workspace.root().join("report.html");
    std::fs::write(&page, chronicle.html()).with_context(|| format!("{} cannot be written", page.display()))?;
    if as_json {
        println!("{:#}", chronicle.json(&report));
    } else {
        println!("{}", chronicle.text());
    }
    Ok(verdict(&report))
}

/// Success, or the mismatches on stderr.
fn verdict(report: &Report) -> ExitCode {
    if report.is_ok() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{} mismatches between the chain and the ledger:", report.mismatches.len());
    for mismatch in &report.mismatches {
        eprintln!("  {mismatch}");
    }
    ExitCode::FAILURE
}

async fn up(port: u16) -> Result<ExitCode> {
    let running = session::up(&Workspace::here(), port).await?;
    deployments::write_abis(&Workspace::here())?;
    println!("endpoint   {}", running.node.endpoint());
    println!("chain id   {}", running.node.chain_id());
    println!("cor-token  {}", running.system.token);
    println!("staking    {}", running.system.staking);
    for (name, address) in running.network.named() {
        println!("{name:<13} {address}");
    }
    for person in Person::ALL {
        let signer = running.people.signer(person);
        println!("{:<10} {} key {}", person.name(), signer.address(), signer.to_bytes());
    }
    println!("Ctrl-C stops it.");
    tokio::signal::ctrl_c().await.context("Ctrl-C cannot be waited for")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
