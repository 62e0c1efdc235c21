//! Several gateways' counts in one voucher. The contract knows one number for an app and an epoch, so an app whose users come
//! through several gateways adds up what each of them has counted.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::file::{Count, Gateway, Number, Voucher};

/// What a gateway says that it has counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayCount {
    /// Its name within the app.
    pub gateway: String,
    /// The app.
    pub app_id: Number,
    /// The epoch.
    pub epoch: Number,
    /// Units in that epoch in all.
    pub cumulative_units: Number,
}

/// Why counts cannot be added up.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SumError {
    /// There is none.
    #[error("there is no count to add up: the files are empty")]
    Nothing,
    /// Of another app or epoch.
    #[error("{gateway} counts for {found}, not for {expected}")]
    OtherCount {
        /// Whose count.
        gateway: String,
        /// Its app and epoch.
        found: String,
        /// The sum's.
        expected: String,
    },
    /// One gateway twice: which count holds is not ours to guess.
    #[error("{gateway} is there twice, with {first} and with {second}: leave out the one that does not hold any more")]
    Repeated {
        /// Which.
        gateway: String,
        /// The count that came first.
        first: Number,
        /// The other.
        second: Number,
    },
    /// A gateway counts less than it did: it has lost what it counted.
    #[error(
        "{gateway} counts {now}, less than the {before} that it counted before: counts of an epoch never fall; is it an old file?"
    )]
    Lower {
        /// Which.
        gateway: String,
        /// What it counted before.
        before: Number,
        /// What it counts now.
        now: Number,
    },
    /// The sum is not above the voucher before: it would settle nothing.
    #[error("the sum is {now}, not more than the {before} of the voucher before, which holds: there is nothing to sign")]
    NotMore {
        /// What was signed before.
        before: Number,
        /// The sum.
        now: Number,
    },
    /// Beyond 256 bits.
    #[error("the sum is beyond 256 bits")]
    Overflow,
}

/// Adds counts up. A gateway that is in `previous` but has no new count keeps its old one.
pub fn sum(counts: &[GatewayCount], previous: Option<&Voucher>) -> Result<(Count, Vec<Gateway>), SumError> {
    let first = counts.first().ok_or(SumError::Nothing)?;
    let (app_id, epoch) = previous.map_or((first.app_id, first.epoch), |it| (it.usage.app_id, it.usage.epoch));
    let mut now = BTreeMap::new();
    for count in counts {
        let gateway = count.gateway.clone();
        if (count.app_id, count.epoch) != (app_id, epoch) {
            let named = |app: Number, epoch: Number| format!("app {app} in epoch {epoch}");
            let (found, expected) = (named(count.app_id, count.epoch), named(app_id, epoch));
            return Err(SumError::OtherCount { gateway, found, expected });
        }
        if let Some(first) = now.insert(gateway.clone(), count.cumulative_units) {
            return Err(SumError::Repeated { gateway, first, second: count.cumulative_units });
        }
    }
    for Gateway { gateway, cumulative_units: before } in previous.iter().flat_map(|it| &it.gateways) {
        let now = *now.entry(gateway.clone()).or_insert(*before);
        if now < *before {
            return Err(SumError::Lower { gateway: gateway.clone(), before: *before, now });
        }
    }
    let total = now.values().try_fold(U256::ZERO, |sum, it| sum.checked_add(it.0)).ok_or(SumError::Overflow)?;
    let count = Count { app_id, epoch, cumulative_units: Number(total) };
    more(previous, count)?;
    Ok((count, now.into_iter().map(|(gateway, cumulative_units)| Gateway { gateway, cumulative_units }).collect()))
}

/// That a voucher says more than the one before, if there is one for the same app and epoch.
pub fn more(previous: Option<&Voucher>, count: Count) -> Result<(), SumError> {
    let same = previous.map(|it| it.usage).filter(|it| (it.app_id, it.epoch) == (count.app_id, count.epoch));
    match same {
        Some(before) if count.cumulative_units <= before.cumulative_units => {
            Err(SumError::NotMore { before: before.cumulative_units, now: count.cumulative_units })
        }
        _ => Ok(()),
    }
}
