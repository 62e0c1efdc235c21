//! Blocks, the transaction pool, receipts, logs, time and snapshots.
//!
//! A [`Chain`] is plain data with plain methods and belongs to one thread; [`Chains`] runs it on a thread of its
//! own, whose stack is deep enough for the EVM, and lets other threads send it work.
//!
//! Blocks are made as Nitro's sequencer makes them: when transactions arrive, never empty unless asked for, and
//! several of them may share a second.

mod block;
mod clock;
mod mine;
mod pool;
mod posting;
mod query;
mod signers;
mod simulate;
mod snapshot;
mod submit;
mod thread;
mod trace;
mod transaction;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use alloy_primitives::B256;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub use block::{BLOCK_GAS_LIMIT, Block, Mined, Receipt, SEQUENCER};
pub use clock::Clock;
pub use mine::TimeInPast;
pub use pool::Underpriced;
pub use query::{LogOf, NoSuchBlock};
pub use signers::{Signers, UnknownAccount};
pub use simulate::{CALL_GAS_CAP, EstimateError, View};
pub use submit::SubmitError;
pub use thread::{Chains, Stopped};
pub use transaction::{INTERNAL_TYPE, Signed, StartBlock, Transaction, Undecodable};

use crate::{evm::Evm, genesis::DevAccount, state::State};
use block::Draft;
use pool::Pool;
use snapshot::Snapshot;

/// How a chain behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Chain id.
    pub chain_id: u64,
    /// Whether a transaction that arrives makes a block at once.
    pub automine: bool,
    /// Whether blocks show ArbOS's own transaction (type 0x6a) as their first, as Nitro's do. Clients that know only
    /// Ethereum's types cannot read such blocks. Where it is not shown it is not part of the block at all: indexes
    /// begin with the first user's transaction, and the roots cover what is there.
    pub internal_transactions: bool,
}

/// What happens on a chain, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block was made.
    Block(Arc<Block>),
    /// A transaction was taken into the pool.
    Pending(B256),
}

/// One chain: its blocks, and what becomes of the next one.
pub struct Chain {
    config: Config,
    evm: Evm,
    blocks: Vec<Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    pool: Pool,
    clock: Clock,
    signers: Signers,
    snapshots: BTreeMap<u64, Snapshot>,
    snapshots_taken: u64,
    reverts: Vec<u64>,
    arrivals: Vec<B256>,
    listeners: Vec<UnboundedSender<Event>>,
}

impl Chain {
    /// A chain with nothing but its genesis block, over `state`.
    pub fn new(config: Config, evm: Evm, state: State, accounts: Vec<DevAccount>) -> Self {
        let mut ledger = state.clone();
        let genesis = Draft {
            number: 0,
            parent: B256::ZERO,
            parent_root: B256::ZERO,
            timestamp: 0,
            base_fee: crate::arbos::base_fee(&mut ledger),
            arbos: crate::arbos::version(&mut ledger),
            l1_number: 0,
            transactions: Vec::new(),
        };
        let mut chain = Self {
            config,
            evm,
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            transactions: HashMap::new(),
            pool: Pool::default(),
            clock: Clock::default(),
            signers: Signers::new(accounts),
            snapshots: BTreeMap::new(),
            snapshots_taken: 0,
            reverts: Vec::new(),
            arrivals: Vec::new(),
            listeners: Vec::new(),
        };
        chain.append(genesis.seal(state));
        chain
    }

    /// How it behaves.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whose keys it holds, and whom it impersonates.
    pub fn signers(&self) -> &Signers {
        &self.signers
    }

    /// The same, to change them.
    pub fn signers_mut(&mut self) -> &mut Signers {
        &mut self.signers
    }

    /// All that happens from now on.
    pub fn listen(&mut self) -> UnboundedReceiver<Event> {
        let (sender, receiver) = unbounded_channel();
        self.listeners.push(sender);
        receiver
    }

    fn tell(&mut self, event: &Event) {
        self.listeners.retain(|listener| listener.send(event.clone()).is_ok());
    }

    fn append(&mut self, block: Block) {
        let number = block.header.number;
        self.by_hash.insert(block.hash, number);
        for (index, mined) in block.transactions.iter().enumerate() {
            self.transactions.insert(mined.hash, (number, index));
        }
        let block = Arc::new(block);
        self.blocks.push(Arc::clone(&block));
        self.tell(&Event::Block(block));
    }
}
