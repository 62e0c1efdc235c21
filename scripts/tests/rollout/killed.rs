//! Killed at every moment of every step.

use std::fmt::Write;

use corflow::rollout::Moment;
use serde_json::Value;

use crate::support::{Killer, Notes, Stage};

/// A deployment that nobody disturbs: its steps, and what is there at the end.
async fn undisturbed() -> (Vec<String>, Value) {
    let stage = Stage::new().await;
    let mut notes = Notes::default();
    stage.run(&mut notes).await.expect("deployed");
    assert_eq!(stage.sent().await, notes.steps.len() as u64, "one transaction a step");
    (notes.steps, stage.end_state().await)
}

/// What must hold at the end, whatever happened: the same state, and each step sent once.
async fn check(stage: &Stage, steps: &[String], end: &Value) {
    stage.run(&mut Notes::default()).await.expect("nothing is left to do");
    assert_eq!(stage.sent().await, steps.len() as u64, "nothing is sent twice");
    assert_eq!(stage.end_state().await, *end);
    let mined = |line: &&Value| line["what"] == "mined";
    let journal = stage.journal();
    let done: Vec<&str> = journal.iter().filter(mined).map(|line| line["step"].as_str().expect("a name")).collect();
    assert_eq!(done, *steps, "each step is in one block");
    assert!(journal.iter().filter(mined).all(|line| line["ok"] == true));
    assert_eq!(stage.plan().await.expect("a plan").to_send(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_at_any_moment_of_any_step_goes_on_and_sends_nothing_twice() {
    let (steps, end) = undisturbed().await;
    let mut table =
        format!("{:<28}{}\n", "killed at", Moment::ALL.map(|moment| format!("{:>10}", format!("{moment:?}"))).concat());
    let mut rows: Vec<[&str; 5]> = vec![["-"; 5]; steps.len()];
    for (column, moment) in Moment::ALL.into_iter().enumerate() {
        let stage = Stage::new().await;
        for (row, step) in steps.iter().enumerate() {
            let mut killer = Killer::at(step, moment);
            let ended = stage.run(&mut killer).await.expect_err("killed").to_string();
            assert!(killer.killed && ended == "killed", "{step} {moment:?}: {ended}");
            // Each step before it is on the chain once, whatever that took.
            let sent = stage.sent().await;
            let expected = if moment < Moment::Sent { row } else { row + 1 };
            assert_eq!(sent, expected as u64, "{step} {moment:?}");
            if row > 0 {
                rows[row - 1][column] = "recovered";
            }
        }
        check(&stage, &steps, &end).await;
        rows[steps.len() - 1][column] = "recovered";
    }
    for (step, row) in steps.iter().zip(&rows) {
        writeln!(table, "{step:<28}{}", row.map(|word| format!("{word:>10}")).concat()).expect("text");
    }
    println!("{table}{} kills, {} recovered", rows.len() * 5, rows.iter().flatten().filter(|word| **word == "recovered").count());
    assert!(rows.iter().flatten().all(|word| *word == "recovered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_again_and_again_while_it_recovers_does_too() {
    let (steps, end) = undisturbed().await;
    let stage = Stage::new().await;
    let mut kills = 0;
    for step in &steps {
        for moment in Moment::ALL {
            let mut killer = Killer::at(step, moment);
            let ended = stage.run(&mut killer).await;
            assert!(killer.killed, "{step} {moment:?}: {ended:?}");
            assert_eq!(ended.expect_err("killed").to_string(), "killed");
            kills += 1;
        }
    }
    check(&stage, &steps, &end).await;
    println!("{kills} kills, {} of each step, all recovered", Moment::ALL.len());
}
