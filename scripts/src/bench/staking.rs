//! Staking beside Uniswap's StakingRewards: each over one token, which is staked and paid out.

use abi::{CorToken, Staking};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolValue, sol};
use anyhow::Result;

use super::{
    cost::Cost,
    lab::{Lab, cor},
    row::{Goal, Peer, Row},
};
use crate::{
    people::Person::{Ben, Cleo, Treasury},
    system::System,
};

sol! {
    /// Uniswap's, after Synthetix's.
    interface StakingRewards {
        function stake(uint256 amount) external;
        function getReward() external;
        function withdraw(uint256 amount) external;
        function notifyRewardAmount(uint256 reward) external;
    }
}

const PEER: &str = "Uniswap StakingRewards 1.0.2";

/// What a staker does, and the goal for it over our own token.
const OPERATIONS: [(&str, Option<Goal>); 5] = [
    ("stake by a second staker", Some(Goal::OfPeer(80))),
    ("stake again", Some(Goal::OfPeer(60))),
    ("claim", Some(Goal::OfPeer(75))),
    ("stake again, first call of an epoch", None),
    ("requestUnstake and withdraw", None),
];

/// Ours over our token, beside the peer's over its own.
pub(super) async fn rows(lab: &mut Lab) -> Result<Vec<Row>> {
    let (ours, theirs) = (ours(lab).await?, theirs(lab).await?);
    let row = |(((operation, goal), ours), theirs): (((&str, _), _), Cost)| Row {
        operation: operation.into(),
        ours,
        peer: Some(Peer { name: PEER.into(), gas: theirs.cached }),
        goal,
    };
    Ok(OPERATIONS.into_iter().zip(ours).zip(theirs).map(row).collect())
}

/// Gives stakers what they stake, and the contract allowances without limit.
async fn furnish(lab: &mut Lab, token: Address, spender: Address) -> Result<()> {
    for who in [Ben, Cleo] {
        lab.tell(Treasury, token, &CorToken::transferCall { to: lab.address(who), value: cor(100_000) }).await?;
    }
    for who in [Treasury, Ben, Cleo] {
        lab.tell(who, token, &CorToken::approveCall { spender, value: U256::MAX }).await?;
    }
    Ok(())
}

/// Ours, in the order of [`rows`].
pub(super) async fn ours(lab: &mut Lab) -> Result<[Cost; 5]> {
    let System { token, staking, .. } = lab.system;
    furnish(lab, token, staking).await?;
    lab.next_epoch().await?;
    lab.tell(Treasury, staking, &Staking::fundCall { amount: cor(1_000_000) }).await?;
    let stake = Staking::stakeCall { amount: cor(1_000) };
    lab.measure(Cleo, staking, &stake).await?;
    let second = lab.measure(Ben, staking, &stake).await?;
    let again = lab.measure(Ben, staking, &stake).await?;
    let claim = lab.measure(Ben, staking, &Staking::claimCall {}).await?;
    lab.next_epoch().await?;
    let first_of_epoch = lab.measure(Ben, staking, &stake).await?;
    let request = lab.measure(Ben, staking, &Staking::requestUnstakeCall { amount: cor(500) }).await?;
    let ready = lab.chain.next_second()? + lab.system.parameters.cooldown;
    lab.until(ready)?;
    let withdrawal = lab.measure(Ben, staking, &Staking::withdrawCall {}).await?;
    Ok([second, again, claim, first_of_epoch, request.and(withdrawal)])
}

async fn theirs(lab: &mut Lab) -> Result<[Cost; 5]> {
    let token = lab.oz4;
    let code = lab.packages.creation("liquidity-staker", "build/StakingRewards.json")?;
    let staking = lab.create(&code, &(lab.address(Treasury), token, token).abi_encode_params()).await?;
    furnish(lab, token, staking).await?;
    lab.next_epoch().await?;
    let reward = cor(1_000_000);
    lab.tell(Treasury, token, &CorToken::transferCall { to: staking, value: reward }).await?;
    lab.tell(Treasury, staking, &StakingRewards::notifyRewardAmountCall { reward }).await?;
    let stake = StakingRewards::stakeCall { amount: cor(1_000) };
    lab.measure(Cleo, staking, &stake).await?;
    let second = lab.measure(Ben, staking, &stake).await?;
    let again = lab.measure(Ben, staking, &stake).await?;
    let claim = lab.measure(Ben, staking, &StakingRewards::getRewardCall {}).await?;
    lab.next_epoch().await?;
    let first_of_epoch = lab.measure(Ben, staking, &stake).await?;
    let withdrawal = lab.measure(Ben, staking, &StakingRewards::withdrawCall { amount: cor(500) }).await?;
    Ok([second, again, claim, first_of_epoch, withdrawal])
}
