//! Who arrives when, and by how much each grows: a file in `scenarios`. Epochs count from the one in which the plot begins;
//! amounts are COR, usage is units.

use std::collections::BTreeMap;

use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, keccak256};
use anyhow::{Context, Result, ensure};
use economics::COR;
use serde::{Deserialize, Deserializer, de};
use words::number::decimal;

use crate::people::Person;
use crate::system::Terms;

/// The plot that the main job plays on a chain.
const TWELVE_EPOCHS: &str = include_str!("../../../scenarios/twelve-epochs.toml");

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Plot {
    /// What it shows, in a sentence.
    pub(crate) about: String,
    /// How many epochs emit.
    pub(crate) epochs: u64,
    /// What the contracts are built with.
    #[serde(default)]
    pub(crate) terms: Terms,
    /// What everybody begins with.
    pub(super) gift: Wei,
    /// What the treasury adds to the incentives of staking.
    pub(super) incentives: Wei,
    /// The builder's stake, and the holder's.
    pub(super) equal_stake: Wei,
    /// A miner's stake.
    pub(super) miner_stake: Wei,
    /// What every miner needs at stake to be counted.
    pub(super) minimum_stake: Wei,
    /// The fee cap of an app that is opened or raised.
    pub(super) fee_cap: Wei,
    /// People who stake, epoch by epoch.
    pub(super) crowd: Crowd,
    /// Whether there is a market: who earns sells to the treasury, which sells to owners who are short of COR, and what is to
    /// be taken is taken in each epoch. Without one everybody keeps what it has, and takes it at the end. On paper only.
    #[serde(default)]
    pub(super) market: bool,
    /// Parameters to turn, each with the values that it takes: by these the plot is simulated again and again.
    #[serde(default)]
    pub(crate) sweep: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    miner: Vec<Miner>,
    #[serde(default)]
    event: Vec<When>,
}

/// What newcomers stake in each epoch together, and until how much.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Crowd {
    pub(super) stakes: Wei,
    pub(super) until: Wei,
}

/// From the first of its epochs to the one before the last.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Miner {
    from: u64,
    #[serde(default = "for_ever")]
    to: u64,
}

/// An event, at the beginning of an epoch, and of each until another if it comes again.
#[derive(Clone, Debug, Deserialize)]
struct When {
    epoch: u64,
    until: Option<u64>,
    #[serde(flatten)]
    event: Event,
}

/// An app as it begins; `growth` is percent an epoch, up to `most` units, and one without a fee cap is free only.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Founder {
    #[serde(deserialize_with = "person")]
    pub(super) owner: Person,
    pub(super) name: String,
    pub(super) units: u64,
    pub(super) growth: i64,
    #[serde(default = "most_units")]
    pub(super) most: u64,
    pub(super) cap: Wei,
}

/// Something that happens at the beginning of an epoch.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Event {
    /// An app is registered.
    Found(Founder),
    /// The curator moves free units to an app, or away from it, from the next epoch on.
    Allot { app: String, units: u64 },
    /// The app's fee cap opens, and the treasury gives it what it may spend.
    Sponsor { app: String, amount: Wei },
    /// The owner pays from now on.
    Pay { app: String },
    /// The owner buys units of the next epochs in advance.
    Commit { app: String, units: u64, epochs: u64 },
    /// Usage grows by another percentage from now on, and may shrink.
    Grow { app: String, growth: i64 },
    /// Another crowd from now on.
    Crowd(Crowd),
    /// Somebody stakes, until so much is at stake.
    Stake {
        #[serde(deserialize_with = "person")]
        who: Person,
        until: Wei,
    },
    /// Somebody takes this part of its stake back, in percent.
    Leave {
        #[serde(deserialize_with = "person")]
        who: Person,
        percent: u8,
    },
}

/// An app's usage by now: whether its owner tops it up, and whether what is not free is served, and metered by vouchers.
#[derive(Clone, Debug)]
pub(super) struct Usage {
    pub(super) owner: Person,
    pub(super) name: String,
    pub(super) units: u128,
    pub(super) growth: i64,
    most: u128,
    pub(super) pays: bool,
    pub(super) meters: bool,
}

impl Usage {
    pub(super) fn begin(founder: Founder) -> Self {
        let Founder { owner, name, units, growth, most, cap } = founder;
        let pays = cap.0 > 0;
        Self { owner, name, units: units.into(), growth, most: most.into(), pays, meters: pays }
    }

    /// An epoch later.
    pub(super) fn grow(&mut self) {
        let percent = (100 + self.growth).unsigned_abs();
        self.units = (self.units * u128::from(percent) / 100).min(self.most);
    }
}

/// An amount, in a file written as COR: a whole number, or decimal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wei(pub(crate) u128);

impl<'de> Deserialize<'de> for Wei {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "COR as a whole number or as text like \"0.25\"")]
        enum Written {
            Whole(u64),
            Text(String),
        }
        match Written::deserialize(from)? {
            Written::Whole(cor) => Ok(Self(u128::from(cor) * COR)),
            Written::Text(text) => decimal(&text, 18).map(Self).map_err(de::Error::custom),
        }
    }
}

impl Plot {
    /// The one of the main job.
    pub(crate) fn twelve_epochs() -> Result<Self> {
        Self::read(TWELVE_EPOCHS)
    }

    /// The same, longer or shorter.
    pub(crate) fn of_epochs(self, epochs: u64) -> Self {
        Self { epochs, ..self }
    }

    /// The same by other terms.
    pub(crate) fn by(&self, terms: Terms) -> Self {
        Self { terms, ..self.clone() }
    }

    /// The same with parameters, by name, set to other values.
    pub(crate) fn turned(&self, values: &[(String, String)]) -> Result<Self> {
        let terms = values.iter().try_fold(self.terms, |terms, (name, value)| terms.with(name, value))?;
        Ok(self.by(terms))
    }

    /// From the text of a file, held against what a plot can be.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let plot: Self = toml::from_str(text)?;
        ensure!((1..=5_200).contains(&plot.epochs), "{} epochs: from 1 to 5200 can be played", plot.epochs);
        ensure!(plot.miner.len() <= usize::from(u8::MAX), "{} miners: at most 255 can be played", plot.miner.len());
        ensure!(plot.equal_stake.0 >= COR, "the equal stake of builder and holder is at least 1 COR");
        let mut founded: Vec<&str> = Vec::new();
        let mut events: Vec<_> = plot.event.iter().collect();
        events.sort_by_key(|when| when.epoch);
        for When { epoch, until, event } in events {
            match event {
                Event::Found(founder) => {
                    ensure!(until.is_none(), "{} is founded once: it has no \"until\"", founder.name);
                    ensure!((-100..=900).contains(&founder.growth), "{} grows by -100 to 900 percent", founder.name);
                    founded.push(&founder.name);
                }
                Event::Allot { app, .. }
                | Event::Sponsor { app, .. }
                | Event::Pay { app }
                | Event::Commit { app, .. }
                | Event::Grow { app, .. } => {
                    ensure!(founded.contains(&app.as_str()), "in epoch {epoch} {app} does something before it is founded");
                }
                Event::Stake { .. } | Event::Crowd(_) => {}
                Event::Leave { percent, .. } => ensure!(*percent <= 100, "nobody leaves with {percent} percent of its stake"),
            }
            if let Event::Commit { epochs, .. } = event {
                ensure!((1..=8).contains(epochs), "a commitment covers 1 to 8 epochs, not {epochs}");
            }
            if let Event::Grow { growth, .. } = event {
                ensure!((-100..=900).contains(growth), "usage grows by -100 to 900 percent, not {growth}");
            }
        }
        Ok(plot)
    }

    /// What happens at the beginning of an epoch, in order.
    pub(super) fn events(&self, epoch: u64) -> impl Iterator<Item = &Event> {
        let comes = move |when: &&When| (when.epoch..=when.until.unwrap_or(when.epoch)).contains(&epoch);
        self.event.iter().filter(comes).map(|when| &when.event)
    }

    /// Who mines in an epoch, by number, from 1.
    pub(super) fn miners(&self, epoch: u64) -> impl Iterator<Item = u8> {
        (1..).zip(&self.miner).filter(move |(_, miner)| (miner.from..miner.to).contains(&epoch)).map(|(number, _)| number)
    }
}

fn for_ever() -> u64 {
    u64::MAX
}

fn most_units() -> u64 {
    2_000_000_000
}

fn person<'de, D: Deserializer<'de>>(from: D) -> Result<Person, D::Error> {
    let name = String::deserialize(from)?;
    let found = Person::ALL.into_iter().find(|person| person.name() == name);
    found.ok_or_else(|| {
        let all = Person::ALL.map(Person::name).join(", ");
        de::Error::custom(format!("nobody is called {name}: there are {all}"))
    })
}

/// A miner's key.
pub(super) fn miner(number: u8) -> Result<PrivateKeySigner> {
    key(&[b"corflow miner ", &[number][..]].concat())
}

/// The key with which an app signs its vouchers.
pub(super) fn signer(app: &str) -> Result<PrivateKeySigner> {
    key(["corflow app ", app].concat().as_bytes())
}

fn key(seed: &[u8]) -> Result<PrivateKeySigner> {
    let key: B256 = keccak256(seed);
    PrivateKeySigner::from_bytes(&key).context("this is no private key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_jobs_plot_is_read_and_its_events_keep_their_order() {
        let plot = Plot::twelve_epochs().expect("it is a plot");
        assert_eq!(plot.epochs, 12);
        let kinds: Vec<_> = plot.events(0).map(|event| matches!(event, Event::Stake { .. })).collect();
        assert_eq!(kinds, [true, true, false, false]);
        assert_eq!(plot.miners(8).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(plot.miners(9).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_no_plot_is_refused_with_the_reason() {
        let right = TWELVE_EPOCHS;
        for (from, to, reason) in [
            ("epochs = 12", "epochs = 0", "0 epochs: from 1 to 5200"),
            ("owner = \"cleo\"", "owner = \"dora\"", "nobody is called dora"),
            ("gift = 60_000_000", "gift = \"1,000\"", "1,000"),
            ("gift = 60_000_000", "gift = -1", "COR as a whole number"),
            ("[crowd]", "surprise = 1\n[crowd]", "unknown field `surprise`"),
            ("pay = { app = \"showcase\" }", "pay = { app = \"nobody\" }", "nobody does something before it is founded"),
            ("epochs = 4 }", "epochs = 9 }", "1 to 8 epochs, not 9"),
        ] {
            assert!(right.contains(from), "{from}");
            let told = format!("{:#}", Plot::read(&right.replacen(from, to, 1)).expect_err(reason));
            assert!(told.contains(reason), "{reason}: {told}");
        }
    }

    #[test]
    fn usage_shrinks_to_nothing_and_grows_to_its_most() {
        let founder = |growth| Founder { owner: Person::Ada, name: "x".into(), units: 100, growth, most: 150, cap: Wei(0) };
        let after = |growth| {
            let mut usage = Usage::begin(founder(growth));
            usage.grow();
            usage.units
        };
        assert_eq!([after(-100), after(-30), after(7), after(90)], [0, 70, 107, 150]);
    }
}
