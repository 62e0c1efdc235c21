//! Roots: voted for, pending for a window, active or dropped.

use abi::{
    Common::NotGuardian,
    MinerRewards::{
        AlreadyExtended, EpochNotLater, NoPendingRoot, NoQuorum, RootActivated, RootDropped, RootExtended, RootPending,
        RootProposed, TotalAboveBudget, TotalBelowActive, UriTooLong, Voted, WindowOpen, WindowOver, ZeroRoot, activateCall,
        extendCall, extendReturn, proposeCall, proposeReturn, voteReturn,
    },
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use common::{Calldata, Revert, emit, reentrancy::refuse_reentry, words::Buffer};
use stylus_sdk::prelude::*;

use crate::{
    MinerRewards,
    state::{Active, Ballot, Pending, Totals, Vote},
};

/// The longest uri of a vote, in bytes.
const LONGEST_URI: usize = 512;

/// What is voted for.
#[derive(Clone, Copy)]
pub(crate) struct Root {
    pub(crate) epoch: U256,
    pub(crate) hash: B256,
    pub(crate) total: U256,
    pub(crate) data: B256,
}

impl MinerRewards {
    /// `(uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash, string uri)`.
    #[inline(never)] // Its buffers would lie in the frame of every call.
    pub(crate) fn vote(&mut self, call: Calldata<'_>) -> Result<voteReturn, Revert> {
        refuse_reentry(self.vm())?;
        let root = Root { epoch: call.number(0)?, hash: call.word(1)?, total: call.number(2)?, data: call.word(3)? };
        let uri = call.text(4)?;
        let now = self.vm().block_timestamp();
        let panel = self.panel_at(now);
        let members = self.members_of(panel);
        let attester = self.refuse_stranger(&members)?;
        self.refuse_wrong(&root)?;
        if uri.len() > LONGEST_URI {
            return Err(UriTooLong { length: U256::from(uri.len()), maximum: U256::from(LONGEST_URI) }.into());
        }
        let ballot = self.ballot_of(&root);
        self.votes.setter(root.epoch).setter(attester).set(&Vote { ballot, panel: panel.number });
        self.tell_vote(&root, attester, uri);
        let free = self.pending.get().ready_at == 0;
        if free && self.count(&members, root.epoch, &ballot) >= panel.quorum.into() {
            self.put_up(&root, now);
        }
        Ok(voteReturn {})
    }

    pub(crate) fn propose(&mut self, call: proposeCall) -> Result<proposeReturn, Revert> {
        refuse_reentry(self.vm())?;
        let root = Root { epoch: call.epoch, hash: call.root, total: call.cumulativeTotal, data: call.dataHash };
        let pending = self.pending.get();
        if pending.ready_at != 0 {
            return Err(RootPending { epoch: U256::from(pending.epoch), readyAt: U256::from(pending.ready_at) }.into());
        }
        self.refuse_wrong(&root)?;
        let now = self.vm().block_timestamp();
        let panel = self.panel_at(now);
        let votes = self.count(&self.members_of(panel), root.epoch, &self.ballot_of(&root));
        if votes < panel.quorum.into() || votes == 0 {
            return Err(NoQuorum { votes: U256::from(votes), quorum: U256::from(panel.quorum) }.into());
        }
        self.put_up(&root, now);
        Ok(proposeReturn {})
    }

    pub(crate) fn extend(&mut self, _: extendCall) -> Result<extendReturn, Revert> {
        refuse_reentry(self.vm())?;
        let (account, now) = (self.vm().msg_sender(), self.vm().block_timestamp());
        if account != self.guardian.at(now) {
            return Err(NotGuardian { account }.into());
        }
        let mut pending = self.pending()?;
        let ready_at = U256::from(pending.ready_at);
        if pending.extended {
            return Err(AlreadyExtended { readyAt: ready_at }.into());
        }
        if now >= pending.ready_at {
            return Err(WindowOver { readyAt: ready_at, time: U256::from(now) }.into());
        }
        pending.ready_at = pending.ready_at.saturating_add(self.terms.get().window.into());
        pending.extended = true;
        self.pending.set(&pending);
        let (epoch, root) = (U256::from(pending.epoch), self.pending_root.get().into());
        emit(self.vm(), &RootExtended { epoch, root, readyAt: U256::from(pending.ready_at) });
        Ok(extendReturn {})
    }

    /// While a root is pending the active one cannot change, so that what was checked when it was put up still holds; only
    /// the votes must be counted again.
    pub(crate) fn activate(&mut self, _: activateCall) -> Result<bool, Revert> {
        refuse_reentry(self.vm())?;
        let (pending, now) = (self.pending()?, self.vm().block_timestamp());
        if now < pending.ready_at {
            return Err(WindowOpen { readyAt: U256::from(pending.ready_at), time: U256::from(now) }.into());
        }
        let root = Root {
            epoch: U256::from(pending.epoch),
            hash: self.pending_root.get().into(),
            total: U256::from(pending.total),
            data: self.pending_data.get().into(),
        };
        let panel = self.panel_at(now);
        let votes = self.count(&self.members_of(panel), root.epoch, &self.ballot_of(&root));
        self.pending.set(&Pending::default());
        self.pending_root.set(&U256::ZERO);
        self.pending_data.set(&U256::ZERO);
        let Root { epoch, hash, total, data } = root;
        if votes < panel.quorum.into() {
            emit(self.vm(), &RootDropped { epoch, root: hash, votes: U256::from(votes), quorum: U256::from(panel.quorum) });
            return Ok(false);
        }
        self.root.set(&hash.into());
        self.active.set(&Active { epoch: pending.epoch, at: now });
        self.active_data.set(&data.into());
        let paid = self.totals.get().paid;
        self.totals.set(&Totals { paid, allowed: pending.total });
        emit(self.vm(), &RootActivated { epoch, root: hash, cumulativeTotal: total, dataHash: data });
        Ok(true)
    }

    /// Refuses a root that could not become the active one: of an epoch that is open or not later than the active root's,
    /// beyond what there is to pay, or short of what the active one allows.
    fn refuse_wrong(&self, root: &Root) -> Result<(), Revert> {
        if root.hash.is_zero() {
            return Err(ZeroRoot {}.into());
        }
        let budget = self.budget_of_closed(root.epoch)?;
        let (active, allowed) = (self.active.get(), U256::from(self.totals.get().allowed));
        if active.at != 0 && root.epoch <= U256::from(active.epoch) {
            return Err(EpochNotLater { epoch: root.epoch, active: U256::from(active.epoch) }.into());
        }
        if root.total > budget {
            return Err(TotalAboveBudget { cumulativeTotal: root.total, budget }.into());
        }
        if root.total < allowed {
            return Err(TotalBelowActive { cumulativeTotal: root.total, active: allowed }.into());
        }
        Ok(())
    }

    /// Takes the pending place, which is free, for a root that was checked. Emits `RootProposed`.
    fn put_up(&mut self, root: &Root, now: u64) {
        let ready_at = now.saturating_add(self.terms.get().window.into());
        let (total, epoch) = (root.total.saturating_to(), root.epoch.saturating_to());
        self.pending.set(&Pending { total, epoch, ready_at, extended: false });
        self.pending_root.set(&root.hash.into());
        self.pending_data.set(&root.data.into());
        let Root { epoch, hash, total, data } = *root;
        emit(
            self.vm(),
            &RootProposed { epoch, root: hash, cumulativeTotal: total, dataHash: data, readyAt: U256::from(ready_at) },
        );
    }

    fn pending(&self) -> Result<Pending, Revert> {
        let pending = self.pending.get();
        if pending.ready_at == 0 { Err(NoPendingRoot {}.into()) } else { Ok(pending) }
    }

    /// The first 24 bytes of keccak256 of the four words.
    pub(crate) fn ballot_of(&self, root: &Root) -> Ballot {
        let mut words = [0; 128];
        let parts = [root.epoch.into(), root.hash, root.total.into(), root.data];
        for (place, word) in words.chunks_exact_mut(32).zip(parts) {
            place.copy_from_slice(&B256::from(word).0);
        }
        let mut ballot = [0; 24];
        ballot.copy_from_slice(&self.vm().native_keccak256(&words).0[..24]);
        ballot
    }

    fn tell_vote(&self, root: &Root, attester: Address, uri: &[u8]) {
        let mut log = Buffer::<{ (4 + 4) * 32 + LONGEST_URI }>::default();
        log.put(&Voted::SIGNATURE_HASH.0);
        log.put(&root.epoch.to_be_bytes::<32>());
        log.put(&attester.into_word().0);
        log.put(&root.hash.0);
        log.put(&root.total.to_be_bytes::<32>());
        log.put(&root.data.0);
        log.put_number(3 * 32);
        log.put_bytes(uri);
        self.vm().emit_log(log.as_slice(), 4);
    }
}
