//! What is to be done: pure, from what was seen to what is due, and for everything that is not due, why not.

use abi::{AppFees, MinerPool, MinerRewards};
use alloy_primitives::{Address, Bytes, U256, hex, keccak256};
use alloy_sol_types::SolCall;
use words::number::cor;

use super::{chain::Contracts, config::Policy, store::vouchers::Voucher};
use crate::rewards::onchain::Ballot;

/// The most vouchers that app-fees takes at once.
pub(crate) const MOST_VOUCHERS: usize = 50;

/// The most epochs that one transaction closes, so that it fits a block however late it comes.
const MOST_EPOCHS: u64 = 4;

/// What was seen of the network, all at one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// In seconds since 1970.
    pub(crate) now: u64,
    /// The oldest epoch that is not closed, and how many are due.
    pub(crate) next_epoch: u64,
    pub(crate) due: u64,
    /// Wei that wait for the treasury and for the fire.
    pub(crate) treasury: u128,
    pub(crate) to_burn: u128,
    /// The pending root, and from when on it can become active.
    pub(crate) pending: Option<(Ballot, u64)>,
    /// A root with its quorum that waits for the pending place.
    pub(crate) waiting: Option<Ballot>,
    /// What is to be voted for, or why nothing is.
    pub(crate) vote: Option<Result<Cast, String>>,
    /// Vouchers that would be counted now.
    pub(crate) ready: Vec<Ready>,
}

/// A vote to be cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) ballot: Ballot,
    pub(crate) uri: String,
}

/// A voucher that would be counted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) id: i64,
    pub(crate) voucher: Voucher,
    /// How many of its units.
    pub(crate) units: u64,
    /// When it came, and from when on it counts no more, in seconds since 1970.
    pub(crate) received: u64,
    pub(crate) deadline: u64,
    /// Its app's money is on its way out.
    pub(crate) leaving: bool,
}

/// A thing to be done by one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Settles vouchers.
    Settle(Vec<Ready>),
    /// Closes so many epochs from this one on.
    Close {
        /// The first.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Votes for a root.
    Vote(Cast),
    /// Makes the pending root the active one.
    Activate(Ballot),
    /// Puts up a root.
    Propose(Ballot),
    /// Pays the treasury what it has since this epoch was the next to close.
    PullTreasury {
        /// The epoch.
        next_epoch: u64,
        /// Wei.
        amount: u128,
    },
    /// Burns what is to burn.
    Burn {
        /// The epoch that was next to close.
        next_epoch: u64,
        /// Wei.
        amount: u128,
    },
}

/// Whether a thing is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Due(Duty),
    /// It is not, and why.
    Not(String),
}

/// One thing that the keeper looks after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
}

/// All that the keeper looks after, the most urgent first.
pub(crate) fn decide(sight: &Sight, policy: &Policy) -> Vec<Step> {
    let step = |name, verdict| Step { name, verdict };
    vec![
        step("settle", settle(sight, policy)),
        step("close", close(sight, policy)),
        step("vote", vote(sight)),
        step("activate", activate(sight, policy)),
        step("propose", propose(sight, policy)),
        step("treasury", treasury(sight, policy)),
        step("burn", burn(sight, policy)),
    ]
}

/// A batch goes when it is full, when its oldest voucher has waited long enough, when the time of one runs out, or when an app
/// leaves.
fn settle(sight: &Sight, policy: &Policy) -> Verdict {
    if sight.ready.is_empty() {
        return Verdict::Not("no voucher would be counted".into());
    }
    let (wait, margin) = (policy.settle_after.as_secs(), policy.settle_margin.as_secs());
    let waited = |it: &Ready| sight.now >= it.received.saturating_add(wait);
    let urgent = |it: &Ready| it.leaving || sight.now.saturating_add(margin) >= it.deadline;
    if sight.ready.len() < MOST_VOUCHERS && !sight.ready.iter().any(|it| waited(it) || urgent(it)) {
        return Verdict::Not(format!("{} vouchers wait for more to come", sight.ready.len()));
    }
    // Those of apps that leave, then those whose time runs out first, and then those that came first.
    let mut batch = sight.ready.clone();
    batch.sort_by_key(|it| (!it.leaving, it.deadline, it.received, it.id));
    batch.truncate(MOST_VOUCHERS);
    Verdict::Due(Duty::Settle(batch))
}

fn close(sight: &Sight, policy: &Policy) -> Verdict {
    match sight.due {
        _ if !policy.close => Verdict::Not("switched off".into()),
        0 => Verdict::Not(format!("epoch {} is not due", sight.next_epoch)),
        due => Verdict::Due(Duty::Close { first: sight.next_epoch, count: due.min(MOST_EPOCHS) }),
    }
}

fn vote(sight: &Sight) -> Verdict {
    match &sight.vote {
        None => Verdict::Not("switched off".into()),
        Some(Err(why)) => Verdict::Not(why.clone()),
        Some(Ok(cast)) => Verdict::Due(Duty::Vote(cast.clone())),
    }
}

fn activate(sight: &Sight, policy: &Policy) -> Verdict {
    match sight.pending {
        _ if !policy.roots => Verdict::Not("switched off".into()),
        None => Verdict::Not("no root is pending".into()),
        Some((root, ready_at)) if sight.now < ready_at => {
            Verdict::Not(format!("the root of epoch {} is in its window until {ready_at}", root.epoch))
        }
        Some((root, _)) => Verdict::Due(Duty::Activate(root)),
    }
}

fn propose(sight: &Sight, policy: &Policy) -> Verdict {
    match (&sight.pending, sight.waiting) {
        _ if !policy.roots => Verdict::Not("switched off".into()),
        (_, None) => Verdict::Not("no root with a quorum waits".into()),
        (Some(_), Some(root)) => Verdict::Not(format!("the root of epoch {} waits until the pending place is free", root.epoch)),
        (None, Some(root)) => Verdict::Due(Duty::Propose(root)),
    }
}

fn treasury(sight: &Sight, policy: &Policy) -> Verdict {
    worth(sight.treasury, policy.treasury_floor)
        .unwrap_or(Verdict::Due(Duty::PullTreasury { next_epoch: sight.next_epoch, amount: sight.treasury }))
}

fn burn(sight: &Sight, policy: &Policy) -> Verdict {
    worth(sight.to_burn, policy.burn_floor)
        .unwrap_or(Verdict::Due(Duty::Burn { next_epoch: sight.next_epoch, amount: sight.to_burn }))
}

/// Why an amount is not worth a transaction; none if it is.
fn worth(amount: u128, floor: Option<u128>) -> Option<Verdict> {
    match floor {
        None => Some(Verdict::Not("switched off".into())),
        Some(_) if amount == 0 => Some(Verdict::Not("there is nothing".into())),
        Some(floor) if amount < floor => Some(Verdict::Not(format!("{} is below the floor of {}", cor(amount), cor(floor)))),
        Some(_) => None,
    }
}

impl Duty {
    /// What must not be done twice at a time, by name.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Settle(batch) => {
                let units: Vec<u8> = batch.iter().flat_map(|it| [it.id.to_be_bytes(), it.units.to_be_bytes()].concat()).collect();
                format!("settle:{}", hex::encode(&keccak256(units)[..8]))
            }
            Self::Close { first, .. } => format!("close:{first}"),
            Self::Vote(Cast { ballot, .. }) => format!("vote:{}:{}:{}", ballot.epoch, ballot.root, ballot.data_hash),
            Self::Activate(root) => format!("activate:{}:{}", root.epoch, root.root),
            Self::Propose(root) => format!("propose:{}:{}:{}", root.epoch, root.root, root.data_hash),
            Self::PullTreasury { next_epoch, .. } => format!("treasury:{next_epoch}"),
            Self::Burn { next_epoch, .. } => format!("burn:{next_epoch}"),
        }
    }

    /// What it is, for people.
    pub(crate) fn purpose(&self) -> String {
        match self {
            Self::Settle(batch) => {
                let units: u128 = batch.iter().map(|it| u128::from(it.units)).sum();
                format!("settles {} vouchers, {units} units", batch.len())
            }
            Self::Close { first, count: 1 } => format!("closes epoch {first}"),
            Self::Close { first, count } => format!("closes epochs {first} to {}", first + count - 1),
            Self::Vote(Cast { ballot, .. }) => format!("votes for the root {} of epoch {}", ballot.root, ballot.epoch),
            Self::Activate(root) => format!("activates the root of epoch {}", root.epoch),
            Self::Propose(root) => format!("proposes the root {} of epoch {}", root.root, root.epoch),
            Self::PullTreasury { amount, .. } => format!("pays the treasury {}", cor(*amount)),
            Self::Burn { amount, .. } => format!("burns {}", cor(*amount)),
        }
    }

    /// Whom it calls.
    pub(crate) fn target(&self, contracts: &Contracts) -> Address {
        match self {
            Self::Settle(_) | Self::PullTreasury { .. } | Self::Burn { .. } => contracts.app_fees,
            Self::Close { .. } => contracts.pool,
            Self::Vote(_) | Self::Activate(_) | Self::Propose(_) => contracts.miner_rewards,
        }
    }

    /// The package of what it calls.
    pub(crate) fn contract(&self) -> &'static str {
        match self {
            Self::Settle(_) | Self::PullTreasury { .. } | Self::Burn { .. } => "app-fees",
            Self::Close { .. } => "miner-pool",
            Self::Vote(_) | Self::Activate(_) | Self::Propose(_) => "miner-rewards",
        }
    }

    /// What it calls.
    pub(crate) fn input(&self) -> Bytes {
        match self {
            Self::Settle(batch) => {
                let vouchers = batch.iter().map(|it| it.voucher.for_contract()).collect();
                AppFees::settleManyCall { vouchers }.abi_encode()
            }
            Self::Close { count, .. } => MinerPool::closeCall { max: U256::from(*count) }.abi_encode(),
            Self::Vote(Cast { ballot, uri }) => MinerRewards::voteCall {
                epoch: U256::from(ballot.epoch),
                root: ballot.root,
                cumulativeTotal: U256::from(ballot.cumulative_total),
                dataHash: ballot.data_hash,
                uri: uri.clone(),
            }
            .abi_encode(),
            Self::Activate(_) => MinerRewards::activateCall {}.abi_encode(),
            Self::Propose(root) => MinerRewards::proposeCall {
                epoch: U256::from(root.epoch),
                root: root.root,
                cumulativeTotal: U256::from(root.cumulative_total),
                dataHash: root.data_hash,
            }
            .abi_encode(),
            Self::PullTreasury { .. } => AppFees::pullTreasuryCall {}.abi_encode(),
            Self::Burn { .. } => AppFees::burnCall {}.abi_encode(),
        }
        .into()
    }
}

impl Voucher {
    /// As the contract takes it.
    pub(crate) fn for_contract(&self) -> AppFees::Voucher {
        let [r, s] = [0, 32].map(|at| alloy_primitives::B256::from_slice(&self.signature[at..at + 32]));
        AppFees::Voucher {
            appId: self.app,
            epoch: U256::from(self.epoch),
            cumulativeUnits: U256::from(self.units),
            v: self.signature[64],
            r,
            s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use economics::COR;
    use std::time::Duration;

    fn policy() -> Policy {
        Policy {
            close: true,
            roots: true,
            treasury_floor: Some(10 * COR),
            burn_floor: None,
            settle_after: Duration::from_secs(60),
            settle_margin: Duration::from_secs(600),
        }
    }

    fn ready(id: i64, received: u64, deadline: u64) -> Ready {
        let voucher = Voucher { app: U256::from(id), epoch: 1, units: 9, signer: Address::ZERO, signature: [1; 65] };
        Ready { id, voucher, units: 4, received, deadline, leaving: false }
    }

    fn ballot(epoch: u64) -> Ballot {
        Ballot { epoch, root: B256::repeat_byte(1), cumulative_total: 5, data_hash: B256::repeat_byte(2) }
    }

    fn due(sight: &Sight, name: &str) -> Result<Duty, String> {
        match decide(sight, &policy()).into_iter().find(|it| it.name == name).expect("a step").verdict {
            Verdict::Due(duty) => Ok(duty),
            Verdict::Not(why) => Err(why),
        }
    }

    #[test]
    fn a_batch_waits_for_more_until_its_oldest_has_waited_enough() {
        let mut sight = Sight { now: 1_000, ready: vec![ready(1, 941, 99_999), ready(2, 990, 99_999)], ..Sight::default() };
        assert!(due(&sight, "settle").is_err_and(|it| it.contains("2 vouchers wait")));
        sight.now = 1_001;
        assert!(matches!(due(&sight, "settle"), Ok(Duty::Settle(batch)) if batch.len() == 2));
    }

    #[test]
    fn a_batch_goes_at_once_when_it_is_full_or_time_runs_out() {
        let full = (0..60).map(|id| ready(id, 1_000, 99_999 - id as u64)).collect();
        let sight = Sight { now: 1_000, ready: full, ..Sight::default() };
        let Ok(Duty::Settle(batch)) = due(&sight, "settle") else { panic!("it is full") };
        assert_eq!(batch.len(), MOST_VOUCHERS);
        assert_eq!((batch[0].id, batch[49].id), (59, 10), "whose time runs out first goes first");
        let sight = Sight { now: 1_000, ready: vec![ready(1, 1_000, 1_600)], ..Sight::default() };
        assert!(due(&sight, "settle").is_ok());
        let mut sight = Sight { now: 1_000, ready: vec![ready(1, 1_000, 1_601)], ..Sight::default() };
        assert!(due(&sight, "settle").is_err());
        sight.ready[0].leaving = true;
        assert!(due(&sight, "settle").is_ok(), "its app leaves");
        assert!(due(&Sight::default(), "settle").is_err());
    }

    #[test]
    fn epochs_close_when_due_and_not_too_many_at_once() {
        let sight = |due| Sight { next_epoch: 7, due, ..Sight::default() };
        assert_eq!(due(&sight(0), "close"), Err("epoch 7 is not due".into()));
        assert_eq!(due(&sight(1), "close"), Ok(Duty::Close { first: 7, count: 1 }));
        assert_eq!(due(&sight(90), "close"), Ok(Duty::Close { first: 7, count: MOST_EPOCHS }));
        let off = Policy { close: false, ..policy() };
        assert!(decide(&sight(1), &off).iter().all(|it| !matches!(it.verdict, Verdict::Due(Duty::Close { .. }))));
    }

    #[test]
    fn a_root_is_activated_after_its_window_and_only_then_the_next_proposed() {
        let mut sight = Sight { now: 99, pending: Some((ballot(3), 100)), waiting: Some(ballot(5)), ..Sight::default() };
        assert!(due(&sight, "activate").is_err_and(|it| it.contains("until 100")));
        assert!(due(&sight, "propose").is_err());
        sight.now = 100;
        assert_eq!(due(&sight, "activate"), Ok(Duty::Activate(ballot(3))));
        assert!(due(&sight, "propose").is_err(), "not in the same breath");
        sight.pending = None;
        assert_eq!(due(&sight, "propose"), Ok(Duty::Propose(ballot(5))));
        assert!(due(&sight, "activate").is_err());
    }

    #[test]
    fn a_vote_is_cast_where_there_is_one() {
        let cast = Cast { ballot: ballot(2), uri: "ipfs://it".into() };
        let sight = |vote| Sight { vote, ..Sight::default() };
        assert_eq!(due(&sight(None), "vote"), Err("switched off".into()));
        assert_eq!(due(&sight(Some(Err("voted".into()))), "vote"), Err("voted".into()));
        assert_eq!(due(&sight(Some(Ok(cast.clone()))), "vote"), Ok(Duty::Vote(cast)));
    }

    #[test]
    fn what_is_below_its_floor_stays() {
        let sight = |treasury| Sight { next_epoch: 4, treasury, to_burn: 1_000 * COR, ..Sight::default() };
        assert_eq!(due(&sight(0), "treasury"), Err("there is nothing".into()));
        assert!(due(&sight(10 * COR - 1), "treasury").is_err_and(|it| it.contains("below the floor of 10 COR")));
        assert_eq!(due(&sight(10 * COR), "treasury"), Ok(Duty::PullTreasury { next_epoch: 4, amount: 10 * COR }));
        assert_eq!(due(&sight(0), "burn"), Err("switched off".into()));
    }

    #[test]
    fn the_same_batch_is_the_same_duty_and_another_is_another() {
        let one = Duty::Settle(vec![ready(1, 0, 0)]);
        assert_eq!(one.key(), Duty::Settle(vec![ready(1, 5, 9)]).key());
        assert_ne!(one.key(), Duty::Settle(vec![ready(2, 0, 0)]).key());
        assert_ne!(one.key(), Duty::Settle(vec![Ready { units: 5, ..ready(1, 0, 0) }]).key());
    }

    #[test]
    fn the_purpose_says_what_happens() {
        assert_eq!(Duty::Close { first: 3, count: 1 }.purpose(), "closes epoch 3");
        assert_eq!(Duty::Close { first: 3, count: 4 }.purpose(), "closes epochs 3 to 6");
        assert_eq!(Duty::Settle(vec![ready(1, 0, 0), ready(2, 0, 0)]).purpose(), "settles 2 vouchers, 8 units");
        assert_eq!(Duty::Burn { next_epoch: 1, amount: COR / 2 }.purpose(), "burns 0.5 COR");
    }
}
