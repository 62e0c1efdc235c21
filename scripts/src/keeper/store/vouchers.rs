//! The spool. A voucher is open until the chain has counted it; counted until that is deep enough; then settled. What can
//! never count any more is rejected or expired, and is not looked at again.

use alloy_primitives::{Address, U256};
use rusqlite::{Row, Transaction, params};

use super::{Store, StoreError};

/// A voucher as it is kept: the numbers in the ranges that the contract counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Voucher {
    pub(crate) app: U256,
    pub(crate) epoch: u32,
    pub(crate) units: u64,
    pub(crate) signer: Address,
    pub(crate) signature: [u8; 65],
}

/// One that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) voucher: Voucher,
    /// In milliseconds since 1970.
    pub(crate) received: i64,
    /// The block in which it was first seen counted.
    pub(crate) counted_at: Option<u64>,
}

/// Where a voucher stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Waits, for this.
    Open(String),
    /// The chain counts it, as of this block, not yet deep enough.
    Counted(u64),
    /// The chain counts it, for good.
    Settled,
    /// It can never count.
    Rejected(String),
    /// It counts no more.
    Expired(String),
}

impl Standing {
    fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Counted(_) => "counted",
            Self::Settled => "settled",
            Self::Rejected(_) => "rejected",
            Self::Expired(_) => "expired",
        }
    }

    fn why(&self) -> &str {
        match self {
            Self::Open(why) | Self::Rejected(why) | Self::Expired(why) => why,
            Self::Counted(_) | Self::Settled => "",
        }
    }
}

impl Store {
    /// Keeps vouchers, with where they come from. When this returns they are on the disk. Says of each whether it is new. One
    /// that was rejected and comes again is asked about again.
    pub(crate) fn keep(&self, given: &[(&str, &[Voucher])], now: i64) -> Result<Vec<bool>, StoreError> {
        self.change(|change| {
            let mut insert = change.prepare(
                "INSERT OR IGNORE INTO vouchers (app, epoch, units, signer, signature, source, received, state, why)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', '')",
            )?;
            let mut reopen = change.prepare(
                "UPDATE vouchers SET state = 'open', received = ?5
                 WHERE app = ?1 AND epoch = ?2 AND units = ?3 AND signer = ?4 AND state = 'rejected'",
            )?;
            let mut one = |source: &str, it: &Voucher| {
                let (app, units) = (it.app.to_be_bytes::<32>(), it.units.to_be_bytes());
                let new = insert.execute(params![app, it.epoch, units, it.signer.0.0, it.signature, source, now])? > 0;
                if !new {
                    reopen.execute(params![app, it.epoch, units, it.signer.0.0, now])?;
                }
                Ok(new)
            };
            given
                .iter()
                .flat_map(|(source, all)| all.iter().map(|it| (*source, it)))
                .map(|(source, it)| one(source, it))
                .collect()
        })
    }

    /// All that are not settled, rejected or expired: of each app and epoch the highest first.
    pub(crate) fn unsettled(&self) -> Result<Vec<Kept>, StoreError> {
        self.run(|connection| {
            let mut all = connection.prepare_cached(
                "SELECT id, app, epoch, units, signer, signature, received, counted_at FROM vouchers
                 WHERE state IN ('open', 'counted') ORDER BY epoch, app, units DESC, id",
            )?;
            all.query_map([], kept)?.collect()
        })
    }

    /// Says where vouchers stand now.
    pub(crate) fn place(&self, places: &[(i64, Standing)]) -> Result<(), StoreError> {
        if places.is_empty() {
            return Ok(());
        }
        self.change(|change| {
            let mut update = change.prepare("UPDATE vouchers SET state = ?2, why = ?3, counted_at = ?4 WHERE id = ?1")?;
            for (id, standing) in places {
                let counted_at = match standing {
                    Standing::Counted(block) => Some(i64::try_from(*block).unwrap_or(i64::MAX)),
                    _ => None,
                };
                update.execute(params![id, standing.word(), standing.why(), counted_at])?;
            }
            Ok(())
        })
    }

    /// How many there are in each state.
    pub(crate) fn voucher_counts(&self) -> Result<[(&'static str, u64); 5], StoreError> {
        self.run(|connection| {
            let mut counted = connection.prepare_cached("SELECT count(*) FROM vouchers WHERE state = ?1")?;
            let mut counts = ["open", "counted", "settled", "rejected", "expired"].map(|state| (state, 0));
            for (state, count) in &mut counts {
                *count = counted.query_row([*state], |row| row.get::<_, i64>(0))?.unsigned_abs();
            }
            Ok(counts)
        })
    }
}

/// What the chain has counted of an app in an epoch, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settlement {
    pub(crate) app: U256,
    pub(crate) epoch: u32,
    /// In all.
    pub(crate) units: u64,
}

/// All vouchers up to it are settled, whatever was thought of them before: an epoch may be over before one of its last
/// transactions is deep enough.
pub(super) fn settle(change: &Transaction<'_>, counted: &Settlement) -> rusqlite::Result<()> {
    let update = "UPDATE vouchers SET state = 'settled', why = '', counted_at = NULL
                  WHERE app = ?1 AND epoch = ?2 AND units <= ?3 AND state != 'rejected'";
    change.execute(update, params![counted.app.to_be_bytes::<32>(), counted.epoch, counted.units.to_be_bytes()]).map(drop)
}

/// A reorganisation undid what was settled of an app in an epoch: the chain is asked again.
pub(super) fn reopen(change: &Transaction<'_>, app: U256, epoch: u32) -> rusqlite::Result<()> {
    let update = "UPDATE vouchers SET state = 'open', why = 'a reorganisation undid its settlement', counted_at = NULL
                  WHERE app = ?1 AND epoch = ?2 AND state IN ('counted', 'settled')";
    change.execute(update, params![app.to_be_bytes::<32>(), epoch]).map(drop)
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let voucher = Voucher {
        app: U256::from_be_bytes(row.get::<_, [u8; 32]>(1)?),
        epoch: row.get(2)?,
        units: u64::from_be_bytes(row.get(3)?),
        signer: Address::from(row.get::<_, [u8; 20]>(4)?),
        signature: row.get(5)?,
    };
    let counted_at = row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs);
    Ok(Kept { id: row.get(0)?, voucher, received: row.get(6)?, counted_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voucher(app: u64, epoch: u32, units: u64) -> Voucher {
        Voucher { app: U256::from(app), epoch, units, signer: Address::repeat_byte(1), signature: [7; 65] }
    }

    #[test]
    fn the_same_voucher_is_kept_once_and_the_highest_comes_first() {
        let store = Store::in_memory();
        let given = [voucher(1, 3, 5), voucher(1, 3, u64::MAX), voucher(1, 3, 5), voucher(2, 2, 9)];
        assert_eq!(store.keep(&[("test", &given)], 10).expect("kept"), [true, true, false, true]);
        assert_eq!(store.keep(&[("test", &given[..1])], 20).expect("kept"), [false]);
        let all: Vec<_> = store.unsettled().expect("vouchers").into_iter().map(|it| it.voucher).collect();
        assert_eq!(all, [voucher(2, 2, 9), voucher(1, 3, u64::MAX), voucher(1, 3, 5)]);
        store.place(&[(1, Standing::Rejected("unknown".into())), (2, Standing::Settled)]).expect("placed");
        assert_eq!(store.keep(&[("test", &given[..3])], 30).expect("kept"), [false; 3]);
        let again: Vec<_> = store.unsettled().expect("vouchers").into_iter().map(|it| (it.id, it.received)).collect();
        assert_eq!(again, [(3, 10), (1, 30)], "what was rejected is asked about again, what was settled is not");
    }

    #[test]
    fn a_settlement_settles_all_up_to_it_even_what_seemed_too_late() {
        let store = Store::in_memory();
        store.keep(&[("test", &[voucher(1, 3, 5), voucher(1, 3, 9), voucher(1, 4, 5), voucher(2, 3, 5)])], 0).expect("kept");
        store.place(&[(1, Standing::Expired("too late".into()))]).expect("placed");
        let counted = Settlement { app: U256::from(1), epoch: 3, units: 8 };
        store.change(|change| settle(change, &counted)).expect("settled");
        let left: Vec<_> = store.unsettled().expect("vouchers").into_iter().map(|it| it.id).collect();
        assert_eq!(left, [2, 4, 3]);
        assert!(store.voucher_counts().expect("counts").contains(&("settled", 1)));
    }

    #[test]
    fn what_has_ended_is_not_looked_at_again() {
        let store = Store::in_memory();
        let given: Vec<_> = (1..=5).map(|units| voucher(1, 0, units)).collect();
        store.keep(&[("test", &given)], 0).expect("kept");
        let places = [
            (1, Standing::Settled),
            (2, Standing::Rejected("signed by another".into())),
            (3, Standing::Expired("too late".into())),
            (4, Standing::Counted(77)),
            (5, Standing::Open("no escrow".into())),
        ];
        store.place(&places).expect("placed");
        let left: Vec<_> = store.unsettled().expect("vouchers").into_iter().map(|it| (it.id, it.counted_at)).collect();
        assert_eq!(left, [(5, None), (4, Some(77))]);
    }
}
