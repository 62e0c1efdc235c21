//! `corflow simulate`.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result};
use clap::Args;
use economics::COR;
use serde_json::{Value, json};

use super::{Variant, play, variants};
use crate::{
    answer::Answer,
    scenario::{Chronicle, Plot, compared, percent},
    tables::{grouped, table},
};

/// Plays a scenario on paper: years of epochs in a second, by the formulas of the contracts.
///
/// The scenarios that come with corflow are in the folder `scenarios`; each says at its top what it shows. A file with a
/// `[sweep]` is played once for every combination of its values.
#[derive(Args, Clone, Debug)]
pub struct Simulate {
    /// The scenario.
    #[arg(value_name = "FILE")]
    scenario: PathBuf,
    /// Writes charts to this file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Simulate {
    /// Plays it, by its own terms or by each variant of its sweep.
    pub async fn run(self) -> Result<Answer> {
        let name = self.scenario.display().to_string();
        let text = std::fs::read_to_string(&self.scenario).with_context(|| format!("{name} cannot be read"))?;
        let plot = Plot::read(&text).with_context(|| format!("{name} is no scenario"))?;
        let began = Instant::now();
        let mut runs = Vec::new();
        for variant in variants(&plot).with_context(|| format!("the sweep of {name}"))? {
            let words = if variant.turned.is_empty() { String::new() } else { format!(" with {}", variant.words()) };
            let chronicle = play(&plot.by(variant.terms)).await.with_context(|| format!("{name}{words} cannot be played"))?;
            runs.push((variant, chronicle));
        }
        let seconds = began.elapsed().as_secs_f64();
        if let Some(report) = &self.report {
            std::fs::write(report, html(&plot, &runs)).with_context(|| format!("{} cannot be written", report.display()))?;
        }
        let epochs: usize = runs.iter().map(|(_, chronicle)| chronicle.pages.len()).sum();
        let pace = epochs as f64 / seconds;
        let took = format!("{} epochs in {seconds:.2} s: {} a second", grouped(epochs as u64), grouped(pace as u64));
        let text = match &runs[..] {
            [(_, chronicle)] => format!("{}\n\n{}\n{}\n{took}", plot.about, chronicle.text(), accounts(chronicle)),
            runs => format!("{}\n\n{}\n{took}", plot.about, summary(runs)),
        };
        Ok(Answer::good(document(&plot, &runs, seconds, pace), text))
    }
}

fn html(plot: &Plot, runs: &[(Variant, Chronicle)]) -> String {
    match runs {
        [(_, chronicle)] => chronicle.html(&plot.about),
        runs => {
            let named: Vec<_> = runs.iter().map(|(variant, it)| (variant.words(), it.pages.as_slice())).collect();
            compared(&plot.about, &named)
        }
    }
}

/// One run's document is that of the main job; a sweep has one for each run.
fn document(plot: &Plot, runs: &[(Variant, Chronicle)], seconds: f64, pace: f64) -> Value {
    let mut document = json!({ "about": plot.about, "seconds": seconds, "epochsPerSecond": pace });
    match runs {
        [(_, chronicle)] => chronicle.add_to(&mut document),
        runs => {
            let run = |(variant, chronicle): &(Variant, Chronicle)| {
                let turned: serde_json::Map<_, _> =
                    variant.turned.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
                let mut run = json!({ "turned": turned });
                chronicle.add_to(&mut run);
                run
            };
            document["runs"] = runs.iter().map(run).collect();
        }
    }
    document
}

/// What everybody has in the end, in COR, rounded down.
fn accounts(chronicle: &Chronicle) -> String {
    let cor = |wei: u128| grouped((wei / COR) as u64);
    let rows = chronicle.last().into_iter().flat_map(|page| &page.accounts).map(|it| {
        let has = it.cor.saturating_to::<u128>();
        vec![it.name.clone(), cor(has), cor(it.stake), cor(it.unbonding), cor(it.rewards), cor(it.credit), cor(it.all())]
    });
    table(&["account", "COR", "stake", "unbonding", "rewards", "builder's", "in all"], 1, rows.collect())
}

/// A row for each run: sums of all its epochs, and the last of them.
fn summary(runs: &[(Variant, Chronicle)]) -> String {
    let cor = |wei: u128| grouped((wei / COR) as u64);
    let rows = runs.iter().map(|(variant, chronicle)| {
        let sum = |of: fn(&crate::scenario::Page) -> u128| cor(chronicle.pages.iter().map(of).sum());
        let last = chronicle.last();
        vec![
            variant.words(),
            sum(|page| page.closed.emission),
            sum(|page| page.closed.income.own + page.closed.income.granted),
            sum(|page| page.closed.budget()),
            sum(|page| page.closed.parts.burn),
            cor(last.map_or(0, |page| page.reserve_left)),
            percent(last.map_or(0, |page| page.closed.user_paid())),
        ]
    });
    table(&["run", "emitted", "fees", "miners got", "burned", "reserve left", "user-paid at the end"], 1, rows.collect())
}
