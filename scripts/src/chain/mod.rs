//! A chain as a client sees it: transactions in, what became of them out.

mod clock;
mod dev;
mod endpoint;
mod gas;
mod price;

use std::time::Duration;

use alloy::{
    consensus::BlockHeader,
    eips::{BlockNumberOrTag, Encodable2718},
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    providers::{Provider, RootProvider},
    rpc::types::{Log, TransactionReceipt, TransactionRequest, state::StateOverride},
    signers::local::PrivateKeySigner,
    transports::{RpcError, TransportErrorKind},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, bail, ensure};
use tokio::time::{Instant, sleep};

use clock::Clock;
pub(crate) use clock::STEP;
pub(crate) use endpoint::provider;
pub use gas::GasParts;
pub(crate) use price::{Dear, MOST_PRICE, limit, offer};

/// How long a transaction may take to be in a block.
const PATIENCE: Duration = Duration::from_secs(120);

/// A chain, over JSON-RPC.
#[derive(Debug)]
pub(crate) struct Chain {
    provider: RootProvider,
    id: u64,
    clock: Clock,
    profiles_gas: bool,
}

/// A transaction to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Whom it calls.
    pub(crate) to: Address,
    /// Wei sent along.
    pub(crate) value: U256,
    /// What it calls.
    pub(crate) input: Bytes,
    /// Its gas limit; estimated where there is none.
    pub(crate) gas: Option<u64>,
}

impl Order {
    /// A call without value, its gas estimated.
    pub(crate) fn call(to: Address, call: &impl SolCall) -> Self {
        Self { to, value: U256::ZERO, input: call.abi_encode().into(), gas: None }
    }

    /// Sends wei along.
    pub(crate) fn with_value(self, value: U256) -> Self {
        Self { value, ..self }
    }
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub(crate) struct Mined {
    /// Who sent it.
    pub(crate) from: Address,
    /// What was sent.
    pub(crate) order: Order,
    /// Its hash.
    pub(crate) hash: B256,
    /// Its block's number.
    pub(crate) block: u64,
    /// Its block's timestamp.
    pub(crate) time: u64,
    /// Gas used.
    pub(crate) gas_used: u64,
    /// What the gas went to, where the chain tells.
    pub(crate) gas: Option<GasParts>,
    /// What it logged.
    pub(crate) logs: Vec<Log>,
    /// With what it reverted, if it did.
    pub(crate) reverted: Option<Bytes>,
}

/// A transaction that was sent, and is in no block.
#[derive(Debug, thiserror::Error)]
#[error("the transaction {hash} was not mined within {} s: look it up before you send anything again", PATIENCE.as_secs())]
pub(crate) struct Unmined {
    /// Its hash.
    pub(crate) hash: B256,
}

/// What a call gave: its output, or the data it reverted with.
pub(crate) type Answer = std::result::Result<Bytes, Bytes>;

impl Chain {
    /// Connects to a chain. `start` is the second at which its clock shall stand, where that can be chosen.
    pub(crate) async fn connect(url: &str, start: Option<u64>) -> Result<Self> {
        let provider = provider(url)?;
        let id = provider.get_chain_id().await.context("the chain does not answer: is a node running at this URL?")?;
        let clock = Clock::find(&provider, start).await?;
        let profiles_gas = gas::offered(&provider).await;
        Ok(Self { provider, id, clock, profiles_gas })
    }

    /// The connection, for what is asked of the node and of no contract.
    pub(crate) fn provider(&self) -> &RootProvider {
        &self.provider
    }

    /// How often to look whether something has happened.
    pub(crate) fn polling(&self) -> Duration {
        self.clock.polling()
    }

    /// Connects to a chain whose clock is nobody's to move: to do one thing on a network that stands.
    pub(crate) async fn attach(url: &str) -> Result<Self> {
        let provider = provider(url)?;
        let id = provider.get_chain_id().await.context("the chain does not answer: is a node running at this URL?")?;
        Ok(Self { provider, id, clock: Clock::Real, profiles_gas: false })
    }

    /// Its chain id.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Whether its time can be moved.
    pub(crate) fn moves_time(&self) -> bool {
        self.clock.moves()
    }

    /// Lets time pass, where it can be moved.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.clock.pass(seconds);
    }

    /// Has the next block stand at this second, where time can be moved; later if it would stand later anyway.
    pub(crate) fn reach(&mut self, time: u64) {
        self.clock.reach(time);
    }

    /// The latest block's timestamp.
    pub(crate) async fn time(&self) -> Result<u64> {
        self.time_of(BlockNumberOrTag::Latest).await
    }

    /// Code of an account.
    pub(crate) async fn code(&self, account: Address) -> Result<Bytes> {
        self.provider.get_code_at(account).await.with_context(|| format!("no code could be read of {account}"))
    }

    /// Wei of an account.
    pub(crate) async fn balance(&self, account: Address) -> Result<U256> {
        self.provider.get_balance(account).await.with_context(|| format!("no balance could be read of {account}"))
    }

    /// Wei of a gas, now.
    pub(crate) async fn gas_price(&self) -> Result<U256> {
        self.provider.get_gas_price().await.map(U256::from).context("no gas price")
    }

    /// Sends a transaction and waits until it is in a block.
    pub(crate) async fn send(&mut self, signer: &PrivateKeySigner, order: Order) -> Result<Mined> {
        self.send_by(signer.address(), &EthereumWallet::from(signer.clone()), order).await
    }

    /// The same, signed by whatever signs for `from`.
    pub(crate) async fn send_by(&mut self, from: Address, wallet: &EthereumWallet, order: Order) -> Result<Mined> {
        self.clock.before_block(&self.provider).await?;
        let price = self.provider.get_gas_price().await.context("no gas price")?;
        let nonce = self.provider.get_transaction_count(from).pending().await.context("no nonce")?;
        let request = TransactionRequest::default()
            .with_from(from)
            .with_to(order.to)
            .with_value(order.value)
            .with_input(order.input.clone())
            .with_nonce(nonce)
            .with_chain_id(self.id)
            .with_max_fee_per_gas(offer(price)?)
            .with_max_priority_fee_per_gas(0);
        let gas = match order.gas {
            Some(gas) => gas,
            None => {
                let estimate = self.provider.estimate_gas(request.clone()).await;
                let estimate = estimate.with_context(|| format!("the transaction to {} would fail", order.to))?;
                limit(estimate)?
            }
        };
        let signed = request.with_gas_limit(gas).build(wallet).await.context("the transaction could not be signed")?;
        let raw = signed.encoded_2718();
        let sent = self.provider.send_raw_transaction(&raw).await;
        let hash = *sent.with_context(|| format!("the node refused the transaction of {from} to {}", order.to))?.tx_hash();
        let receipt = self.receipt(hash).await?;
        self.mined(from, order, receipt).await
    }

    /// Calls without sending. A revert is an answer, everything else an error.
    pub(crate) async fn ask(
        &self,
        from: Address,
        order: &Order,
        at: BlockNumberOrTag,
        overrides: StateOverride,
    ) -> Result<Answer> {
        let mut request = TransactionRequest::default()
            .with_from(from)
            .with_to(order.to)
            .with_value(order.value)
            .with_input(order.input.clone());
        request.gas = order.gas;
        match self.provider.call(request).block(at.into()).overrides(overrides).await {
            Ok(output) => Ok(Ok(output)),
            Err(error) => match revert_data(&error) {
                Some(data) => Ok(Err(data)),
                None => Err(error).with_context(|| format!("the call to {} failed", order.to)),
            },
        }
    }

    /// Reads from a contract, at the latest block.
    pub(crate) async fn view<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return> {
        let order = Order::call(contract, call);
        match self.ask(Address::ZERO, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
            Ok(output) => C::abi_decode_returns(&output)
                .with_context(|| format!("{} of {contract} answered {output}, which is something else", C::SIGNATURE)),
            Err(data) => bail!("{} of {contract} reverted with {data}", C::SIGNATURE),
        }
    }

    async fn receipt(&self, hash: B256) -> Result<TransactionReceipt> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let receipt = self.provider.get_transaction_receipt(hash).await.context("no receipt")?;
            // That of another transaction says nothing about this one.
            if let Some(receipt) = receipt.filter(|receipt| receipt.transaction_hash == hash) {
                return Ok(receipt);
            }
            ensure!(Instant::now() < deadline, Unmined { hash });
            sleep(self.clock.polling()).await;
        }
    }

    async fn mined(&mut self, from: Address, order: Order, receipt: TransactionReceipt) -> Result<Mined> {
        let hash = receipt.transaction_hash;
        let block = receipt.block_number.with_context(|| format!("the receipt of {hash} names no block"))?;
        let time = self.time_of(block.into()).await?;
        self.clock.saw(time);
        let reverted = if receipt.status() {
            None
        } else {
            // The state is the one before: what reverts now, reverts in the same way as it did in this block.
            let again = self.ask(from, &order, block.into(), StateOverride::default()).await?;
            Some(again.err().with_context(|| format!("the transaction {hash} failed, and does not fail when called again"))?)
        };
        let gas = if self.profiles_gas { Some(gas::of(&self.provider, hash, receipt.gas_used).await?) } else { None };
        let logs = receipt.logs().to_vec();
        Ok(Mined { from, order, hash, block, time, gas_used: receipt.gas_used, gas, logs, reverted })
    }

    async fn time_of(&self, block: BlockNumberOrTag) -> Result<u64> {
        let found = self.provider.get_block_by_number(block).await.with_context(|| format!("no block {block}"))?;
        Ok(found.with_context(|| format!("there is no block {block}"))?.header.timestamp())
    }
}

/// The data of a revert that is somewhere in an error.
pub(crate) fn revert_in(error: &anyhow::Error) -> Option<Bytes> {
    error.chain().find_map(|cause| revert_data(cause.downcast_ref()?))
}

/// The data of a revert; none where the node said something else.
fn revert_data(error: &RpcError<TransportErrorKind>) -> Option<Bytes> {
    let payload = error.as_error_resp()?;
    payload.as_revert_data().or_else(|| (payload.code == 3).then(Bytes::new))
}
