//! Permits: each counts once, for one owner, spender, amount, contract and chain, until its deadline.

use abi::{CorToken, Staking};
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use alloy_primitives::{Address, B256, U256, uint};
use alloy_sol_types::{SolError, SolStruct, eip712_domain, sol};
use system_tests::{
    chain::Chain,
    staking::{ADA, BEN, World, cor},
};

sol! {
    /// What ERC-2612 has its owner sign.
    struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }
}

/// The order of secp256k1: s and this less s sign the same.
const ORDER: U256 = uint!(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141_U256);

/// A permit, and the domain that it is for.
struct Paper {
    permit: Permit,
    chain_id: u64,
    contract: Address,
    version: &'static str,
}

impl Paper {
    fn of(world: &World, owner: &PrivateKeySigner, amount: U256) -> Self {
        let (owner, spender) = (owner.address(), world.staking);
        let permit = Permit { owner, spender, value: amount, nonce: U256::ZERO, deadline: U256::MAX };
        Self { permit, chain_id: world.chain.node.chain_id(), contract: world.token, version: "1" }
    }

    /// The call that submits it, signed.
    fn signed(&self, key: &PrivateKeySigner) -> CorToken::permitCall {
        let domain = eip712_domain! {
            name: "Cortensor",
            version: self.version,
            chain_id: self.chain_id,
            verifying_contract: self.contract,
        };
        let signature = key.sign_hash_sync(&self.permit.eip712_signing_hash(&domain)).expect("a signature");
        let Permit { owner, spender, value, deadline, .. } = self.permit;
        let v = 27 + u8::from(signature.v());
        CorToken::permitCall { owner, spender, value, deadline, v, r: signature.r().into(), s: signature.s().into() }
    }
}

fn stake(permit: &CorToken::permitCall) -> Staking::stakeWithPermitCall {
    let CorToken::permitCall { value, deadline, v, r, s, .. } = *permit;
    Staking::stakeWithPermitCall { amount: value, deadline, v, r, s }
}

fn somebody() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(0x11)).expect("a key")
}

/// A world on which the signer has COR, and has allowed nothing.
async fn world(chain: Chain) -> World {
    let (world, account) = (World::on(chain).await, somebody().address());
    world.enter(account).await;
    world.tells(account, CorToken::approveCall { spender: world.staking, value: U256::ZERO }).await;
    world
}

async fn refused<E: SolError>(world: &World, permit: CorToken::permitCall) -> E {
    match world.send(ADA, world.token, permit).await {
        Ok(_) => panic!("the permit was taken"),
        Err(refused) => refused.error(),
    }
}

async fn allowance(world: &World) -> U256 {
    world.chain.ask(world.token, CorToken::allowanceCall { owner: somebody().address(), spender: world.staking }).await
}

#[tokio::test]
async fn b02_a_permit_that_somebody_submitted_first_stops_nobody() {
    let world = world(Chain::start()).await;
    let key = somebody();
    let permit = Paper::of(&world, &key, cor(100)).signed(&key);
    world.tells(BEN, permit.clone()).await;
    world.does(key.address(), stake(&permit)).await;
    assert_eq!(world.position(key.address()).await.stake, cor(100));
    assert_eq!(allowance(&world).await, U256::ZERO);

    // Used up, and no allowance: nothing is staked.
    let error: Staking::TokenRefused = world.refuses(key.address(), stake(&permit)).await;
    CorToken::ERC20InsufficientAllowance::abi_decode(&error.reason).expect("the token's own reason");

    // Expired, and no allowance: the same; with one, no harm.
    let mut expired = Paper::of(&world, &key, cor(7));
    expired.permit.nonce = U256::ONE;
    expired.permit.deadline = U256::from(world.now() - 1);
    let expired = expired.signed(&key);
    world.refuses::<Staking::TokenRefused, _>(key.address(), stake(&expired)).await;
    world.tells(key.address(), CorToken::approveCall { spender: world.staking, value: cor(50) }).await;
    world.does(key.address(), stake(&expired)).await;
    assert_eq!(allowance(&world).await, cor(43));

    // A permit that holds replaces the old allowance, so that none is left.
    let mut fresh = Paper::of(&world, &key, cor(9));
    fresh.permit.nonce = U256::ONE;
    world.does(key.address(), stake(&fresh.signed(&key))).await;
    assert_eq!(allowance(&world).await, U256::ZERO);
    assert_eq!(world.position(key.address()).await.stake, cor(116));
}

#[tokio::test]
async fn rule_7_a_permit_counts_once_here_and_nowhere_else() {
    let world = world(Chain::start()).await;
    let key = somebody();
    let good = || Paper::of(&world, &key, cor(100));
    let flips: [fn(&mut Paper); 7] = [
        |paper| paper.permit.value += U256::ONE,
        |paper| paper.permit.nonce += U256::ONE,
        |paper| paper.permit.deadline -= U256::ONE,
        |paper| paper.permit.spender = BEN,
        |paper| paper.chain_id += 1,
        |paper| paper.contract = BEN,
        |paper| paper.version = "2",
    ];
    for flip in flips {
        // The signature is over something else than what is submitted.
        let mut other = good();
        flip(&mut other);
        let CorToken::permitCall { v, r, s, .. } = other.signed(&key);
        let submitted = CorToken::permitCall { v, r, s, ..good().signed(&key) };
        assert_eq!(refused::<CorToken::ERC2612InvalidSigner>(&world, submitted).await.owner, key.address());
    }
    let stranger = PrivateKeySigner::from_bytes(&B256::repeat_byte(0x22)).expect("a key");
    let by_stranger = refused::<CorToken::ERC2612InvalidSigner>(&world, good().signed(&stranger)).await;
    assert_eq!(by_stranger.signer, stranger.address());
    let permit = good().signed(&key);
    let twin = CorToken::permitCall { v: 55 - permit.v, s: (ORDER - U256::from_be_bytes(permit.s.0)).into(), ..permit.clone() };
    refused::<CorToken::ECDSAInvalidSignatureS>(&world, twin).await;
    refused::<CorToken::ECDSAInvalidSignature>(&world, CorToken::permitCall { v: 29, ..permit.clone() }).await;
    world.tells(BEN, permit.clone()).await;
    refused::<CorToken::ERC2612InvalidSigner>(&world, permit.clone()).await;
    let nonce = world.chain.ask(world.token, CorToken::noncesCall { owner: key.address() }).await;
    assert_eq!(nonce, U256::ONE);

    // On a chain with another id the same contracts stand at the same places, and the permit is worth nothing.
    let there = self::world(Chain::with(|builder| builder.chain_id(412_347))).await;
    assert_eq!((there.token, there.staking), (world.token, world.staking));
    let separator = |world: &World| {
        let (chain, token) = (world.chain.node.chain_id(), world.token);
        let domain = eip712_domain! { name: "Cortensor", version: "1", chain_id: chain, verifying_contract: token, };
        domain.separator()
    };
    for world in [&world, &there] {
        assert_eq!(world.chain.ask(world.token, CorToken::DOMAIN_SEPARATORCall {}).await, separator(world));
    }
    refused::<CorToken::ERC2612InvalidSigner>(&there, permit.clone()).await;
    there.refuses::<Staking::TokenRefused, _>(key.address(), stake(&permit)).await;
    there.tells(ADA, Paper::of(&there, &key, cor(100)).signed(&key)).await;
}

#[tokio::test]
async fn a_permit_holds_in_the_second_of_its_deadline_and_not_after() {
    let world = world(Chain::start()).await;
    let key = somebody();
    let mut paper = Paper::of(&world, &key, cor(1));
    let deadline = world.now() + 100;
    paper.permit.deadline = U256::from(deadline);
    for (time, holds) in [(deadline + 1, false), (deadline, true), (deadline - 1, true)] {
        let snapshot = world.chain.get("evm_snapshot", serde_json::json!([])).await;
        world.until(time).await;
        let taken = world.send(ADA, world.token, paper.signed(&key)).await;
        match taken {
            Ok(_) => assert!(holds),
            Err(refused) => {
                assert!(!holds);
                assert_eq!(refused.error::<CorToken::ERC2612ExpiredSignature>().deadline, U256::from(deadline));
            }
        }
        world.chain.get("evm_revert", serde_json::json!([snapshot])).await;
    }
}
