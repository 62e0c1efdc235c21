//! Accounts with wei and with keys that everybody knows. Never use them where money is real.

use alloy_primitives::{Address, B256, U256, address, b256};

/// One such account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevAccount {
    /// Its address.
    pub address: Address,
    /// Its private key.
    pub key: B256,
    /// What it has at the beginning, in ether.
    ether: u64,
}

impl DevAccount {
    /// What it has at the beginning, in wei.
    pub fn balance(&self) -> U256 {
        U256::from(self.ether) * U256::from(1_000_000_000_000_000_000u64)
    }
}

/// All of them: first the dev account of Nitro, which owns the chain, then the ten of the mnemonic
/// `test test test test test test test test test test test junk` (m/44'/60'/0'/0/0 and on) that anvil and Hardhat use.
pub fn dev_accounts() -> Vec<DevAccount> {
    ACCOUNTS.to_vec()
}

const ACCOUNTS: [DevAccount; 11] = [
    DevAccount {
        address: address!("3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e"),
        key: b256!("b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659"),
        ether: 1_000,
    },
    junk(
        address!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
        b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ),
    junk(
        address!("70997970c51812dc3a010c7d01b50e0d17dc79c8"),
        b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ),
    junk(
        address!("3c44cdddb6a900fa2b585dd299e03d12fa4293bc"),
        b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ),
    junk(
        address!("90f79bf6eb2c4f870365e785982e1f101e93b906"),
        b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    ),
    junk(
        address!("15d34aaf54267db7d7c367839aaf71a00a2c6a65"),
        b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    ),
    junk(
        address!("9965507d1a55bcc2695c58ba16fb37d819b0a4dc"),
        b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    ),
    junk(
        address!("976ea74026e726554db657fa54763abd0c3a0aa9"),
        b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ),
    junk(
        address!("14dc79964da2c08b23698b3d3cc7ca32193d9955"),
        b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ),
    junk(
        address!("23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f"),
        b256!("dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    ),
    junk(
        address!("a0ee7a142d267c1f36714e4a8f75612f20a79720"),
        b256!("2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
    ),
];

const fn junk(address: Address, key: B256) -> DevAccount {
    DevAccount { address, key, ether: 10_000 }
}

#[cfg(test)]
mod tests {
    use alloy_consensus::crypto::secp256k1::{recover_signer, sign_message};

    use super::*;

    #[test]
    fn each_key_is_its_address_s() {
        let message = B256::repeat_byte(7);
        for account in dev_accounts() {
            let signature = sign_message(account.key, message).unwrap();
            assert_eq!(recover_signer(&signature, message).unwrap(), account.address);
        }
    }
}
