//! What the chain thinks of vouchers, and where they stand by that.

use std::time::Duration;

use abi::AppFees::{self, Status};
use alloy_primitives::{Address, U256};

use super::{
    chain::{Chain, Contracts, Head, Trouble, milliseconds},
    decide::{MOST_VOUCHERS, Ready},
    leaving::Leaving,
    outbox::OutboxError,
    store::{
        Store,
        vouchers::{Kept, Standing, Voucher},
    },
};

/// Asks the chain at one block.
pub(crate) struct Judge<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) store: &'a Store,
    pub(crate) contracts: &'a Contracts,
    pub(crate) head: &'a Head,
    pub(crate) leaving: &'a Leaving,
    /// Who would settle.
    pub(crate) account: Address,
    /// Blocks until what was counted is settled.
    pub(crate) confirmations: u64,
    /// How long a voucher is kept that the chain would never count: a block that the endpoint does not have yet, or has lost for
    /// a moment, may have its app or signer.
    pub(crate) reject_after: Duration,
}

/// What the chain says of a voucher when it is asked to count it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Opinion {
    /// It would count so many units.
    Counts(u64),
    /// It has counted them all.
    Counted,
    /// It counts nothing now, and may later.
    Later(&'static str),
    /// It is not signed by whom the chain knows.
    Unsigned,
    /// It will never count one of this app and epoch.
    Never(&'static str),
    /// The epoch takes no vouchers any more.
    Over,
}

impl Judge<'_> {
    /// Says of all vouchers where they stand now, and gives those that would be counted: of each app and epoch the highest, for
    /// it asks for what all lower ones ask for too.
    pub(crate) async fn ready(&self, unsettled: Vec<Kept>) -> Result<Vec<Ready>, OutboxError> {
        let mut groups = by_count(unsettled);
        let (mut places, mut ready) = (Vec::new(), Vec::new());
        // A second time for those that have a right signature under a wrong one: there is no third.
        for _ in 0..2 {
            let mut again = Vec::new();
            for chunk in groups.chunks(MOST_VOUCHERS) {
                for (group, opinion) in chunk.iter().zip(self.opinions(chunk).await?) {
                    again.extend(self.place(group, &opinion, &mut places).await?);
                    if let (Some(top), Opinion::Counts(units)) = (group.first(), opinion) {
                        ready.push(self.counts(top, units));
                    }
                }
            }
            groups = again;
        }
        self.store.place(&places)?;
        Ok(ready)
    }

    /// Of each group, what the chain says of the highest.
    async fn opinions(&self, groups: &[Vec<Kept>]) -> Result<Vec<Opinion>, Trouble> {
        let vouchers = groups.iter().filter_map(|it| it.first()).map(|it| it.voucher.for_contract()).collect();
        let call = AppFees::settleManyCall { vouchers };
        let taken = self.chain.call_as(self.account, self.contracts.app_fees, call, self.head).await?;
        if taken.len() != groups.len() {
            return Err(Trouble::Nonsense("settleMany does not answer for each voucher".into()));
        }
        Ok(taken.into_iter().map(|it| opinion(it.status, it.units.saturating_to())).collect())
    }

    /// Says where the vouchers of a group stand. Gives those that are still to be asked about, without the wrongly signed.
    async fn place(
        &self,
        group: &[Kept],
        opinion: &Opinion,
        places: &mut Vec<(i64, Standing)>,
    ) -> Result<Option<Vec<Kept>>, Trouble> {
        let Some(top) = group.first() else { return Ok(None) };
        let mut rest = None;
        let signer = match opinion {
            Opinion::Unsigned => Some(self.signer(&top.voucher).await?),
            _ => None,
        };
        // What the chain has counted, as far as the answer for the highest leaves it open.
        let counted = match opinion {
            Opinion::Counted => top.voucher.units,
            _ if group.len() > 1 || *opinion == Opinion::Over => self.counted(&top.voucher).await?,
            _ => 0,
        };
        let mut dead: Option<(u64, Standing)> = None;
        for kept in group {
            let opinion = match opinion {
                _ if kept.voucher.units <= counted => &Opinion::Counted,
                Opinion::Unsigned if kept.id != top.id && Some(kept.voucher.signer) == signer => {
                    rest.get_or_insert_with(Vec::new).push(kept.clone());
                    continue;
                }
                of_the_highest if kept.id == top.id => of_the_highest,
                of_all @ (Opinion::Over | Opinion::Never(_) | Opinion::Unsigned) => of_all,
                _ => continue,
            };
            let Some(standing) = self.standing(kept, opinion, milliseconds()) else { continue };
            if matches!(standing, Standing::Rejected(_) | Standing::Expired(_)) {
                dead.get_or_insert((0, standing.clone())).0 += 1;
            }
            places.push((kept.id, standing));
        }
        if let Some((vouchers, Standing::Rejected(why) | Standing::Expired(why))) = dead {
            let Voucher { app, epoch, units, .. } = &top.voucher;
            tracing::warn!(%app, epoch, units, vouchers, why, "these vouchers will never count");
        }
        Ok(rest)
    }

    /// Where a voucher stands by an opinion. `None`: as before.
    fn standing(&self, kept: &Kept, opinion: &Opinion, now: i64) -> Option<Standing> {
        let reject_after = i64::try_from(self.reject_after.as_millis()).unwrap_or(i64::MAX);
        let never = |why: &str| match now >= kept.received.saturating_add(reject_after) {
            true => Standing::Rejected(why.into()),
            false => Standing::Open(why.into()),
        };
        match (opinion, kept.counted_at) {
            (Opinion::Counted | Opinion::Over, Some(block)) => {
                self.head.confirms(block, self.confirmations).then_some(Standing::Settled)
            }
            (Opinion::Counted, None) => Some(Standing::Counted(self.head.number)),
            // Our clock may be wrong; the chain's is the one that counts.
            (Opinion::Over, None) if self.head.time < self.contracts.deadline(kept.voucher.epoch.into()) => {
                Some(Standing::Open("its epoch is over by our clock, but not by the chain's".into()))
            }
            (Opinion::Over, None) => Some(Standing::Expired("its epoch takes no vouchers any more".into())),
            (Opinion::Counts(_), Some(_)) => Some(Standing::Open("a reorganisation undid its settlement".into())),
            (Opinion::Counts(_), None) => None,
            (Opinion::Later(why), _) => Some(Standing::Open((*why).into())),
            (Opinion::Unsigned, _) => Some(never("it is not signed by the app's signer of that epoch")),
            (Opinion::Never(why), _) => Some(never(why)),
        }
    }

    /// A voucher of which so many units would be counted.
    fn counts(&self, kept: &Kept, units: u64) -> Ready {
        Ready {
            id: kept.id,
            voucher: kept.voucher.clone(),
            units,
            received: u64::try_from(kept.received / 1_000).unwrap_or_default(),
            deadline: self.contracts.deadline(kept.voucher.epoch.into()),
            leaving: self.leaving.includes(kept.voucher.app),
        }
    }

    /// Units that the chain has counted for the app and epoch of a voucher; 0 if it does not keep them any more.
    async fn counted(&self, voucher: &Voucher) -> Result<u64, Trouble> {
        let usage = AppFees::usageOfCall { appId: voucher.app, epoch: U256::from(voucher.epoch) };
        Ok(self.chain.view(self.contracts.app_fees, usage, self.head).await?.units.saturating_to())
    }

    /// Who signs for the app and epoch of a voucher.
    async fn signer(&self, voucher: &Voucher) -> Result<Address, Trouble> {
        let signer = AppFees::signerOfCall { appId: voucher.app, epoch: U256::from(voucher.epoch) };
        self.chain.view(self.contracts.app_fees, signer, self.head).await
    }
}

/// An answer of `settleMany` for one voucher.
fn opinion(status: Status, units: u64) -> Opinion {
    match status {
        _ if units > 0 => Opinion::Counts(units),
        Status::Replay => Opinion::Counted,
        Status::FeeCap => Opinion::Later("the app's fee cap leaves no room"),
        Status::Commitment => Opinion::Later("the app's commitment is used up, and it has nothing else to pay with"),
        Status::Grants => Opinion::Later("the app's grants are used up, and it has no escrow"),
        Status::Escrow => Opinion::Later("the app's escrow is used up"),
        Status::FutureEpoch => Opinion::Later("its epoch has not begun"),
        Status::ClosedEpoch => Opinion::Over,
        Status::BadSignature => Opinion::Unsigned,
        Status::UnknownApp => Opinion::Never("there is no such app, or it had no signer in that epoch"),
        Status::ClosedApp => Opinion::Never("the app was closed before that epoch"),
        Status::TooManyUnits => Opinion::Never("its units are more than 64 bits hold"),
        Status::Settled | Status::__Invalid => Opinion::Later("the chain does not say why it counts nothing"),
    }
}

/// Vouchers of the same app and epoch together, in the order that they are in.
fn by_count(all: Vec<Kept>) -> Vec<Vec<Kept>> {
    let count = |it: &Kept| (it.voucher.app, it.voucher.epoch);
    let mut groups: Vec<Vec<Kept>> = Vec::new();
    for kept in all {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|it| count(it) == count(&kept)) => group.push(kept),
            _ => groups.push(vec![kept]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::endpoints::Endpoints;
    use alloy_primitives::B256;

    /// What stands of a voucher that came at second 5 of 1970, by the chain's answer in block 20 at a second.
    fn place(counted_at: Option<u64>, status: Status, units: u64, time: u64, now: i64) -> Option<Standing> {
        let contracts = serde_json::json!({
            "pool": Address::repeat_byte(1), "appFees": Address::repeat_byte(2), "minerRewards": Address::repeat_byte(3),
            "genesis": 1_000_000, "epochLength": 3_600, "grace": 600,
        });
        let endpoints = Endpoints::new(&[], 1, None, Duration::ZERO).expect("endpoints");
        let judge = Judge {
            chain: &Chain::new(endpoints),
            store: &Store::in_memory(),
            contracts: &serde_json::from_value(contracts).expect("contracts"),
            head: &Head { number: 20, hash: B256::ZERO, time, base_fee: 0, now: time },
            leaving: &Leaving::default(),
            account: Address::ZERO,
            confirmations: 5,
            reject_after: Duration::from_secs(60),
        };
        let voucher = Voucher { app: U256::ONE, epoch: 1, units: 9, signer: Address::ZERO, signature: [0; 65] };
        judge.standing(&Kept { id: 1, voucher, received: 5_000, counted_at }, &opinion(status, units), now)
    }

    #[tokio::test]
    async fn the_chains_word_decides_where_a_voucher_stands() {
        let place = |counted_at, status, units| place(counted_at, status, units, 1_007_800, 65_000);
        assert_eq!(place(None, Status::Replay, 0), Some(Standing::Counted(20)));
        assert_eq!(place(Some(17), Status::Replay, 0), None, "four blocks deep");
        assert_eq!(place(Some(16), Status::Replay, 0), Some(Standing::Settled));
        assert_eq!(place(Some(16), Status::ClosedEpoch, 0), Some(Standing::Settled));
        assert!(matches!(place(None, Status::ClosedEpoch, 0), Some(Standing::Expired(_))));
        assert!(matches!(place(Some(16), Status::Settled, 5), Some(Standing::Open(_))), "undone");
        assert_eq!(place(None, Status::Settled, 5), None);
        for status in [Status::FeeCap, Status::Commitment, Status::Grants, Status::Escrow, Status::FutureEpoch] {
            assert!(matches!(place(None, status, 0), Some(Standing::Open(_))), "{status:?}");
        }
        assert_eq!(opinion(Status::FeeCap, 3), Opinion::Counts(3), "a part is better than nothing");
        for status in [Status::BadSignature, Status::UnknownApp, Status::ClosedApp, Status::TooManyUnits] {
            assert!(matches!(place(None, status, 0), Some(Standing::Rejected(_))), "{status:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_given_up_by_a_lagging_block_or_a_wrong_clock() {
        let unknown = place(None, Status::UnknownApp, 0, 1_000_000, 64_999);
        assert_eq!(unknown, Some(Standing::Open("there is no such app, or it had no signer in that epoch".into())));
        let over = place(None, Status::ClosedEpoch, 0, 1_007_799, 65_000);
        assert!(matches!(over, Some(Standing::Open(why)) if why.contains("not by the chain's")));
    }

    #[test]
    fn vouchers_of_an_app_and_epoch_are_one_group() {
        let kept = |id, app, epoch| Kept {
            id,
            voucher: Voucher { app: U256::from(app), epoch, units: 1, signer: Address::ZERO, signature: [0; 65] },
            received: 0,
            counted_at: None,
        };
        let groups = by_count(vec![kept(1, 1, 1), kept(2, 1, 1), kept(3, 2, 1), kept(4, 1, 2)]);
        let ids: Vec<Vec<i64>> = groups.iter().map(|it| it.iter().map(|it| it.id).collect()).collect();
        assert_eq!(ids, [vec![1, 2], vec![3], vec![4]]);
    }
}
