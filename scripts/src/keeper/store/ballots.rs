//! Roots that attesters voted for, as events tell them: one of them may wait to be put up.

use alloy_primitives::{B256, U256};
use rusqlite::params;

use super::{Store, StoreError, put_fact};
use crate::rewards::onchain::Ballot;

/// Up to which block events were read.
const READ_THROUGH: &str = "ballots read through";

impl Store {
    /// Up to which block ballots are known.
    pub(crate) fn ballots_through(&self) -> Result<Option<u64>, StoreError> {
        let Some(text) = self.fact(READ_THROUGH)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.damaged(format!("ballots were read through block {text:?}")))
    }

    /// Keeps ballots, which are all up to a block. One that a reorganisation undid may stay: its votes are asked for before
    /// anything is done about it.
    pub(crate) fn keep_ballots(&self, ballots: &[Ballot], through: u64) -> Result<(), StoreError> {
        self.change(|change| {
            let mut insert =
                change.prepare("INSERT OR IGNORE INTO ballots (epoch, root, total, data) VALUES (?1, ?2, ?3, ?4)")?;
            for it in ballots {
                let (epoch, total) = (i64::try_from(it.epoch).unwrap_or(i64::MAX), U256::from(it.cumulative_total));
                insert.execute(params![epoch, it.root.0, total.to_be_bytes::<32>(), it.data_hash.0])?;
            }
            put_fact(change, READ_THROUGH, &through.to_string())
        })
    }

    /// Ballots of epochs after this one, the latest first.
    pub(crate) fn ballots_after(&self, epoch: Option<u64>) -> Result<Vec<Ballot>, StoreError> {
        self.run(|connection| {
            let mut all = connection.prepare_cached(
                "SELECT epoch, root, total, data FROM ballots WHERE epoch > ?1 ORDER BY epoch DESC, root, total, data",
            )?;
            let after = epoch.map_or(-1, |it| i64::try_from(it).unwrap_or(i64::MAX));
            let rows = all.query_map([after], |row| {
                Ok(Ballot {
                    epoch: row.get::<_, i64>(0)?.unsigned_abs(),
                    root: B256::from(row.get::<_, [u8; 32]>(1)?),
                    cumulative_total: U256::from_be_bytes(row.get::<_, [u8; 32]>(2)?).saturating_to(),
                    data_hash: B256::from(row.get::<_, [u8; 32]>(3)?),
                })
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballots_are_kept_once_and_the_latest_epoch_comes_first() {
        let store = Store::in_memory();
        let ballot = |epoch, root| Ballot {
            epoch,
            root: B256::repeat_byte(root),
            cumulative_total: u128::MAX,
            data_hash: B256::repeat_byte(9),
        };
        assert_eq!(store.ballots_through().expect("nothing"), None);
        store.keep_ballots(&[ballot(0, 1), ballot(3, 1), ballot(3, 2), ballot(3, 1)], 70).expect("kept");
        assert_eq!(store.ballots_through().expect("a block"), Some(70));
        assert_eq!(store.ballots_after(None).expect("three"), [ballot(3, 1), ballot(3, 2), ballot(0, 1)]);
        assert_eq!(store.ballots_after(Some(0)).expect("two"), [ballot(3, 1), ballot(3, 2)]);
        assert_eq!(store.ballots_after(Some(3)).expect("none"), []);
    }
}
