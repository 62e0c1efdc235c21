//! A COR that was there before us: what it can do; and where the allocations stand when no journal tells.

use std::fmt;

use abi::CorToken;
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, bail, ensure};

use super::{blueprint::Blueprint, holding, steps::read};
use crate::{
    chain::{Chain, Order},
    parameters::Parameters,
};

/// Decimals that amounts are counted in.
const DECIMALS: u8 = 18;

/// What a token can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Where it is.
    pub(super) token: Address,
    /// Wei of it that there are on this chain.
    pub(super) supply: U256,
    /// Whether it has `burn(uint256)`: if not, what is burnt goes to 0x...dEaD.
    pub(super) burn: bool,
    /// Whether it has ERC-2612's permit: if not, people approve before they stake.
    pub(super) permit: bool,
}

/// Asks a token what it can do, and refuses one that cannot be COR.
pub(super) async fn probe(chain: &Chain, token: Address, parameters: &Parameters) -> Result<Abilities> {
    let asked = read(chain, token, &CorToken::decimalsCall {}).await.context("roles.token answers no decimals()")?;
    let decimals = asked.with_context(|| format!("there is no contract at {token}, which the parameters call COR"))?;
    ensure!(decimals == DECIMALS, "the token at {token} has {decimals} decimals; COR has {DECIMALS}");
    let supply = chain.view(token, &CorToken::totalSupplyCall {}).await?;
    let reference = U256::from(parameters.supply.reference);
    ensure!(supply <= reference, "the token's supply is {supply} wei, more than supply.reference, {reference}");
    let burn = answers(chain, token, &CorToken::burnCall { value: U256::ZERO }).await?;
    let permit = answers(chain, token, &CorToken::DOMAIN_SEPARATORCall {}).await?
        && answers(chain, token, &CorToken::noncesCall { owner: token }).await?;
    Ok(Abilities { token, supply, burn, permit })
}

async fn answers(chain: &Chain, token: Address, call: &impl SolCall) -> Result<bool> {
    // Not from zero, which tokens refuse for reasons of its own.
    let order = Order::call(token, call);
    Ok(chain.ask(token, &order, BlockNumberOrTag::Latest, StateOverride::default()).await?.is_ok())
}

impl fmt::Display for Abilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let burn =
            if self.burn { "burns by its own burn(uint256)" } else { "has no burn(uint256): what is burnt goes to 0x...dEaD" };
        let permit = if self.permit { "has permit" } else { "has no permit: people approve before they stake" };
        write!(f, "COR is {}: {DECIMALS} decimals, {} wei on this chain, {burn}, {permit}", self.token, self.supply)
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
