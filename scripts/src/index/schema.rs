//! Tables and views.
//!
//! SQLite's integers end at 2^63 and its sums of text are floating, so wei are text of 39 digits with zeros in front, which
//! is what 128 bits need: as text they sort as numbers. They are summed here, exactly, as they come: every row of `posting`
//! carries the sums up to and with itself, so that a view takes the last row and adds nothing, in any program that opens the
//! file. Views show plain decimal text.

use super::postings::Measure::{self, *};

/// Of this file; another is refused.
pub(super) const VERSION: i64 = 1;

/// Digits of an amount.
pub(super) const DIGITS: usize = 39;

/// `direction` of what comes.
pub(super) const IN: i64 = 1;
/// `direction` of what leaves.
pub(super) const OUT: i64 = -1;

const TABLES: &str = "
-- Of which chain and contracts this is: the first and the last to be asked.
CREATE TABLE origin (chain_id INTEGER NOT NULL, genesis_hash TEXT NOT NULL, epoch_genesis INTEGER NOT NULL, epoch_length INTEGER NOT NULL);
CREATE TABLE contract (name TEXT PRIMARY KEY, address TEXT NOT NULL, block INTEGER NOT NULL);
-- The last block read; one row, or none yet.
CREATE TABLE cursor (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL, hash TEXT NOT NULL);
-- Every block with an event, and the latest without: what a chain that went back is compared with.
CREATE TABLE block (number INTEGER PRIMARY KEY, hash TEXT NOT NULL, parent TEXT NOT NULL, time INTEGER NOT NULL);
CREATE TABLE event (
  block INTEGER NOT NULL REFERENCES block (number), log INTEGER NOT NULL, epoch INTEGER NOT NULL, transaction_hash TEXT NOT NULL,
  contract TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL,
  PRIMARY KEY (block, log)
);
CREATE INDEX event_by_name ON event (contract, name);
-- Amounts that came to an account (direction 1) or left it (-1), in the order of the chain. `in_epoch`: the sum of this account,
-- epoch and direction; `balance`: what has come to the account less what has left; `all_in_epoch`, `all_balance`: of all accounts.
CREATE TABLE posting (
  id INTEGER PRIMARY KEY, block INTEGER NOT NULL, log INTEGER NOT NULL, measure TEXT NOT NULL, account TEXT NOT NULL,
  epoch INTEGER NOT NULL, direction INTEGER NOT NULL, amount TEXT NOT NULL,
  in_epoch TEXT NOT NULL, balance TEXT NOT NULL, all_in_epoch TEXT NOT NULL, all_balance TEXT NOT NULL
);
CREATE INDEX posting_by_block ON posting (block);
CREATE INDEX posting_by_account ON posting (measure, account);
CREATE INDEX posting_by_account_and_epoch ON posting (measure, account, epoch, direction);
CREATE INDEX posting_by_epoch ON posting (measure, epoch, direction);
CREATE INDEX posting_by_measure ON posting (measure);
";

/// All that a new file begins with.
pub(super) fn script() -> String {
    let staking = [Stake, Unbonding, Withdrawn, Rewards, Compounded];
    let fees = [Prepaid, Granted, Escrowed, Paid, Fees, Builder];
    let (came, left) = (|measure| in_epoch(measure, IN), |measure| in_epoch(measure, OUT));
    let views = [
        format!(
            "-- Staking, by account and each epoch in which it did something: amounts of the epoch, then what it had at the end.
            CREATE VIEW stake AS SELECT account, epoch, {} AS stake_in, {} AS stake_out, {} AS withdrawn, {} AS rewards,
            {} AS compounded, {} AS stake, {} AS unbonding FROM {}",
            came(Stake),
            left(Stake),
            came(Withdrawn),
            came(Rewards),
            came(Compounded),
            at_end(Stake),
            at_end(Unbonding),
            touched(&staking)
        ),
        format!(
            "-- Fees, by app and the epoch whose income they are.
            CREATE VIEW fees AS SELECT CAST(account AS INTEGER) AS app, epoch, {} AS prepaid, {} AS granted, {} AS escrowed,
            {} AS paid, {} AS gross, {} AS builder FROM {}",
            came(Prepaid),
            came(Granted),
            came(Escrowed),
            came(Paid),
            came(Fees),
            came(Builder),
            touched(&fees)
        ),
        format!(
            "-- Apps' money at the end of each epoch in which it moved.
            CREATE VIEW apps AS SELECT CAST(account AS INTEGER) AS app, epoch, {} AS escrow, {} AS grants, {} AS credit, {} AS bond
            FROM {}",
            at_end(Escrow),
            at_end(Grants),
            at_end(Credit),
            at_end(Bond),
            touched(&[Escrow, Grants, Credit, Bond])
        ),
        format!(
            "-- Miners' claims, by the epoch in which they were made: `claimed` with what was staked, `total` so far.
            CREATE VIEW claims AS SELECT account AS miner, epoch, {} AS claimed, {} AS restaked, {} AS total FROM {}",
            came(Claimed),
            came(Restaked),
            at_end(Claimed),
            touched(&[Claimed])
        ),
        format!("-- Closed epochs.\nCREATE VIEW epochs AS {}", closed_epochs()),
        "CREATE VIEW events AS SELECT event.block, event.log, block.time, event.epoch, block.hash AS block_hash, transaction_hash,
            contract, address, name, args FROM event JOIN block ON block.number = event.block"
            .to_owned(),
    ];
    format!("{TABLES}{};\nPRAGMA user_version = {VERSION};", views.join(";\n"))
}

/// The accounts and epochs that have a posting of one of these.
fn touched(measures: &[Measure]) -> String {
    let names: Vec<_> = measures.iter().map(|measure| format!("'{}'", measure.name())).collect();
    format!("(SELECT DISTINCT account, epoch FROM posting WHERE measure IN ({})) AS touched", names.join(", "))
}

/// The sum of an account's epoch, as a column.
fn in_epoch(measure: Measure, direction: i64) -> String {
    let name = measure.name();
    plain(&format!(
        "SELECT in_epoch FROM posting WHERE measure = '{name}' AND account = touched.account AND epoch = touched.epoch \
         AND direction = {direction} ORDER BY id DESC LIMIT 1"
    ))
}

/// What an account has at the end of an epoch, as a column.
fn at_end(measure: Measure) -> String {
    let name = measure.name();
    plain(&format!(
        "SELECT balance FROM posting WHERE measure = '{name}' AND account = touched.account AND epoch <= touched.epoch \
         ORDER BY id DESC LIMIT 1"
    ))
}

/// An amount without the zeros in front.
fn plain(query: &str) -> String {
    format!("coalesce(nullif(ltrim(({query}), '0'), ''), '0')")
}

fn closed_epochs() -> String {
    let field = |event: &str, name: &str, column: &str| format!("json_extract({event}.args, '$.{name}') AS {column}");
    let pool = [
        ("reserve", "reserve"),
        ("cap", "cap"),
        ("emission", "emission"),
        ("deposits", "deposits"),
        ("averageStake", "average_stake"),
        ("supply", "supply"),
    ];
    let fees = [
        ("own", "own"),
        ("granted", "granted"),
        ("miners", "miners"),
        ("stakers", "stakers"),
        ("builders", "builders"),
        ("treasury", "treasury"),
        ("burn", "burn"),
    ];
    let columns = pool.iter().map(|(name, column)| field("pool", name, column));
    let columns: Vec<_> = columns.chain(fees.iter().map(|(name, column)| field("fees", name, column))).collect();
    format!(
        "SELECT CAST(json_extract(pool.args, '$.epoch') AS INTEGER) AS epoch, {} FROM event AS pool JOIN event AS fees \
         ON fees.contract = 'app-fees' AND fees.name = 'FeesClosed' \
         AND json_extract(fees.args, '$.epoch') = json_extract(pool.args, '$.epoch') \
         WHERE pool.contract = 'miner-pool' AND pool.name = 'EpochClosed'",
        columns.join(", ")
    )
}
