//! What every journey needs: a wallet, contracts by their published ABIs, and errors by name.

use std::{sync::Arc, time::Duration};

use alloy_primitives::B256;
use corflow::build::Workspace;
use ethers::{
    abi::{Abi, Detokenize, ErrorExt, Token, Tokenize},
    contract::{Contract, ContractError},
    middleware::SignerMiddleware,
    providers::{Http, Provider},
    signers::{LocalWallet, Signer},
    types::{Address, Bytes, TransactionReceipt},
};
use system_tests::chain::Chain;

/// A wallet with a provider.
pub(crate) type Client = SignerMiddleware<Provider<Http>, LocalWallet>;

/// A wallet of this key.
pub(crate) fn client(chain: &Chain, key: B256) -> Arc<Client> {
    let wallet = LocalWallet::from_bytes(key.as_slice()).expect("a key").with_chain_id(chain.node.chain_id());
    let provider = Provider::<Http>::try_from(chain.node.endpoint()).expect("a URL").interval(Duration::from_millis(5));
    Arc::new(SignerMiddleware::new(provider, wallet))
}

/// A contract's ABI as it is published.
pub(crate) fn published(name: &str) -> Abi {
    let path = Workspace::here().root().join("deployments/abi").join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).expect("the published ABI");
    serde_json::from_str(&text).expect("an ABI")
}

/// A contract as a client of its published ABI sees it.
pub(crate) fn contract(name: &str, at: alloy_primitives::Address, client: &Arc<Client>) -> Contract<Client> {
    Contract::new(Address::from(at.into_array()), published(name), client.clone())
}

/// Sends a call, which must succeed.
pub(crate) async fn send(contract: &Contract<Client>, function: &str, arguments: impl Tokenize) -> TransactionReceipt {
    let call = contract.method::<_, ()>(function, arguments).expect("a function");
    let receipt = call.send().await.expect("sent").await.expect("mined").expect("a receipt");
    assert_eq!(receipt.status, Some(1.into()), "{function}");
    receipt
}

/// Asks a contract.
pub(crate) async fn ask<D: Detokenize>(contract: &Contract<Client>, function: &str, arguments: impl Tokenize) -> D {
    contract.method(function, arguments).expect("a function").call().await.expect("an answer")
}

/// The name and the values of the error that a call was refused with, by the ABI.
pub(crate) fn refusal(abi: &Abi, error: ContractError<Client>) -> (String, Vec<Token>) {
    let data: Bytes = error.as_revert().unwrap_or_else(|| panic!("no revert: {error}")).clone();
    let error = abi.errors().find(|it| it.selector().as_slice() == &data[..4]).expect("an error of the ABI");
    (error.name.clone(), error.decode(&data[4..]).expect("its values"))
}
