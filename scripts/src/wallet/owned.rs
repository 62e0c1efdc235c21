//! The contracts that somebody owns.

use clap::ValueEnum;

/// A contract that somebody owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Owned {
    Staking,
    AppFees,
    AgentStore,
    MinerRewards,
    MinerPool,
}

impl Owned {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::Staking, Self::AppFees, Self::AgentStore, Self::MinerRewards, Self::MinerPool];

    /// Its package.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Staking => "staking",
            Self::AppFees => "app-fees",
            Self::AgentStore => "agent-store",
            Self::MinerRewards => "miner-rewards",
            Self::MinerPool => "miner-pool",
        }
    }

    /// Whether people's inflows to it can be stopped: nobody's goes to miner-rewards.
    pub(super) fn pauses(self) -> bool {
        self != Self::MinerRewards
    }
}
