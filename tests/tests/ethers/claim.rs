//! Attesters put up a root and a miner claims by it: leaf, root and proof are made here, by ethers alone.

use ethers::{
    abi::{Token, encode},
    providers::Middleware,
    types::{Address, U256},
    utils::keccak256,
};
use system_tests::fees::{EPOCH, GRACE, Network, PRICE};

use crate::client::{ask, client, contract, refusal, send};

/// The leaf of a miner as OpenZeppelin's StandardMerkleTree makes it: hashed twice.
fn leaf(miner: Address, amount: U256) -> [u8; 32] {
    keccak256(keccak256(encode(&[Token::Address(miner), Token::Uint(amount)])))
}

#[tokio::test]
async fn ethers_votes_for_a_root_waits_for_its_window_and_claims_with_a_proof() {
    let network = Network::start().await;
    let chain = &network.chain;
    let keys: Vec<_> = chain.node.accounts().iter().map(|account| account.key).collect();
    let owner = client(chain, keys[0]);
    let rewards = contract("miner-rewards", network.rewards, &owner);
    let attesters: Vec<_> = keys[2..5].iter().map(|key| client(chain, *key)).collect();
    let named: Vec<Address> = attesters.iter().map(|attester| attester.address()).collect();
    send(&rewards, "setAttesters", (named, U256::from(2))).await;

    // An epoch's fees are what miners are paid from here; no emission has begun.
    let app = network.register(0).await;
    let app = U256::from_big_endian(&app.to_be_bytes::<32>());
    let fees = contract("app-fees", network.fees, &owner);
    send(&fees, "pay", (app, U256::from(PRICE) * 1_000, [0_u8; 32])).await;
    let provider = owner.provider();
    provider.request::<_, serde_json::Value>("evm_increaseTime", [EPOCH + GRACE]).await.expect("time");
    provider.request::<_, serde_json::Value>("evm_mine", ()).await.expect("a block");
    send(&contract("miner-pool", network.pool, &owner), "close", U256::from(10)).await;
    let budget: U256 = ask(&rewards, "budgetThrough", U256::zero()).await;
    assert_eq!(budget, U256::from(PRICE) * 700);

    let (miner, other) = (Address::repeat_byte(0x51), Address::repeat_byte(0x52));
    let (mine, others) = (budget / 3, budget - budget / 3);
    let leaves = [leaf(miner, mine), leaf(other, others)];
    let mut sorted = leaves;
    sorted.sort();
    let root = keccak256(sorted.concat());
    let claim = |amount: U256| rewards.method::<_, U256>("claim", (miner, amount, vec![leaves[1]])).expect("a function");
    let refused = claim(mine).call().await.expect_err("there is no root");
    assert_eq!(refusal(rewards.abi(), refused).0, "InvalidProof");

    let ballot = (U256::zero(), root, budget, [0_u8; 32], "ipfs://scores".to_owned());
    for attester in &attesters[..2] {
        send(&contract("miner-rewards", network.rewards, attester), "vote", ballot.clone()).await;
    }
    let early = claim(mine).call().await.expect_err("its window is open");
    assert_eq!(refusal(rewards.abi(), early).0, "RootNotActive");
    let activate = rewards.method::<_, bool>("activate", ()).expect("a function");
    assert_eq!(refusal(rewards.abi(), activate.call().await.expect_err("its window is open")).0, "WindowOpen");
    provider.request::<_, serde_json::Value>("evm_increaseTime", [3 * 86_400]).await.expect("time");
    provider.request::<_, serde_json::Value>("evm_mine", ()).await.expect("a block");
    assert!(activate.call().await.expect("it is due"));
    send(&rewards, "activate", ()).await;

    let more = claim(mine + 1).call().await.expect_err("a wei too much");
    let values = vec![Token::Address(miner), Token::Uint(mine + 1)];
    assert_eq!(refusal(rewards.abi(), more), ("InvalidProof".to_owned(), values));
    assert_eq!(claim(mine).call().await.expect("it is paid"), mine);
    let receipt = send(&rewards, "claim", (miner, mine, vec![leaves[1]])).await;
    let claimed = rewards.abi().event("Claimed").expect("an event");
    assert!(receipt.logs.iter().any(|log| log.topics[0] == claimed.signature()));
    let token = contract("cor-token", network.token, &owner);
    assert_eq!(ask::<U256>(&token, "balanceOf", miner).await, mine);
    let again = claim(mine).call().await.expect_err("it is paid");
    assert_eq!(refusal(rewards.abi(), again), ("NothingToClaim".to_owned(), vec![Token::Uint(mine)]));
}
