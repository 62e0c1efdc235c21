//! What will be sent, and what it costs, before anything is.

use std::fmt;

use abi::NodeInterface;
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride};
use alloy_primitives::{Address, Bytes, U256, address, utils::format_ether};
use alloy_sol_types::SolCall;
use anyhow::Result;
use serde::Serialize;

use super::{
    blueprint::Blueprint,
    rehearsal::Costs,
    steps::{State, steps},
};
use crate::chain::{Chain, Order};

/// What only a node answers, and only over RPC.
const NODE_INTERFACE: Address = address!("0x00000000000000000000000000000000000000c8");
/// What is asked of an account's balance, in percent of what the plan expects: gas limits and fees are set with room.
const ROOM: u64 = 250;

/// Every step, and what those cost that are to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Every step, in order.
    pub rows: Vec<Row>,
    /// Where each contract is or will be.
    pub contracts: Vec<(String, Address)>,
    /// Who sends.
    pub deployer: Address,
    /// Wei of the account.
    pub balance: U256,
    /// Wei of a gas, now.
    pub gas_price: U256,
    /// Wei that all of it is expected to cost.
    pub expected: U256,
    /// Wei that the account must have, for limits and fees have room.
    pub needed: U256,
}

/// A step, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What people call it.
    pub step: String,
    /// Why nothing is sent for it; none where something is.
    pub skipped: Option<String>,
    /// Gas, by the rehearsal.
    pub gas: u64,
    /// Gas for posting it to the parent chain; none where the chain does not tell.
    pub data_gas: Option<u64>,
    /// Wei sent along: what activating a code costs.
    pub value: U256,
}

/// Makes a plan.
pub(super) async fn make(blueprint: &Blueprint, chain: &Chain, costs: &Costs, allocated: usize, balance: U256) -> Result<Plan> {
    let gas_price = chain.gas_price().await?;
    let mut rows = Vec::new();
    let mut expected = U256::ZERO;
    for step in steps(blueprint) {
        let skipped = match step.state(blueprint, chain, allocated).await? {
            State::Done => Some("done".to_owned()),
            State::LeftOut(why) => Some(why.to_owned()),
            State::ToDo => None,
        };
        let mut row = Row { step: step.name.clone(), skipped, gas: 0, data_gas: Some(0), value: U256::ZERO };
        if row.skipped.is_none() {
            row.gas = costs.of(&step.name);
            row.data_gas = data_gas(chain, &step.sketch(blueprint)?).await?;
            row.value = step.activation_fee(blueprint, chain).await?;
            expected += U256::from(row.gas + row.data_gas.unwrap_or(0)) * gas_price + row.value;
        }
        rows.push(row);
    }
    let needed = expected * U256::from(ROOM) / U256::from(100);
    let mut contracts: Vec<_> = blueprint.pieces.iter().map(|piece| (piece.name.to_owned(), piece.address)).collect();
    if blueprint.parameters.token.is_some() {
        contracts.insert(0, ("cor-token".to_owned(), blueprint.token));
    }
    Ok(Plan { rows, contracts, deployer: blueprint.deployer, balance, gas_price, expected, needed })
}

/// Gas that posting a transaction is charged as.
async fn data_gas(chain: &Chain, order: &Order) -> Result<Option<u64>> {
    let call =
        NodeInterface::gasEstimateL1ComponentCall { to: order.to, contractCreation: false, data: Bytes::clone(&order.input) };
    let asked = Order::call(NODE_INTERFACE, &call);
    let answer =
        chain.ask(Address::ZERO, &asked, BlockNumberOrTag::Latest, StateOverride::default()).await.ok().and_then(Result::ok);
    let decoded = answer.and_then(|output| NodeInterface::gasEstimateL1ComponentCall::abi_decode_returns(&output).ok());
    Ok(decoded.map(|answer| answer.gasEstimateForL1))
}

impl Plan {
    /// How many transactions are to be sent.
    pub fn to_send(&self) -> usize {
        self.rows.iter().filter(|row| row.skipped.is_none()).count()
    }

    /// Whether the account can pay for all of it.
    pub fn is_paid(&self) -> bool {
        self.balance >= self.needed
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.step.len()).max().unwrap_or(0);
        writeln!(f, "{:<width$}  {:>11}  {:>11}  {:>20}", "step", "gas", "data gas", "activation, ETH")?;
        for row in &self.rows {
            match &row.skipped {
                Some(why) => writeln!(f, "{:<width$}  {why}", row.step)?,
                None => {
                    let data = row.data_gas.map_or("not told".to_owned(), |gas| gas.to_string());
                    let value = if row.value.is_zero() { String::new() } else { format_ether(row.value) };
                    writeln!(f, "{:<width$}  {:>11}  {data:>11}  {value:>20}", row.step, row.gas)?;
                }
            }
        }
        writeln!(f)?;
        for (name, address) in &self.contracts {
            writeln!(f, "{name:<14} {address}")?;
        }
        writeln!(f)?;
        writeln!(f, "to send   {} transactions by {}", self.to_send(), self.deployer)?;
        writeln!(f, "expected  {} ETH at {} wei a gas", format_ether(self.expected), self.gas_price)?;
        writeln!(f, "needed    {} ETH: limits and fees have room, what is not used stays", format_ether(self.needed))?;
        write!(f, "balance   {} ETH", format_ether(self.balance))
    }
}
