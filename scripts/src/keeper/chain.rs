//! The chain as the keeper asks it: everything at one block, so that what is decided fits together.

use std::{
    future::IntoFuture,
    time::{SystemTime, UNIX_EPOCH},
};

use abi::{AppFees, MinerPool, MinerRewards};
use alloy::{
    consensus::BlockHeader,
    eips::BlockId,
    network::TransactionBuilder,
    providers::{Provider, RootProvider},
    rpc::types::{BlockOverrides, TransactionReceipt, TransactionRequest},
    transports::{RpcError, TransportError},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use economics::clock::EpochClock;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::endpoints::Endpoints;

/// Why the chain did not answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No endpoint answers.
    #[error("no endpoint answers; the last: {0}")]
    Unreachable(String),
    /// The node refuses.
    #[error("the node refuses: {message}")]
    Refused {
        /// In its words.
        message: String,
        /// What a contract reverted with.
        data: Option<Bytes>,
    },
    /// The answer is something else.
    #[error("{0}")]
    Nonsense(String),
}

impl From<TransportError> for Trouble {
    fn from(error: TransportError) -> Self {
        match error {
            RpcError::ErrorResp(payload) => {
                Self::Refused { data: payload.as_revert_data(), message: payload.message.into_owned() }
            }
            RpcError::Transport(kind) => Self::Unreachable(kind.to_string()),
            other => Self::Nonsense(format!("an answer makes no sense: {other}")),
        }
    }
}

/// A chain.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) endpoints: Endpoints,
    pub(crate) provider: RootProvider,
}

/// The newest block, and what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    /// Its timestamp.
    pub(crate) time: u64,
    /// Wei per gas.
    pub(crate) base_fee: u64,
    /// Now, in seconds since 1970: where nobody sends, no block comes and the chain's clock stands, so ours counts too.
    pub(crate) now: u64,
}

/// The contracts, as the pool names them. Nothing of it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contracts {
    pub(crate) pool: Address,
    pub(crate) app_fees: Address,
    pub(crate) miner_rewards: Address,
    genesis: u64,
    epoch_length: u64,
    pub(crate) grace: u64,
}

/// What time it is, in seconds since 1970: by the newest block that was seen, and by our clock, which may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) chain: Option<u64>,
    pub(crate) ours: u64,
}

impl Times {
    /// The later of both: where nobody sends, no block comes and the chain's clock stands.
    pub(crate) fn latest(self) -> u64 {
        self.chain.map_or(self.ours, |it| it.max(self.ours))
    }

    /// The one that counts, if it is known.
    pub(crate) fn surest(self) -> u64 {
        self.chain.unwrap_or(self.ours)
    }
}

impl Contracts {
    /// Epochs. (The pool would not stand with a length that is out of bounds.)
    pub(crate) fn clock(&self) -> EpochClock {
        EpochClock::new(self.genesis, self.epoch_length).unwrap_or(EpochClock::LONGEST)
    }

    /// From when on vouchers of an epoch do not count.
    pub(crate) fn deadline(&self, epoch: u64) -> u64 {
        self.clock().end(economics::clock::Epoch(epoch)).saturating_add(self.grace)
    }
}

impl Head {
    /// Whether a block is as deep as it must be to count.
    pub(crate) fn confirms(&self, block: u64, confirmations: u64) -> bool {
        self.number + 1 >= block.saturating_add(confirmations)
    }

    fn overrides(&self) -> Option<BlockOverrides> {
        // Only where it is needed: not every provider takes them.
        let ahead = self.now > self.time;
        ahead.then(|| BlockOverrides { time: Some(self.now), ..BlockOverrides::default() })
    }
}

impl Chain {
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        let provider = RootProvider::new(endpoints.client());
        Self { endpoints, provider }
    }

    /// The newest block.
    pub(crate) async fn head(&self) -> Result<Head, Trouble> {
        let block = self.provider.get_block_by_number(Default::default()).await?;
        let block = block.ok_or_else(|| Trouble::Nonsense("there is no latest block".into()))?;
        let time = block.header.timestamp();
        Ok(Head {
            number: block.header.number(),
            hash: block.header.hash,
            time,
            base_fee: block.header.base_fee_per_gas().unwrap_or_default(),
            now: time.max(seconds()),
        })
    }

    /// The contracts around a pool, each of which must name the others.
    pub(crate) async fn contracts(&self, pool: Address, head: &Head) -> Result<Contracts, Trouble> {
        let app_fees = self.view(pool, MinerPool::appFeesCall {}, head).await?;
        let (miner_rewards, genesis, epoch_length, grace, wired) = tokio::try_join!(
            self.view(pool, MinerPool::minerRewardsCall {}, head),
            self.view(pool, MinerPool::genesisCall {}, head),
            self.view(pool, MinerPool::epochLengthCall {}, head),
            self.view(pool, MinerPool::graceCall {}, head),
            self.view(app_fees, AppFees::minerPoolCall {}, head),
        )?;
        let back = self.view(miner_rewards, MinerRewards::minerPoolCall {}, head).await?;
        for (name, contract, named) in [("app-fees", app_fees, wired), ("miner-rewards", miner_rewards, back)] {
            if named != pool {
                return Err(Trouble::Nonsense(format!(
                    "{name} at {contract} names {named} as its pool, not {pool}: is the network wired?"
                )));
            }
        }
        let number = |value: U256| value.saturating_to();
        let (genesis, epoch_length, grace) = (number(genesis), number(epoch_length), number(grace));
        Ok(Contracts { pool, app_fees, miner_rewards, genesis, epoch_length, grace })
    }

    /// Reads from a contract.
    pub(crate) async fn view<C: SolCall>(&self, contract: Address, call: C, head: &Head) -> Result<C::Return, Trouble> {
        self.call_as(Address::ZERO, contract, call, head).await
    }

    /// What a call would return.
    pub(crate) async fn call_as<C: SolCall>(
        &self,
        from: Address,
        contract: Address,
        call: C,
        head: &Head,
    ) -> Result<C::Return, Trouble> {
        let request = TransactionRequest::default().with_from(from).with_to(contract).with_input(call.abi_encode());
        let ask = |clock| {
            let asked = self.provider.call(request.clone()).block(BlockId::number(head.number));
            asked.with_block_overrides_opt(clock).into_future()
        };
        let output = by_our_clock(head, ask).await?;
        C::abi_decode_returns(&output).map_err(|_| {
            let code =
                if output.is_empty() { "nothing: is it the right contract, on the right chain?" } else { "something else" };
            Trouble::Nonsense(format!("{} at {contract} answers {code}", C::SIGNATURE))
        })
    }

    /// Gas that a call needs now.
    pub(crate) async fn estimate(&self, from: Address, to: Address, input: &Bytes, head: &Head) -> Result<u64, Trouble> {
        let request = TransactionRequest::default().with_from(from).with_to(to).with_input(input.clone());
        let ask = |clock| {
            let asked = self.provider.estimate_gas(request.clone()).block(BlockId::number(head.number));
            asked.with_block_overrides_opt(clock).into_future()
        };
        by_our_clock(head, ask).await
    }

    /// How many transactions of an account the chain has, as of a block.
    pub(crate) async fn count(&self, account: Address, head: &Head) -> Result<u64, Trouble> {
        Ok(self.provider.get_transaction_count(account).block_id(BlockId::number(head.number)).await?)
    }

    /// How many there will be when all that wait are mined.
    pub(crate) async fn pending_count(&self, account: Address) -> Result<u64, Trouble> {
        Ok(self.provider.get_transaction_count(account).pending().await?)
    }

    /// Wei of an account.
    pub(crate) async fn balance(&self, account: Address) -> Result<U256, Trouble> {
        Ok(self.provider.get_balance(account).await?)
    }

    /// Where a transaction was mined, if it was.
    pub(crate) async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>, Trouble> {
        Ok(self.provider.get_transaction_receipt(hash).await?)
    }

    /// Hands in a signed transaction.
    pub(crate) async fn send(&self, raw: &[u8]) -> Result<(), Trouble> {
        Ok(self.provider.send_raw_transaction(raw).await.map(drop)?)
    }
}

/// Asks by our clock where it is ahead of the chain's; and by the chain's where the node does not know how to do that, for not
/// every provider does.
async fn by_our_clock<T, F>(head: &Head, ask: impl Fn(Option<BlockOverrides>) -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, TransportError>>,
{
    let clock = head.overrides();
    let asked_for = clock.is_some();
    match ask(clock).await.map_err(Trouble::from) {
        Err(Trouble::Refused { data: None, .. }) if asked_for => Ok(ask(None).await?),
        answer => answer,
    }
}

/// Now, in seconds since 1970.
pub(crate) fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Now, in milliseconds since 1970.
pub(crate) fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    i64::try_from(since).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use axum::{Json, Router, routing::post};
    use serde_json::{Value, json};

    /// A provider that takes no more parameters than are usual, and answers 7.
    #[tokio::test]
    async fn a_provider_that_cannot_move_the_clock_is_asked_by_its_own() {
        let answer = |Json(request): Json<Value>| async move {
            let most = if request["method"] == "eth_call" { 2 } else { 3 };
            let given = request["params"].as_array().map_or(0, Vec::len);
            let (name, value) = match request["method"].as_str() {
                Some("eth_chainId") => ("result", json!("0x2a")),
                Some("eth_getBlockByNumber") => ("result", json!({ "hash": B256::ZERO })),
                _ if given > most => ("error", json!({ "code": -32602, "message": "too many arguments" })),
                Some("eth_call") => ("result", json!(B256::with_last_byte(7))),
                _ => ("result", json!("0x7")),
            };
            Json(json!({ "jsonrpc": "2.0", "id": request["id"], name: value }))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
        let chain = Chain::new(Endpoints::new(&[url], 42, None, Duration::from_secs(5)).expect("endpoints"));
        for now in [5, 9] {
            let head = Head { number: 10, hash: B256::ZERO, time: 5, base_fee: 1, now };
            assert_eq!(chain.view(Address::ZERO, MinerPool::dueCall {}, &head).await, Ok(U256::from(7)));
            assert_eq!(chain.estimate(Address::ZERO, Address::ZERO, &Bytes::new(), &head).await, Ok(7));
        }
    }

    #[test]
    fn a_block_counts_from_its_confirmations_on() {
        let head = Head { number: 10, hash: B256::ZERO, time: 5, base_fee: 1, now: 5 };
        assert!(head.confirms(10, 1) && head.confirms(8, 3) && head.confirms(0, 11));
        assert!(!head.confirms(10, 2) && !head.confirms(9, 3) && !head.confirms(11, 1));
    }

    #[test]
    fn the_chains_clock_is_moved_only_where_it_stands() {
        let head = Head { number: 10, hash: B256::ZERO, time: 5, base_fee: 1, now: 5 };
        assert_eq!(head.overrides(), None);
        assert_eq!(Head { now: 8, ..head }.overrides().and_then(|it| it.time), Some(8));
    }
}
