//! The file.

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, U256};
use economics::EpochClock;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    postings::{Posting, Way},
    schema::{self, DIGITS},
    source::Block,
};

/// Why a file cannot be used, or not be added to.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("{} is no index of corflow's, and is left alone: choose another file", .0.display())]
    NoIndex(PathBuf),
    #[error("{} is an index of version {found}, this program writes version {}: build it again in a new file", path.display(), schema::VERSION)]
    Version { path: PathBuf, found: i64 },
    #[error(
        "{} knows another chain: {what} was {known} there, and is {now} at this endpoint. Nothing was changed: use the endpoint \
         that the file was made with, or build it again in a new file", path.display()
    )]
    AnotherChain { path: PathBuf, what: &'static str, known: String, now: String },
    #[error("another program writes {} at the same time: end one of the two", .0.display())]
    TwoWriters(PathBuf),
    #[error(
        "the chain's events do not add up: at block {block} {amount} wei leave {measure} of {account}, which has {balance}. Was the \
         index begun after the contracts were deployed, or are they other contracts?"
    )]
    DoesNotAddUp { block: u64, measure: &'static str, account: String, amount: U256, balance: u128 },
    #[error("{amount} wei at block {block} are more than 128 bits hold: these are no contracts of ours")]
    TooLarge { block: u64, amount: U256 },
    #[error("{number} is more than SQLite's integers hold")]
    Number { number: u64 },
    #[error("the index could not be read or written: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// What the file is an index of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) chain_id: u64,
    pub(super) genesis_hash: B256,
    pub(super) clock: EpochClock,
    pub(super) contracts: Vec<Contract>,
}

/// A contract whose events are followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Contract {
    pub(super) name: &'static str,
    pub(super) address: Address,
    /// The block in which it was deployed, or an earlier one.
    pub(super) block: u64,
}

/// An event, with all that becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) block: u64,
    /// Its place among all logs of the block.
    pub(super) log: u64,
    pub(super) time: u64,
    pub(super) transaction: B256,
    pub(super) contract: &'static str,
    pub(super) address: Address,
    pub(super) name: String,
    /// A JSON object; integers as decimal text.
    pub(super) args: String,
    pub(super) postings: Vec<Posting>,
}

/// A range of blocks, read.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// All with an event, the latest without, and the last of the range.
    pub(super) blocks: Vec<Block>,
    pub(super) entries: Vec<Entry>,
    pub(super) last: Block,
    /// Blocks before this one are forgotten, if they have no event.
    pub(super) forget_before: u64,
}

/// How far the index has come: the number and hash of a block.
pub(super) type Cursor = (u64, B256);

/// The file, open.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    path: PathBuf,
    clock: EpochClock,
}

impl Store {
    /// Opens a file, or begins it. A file of another chain or of other contracts is refused.
    pub(super) fn open(path: &Path, origin: &Origin) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        let version: i64 = match connection.pragma_query_value(None, "user_version", |row| row.get(0)) {
            Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == rusqlite::ErrorCode::NotADatabase => {
                return Err(StoreError::NoIndex(path.to_owned()));
            }
            other => other?,
        };
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        // With the log ahead of the file, whoever reads it meanwhile waits for nobody.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        match (version, tables) {
            (0, 0) => begin(&mut connection, origin)?,
            (0, _) => return Err(StoreError::NoIndex(path.to_owned())),
            (schema::VERSION, _) => check(&connection, path, origin)?,
            (found, _) => return Err(StoreError::Version { path: path.to_owned(), found }),
        }
        Ok(Self { connection, path: path.to_owned(), clock: origin.clock })
    }

    /// The last block read.
    pub(super) fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        cursor(&self.connection)
    }

    /// Blocks that are kept, by number, ascending.
    pub(super) fn blocks(&self) -> Result<Vec<(u64, B256)>, StoreError> {
        let mut query = self.connection.prepare_cached("SELECT number, hash FROM block ORDER BY number")?;
        let rows = query.query_map([], |row| Ok((unsigned(row.get(0)?), hash(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many events there are.
    pub(super) fn events(&self) -> Result<u64, StoreError> {
        Ok(unsigned(self.connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?))
    }

    /// Adds a range that begins behind `from`, and moves the cursor to its end, both or nothing.
    pub(super) fn add(&mut self, from: Option<Cursor>, batch: &Batch) -> Result<(), StoreError> {
        let clock = self.clock;
        self.write(from, |transaction| {
            for block in &batch.blocks {
                let sql = "INSERT OR REPLACE INTO block (number, hash, parent, time) VALUES (?, ?, ?, ?)";
                let values =
                    params![signed(block.number)?, block.hash.to_string(), block.parent.to_string(), signed(block.time)?];
                transaction.prepare_cached(sql)?.execute(values)?;
            }
            for entry in &batch.entries {
                insert(transaction, entry, clock.at(entry.time).0)?;
            }
            let sql = "DELETE FROM block WHERE number < ? AND number NOT IN (SELECT block FROM event)";
            transaction.execute(sql, [signed(batch.forget_before)?])?;
            place(transaction, Some((batch.last.number, batch.last.hash)))
        })
    }

    /// Deletes what was read behind a block that is kept, or everything.
    pub(super) fn walk_back(&mut self, from: Cursor, to: Option<Cursor>) -> Result<(), StoreError> {
        self.write(Some(from), |transaction| {
            let last = to.map_or(Ok(-1), |(number, _)| signed(number))?;
            transaction.execute("DELETE FROM posting WHERE block > ?", [last])?;
            transaction.execute("DELETE FROM event WHERE block > ?", [last])?;
            transaction.execute("DELETE FROM block WHERE number > ?", [last])?;
            place(transaction, to)
        })
    }

    /// The rows of a view, each value as text, in an order that hangs on nothing but the chain.
    pub(super) fn rows(&self, view: &View, mut row: impl FnMut(Vec<String>)) -> Result<(), StoreError> {
        let View { name, columns, order } = view;
        let sql = format!("SELECT {} FROM {name} ORDER BY {order}", columns.join(", "));
        let mut query = self.connection.prepare(&sql)?;
        let mut rows = query.query([])?;
        while let Some(found) = rows.next()? {
            let text = |at| match found.get_ref(at)? {
                rusqlite::types::ValueRef::Integer(number) => Ok(number.to_string()),
                value => Ok::<_, rusqlite::Error>(value.as_str()?.to_owned()),
            };
            row((0..columns.len()).map(text).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// One transaction, if the cursor is still where this program left it.
    fn write(
        &mut self,
        expected: Option<Cursor>,
        change: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if cursor(&transaction)? != expected {
            return Err(StoreError::TwoWriters(self.path.clone()));
        }
        change(&transaction)?;
        Ok(transaction.commit()?)
    }
}

/// A view, its columns, and the order of its rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) order: &'static str,
}

fn begin(connection: &mut Connection, origin: &Origin) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(&schema::script())?;
    let clock = origin.clock;
    transaction.execute(
        "INSERT INTO origin VALUES (?, ?, ?, ?)",
        params![signed(origin.chain_id)?, origin.genesis_hash.to_string(), signed(clock.genesis())?, signed(clock.length())?],
    )?;
    for Contract { name, address, block } in &origin.contracts {
        transaction.execute("INSERT INTO contract VALUES (?, ?, ?)", params![name, address.to_string(), signed(*block)?])?;
    }
    Ok(transaction.commit()?)
}

/// Whether the file knows this chain and these contracts.
fn check(connection: &Connection, path: &Path, origin: &Origin) -> Result<(), StoreError> {
    let (chain_id, genesis_hash, genesis, length): (i64, String, i64, i64) =
        connection.query_row("SELECT chain_id, genesis_hash, epoch_genesis, epoch_length FROM origin", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let mut query = connection.prepare("SELECT name || ' ' || address FROM contract ORDER BY name")?;
    let known: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut contracts: Vec<_> = origin.contracts.iter().map(|it| format!("{} {}", it.name, it.address)).collect();
    contracts.sort();
    let clock = |genesis: u64, length: u64| format!("{length} s an epoch, from second {genesis} on");
    for (what, known, now) in [
        ("the chain id", chain_id.to_string(), origin.chain_id.to_string()),
        ("the hash of its first block", genesis_hash, origin.genesis_hash.to_string()),
        ("the contracts", known.join(", "), contracts.join(", ")),
        ("the epochs' clock", clock(unsigned(genesis), unsigned(length)), clock(origin.clock.genesis(), origin.clock.length())),
    ] {
        if known != now {
            return Err(StoreError::AnotherChain { path: path.to_owned(), what, known, now });
        }
    }
    Ok(())
}

fn cursor(connection: &Connection) -> Result<Option<Cursor>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| Ok((unsigned(row.get(0)?), hash(row, 1)?));
    Ok(connection.query_row("SELECT number, hash FROM cursor", [], read).optional()?)
}

fn place(transaction: &Transaction<'_>, cursor: Option<Cursor>) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM cursor", [])?;
    if let Some((number, hash)) = cursor {
        transaction.execute("INSERT INTO cursor VALUES (1, ?, ?)", params![signed(number)?, hash.to_string()])?;
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, entry: &Entry, epoch: u64) -> Result<(), StoreError> {
    let (block, log) = (signed(entry.block)?, signed(entry.log)?);
    transaction.prepare_cached("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        block,
        log,
        signed(epoch)?,
        entry.transaction.to_string(),
        entry.contract,
        entry.address.to_string(),
        entry.name,
        entry.args
    ])?;
    for posting in &entry.postings {
        post(transaction, entry, posting, posting.epoch.unwrap_or(epoch))?;
    }
    Ok(())
}

/// Adds a posting, with the sums that it makes.
fn post(transaction: &Transaction<'_>, entry: &Entry, posting: &Posting, epoch: u64) -> Result<(), StoreError> {
    let Posting { account, way, .. } = posting;
    let (measure, epoch) = (posting.measure.name(), signed(epoch)?);
    let direction = match way {
        Way::In => schema::IN,
        Way::Out => schema::OUT,
    };
    let too_large = || StoreError::TooLarge { block: entry.block, amount: posting.amount };
    let amount = u128::try_from(posting.amount).map_err(|_| too_large())?;
    let last = |column: &str, condition: &str, values: &[&dyn rusqlite::ToSql]| {
        let sql = format!("SELECT {column} FROM posting WHERE {condition} ORDER BY id DESC LIMIT 1");
        let found: Option<String> = transaction.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?;
        // The file holds what was written below, or nothing.
        Ok::<u128, StoreError>(found.and_then(|text| text.parse().ok()).unwrap_or_default())
    };
    let more = |sum: u128| sum.checked_add(amount).ok_or_else(too_large);
    let moved = |balance: u128| match way {
        Way::In => more(balance),
        Way::Out => balance.checked_sub(amount).ok_or_else(|| StoreError::DoesNotAddUp {
            block: entry.block,
            measure,
            account: account.clone(),
            amount: posting.amount,
            balance,
        }),
    };
    let of_epoch = "measure = ? AND account = ? AND epoch = ? AND direction = ?";
    let in_epoch = more(last("in_epoch", of_epoch, &[&measure, account, &epoch, &direction])?)?;
    let balance = moved(last("balance", "measure = ? AND account = ?", &[&measure, account])?)?;
    let all = "measure = ? AND epoch = ? AND direction = ?";
    let all_in_epoch = more(last("all_in_epoch", all, &[&measure, &epoch, &direction])?)?;
    let all_balance = moved(last("all_balance", "measure = ?", &[&measure])?)?;
    let sql = "INSERT INTO posting (block, log, measure, account, epoch, direction, amount, in_epoch, balance, all_in_epoch, \
               all_balance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    transaction.prepare_cached(sql)?.execute(params![
        signed(entry.block)?,
        signed(entry.log)?,
        measure,
        account,
        epoch,
        direction,
        wide(amount),
        wide(in_epoch),
        wide(balance),
        wide(all_in_epoch),
        wide(all_balance)
    ])?;
    Ok(())
}

/// Text that sorts as its number does.
fn wide(amount: u128) -> String {
    format!("{amount:0DIGITS$}")
}

fn hash(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<B256> {
    let text: String = row.get(column)?;
    let kind = rusqlite::types::Type::Text;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error)))
}

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Number { number })
}

/// Only numbers that were unsigned are in the file.
fn unsigned(number: i64) -> u64 {
    number.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::postings::Measure;

    const DAY: u64 = 86_400;

    fn origin() -> Origin {
        let clock = EpochClock::new(0, 7 * DAY).expect("a week");
        let contracts = vec![Contract { name: "staking", address: Address::repeat_byte(1), block: 1 }];
        Origin { chain_id: 1, genesis_hash: B256::repeat_byte(9), clock, contracts }
    }

    fn block(number: u64) -> Block {
        Block { number, hash: B256::with_last_byte(number as u8), parent: B256::ZERO, time: number * DAY }
    }

    fn batch(number: u64, way: Way, amount: U256) -> Batch {
        let posting = Posting { measure: Measure::Stake, account: "ada".into(), epoch: None, way, amount };
        let entry = Entry {
            block: number,
            log: 0,
            time: number * DAY,
            transaction: B256::ZERO,
            contract: "staking",
            address: Address::repeat_byte(1),
            name: "Staked".into(),
            args: "{}".into(),
            postings: vec![posting],
        };
        Batch { blocks: vec![block(number)], entries: vec![entry], last: block(number), forget_before: 0 }
    }

    fn stake(store: &Store) -> Vec<Vec<String>> {
        let columns = &["account", "epoch", "stake_in", "stake_out", "stake"];
        let mut rows = Vec::new();
        store.rows(&View { name: "stake", columns, order: "epoch" }, |row| rows.push(row)).expect("the view");
        rows
    }

    fn at(number: u64) -> Option<Cursor> {
        Some((number, block(number).hash))
    }

    #[test]
    fn wei_beyond_sqlites_integers_and_a_doubles_digits_sum_and_sort_exactly() {
        let mut store = Store::open(Path::new(":memory:"), &origin()).expect("a file");
        let odd = (U256::from(1) << 90) + U256::from(1);
        store.add(None, &batch(1, Way::In, odd)).expect("added");
        store.add(at(1), &batch(2, Way::In, odd)).expect("added");
        store.add(at(2), &batch(8, Way::Out, U256::from(3))).expect("added");
        assert_eq!(
            stake(&store),
            [
                ["ada", "0", "2475880078570760549798248450", "0", "2475880078570760549798248450"],
                ["ada", "1", "0", "3", "2475880078570760549798248447"]
            ]
        );
        assert!(wide(9) < wide(10) && wide(u128::MAX).len() == DIGITS);
    }

    #[test]
    fn walking_back_leaves_the_sums_as_they_were() {
        let mut store = Store::open(Path::new(":memory:"), &origin()).expect("a file");
        store.add(None, &batch(1, Way::In, U256::from(5))).expect("added");
        let before = stake(&store);
        store.add(at(1), &batch(2, Way::In, U256::from(6))).expect("added");
        store.walk_back((2, block(2).hash), at(1)).expect("back");
        assert_eq!((stake(&store), store.cursor().expect("a cursor")), (before, at(1)));
        store.walk_back((1, block(1).hash), None).expect("back");
        assert_eq!((stake(&store).len(), store.events().expect("a count"), store.cursor().expect("none")), (0, 0, None));
    }

    #[test]
    fn what_does_not_add_up_changes_nothing() {
        let mut store = Store::open(Path::new(":memory:"), &origin()).expect("a file");
        store.add(None, &batch(1, Way::In, U256::from(5))).expect("added");
        let error = store.add(at(1), &batch(2, Way::Out, U256::from(6))).expect_err("more than there is");
        assert!(error.to_string().contains("at block 2 6 wei leave stake of ada, which has 5"), "{error}");
        assert!(matches!(store.add(at(1), &batch(2, Way::In, U256::MAX)), Err(StoreError::TooLarge { .. })));
        assert_eq!((store.cursor().expect("a cursor"), store.events().expect("a count")), (at(1), 1));
    }

    #[test]
    fn two_programs_cannot_both_write() {
        let mut store = Store::open(Path::new(":memory:"), &origin()).expect("a file");
        store.add(None, &batch(1, Way::In, U256::from(5))).expect("added");
        assert!(matches!(store.add(None, &batch(1, Way::In, U256::from(5))), Err(StoreError::TwoWriters(_))));
    }

    #[test]
    fn another_chain_and_other_files_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index.db");
        Store::open(&path, &origin()).expect("a new file");
        Store::open(&path, &origin()).expect("the same chain");
        let others = [
            ("chain id was 1 there, and is 2", Origin { chain_id: 2, ..origin() }),
            ("first block", Origin { genesis_hash: B256::ZERO, ..origin() }),
            ("contracts", Origin { contracts: vec![], ..origin() }),
            ("epochs' clock", Origin { clock: EpochClock::new(1, 7 * DAY).expect("a week"), ..origin() }),
        ];
        for (words, other) in others {
            let error = Store::open(&path, &other).expect_err("another chain").to_string();
            assert!(error.contains(words), "{error}");
        }
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "these are my notes, and they are longer than a header of SQLite is.".repeat(20)).expect("a file");
        assert!(matches!(Store::open(&text, &origin()), Err(StoreError::NoIndex(_))));
        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign).and_then(|it| it.execute_batch("CREATE TABLE mine (x)")).expect("a database");
        assert!(matches!(Store::open(&foreign, &origin()), Err(StoreError::NoIndex(_))));
    }
}
