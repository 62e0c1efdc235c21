//! What ArbOS does around blocks and transactions: its version, the base fee and its backlog.

use alloy_primitives::{Address, B256, I256, U256, address};

use super::{
    Ledger, StylusParams, pricing,
    storage::{self, BASE_FEE, BLOCK_HASHES, CHAIN_OWNERS, UPGRADE_TIME, UPGRADE_VERSION, VERSION},
};

/// The newest ArbOS version that this node knows.
pub const NEWEST: u64 = 60;

/// The version that brought Stylus, with which every chain of this node begins before it is upgraded.
const FIRST: u64 = 30;

/// Who posts batches to the parent chain, and is every block's beneficiary.
pub const BATCH_POSTER: Address = address!("a4b000000000000000000073657175656e636572");

/// Where the fees for posting go.
pub const POSTING_FUNDS: Address = address!("a4b00000000000000000000000000000000000f6");

/// Writes ArbOS's initial state: its version, the Stylus parameters of that version, prices, the chain owner. Fees and
/// rewards go to the zero address, as on a dev chain of Nitro, until the owner says otherwise.
pub fn genesis(ledger: &mut dyn Ledger, version: u64, chain_id: u64, owner: Address) {
    VERSION.store(ledger, FIRST);
    storage::CHAIN_ID.store(ledger, chain_id);
    pricing::genesis(ledger);
    storage::BROTLI_LEVEL.store(ledger, 1);
    storage::MAX_BLOCK_GAS.store(ledger, 32_000_000);
    storage::L1_PRICE_PER_UNIT.store(ledger, U256::from(50_000_000_000u64));
    storage::L1_INERTIA.store(ledger, 10);
    storage::L1_REWARD_RATE.store(ledger, 10);
    storage::L1_EQUILIBRATION_UNITS.store(ledger, U256::from(160_000_000));
    storage::L1_PER_BATCH_GAS.store(ledger, I256::unchecked_from(210_000));
    storage::L1_COST_CAP_BIPS.store(ledger, u64::MAX);
    let Ok(()) = StylusParams::FIRST.save(ledger);
    let Ok(()) = CHAIN_OWNERS.add(ledger, owner);
    upgrade(ledger, version);
}

/// ArbOS version in force.
pub fn version(ledger: &mut dyn Ledger) -> u64 {
    VERSION.load(ledger)
}

/// Base fee of the next block in wei per gas.
pub fn base_fee(ledger: &mut dyn Ledger) -> u64 {
    BASE_FEE.load(ledger).saturating_to()
}

/// The start of a block at `now`, `passed` seconds after the one before: applies a scheduled upgrade, drains the
/// gas backlog and sets the base fee of the block that follows.
pub fn start_block(ledger: &mut dyn Ledger, now: u64, passed: u64) {
    pricing::update_base_fee(ledger, passed);
    let scheduled = UPGRADE_VERSION.load(ledger);
    if scheduled > version(ledger) && now >= UPGRADE_TIME.load(ledger) {
        upgrade(ledger, scheduled);
    }
}

/// Adds what a transaction computed to the gas backlog.
pub fn record_gas(ledger: &mut dyn Ledger, gas: u64) {
    pricing::add_to_backlog(ledger, gas);
}

/// Remembers the hash of a sealed block, for `ArbSys.arbBlockHash`. Call it before the block that follows begins.
pub fn record_block(ledger: &mut dyn Ledger, number: u64, hash: B256) {
    let Ok(()) = BLOCK_HASHES.set(ledger, block_key(number), hash.into());
}

/// The hash of one of the last 256 blocks.
pub(super) fn block_hash(ledger: &mut dyn Ledger, number: u64) -> B256 {
    let Ok(hash) = BLOCK_HASHES.get(ledger, block_key(number));
    hash.into()
}

fn block_key(number: u64) -> B256 {
    U256::from(number % 256).into()
}

/// Takes the steps of every version up to `target`.
pub(super) fn upgrade(ledger: &mut dyn Ledger, target: u64) {
    let mut params = StylusParams::load(ledger);
    for step in version(ledger) + 1..=target.min(NEWEST) {
        params.upgrade(step);
        if step == 50 {
            storage::MAX_TX_GAS.store(ledger, 32_000_000);
        }
        VERSION.store(ledger, step);
    }
    let Ok(()) = params.save(ledger);
}

/// What ArbOS asks of a transaction besides the base fee, and where its fees go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeRules {
    /// Gets the base fee of the computing gas.
    pub network_account: Address,
    /// Gets the minimum base fee's part of it, where it is not zero.
    pub infra_account: Address,
    /// The least base fee, in wei per gas.
    pub min_base_fee: U256,
    /// Wei per unit of posted data; a byte has 16 units.
    pub l1_price_per_unit: U256,
    /// Brotli level at which the posted size is measured.
    pub brotli_level: u64,
    /// Computing gas that fits a block.
    pub max_block_gas: u64,
    /// Computing gas of one transaction (from ArbOS 50; before it, [`Self::max_block_gas`]).
    pub max_tx_gas: u64,
    /// Whether EIP-7623's floor for calldata holds.
    pub calldata_floor: bool,
    /// Whether tips are collected rather than dropped.
    pub collect_tips: bool,
}

impl FeeRules {
    /// Reads them.
    pub fn load(ledger: &mut dyn Ledger) -> Self {
        let max_block_gas = storage::MAX_BLOCK_GAS.load(ledger);
        Self {
            network_account: storage::NETWORK_FEE_ACCOUNT.load(ledger),
            infra_account: storage::INFRA_FEE_ACCOUNT.load(ledger),
            min_base_fee: storage::MIN_BASE_FEE.load(ledger),
            l1_price_per_unit: storage::L1_PRICE_PER_UNIT.load(ledger),
            brotli_level: storage::BROTLI_LEVEL.load(ledger),
            max_block_gas,
            max_tx_gas: if version(ledger) < 50 { max_block_gas } else { storage::MAX_TX_GAS.load(ledger) },
            calldata_floor: storage::CALLDATA_PRICE_INCREASE.load(ledger),
            collect_tips: storage::COLLECT_TIPS.load(ledger),
        }
    }
}
