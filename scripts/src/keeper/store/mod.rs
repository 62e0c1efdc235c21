//! What the keeper must not forget, in one SQLite file.
//!
//! SQLite, for a keeper's state is tables with rules between them (a nonce once, a duty once), which the database itself
//! holds; because its journal has survived two decades of pulled plugs; and because an operator can look into the file with
//! the tool that every machine has. It is opened with a write-ahead log and `synchronous = FULL`: when a commit returns, it
//! is on the disk, so that a voucher may be acknowledged and a transaction sent.
//!
//! | module | holds |
//! |---|---|
//! | [`vouchers`] | the spool: what apps handed in, and what became of it |
//! | [`slots`] | one row for every nonce that was ever used, and every transaction signed for it |
//! | [`ticks`] | what was done and why, each record with the hash of the one before |
//! | [`ballots`] | roots that attesters voted for |

pub(crate) mod ballots;
pub(crate) mod slots;
pub(crate) mod ticks;
pub(crate) mod vouchers;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use alloy_primitives::{Address, B256};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use thiserror::Error;

/// The file in the state's folder.
const FILE: &str = "keeper.sqlite";

/// The version of [`SCHEMA`]; another one's file is not touched.
const VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

    CREATE TABLE vouchers (
        id INTEGER PRIMARY KEY,
        app BLOB NOT NULL CHECK (length(app) = 32),
        epoch INTEGER NOT NULL CHECK (epoch >= 0),
        units BLOB NOT NULL CHECK (length(units) = 8),
        signer BLOB NOT NULL CHECK (length(signer) = 20),
        signature BLOB NOT NULL CHECK (length(signature) = 65),
        source TEXT NOT NULL,
        received INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'counted', 'settled', 'rejected', 'expired')),
        why TEXT NOT NULL,
        counted_at INTEGER,
        UNIQUE (app, epoch, units, signer)
    ) STRICT;
    CREATE INDEX vouchers_by_state ON vouchers (state);

    CREATE TABLE slots (
        nonce INTEGER PRIMARY KEY,
        duty TEXT NOT NULL,
        try INTEGER NOT NULL,
        purpose TEXT NOT NULL,
        target BLOB NOT NULL CHECK (length(target) = 20),
        input BLOB NOT NULL,
        gas INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('signed', 'mined', 'final')),
        outcome TEXT CHECK (outcome IN ('done', 'reverted', 'replaced')),
        mined_hash BLOB,
        mined_in INTEGER,
        cost TEXT,
        created INTEGER NOT NULL,
        ended INTEGER,
        told_sent INTEGER NOT NULL DEFAULT 0,
        told_ended INTEGER NOT NULL DEFAULT 0,
        UNIQUE (duty, try)
    ) STRICT;
    CREATE INDEX slots_by_state ON slots (state);

    CREATE TABLE transactions (
        hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
        nonce INTEGER NOT NULL REFERENCES slots (nonce),
        fee INTEGER NOT NULL,
        raw BLOB NOT NULL,
        written INTEGER NOT NULL,
        UNIQUE (nonce, fee)
    ) STRICT;

    CREATE TABLE ballots (
        epoch INTEGER NOT NULL,
        root BLOB NOT NULL CHECK (length(root) = 32),
        total BLOB NOT NULL CHECK (length(total) = 32),
        data BLOB NOT NULL CHECK (length(data) = 32),
        PRIMARY KEY (epoch, root, total, data)
    ) STRICT;

    CREATE TABLE ticks (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT;
";

/// Why the state cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite's own words.
    #[error("{path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: rusqlite::Error,
    },
    /// The folder cannot be made.
    #[error("{path} cannot be made: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Written by another version.
    #[error("{path} has the layout {found}, this version knows {VERSION}: run the version that wrote it")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
    },
    /// It belongs to another key or chain.
    #[error("{path} is the state of {found}; this is {expected}. Give this one a folder of its own")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// It holds what this program never writes.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

/// Whose state it is: one key on one chain. (Which chain of that id, its first block says, see [`Store::genesis`].)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) account: Address,
    pub(crate) chain_id: u64,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on chain {}", self.account, self.chain_id)
    }
}

impl Store {
    /// Opens the state in a folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join(FILE);
        let store = Self::with(path.clone(), Connection::open(&path).map_err(|source| StoreError::Sqlite { path, source })?);
        store.run(|connection| {
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)
        })?;
        store.prepare()?;
        Ok(store)
    }

    /// Opens the state in a folder for reading; none where there is no state yet.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let opened = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        let store = Self::with(path.clone(), opened.map_err(|source| StoreError::Sqlite { path, source })?);
        store.run(|connection| connection.busy_timeout(Duration::from_secs(10)))?;
        store.refuse_other_version()?;
        Ok(Some(store))
    }

    fn with(path: PathBuf, connection: Connection) -> Self {
        Self { path, connection: Arc::new(Mutex::new(connection)) }
    }

    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        let store = Self::with(":memory:".into(), Connection::open_in_memory().expect("a database"));
        store.prepare().expect("the tables");
        store
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.change(|change| {
            let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if version == 0 {
                change.execute_batch(SCHEMA)?;
                change.pragma_update(None, "user_version", VERSION)?;
            }
            Ok(())
        })?;
        self.refuse_other_version()
    }

    fn refuse_other_version(&self) -> Result<(), StoreError> {
        let found = self.run(|connection| connection.pragma_query_value(None, "user_version", |row| row.get(0)))?;
        if found == VERSION { Ok(()) } else { Err(StoreError::Version { path: self.path.clone(), found }) }
    }

    /// Binds the state to a key and a chain, or finds that it is bound to another.
    pub(crate) fn claim(&self, identity: Identity) -> Result<(), StoreError> {
        let expected = identity.to_string();
        match self.fact("identity")? {
            None => self.remember("identity", &expected),
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(StoreError::Foreign { path: self.path.clone(), found, expected }),
        }
    }

    /// The hash of the chain's first block, once it is known.
    pub(crate) fn genesis(&self) -> Result<Option<B256>, StoreError> {
        let Some(text) = self.fact("genesis")? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.damaged(format!("the genesis is {text:?}")))
    }

    /// Something remembered by name.
    pub(crate) fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.run(|connection| {
            connection.query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0)).optional()
        })
    }

    /// Remembers something by name.
    pub(crate) fn remember(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.change(|change| put_fact(change, name, value))
    }

    /// Reads.
    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        work(&self.lock()).map_err(|source| StoreError::Sqlite { path: self.path.clone(), source })
    }

    /// Changes all of it or nothing. When this returns, it is on the disk.
    fn change<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut connection = self.lock();
        let whole = || {
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let made = work(&change)?;
            change.commit()?;
            Ok(made)
        };
        whole().map_err(|source| StoreError::Sqlite { path: self.path.clone(), source })
    }

    /// Whoever panicked with the lock has left a transaction that was rolled back: the connection is as good as before.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what: what.into() }
    }
}

fn put_fact(change: &Transaction<'_>, name: &str, value: &str) -> rusqlite::Result<()> {
    change.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)", [name, value]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_belongs_to_one_key_on_one_chain() {
        let folder = tempfile::tempdir().expect("a folder");
        let ours = Identity { account: Address::repeat_byte(1), chain_id: 412_346 };
        Store::open(folder.path()).and_then(|it| it.claim(ours)).expect("a new one takes anybody");
        let store = Store::open(folder.path()).expect("it opens again");
        assert!(store.claim(ours).is_ok());
        for other in [Identity { account: Address::repeat_byte(3), ..ours }, Identity { chain_id: 1, ..ours }] {
            assert!(matches!(store.claim(other), Err(StoreError::Foreign { .. })), "{other}");
        }
    }

    #[test]
    fn what_is_written_is_on_the_disk_when_it_is_acknowledged() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("a state");
        let pragma =
            |name: &str| store.run(|it| it.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)));
        assert_eq!(pragma("synchronous").expect("a number"), rusqlite::types::Value::Integer(2), "FULL");
        assert_eq!(pragma("journal_mode").expect("a word"), rusqlite::types::Value::Text("wal".into()));
    }

    #[test]
    fn a_file_of_another_layout_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Store::open(folder.path()).expect("a state"));
        let raw = Connection::open(folder.path().join(FILE)).expect("the file");
        raw.pragma_update(None, "user_version", VERSION + 1).expect("a number");
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Version { found, .. }) if found == VERSION + 1));
    }
}
