//! A COR that was there before us: what it can do; and where the allocations stand when no journal tells.

use std::fmt;

use abi::CorToken;
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride};
use alloy_primitives::{Address, U256, address};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, bail, ensure};

use super::{blueprint::Blueprint, holding, paper};
use crate::{
    chain::{Chain, Order},
    parameters::Parameters,
};

/// Who is moved to, on paper.
const SOMEBODY: Address = address!("0x736f6d65626f6479000000000000000000000001");
/// Decimals that amounts are counted in.
const DECIMALS: u8 = 18;

/// What a token can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Where it is.
    pub(super) token: Address,
    /// Wei of it that there are on this chain.
    pub(super) supply: U256,
    /// Wei of it that the deployer has. With at least two of them moving and burning were tried, on paper.
    pub(super) held: U256,
    /// Whether it has `burn(uint256)`: if not, what is burnt goes to 0x...dEaD.
    pub(super) burn: bool,
    /// Whether it has ERC-2612's permit: if not, people approve before they stake.
    pub(super) permit: bool,
}

/// Asks a token what it can do, and refuses one that cannot be COR.
pub(super) async fn probe(chain: &Chain, token: Address, deployer: Address, parameters: &Parameters) -> Result<Abilities> {
    ensure!(!chain.code(token).await?.is_empty(), "there is no contract at {token}, which the parameters call COR");
    let erc20 = || format!("the contract at {token}, which the parameters call COR, is no ERC-20 token");
    let decimals = chain.view(token, &CorToken::decimalsCall {}).await.with_context(erc20)?;
    ensure!(decimals == DECIMALS, "the token at {token} has {decimals} decimals; COR has {DECIMALS}");
    let supply = chain.view(token, &CorToken::totalSupplyCall {}).await.with_context(erc20)?;
    let reference = U256::from(parameters.supply.reference);
    ensure!(supply <= reference, "the token's supply is {supply} wei, more than supply.reference, {reference}");
    let held = chain.view(token, &CorToken::balanceOfCall { account: deployer }).await.with_context(erc20)?;
    let burn = if held > U256::ONE {
        try_moving(chain, token, deployer, held - U256::ONE).await?
    } else {
        answers(chain, token, &CorToken::burnCall { value: U256::ZERO }).await?
    };
    let permit = answers(chain, token, &CorToken::DOMAIN_SEPARATORCall {}).await?
        && answers(chain, token, &CorToken::noncesCall { owner: token }).await?;
    Ok(Abilities { token, supply, held, burn, permit })
}

/// Moves what the deployer has and burns a wei, on paper. Whether it burns; a token that moves otherwise than it is told is
/// refused, for the contracts refuse it.
async fn try_moving(chain: &Chain, token: Address, deployer: Address, amount: U256) -> Result<bool> {
    let balance = CorToken::balanceOfCall { account: SOMEBODY }.abi_encode();
    let supply = CorToken::totalSupplyCall {}.abi_encode();
    let all = CorToken::approveCall { spender: deployer, value: amount }.abi_encode();
    let (pulled, pushed) = (amount / U256::from(2), amount - amount / U256::from(2));
    let pull = CorToken::transferFromCall { from: deployer, to: SOMEBODY, value: pulled }.abi_encode();
    let push = CorToken::transferCall { to: SOMEBODY, value: pushed }.abi_encode();
    let burn = CorToken::burnCall { value: U256::ONE }.abi_encode();
    let calls = [&balance, &all, &pull, &balance, &push, &balance, &supply, &burn, &supply];
    let [empty, approval, pulling, first, pushing, second, before, burning, after] =
        paper::calls(chain, deployer, token, &calls.map(Vec::as_slice)).await?;
    for (call, said) in [("approve", approval), ("transferFrom", pulling), ("transfer", pushing)] {
        ensure!(
            said.is_yes(),
            "the token at {token} refuses {call} of what the deployer has: it may be paused, or block accounts"
        );
    }
    let received = [(pulled, empty, first), (pushed, first, second)];
    for (asked, before, after) in received.map(|(asked, before, after)| (asked, before.word, after.word)) {
        let arrived = after.saturating_sub(before);
        ensure!(
            arrived == asked,
            "the token at {token} moves {arrived} wei where {asked} are asked: it keeps a part of transfers, which the contracts \
             do not accept"
        );
    }
    Ok(burning.done && before.word.checked_sub(after.word) == Some(U256::ONE))
}

async fn answers(chain: &Chain, token: Address, call: &impl SolCall) -> Result<bool> {
    // Not from zero, which tokens refuse for reasons of its own.
    let order = Order::call(token, call);
    Ok(chain.ask(token, &order, BlockNumberOrTag::Latest, StateOverride::default()).await?.is_ok())
}

impl Abilities {
    /// Whether the deployer has what is still to be allocated.
    pub(super) fn covers(&self, parameters: &Parameters, allocated: usize) -> Result<()> {
        let rest = parameters.allocations.iter().skip(allocated).fold(0_u128, |sum, one| sum.saturating_add(one.amount));
        let (held, token) = (self.held, self.token);
        ensure!(
            held >= U256::from(rest),
            "the allocations need {rest} wei of the COR at {token} and the deployer has {held}: nothing was sent; bring the rest"
        );
        Ok(())
    }
}

impl fmt::Display for Abilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moves = match self.held > U256::ONE {
            true => "moves what it is told",
            false => "was not tried, for the deployer has none",
        };
        let burn =
            if self.burn { "burns by its own burn(uint256)" } else { "has no burn(uint256): what is burnt goes to 0x...dEaD" };
        let permit = if self.permit { "has permit" } else { "has no permit: people approve before they stake" };
        write!(f, "COR is {}: {DECIMALS} decimals, {} wei on this chain, {moves}, {burn}, {permit}", self.token, self.supply)
    }
}

/// How many allocations were made already, when there is no journal that says it: told by what the deployer has left of a
/// COR of our own. Of a COR that was there before, nothing tells once contracts stand.
pub(super) async fn position(chain: &Chain, blueprint: &Blueprint) -> Result<usize> {
    let staking = blueprint.at("staking")?;
    let lost = "say by --allocated N how many of the allocations, from the first on, were made";
    if blueprint.parameters.token.is_some() {
        ensure!(
            chain.code(staking).await?.is_empty(),
            "staking stands already at {staking} and the journal of its deployment is missing: bring it back, or {lost}"
        );
        return Ok(0);
    }
    if chain.code(blueprint.token).await?.is_empty() {
        return Ok(0);
    }
    let mut left = U256::from(blueprint.parameters.allocated());
    let held = holding(chain, blueprint.token, blueprint.deployer).await?;
    for (made, allocation) in blueprint.parameters.allocations.iter().enumerate() {
        if held == left {
            return Ok(made);
        }
        left -= U256::from(allocation.amount);
    }
    if held == left {
        return Ok(blueprint.parameters.allocations.len());
    }
    bail!(
        "cor-token stands already at {}, the deployer has {held} wei of it, and the journal is missing: {lost}",
        blueprint.token
    )
}
