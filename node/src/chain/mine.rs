//! Making blocks.

use std::sync::Arc;

use alloy_consensus::Transaction as _;
use alloy_primitives::B256;

use super::{Block, Chain, Event, StartBlock, Transaction, block::Draft};
use crate::{
    arbos,
    evm::{BlockEnv, Executed, Refused},
};

/// Compute gas that one block takes; what does not fit waits for the next.
const BLOCK_COMPUTE: u64 = 32_000_000;

/// A block was asked for at a time before that of the newest block.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("timestamp {asked} is before that of the newest block, {head}: blocks never go back in time")]
pub struct TimeInPast {
    /// Asked for.
    pub asked: u64,
    /// Of the newest block.
    pub head: u64,
}

/// A transaction that could not be executed when its turn came, and was dropped.
pub(super) type Dropped = (B256, Refused);

impl Chain {
    /// The surroundings of a transaction that would execute next.
    pub fn next_env(&self) -> BlockEnv {
        let head = &self.head().header;
        let mut ledger = self.state().clone();
        BlockEnv {
            number: head.number + 1,
            l1_number: self.head().l1_number,
            timestamp: self.clock.next(head.timestamp),
            base_fee: arbos::base_fee(&mut ledger),
            arbos: arbos::version(&mut ledger),
            recent_programs: Vec::new(),
        }
    }

    /// Makes one block of what waits and is ready, empty if there is nothing.
    pub fn mine(&mut self) -> Arc<Block> {
        let (draft, state, _) = self.draft();
        self.seal(draft, state);
        Arc::clone(self.head())
    }

    /// Makes one block of what waits and is ready; none if there is nothing.
    pub fn mine_waiting(&mut self) {
        if self.pool.ready(self.state()).is_some() {
            self.mine();
        }
    }

    /// Makes blocks until nothing is ready any more; none if nothing is. Gives what had to be dropped.
    pub(super) fn mine_ready(&mut self) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        while self.pool.ready(self.state()).is_some() {
            let (draft, state, refused) = self.draft();
            dropped.extend(refused);
            if draft.transactions.iter().any(|mined| !mined.is_internal()) {
                self.seal(draft, state);
            }
        }
        dropped
    }

    /// Executes what is ready on top of the newest block.
    fn draft(&mut self) -> (Draft, crate::state::State, Vec<Dropped>) {
        let parent = Arc::clone(self.head());
        let mut state = parent.state.clone();
        let mut env = self.next_env();
        let passed = env.timestamp - parent.header.timestamp;
        arbos::record_block(&mut state, parent.header.number, parent.hash);
        arbos::start_block(&mut state, env.timestamp, passed);
        env.arbos = arbos::version(&mut state);
        let mut draft = Draft {
            number: env.number,
            parent: parent.hash,
            parent_root: parent.header.state_root,
            timestamp: env.timestamp,
            base_fee: env.base_fee,
            arbos: env.arbos,
            l1_number: env.l1_number,
            transactions: Vec::new(),
        };
        if self.config.internal_transactions {
            let start = StartBlock::new(self.config.chain_id, env.l1_number, env.number, passed);
            draft.push(Transaction::StartBlock(start), Executed { success: true, ..Executed::default() });
        }

        let mut dropped = Vec::new();
        let mut computed = 0;
        let mut included = 0;
        while let Some(next) = self.pool.ready(&state) {
            // A transaction may ask for more gas than it can use, so only the first is never too large.
            if included > 0 && computed + next.envelope.gas_limit().min(BLOCK_COMPUTE) > BLOCK_COMPUTE {
                break;
            }
            let next = next.clone();
            self.pool.remove(next.from, next.envelope.nonce());
            match self.evm.transact(&mut state, &mut env, &next.message()) {
                Ok(executed) => {
                    let compute = executed.gas_used.saturating_sub(executed.gas_used_for_l1);
                    arbos::record_gas(&mut state, compute);
                    computed += compute;
                    included += 1;
                    draft.push(Transaction::Signed(Box::new(next)), executed);
                }
                Err(refused) => dropped.push((next.hash(), refused)),
            }
        }
        (draft, state, dropped)
    }

    fn seal(&mut self, draft: Draft, state: crate::state::State) {
        self.clock.sealed(draft.timestamp);
        self.pool.prune(&state);
        self.append(draft.seal(state));
    }

    /// Fixes the time of the next block, in seconds; later blocks go on from there.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), TimeInPast> {
        let head = self.head().header.timestamp;
        if timestamp < head {
            return Err(TimeInPast { asked: timestamp, head });
        }
        self.clock.set_next(timestamp);
        Ok(())
    }

    /// Moves the time of all later blocks forward, by seconds. Gives the whole offset against the system's clock.
    pub fn increase_time(&mut self, seconds: u64) -> i64 {
        self.clock.advance(seconds)
    }

    /// Whether transactions make a block as they arrive. Switching it on mines what waits.
    pub fn set_automine(&mut self, on: bool) {
        self.config.automine = on;
        if on {
            self.mine_ready();
        }
    }

    /// Tells listeners that a transaction was taken in.
    pub(super) fn arrived(&mut self, hash: B256) {
        self.arrivals.push(hash);
        self.tell(&Event::Pending(hash));
    }
}
