//! Going back: blocks, state, time and pool as they were.

use std::sync::Arc;

use super::{Chain, Clock, pool::Pool};
use crate::state::State;

/// What a chain goes back to.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    head: u64,
    state: State,
    clock: Clock,
    pool: Pool,
}

impl Chain {
    /// Remembers the chain as it is. The number is good for one [`Chain::revert`].
    pub fn snapshot(&mut self) -> u64 {
        self.snapshots_taken += 1;
        let head = self.head();
        let snapshot =
            Snapshot { head: head.header.number, state: head.state.clone(), clock: self.clock, pool: self.pool.clone() };
        self.snapshots.insert(self.snapshots_taken, snapshot);
        self.snapshots_taken
    }

    /// Goes back to a snapshot and forgets it and all later ones. False, and nothing changed, if there is none.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(snapshot) = self.snapshots.remove(&id) else { return false };
        self.snapshots.split_off(&id);
        let kept = usize::try_from(snapshot.head).map_or(self.blocks.len(), |head| head + 1);
        for block in self.blocks.drain(kept..) {
            self.by_hash.remove(&block.hash);
            for mined in &block.transactions {
                self.transactions.remove(&mined.hash);
            }
        }
        self.set_state(snapshot.state);
        self.pool = snapshot.pool;
        self.clock = snapshot.clock;
        self.clock.restored(self.head().header.timestamp);
        self.reverts.push(snapshot.head);
        true
    }

    /// Replaces the state that the newest block left, as developers' methods do; no block records it.
    fn set_state(&mut self, state: State) {
        let head = self.blocks.len() - 1;
        Arc::make_mut(&mut self.blocks[head]).state = state;
    }

    /// Changes the state that the newest block left.
    pub fn edit_state(&mut self, edit: impl FnOnce(&mut State)) {
        let mut state = self.state().clone();
        edit(&mut state);
        self.set_state(state);
    }
}
