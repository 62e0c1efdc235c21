//! Following, killed again and again while blocks come and are taken back.

use std::{
    hash::{BuildHasher, RandomState},
    process::{Command, Stdio},
    time::Duration,
};

use abi::Staking;
use rusqlite::OpenFlags;
use serde_json::json;

use crate::{
    Desk,
    network::{Net, wei},
};

const KILLS: u64 = 10;

/// A number below another, another each time.
fn random(below: u64) -> u64 {
    RandomState::new().hash_one(below) % below
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_ends_as_one_built_from_nothing() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    let url = net.url();
    let db = desk.path("killed.db");
    let stake = async |amount: u64| net.send(net.ada, net.staking, Staking::stakeCall { amount: wei(amount) }).await;
    let (mut reorganisations, mut cursors) = (0, Vec::new());
    for kill in 1..=KILLS {
        let mut following = Command::new(env!("CARGO_BIN_EXE_corflow"))
            .args(["index", "--rpc", &url, "--follow", "--db"])
            .arg(&db)
            .arg("--deployments")
            .arg(&desk.deployments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let acting = async {
            let snapshot = net.get("evm_snapshot", json!([])).await;
            for amount in 1..=3 + random(8) {
                stake(kill * 100 + amount).await;
                net.pass(3_600).await;
            }
            if kill % 3 == 0 {
                // Long enough for some of them to be in the index before they are taken back.
                tokio::time::sleep(Duration::from_millis(random(1_500))).await;
                net.get("evm_revert", json!([snapshot])).await;
                stake(kill * 1_000).await;
                reorganisations += 1;
            }
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(50 + random(2_500))).await;
            assert!(following.try_wait().expect("a child").is_none(), "it ended by itself");
            following.kill().expect("killed");
            following.wait().expect("gone");
        };
        tokio::join!(acting, killing);
        cursors.push(cursor(&db));
    }
    println!("{KILLS} kills, {reorganisations} reorganisations; read up to {cursors:?}");
    cursors.dedup();
    assert!(cursors.len() > KILLS as usize / 3, "it was killed before it did anything: {cursors:?}");
    let killed = desk.index(&url, "killed").await;
    assert_eq!(killed, desk.index(&url, "again").await);
    let staked = net.ask(net.staking, Staking::stakeOfCall { account: net.ada }).await.to_string();
    assert_eq!(crate::last(&crate::rows(&killed["stake.csv"]), "account", net.ada)["stake"], staked);
}

/// The last block that an index has read, as the file is after a kill.
fn cursor(db: &std::path::Path) -> Option<i64> {
    let index = rusqlite::Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    index.query_row("SELECT number FROM cursor", [], |row| row.get::<_, i64>(0)).ok()
}
