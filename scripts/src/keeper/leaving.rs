//! Apps whose owners take their money out: their vouchers are settled at once, and no voucher is taken that cannot be paid.
//!
//! What was signed for the epoch in which an owner asks for escrow back, and for epochs before, is still paid from it; so a voucher
//! is refused only beyond what the chain would count now, and in epochs after an app's last.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use abi::AppFees;
use alloy_primitives::U256;
use tokio::task::JoinSet;
use words::number::cor;

use super::{
    chain::{Chain, Contracts, Head, Trouble},
    spool::Refusal,
    store::vouchers::Voucher,
};

/// Apps that are asked about at the same time.
const AT_ONCE: usize = 8;

/// What was last seen of them. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaving(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    at: Option<Instant>,
    apps: BTreeMap<U256, Departure>,
}

/// How an app leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Departure {
    how: How,
    /// By epoch, up to how many units a voucher would be paid now.
    largest: BTreeMap<u32, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// It is closed; this epoch was its last.
    Closed { last: u64 },
    /// Its owner takes this much escrow out, in wei.
    Exits { amount: U256 },
}

impl Leaving {
    /// Looks at apps, with the epochs of their vouchers, and again at those that were leaving; not more often than once in
    /// `period`.
    pub(crate) async fn look(
        &self,
        chain: &Chain,
        contracts: &Contracts,
        head: &Head,
        mut apps: BTreeMap<U256, BTreeSet<u32>>,
        period: Duration,
    ) -> Result<(), Trouble> {
        {
            let seen = self.lock();
            if seen.at.is_some_and(|at| at.elapsed() < period) {
                return Ok(());
            }
            for (app, departure) in &seen.apps {
                apps.entry(*app).or_default().extend(departure.largest.keys());
            }
        }
        let running = u32::try_from(contracts.clock().at(head.now).0).unwrap_or(u32::MAX);
        let (mut asked, mut found) = (JoinSet::new(), BTreeMap::new());
        for (app, mut epochs) in apps {
            epochs.insert(running);
            let (chain, contracts, head) = (chain.clone(), *contracts, *head);
            asked.spawn(async move { Ok::<_, Trouble>((app, departure(&chain, &contracts, &head, app, &epochs).await?)) });
            if asked.len() >= AT_ONCE {
                found.extend(next(&mut asked).await?);
            }
        }
        while !asked.is_empty() {
            found.extend(next(&mut asked).await?);
        }
        *self.lock() = Seen { at: Some(Instant::now()), apps: found };
        Ok(())
    }

    /// Whether an app's vouchers are to be settled at once.
    pub(crate) fn includes(&self, app: U256) -> bool {
        self.lock().apps.contains_key(&app)
    }

    /// Why a voucher of an app that leaves is not taken; none if it is.
    pub(crate) fn refuses(&self, voucher: &Voucher) -> Option<Refusal> {
        let seen = self.lock();
        let departure = seen.apps.get(&voucher.app)?;
        let &Voucher { app, epoch, units, .. } = voucher;
        match departure.how {
            How::Closed { last } if u64::from(epoch) > last => return Some(Refusal::Closed { app, last }),
            _ => {}
        }
        let largest = *departure.largest.get(&epoch)?;
        let how = match departure.how {
            How::Closed { last } => format!("app {app} was closed in epoch {last}"),
            How::Exits { amount } => format!("the owner of app {app} takes {} out", cor(amount.saturating_to())),
        };
        (units > largest).then_some(Refusal::Unpaid { how, epoch, largest, units })
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Found = Result<(U256, Option<Departure>), Trouble>;

/// The next answer, if it is about an app that leaves.
async fn next(asked: &mut JoinSet<Found>) -> Result<Option<(U256, Departure)>, Trouble> {
    let Some(answer) = asked.join_next().await else { return Ok(None) };
    let (app, departure) = answer.map_err(|_| Trouble::Nonsense("a question was cut off".into()))??;
    Ok(departure.map(|it| (app, it)))
}

/// How an app leaves; none if it stays.
async fn departure(
    chain: &Chain,
    contracts: &Contracts,
    head: &Head,
    app: U256,
    epochs: &BTreeSet<u32>,
) -> Result<Option<Departure>, Trouble> {
    let (account, life) = tokio::try_join!(
        chain.view(contracts.app_fees, AppFees::accountOfCall { appId: app }, head),
        chain.view(contracts.app_fees, AppFees::lifeOfCall { appId: app }, head),
    )?;
    let how = match life.closed {
        true => How::Closed { last: life.closedIn.saturating_to() },
        false if !account.exiting.is_zero() => How::Exits { amount: account.exiting },
        false => return Ok(None),
    };
    let mut largest = BTreeMap::new();
    for epoch in epochs {
        let preview = AppFees::previewCall { appId: app, epoch: U256::from(*epoch), cumulativeUnits: U256::ONE };
        largest.insert(*epoch, chain.view(contracts.app_fees, preview, head).await?.largest.saturating_to());
    }
    Ok(Some(Departure { how, largest }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    fn voucher(app: u64, epoch: u32, units: u64) -> Voucher {
        Voucher { app: U256::from(app), epoch, units, signer: Address::ZERO, signature: [0; 65] }
    }

    #[test]
    fn of_an_app_that_leaves_only_what_can_be_paid_is_taken() {
        let leaving = Leaving::default();
        let largest = BTreeMap::from([(3, 100), (4, 10)]);
        let closed = Departure { how: How::Closed { last: 3 }, largest: largest.clone() };
        let exits = Departure { how: How::Exits { amount: U256::from(5_000_000_000_000_000_000_u64) }, largest };
        leaving.lock().apps = BTreeMap::from([(U256::from(1), closed), (U256::from(2), exits)]);
        assert!(leaving.includes(U256::from(1)) && !leaving.includes(U256::from(3)));
        let refused = |app, epoch, units| leaving.refuses(&voucher(app, epoch, units)).map(|it| it.to_string());
        assert_eq!((refused(1, 3, 100), refused(2, 3, 100), refused(2, 4, 10), refused(3, 4, 9_999)), (None, None, None, None));
        assert_eq!(refused(2, 5, 9_999), None, "what is not known is not refused");
        assert!(refused(1, 4, 1).is_some_and(|it| it.contains("closed in epoch 3")));
        assert!(refused(1, 3, 101).is_some_and(|it| it.contains("100 units")));
        assert!(refused(2, 4, 11).is_some_and(|it| it.contains("takes 5 COR out") && it.contains("10 units")));
    }
}
