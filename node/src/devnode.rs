//! A node in the same process.
//!
//! ```no_run
//! use stylus_devnode::Devnode;
//!
//! let node = Devnode::builder().spawn()?;
//! println!("{}", node.endpoint());
//! // It stops, and frees its port, when `node` is dropped.
//! # Ok::<(), stylus_devnode::DevnodeError>(())
//! ```

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{
    runtime,
    sync::{mpsc::UnboundedReceiver, oneshot},
};

use crate::{
    chain::{Chain, Chains, Config, Event, Stopped},
    evm::Evm,
    genesis::{self, DevAccount, GenesisError},
    rpc::{self, ServerError},
};

/// ArbOS versions that a node can start with.
pub const ARBOS_VERSIONS: [u64; 3] = [40, 51, 60];

/// Threads that answer requests; the chain has its own.
const RPC_THREADS: usize = 2;

/// A running node. Dropping it stops it.
pub struct Devnode {
    address: SocketAddr,
    chain_id: u64,
    accounts: Vec<DevAccount>,
    chains: Option<Chains>,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// What a node is to be.
#[derive(Clone, Debug)]
pub struct Builder {
    host: IpAddr,
    port: u16,
    arbos: u64,
    config: Config,
    block_time: Option<Duration>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevnodeError {
    /// The ArbOS version is not one of [`ARBOS_VERSIONS`].
    #[error("there is no ArbOS version {0} here: choose 40, 51 or 60")]
    ArbosVersion(u64),
    /// Another program listens there.
    #[error("port {} of {} is taken: stop the program that listens there, or choose another port (0 takes a free one)", .0.port(), .0.ip())]
    PortTaken(SocketAddr),
    /// The address cannot be had for another reason, or the server does not start.
    #[error(transparent)]
    Server(ServerError),
    /// The system gives no thread or no runtime.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// The state before the first block could not be made.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The chain did not start.
    #[error("the chain did not start; see the messages above")]
    Chain(#[from] Stopped),
}

impl Devnode {
    /// A node on any free port of this machine, with ArbOS 60 and a block for every transaction.
    pub fn builder() -> Builder {
        let config = Config { chain_id: genesis::CHAIN_ID, automine: true, internal_transactions: false };
        Builder { host: Ipv4Addr::LOCALHOST.into(), port: 0, arbos: 60, config, block_time: None }
    }

    /// Where it answers over HTTP.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it answers over WebSocket: the same port.
    pub fn ws_endpoint(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its chain id.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Its funded accounts: Nitro's development account, then those of the well-known test mnemonic.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// All that happens on its chain from now on.
    pub fn events(&self) -> Result<UnboundedReceiver<Event>, DevnodeError> {
        let chains = self.chains.as_ref().ok_or(Stopped)?;
        Ok(chains.run_blocking(Chain::listen)?)
    }
}

impl Builder {
    /// Listens on this port; 0 takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on this address.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// Starts with this ArbOS version, one of [`ARBOS_VERSIONS`].
    pub fn arbos(mut self, version: u64) -> Self {
        self.arbos = version;
        self
    }

    /// Has this chain id.
    pub fn chain_id(mut self, id: u64) -> Self {
        self.config.chain_id = id;
        self
    }

    /// Whether each transaction makes a block as it arrives; if not, `evm_mine` does.
    pub fn automine(mut self, on: bool) -> Self {
        self.config.automine = on;
        self
    }

    /// Makes a block at this interval of what has arrived, instead of one for every transaction.
    pub fn block_time(mut self, interval: Duration) -> Self {
        self.config.automine = false;
        self.block_time = Some(interval);
        self
    }

    /// Whether blocks show ArbOS's own transaction, see [`Config::internal_transactions`].
    pub fn internal_transactions(mut self, shown: bool) -> Self {
        self.config.internal_transactions = shown;
        self
    }

    /// Starts it; it answers when this returns.
    pub fn spawn(self) -> Result<Devnode, DevnodeError> {
        if !ARBOS_VERSIONS.contains(&self.arbos) {
            return Err(DevnodeError::ArbosVersion(self.arbos));
        }
        let accounts = genesis::dev_accounts();
        let (config, arbos, funded) = (self.config.clone(), self.arbos, accounts.clone());
        let evm = Evm::new(config.chain_id);
        let state = genesis::genesis(&evm, arbos, config.chain_id)?;
        let (chains, chain_thread) = Chains::start(move || Chain::new(config, evm, state, funded))?;

        let (stop, stopped) = oneshot::channel();
        let (ready, started) = std::sync::mpsc::channel();
        let address = SocketAddr::new(self.host, self.port);
        let served = chains.clone();
        let rpc_thread = std::thread::Builder::new().name("rpc".into()).spawn(move || {
            let answer = runtime::Builder::new_multi_thread().worker_threads(RPC_THREADS).enable_all().build();
            let runtime = match answer {
                Ok(runtime) => runtime,
                Err(error) => {
                    // Whoever waits for the answer is there until it comes.
                    let _ = ready.send(Err(DevnodeError::Thread(error)));
                    return;
                }
            };
            runtime.block_on(async move {
                match rpc::serve(served.clone(), address).await {
                    Ok(server) => {
                        let _ = ready.send(Ok(server.address()));
                        if let Some(interval) = self.block_time {
                            tokio::spawn(mine_regularly(served, interval));
                        }
                        // The sender being dropped asks for the same as its message.
                        let _ = stopped.await;
                        server.stop().await;
                    }
                    Err(error) => {
                        let _ = ready.send(Err(taken_or(error)));
                    }
                }
            });
            runtime.shutdown_background();
        })?;
        let address = started.recv().map_err(|_| Stopped)??;
        // The chain answers once genesis is made.
        let chain_id = chains.run_blocking(|chain| chain.config().chain_id)?;
        Ok(Devnode {
            address,
            chain_id,
            accounts,
            chains: Some(chains),
            stop: Some(stop),
            threads: vec![rpc_thread, chain_thread],
        })
    }
}

fn taken_or(error: ServerError) -> DevnodeError {
    match error {
        ServerError::Listen { address, reason } if reason.kind() == io::ErrorKind::AddrInUse => DevnodeError::PortTaken(address),
        other => DevnodeError::Server(other),
    }
}

/// Blocks at an interval, none while nothing waits.
async fn mine_regularly(chains: Chains, interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    while chains.run(|chain| chain.mine_waiting()).await.is_ok() {
        ticks.tick().await;
    }
}

impl Drop for Devnode {
    fn drop(&mut self) {
        self.stop.take();
        self.chains.take();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}
