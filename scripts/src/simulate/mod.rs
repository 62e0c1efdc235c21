//! The epochs of the main job on paper alone: the same steps at the same seconds, the same ledger, the same formulas of
//! `economics`, and no chain. So a simulation cannot disagree with the chain: the main job plays its epochs both ways, and a
//! difference of a wei in any epoch or account is a mismatch of its own.

pub mod command;

use alloy_primitives::{Address, keccak256};
use anyhow::Result;

use crate::{
    model::Model,
    people::{People, Person},
    scenario::{self, Chronicle, Plot},
    session::BEGINNING,
    system::{Network, Parameters, System, Terms},
};

/// A plot, played from the first epoch on by contracts that were just built.
async fn play(plot: &Plot) -> Result<Chronicle> {
    let people = People::new(Person::ALL.map(|person| keccak256(["corflow ", person.name()].concat())))?;
    let place = |name: &str| Address::from_word(keccak256(name));
    let system = System {
        token: place("cor-token"),
        staking: place("staking"),
        parameters: Parameters::REAL,
        genesis: BEGINNING,
        start: BEGINNING,
    };
    let network = Network {
        fees: place("app-fees"),
        store: place("agent-store"),
        rewards: place("miner-rewards"),
        pool: place("miner-pool"),
    };
    let model = Model::new(&system, &network, &people);
    scenario::simulate(BEGINNING, &people, &system, &network, model, plot).await
}

/// A plot by other terms than its own: what was turned, in words, and the terms.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variant {
    turned: Vec<(String, String)>,
    terms: Terms,
}

impl Variant {
    fn words(&self) -> String {
        let turned: Vec<_> = self.turned.iter().map(|(name, value)| format!("{name} {value}")).collect();
        turned.join(", ")
    }
}

/// Each value of each parameter of a sweep with each of all others.
fn variants(plot: &Plot) -> Result<Vec<Variant>> {
    let mut all = vec![Variant { turned: Vec::new(), terms: plot.terms }];
    for (name, values) in &plot.sweep {
        let mut next = Vec::new();
        for variant in &all {
            for value in values {
                let turned = [variant.turned.clone(), vec![(name.clone(), value.clone())]].concat();
                next.push(Variant { turned, terms: variant.terms.with(name, value)? });
            }
        }
        all = next;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use economics::COR;

    use super::*;

    const BASELINE: &str = include_str!("../../../scenarios/baseline.toml");

    async fn played(text: &str) -> Chronicle {
        play(&Plot::read(text).expect("a plot")).await.expect("it is played")
    }

    /// What somebody has in the end, in COR, rounded down.
    fn worth(chronicle: &Chronicle, name: &str) -> u128 {
        let last = chronicle.last().expect("an epoch");
        let account = last.accounts.iter().find(|account| account.name == name).expect(name);
        account.all() / COR
    }

    #[tokio::test]
    async fn ten_years_are_played_in_seconds_and_users_come_to_pay_for_almost_all() {
        let plot = Plot::read(BASELINE).expect("a plot");
        assert_eq!(plot.epochs, 520, "ten years of weeks");
        let began = Instant::now();
        let chronicle = play(&plot).await.expect("it is played");
        let took = began.elapsed().as_secs_f64();
        println!("520 epochs in {took:.3} s");
        // Without optimisation ten times slower.
        assert!(took < if cfg!(debug_assertions) { 20.0 } else { 1.0 }, "{took} s");
        let pages = &chronicle.pages;
        assert_eq!(pages.len(), 520);
        let users = |at: usize| pages[at].closed.user_paid();
        assert!((0..5).all(|year| users(104 * year) < users(104 * year + 103)), "more and more");
        assert!(users(519) > COR * 9 / 10 && pages[519].closed.budget() > pages[0].closed.budget());
    }

    #[tokio::test]
    async fn a_simulation_differs_from_another_by_a_wei() {
        let text = include_str!("../../../scenarios/twelve-epochs.toml");
        let chronicle = played(text).await;
        assert_eq!(chronicle.differs_from(&played(text).await), Vec::<String>::new());
        let turned = text.replacen("amount = 10_000 }", "amount = \"10000.000000000000000001\" }", 1);
        let differences = chronicle.differs_from(&played(&turned).await);
        let there = differences.iter().find(|it| it.starts_with("simulated, epochs 11 accounts \"treasury\" cor is \""));
        assert!(there.is_some(), "{differences:?}");
    }

    #[tokio::test]
    async fn washing_loses_even_with_all_that_miners_got_of_it() {
        let chronicle = played(include_str!("../../../scenarios/wash-trading.toml")).await;
        let returned: u128 = chronicle.pages.iter().map(|page| page.closed.parts.miners).sum();
        let (washer, holder) = (worth(&chronicle, "ada"), worth(&chronicle, "ben"));
        assert!(washer + returned / COR < holder, "{washer} and {returned} wei, against {holder}");
    }

    #[tokio::test]
    async fn the_reserve_gives_more_again_when_stake_and_usage_leave() {
        let chronicle = played(include_str!("../../../scenarios/bear-market.toml")).await;
        let closed = |epoch: usize| chronicle.pages[epoch - 1].closed;
        assert!(closed(130).average_stake < closed(104).average_stake / 4);
        assert!(closed(130).emission > closed(104).emission && closed(130).cap < closed(104).cap);
        assert!(closed(260).emission < closed(130).emission && closed(260).user_paid() > closed(104).user_paid());
    }

    #[tokio::test]
    async fn a_whale_lowers_emission_and_yields_while_it_stays() {
        let chronicle = played(include_str!("../../../scenarios/whale.toml")).await;
        let page = |epoch: usize| &chronicle.pages[epoch - 1];
        assert!(page(55).closed.emission * 10 < page(50).closed.emission * 9);
        assert!(page(110).closed.emission > page(100).closed.emission);
        assert!(page(110).holder > page(100).holder);
    }

    #[tokio::test]
    async fn where_nobody_pays_the_taper_by_usage_hardly_matters() {
        let plot = Plot::read(include_str!("../../../scenarios/slow-adoption.toml")).expect("a plot");
        let mut emitted = Vec::new();
        for variant in variants(&plot).expect("its sweep") {
            let chronicle = play(&plot.by(variant.terms)).await.expect("it is played");
            emitted.push(chronicle.pages.iter().map(|page| page.closed.emission).sum::<u128>());
        }
        assert_eq!(emitted.len(), 3);
        assert!(emitted[0] > emitted[1] && emitted[1] > emitted[2], "a stronger taper leaves more in the reserve");
        assert!((emitted[0] - emitted[2]) * 100 < emitted[0], "{emitted:?}");
    }

    #[test]
    fn a_sweep_is_every_value_with_every_other() {
        let text = format!("{BASELINE}\n[sweep]\nusage-taper = [\"0.25\", \"0.5\"]\nfloor = [\"0\", \"0.1\", \"0.2\"]\n");
        let plot = Plot::read(&text).expect("a plot");
        let words: Vec<_> = variants(&plot).expect("variants").iter().map(Variant::words).collect();
        assert_eq!(words.len(), 6);
        assert_eq!((words[0].as_str(), words[5].as_str()), ("floor 0, usage-taper 0.25", "floor 0.2, usage-taper 0.5"));
        let wrong = Plot::read(&format!("{BASELINE}\n[sweep]\ngravity = [\"1\"]\n")).expect("a plot");
        assert!(format!("{:#}", variants(&wrong).expect_err("no such parameter")).contains("no parameter gravity"));
    }
}
