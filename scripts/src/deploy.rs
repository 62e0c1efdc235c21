//! Puts contracts on a chain: created, activated and constructed in one transaction by StylusDeployer, then kept in the
//! cache by a bid.

use abi::{ArbWasm, ArbWasmCache, CacheManager, StylusDeployer};
use alloy::{
    eips::BlockNumberOrTag,
    rpc::types::state::{AccountOverride, StateOverride},
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use anyhow::{Context, Result, bail};

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
    let deploy = StylusDeployer::deployCall {
        bytecode: creation(code.bytes()),
        initData: [&keccak256("stylus_constructor()")[..4], arguments].concat().into(),
        initValue: U256::ZERO,
        salt: B256::ZERO,
    };
    let order = Order::call(STYLUS_DEPLOYER, &deploy).with_value(fee);
    let transaction = chain.send(signer, order).await.with_context(|| format!("{} was not deployed", artifact.name))?;
    if let Some(data) = &transaction.reverted {
        bail!("{} was not deployed: StylusDeployer reverted with {data}", artifact.name);
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
    let cached = ArbWasmCache::codehashIsCachedCall { codehash: contract.code_hash };
    if chain.view(ARB_WASM_CACHE, &cached).await? {
        return Ok(None);
    }
    let program = contract.address;
    let order = match minimum_bid(chain, program).await? {
        Some((manager, bid)) => Order::call(manager, &CacheManager::placeBidCall { program }).with_value(bid),
        None => {
            let order = Order::call(ARB_WASM_CACHE, &ArbWasmCache::cacheProgramCall { program });
            let allowed = chain.ask(signer.address(), &order, BlockNumberOrTag::Latest, StateOverride::default()).await;
            if !matches!(allowed, Ok(Ok(_))) {
                return Ok(None);
            }
            order
        }
    };
    let transaction = chain.send(signer, order).await.context("the contract was not cached")?;
    if let Some(data) = &transaction.reverted {
        bail!("the contract was not cached: the call reverted with {data}");
    }
    if !chain.view(ARB_WASM_CACHE, &cached).await? {
        bail!("the contract is not in the cache, although the call for it succeeded");
    }
    Ok(Some(transaction))
}

/// Who takes bids, and the least one that would have a program cached now; none where nobody answers for the cache.
async fn minimum_bid(chain: &Chain, program: Address) -> Result<Option<(Address, U256)>> {
    let Some(manager) = cache_manager(chain).await? else { return Ok(None) };
    let order = Order::call(manager, &CacheManager::getMinBidCall { program });
    match chain.ask(Address::ZERO, &order, BlockNumberOrTag::Latest, StateOverride::default()).await? {
        Ok(output) => Ok(CacheManager::getMinBidCall::abi_decode_returns(&output).ok().map(|bid| (manager, bid.to()))),
        Err(data) => bail!("CacheManager at {manager} reverted with {data}"),
    }
}

/// Who takes bids for the cache on a chain.
pub(crate) async fn cache_manager(chain: &Chain) -> Result<Option<Address>> {
    Ok(chain.view(ARB_WASM_CACHE, &ArbWasmCache::allCacheManagersCall {}).await?.pop())
}

/// Wei to send for activating a code: what activating it now would cost, and a fifth more, for the price may rise until
/// then. What is not needed comes back. 0 where the code is active already.
async fn activation_fee(chain: &Chain, code: &Bytes) -> Result<U256> {
    let program = Address::from_word(keccak256(code));
    let overrides: StateOverride = [
        (program, AccountOverride { code: Some(code.clone()), ..AccountOverride::default() }),
        (NOBODY, AccountOverride { balance: Some(U256::MAX >> 1), ..AccountOverride::default() }),
    ]
    .into_iter()
    .collect();
    let order = Order::call(ARB_WASM, &ArbWasm::activateProgramCall { program }).with_value(U256::from(ETHER));
    match chain.ask(NOBODY, &order, BlockNumberOrTag::Latest, overrides).await? {
        Ok(output) => {
            let fee = ArbWasm::activateProgramCall::abi_decode_returns(&output).context("ArbWasm's answer")?.dataFee;
            Ok(fee + fee / U256::from(5))
        }
        Err(data) if **data == ArbWasm::ProgramUpToDate::SELECTOR => Ok(U256::ZERO),
        Err(data) => bail!("ArbWasm reverted with {data}"),
    }
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
