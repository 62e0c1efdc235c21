//! What the contracts are built with: the numbers that a simulation may turn, and a run of the main job.

use anyhow::{Context, Result};
use economics::{
    BasisPoints, COR, Wad,
    emission::{Decay, Taper},
    split::Split,
};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::{DISCOUNT, PRICE, SPLIT, TAPER};
use words::number::{decimal, plain};

/// Units of a ratio: 10^-18.
const ONE: u128 = COR;

/// A hundredth of a percent.
const POINT: u64 = 100_000_000_000_000;

/// A ratio in units of 10^-18, in a file written as decimal text like `"0.5"`, or as a fraction like `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ratio(u64);

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub(crate) struct Terms {
    /// What part of the reserve an epoch may emit.
    pub(crate) decay: Ratio,
    /// How much of the emission usage takes away, when users pay all.
    pub(crate) usage_taper: Ratio,
    /// How much of the rest stake takes away, when everything is staked.
    pub(crate) stake_taper: Ratio,
    /// The least part of the cap that is emitted.
    pub(crate) floor: Ratio,
    /// Of fees, to miners.
    pub(crate) miners: Ratio,
    /// Of fees, to the treasury.
    pub(crate) treasury: Ratio,
    /// Of fees, to the fire.
    pub(crate) burn: Ratio,
    /// Of what apps pay themselves, to their builders.
    pub(crate) builders: Ratio,
    /// By which a commitment is cheaper.
    pub(crate) discount: Ratio,
    /// Of a unit of usage, in COR.
    pub(crate) unit_price: Ratio,
}

/// What the contracts are deployed with.
impl Default for Terms {
    fn default() -> Self {
        let [usage_taper, stake_taper, floor] = TAPER.map(Ratio);
        let [miners, treasury, burn, builders] = SPLIT.map(Ratio::of_points);
        Self {
            decay: Ratio(Decay::DEFAULT),
            usage_taper,
            stake_taper,
            floor,
            miners,
            treasury,
            burn,
            builders,
            discount: Ratio::of_points(DISCOUNT),
            unit_price: Ratio(PRICE as u64),
        }
    }
}

impl Ratio {
    /// In units of 10^-18.
    pub(crate) const fn units(self) -> u64 {
        self.0
    }

    /// As decimal text.
    pub(crate) fn text(self) -> String {
        plain(self.0.into(), 18)
    }

    fn read(text: &str) -> Result<Self> {
        let units = decimal(text, 18)?;
        anyhow::ensure!(units <= ONE, "{text} is more than 1");
        Ok(Self(u64::try_from(units).context("a ratio beyond 64 bits")?))
    }

    const fn of_points(points: u16) -> Self {
        Self(points as u64 * POINT)
    }

    fn points(self) -> Result<u16> {
        anyhow::ensure!(self.0.is_multiple_of(POINT), "{} is no whole number of hundredths of a percent", self.text());
        u16::try_from(self.0 / POINT).context("a share beyond 16 bits")
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a ratio like \"0.5\"")]
        enum Written {
            Text(String),
            Whole(u64),
        }
        let text = match Written::deserialize(from)? {
            Written::Text(text) => text,
            Written::Whole(whole) => whole.to_string(),
        };
        Self::read(&text).map_err(de::Error::custom)
    }
}

impl Serialize for Ratio {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

impl Terms {
    /// The decay, within its bounds.
    pub(crate) fn decay(&self) -> Result<Decay> {
        Decay::new(self.decay.0).with_context(|| format!("a decay of {} is out of bounds", self.decay.text()))
    }

    /// The tapers and the floor, within their bounds.
    pub(crate) fn taper(&self) -> Result<Taper> {
        let [usage, stake, floor] = [self.usage_taper, self.stake_taper, self.floor].map(|ratio| Wad::new(ratio.0));
        let taper = usage.zip(stake).zip(floor).and_then(|((usage, stake), floor)| Taper::new(usage, stake, floor));
        taper.context("the tapers are at most 1, and the floor at most 0.2")
    }

    /// The split of the fees, within its bounds.
    pub(crate) fn split(&self) -> Result<Split> {
        let share = |ratio: Ratio| BasisPoints::new(ratio.points()?).context("a share beyond the whole");
        let split = Split::new(share(self.miners)?, share(self.treasury)?, share(self.burn)?, share(self.builders)?);
        split.context(
            "the split is out of bounds: miners 0.5 to 0.85, treasury and burn 0.05 to 0.3 each and 0.15 together, builders at \
             most 0.1, and all of them at most 1",
        )
    }

    /// The shares of miners, treasury, burn and builders, in parts of 10,000.
    pub(crate) fn shares(&self) -> Result<[u16; 4]> {
        Ok([self.miners.points()?, self.treasury.points()?, self.burn.points()?, self.builders.points()?])
    }

    /// The builders' share, in parts of 10,000.
    pub(crate) fn builders(&self) -> Result<u16> {
        self.builders.points()
    }

    /// By how many parts of 10,000 a commitment is cheaper.
    pub(crate) fn discount(&self) -> Result<u16> {
        let points = self.discount.points()?;
        anyhow::ensure!(points <= 5_000, "a discount of {} is more than 0.5", self.discount.text());
        Ok(points)
    }

    /// Wei of a unit.
    pub(crate) fn unit_price(&self) -> Result<u128> {
        anyhow::ensure!(self.unit_price.0 > 0, "a unit costs at least a wei");
        Ok(self.unit_price.0.into())
    }

    /// These, with one of them, by its name in a file, set to another value.
    pub(crate) fn with(&self, name: &str, value: &str) -> Result<Self> {
        let mut document = toml::Table::try_from(self).context("terms that cannot be written")?;
        anyhow::ensure!(document.contains_key(name), "there is no parameter {name}");
        document.insert(name.to_owned(), toml::Value::String(value.to_owned()));
        document.try_into().with_context(|| format!("{name} cannot be {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_every_bound_and_are_those_of_the_deployment() {
        let terms = Terms::default();
        assert!(terms.decay().is_ok() && terms.taper().is_ok() && terms.split().is_ok());
        assert_eq!(
            (terms.discount().unwrap(), terms.builders().unwrap(), terms.unit_price().unwrap()),
            (1_000, 500, COR / 1_000)
        );
    }

    #[test]
    fn one_is_turned_and_the_others_stay() {
        let terms = Terms::default().with("usage-taper", "0.25").expect("a parameter");
        assert_eq!(terms, Terms { usage_taper: Ratio(250_000_000_000_000_000), ..Terms::default() });
        for (name, value, reason) in [("gravity", "1", "no parameter gravity"), ("floor", "1.5", "cannot be 1.5")] {
            let told = format!("{:#}", Terms::default().with(name, value).expect_err(reason));
            assert!(told.contains(reason), "{told}");
        }
        assert!(Terms::default().with("miners", "0.9").and_then(|terms| terms.split()).is_err());
    }
}
