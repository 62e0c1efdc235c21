//! The record: one entry for every tick, each with the hash of the one before, so that none can be changed or taken out of the
//! middle without all later ones changing. (The end is as long as somebody remembers its hash.)

use alloy_primitives::{B256, keccak256};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::{Store, StoreError, put_fact, slots::untold};

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    /// A JSON object, exactly the bytes that were hashed.
    pub(crate) body: String,
    /// keccak256 of the body, which names the hash before.
    pub(crate) hash: B256,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The entry.
    pub(crate) seq: u64,
    /// What is wrong with it.
    pub(crate) what: String,
}

/// A fact that is there while a tick is under way.
const UNDER_WAY: &str = "tick under way";

impl Store {
    /// A tick begins. Says whether the one before was cut off.
    pub(crate) fn begin_tick(&self) -> Result<bool, StoreError> {
        let cut_off = self.fact(UNDER_WAY)?.is_some_and(|it| it == "yes");
        if !cut_off {
            self.remember(UNDER_WAY, "yes")?;
        }
        Ok(cut_off)
    }

    /// Appends to the record. `body` gets the fields `sent`, `ended` and `acted`, by all that was sent and ended since the entry
    /// before, and `seq` and `previous`.
    pub(crate) fn record(&self, mut body: Value) -> Result<Entry, StoreError> {
        self.change(|change| {
            let (sent, ended) = untold(change)?;
            if let Some(body) = body.as_object_mut() {
                body.insert("acted".into(), (!sent.is_empty()).into());
                body.insert("sent".into(), sent.into());
                body.insert("ended".into(), ended.into());
            }
            let last = "SELECT seq, hash FROM ticks ORDER BY seq DESC LIMIT 1";
            let last = change.query_row(last, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))).optional()?;
            let (seq, previous) = last.map_or((1, B256::ZERO), |(seq, hash)| (seq + 1, hash.into()));
            let entry = entry(seq.unsigned_abs(), previous, body);
            let insert = "INSERT INTO ticks (seq, body, hash) VALUES (?1, ?2, ?3)";
            change.execute(insert, params![seq, entry.body, entry.hash.0])?;
            put_fact(change, UNDER_WAY, "no")?;
            Ok(entry)
        })
    }

    /// Shows all entries in their order, one by one: there may be a year of them.
    pub(crate) fn each_entry(&self, mut show: impl FnMut(Entry)) -> Result<(), StoreError> {
        self.run(|connection| {
            let mut all = connection.prepare("SELECT seq, body, hash FROM ticks ORDER BY seq")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let hash = row.get::<_, [u8; 32]>(2)?.into();
                show(Entry { seq: row.get::<_, i64>(0)?.unsigned_abs(), body: row.get(1)?, hash });
            }
            Ok(())
        })
    }
}

fn entry(seq: u64, previous: B256, mut body: Value) -> Entry {
    if let Some(body) = body.as_object_mut() {
        body.insert("seq".into(), seq.into());
        body.insert("previous".into(), previous.to_string().into());
    }
    let body = body.to_string();
    Entry { seq, hash: keccak256(&body), body }
}

/// Checks the chain of hashes, entry by entry, from the first one on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verifier {
    next: u64,
    previous: B256,
}

impl Verifier {
    pub(crate) fn new() -> Self {
        Self { next: 1, previous: B256::ZERO }
    }

    /// How many entries there were, and the hash of the last one.
    pub(crate) fn end(&self) -> (u64, Option<B256>) {
        (self.next - 1, (self.next > 1).then_some(self.previous))
    }

    /// Whether this is the next one.
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), Broken> {
        let &mut Self { next, previous } = self;
        let broken = |what: String| Err(Broken { seq: entry.seq, what });
        if keccak256(&entry.body) != entry.hash {
            return broken(format!("it was changed, for its hash is not {}", entry.hash));
        }
        let body: Value = match serde_json::from_str(&entry.body) {
            Ok(body) => body,
            Err(error) => return broken(error.to_string()),
        };
        if body["seq"] != entry.seq {
            return broken(format!("it says that it is entry {}", body["seq"]));
        }
        if entry.seq != next {
            return broken(format!("entry {next} is missing before it"));
        }
        if body["previous"] != previous.to_string() {
            return broken(format!("it follows {}, but before it stands {previous}", body["previous"]));
        }
        *self = Self { next: next + 1, previous: entry.hash };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::store::slots::{MinedAt, Outcome, Signed, Work};
    use alloy_primitives::{Address, Bytes};
    use serde_json::json;

    fn three() -> (Store, Vec<Entry>) {
        let store = Store::in_memory();
        for n in 0..3 {
            store.begin_tick().expect("begun");
            store.record(json!({ "n": n })).expect("recorded");
        }
        let mut entries = Vec::new();
        store.each_entry(|it| entries.push(it)).expect("three");
        (store, entries)
    }

    fn verify(entries: &[Entry]) -> Result<(u64, Option<B256>), Broken> {
        let mut verifier = Verifier::new();
        entries.iter().try_for_each(|it| verifier.follow(it)).map(|()| verifier.end())
    }

    #[test]
    fn a_record_holds_together() {
        let (_, entries) = three();
        assert_eq!(entries.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(verify(&entries), Ok((3, Some(entries[2].hash))));
        assert_eq!(verify(&[]), Ok((0, None)));
    }

    #[test]
    fn a_changed_a_missing_and_a_forged_entry_are_found() {
        let (_, entries) = three();
        let mut changed = entries.clone();
        changed[1].body = changed[1].body.replace("\"n\":1", "\"n\":7");
        assert_eq!(verify(&changed).map_err(|it| it.seq), Err(2));

        let mut missing = entries.clone();
        missing.remove(1);
        assert_eq!(verify(&missing).map_err(|it| it.seq), Err(3));
        let beginning = verify(&entries[1..]).expect_err("the first is gone");
        assert_eq!((beginning.seq, beginning.what.as_str()), (2, "entry 1 is missing before it"));

        let mut forged = entries;
        forged[1].body = forged[1].body.replace("\"n\":1", "\"n\":7");
        forged[1].hash = keccak256(&forged[1].body);
        assert_eq!(verify(&forged).map_err(|it| it.seq), Err(3), "the next one names another hash");
    }

    #[test]
    fn each_transaction_is_told_once_when_it_was_sent_and_once_when_it_ended() {
        let store = Store::in_memory();
        let work =
            Work { duty: "close:1".into(), purpose: "closes epoch 1".into(), target: Address::ZERO, input: Bytes::new(), gas: 9 };
        let signed = Signed { hash: B256::repeat_byte(1), fee: 5, raw: Bytes::from_static(b"x"), written: 0 };
        store.sign(7, &work, &signed).expect("signed");
        let told = |entry: Entry| {
            let body: Value = serde_json::from_str(&entry.body).expect("JSON");
            [&body["sent"], &body["ended"]].map(|it| it.as_array().expect("an array").len())
        };
        assert_eq!(told(store.record(json!({})).expect("recorded")), [1, 0]);
        assert_eq!(told(store.record(json!({})).expect("recorded")), [0, 0]);
        let mined = MinedAt { hash: signed.hash, block: 3 };
        store.end(7, Some(mined), Outcome::Done, 11, 0, &[]).expect("ended");
        let entry = store.record(json!({})).expect("recorded");
        assert!(entry.body.contains(r#""block":3,"cost":"11""#), "{}", entry.body);
        assert_eq!(told(entry), [0, 1]);
        store.undo_from(7, &Default::default()).expect("undone");
        store.end(7, Some(mined), Outcome::Done, 11, 0, &[]).expect("ended again");
        assert_eq!(told(store.record(json!({})).expect("recorded")), [0, 1]);
    }

    #[test]
    fn a_tick_that_was_cut_off_is_noticed_by_the_next() {
        let store = Store::in_memory();
        assert!(!store.begin_tick().expect("the first"));
        assert!(store.begin_tick().expect("the one after a crash"));
        store.record(json!({})).expect("recorded");
        assert!(!store.begin_tick().expect("the one after that"));
    }
}
