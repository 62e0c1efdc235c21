//! `corflow index`, driven as a user drives it, against a node with the contracts on it.

mod killed;
mod network;
mod provider;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use abi::{AppFees, MinerRewards, Staking};
use alloy_primitives::{Address, U256};
use anyhow::Result;
use clap::Parser;
use corflow::{answer::Answer, index::command::Index};
use serde_json::json;

use network::{COR, DAY, Net, wei};
use provider::{Provider, Ways};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    index: Index,
}

/// Files to index into and to export to.
struct Desk {
    folder: tempfile::TempDir,
    deployments: PathBuf,
}

impl Desk {
    fn new(net: &Net) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let deployments = folder.path().join("deployments.json");
        std::fs::write(&deployments, net.deployments().to_string()).expect("the folder takes files");
        Self { folder, deployments }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, url: &str, name: &str, more: &[&str]) -> Result<Answer> {
        let path = |path: &Path| path.display().to_string();
        let (db, out) = (path(&self.path(&format!("{name}.db"))), path(&self.path(name)));
        let file = path(&self.deployments);
        let words = ["corflow", "--rpc", url, "--deployments", &file, "--db", &db, "--export", &out];
        Line::try_parse_from(words.iter().chain(more))?.index.run().await
    }

    /// Indexes to the end, and gives what was exported, by file.
    async fn index(&self, url: &str, name: &str) -> BTreeMap<String, String> {
        self.run(url, name, &[]).await.expect("the index comes to its end");
        self.exported(name)
    }

    fn exported(&self, name: &str) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(self.path(name)).expect("it exported").flatten();
        let file = |entry: std::fs::DirEntry| {
            (entry.file_name().into_string().expect("a name"), std::fs::read_to_string(entry.path()).expect("a text"))
        };
        files.map(file).collect()
    }
}

/// The rows of a CSV file, each by its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The last row of an account.
fn last<'a>(rows: &'a [BTreeMap<String, String>], column: &str, account: impl ToString) -> &'a BTreeMap<String, String> {
    let account = account.to_string();
    rows.iter().rfind(|row| row[column] == account).unwrap_or_else(|| panic!("no row of {account}"))
}

/// Everything that moves money, over three epochs, indexed as it happens and once more from nothing: the same bytes; and what
/// the views say is what the contracts say.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_followed_equals_one_built_again_and_the_contracts() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    let url = net.url();
    net.play(async || {
        desk.index(&url, "followed").await;
    })
    .await;
    let followed = desk.index(&url, "followed").await;
    assert_eq!(followed, desk.index(&url, "again").await);
    assert_eq!(followed.len(), 6);

    let stake = rows(&followed["stake.csv"]);
    for account in [net.ada, net.ben] {
        let told = net.ask(net.staking, Staking::positionCall { account }).await;
        let row = last(&stake, "account", account);
        assert_eq!((&row["stake"], &row["unbonding"]), (&told.stake.to_string(), &told.unbonding.to_string()));
    }
    let staked: u128 =
        [net.ada, net.ben, net.miner].map(|who| last(&stake, "account", who)["stake"].parse::<u128>().unwrap()).iter().sum();
    assert_eq!(U256::from(staked), net.ask(net.staking, Staking::totalsCall {}).await.staked, "nobody is left out");
    assert!(stake.iter().any(|row| row["rewards"] != "0") && stake.iter().any(|row| row["compounded"] != "0"));
    assert!(stake.iter().any(|row| row["withdrawn"] != "0"));

    let apps = rows(&followed["apps.csv"]);
    let told = net.ask(net.fees, AppFees::accountOfCall { appId: wei(1) }).await;
    let row = last(&apps, "app", 1);
    assert_eq!(row["escrow"], (told.escrow + told.exiting).to_string());
    assert_eq!((&row["grants"], &row["credit"]), (&told.grants.to_string(), &told.credit.to_string()));
    assert_eq!(row["bond"], (1_000 * COR).to_string());
    let fees = rows(&followed["fees.csv"]);
    for epoch in 0..4 {
        let income = net.ask(net.fees, AppFees::incomeOfCall { epoch: wei(epoch) }).await;
        let gross: u128 =
            fees.iter().filter(|row| row["epoch"] == epoch.to_string()).map(|row| row["gross"].parse::<u128>().unwrap()).sum();
        assert_eq!(U256::from(gross), income.own + income.granted, "fees of epoch {epoch}");
    }
    for kind in ["prepaid", "granted", "escrowed", "paid"] {
        assert!(fees.iter().any(|row| row[kind] != "0"), "{kind}");
    }

    let claims = rows(&followed["claims.csv"]);
    let claimed = net.ask(net.rewards, MinerRewards::claimedCall { miner: net.miner }).await;
    let of_miner: Vec<_> =
        claims.iter().map(|row| [&row["claimed"], &row["restaked"], &row["total"]].map(String::as_str)).collect();
    let [three, four, seven] = [3, 4, 7].map(|cor| (cor * COR).to_string());
    assert_eq!(of_miner, [[&three, "0", &three], [&four, &four, &seven]]);
    assert_eq!(seven, claimed.to_string());

    let epochs = rows(&followed["epochs.csv"]);
    assert_eq!(epochs.iter().map(|row| row["epoch"].as_str()).collect::<Vec<_>>(), ["0", "1"]);
    assert_ne!(epochs[1]["emission"], "0");
}

/// A provider as they are: ranges limited, results limited, each in its own words; answers dropped; the same index.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_limits_cuts_and_drops_gives_the_same_index() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    net.play(async || ()).await;
    let plain = desk.index(&net.url(), "plain").await;
    let ranges = Provider::before(&net.url(), Ways { range: Some(7), ..Ways::default() }).await;
    assert_eq!(plain, desk.index(&ranges.url(), "ranges").await);
    assert!(ranges.refused() > 0);
    let results = Provider::before(&net.url(), Ways { results: Some(5), ..Ways::default() }).await;
    assert_eq!(plain, desk.index(&results.url(), "results").await);
    assert!(results.refused() > 0);
    let drops = Provider::before(&net.url(), Ways { range: Some(50), drop_every: Some(9), ..Ways::default() }).await;
    assert_eq!(plain, desk.index(&drops.url(), "drops").await);

    let noisy = Provider::before(&net.url(), Ways { noisy: true, ..Ways::default() }).await;
    assert_eq!(plain, desk.index(&noisy.url(), "noisy").await, "each event once, and none that was taken back");

    let ways = Ways { cut: Some(15), ..Ways::default() };
    let cuts = Provider::before(&net.url(), ways).await;
    desk.run(&cuts.url(), "cuts", &["--max-logs", "14"]).await.expect("the index comes to its end");
    assert_eq!(plain, desk.exported("cuts"));
    let believed = desk.index(&cuts.url(), "believed").await;
    assert_ne!(plain, believed, "the provider does cut, and says nothing");
}

/// The chain takes blocks back, four times over, with and without the same events in their place; and becomes shorter.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_takes_back_is_taken_back() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    let url = net.url();
    let stake = |amount: u64| Staking::stakeCall { amount: wei(amount) };
    net.send(net.ada, net.staking, stake(1_000)).await;
    let calm = desk.index(&url, "index").await;
    let mut snapshot = net.get("evm_snapshot", json!([])).await;
    for (round, amounts) in [&[5, 6][..], &[5], &[7, 8, 9], &[5]].into_iter().enumerate() {
        for amount in amounts {
            net.send(net.ada, net.staking, stake(*amount)).await;
        }
        let told = desk.run(&url, "index", &[]).await.expect("the index comes to its end").json;
        assert_eq!(told["walkedBack"], u64::from(round > 0));
        let seen = desk.exported("index");
        let staked = last(&rows(&seen["stake.csv"]), "account", net.ada)["stake"].clone();
        assert_eq!(staked, net.ask(net.staking, Staking::stakeOfCall { account: net.ada }).await.to_string(), "round {round}");
        assert_eq!(seen, desk.index(&url, &format!("again-{round}")).await);
        net.get("evm_revert", json!([snapshot])).await;
        snapshot = net.get("evm_snapshot", json!([])).await;
    }
    // Nothing comes in their place: the chain is only shorter.
    assert_eq!(calm, desk.index(&url, "index").await);

    // Further back than every block is kept: the blocks with events tell.
    for amount in 1..=3 {
        net.send(net.ada, net.staking, stake(amount)).await;
        net.get("hardhat_mine", json!(["0x190"])).await;
    }
    desk.index(&url, "index").await;
    net.get("evm_revert", json!([snapshot])).await;
    net.send(net.ada, net.staking, stake(11)).await;
    net.get("hardhat_mine", json!(["0x7d0"])).await;
    let deep = desk.index(&url, "index").await;
    assert_eq!(deep, desk.index(&url, "again-deep").await);
    assert_ne!(deep["stake.csv"], calm["stake.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_is_refused_and_the_file_left_as_it_was() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    let known = desk.index(&net.url(), "index").await;
    let other = Provider::before(&net.url(), Ways { another_genesis: true, ..Ways::default() }).await;
    let told = format!("{:#}", desk.run(&other.url(), "index", &[]).await.expect_err("another chain"));
    assert!(told.contains("knows another chain: the hash of its first block was 0x") && told.contains("new file"), "{told}");

    let other = Provider::before(&net.url(), Ways { chain_id: Some(421_614), ..Ways::default() }).await;
    let told = format!("{:#}", desk.run(&other.url(), "index", &[]).await.expect_err("another chain"));
    assert!(told.contains("is of chain 412346, and the chain at this endpoint is 421614"), "{told}");
    let mut deployments = net.deployments();
    deployments["chainId"] = json!(421_614);
    std::fs::write(&desk.deployments, deployments.to_string()).expect("the folder takes files");
    let told = format!("{:#}", desk.run(&other.url(), "index", &[]).await.expect_err("another chain"));
    assert!(told.contains("the chain id was 412346 there, and is 421614"), "{told}");

    deployments = net.deployments();
    deployments["contracts"]["staking"]["address"] = json!(Address::repeat_byte(0x77));
    std::fs::write(&desk.deployments, deployments.to_string()).expect("the folder takes files");
    let told = format!("{:#}", desk.run(&net.url(), "index", &[]).await.expect_err("no contract"));
    assert!(told.contains("there is no contract at 0x7777"), "{told}");

    std::fs::write(&desk.deployments, net.deployments().to_string()).expect("the folder takes files");
    assert_eq!(known, desk.index(&net.url(), "index").await);
}

/// A development chain that was started again: the same chain id, first block and addresses, and other epochs.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_started_again_is_another_chain() {
    let before = Net::start().await;
    let desk = Desk::new(&before);
    desk.index(&before.url(), "index").await;
    // The second that it is started in is all that differs.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let after = Net::start().await;
    assert_eq!(before.deployments(), after.deployments(), "everything is where it was");
    let told = format!("{:#}", desk.run(&after.url(), "index", &[]).await.expect_err("another chain"));
    assert!(told.contains("knows another chain: the epochs' clock was 604800 s an epoch, from second"), "{told}");
}

/// Following goes on while blocks come, and through a provider that fails.
#[tokio::test(flavor = "multi_thread")]
async fn following_sees_what_comes() {
    let net = Net::start().await;
    let desk = Desk::new(&net);
    let drops = Provider::before(&net.url(), Ways { drop_every: Some(4), ..Ways::default() }).await;
    let url = drops.url();
    let following = desk.run(&url, "index", &["--follow"]);
    let acting = async {
        for amount in [1_000, 2_000] {
            net.send(net.ada, net.staking, Staking::stakeCall { amount: wei(amount) }).await;
            net.pass(DAY).await;
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
            let all = net.ask(net.staking, Staking::stakeOfCall { account: net.ada }).await.to_string();
            let seen = || {
                let text = std::fs::read_to_string(desk.path("index/stake.csv")).unwrap_or_default();
                rows(&text).iter().any(|row| row["account"] == net.ada.to_string() && row["stake"] == all)
            };
            while !seen() {
                assert!(std::time::Instant::now() < deadline, "it was never seen");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    };
    tokio::select! {
        ended = following => panic!("it is to follow for ever: {ended:?}"),
        () = acting => {}
    }
}
