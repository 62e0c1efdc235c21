//! What the published scores give, epoch by epoch.

use std::collections::BTreeMap;

use crate::rewards::{ballot, book::Book, onchain::Ballot};

/// A folder of published epochs, each computed again once.
#[derive(Debug)]
pub(super) struct Ours {
    book: Book,
    // What is published is not replaced, so that what followed once follows always.
    computed: BTreeMap<u64, Ballot>,
}

/// What the published scores say of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// They give just it.
    Same,
    /// They give another one.
    Differs(Ballot),
    /// They are not here, or are not as they should be.
    Unknown(String),
}

impl Ours {
    /// Of a book.
    pub(super) fn of(book: Book) -> Self {
        Self { book, computed: BTreeMap::new() }
    }

    /// Holds a root against the scores of its epoch.
    pub(super) fn judge(&mut self, theirs: &Ballot) -> Judgement {
        let ours = match self.computed.get(&theirs.epoch) {
            Some(ours) => *ours,
            None => match self.book.recomputed(theirs.epoch).and_then(|epoch| ballot(&epoch)) {
                Ok(ours) => *self.computed.entry(theirs.epoch).or_insert(ours),
                Err(error) => return Judgement::Unknown(format!("{error:#}")),
            },
        };
        if ours == *theirs { Judgement::Same } else { Judgement::Differs(ours) }
    }
}
