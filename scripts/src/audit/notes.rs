//! What the books write down while they go through the events: faults, and the COR that events say has moved.

use alloy_primitives::{Address, U256};

use super::{
    entry::{Keeper, Move, Site, Wei, wei},
    fault::{Fault, Kind},
};

/// COR that an event says has moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// Which contract says it.
    pub(super) keeper: Keeper,
    /// By which event.
    pub(super) event: &'static str,
    /// Where.
    pub(super) site: Option<Site>,
    /// What.
    pub(super) moved: Move,
}

/// Notes of an audit.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Where the audit is; nowhere once it is through.
    pub(super) site: Option<Site>,
    /// What does not add up.
    pub(super) faults: Vec<Fault>,
    /// What contracts say they were given, in the running transaction.
    pub(super) came: Vec<Said>,
    /// What contracts say they gave, in the running transaction.
    pub(super) left: Vec<Said>,
}

impl Notes {
    /// Writes a fault down.
    pub(super) fn fault(&mut self, keeper: Keeper, kind: Kind) {
        self.faults.push(Fault { site: self.site, keeper, kind });
    }

    /// What is said must be what it comes to.
    pub(super) fn same(&mut self, keeper: Keeper, what: impl FnOnce() -> String, says: Wei, comes_to: Wei) {
        if says != comes_to {
            self.fault(keeper, Kind::Differs { what: what(), says, comes_to });
        }
    }

    /// Nothing is below zero. What was is zero from here on, so that one fault is one.
    pub(super) fn covered(&mut self, keeper: Keeper, what: impl FnOnce() -> String, left: &mut Wei) {
        if *left < 0 {
            let by = -std::mem::take(left);
            self.fault(keeper, Kind::Overdrawn { what: what(), by });
        }
    }

    /// The contract at `to` says that it was given this.
    pub(super) fn came(&mut self, keeper: Keeper, event: &'static str, from: Address, to: Address, amount: Wei) {
        self.came.push(Said { keeper, event, site: self.site, moved: Move { from, to, amount } });
    }

    /// The contract at `from` says that it gave this.
    pub(super) fn left(&mut self, keeper: Keeper, event: &'static str, from: Address, to: Address, amount: Wei) {
        self.left.push(Said { keeper, event, site: self.site, moved: Move { from, to, amount } });
    }
}

/// An epoch's or an app's number. None is so great that it does not fit.
pub(super) fn number(value: U256) -> u64 {
    value.saturating_to()
}

/// Several amounts together.
pub(super) fn sum<const N: usize>(amounts: [U256; N]) -> Wei {
    amounts.into_iter().map(wei).sum()
}
