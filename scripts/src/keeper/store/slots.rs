//! Nonces. Each is used for one duty, for ever: what is signed for it later differs from what was signed first in nothing but
//! the fee. Everything is written before it is sent, so that after a crash it can be sent again, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes, U256};
use rusqlite::{Row, params};
use serde_json::{Value, json};

use super::{
    Store, StoreError,
    vouchers::{Settlement, reopen, settle},
};

/// What a nonce is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// What must not be done twice, by name.
    pub(crate) duty: String,
    /// What it is, for people.
    pub(crate) purpose: String,
    pub(crate) target: Address,
    pub(crate) input: Bytes,
    pub(crate) gas: u64,
}

/// A nonce that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) nonce: u64,
    pub(crate) work: Work,
    /// In milliseconds since 1970.
    pub(crate) created: i64,
    pub(crate) mined: Option<MinedAt>,
}

/// Where one of its transactions was mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MinedAt {
    pub(crate) hash: B256,
    pub(crate) block: u64,
}

/// A transaction signed for a nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) hash: B256,
    /// Wei per gas that it pays at most.
    pub(crate) fee: u64,
    pub(crate) raw: Bytes,
    /// In milliseconds since 1970.
    pub(crate) written: i64,
}

/// How a nonce ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was mined and did not revert.
    Done,
    /// It was mined and reverted.
    Reverted,
    /// Somebody else with the same key used it.
    Replaced,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Reverted => "reverted",
            Self::Replaced => "replaced",
        }
    }
}

/// What was tried of a duty before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// It is under way: signed, or mined and not yet deep enough.
    pub(crate) live: bool,
    /// How often it was done in vain, or done and yet due again.
    pub(crate) tries: u32,
    /// When the last of them ended, in milliseconds since 1970.
    pub(crate) ended: i64,
}

const COLUMNS: &str = "nonce, duty, purpose, target, input, gas, created, mined_hash, mined_in";

impl Store {
    /// Takes a nonce for a duty, with the first transaction signed for it. Refused (false) if the duty is under way or the
    /// nonce was used: then nothing is written, and nothing may be sent.
    pub(crate) fn sign(&self, nonce: u64, work: &Work, first: &Signed) -> Result<bool, StoreError> {
        self.change(|change| {
            let taken = change.execute(
                "INSERT INTO slots (nonce, duty, try, purpose, target, input, gas, state, created)
                 SELECT ?1, ?2, (SELECT count(*) FROM slots WHERE duty = ?2), ?3, ?4, ?5, ?6, 'signed', ?7
                 WHERE NOT EXISTS (SELECT 1 FROM slots WHERE nonce >= ?1 OR state = 'signed' OR (duty = ?2 AND state = 'mined'))",
                params![
                    number(nonce),
                    work.duty,
                    work.purpose,
                    work.target.0.0,
                    work.input.as_ref(),
                    number(work.gas),
                    first.written
                ],
            )?;
            if taken == 0 {
                return Ok(false);
            }
            write(change, nonce, first)?;
            Ok(true)
        })
    }

    /// Writes a further transaction for a nonce that is not mined, with another fee.
    pub(crate) fn bump(&self, nonce: u64, next: &Signed) -> Result<(), StoreError> {
        self.change(|change| write(change, nonce, next))
    }

    /// The transactions of a nonce, the dearest first.
    pub(crate) fn signed(&self, nonce: u64) -> Result<Vec<Signed>, StoreError> {
        self.run(|connection| {
            let mut all = connection
                .prepare_cached("SELECT hash, fee, raw, written FROM transactions WHERE nonce = ?1 ORDER BY fee DESC")?;
            let one = |row: &Row<'_>| {
                Ok(Signed {
                    hash: B256::from(row.get::<_, [u8; 32]>(0)?),
                    fee: row.get::<_, i64>(1)?.unsigned_abs(),
                    raw: row.get::<_, Vec<u8>>(2)?.into(),
                    written: row.get(3)?,
                })
            };
            all.query_map([number(nonce)], one)?.collect()
        })
    }

    /// Nonces that no block has, in their order.
    pub(crate) fn unmined(&self) -> Result<Vec<Slot>, StoreError> {
        self.in_state("signed")
    }

    /// Nonces that a block has which is not yet deep enough, in their order.
    pub(crate) fn shallow(&self) -> Result<Vec<Slot>, StoreError> {
        self.in_state("mined")
    }

    fn in_state(&self, state: &str) -> Result<Vec<Slot>, StoreError> {
        self.run(|connection| {
            let mut all = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM slots WHERE state = ?1 ORDER BY nonce"))?;
            all.query_map([state], slot)?.collect()
        })
    }

    /// A nonce was seen in a block.
    pub(crate) fn mined(&self, nonce: u64, at: MinedAt) -> Result<(), StoreError> {
        self.change(|change| {
            let update = "UPDATE slots SET state = 'mined', mined_hash = ?2, mined_in = ?3 WHERE nonce = ?1";
            change.execute(update, params![number(nonce), at.hash.0, number(at.block)]).map(drop)
        })
    }

    /// A nonce's end, and what it settled: all vouchers of these apps and epochs up to these units.
    pub(crate) fn end(
        &self,
        nonce: u64,
        mined: Option<MinedAt>,
        outcome: Outcome,
        cost: u128,
        now: i64,
        settled: &[Settlement],
    ) -> Result<(), StoreError> {
        self.change(|change| {
            let update = "UPDATE slots SET state = 'final', outcome = ?2, cost = ?3, ended = ?4, mined_hash = ?5, mined_in = ?6
                          WHERE nonce = ?1";
            let (hash, block) = (mined.map(|it| it.hash.0), mined.map(|it| number(it.block)));
            change.execute(update, params![number(nonce), outcome.word(), cost.to_string(), now, hash, block])?;
            settled.iter().try_for_each(|it| settle(change, it))
        })
    }

    /// Nonces from this one on that a block had, whatever became of them.
    pub(crate) fn mined_from(&self, count: u64) -> Result<Vec<Slot>, StoreError> {
        self.run(|connection| {
            let all = format!("SELECT {COLUMNS} FROM slots WHERE nonce >= ?1 AND state != 'signed' ORDER BY nonce");
            let mut all = connection.prepare_cached(&all)?;
            all.query_map([number(count)], slot)?.collect()
        })
    }

    /// The chain's count of the account says that `count` and later nonces are in no block: whatever was mined with them, by
    /// us or by others, was undone by a reorganisation, however deep. Ours is to be sent again, for without it no later nonce
    /// can follow, and vouchers of these apps and epochs are to be looked at again.
    pub(crate) fn undo_from(&self, count: u64, vouchers: &BTreeSet<(U256, u32)>) -> Result<(), StoreError> {
        self.change(|change| {
            let update = "UPDATE slots SET state = 'signed', outcome = NULL, mined_hash = NULL, mined_in = NULL, cost = NULL,
                          ended = NULL, told_ended = 0 WHERE nonce >= ?1 AND state != 'signed'";
            change.execute(update, [number(count)])?;
            vouchers.iter().try_for_each(|&(app, epoch)| reopen(change, app, epoch))
        })
    }

    /// What was tried of a duty before.
    pub(crate) fn past(&self, duty: &str) -> Result<Past, StoreError> {
        self.run(|connection| {
            let past = "SELECT count(*), coalesce(max(ended), 0), coalesce(max(state != 'final'), 0) FROM slots WHERE duty = ?1";
            connection.query_row(past, [duty], |row| Ok(Past { tries: row.get(0)?, ended: row.get(1)?, live: row.get(2)? }))
        })
    }

    /// How many nonces ended how, or where they stand, and what they cost in wei.
    pub(crate) fn outcomes(&self) -> Result<BTreeMap<String, (u64, u128)>, StoreError> {
        let rows: Vec<(String, Option<String>)> = self.run(|connection| {
            let mut all = connection.prepare_cached("SELECT coalesce(outcome, state), cost FROM slots")?;
            all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let words = ["signed", "mined", "done", "reverted", "replaced"];
        let mut sums: BTreeMap<String, (u64, u128)> = words.map(|it| (it.to_owned(), (0, 0))).into();
        for (outcome, cost) in rows {
            let cost: u128 = match cost {
                Some(cost) => cost.parse().map_err(|_| self.damaged(format!("a transaction cost {cost:?}")))?,
                None => 0,
            };
            let sum = sums.entry(outcome).or_default();
            *sum = (sum.0 + 1, sum.1.saturating_add(cost));
        }
        Ok(sums)
    }
}

/// What was sent and what ended since it was last told, for the record: it is marked as told in the same change in which the
/// record is written, so that a kill between the two loses neither.
pub(super) fn untold(change: &rusqlite::Transaction<'_>) -> rusqlite::Result<(Vec<Value>, Vec<Value>)> {
    let hash = |row: &Row<'_>, at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<[u8; 32]>>(at)?.map(B256::from));
    let mut sent = change.prepare(
        "SELECT s.nonce, s.duty, s.purpose, s.gas, t.hash, min(t.fee) FROM slots s JOIN transactions t ON t.nonce = s.nonce
         WHERE s.told_sent = 0 GROUP BY s.nonce ORDER BY s.nonce",
    )?;
    let sent = sent.query_map([], |row| {
        let [nonce, gas, fee] = [row.get::<_, i64>(0)?, row.get(3)?, row.get(5)?];
        let (duty, purpose) = (row.get::<_, String>(1)?, row.get::<_, String>(2)?);
        Ok(json!({ "nonce": nonce, "duty": duty, "purpose": purpose, "hash": hash(row, 4)?, "gas": gas, "fee": fee }))
    })?;
    let sent = sent.collect::<Result<_, _>>()?;
    let mut ended = change.prepare(
        "SELECT nonce, duty, outcome, mined_hash, mined_in, cost FROM slots WHERE state = 'final' AND told_ended = 0 ORDER BY nonce",
    )?;
    let ended = ended.query_map([], |row| {
        let (nonce, block) = (row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(4)?);
        let (duty, outcome, cost) = (row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(5)?);
        Ok(json!({
            "nonce": nonce, "duty": duty, "outcome": outcome, "hash": hash(row, 3)?, "block": block, "cost": cost,
        }))
    })?;
    let ended = ended.collect::<Result<_, _>>()?;
    change.execute("UPDATE slots SET told_sent = 1 WHERE told_sent = 0", [])?;
    change.execute("UPDATE slots SET told_ended = 1 WHERE state = 'final' AND told_ended = 0", [])?;
    Ok((sent, ended))
}

fn write(change: &rusqlite::Transaction<'_>, nonce: u64, signed: &Signed) -> rusqlite::Result<()> {
    let Signed { hash, fee, raw, written } = signed;
    let insert = "INSERT INTO transactions (hash, nonce, fee, raw, written) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.execute(insert, params![hash.0, number(nonce), number(*fee), raw.as_ref(), written]).map(drop)
}

fn slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    let work = Work {
        duty: row.get(1)?,
        purpose: row.get(2)?,
        target: Address::from(row.get::<_, [u8; 20]>(3)?),
        input: row.get::<_, Vec<u8>>(4)?.into(),
        gas: row.get::<_, i64>(5)?.unsigned_abs(),
    };
    let mined = match (row.get::<_, Option<[u8; 32]>>(7)?, row.get::<_, Option<i64>>(8)?) {
        (Some(hash), Some(block)) => Some(MinedAt { hash: hash.into(), block: block.unsigned_abs() }),
        _ => None,
    };
    Ok(Slot { nonce: row.get::<_, i64>(0)?.unsigned_abs(), work, created: row.get(6)?, mined })
}

/// SQLite's integers are signed; nonces, blocks and fees per gas stay far below that.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{
        super::vouchers::{Standing, Voucher},
        *,
    };

    fn work(duty: &str) -> Work {
        Work {
            duty: duty.into(),
            purpose: "closes".into(),
            target: Address::repeat_byte(1),
            input: Bytes::from_static(b"x"),
            gas: 5,
        }
    }

    fn signed(byte: u8, fee: u64) -> Signed {
        Signed { hash: B256::repeat_byte(byte), fee, raw: vec![byte].into(), written: 1 }
    }

    fn at(byte: u8, block: u64) -> MinedAt {
        MinedAt { hash: B256::repeat_byte(byte), block }
    }

    #[test]
    fn a_nonce_is_taken_once_and_a_duty_is_under_way_once() {
        let store = Store::in_memory();
        assert!(store.sign(4, &work("close:1"), &signed(1, 10)).expect("signed"));
        assert!(!store.sign(4, &work("burn"), &signed(2, 10)).expect("refused"), "the nonce is taken");
        assert!(!store.sign(5, &work("burn"), &signed(2, 10)).expect("refused"), "one is not mined yet");
        store.mined(4, at(1, 9)).expect("mined");
        assert!(!store.sign(5, &work("close:1"), &signed(2, 10)).expect("refused"), "the duty is under way");
        assert!(store.sign(5, &work("burn"), &signed(2, 10)).expect("signed"));
        assert_eq!(store.unmined().expect("one").iter().map(|it| it.nonce).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn a_duty_that_ended_may_be_tried_again_and_its_past_is_known() {
        let store = Store::in_memory();
        assert_eq!(store.past("close:1").expect("nothing"), Past::default());
        store.sign(0, &work("close:1"), &signed(1, 10)).expect("signed");
        assert!(store.past("close:1").expect("live").live);
        store.end(0, Some(at(1, 3)), Outcome::Reverted, 30, 500, &[]).expect("ended");
        assert_eq!(store.past("close:1").expect("ended"), Past { live: false, tries: 1, ended: 500 });
        assert!(store.sign(1, &work("close:1"), &signed(2, 10)).expect("signed"));
        let outcomes = store.outcomes().expect("two");
        assert_eq!((outcomes["reverted"], outcomes["signed"], outcomes["done"]), ((1, 30), (1, 0), (0, 0)));
    }

    #[test]
    fn a_higher_fee_keeps_the_nonce_and_the_dearest_comes_first() {
        let store = Store::in_memory();
        store.sign(0, &work("close:1"), &signed(1, 10)).expect("signed");
        store.bump(0, &signed(2, 13)).expect("bumped");
        assert!(store.bump(0, &signed(3, 13)).is_err(), "the same fee twice");
        assert_eq!(store.signed(0).expect("both"), [signed(2, 13), signed(1, 10)]);
    }

    #[test]
    fn what_a_reorganisation_undoes_is_sent_again_however_deep() {
        let store = Store::in_memory();
        for nonce in 0..4_u8 {
            store.sign(nonce.into(), &work(&format!("close:{nonce}")), &signed(nonce, 10)).expect("signed");
            store.mined(nonce.into(), at(nonce, nonce.into())).expect("mined");
        }
        store.end(0, Some(at(0, 0)), Outcome::Done, 1, 1, &[]).expect("ended");
        store.end(1, Some(at(1, 1)), Outcome::Done, 1, 1, &[]).expect("ended");
        store.end(2, None, Outcome::Replaced, 0, 1, &[]).expect("ended");
        let voucher =
            |app: u64, epoch| Voucher { app: U256::from(app), epoch, units: 9, signer: Address::ZERO, signature: [0; 65] };
        store.keep(&[("test", &[voucher(1, 1), voucher(1, 2), voucher(2, 1)])], 0).expect("kept");
        store.place(&[(1, Standing::Settled), (2, Standing::Settled), (3, Standing::Counted(4))]).expect("placed");
        assert_eq!(store.mined_from(4).expect("nothing"), []);
        assert_eq!(store.mined_from(1).expect("three").iter().map(|it| it.nonce).collect::<Vec<_>>(), [1, 2, 3]);
        store.undo_from(1, &[(U256::ONE, 1)].into()).expect("undone");
        let nonces: Vec<_> = store.unmined().expect("three").into_iter().map(|it| (it.nonce, it.mined)).collect();
        assert_eq!(nonces, [(1, None), (2, None), (3, None)], "what another took is free again, and is in the way of the next");
        let vouchers: Vec<_> = store.unsettled().expect("two").into_iter().map(|it| (it.id, it.counted_at)).collect();
        assert_eq!(vouchers, [(1, None), (3, Some(4))], "those of the epoch are asked about again");
    }
}
