//! `corflow simulate`.

use economics::{
    Wad,
    emission::{self, Decay, Taper},
};
use serde_json::Value;

use crate::support::Desk;

const TWELVE: &str = include_str!("../../../scenarios/twelve-epochs.toml");

fn number(row: &Value, field: &str) -> u128 {
    row[field].as_str().expect(field).parse().expect("a number")
}

/// The document is the main job's, and every epoch in it follows from the one before by the formula.
#[tokio::test]
async fn the_document_has_parameters_and_epochs_that_follow_from_each_other() {
    let desk = Desk::new();
    desk.write("plot.toml", TWELVE);
    let answer = desk.run("simulate @plot.toml --report @report.html").await.expect("it is played");
    let (parameters, epochs) = (&answer.json["parameters"], answer.json["epochs"].as_array().expect("epochs"));
    assert_eq!(epochs.len(), 12);
    // Built for speed it is thousands; less than this is no longer years in a second, however slow the machine.
    assert!(answer.json["epochsPerSecond"].as_f64().expect("a pace") > 20.0, "{}", answer.text);
    let ratio = |field| Wad::new(number(parameters, field).try_into().expect("a ratio")).expect("at most 1");
    let taper = Taper::new(ratio("usageTaper"), ratio("stakeTaper"), ratio("floor")).expect("within its bounds");
    let decay = Decay::new(number(parameters, "decay").try_into().expect("a ratio")).expect("within its bounds");
    for (row, next) in epochs.iter().zip(epochs.iter().skip(1)) {
        let (reserve, supply) = (number(row, "reserve"), number(row, "supply"));
        let cap = emission::cap(reserve, decay);
        let circulating = emission::circulating(supply, reserve);
        let emitted = taper.emission(cap, number(row, "fees"), circulating, number(row, "averageStake"));
        assert_eq!((number(row, "cap"), Some(number(row, "emission"))), (cap, emitted));
        assert_eq!(number(next, "reserve"), reserve - number(row, "emission") + number(row, "deposits"));
        assert_eq!(number(next, "supply"), supply - number(row, "burn"));
    }
    let supply: u128 = epochs[11]["accounts"].as_array().expect("accounts").iter().map(|it| number(it, "cor")).sum();
    assert!(supply < 10_u128.pow(27), "the rest is with the contracts");
    let html = desk.text("report.html");
    assert_eq!(html.matches("<svg").count(), 3);
    assert!(!html.contains("NaN") && !html.contains("src=") && !html.contains("href="), "one file that needs nothing else");
}

#[tokio::test]
async fn a_sweep_is_a_row_a_document_and_a_line_for_each_combination() {
    let desk = Desk::new();
    desk.write(
        "plot.toml",
        format!("{TWELVE}\n[sweep]\nusage-taper = [\"0\", \"1\"]\ndecay = [\"0.0015\", \"0.006\", \"0.013\"]\n"),
    );
    let answer = desk.run("simulate @plot.toml --report @report.html").await.expect("it is played");
    let runs = answer.json["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 6);
    assert_eq!(runs[5]["turned"], serde_json::json!({"decay": "0.013", "usage-taper": "1"}));
    let emitted =
        |run: &Value| -> u128 { run["epochs"].as_array().expect("epochs").iter().map(|row| number(row, "emission")).sum() };
    assert!(emitted(&runs[0]) > emitted(&runs[1]), "a taper by usage saves the reserve");
    assert!(emitted(&runs[0]) < emitted(&runs[2]) && emitted(&runs[2]) < emitted(&runs[4]), "decay spends it");
    assert!(answer.text.contains("decay 0.013, usage-taper 1"));
    let html = desk.text("report.html");
    assert_eq!((html.matches("<svg").count(), html.matches("<path").count()), (5, 30));
}

#[tokio::test]
async fn what_cannot_be_played_is_refused_with_file_and_reason() {
    let desk = Desk::new();
    let told = desk.refused("simulate @nowhere.toml").await;
    assert!(told.contains("nowhere.toml cannot be read"), "{told}");
    for (from, to, reason) in [
        ("epochs = 12", "epochs = 12.5", "epochs = 12.5"),
        ("[crowd]", "[terms]\nfloor = \"0.3\"\n[crowd]", "the floor at most 0.2"),
        ("[crowd]", "[terms]\nminers = \"0.9\"\n[crowd]", "miners 0.5 to 0.85"),
        ("[crowd]", "[sweep]\nflor = [\"0.1\"]\n[crowd]", "there is no parameter flor"),
        ("gift = 60_000_000", "gift = 1", "by the ledger this is refused"),
    ] {
        desk.write("plot.toml", TWELVE.replacen(from, to, 1));
        let told = desk.refused("simulate @plot.toml").await;
        assert!(told.contains("plot.toml") && told.contains(reason), "{reason}: {told}");
    }
}
