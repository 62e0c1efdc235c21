//! Every function, event and error of every contract, written once.
//!
//! Contracts take their events and errors from here, scripts, page and tests take all of it, so that the two sides of
//! a call cannot part. Each interface is a module of `alloy-sol-types`: [`Staking::stakeCall`](Staking) is the call,
//! `Staking::Staked` the event, `Staking::InsufficientStake` the error, `Staking::StakingCalls`, `StakingEvents` and
//! `StakingErrors` the sums of them, for decoding whatever comes.
//!
//! With the feature `json` each interface also has `abi::contract()`, the JSON ABI that other tools read.
//!
//! Amounts are wei (18 decimals), times are seconds since 1970, ratios say their unit.
#![no_std]
#![allow(clippy::too_many_arguments)] // `sol!` makes functions of constructors, and a pool has nine parameters.

extern crate alloc;

mod agent_store;
mod app_fees;
mod arbitrum;
mod common;
mod cor_token;
mod miner_pool;
mod miner_rewards;
mod staking;
mod vouchers;

pub use agent_store::AgentStore;
pub use app_fees::{AppFees, FeeBoard};
pub use arbitrum::{ArbWasm, ArbWasmCache, CacheManager, NodeInterface, StylusDeployer};
pub use common::{Common, Wired};
pub use cor_token::CorToken;
pub use miner_pool::MinerPool;
pub use miner_rewards::MinerRewards;
pub use staking::Staking;
pub use vouchers::{USAGE_DOMAIN_NAME, USAGE_DOMAIN_VERSION, Usage};

/// `sol!`, with the JSON ABI when the feature asks for it.
macro_rules! words {
    ($($interface:tt)*) => {
        #[cfg(not(feature = "json"))]
        alloy_sol_types::sol! { $($interface)* }
        #[cfg(feature = "json")]
        alloy_sol_types::sol! { #![sol(abi)] $($interface)* }
    };
}
use words;

/// The JSON ABI of every contract, with events and errors, by package.
#[cfg(feature = "json")]
pub fn contracts() -> [(&'static str, alloy_json_abi::JsonAbi); 7] {
    [
        ("agent-store", AgentStore::abi::contract()),
        ("app-fees", AppFees::abi::contract()),
        ("cor-token", CorToken::abi::contract()),
        ("fee-board", FeeBoard::abi::contract()),
        ("miner-pool", MinerPool::abi::contract()),
        ("miner-rewards", MinerRewards::abi::contract()),
        ("staking", Staking::abi::contract()),
    ]
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use super::*;

    #[test]
    fn the_json_abi_has_functions_events_errors_and_the_constructor() {
        let token = CorToken::abi::contract();
        assert_eq!(token.functions["transfer"][0].signature(), "transfer(address,uint256)");
        assert_eq!(token.constructor.as_ref().map(|it| it.inputs.len()), Some(1));
        let staking = Staking::abi::contract();
        assert_eq!(staking.events["Staked"][0].signature(), "Staked(address,address,uint256)");
        assert!(staking.errors.contains_key("InsufficientStake") && staking.errors.contains_key("EnforcedPause"));
        assert_eq!(staking.constructor.as_ref().map(|it| it.inputs.len()), Some(8));
    }
}
