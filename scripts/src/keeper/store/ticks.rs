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

    /// The last `most` entries, or all, in their order.
    pub(crate) fn entries(&self, most: Option<u64>) -> Result<Vec<Entry>, StoreError> {
        self.run(|connection| {
            let mut last = connection.prepare("SELECT seq, body, hash FROM ticks ORDER BY seq DESC LIMIT ?1")?;
            let most = most.map_or(-1, |it| i64::try_from(it).unwrap_or(-1));
            let rows = last.query_map([most], |row| {
                let hash = row.get::<_, [u8; 32]>(2)?.into();
                Ok(Entry { seq: row.get::<_, i64>(0)?.unsigned_abs(), body: row.get(1)?, hash })
            })?;
            let mut entries: Vec<_> = rows.collect::<Result<_, _>>()?;
            entries.reverse();
            Ok(entries)
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

/// Checks the chain of hashes: of a record from its beginning, or of the end of one.
pub(crate) fn verify(entries: &[Entry]) -> Result<(), Broken> {
    let mut expected = entries.first().filter(|it| it.seq == 1).map(|_| (1, B256::ZERO));
    for entry in entries {
        let broken = |what: String| Broken { seq: entry.seq, what };
        if keccak256(&entry.body) != entry.hash {
            return Err(broken(format!("its hash is not {}", entry.hash)));
        }
        let body: Value = serde_json::from_str(&entry.body).map_err(|error| broken(error.to_string()))?;
        if body["seq"] != entry.seq {
            return Err(broken(format!("it says that it is entry {}", body["seq"])));
        }
        if let Some((seq, previous)) = expected {
            if entry.seq != seq {
                return Err(broken(format!("entry {seq} is missing before it")));
            }
            if body["previous"] != previous.to_string() {
                return Err(broken(format!("it follows {}, but before it stands {previous}", body["previous"])));
            }
        }
        expected = Some((entry.seq + 1, entry.hash));
    }
    Ok(())
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
        let entries = store.entries(None).expect("three");
        (store, entries)
    }

    #[test]
    fn a_record_holds_together_and_so_does_its_end() {
        let (store, entries) = three();
        assert_eq!(entries.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(verify(&entries), Ok(()));
        assert_eq!(verify(&store.entries(Some(2)).expect("two")), Ok(()));
        assert_eq!(verify(&[]), Ok(()));
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
        assert_eq!(verify(&entries[1..]), Ok(()), "an end says nothing of what came before");

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
        store.undo_from(7).expect("undone");
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
