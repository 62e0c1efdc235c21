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
    rehearsal::{Cost, Costs},
    steps::{Fee, State, steps},
};
use crate::chain::{Chain, Order, limit, offer};

/// What only a node answers, and only over RPC.
const NODE_INTERFACE: Address = address!("0x00000000000000000000000000000000000000c8");
/// So many times the price of a gas are offered for it, and reckoned with: the price may rise while a deployment runs.
const RISE: u64 = 2;

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
    /// Wei that all of it is expected to cost, at the price and fees of now.
    pub expected: U256,
    /// Wei that the account must have at most, as long as the price does not more than double: nodes refuse a transaction whose
    /// gas limit and value the account could not pay for.
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
    /// Gas that it is sent with.
    pub gas_limit: u64,
    /// Wei that it costs beside gas: for activating a code, or the bid for its place in the cache.
    pub fee: U256,
    /// Wei sent along: what is not needed comes back.
    pub value: U256,
}

/// Makes a plan.
pub(super) async fn make(blueprint: &Blueprint, chain: &Chain, costs: &Costs, allocated: usize, balance: U256) -> Result<Plan> {
    let gas_price = chain.gas_price().await?;
    offer(gas_price.saturating_to())?;
    let mut rows = Vec::new();
    let (mut expected, mut spent, mut needed) = (U256::ZERO, U256::ZERO, U256::ZERO);
    for step in steps(blueprint) {
        let skipped = match step.state(blueprint, chain, allocated).await? {
            State::Done => Some("done".to_owned()),
            State::LeftOut(why) => Some(why.to_owned()),
            State::ToDo => None,
        };
        let step_name = step.name.clone();
        if skipped.is_some() {
            let nothing = U256::ZERO;
            rows.push(Row { step: step_name, skipped, gas: 0, data_gas: Some(0), gas_limit: 0, fee: nothing, value: nothing });
            continue;
        }
        let Cost { gas, limit: with_room, size } = costs.of(&step.name);
        // A COR that was there before may take more gas than the one of the rehearsal.
        let times = if blueprint.parameters.token.is_some() && step.moves_token() { 2 } else { 1 };
        let (gas, with_room) = (gas * times, with_room * times);
        let data_gas = data_gas(chain, &step.sketch(blueprint)?).await?;
        let data = data_gas.unwrap_or(0);
        let Fee { paid: fee, sent: value } = step.fee(blueprint, chain, size).await?;
        let gas_limit = with_room + limit(data)?;
        let most = U256::from(RISE) * gas_price;
        expected += U256::from(gas + data) * gas_price + fee;
        needed = needed.max(spent + U256::from(gas_limit) * most + value);
        spent += U256::from(gas + data) * most + value;
        rows.push(Row { step: step_name, skipped, gas, data_gas, gas_limit, fee, value });
    }
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

    /// Wei of a gas that are offered.
    pub fn max_fee(&self) -> U256 {
        self.gas_price * U256::from(RISE)
    }

    /// Whether the account can pay for all of it.
    pub fn is_paid(&self) -> bool {
        self.balance >= self.needed
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.step.len()).max().unwrap_or(0);
        writeln!(f, "{:<width$}  {:>11}  {:>11}  {:>20}", "step", "gas", "data gas", "other fees, ETH")?;
        for row in &self.rows {
            match &row.skipped {
                Some(why) => writeln!(f, "{:<width$}  {why}", row.step)?,
                None => {
                    let data = row.data_gas.map_or("not told".to_owned(), |gas| gas.to_string());
                    let fee = if row.fee.is_zero() { String::new() } else { format_ether(row.fee) };
                    writeln!(f, "{:<width$}  {:>11}  {data:>11}  {fee:>20}", row.step, row.gas)?;
                }
            }
        }
        writeln!(f)?;
        for (name, address) in &self.contracts {
            writeln!(f, "{name:<14} {address}")?;
        }
        writeln!(f)?;
        writeln!(f, "to send   {} transactions by {}", self.to_send(), self.deployer)?;
        let fees = self.rows.iter().fold(U256::ZERO, |sum, row| sum + row.fee);
        let (expected, gas) = (format_ether(self.expected), format_ether(self.expected - fees));
        let price = self.gas_price;
        writeln!(f, "expected  {expected} ETH: {gas} of gas at {price} wei, {} of activations and bids", format_ether(fees))?;
        let rise = format!("a gas may cost {RISE} times as much until the end, and what is not used stays");
        writeln!(f, "needed    {} ETH: {rise}", format_ether(self.needed))?;
        write!(f, "balance   {} ETH", format_ether(self.balance))
    }
}
