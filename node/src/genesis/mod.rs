//! The chain as it is before its first block: as stylus-tools' devnet leaves it when it is ready for use.

mod accounts;
mod cache_manager;

use alloy_primitives::{Address, Bytes, U256, address, hex};
use alloy_sol_types::{SolCall, sol};

pub use accounts::{DevAccount, dev_accounts};

use crate::{
    arbos,
    evm::{BlockEnv, Evm, Message, Refused},
    state::State,
};

/// The chain id of Arbitrum's devnets.
pub const CHAIN_ID: u64 = 412_346;

/// Deploys by CREATE2: calldata is a salt and a creation code.
pub const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");

/// Deploys, activates and initialises a program in one transaction.
pub const STYLUS_DEPLOYER: Address = address!("cecba2f1dc234f70dd89f2041029807f8d03a990");

/// Takes bids and caches programs; what stands there is told in `genesis/README.md`.
pub const CACHE_MANAGER: Address = address!("2f8bd4eab69764c105add7de7cb0402557a44e6f");

/// What is deployed from the start, by name.
pub const PREDEPLOYED: [(&str, Address); 3] =
    [("CREATE2 factory", CREATE2_FACTORY), ("StylusDeployer", STYLUS_DEPLOYER), ("CacheManager", CACHE_MANAGER)];

/// Signs nothing but the keyless transaction that deploys the factory.
const FACTORY_DEPLOYER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");

const ARB_OWNER: Address = Address::with_last_byte(0x70);
const ARB_DEBUG: Address = Address::with_last_byte(0xff);

/// Nitro's precompiles, those that this node does not have included: all have the code of an invalid instruction, so
/// that a call of one of the latter fails rather than seem to succeed.
const PRECOMPILES: [u8; 18] =
    [0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0xff];

static CREATE2_FACTORY_CODE: &[u8] = include_bytes!("create2_factory.bin");
static CACHE_MANAGER_CODE: &[u8] = include_bytes!("cache_manager.bin");
static STYLUS_DEPLOYER_CODE: &[u8] = include_bytes!("stylus_deployer.bin");

sol! {
    function becomeChainOwner();
    function setL1PricePerUnit(uint256 pricePerUnit);
    function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp);
    function addWasmCacheManager(address manager);
}

/// Why a chain cannot begin.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GenesisError {
    /// There is no such version, or this node does not know it.
    #[error("ArbOS {0} is not supported: choose a version from 30 to {newest}", newest = arbos::NEWEST)]
    Version(u64),
    /// A transaction that sets the chain up was refused.
    #[error("setting the chain up: {step}: {refused}")]
    Refused {
        /// What it was to do.
        step: &'static str,
        /// Why it was refused.
        refused: Refused,
    },
    /// A transaction that sets the chain up failed.
    #[error("setting the chain up: {step} failed: {reason}")]
    Failed {
        /// What it was to do.
        step: &'static str,
        /// Why it failed.
        reason: String,
    },
}

/// The state before the first block, at an ArbOS version. It is made as stylus-tools makes it, by the same transactions
/// in the same order, so that the dev account's next contract has the same address here as there. Then CacheManager's code,
/// which does nothing there, gives way to one that works.
pub fn genesis(evm: &Evm, version: u64, chain_id: u64) -> Result<State, GenesisError> {
    if !(30..=arbos::NEWEST).contains(&version) {
        return Err(GenesisError::Version(version));
    }
    let accounts = dev_accounts();
    let owner = accounts[0].address;
    let mut state = State::default();
    arbos::genesis(&mut state, version, chain_id, owner);
    let invalid = Bytes::from_static(&[0xfe]);
    state.set_code(arbos::ARBOS_ADDRESS, invalid.clone());
    for low_byte in PRECOMPILES {
        state.set_code(Address::with_last_byte(low_byte), invalid.clone());
    }
    for account in accounts {
        state.account_mut(account.address).balance = account.balance();
    }

    let mut setup = Setup { evm, block: first_block(&mut state, version), state };
    setup.run("becoming chain owner", owner, Some(ARB_DEBUG), becomeChainOwnerCall {}.abi_encode())?;
    let free_posting = setL1PricePerUnitCall { pricePerUnit: U256::ZERO }.abi_encode();
    setup.run("making posting free", owner, Some(ARB_OWNER), free_posting)?;
    let upgrade = scheduleArbOSUpgradeCall { newVersion: version, timestamp: 0 }.abi_encode();
    setup.run("scheduling the ArbOS version", owner, Some(ARB_OWNER), upgrade)?;
    setup.send(
        "funding the deployer of the CREATE2 factory",
        Message { to: Some(FACTORY_DEPLOYER), value: U256::from(100_000_000_000_000_000u64), ..setup.message(owner) },
    )?;
    setup.run("deploying the CREATE2 factory", FACTORY_DEPLOYER, None, CREATE2_FACTORY_CODE.to_vec())?;
    setup.run("deploying CacheManager", owner, Some(CREATE2_FACTORY), salted(CACHE_MANAGER_CODE))?;
    setup.state.set_code(CACHE_MANAGER, Bytes::from_static(&cache_manager::RUNTIME));
    let manager = addWasmCacheManagerCall { manager: CACHE_MANAGER }.abi_encode();
    setup.run("registering CacheManager", owner, Some(ARB_OWNER), manager)?;
    setup.run("deploying StylusDeployer", owner, Some(CREATE2_FACTORY), salted(STYLUS_DEPLOYER_CODE))?;
    Ok(setup.state)
}

/// The block in which the chain is set up.
fn first_block(state: &mut State, version: u64) -> BlockEnv {
    BlockEnv {
        number: 0,
        l1_number: 0,
        timestamp: 0,
        base_fee: arbos::base_fee(state),
        arbos: version,
        recent_programs: Vec::new(),
    }
}

/// Calldata for the factory: a salt of zero and a creation code.
fn salted(code: &[u8]) -> Vec<u8> {
    [&[0; 32], code].concat()
}

/// Transactions that set the chain up, one after the other.
struct Setup<'a> {
    evm: &'a Evm,
    state: State,
    block: BlockEnv,
}

impl Setup<'_> {
    /// A message that pays the base fee and does nothing yet.
    fn message(&self, from: Address) -> Message {
        Message { from, gas_limit: 10_000_000, max_fee: self.block.base_fee.into(), ..Message::default() }
    }

    fn run(&mut self, step: &'static str, from: Address, to: Option<Address>, input: Vec<u8>) -> Result<(), GenesisError> {
        let message = Message { to, input: input.into(), ..self.message(from) };
        self.send(step, message)
    }

    fn send(&mut self, step: &'static str, message: Message) -> Result<(), GenesisError> {
        let executed = self
            .evm
            .transact(&mut self.state, &mut self.block, &message)
            .map_err(|refused| GenesisError::Refused { step, refused })?;
        if executed.success {
            return Ok(());
        }
        let reason = executed.error.unwrap_or_else(|| format!("execution reverted: 0x{}", hex::encode(&executed.output)));
        Err(GenesisError::Failed { step, reason })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    fn at(version: u64) -> State {
        genesis(&Evm::new(CHAIN_ID), version, CHAIN_ID).unwrap()
    }

    #[test]
    fn every_version_that_is_asked_for_begins() {
        for version in [30, 32, 40, 51, 60] {
            let mut state = at(version);
            assert_eq!(arbos::version(&mut state), version);
        }
        for version in [0, 29, 61] {
            assert!(
                matches!(genesis(&Evm::new(CHAIN_ID), version, CHAIN_ID), Err(GenesisError::Version(asked)) if asked == version)
            );
        }
    }

    #[test]
    fn the_well_known_contracts_are_where_they_belong() {
        let state = at(60);
        let factory = hex!(
            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
        );
        assert_eq!(state.code(CREATE2_FACTORY), factory[..]);
        assert_eq!(state.code(CACHE_MANAGER), cache_manager::RUNTIME[..]);
        assert_eq!(state.code(STYLUS_DEPLOYER).len(), 2269);
        assert_eq!(state.nonce(FACTORY_DEPLOYER), 1);
        for (address, code) in [(CACHE_MANAGER, CACHE_MANAGER_CODE), (STYLUS_DEPLOYER, STYLUS_DEPLOYER_CODE)] {
            assert_eq!(CREATE2_FACTORY.create2([0; 32], keccak256(code)), address);
        }
    }

    #[test]
    fn the_dev_account_has_sent_what_the_devnet_s_has() {
        let state = at(60);
        assert_eq!(state.nonce(dev_accounts()[0].address), 7);
    }

    #[test]
    fn further_accounts_are_untouched() {
        let state = at(60);
        for account in &dev_accounts()[1..] {
            assert_eq!(state.balance(account.address), account.balance());
            assert_eq!(state.nonce(account.address), 0);
        }
    }

    #[test]
    fn posting_is_free() {
        let mut state = at(51);
        assert_eq!(arbos::FeeRules::load(&mut state).l1_price_per_unit, U256::ZERO);
    }
}
