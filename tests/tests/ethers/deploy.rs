//! Somebody who has built a contract deploys it with a key of their own: creation, activation, construction.

use std::sync::Arc;

use corflow::build::{self, Symbols, Workspace};
use ethers::{
    abi::{Abi, Token, parse_abi},
    contract::{Contract, ContractFactory},
    providers::Middleware,
    types::{Address, Bytes, TransactionRequest, U256},
    utils::keccak256,
};
use system_tests::chain::Chain;

use crate::client::{Client, client, published, refusal, send};

/// Init code that returns what follows it: CODECOPY of all but itself.
fn creation(code: &[u8]) -> Bytes {
    let length = u16::try_from(code.len()).expect("at most 24,576 bytes").to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    [&[0x61, length[0], length[1], 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3], code].concat().into()
}

#[tokio::test]
async fn ethers_deploys_activates_and_constructs_a_token_with_a_local_key() {
    let chain = Chain::start();
    let client: Arc<Client> = client(&chain, chain.node.accounts()[2].key);
    let me = client.address();
    let built = build::build(&Workspace::here(), Symbols::Names, |_| ()).expect("the contracts build");
    let artifact = built.iter().find(|artifact| artifact.name == "cor-token").expect("the token");
    let factory = ContractFactory::new(Abi::default(), creation(artifact.code.bytes()), client.clone());
    let place = factory.deploy(()).expect("no arguments").send().await.expect("deployed").address();
    let code = client.get_code(place, None).await.expect("code");
    assert_eq!(code.as_ref(), artifact.code.bytes().as_ref());

    // Before it is activated it answers nobody.
    let token = Contract::new(place, published("cor-token"), client.clone());
    token.method::<_, U256>("totalSupply", ()).expect("a function").call().await.expect_err("it is not active");
    let words = ["function activateProgram(address program) external payable returns (uint16, uint256)"];
    let arb_wasm: Address = "0x0000000000000000000000000000000000000071".parse().expect("an address");
    let arb_wasm = Contract::new(arb_wasm, parse_abi(&words).expect("an ABI"), client.clone());
    let activate = arb_wasm.method::<_, ()>("activateProgram", place).expect("a function").value(U256::exp10(18));
    let receipt = activate.send().await.expect("sent").await.expect("mined").expect("a receipt");
    assert_eq!(receipt.status, Some(1.into()));

    let constructor = token.abi().constructor().expect("a constructor");
    let selector = keccak256("stylus_constructor()")[..4].to_vec();
    let input: Bytes = constructor.encode_input(selector, &[Token::Address(me)]).expect("its arguments").into();
    let construct = TransactionRequest::new().to(place).data(input);
    let receipt = client.send_transaction(construct.clone(), None).await.expect("sent").await.expect("mined").expect("a receipt");
    assert_eq!(receipt.status, Some(1.into()));
    assert!(client.send_transaction(construct, None).await.is_err(), "it is constructed once");

    let supply: U256 = token.method("totalSupply", ()).expect("a function").call().await.expect("a supply");
    assert_eq!(supply, U256::exp10(27));
    let friend = Address::repeat_byte(0x77);
    send(&token, "transfer", (friend, U256::from(5))).await;
    let balances = [me, friend].map(|account| token.method::<_, U256>("balanceOf", account).expect("a function"));
    assert_eq!(balances[1].call().await.expect("a balance"), U256::from(5));
    assert_eq!(balances[0].call().await.expect("a balance"), supply - 5);
    let more = token.method::<_, bool>("transfer", (friend, supply)).expect("a function").call().await.expect_err("too much");
    let values = vec![Token::Address(me), Token::Uint(supply - 5), Token::Uint(supply)];
    assert_eq!(refusal(token.abi(), more), ("ERC20InsufficientBalance".to_owned(), values));
}
