//! A chain, as far as an index asks it: blocks by number, logs by range.

use std::{collections::BTreeMap, future::IntoFuture, time::Duration};

use abi::Staking;
use alloy::{
    consensus::BlockHeader,
    network::TransactionBuilder,
    providers::{Provider, RootProvider},
    rpc::types::{Filter, Log, TransactionRequest},
    transports::{RpcError, TransportResult},
};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, bail};
use economics::EpochClock;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// A provider that has said nothing for this long will not.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a question is asked that is not answered.
const TRIES: u32 = 5;
/// Blocks asked for at the same time.
const AT_ONCE: usize = 16;

/// What is kept of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) number: u64,
    pub(super) hash: B256,
    pub(super) parent: B256,
    /// Seconds since 1970.
    pub(super) time: u64,
}

/// Why a range of logs was not given.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The provider answered, with an error: most often that the range or its result is too large, in words and codes of its own.
    #[error("the provider refused: {0}")]
    Said(String),
    /// The provider did not answer.
    #[error("the provider did not answer: {0}")]
    Silent(String),
}

/// A chain.
#[derive(Clone, Debug)]
pub(super) struct Source {
    provider: RootProvider,
}

impl Source {
    pub(super) async fn connect(url: &str) -> Result<Self> {
        let provider = RootProvider::connect(url).await.context("--rpc is no URL that can be reached")?;
        Ok(Self { provider })
    }

    pub(super) async fn chain_id(&self) -> Result<u64> {
        self.asked("its id", || self.provider.get_chain_id().into_future()).await
    }

    /// The number of the latest block.
    pub(super) async fn head(&self) -> Result<u64> {
        self.asked("how long it is", || self.provider.get_block_number().into_future()).await
    }

    /// A block; none where the chain is shorter.
    pub(super) async fn block(&self, number: u64) -> Result<Option<Block>> {
        let found = self.asked("a block", || self.provider.get_block_by_number(number.into()).into_future()).await?;
        Ok(found.map(|found| Block {
            number,
            hash: found.header.hash,
            parent: found.header.parent_hash(),
            time: found.header.timestamp(),
        }))
    }

    /// Blocks by their numbers. Those that the chain does not have are left out.
    pub(super) async fn blocks(&self, numbers: impl IntoIterator<Item = u64>) -> Result<BTreeMap<u64, Block>> {
        let mut numbers = numbers.into_iter();
        let mut asked = JoinSet::new();
        let mut ask = |asked: &mut JoinSet<Result<Option<Block>>>| {
            if let Some(number) = numbers.next() {
                let source = self.clone();
                asked.spawn(async move { source.block(number).await });
            }
        };
        (0..AT_ONCE).for_each(|_| ask(&mut asked));
        let mut found = BTreeMap::new();
        while let Some(block) = asked.join_next().await {
            ask(&mut asked);
            found.extend(block.context("a request was cut off")??.map(|block| (block.number, block)));
        }
        Ok(found)
    }

    /// What the contracts logged from one block to another, both included, in order, each once; never a log that was taken back.
    pub(super) async fn logs(&self, contracts: &[Address], from: u64, to: u64) -> Result<Vec<Log>, Refusal> {
        let filter = Filter::new().address(contracts.to_vec()).from_block(from).to_block(to);
        let mut given = self.logs_at_once(&filter).await;
        if matches!(given, Err(Refusal::Silent(_))) {
            // Once more: one lost answer does not make a range too large.
            given = self.logs_at_once(&filter).await;
        }
        let mut logs = given?;
        logs.retain(|log| !log.removed);
        let place = |log: &Log| (log.block_number, log.log_index, log.block_hash);
        logs.sort_by_key(place);
        logs.dedup_by_key(|log| place(log));
        Ok(logs)
    }

    async fn logs_at_once(&self, filter: &Filter) -> Result<Vec<Log>, Refusal> {
        let asked = timeout(PATIENCE, self.provider.get_logs(filter)).await;
        let given = asked.map_err(|_| Refusal::Silent(format!("nothing came in {} s", PATIENCE.as_secs())))?;
        given.map_err(|error| match &error {
            RpcError::ErrorResp(said) => Refusal::Said(said.to_string()),
            _ => Refusal::Silent(error.to_string()),
        })
    }

    /// The logs of one block, asked for contract by contract: for a provider to which all together are too many.
    pub(super) async fn logs_of_block(&self, contracts: &[Address], block: u64) -> Result<Vec<Log>, Refusal> {
        let mut logs = Vec::new();
        for contract in contracts {
            logs.extend(self.logs(&[*contract], block, block).await?);
        }
        logs.sort_by_key(|log| log.log_index);
        Ok(logs)
    }

    /// The clock that every contract was constructed with, as staking tells it.
    pub(super) async fn clock(&self, staking: Address) -> Result<EpochClock> {
        let genesis = self.view(staking, Staking::genesisCall {}).await?;
        let length = self.view(staking, Staking::epochLengthCall {}).await?;
        let clock = EpochClock::new(genesis.saturating_to(), length.saturating_to());
        clock.with_context(|| format!("the contract at {staking} has epochs of {length} s: it is no staking contract of ours"))
    }

    async fn view<C: SolCall>(&self, contract: Address, call: C) -> Result<C::Return> {
        let request = TransactionRequest::default().with_to(contract).with_input(call.abi_encode());
        let output = self.asked(C::SIGNATURE, || self.provider.call(request.clone()).into_future()).await?;
        if output.is_empty() {
            bail!("there is no contract at {contract}: is this the deployment file of this chain?");
        }
        C::abi_decode_returns(&output).with_context(|| format!("{} of {contract} answered {output}", C::SIGNATURE))
    }

    /// Asks, and asks again where there was no answer: only an error that the chain itself gives is an answer.
    async fn asked<T, F>(&self, what: &str, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = TransportResult<T>>,
    {
        for tried in 0..TRIES {
            match timeout(PATIENCE, ask()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(RpcError::ErrorResp(said))) => bail!("the chain was asked for {what}, and said: {said}"),
                Ok(Err(error)) if tried + 1 == TRIES => {
                    return Err(error).with_context(|| format!("the chain does not say {what}: is a node running at this URL?"));
                }
                Ok(Err(_)) | Err(_) => sleep(Duration::from_millis(100 << tried)).await,
            }
        }
        bail!("the chain does not say {what}: nothing came in {} s, {TRIES} times", PATIENCE.as_secs())
    }
}
