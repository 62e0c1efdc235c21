//! The audit: a world in which everything happened is clean, and no wei that is changed in it stays hidden.

use std::collections::BTreeMap;

use alloy::{providers::RootProvider, rpc::types::Log};
use alloy_json_abi::{Event, JsonAbi};
use alloy_primitives::{Address, LogData, U256};
use corflow::{
    audit::{Audit, audit, chain::Chain, entry::Entry, terms::Terms, words::Words},
    places::Places,
};

use crate::{desk::Desk, world::played};

/// Events that say how much COR moved or waits, with all of their fields that do.
const AMOUNTS: [(&str, &[&str]); 27] = [
    ("Transfer", &["value"]),
    ("ToppedUp", &["amount", "escrow"]),
    ("Sponsored", &["amount", "grants"]),
    ("Committed", &["cost", "builder", "epochs"]),
    ("Paid", &["amount", "builder"]),
    ("Settled", &["granted", "escrowed", "builder"]),
    ("ExitRequested", &["amount"]),
    ("ExitCancelled", &["amount"]),
    ("Exited", &["amount"]),
    ("BuilderClaimed", &["amount"]),
    ("TreasuryPulled", &["amount"]),
    ("Burned", &["amount"]),
    ("FeesClosed", &["own", "granted", "miners", "stakers", "builders", "treasury", "burn"]),
    ("AppReleased", &["escrow", "grants"]),
    ("Registered", &["bond"]),
    ("BondReturned", &["bond"]),
    ("Deposited", &["amount"]),
    ("EpochClosed", &["reserve", "cap", "emission", "fees", "deposits", "supply", "burned"]),
    ("ReservePulled", &["amount"]),
    ("BudgetAdded", &["emission", "fees", "budgets"]),
    ("Claimed", &["amount", "total"]),
    ("ClaimedToStake", &["amount", "total"]),
    ("Staked", &["amount"]),
    ("UnstakeRequested", &["amount", "unbonding"]),
    ("UnstakeCancelled", &["amount"]),
    ("Withdrawn", &["amount"]),
    ("Compounded", &["amount"]),
];
/// The same, of events of which something else too is no secret.
const MORE: [(&str, &[&str]); 3] = [("Funded", &["amount"]), ("FeesAdded", &["amount"]), ("EpochRecorded", &["closing"])];

/// What an audit needs, read from the chain once.
struct Read {
    places: Places,
    terms: Terms,
    words: Words,
    logs: Vec<Log>,
    abis: BTreeMap<Address, JsonAbi>,
}

impl Read {
    fn audit(&self, logs: &[Log]) -> Audit {
        let entries: Vec<_> = logs.iter().map(|log| Entry::read(&self.places, log).expect("our own words")).collect();
        audit(&self.places, &self.terms, &entries, Some(&self.words))
    }

    /// Without one log, or with other logs in its place.
    fn with(&self, index: usize, instead: &[Log]) -> Audit {
        let mut logs = self.logs.clone();
        logs.splice(index..=index, instead.iter().cloned());
        self.audit(&logs)
    }

    fn event(&self, log: &Log) -> &Event {
        let topic = log.topics()[0];
        self.abis[&log.address()].events().find(|event| event.selector() == topic).expect("an event of the ABI")
    }
}

/// A log with one field of its data another by `by`, if that is a number at all then.
fn changed(log: &Log, event: &Event, field: &str, up: bool) -> Option<Log> {
    let place = event.inputs.iter().filter(|input| !input.indexed).position(|input| input.name == field)?;
    let mut data = log.data().data.to_vec();
    let word = &mut data[32 * place..32 * (place + 1)];
    let value = U256::from_be_slice(word);
    let other = if up { value.checked_add(U256::ONE)? } else { value.checked_sub(U256::ONE)? };
    word.copy_from_slice(&other.to_be_bytes::<32>());
    let mut log = log.clone();
    log.inner.data = LogData::new_unchecked(log.topics().to_vec(), data.into());
    Some(log)
}

/// That an audit fails and points at the transaction, by a fault or by what it calls a donation; or names what the event is
/// about.
fn points_at(audit: &Audit, log: &Log, event: &str) -> Result<(), String> {
    if audit.is_clean() {
        return Err("nothing shows".to_owned());
    }
    let transaction = log.transaction_hash.expect("a transaction");
    let donations = audit.donations.iter().map(|it| it.site);
    let mut sites = audit.faults.iter().filter_map(|it| it.site).chain(donations);
    if sites.any(|site| site.transaction == transaction) {
        return Ok(());
    }
    let told: Vec<_> = audit.faults.iter().map(ToString::to_string).collect();
    // What is wrong with a closing shows when all four contracts have spoken; with what waits, when they are asked.
    let about = match event {
        "FeesClosed" | "FeesAdded" | "EpochClosed" | "BudgetAdded" => "epoch ",
        "Settled" | "ExitRequested" | "ExitCancelled" | "AppReleased" => "app ",
        "Compounded" => "at stake",
        "UnstakeRequested" | "UnstakeCancelled" => "unbonding",
        "Transfer" => "by the token",
        _ => return Err(told.join("; ")),
    };
    if told.iter().any(|it| it.contains(about)) { Ok(()) } else { Err(told.join("; ")) }
}

#[tokio::test]
async fn a_world_is_clean_and_no_wei_of_it_can_be_hidden() {
    let network = played().await;
    let desk = Desk::at(&network);
    let answer = desk.run("audit --rpc URL --deployments @deployments.json").await.expect("it comes to its end");
    assert!(answer.ok, "{}", answer.text);
    assert!(answer.text.contains("Every sum holds"));
    let late = desk.refused("audit --rpc URL --deployments @deployments.json --from-block 2").await;
    assert!(late.contains("would miss what came before"), "{late}");
    let nowhere = desk.refused("audit --rpc URL --deployments @nowhere.json").await;
    assert!(nowhere.contains("nowhere.json") && nowhere.contains("--deployments"), "{nowhere}");

    let provider = RootProvider::connect(&network.chain.node.endpoint()).await.expect("the node");
    let places = Places::read(Some(&desk.path("deployments.json")), network.chain.node.chain_id()).expect("the file");
    let chain = Chain::now(&provider, &places).await.expect("a block");
    let read = Read {
        terms: chain.terms().await.expect("what is fixed"),
        words: chain.words().await.expect("what they say"),
        logs: chain.logs(1).await.expect("logs"),
        abis: BTreeMap::from([
            (places.token, abi::CorToken::abi::contract()),
            (places.staking, abi::Staking::abi::contract()),
            (places.fees, abi::AppFees::abi::contract()),
            (places.store, abi::AgentStore::abi::contract()),
            (places.rewards, abi::MinerRewards::abi::contract()),
            (places.pool, abi::MinerPool::abi::contract()),
        ]),
        places,
    };
    json_says_the_same(&answer.json, &read.audit(&read.logs));
    donations_are_no_error(&read);
    whatever_is_changed_shows(&read);
}

/// For programs: every epoch's parts are what was paid, and nothing is missing anywhere.
fn json_says_the_same(json: &serde_json::Value, audit: &Audit) {
    assert_eq!(json["ok"], true);
    let wei = |value: &serde_json::Value| value.as_str().expect("wei as text").parse::<i128>().expect("a number");
    let epochs = json["epochs"].as_array().expect("epochs");
    assert_eq!(epochs.len(), audit.epochs.len());
    for epoch in epochs {
        let paid = wei(&epoch["own"]) + wei(&epoch["granted"]);
        let became: i128 = ["miners", "stakers", "builders", "treasury", "burn", "held"].map(|it| wei(&epoch[it])).iter().sum();
        assert_eq!((paid, wei(&epoch["missing"])), (became, 0), "{epoch}");
    }
    for ledger in json["ledgers"].as_array().expect("ledgers") {
        let side = |side: &str| ledger[side].as_object().expect("a side").values().map(wei).sum::<i128>();
        assert_eq!((side("came"), wei(&ledger["missing"])), (side("became"), 0), "{ledger}");
    }
}

fn donations_are_no_error(read: &Read) {
    let audit = read.audit(&read.logs);
    let donated: Vec<_> = audit.donations.iter().map(|it| (it.keeper.to_string(), it.moved.amount)).collect();
    let named = |name: &str, amount| (name.to_owned(), amount);
    assert_eq!(donated, [named("app-fees", 17), named("staking", 19), named("miner-rewards", 23)]);
    assert!(audit.is_clean());
}

/// Each event that says an amount, left out, told twice, or with one wei more or less.
fn whatever_is_changed_shows(read: &Read) {
    let (mut tried, mut hidden, mut kinds) = (0, Vec::new(), std::collections::BTreeSet::new());
    for (index, log) in read.logs.iter().enumerate() {
        let event = read.event(log);
        let known = AMOUNTS.iter().chain(&MORE).find(|(name, _)| *name == event.name);
        let Some((name, fields)) = known else { continue };
        kinds.insert(*name);
        let mut trial = |what: String, audit: Audit| {
            tried += 1;
            if let Err(told) = points_at(&audit, log, name) {
                hidden.push(format!("{name} of log {index} {what}: {told}"));
            }
        };
        for field in *fields {
            for (up, sign) in [(true, '+'), (false, '-')] {
                if let Some(other) = changed(log, event, field, up) {
                    trial(format!("{field} {sign} 1"), read.with(index, &[other]));
                }
            }
        }
        // A Transfer of nothing, as a construction makes one to see that COR burns, is none; a record is only a record.
        let nothing = *name == "Transfer" && log.data().data.iter().all(|byte| *byte == 0);
        if *name != "EpochRecorded" && !nothing {
            trial("dropped".into(), read.with(index, &[]));
            trial("twice".into(), read.with(index, &[log.clone(), log.clone()]));
        }
    }
    assert_eq!(kinds.len(), AMOUNTS.len() + MORE.len(), "the world has not all events: {kinds:?}");
    println!("{tried} changes tried");
    assert!(hidden.is_empty(), "{} of {tried}:\n{}", hidden.len(), hidden.join("\n"));
}
