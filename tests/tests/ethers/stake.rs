//! Somebody permits, stakes, claims, and understands why a call is refused.

use ethers::{
    abi::{ErrorExt, Token},
    providers::Middleware,
    signers::Signer,
    types::{U256, transaction::eip712::TypedData},
};
use serde_json::json;
use system_tests::staking::World;

use crate::client::{client, contract, refusal};

#[tokio::test]
async fn ethers_permits_stakes_claims_and_reads_errors() {
    let world = World::start().await;
    world.fund(system_tests::staking::cor(1_000)).await;
    let key = world.chain.node.accounts()[3].key;
    let client = client(&world.chain, key);
    let wallet = client.signer();
    let me = wallet.address();
    world.enter(alloy_primitives::Address::from(me.0)).await;
    let (token, staking) = (contract("cor-token", world.token, &client), contract("staking", world.staking, &client));
    let cor = |amount: u64| U256::exp10(18) * amount;

    // No allowance: the token's reason comes through staking.
    let none = token.method::<_, bool>("approve", (staking.address(), U256::zero())).expect("a function");
    none.send().await.expect("sent").await.expect("mined");
    let refused = staking.method::<_, ()>("stake", cor(10)).expect("a function").call().await.expect_err("no allowance");
    let (name, values) = refusal(staking.abi(), refused);
    assert_eq!((name.as_str(), &values[0]), ("TokenRefused", &Token::Address(token.address())));
    let reason = values[1].clone().into_bytes().expect("bytes");
    assert_eq!(reason[..4], token.abi().error("ERC20InsufficientAllowance").expect("an error").selector()[..]);

    // A permit, signed by ethers' own EIP-712.
    let (owner, spender) = (me, staking.address());
    let nonce: U256 = token.method("nonces", owner).expect("a function").call().await.expect("a nonce");
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let typed: TypedData = serde_json::from_value(json!({
        "types": {
            "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"), field("verifyingContract", "address")],
            "Permit": [field("owner", "address"), field("spender", "address"), field("value", "uint256"), field("nonce", "uint256"), field("deadline", "uint256")],
        },
        "primaryType": "Permit",
        "domain": { "name": "Cortensor", "version": "1", "chainId": world.chain.node.chain_id(), "verifyingContract": token.address() },
        "message": { "owner": owner, "spender": spender, "value": cor(10).to_string(), "nonce": nonce.to_string(), "deadline": U256::MAX.to_string() },
    }))
    .expect("typed data");
    let signature = wallet.sign_typed_data(&typed).await.expect("a signature");
    let (mut r, mut s) = ([0; 32], [0; 32]);
    signature.r.to_big_endian(&mut r);
    signature.s.to_big_endian(&mut s);
    let arguments = (cor(10), U256::MAX, signature.v as u8, r, s);
    let staked = staking.method::<_, ()>("stakeWithPermit", arguments).expect("a function");
    let receipt = staked.send().await.expect("sent").await.expect("mined").expect("a receipt");
    assert_eq!(receipt.status, Some(1.into()));
    let event = staking.abi().event("Staked").expect("an event");
    let logged = receipt.logs.iter().find(|log| log.topics[0] == event.signature()).expect("a log");
    assert_eq!(U256::from_big_endian(&logged.data), cor(10));
    let stake: U256 = staking.method("stakeOf", me).expect("a function").call().await.expect("a stake");
    assert_eq!(stake, cor(10));

    // A day later there is something to claim.
    client.provider().request::<_, serde_json::Value>("evm_increaseTime", [86_400]).await.expect("time");
    client.provider().request::<_, serde_json::Value>("evm_mine", ()).await.expect("a block");
    let before: U256 = token.method("balanceOf", me).expect("a function").call().await.expect("a balance");
    let claim = staking.method::<_, U256>("claim", ()).expect("a function");
    let receipt = claim.send().await.expect("sent").await.expect("mined").expect("a receipt");
    assert_eq!(receipt.status, Some(1.into()));
    let after: U256 = token.method("balanceOf", me).expect("a function").call().await.expect("a balance");
    // 60% a year of 10 COR.
    let day = cor(10) * 60 / 100 / 365;
    assert!(after > before && after - before >= day && after - before < day + day / 100, "{before} {after}");

    // Errors with numbers.
    let asked = staking.method::<_, ()>("requestUnstake", cor(11)).expect("a function").call().await.expect_err("too much");
    let expected = vec![Token::Uint(cor(11)), Token::Uint(cor(10))];
    assert_eq!(refusal(staking.abi(), asked), ("InsufficientStake".to_owned(), expected));
    let nothing = staking.method::<_, U256>("withdraw", ()).expect("a function").call().await.expect_err("nothing");
    assert_eq!(refusal(staking.abi(), nothing), ("NothingUnbonding".to_owned(), vec![]));
}
