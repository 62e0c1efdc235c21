//! A network with apps that have money, a keeper's key with ether, and the keeper's folder.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use abi::AppFees;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use corflow::{
    keys::Signer,
    voucher::file::{Count, Number, Place, Voucher},
};
use economics::COR;
use serde_json::{Value, json};
use system_tests::fees::Network;

use crate::binary;

/// The bearer token of every keeper here.
pub(crate) const TOKEN: &str = "a-token-of-some-length";
/// Seconds of an epoch and of its grace.
pub(crate) const EPOCH: u64 = system_tests::fees::EPOCH;
pub(crate) const GRACE: u64 = system_tests::fees::GRACE;

/// All of it.
pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) apps: Vec<U256>,
    pub(crate) key: PrivateKeySigner,
    pub(crate) folder: tempfile::TempDir,
}

/// What differs between keepers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) endpoints: Vec<String>,
    pub(crate) listen: Option<SocketAddr>,
    /// Further lines of the configuration: above its tables, and behind them.
    pub(crate) top: String,
    pub(crate) tables: String,
}

impl World {
    /// With so many apps.
    pub(crate) async fn start(apps: usize) -> Self {
        let network = Network::start().await;
        let mut registered = Vec::new();
        for _ in 0..apps {
            let app = network.register(1_000_000 * COR).await;
            let top_up = AppFees::topUpCall { appId: app, amount: U256::from(10_000 * COR) };
            network.chain.send(network.app_owner, network.fees, top_up).await;
            registered.push(app);
        }
        let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(0x5e)).expect("a key");
        let world = Self { network, apps: registered, key, folder: tempfile::tempdir().expect("a folder") };
        world.fund("0x56bc75e2d63100000").await;
        world
    }

    /// Sets the ether of the keeper.
    pub(crate) async fn fund(&self, wei: &str) {
        self.network.chain.get("anvil_setBalance", json!([self.key.address(), wei])).await;
    }

    /// Where the node answers.
    pub(crate) fn endpoint(&self) -> String {
        self.network.chain.node.endpoint()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the keeper's files, and gives the path of its configuration.
    pub(crate) fn configure(&self, options: &Options) -> PathBuf {
        self.secret("key", &self.key.to_bytes().to_string());
        self.secret("token", TOKEN);
        fs::create_dir_all(self.path("spool")).expect("a spool");
        let endpoints = if options.endpoints.is_empty() { vec![self.endpoint()] } else { options.endpoints.clone() };
        let mut text = format!(
            "chain_id = {}\nendpoints = {endpoints:?}\npool = \"{}\"\nprivate_key_file = \"key\"\nstate = \"state\"\n\
             lock_folder = \"lock\"\n{}\n{}\n",
            self.network.chain.node.chain_id(),
            self.network.pool,
            options.top,
            options.tables,
        );
        if let Some(listen) = options.listen {
            text += &format!("[http]\nlisten = \"{listen}\"\ntoken_file = \"token\"\n");
        }
        let path = self.path("keeper.toml");
        fs::write(&path, text).expect("a configuration");
        path
    }

    fn secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::write(self.path(name), text).expect("a secret");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    /// Where vouchers count.
    pub(crate) fn place(&self) -> Place {
        Place { chain_id: Number(U256::from(self.network.chain.node.chain_id())), app_fees: self.network.fees }
    }

    /// A voucher of an app's signer.
    pub(crate) fn voucher(&self, app: U256, epoch: u64, units: u64) -> Voucher {
        signed(&self.network.signer, self.place(), app, epoch, units)
    }

    /// Puts a voucher into the spool, whole.
    pub(crate) fn spool(&self, voucher: &Voucher) {
        drop_into(&self.path("spool"), voucher);
    }

    /// One tick; its entry in the record.
    pub(crate) fn tick(&self, config: &Path) -> Value {
        let output = binary::keeper(config, &["run", "--once"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.last(config)
    }

    /// The last entry of the record, all of which holds together.
    pub(crate) fn last(&self, config: &Path) -> Value {
        let log = self.log(config);
        let shown = log["shown"].as_array().expect("entries");
        shown.last().expect("an entry")["body"].clone()
    }

    /// The whole record, checked.
    pub(crate) fn log(&self, config: &Path) -> Value {
        let output = binary::keeper(config, &["log", "--json", "--last", "100000"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// What app-fees logged of a kind.
    pub(crate) async fn events<E: SolEvent>(&self, contract: Address) -> Vec<E> {
        let filter = json!([{ "address": contract, "fromBlock": "0x0", "topics": [E::SIGNATURE_HASH] }]);
        let logs: Vec<alloy::rpc::types::Log> =
            serde_json::from_value(self.network.chain.get("eth_getLogs", filter).await).expect("logs");
        logs.iter().map(|log| E::decode_log(&log.inner).expect("an event").data).collect()
    }

    /// Units counted of an app in an epoch.
    pub(crate) async fn usage(&self, app: U256, epoch: u64) -> u64 {
        let usage = AppFees::usageOfCall { appId: app, epoch: U256::from(epoch) };
        self.network.chain.ask(self.network.fees, usage).await.units.saturating_to()
    }

    /// How many transactions the chain has of the keeper.
    pub(crate) async fn count(&self) -> u64 {
        let count = self.network.chain.get("eth_getTransactionCount", json!([self.key.address(), "latest"])).await;
        u64::from_str_radix(&count.as_str().expect("a quantity")[2..], 16).expect("a quantity")
    }

    /// The keeper's ether, in wei.
    pub(crate) async fn balance(&self) -> U256 {
        let balance = self.network.chain.get("eth_getBalance", json!([self.key.address(), "latest"])).await;
        serde_json::from_value(balance).expect("a quantity")
    }

    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("state/keeper.sqlite")).expect("a database")
    }
}

pub(crate) fn signed(signer: &PrivateKeySigner, place: Place, app: U256, epoch: u64, units: u64) -> Voucher {
    let number = |it: u64| Number(U256::from(it));
    let count = Count { app_id: Number(app), epoch: number(epoch), cumulative_units: number(units) };
    count.signed(place, &Signer::Key(signer.clone())).expect("a voucher")
}

pub(crate) fn drop_into(folder: &Path, voucher: &Voucher) {
    let name = format!("{}-{}-{}.json", voucher.usage.app_id, voucher.usage.epoch, voucher.usage.cumulative_units);
    let part = folder.join(format!(".{name}"));
    fs::write(&part, serde_json::to_vec(voucher).expect("JSON")).expect("a file");
    fs::rename(part, folder.join(name)).expect("a file");
}

/// A port that nobody has.
pub(crate) fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// One request over HTTP, and the status and body of its answer; none if there was no whole answer in time.
pub(crate) fn http(to: SocketAddr, method: &str, path: &str, token: Option<&str>, body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_millis(500)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let token = token.map(|it| format!("Authorization: Bearer {it}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{token}Connection: \
         close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let status = std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()?;
    Some((status, answer.split_off(end + 4)))
}
