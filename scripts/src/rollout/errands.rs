//! What a network needs after its deployment: activations extended, which ArbOS asks for once a year of anybody, and ownerships
//! accepted. Sent from a journal too, one for each account.

use abi::{ArbWasm, Staking};
use alloy::{eips::BlockNumberOrTag, rpc::types::state::StateOverride};
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolError;
use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use words::refusals::Context;

use super::{
    in_words,
    journal::Journal,
    refused,
    sender::{Fate, Patience, Sender, Witness, other_transaction},
    steps::OWNED,
    survey::{Life, time_left},
};
use crate::{
    chain::{Chain, Order},
    deploy::{self, ARB_WASM},
    keys::{Actor, Prepared},
    networks::Network,
};

const DAY: u64 = 86_400;

/// What was done for a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Errand {
    /// Its package.
    pub contract: String,
    /// What was done, or why nothing was, in words.
    pub done: String,
    /// The transaction, if one was sent.
    pub transaction: Option<B256>,
}

/// What there is to do for a contract.
pub(super) enum Need {
    /// Nothing, and why.
    Nothing(String),
    /// This, which is in words afterwards so.
    Send(&'static str, Order),
}

/// What a contract may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Another year, with less than so many days left.
    Keep {
        /// Days.
        within: u64,
    },
    /// Its offered ownership accepted.
    Accept,
}

/// Does for each contract what it needs; or writes the transactions down, for an account that signs elsewhere.
pub(super) async fn run(
    (network, chain): (&Network, &Chain),
    contracts: &[(String, Address)],
    purpose: Purpose,
    actor: &Actor,
    (patience, witness): (Patience, &mut dyn Witness),
) -> Result<Vec<Errand>> {
    let from = actor.address();
    let (mut errands, mut prepared) = (Vec::new(), Vec::new());
    let mut sender = match actor {
        Actor::Here(signer) => {
            let journal = Journal::open(&network.folder.join(format!("{}.{from}.journal.jsonl", network.name)))?;
            let mut sender = Sender::new(chain, from, signer.wallet(), journal, witness);
            sender.patience = patience;
            sender.recover().await?;
            Some(sender)
        }
        Actor::Elsewhere(..) => None,
        Actor::Nobody(_) => bail!("nobody signs: give a key, or --unsigned or --safe-batch"),
    };
    let context = Context { names: contracts.to_vec(), reader: Some(from) };
    for (name, contract) in contracts {
        let (done, order) = match need(chain, from, name, *contract, purpose).await? {
            None => continue,
            Some(Need::Nothing(why)) => (why, None),
            Some(Need::Send(done, order)) => (done.to_owned(), Some(order)),
        };
        let mut errand = Errand { contract: name.clone(), done, transaction: None };
        match (order, &mut sender) {
            (Some(order), Some(sender)) => {
                let step = format!("{}: {name}", errand.done);
                let callee = if order.to == ARB_WASM { "ArbWasm" } else { name };
                let sent = sender.send(&step, &order).await.map_err(|error| in_words(error, callee, &context));
                errand.transaction = match sent? {
                    Fate::Mined(mined) if mined.ok => Some(mined.hash),
                    Fate::Mined(mined) => {
                        let reason = sender.revert_of(&order, mined.block).await?;
                        let words = format!("`{step}` was mined in block {} as {} and reverted", mined.block, mined.hash);
                        return Err(refused(callee, &reason, &context).context(words));
                    }
                    Fate::Replaced(by) => {
                        bail!("the nonce of `{step}` was used by {}: run the same command again", other_transaction(by))
                    }
                };
            }
            (Some(order), None) => {
                let says = format!("{name}: {}", errand.done);
                "written down to be signed".clone_into(&mut errand.done);
                prepared.push(Prepared { says, to: order.to, value: order.value, data: order.input, gas: None });
            }
            (None, _) => {}
        }
        errands.push(errand);
    }
    if let (Actor::Elsewhere(from, outbox), false) = (actor, prepared.is_empty()) {
        outbox.write(chain.id(), *from, &prepared).context("the transactions were not written down")?;
    }
    Ok(errands)
}

/// What a contract needs; none for one that the purpose does not concern.
async fn need(chain: &Chain, from: Address, name: &str, contract: Address, purpose: Purpose) -> Result<Option<Need>> {
    match purpose {
        Purpose::Keep { within } => life(chain, from, contract, within).await.map(Some),
        Purpose::Accept if OWNED.contains(&name) => ownership(chain, from, contract).await.map(Some),
        Purpose::Accept => Ok(None),
    }
}

/// Whether an ownership is offered.
async fn ownership(chain: &Chain, from: Address, contract: Address) -> Result<Need> {
    let pending = chain.view(contract, &Staking::pendingOwnerCall {}).await?;
    if pending == from {
        return Ok(Need::Send("ownership accepted", Order::call(contract, &Staking::acceptOwnershipCall {})));
    }
    let owner = chain.view(contract, &Staking::ownerCall {}).await?;
    Ok(Need::Nothing(match (owner == from, pending.is_zero()) {
        (true, _) => "is owned already".to_owned(),
        (false, true) => format!("is offered to nobody; {owner} owns it"),
        (false, false) => format!("is offered to {pending}, not to {from}"),
    }))
}

/// What a contract's activation needs.
async fn life(chain: &Chain, from: Address, program: Address, within: u64) -> Result<Need> {
    let code = chain.code(program).await?;
    let left = match time_left(chain, program).await? {
        Life::Ended(_) => {
            let fee = deploy::activation_fee(chain, &code).await?;
            let order = Order::call(ARB_WASM, &ArbWasm::activateProgramCall { program }).with_value(deploy::with_room(fee));
            return Ok(Need::Send("activated again", order));
        }
        Life::Left(seconds) => seconds / DAY,
    };
    if left >= within {
        return Ok(Need::Nothing(format!("has {left} days left")));
    }
    let order = Order::call(ARB_WASM, &ArbWasm::codehashKeepaliveCall { codehash: keccak256(&code) });
    // Without value the chain says what it wants.
    match chain.ask(from, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
        Ok(_) => Ok(Need::Send("extended by a year", order)),
        Err(data) if data.starts_with(&ArbWasm::ProgramKeepaliveTooSoon::SELECTOR) => {
            Ok(Need::Nothing("was activated too recently to be extended".to_owned()))
        }
        Err(data) => match ArbWasm::ProgramInsufficientValue::abi_decode(&data) {
            // What is not needed comes back.
            Ok(error) => Ok(Need::Send("extended by a year", order.with_value(deploy::with_room(error.want)))),
            Err(_) => Err(refused("ArbWasm", &data, &Context::default())),
        },
    }
}
