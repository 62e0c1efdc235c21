//! The state with which a chain begins: ArbOS, and accounts with money whose keys everybody knows.

use alloy_primitives::{Address, B256, U256, address, b256};
use k256::ecdsa::SigningKey;

use crate::{arbos, evm::Evm, state::State};

/// Chain id of Nitro's development chain.
pub const CHAIN_ID: u64 = 412_346;

/// What is deployed from the start, by name.
pub const PREDEPLOYED: [(&str, Address); 0] = [];

/// Nitro's development account, which owns the chain.
const OWNER: DevAccount = DevAccount {
    address: address!("3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e"),
    key: b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659"),
};

/// Keys of the mnemonic `test test test test test test test test test test test junk`.
const TEST_KEYS: [B256; 10] = [
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6df409c"),
];

/// A funded account whose key everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key.
    pub key: B256,
}

/// Nitro's development account, then those of the test mnemonic.
pub fn dev_accounts() -> Vec<DevAccount> {
    let derived = TEST_KEYS.iter().filter_map(|key| {
        let signing = SigningKey::from_slice(key.as_slice()).ok()?;
        Some(DevAccount { address: Address::from_private_key(&signing), key: *key })
    });
    std::iter::once(OWNER).chain(derived).collect()
}

/// The state of a new chain with this ArbOS version and id.
pub fn genesis(_evm: &Evm, arbos: u64, chain_id: u64) -> State {
    let mut state = State::default();
    arbos::genesis(&mut state, arbos, chain_id, OWNER.address);
    let ether = U256::from(10).pow(U256::from(18));
    for account in dev_accounts() {
        state.account_mut(account.address).balance = U256::from(1_000_000) * ether;
    }
    state
}
