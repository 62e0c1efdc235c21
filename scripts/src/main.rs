//! The command line.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use corflow::{
    audit::command::Audits,
    bench::command::Bench,
    build::Workspace,
    deployments,
    index::command::Index,
    keeper::command::KeeperCommand,
    keys,
    manual::{self, Completions, Man},
    people::Person,
    report::Report,
    rewards::command::Rewards,
    rollout::command::{Accept, Deploy, Keepalive, PassportOf, Status, Verify},
    session::{self, Foreign, Options},
    simulate::command::Simulate,
    voucher::command::Vouchers,
    wallet::{self, Attesters, Wallet, Watch},
};
use words::refusals::Exit;

/// Builds the contracts, deploys them on a local Arbitrum node and plays the whole loop.
///
/// Without a command: a node in this process with every contract, months of staking, then epochs in which apps pay, miners
/// earn, people stake and build; every balance held against a ledger of its own. Writes report.html, with charts. Exits with
/// 1 when anything differs.
#[derive(Parser)]
#[command(version, about, after_long_help = format!("Exit codes:\n{}", Exit::help()))]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// One JSON document on stdout, everything else on stderr.
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    run: Run,
}

/// What only a run takes.
#[derive(clap::Args)]
#[group(id = "run", multiple = true)]
struct Run {
    /// How many epochs emit: 12, unless it is said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=26))]
    epochs: Option<u64>,

    /// A parameter that the contracts are built with, by its name in a scenario, like usage-taper=0.25; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = term)]
    term: Vec<(String, String)>,

    /// Where the charts are written: report.html in the workspace, unless it is said.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Writes every transaction of the run to this file, decoded, one JSON object a line.
    #[arg(long, value_name = "FILE")]
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
    Deploy(Deploy),
    Accept(Accept),
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
    /// Plays a scenario on paper: years of epochs in a second.
    Simulate(Simulate),
    /// Reads the chain's events into a SQLite file.
    Index(Index),
    /// What apps paid, and what became of every wei of it.
    Audit(Audits),
    /// Keeps the network going.
    Keeper(KeeperCommand),
    #[command(flatten)]
    Wallet(Wallet),
    /// An attester: computing epochs, voting, and watching what others vote for.
    Attester(Attesters),
    /// Shows the network in the terminal: epoch, fees, emission, stake, roots, what is announced, and the newest events.
    ///
    /// It is read again every few seconds; while the node is away the last figures stay, with their age. q quits.
    Watch(Watch),
    /// Prints what completes these commands in a shell.
    Completions(Completions),
    /// Prints the manual page, or writes a page for every command.
    Man(Man),
    /// Every exit code: what it means, why it comes, what to do.
    ExitCodes,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        // Help and version, which are no errors, come on stdout.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => return wallet::misunderstood(&error, std::env::args_os().any(|it| it == "--json")),
    };
    let json = arguments.json;
    let ended = match arguments.command {
        Some(Command::Up { port }) => up(port).await,
        Some(Command::Deploy(deploy)) => deploy.run().await.map(|it| it.print(json)),
        Some(Command::Accept(accept)) => accept.run().await.map(|it| it.print(json)),
        Some(Command::Status(status)) => status.run().await.map(|it| it.print(json)),
        Some(Command::Verify(verify)) => verify.run().await.map(|it| it.print(json)),
        Some(Command::Passport(passport)) => passport.run().await.map(|it| it.print(json)),
        Some(Command::Keepalive(keepalive)) => keepalive.run().await.map(|it| it.print(json)),
        Some(Command::Rewards(rewards)) => rewards.run().await.map(|it| it.print(json)),
        Some(Command::Voucher(voucher)) => voucher.run().await.map(|it| it.print(json)),
        Some(Command::Bench(bench)) => bench.run().await.map(|it| it.print(json)),
        Some(Command::Index(index)) => index.run().await.map(|it| it.print(json)),
        Some(Command::Audit(audit)) => audit.run().await.map(|it| it.print(json)),
        Some(Command::Keeper(keeper)) => keeper.run(json).await,
        Some(Command::Simulate(simulate)) => simulate.run().await.map(|it| it.print(json)),
        Some(Command::Wallet(wallet)) => wallet.run().await.map(|it| wallet::print(&it, json)),
        Some(Command::Attester(attester)) => attester.run(json).await,
        Some(Command::Watch(watch)) => watch.run(json).await,
        Some(Command::Completions(shell)) => shell.run(Arguments::command()).map(|it| it.print(json)),
        Some(Command::Man(man)) => man.run(Arguments::command()).map(|it| it.print(json)),
        Some(Command::ExitCodes) => Ok(manual::exit_codes().print(json)),
        None => run(arguments.run, json).await,
    };
    ended.unwrap_or_else(|error| wallet::report(&error, json))
}

/// The arguments; those of a run beside a command are refused, for the command would not heed them.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let matches = Arguments::command().try_get_matches_from(arguments)?;
    if let Some(command) = matches.subcommand_name().filter(|_| matches.contains_id("run")) {
        let given = matches.ids().filter(|id| id.as_str() != "json" && id.as_str() != "run");
        let given: Vec<String> = given.map(|id| format!("--{}", id.as_str().replace('_', "-"))).collect();
        let message = format!("{} is for the run without a command: {command} does not heed it", given.join(", "));
        return Err(Arguments::command().error(ErrorKind::ArgumentConflict, message));
    }
    Arguments::from_arg_matches(&matches)
}

fn term(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("a parameter and its value, like usage-taper=0.25")?;
    Ok((name.to_owned(), value.to_owned()))
}

async fn run(run: Run, as_json: bool) -> Result<ExitCode> {
    let foreign = match (run.rpc, run.private_key_file) {
        (Some(url), Some(file)) => Some(Foreign { url, key: keys::private_key(&file)? }),
        _ => None,
    };
    let workspace = Workspace::here();
    let epochs = run.epochs.unwrap_or(session::EPOCHS);
    let options = Options { foreign, journal: run.ledger, epochs, terms: run.term };
    let report = session::run(&workspace, options).await?;
    deployments::write_abis(&workspace)?;
    if as_json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.tables());
    }
    if !report.chronicle.is_empty() {
        let page = run.report.unwrap_or_else(|| workspace.root().join("report.html"));
        std::fs::write(&page, report.chronicle.html("From subsidised to user-funded"))
            .with_context(|| format!("{} cannot be written", page.display()))?;
        eprintln!("charts: {}", page.display());
    }
    Ok(verdict(&report))
}

/// Success, or the mismatches on stderr.
fn verdict(report: &Report) -> ExitCode {
    if report.is_ok() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{} mismatches between the chain and the ledger:", report.steps.mismatches.len());
    for mismatch in &report.steps.mismatches {
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

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_a_command_would_not_heed_is_refused() {
        let parsed = |line: &str| parse(line.split(' ').map(OsString::from)).map_err(|error| error.to_string());
        assert!(parsed("corflow --json --epochs 3 --ledger x").is_ok());
        assert!(parsed("corflow --json up").is_ok());
        let error = parsed("corflow --ledger x up").err().expect("refused");
        assert!(error.contains("--ledger is for the run without a command: up does not heed it"), "{error}");
        assert!(parsed("corflow up --ledger x").is_err());
    }

    /// A command and all below it that people are shown, each with the words that call it.
    fn all(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let below = command.get_subcommands().filter(|it| it.get_name() != "help" && !it.is_hide_set());
        let below = below.flat_map(|it| all(it, &format!("{path}-{}", it.get_name())));
        std::iter::once((path.to_owned(), command.clone())).chain(below).collect()
    }

    fn built() -> clap::Command {
        let mut command = Arguments::command();
        command.build();
        command
    }

    #[test]
    fn every_command_and_option_is_in_the_manual() {
        let folder = tempfile::tempdir().expect("a folder");
        let words = ["corflow", "man", "--to", &folder.path().display().to_string()].map(OsString::from);
        let Some(Command::Man(man)) = parse(words).expect("a line").command else { panic!("it is another command") };
        let answer = man.run(Arguments::command()).expect("pages");
        let commands = all(&built(), "corflow");
        assert!(commands.len() > 50, "{}", commands.len());
        for (path, command) in &commands {
            let page = std::fs::read_to_string(folder.path().join(format!("{path}.1"))).unwrap_or_else(|_| panic!("no {path}.1"));
            // In troff a dash is \-.
            let page = page.replace("\\-", "-");
            assert!(page.starts_with(".ie") && page.contains("\n.TH "), "{path} is no page");
            let known = [".TH", ".SH", ".SS", ".TP", ".RS", ".RE", ".br", ".ie", ".el", ".PP", ".B", ".I", ".nf", ".fi", ".ds"];
            let foreign = page.lines().find(|line| line.starts_with('.') && !known.iter().any(|it| line.starts_with(it)));
            assert_eq!(foreign, None, "{path}");
            for option in command.get_arguments().filter(|it| !it.is_hide_set()).filter_map(|it| it.get_long()) {
                assert!(page.contains(&format!("--{option}")), "{path} --{option}");
            }
            for argument in command.get_positionals() {
                let name = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
                assert!(name.is_some_and(|name| page.contains(&name)), "{path} {argument}");
            }
        }
        assert!(answer.text.starts_with(&format!("{} pages are in ", answer.json["pages"])), "{}", answer.text);
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let words = ["corflow", "completions", shell].map(OsString::from);
            let Some(Command::Completions(completions)) = parse(words).expect("a line").command else {
                panic!("another command")
            };
            let script = completions.run(Arguments::command()).expect("a script").text;
            for (path, command) in all(&built(), "corflow") {
                let name = command.get_name();
                assert!(script.contains(name), "{shell}: {path}");
                for option in command.get_arguments().filter_map(|it| it.get_long()) {
                    assert!(script.contains(option), "{shell}: {path} --{option}");
                }
            }
        }
    }
}
