//! What the keeper is told: a TOML file, some of it overruled by flags.
//!
//! ```toml
#![doc = include_str!("../../dist/keeper.toml")]
//! ```
//!
//! Paths are relative to the file's folder. Unknown fields are refused: a mistyped one would otherwise be a default.

use std::{
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy::transports::http::reqwest::Url;
use alloy_primitives::Address;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Deserializer, de::Error as _};
use words::number::{address, decimal};

use crate::keys::KeyFiles;

/// Flags that overrule the file.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// An endpoint, in the place of the file's; may be repeated.
    #[arg(long = "rpc", value_name = "URL", env = "CORFLOW_KEEPER_RPC", hide_env_values = true, value_delimiter = ',')]
    endpoints: Vec<String>,
    /// The folder of its state.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Where its HTTP endpoint listens.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chain_id: u64,
    #[serde(default)]
    endpoints: Vec<String>,
    #[serde(deserialize_with = "an_address")]
    pool: Address,
    private_key_file: Option<PathBuf>,
    keystore: Option<PathBuf>,
    password_file: Option<PathBuf>,
    state: PathBuf,
    lock_folder: Option<PathBuf>,
    #[serde(default = "period")]
    period: Span,
    #[serde(default = "timeout")]
    timeout: Span,
    #[serde(default = "poll")]
    poll: Span,
    #[serde(default = "confirmations")]
    confirmations: u64,
    #[serde(default)]
    first_block: u64,
    #[serde(default)]
    fees: FeesTable,
    spool: Option<SpoolTable>,
    http: Option<HttpTable>,
    #[serde(default)]
    duties: DutiesTable,
    vote: Option<VoteTable>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FeesTable {
    max_fee_gwei: String,
    bump_after: Span,
    bump_percent: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpoolTable {
    folder: Option<PathBuf>,
    #[serde(default = "settle_after")]
    settle_after: Span,
    #[serde(default = "settle_margin")]
    settle_margin: Span,
    #[serde(default = "reject_after")]
    reject_after: Span,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTable {
    listen: SocketAddr,
    token_file: Option<PathBuf>,
    #[serde(default = "margin")]
    margin: Span,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DutiesTable {
    close: bool,
    roots: bool,
    treasury_floor: Option<String>,
    burn_floor: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VoteTable {
    book: PathBuf,
    uri: String,
    minimum_stake: String,
}

/// All that the keeper is told, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) chain_id: u64,
    pub(crate) endpoints: Vec<Url>,
    pub(crate) pool: Address,
    pub(crate) key: KeyFiles,
    pub(crate) state: PathBuf,
    pub(crate) lock_folder: PathBuf,
    pub(crate) period: Duration,
    pub(crate) timeout: Duration,
    pub(crate) poll: Duration,
    pub(crate) confirmations: u64,
    pub(crate) first_block: u64,
    pub(crate) fees: Fees,
    pub(crate) spool: Option<PathBuf>,
    /// How long a voucher is kept that the chain would never count.
    pub(crate) reject_after: Duration,
    pub(crate) http: Option<Http>,
    pub(crate) policy: Policy,
    pub(crate) voting: Option<Voting>,
}

/// How an attester votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Voting {
    pub(crate) book: PathBuf,
    /// With `{epoch}` for the number.
    pub(crate) uri: String,
    /// Wei.
    pub(crate) minimum_stake: u128,
}

/// What it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fees {
    /// Wei per gas, at most.
    pub(crate) cap: u64,
    pub(crate) bump_after: Duration,
    pub(crate) bump_percent: u64,
}

impl Fees {
    /// Every node takes a replacement from this raise on, in percent: most want a tenth, some an eighth.
    pub(crate) const LEAST_BUMP: u64 = 13;
}

/// Its HTTP endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    /// Without it no vouchers are taken.
    pub(crate) token: Option<Token>,
    /// How long before their end vouchers of an epoch are not taken any more.
    pub(crate) margin: Duration,
}

/// A secret that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

/// What it looks after, and from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) close: bool,
    pub(crate) roots: bool,
    /// Wei; none: never.
    pub(crate) treasury_floor: Option<u128>,
    pub(crate) burn_floor: Option<u128>,
    pub(crate) settle_after: Duration,
    pub(crate) settle_margin: Duration,
}

/// A time as people write it: "500ms", "30s", "5m", "2h", "1d".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span(Duration);

impl Settings {
    /// Reads the file, and has the flags overrule it.
    pub(crate) fn read(path: &Path, flags: &Flags) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::from_text(&text, folder, flags).with_context(|| format!("{} cannot be used", path.display()))
    }

    fn from_text(text: &str, folder: &Path, flags: &Flags) -> Result<Self> {
        let file: File = toml::from_str(text)?;
        let at = |path: &Path| folder.join(path);
        let written = if flags.endpoints.is_empty() { &file.endpoints } else { &flags.endpoints };
        ensure!(!written.is_empty(), "there is no endpoint: name one in `endpoints`, or with --rpc");
        // A URL may hold a key, so it is named by its place.
        let endpoint = |(place, text): (usize, &String)| {
            let url = text.parse::<Url>().ok().filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
            url.with_context(|| format!("endpoint {} is no http or https URL", place + 1))
        };
        let endpoints = written.iter().enumerate().map(endpoint).collect::<Result<Vec<_>>>()?;
        let [private_key_file, keystore, password_file] =
            [&file.private_key_file, &file.keystore, &file.password_file].map(|it| it.as_deref().map(at));
        let state = flags.state.clone().unwrap_or_else(|| at(&file.state));

        ensure!(file.period.0 >= Duration::from_millis(100), "the period is at least 100ms");
        ensure!(file.timeout.0 >= Duration::from_millis(100), "the timeout is at least 100ms");
        ensure!(file.poll.0 >= Duration::from_millis(10), "poll is at least 10ms");
        ensure!((1..=10_000).contains(&file.confirmations), "confirmations are 1 to 10000");
        let least = Fees::LEAST_BUMP;
        let raises = least..=1_000;
        ensure!(raises.contains(&file.fees.bump_percent), "bump_percent is {least} to 1000: nodes take no smaller raise");
        let cap = decimal(&file.fees.max_fee_gwei, 9).context("max_fee_gwei")?;
        let cap =
            u64::try_from(cap).ok().filter(|it| *it > 0 && *it < 1 << 62).context("max_fee_gwei is beyond what gas costs")?;

        let listen = flags.listen.or(file.http.as_ref().map(|it| it.listen));
        let token = file.http.as_ref().and_then(|it| it.token_file.as_deref()).map(|it| Token::read(&at(it))).transpose()?;
        let spool = file.spool.as_ref();
        Ok(Self {
            chain_id: file.chain_id,
            endpoints,
            pool: file.pool,
            key: KeyFiles { private_key_file, keystore, password_file },
            state,
            lock_folder: file.lock_folder.as_deref().map_or_else(std::env::temp_dir, at),
            period: file.period.0,
            timeout: file.timeout.0,
            poll: file.poll.0,
            confirmations: file.confirmations,
            first_block: file.first_block,
            fees: Fees { cap, bump_after: file.fees.bump_after.0, bump_percent: file.fees.bump_percent },
            spool: spool.and_then(|it| it.folder.as_deref()).map(at),
            reject_after: spool.map_or_else(reject_after, |it| it.reject_after).0,
            http: listen.map(|listen| Http { listen, token, margin: file.http.as_ref().map_or_else(margin, |it| it.margin).0 }),
            policy: Policy {
                close: file.duties.close,
                roots: file.duties.roots,
                treasury_floor: file.duties.treasury_floor.as_deref().map(|it| amount("treasury_floor", it)).transpose()?,
                burn_floor: file.duties.burn_floor.as_deref().map(|it| amount("burn_floor", it)).transpose()?,
                settle_after: spool.map_or_else(settle_after, |it| it.settle_after).0,
                settle_margin: spool.map_or_else(settle_margin, |it| it.settle_margin).0,
            },
            voting: file.vote.map(|it| Voting::read(it, folder)).transpose()?,
        })
    }
}

impl Token {
    fn read(path: &Path) -> Result<Self> {
        refuse_open_file(path)?;
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let token = text.trim();
        ensure!(token.len() >= 16, "the token in {} has fewer than 16 characters: it could be guessed", path.display());
        Ok(Self(token.to_owned()))
    }

    /// Whether that is the token, in a time that does not depend on where it differs.
    pub(crate) fn is(&self, given: &str) -> bool {
        let (ours, given) = (self.0.as_bytes(), given.as_bytes());
        ours.len() == given.len() && ours.iter().zip(given).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A secret that others can read is none.
fn refuse_open_file(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("{} can be read by others (mode {:03o}): chmod 600 {0}", path.display(), mode & 0o777);
        }
    }
    Ok(())
}

fn amount(name: &str, text: &str) -> Result<u128> {
    let number = text.strip_suffix("COR").map_or(text, str::trim_end);
    decimal(number, 18).with_context(|| format!("{name} = {text:?} is no amount of COR, like \"100 COR\""))
}

impl Voting {
    fn read(table: VoteTable, folder: &Path) -> Result<Self> {
        ensure!(table.uri.contains("{epoch}"), "the uri of votes must say where {{epoch}} goes");
        ensure!(table.uri.len() <= 480, "the uri of votes is too long: the contract takes 512 bytes");
        let minimum_stake = amount("minimum_stake", &table.minimum_stake)?;
        Ok(Self { book: folder.join(table.book), uri: table.uri, minimum_stake })
    }
}

impl Default for FeesTable {
    fn default() -> Self {
        Self { max_fee_gwei: "2".into(), bump_after: Span(Duration::from_secs(60)), bump_percent: 25 }
    }
}

impl Default for DutiesTable {
    fn default() -> Self {
        Self { close: true, roots: true, treasury_floor: None, burn_floor: None }
    }
}

fn period() -> Span {
    Span(Duration::from_secs(30))
}

fn timeout() -> Span {
    Span(Duration::from_secs(10))
}

fn poll() -> Span {
    Span(Duration::from_millis(500))
}

fn confirmations() -> u64 {
    20
}

fn settle_after() -> Span {
    Span(Duration::from_secs(300))
}

fn settle_margin() -> Span {
    Span(Duration::from_secs(3_600))
}

fn reject_after() -> Span {
    Span(Duration::from_secs(600))
}

fn margin() -> Span {
    Span(Duration::from_secs(120))
}

fn an_address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    address(&String::deserialize(from)?).map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        span(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no time: write 500ms, 30s, 5m, 2h or 1d")))
    }
}

fn span(text: &str) -> Option<Span> {
    let (digits, unit) = text.split_at(text.find(|it: char| !it.is_ascii_digit())?);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let value: u64 = digits.parse().ok()?;
    Some(Span(Duration::from_millis(value.checked_mul(milliseconds)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "chain_id = 42\nendpoints = [\"http://here:1/KEY\"]\npool = \
                         \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"\nprivate_key_file = \"key\"\nstate = \"state\"\n";

    fn read(more: &str) -> Result<Settings> {
        Settings::from_text(&format!("{LEAST}{more}"), Path::new("/etc/corflow"), &Flags::default())
    }

    #[test]
    fn little_is_enough_and_paths_begin_at_the_file() {
        let settings = read("").expect("settings");
        assert_eq!(settings.state, Path::new("/etc/corflow/state"));
        assert_eq!(settings.key.private_key_file.as_deref(), Some(Path::new("/etc/corflow/key")));
        assert_eq!((settings.fees.cap, settings.period), (2_000_000_000, Duration::from_secs(30)));
        assert_eq!((settings.policy.treasury_floor, settings.http.is_none(), settings.spool), (None, true, None));
    }

    #[test]
    fn the_example_is_one() {
        let text = include_str!("../../dist/keeper.toml");
        let folder = tempfile::tempdir().expect("a folder");
        let token = folder.path().join("token");
        fs::write(&token, "0123456789abcdef\n").expect("a token");
        assert!(Settings::from_text(text, folder.path(), &Flags::default()).is_err_and(|it| it.to_string().contains("chmod")));
        #[cfg(unix)]
        fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
        let settings = Settings::from_text(text, folder.path(), &Flags::default()).expect("settings");
        assert_eq!(settings.policy.burn_floor, Some(100_000_000_000_000_000_000));
        let token = settings.http.and_then(|it| it.token).expect("a token");
        assert!(token.is("0123456789abcdef") && !token.is("0123456789abcdeg") && !token.is("0123456789abcde"));
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn flags_overrule_the_file() {
        let flags = Flags {
            endpoints: vec!["https://a".into(), "https://b".into()],
            state: Some("here".into()),
            listen: Some(([127, 0, 0, 1], 5).into()),
        };
        let settings = Settings::from_text(LEAST, Path::new("/etc"), &flags).expect("settings");
        assert_eq!(settings.endpoints.len(), 2);
        assert_eq!(settings.state, Path::new("here"));
        assert!(settings.http.is_some_and(|it| it.token.is_none()));
    }

    #[test]
    fn what_is_wrong_is_refused_and_named() {
        for (more, what) in [
            ("pperiod = \"30s\"\n", "unknown field `pperiod`"),
            ("period = \"30\"\n", "\"30\" is no time"),
            ("period = \"50ms\"\n", "at least 100ms"),
            ("period = \"1e3s\"\n", "is no time"),
            ("confirmations = 0\n", "confirmations are 1 to"),
            ("[fees]\nbump_percent = 5\n", "nodes take no smaller raise"),
            ("[fees]\nmax_fee_gwei = \"1,5\"\n", "is not a number"),
            ("[duties]\ntreasury_floor = \"1,000 COR\"\n", "treasury_floor = \"1,000 COR\" is no amount"),
        ] {
            let error = format!("{:#}", read(more).expect_err(more));
            assert!(error.contains(what), "{more}: {error}");
        }
        let endpoint = LEAST.replace("http://here:1/KEY", "ftp://KEY");
        let error = Settings::from_text(&endpoint, Path::new("/"), &Flags::default()).expect_err("no such scheme");
        assert_eq!(error.to_string(), "endpoint 1 is no http or https URL", "nothing of it is shown");
    }
}
