//! Keeps contracts activated: ArbOS asks for it once a year, of anybody.

use abi::ArbWasm;
use alloy::{eips::BlockNumberOrTag, network::EthereumWallet, rpc::types::state::StateOverride};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolError;
use anyhow::{Result, bail};
use serde::Serialize;

use super::{
    journal::Journal,
    sender::{Fate, Patience, Sender, Witness},
    survey::{Life, time_left},
};
use crate::{
    chain::{Chain, Order},
    deploy::{self, ARB_WASM},
    networks::Network,
};

const DAY: u64 = 86_400;

/// What was done for a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its package.
    pub contract: String,
    /// Days that it had left.
    pub days: u64,
    /// What was done, in words.
    pub done: String,
    /// The transaction, if one was sent.
    pub transaction: Option<B256>,
}

/// What there is to do for a contract.
enum Need {
    Nothing(&'static str),
    Send(&'static str, Order),
}

/// Gives each contract another year that has less than `days` left.
pub(super) async fn keep(
    network: &Network,
    chain: &Chain,
    contracts: &[(String, Address)],
    days: u64,
    account: (Address, EthereumWallet),
    witness: &mut dyn Witness,
    patience: Patience,
) -> Result<Vec<Kept>> {
    let (from, wallet) = account;
    let journal = Journal::open(&network.folder.join(format!("{}.keepalive.{from}.journal.jsonl", network.name)))?;
    let mut sender = Sender::new(chain, from, wallet, journal, witness);
    sender.patience = patience;
    sender.recover().await?;
    let mut kept = Vec::new();
    for (name, program) in contracts {
        let (left, need) = need(chain, from, *program, days).await?;
        let mut row = Kept { contract: name.clone(), days: left, done: String::new(), transaction: None };
        match need {
            Need::Nothing(why) => row.done = why.to_owned(),
            Need::Send(what, order) => match sender.send(&format!("keep {name} alive"), &order).await? {
                Fate::Mined(mined) if mined.ok => (row.done, row.transaction) = (what.to_owned(), Some(mined.hash)),
                Fate::Mined(mined) => {
                    bail!("{name} was not kept: {} reverted with {}", mined.hash, sender.revert_of(&order, mined.block).await?);
                }
                Fate::Replaced => bail!("{name} was not kept: another transaction used its nonce; run the same command again"),
            },
        }
        kept.push(row);
    }
    Ok(kept)
}

/// What a contract needs, and the days that it has left.
async fn need(chain: &Chain, from: Address, program: Address, days: u64) -> Result<(u64, Need)> {
    let code = chain.code(program).await?;
    let left = match time_left(chain, program).await? {
        Life::Ended(_) => {
            let fee = deploy::activation_fee(chain, &code).await?;
            let order = Order::call(ARB_WASM, &ArbWasm::activateProgramCall { program }).with_value(fee);
            return Ok((0, Need::Send("activated again", order)));
        }
        Life::Left(seconds) => seconds / DAY,
    };
    if left >= days {
        return Ok((left, Need::Nothing("has time left")));
    }
    let order = Order::call(ARB_WASM, &ArbWasm::codehashKeepaliveCall { codehash: keccak256(&code) });
    // Without value the chain says what it wants.
    match chain.ask(from, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
        Ok(_) => Ok((left, Need::Send("extended", order))),
        Err(data) if data.starts_with(&ArbWasm::ProgramKeepaliveTooSoon::SELECTOR) => {
            Ok((left, Need::Nothing("was activated too recently to be extended")))
        }
        Err(data) => match ArbWasm::ProgramInsufficientValue::abi_decode(&data) {
            // What is not needed comes back.
            Ok(error) => Ok((left, Need::Send("extended", order.with_value(error.want + error.want / U256::from(5))))),
            Err(_) => bail!("ArbWasm reverted with {data}"),
        },
    }
}
