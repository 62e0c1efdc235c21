//! The main job's epochs from outside: its document says nothing that the formula does not, and it shows what the network
//! promises.

use alloy_primitives::U256;
use corflow::session::Options;
use economics::{
    COR, Wad,
    emission::{self, Decay, Taper},
};
use serde_json::Value;

use super::play;

fn wei(row: &Value, field: &str) -> u128 {
    row[field].as_str().expect("wei as a decimal string").parse().expect("a number")
}

/// The run holds each closing against paper; this holds its document against the formula once more, and the promise behind
/// it: over twelve epochs users pay for more and more of what miners get, while emission falls and miners end with more.
#[test]
fn users_pay_for_more_and_more_and_every_sum_holds() {
    let report = play(Options::default());
    // A difference between chain and simulation, in any figure of an epoch or in what anybody has, is a mismatch.
    assert_eq!(report.simulated, 12, "all twelve epochs are simulated too, and equal the chain to the wei");

    let html = report.chronicle.html("Epochs");
    assert_eq!(html.matches("<svg").count(), 3);
    assert!(!html.contains("NaN") && !html.contains("src=") && !html.contains("href="), "one file that needs nothing else");

    let document = report.json();
    assert_eq!(document["ok"], true);
    assert_eq!(document["contracts"].as_array().map(Vec::len), Some(7));
    let parameters = &document["parameters"];
    let ratio = |field| Wad::new(wei(parameters, field).try_into().expect("a ratio")).expect("at most 1");
    let taper = Taper::new(ratio("usageTaper"), ratio("stakeTaper"), ratio("floor")).expect("within its bounds");
    let decay = Decay::new(wei(parameters, "decay").try_into().expect("a ratio")).expect("within its bounds");
    let rows = document["epochs"].as_array().expect("the epochs");
    assert_eq!(rows.len(), 12);
    for (row, next) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
        let (reserve, supply, fees) = (wei(row, "reserve"), wei(row, "supply"), wei(row, "fees"));
        let cap = emission::cap(reserve, decay);
        let emitted = taper.emission(cap, fees, emission::circulating(supply, reserve), wei(row, "averageStake"));
        assert_eq!((wei(row, "cap"), Some(wei(row, "emission"))), (cap, emitted));
        assert_eq!(wei(row, "budget"), wei(row, "emission") + fees);
        let parts: u128 = ["fees", "stakers", "builders", "treasury", "burn"].map(|part| wei(row, part)).iter().sum();
        let gross = wei(row, "own") + wei(row, "granted");
        assert_eq!(parts, gross);
        let paid = U256::from(fees) * U256::from(wei(row, "own")) * U256::from(COR);
        let share = paid / (U256::from(gross) * U256::from(wei(row, "budget")));
        assert_eq!(share, U256::from(wei(row, "userPaidShare")));
        let accounts = row["accounts"].as_array().expect("accounts");
        assert!(accounts.len() > 8 && accounts.iter().any(|it| wei(it, "stake") > 0 && wei(it, "rewards") > 0));
        assert!(wei(row, "builderGain") > wei(row, "holderGain") && wei(row, "holderGain") > 0);
        if let Some(next) = next {
            assert_eq!(next["epoch"].as_u64(), row["epoch"].as_u64().map(|epoch| epoch + 1));
            assert_eq!(wei(next, "reserve"), reserve - wei(row, "emission") + wei(row, "deposits"));
            assert_eq!(wei(next, "supply"), supply - wei(row, "burn"));
            assert!(wei(next, "userPaidShare") > wei(row, "userPaidShare"));
            assert!(wei(next, "emission") < wei(row, "emission"));
        }
    }
    let (first, last) = (&rows[0], &rows[11]);
    assert!(wei(first, "userPaidShare") * 10 < wei(last, "userPaidShare"));
    assert!(wei(first, "budget") < wei(last, "budget"), "miners end with more than they began with");

    let sums = document["solvency"].as_array().expect("the sums");
    let mut holders: Vec<&str> = sums.iter().filter_map(|row| row["contract"].as_str()).collect();
    holders.sort_unstable();
    assert_eq!(holders, ["agent-store", "app-fees", "miner-pool", "miner-rewards", "staking"]);
    assert!(sums.iter().all(|row| row["owes"] == row["has"]));
}

/// Contracts that are built with other parameters: the simulation, which the formula alone turns, equals them to the wei too.
#[test]
fn other_terms_are_simulated_to_the_wei() {
    let others = [
        ("decay", "0.012"),
        ("usage-taper", "0.8"),
        ("stake-taper", "0.3"),
        ("floor", "0.1"),
        ("miners", "0.6"),
        ("treasury", "0.13"),
        ("burn", "0.07"),
        ("builders", "0.08"),
        ("discount", "0.25"),
        ("unit-price", "0.0017"),
    ];
    let terms = others.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let report = play(Options { epochs: 4, terms, ..Options::default() });
    assert_eq!(report.simulated, 4);
    let document = report.json();
    let parameters = &document["parameters"];
    assert_eq!((wei(parameters, "usageTaper"), wei(parameters, "floor")), (COR * 8 / 10, COR / 10), "it was not the defaults");
    let first = &document["epochs"][0];
    assert_eq!(wei(first, "cap"), wei(first, "reserve") * 12 / 1_000);
}
