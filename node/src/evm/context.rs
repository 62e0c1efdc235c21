//! The block and the transaction as revm sees them, and what Arbitrum's rules need besides.

use std::rc::Rc;

use alloy_primitives::{Address, B256, U256};
use revm::{
    Context,
    context::{BlockEnv as RevmBlock, CfgEnv, Journal, TxEnv},
    database_interface::WrapDatabaseRef,
    primitives::{TxKind, hardfork::SpecId},
};

use super::{BlockEnv, GasProfile, Message, price::Price, trace::Tracer};
use crate::{arbos::BATCH_POSTER, state::State, vm::Pages};

/// Gas limit that every block states. What really limits a block is its compute gas.
pub(super) const BLOCK_GAS_LIMIT: u64 = 1 << 50;

/// Bytes of code that an account may hold.
pub(super) const MAX_CODE_SIZE: usize = 24_576;

/// revm's context over a state, with [`Scope`] where chains put their own.
pub(super) type Ctx<'a> =
    Context<RevmBlock, TxEnv, CfgEnv, WrapDatabaseRef<&'a State>, Journal<WrapDatabaseRef<&'a State>>, Scope>;

/// What Arbitrum keeps for the time of one transaction.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The block.
    pub(super) block: Rc<BlockEnv>,
    /// Code hashes of the programs that ran in this block, as [`BlockEnv::recent_programs`].
    pub(super) recent_programs: Vec<B256>,
    /// What the host function `tx_gas_price` tells.
    pub(super) gas_price: U256,
    /// Wei that this transaction pays for posting.
    pub(super) poster_fee: U256,
    /// Memory pages of all programs.
    pub(super) pages: Pages,
    /// Frames that are open, outermost first.
    pub(super) open: Vec<OpenFrame>,
    /// What programs spent gas on.
    pub(super) profile: GasProfile,
    /// What went wrong in the outermost frame, where its result does not say.
    pub(super) failure: Option<String>,
    /// Why the latest revert without data happened.
    pub(super) reason: Option<String>,
    /// Collects steps, where they were asked for.
    pub(super) tracer: Option<Tracer>,
    /// Text from the debug console.
    pub(super) console: Vec<String>,
}

/// A frame that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenFrame {
    /// The account that acts.
    pub(super) acting: Address,
    /// Who called.
    pub(super) caller: Address,
    /// Another account's code acts for it (DELEGATECALL, CALLCODE).
    pub(super) delegated: bool,
}

impl Scope {
    /// ArbOS version in force.
    pub(super) fn arbos(&self) -> u64 {
        self.block.arbos
    }

    /// Whether `address` acts in more than one open frame, delegations not counted.
    pub(super) fn is_reentrant(&self, address: Address) -> bool {
        self.open.iter().filter(|frame| frame.acting == address && !frame.delegated).nth(1).is_some()
    }
}

/// Ethereum's rules at an ArbOS version: Shanghai from 11, Cancun from 20, Prague from 40, Osaka from 50.
pub(super) fn fork(arbos: u64) -> SpecId {
    match arbos {
        0..11 => SpecId::MERGE,
        11..20 => SpecId::SHANGHAI,
        20..40 => SpecId::CANCUN,
        40..50 => SpecId::PRAGUE,
        _ => SpecId::OSAKA,
    }
}

/// The context of one message.
pub(super) fn context<'a>(chain_id: u64, state: &'a State, block: &BlockEnv, message: &Message, price: Price) -> Ctx<'a> {
    let mut cfg = CfgEnv::new_with_spec(fork(block.arbos)).with_chain_id(chain_id);
    cfg.limit_contract_code_size = Some(MAX_CODE_SIZE);
    // Creations that start with 0xEF are judged by `frames`, which knows the prefixes that Stylus waives.
    cfg.disable_eip3541 = true;
    Context::<RevmBlock, TxEnv, CfgEnv, _>::new(WrapDatabaseRef(state), SpecId::default())
        .with_cfg(cfg)
        .with_block(RevmBlock {
            number: U256::from(block.l1_number),
            beneficiary: BATCH_POSTER,
            timestamp: U256::from(block.timestamp),
            gas_limit: BLOCK_GAS_LIMIT,
            basefee: price.base_fee,
            difficulty: U256::ONE,
            prevrandao: Some(B256::with_last_byte(1)),
            blob_excess_gas_and_price: None,
            slot_num: 0,
        })
        .with_tx(TxEnv {
            caller: message.from,
            gas_limit: message.gas_limit,
            gas_price: price.effective,
            kind: message.to.map_or(TxKind::Create, TxKind::Call),
            value: message.value,
            data: message.input.clone(),
            chain_id: Some(chain_id),
            ..TxEnv::default()
        })
        .with_chain(Scope {
            block: Rc::new(block.clone()),
            recent_programs: block.recent_programs.clone(),
            gas_price: U256::from(price.told),
            ..Scope::default()
        })
}
