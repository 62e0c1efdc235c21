//! The scenario from outside: its document says nothing that the formula does not.

use corflow::{build::Workspace, session};
use economics::{
    Wad,
    emission::{self, Decay, Taper},
};
use serde_json::Value;

fn wei(row: &Value, field: &str) -> u128 {
    row[field].as_str().expect("wei as a decimal string").parse().expect("a number")
}

/// Four epochs: apps arrive, the showcase is sponsored, a miner joins. The run holds each closing against paper; this holds
/// its document against the formula once more, and the promise behind it: users pay for more and more.
#[test]
fn users_pay_for_more_and_more_and_every_sum_holds() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (report, chronicle) = runtime.block_on(session::scenario(&Workspace::here(), 4, None)).expect("it comes to its end");
    assert_eq!(report.mismatches, Vec::<String>::new());

    let html = chronicle.html();
    assert_eq!(html.matches("<svg").count(), 3);
    assert!(!html.contains("NaN") && !html.contains("src=") && !html.contains("href="), "one file that needs nothing else");

    let document = chronicle.json(&report);
    let parameters = &document["parameters"];
    let ratio = |field| Wad::new(wei(parameters, field).try_into().expect("a ratio")).expect("at most 1");
    let taper = Taper::new(ratio("usageTaper"), ratio("stakeTaper"), ratio("floor")).expect("within its bounds");
    let decay = Decay::new(wei(parameters, "decay").try_into().expect("a ratio")).expect("within its bounds");
    let rows = document["epochs"].as_array().expect("the epochs");
    assert_eq!(rows.len(), 4);
    for (row, next) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
        let (reserve, supply, fees) = (wei(row, "reserve"), wei(row, "supply"), wei(row, "fees"));
        let cap = emission::cap(reserve, decay);
        let emitted = taper.emission(cap, fees, emission::circulating(supply, reserve), wei(row, "averageStake"));
        assert_eq!((wei(row, "cap"), Some(wei(row, "emission"))), (cap, emitted));
        assert_eq!(wei(row, "budget"), wei(row, "emission") + fees);
        let parts: u128 = ["fees", "stakers", "builders", "treasury", "burn"].map(|part| wei(row, part)).iter().sum();
        assert_eq!(parts, wei(row, "own") + wei(row, "granted"));
        if let Some(next) = next {
            assert_eq!(wei(next, "reserve"), reserve - wei(row, "emission") + wei(row, "deposits"));
            assert_eq!(wei(next, "supply"), supply - wei(row, "burn"));
            assert!(wei(next, "userPaidShare") > wei(row, "userPaidShare"));
            assert!(wei(next, "emission") < wei(row, "emission"));
            assert!(wei(row, "builderGain") > wei(row, "holderGain"));
        }
    }
}
