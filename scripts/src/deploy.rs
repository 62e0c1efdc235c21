//! Puts contracts on a chain: created, activated and constructed in one transaction by StylusDeployer, then kept in the
//! cache by a bid.

use abi::{ArbWasm, ArbWasmCache, CacheManager, StylusDeployer};
use alloy::{
    eips::BlockNumberOrTag,
    rpc::types::state::{AccountOverride, StateOverride},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use anyhow::{Context, Result, anyhow, bail};
use words::refusals::{self, Refusal};

use crate::{
    build::Artifact,
    chain::{Chain, Mined, Order},
};

/// Where StylusDeployer is on every Arbitrum chain.
pub(crate) const STYLUS_DEPLOYER: Address = address!("0xcEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// The precompile of programs.
pub(crate) const ARB_WASM: Address = address!("0x0000000000000000000000000000000000000071");
/// The precompile of cached programs.
pub(crate) const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");

/// Nobody: an account for calls that are never sent.
const NOBODY: Address = address!("0x6e6f626f64790000000000000000000000000001");
const ETHER: u64 = 1_000_000_000_000_000_000;

/// A contract on a chain.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    /// Where.
    pub(crate) address: Address,
    /// Of its code.
    pub(crate) code_hash: B256,
    /// Bytes of its code.
    pub(crate) code_size: usize,
    /// Gas of entering it.
    pub(crate) init_gas: u64,
    /// The same when it is cached.
    pub(crate) cached_gas: u64,
    /// The transaction that put it there.
    pub(crate) transaction: Mined,
}

/// Makes sure that a chain has what [`deploy`] needs, before anything is sent to it: a transaction to a deployer that
/// is not there would succeed, and take its value with it.
pub(crate) async fn check(chain: &Chain) -> Result<()> {
    if chain.code(STYLUS_DEPLOYER).await?.is_empty() {
        bail!(
            "chain {} has no StylusDeployer at {STYLUS_DEPLOYER}: nothing was sent; is this an Arbitrum chain with Stylus?",
            chain.id()
        );
    }
    Ok(())
}

/// Deploys a contract. `arguments` are those of its constructor, encoded.
pub(crate) async fn deploy(
    chain: &mut Chain,
    signer: &PrivateKeySigner,
    artifact: &Artifact,
    arguments: &[u8],
) -> Result<Deployed> {
    let code = &artifact.code;
    let fee = activation_fee(chain, code.bytes()).await.with_context(|| format!("{} cannot be activated", artifact.name))?;
    let order = order(code.bytes(), &init_data(arguments), B256::ZERO).with_value(with_room(fee));
    let transaction = chain.send(signer, order).await.with_context(|| format!("{} was not deployed", artifact.name))?;
    if let Some(data) = &transaction.reverted {
        return Err(anyhow!(refusal("StylusDeployer", data)).context(format!("{} was not deployed", artifact.name)));
    }
    let mut logs = transaction.logs.iter().filter(|log| log.address() == STYLUS_DEPLOYER);
    let address = logs
        .find_map(|log| StylusDeployer::ContractDeployed::decode_log_data(log.data()).ok())
        .with_context(|| format!("StylusDeployer did not say where {} is", artifact.name))?
        .deployedContract;
    let there = chain.code(address).await?;
    if there != *code.bytes() {
        bail!("the code at {address} is not the code of {} that was built", artifact.name);
    }
    let gas = chain.view(ARB_WASM, &ArbWasm::programInitGasCall { program: address }).await?;
    Ok(Deployed {
        address,
        code_hash: code.hash(),
        code_size: code.bytes().len(),
        init_gas: gas.gas,
        cached_gas: gas.gasWhenCached,
        transaction,
    })
}

/// Has a contract cached, if it is not and if that can be: by the least bid that CacheManager takes, or directly by
/// ArbWasmCache where the manager takes none and `signer` owns the chain. So it is on Nitro's development node, and on all that are
/// set up like it: the creation code published for its manager is cut off, and what it leaves there is 7,452 zero bytes.
pub(crate) async fn cache(chain: &mut Chain, signer: &PrivateKeySigner, contract: &Deployed) -> Result<Option<Mined>> {
    if is_cached(chain, contract.code_hash).await? {
        return Ok(None);
    }
    let Some(order) = cache_order(chain, signer.address(), contract.address).await? else { return Ok(None) };
    let transaction = chain.send(signer, order).await.context("the contract was not cached")?;
    if let Some(data) = &transaction.reverted {
        return Err(anyhow!(refusal("CacheManager", data)).context("the contract was not cached"));
    }
    if !is_cached(chain, contract.code_hash).await? {
        bail!("the contract is not in the cache, although the call for it succeeded");
    }
    Ok(Some(transaction))
}

/// Whether a code is in the cache.
pub(crate) async fn is_cached(chain: &Chain, codehash: B256) -> Result<bool> {
    chain.view(ARB_WASM_CACHE, &ArbWasmCache::codehashIsCachedCall { codehash }).await
}

/// What has a program cached that is not: the least bid, or the call of a chain's owner; none where neither can be.
pub(crate) async fn cache_order(chain: &Chain, from: Address, program: Address) -> Result<Option<Order>> {
    if let Some((manager, bid)) = minimum_bid(chain, program).await? {
        return Ok(Some(Order::call(manager, &CacheManager::placeBidCall { program }).with_value(bid)));
    }
    let order = Order::call(ARB_WASM_CACHE, &ArbWasmCache::cacheProgramCall { program });
    let allowed = chain.ask(from, &order, BlockNumberOrTag::Latest, StateOverride::default()).await;
    Ok(matches!(allowed, Ok(Ok(_))).then_some(order))
}

/// What StylusDeployer calls a new contract with: its constructor, with encoded arguments.
pub(crate) fn init_data(arguments: &[u8]) -> Bytes {
    [&keccak256("stylus_constructor()")[..4], arguments].concat().into()
}

/// The call that deploys a code; the activation's fee is to be added.
pub(crate) fn order(code: &Bytes, init_data: &Bytes, salt: B256) -> Order {
    let deploy =
        StylusDeployer::deployCall { bytecode: creation(code), initData: init_data.clone(), initValue: U256::ZERO, salt };
    Order::call(STYLUS_DEPLOYER, &deploy)
}

/// Where StylusDeployer puts a code with these arguments and a salt other than zero, whoever calls it.
pub(crate) fn address(code: &Bytes, init_data: &Bytes, salt: B256) -> Address {
    let salt = keccak256([salt.as_slice(), init_data].concat());
    STYLUS_DEPLOYER.create2_from_code(salt, creation(code))
}

/// Who takes bids, and the least one that would have a program cached now; none where nobody answers for the cache.
pub(crate) async fn minimum_bid(chain: &Chain, program: Address) -> Result<Option<(Address, U256)>> {
    let Some(manager) = cache_manager(chain).await? else { return Ok(None) };
    let order = Order::call(manager, &CacheManager::getMinBidCall { program });
    match chain.ask(Address::ZERO, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
        Ok(output) => Ok(CacheManager::getMinBidCall::abi_decode_returns(&output).ok().map(|bid| (manager, bid.to()))),
        Err(data) => Err(anyhow!(refusal("CacheManager", &data)).context(format!("CacheManager at {manager} names no bid"))),
    }
}

/// The least bid that would have a program of so many bytes cached now, wherever it will be; none where nobody takes bids.
pub(crate) async fn minimum_bid_for(chain: &Chain, size: u32) -> Result<Option<U256>> {
    sol!(function getMinBid(uint64 size) external view returns (uint192 min););
    let Some(manager) = cache_manager(chain).await? else { return Ok(None) };
    Ok(chain.view(manager, &getMinBidCall { size: size.into() }).await.ok().map(|bid| bid.to()))
}

/// Bytes that an active code takes of the cache.
pub(crate) async fn size_in_cache(chain: &Chain, codehash: B256) -> Result<u32> {
    sol!(function codehashAsmSize(bytes32 codehash) external view returns (uint32 size););
    chain.view(ARB_WASM, &codehashAsmSizeCall { codehash }).await
}

/// Who takes bids for the cache on a chain.
pub(crate) async fn cache_manager(chain: &Chain) -> Result<Option<Address>> {
    Ok(chain.view(ARB_WASM_CACHE, &ArbWasmCache::allCacheManagersCall {}).await?.pop())
}

/// Wei that activating a code would cost now; 0 where it is active already.
pub(crate) async fn activation_fee(chain: &Chain, code: &Bytes) -> Result<U256> {
    let program = Address::from_word(keccak256(code));
    let overrides: StateOverride = [
        (program, AccountOverride { code: Some(code.clone()), ..AccountOverride::default() }),
        (NOBODY, AccountOverride { balance: Some(U256::MAX >> 1), ..AccountOverride::default() }),
    ]
    .into_iter()
    .collect();
    let order = Order::call(ARB_WASM, &ArbWasm::activateProgramCall { program }).with_value(U256::from(ETHER));
    match chain.ask(NOBODY, &order, BlockNumberOrTag::Latest, overrides).await? {
        Ok(output) => Ok(ArbWasm::activateProgramCall::abi_decode_returns(&output).context("ArbWasm's answer")?.dataFee),
        Err(data) if **data == ArbWasm::ProgramUpToDate::SELECTOR => Ok(U256::ZERO),
        Err(data) => Err(anyhow!(refusal("ArbWasm", &data))),
    }
}

/// Wei to send for a fee of ArbWasm: a fifth more, for its price rises with every activation. What is not needed comes back.
pub(crate) fn with_room(fee: U256) -> U256 {
    fee + fee / U256::from(5)
}

/// What a contract refused with, in words.
fn refusal(contract: &str, data: &[u8]) -> String {
    Refusal::of(contract, data, &refusals::Context::default()).to_string()
}

/// EVM code that creates an account with this code: the one of cargo-stylus, so that it recognises the deployment.
fn creation(code: &Bytes) -> Bytes {
    // PUSH32 length, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, and a version of 0.
    let mut bytes = vec![0x7f];
    bytes.extend(U256::from(code.len()).to_be_bytes::<32>());
    bytes.extend([0x80, 0x60, 43, 0x60, 0, 0x39, 0x60, 0, 0xf3, 0]);
    bytes.extend(code);
    bytes.into()
}
