//! What an event means for somebody's books.

use abi::{AgentStore::AgentStoreEvents, AppFees::AppFeesEvents, MinerRewards::MinerRewardsEvents, Staking::StakingEvents};
use alloy_primitives::{Address, LogData, U256};
use alloy_sol_types::SolEventInterface;

/// What is counted. Accounts of staking and miners are addresses, apps are their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// At stake, by account.
    Stake,
    /// On its way out of stake, by account.
    Unbonding,
    /// Stake that left for good, by account.
    Withdrawn,
    /// Staking rewards taken as coins, by account.
    Rewards,
    /// Staking rewards taken as stake, by account.
    Compounded,
    /// An app's own money at app-fees, what is on its way out included.
    Escrow,
    /// What others gave an app.
    Grants,
    /// A builder's part, not yet claimed, by app.
    Credit,
    /// An app's bond at agent-store.
    Bond,
    /// Of an epoch's fees: prepaid by a commitment, by app.
    Prepaid,
    /// Of an epoch's fees: usage paid from grants, by app.
    Granted,
    /// Of an epoch's fees: usage paid from escrow, by app.
    Escrowed,
    /// Of an epoch's fees: paid straight away, by app.
    Paid,
    /// All of an epoch's fees, by app.
    Fees,
    /// The builder's part of an epoch's fees, by app.
    Builder,
    /// Miners' claims, paid out or staked, by miner.
    Claimed,
    /// Those of them that were staked, by miner.
    Restaked,
}

impl Measure {
    /// As the file has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stake => "stake",
            Self::Unbonding => "unbonding",
            Self::Withdrawn => "withdrawn",
            Self::Rewards => "rewards",
            Self::Compounded => "compounded",
            Self::Escrow => "escrow",
            Self::Grants => "grants",
            Self::Credit => "credit",
            Self::Bond => "bond",
            Self::Prepaid => "prepaid",
            Self::Granted => "granted",
            Self::Escrowed => "escrowed",
            Self::Paid => "paid",
            Self::Fees => "fees",
            Self::Builder => "builder",
            Self::Claimed => "claimed",
            Self::Restaked => "restaked",
        }
    }
}

/// Which way an amount goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// An amount that comes to an account, or leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Posting {
    pub(super) measure: Measure,
    pub(super) account: String,
    /// The epoch that it belongs to, where that is not its block's.
    pub(super) epoch: Option<u64>,
    pub(super) way: Way,
    /// In wei.
    pub(super) amount: U256,
}

/// The postings of an event of a contract of this name, in order. None of an event that moves no amount, or that is no event
/// of ours: that one is kept as it is.
pub(super) fn of(contract: &str, log: &LogData) -> Vec<Posting> {
    let (topics, data) = (log.topics(), &log.data);
    let mut postings = match contract {
        "staking" => StakingEvents::decode_raw_log(topics, data).map(staking),
        "app-fees" => AppFeesEvents::decode_raw_log(topics, data).map(app_fees),
        "agent-store" => AgentStoreEvents::decode_raw_log(topics, data).map(agent_store),
        "miner-rewards" => MinerRewardsEvents::decode_raw_log(topics, data).map(miner_rewards),
        _ => Ok(Vec::new()),
    }
    .unwrap_or_default();
    postings.retain(|posting| !posting.amount.is_zero());
    postings
}

fn staking(event: StakingEvents) -> Vec<Posting> {
    use Measure::{Compounded, Rewards, Stake, Unbonding, Withdrawn};
    let came = |measure, account: Address, amount| posting(measure, account, Way::In, amount);
    let left = |measure, account: Address, amount| posting(measure, account, Way::Out, amount);
    match event {
        StakingEvents::Staked(it) => vec![came(Stake, it.account, it.amount)],
        StakingEvents::UnstakeRequested(it) => vec![left(Stake, it.account, it.amount), came(Unbonding, it.account, it.amount)],
        StakingEvents::UnstakeCancelled(it) => vec![left(Unbonding, it.account, it.amount), came(Stake, it.account, it.amount)],
        StakingEvents::Withdrawn(it) => vec![left(Unbonding, it.account, it.amount), came(Withdrawn, it.account, it.amount)],
        StakingEvents::Claimed(it) => vec![came(Rewards, it.account, it.amount)],
        StakingEvents::Compounded(it) => vec![came(Compounded, it.account, it.amount), came(Stake, it.account, it.amount)],
        _ => Vec::new(),
    }
}

fn app_fees(event: AppFeesEvents) -> Vec<Posting> {
    use Measure::{Builder, Credit, Escrow, Escrowed, Fees, Granted, Grants, Paid, Prepaid};
    let came = |measure, app: U256, amount| posting(measure, app, Way::In, amount);
    let left = |measure, app: U256, amount| posting(measure, app, Way::Out, amount);
    let charged = |measure, app: U256, epoch: U256, amount| Posting {
        epoch: Some(epoch.saturating_to()),
        ..posting(measure, app, Way::In, amount)
    };
    match event {
        AppFeesEvents::ToppedUp(it) => vec![came(Escrow, it.appId, it.amount)],
        AppFeesEvents::Sponsored(it) => vec![came(Grants, it.appId, it.amount)],
        AppFeesEvents::Settled(it) => vec![
            left(Grants, it.appId, it.granted),
            left(Escrow, it.appId, it.escrowed),
            charged(Granted, it.appId, it.epoch, it.granted),
            charged(Escrowed, it.appId, it.epoch, it.escrowed),
            charged(Fees, it.appId, it.epoch, it.granted.saturating_add(it.escrowed)),
            charged(Builder, it.appId, it.epoch, it.builder),
            came(Credit, it.appId, it.builder),
        ],
        AppFeesEvents::Committed(it) => {
            // At most eight epochs, by the contract.
            let epochs: u64 = it.epochs.saturating_to::<u64>().min(8);
            let each = |nth: u64| {
                let epoch = it.firstEpoch.saturating_add(U256::from(nth));
                [
                    charged(Prepaid, it.appId, epoch, it.cost),
                    charged(Fees, it.appId, epoch, it.cost),
                    charged(Builder, it.appId, epoch, it.builder),
                    came(Credit, it.appId, it.builder),
                ]
            };
            (0..epochs).flat_map(each).collect()
        }
        AppFeesEvents::Paid(it) => vec![
            charged(Paid, it.appId, it.epoch, it.amount),
            charged(Fees, it.appId, it.epoch, it.amount),
            charged(Builder, it.appId, it.epoch, it.builder),
            came(Credit, it.appId, it.builder),
        ],
        AppFeesEvents::Exited(it) => vec![left(Escrow, it.appId, it.amount)],
        AppFeesEvents::BuilderClaimed(it) => vec![left(Credit, it.appId, it.amount)],
        // Grants that nobody used become income of an epoch, as if they had been spent.
        AppFeesEvents::AppReleased(it) => vec![
            left(Escrow, it.appId, it.escrow),
            left(Grants, it.appId, it.grants),
            charged(Granted, it.appId, it.epoch, it.grants),
            charged(Fees, it.appId, it.epoch, it.grants),
        ],
        _ => Vec::new(),
    }
}

fn agent_store(event: AgentStoreEvents) -> Vec<Posting> {
    match event {
        AgentStoreEvents::Registered(it) => vec![posting(Measure::Bond, it.appId, Way::In, it.bond)],
        AgentStoreEvents::BondReturned(it) => vec![posting(Measure::Bond, it.appId, Way::Out, it.bond)],
        _ => Vec::new(),
    }
}

fn miner_rewards(event: MinerRewardsEvents) -> Vec<Posting> {
    let came = |measure, miner: Address, amount| posting(measure, miner, Way::In, amount);
    match event {
        MinerRewardsEvents::Claimed(it) => vec![came(Measure::Claimed, it.miner, it.amount)],
        MinerRewardsEvents::ClaimedToStake(it) => {
            vec![came(Measure::Claimed, it.miner, it.amount), came(Measure::Restaked, it.miner, it.amount)]
        }
        _ => Vec::new(),
    }
}

/// Of the block's epoch.
fn posting(measure: Measure, account: impl ToString, way: Way, amount: U256) -> Posting {
    Posting { measure, account: account.to_string(), epoch: None, way, amount }
}

#[cfg(test)]
mod tests {
    use abi::{AppFees, Staking};
    use alloy_sol_types::SolEvent;

    use super::*;

    fn wei(amount: u64) -> U256 {
        U256::from(amount)
    }

    #[test]
    fn a_commitment_is_income_of_each_epoch_that_it_covers() {
        let event = AppFees::Committed {
            appId: wei(7),
            payer: Address::ZERO,
            firstEpoch: wei(4),
            epochs: wei(2),
            units: wei(1),
            cost: wei(100),
            builder: wei(5),
        };
        let postings = of("app-fees", &event.encode_log_data());
        let epochs = |measure| {
            postings.iter().filter(|it| it.measure == measure).map(|it| (it.epoch, it.amount.to())).collect::<Vec<(_, u64)>>()
        };
        assert_eq!(epochs(Measure::Prepaid), [(Some(4), 100), (Some(5), 100)]);
        assert_eq!(epochs(Measure::Fees), [(Some(4), 100), (Some(5), 100)]);
        assert_eq!(epochs(Measure::Credit), [(None, 5), (None, 5)], "credited when it is paid");
    }

    #[test]
    fn leaving_moves_stake_and_makes_none() {
        let account = Address::repeat_byte(1);
        let event = Staking::UnstakeRequested { account, amount: wei(9), unbonding: wei(12), readyAt: wei(1) };
        let postings = of("staking", &event.encode_log_data());
        let moved: Vec<_> = postings.iter().map(|it| (it.measure, it.way, it.amount)).collect();
        assert_eq!(moved, [(Measure::Stake, Way::Out, wei(9)), (Measure::Unbonding, Way::In, wei(9))]);
    }

    #[test]
    fn what_is_no_event_of_ours_posts_nothing() {
        assert_eq!(of("staking", &LogData::new_unchecked(vec![], Default::default())), []);
        let event = Staking::Staked { account: Address::ZERO, payer: Address::ZERO, amount: wei(1) };
        assert_eq!(of("cor-token", &event.encode_log_data()), []);
    }
}
