//! Hostile tokens: none makes staking credit what it did not receive, and none gets in twice.

use abi::{CorToken, Staking};
use alloy::json_abi::{Function, StateMutability};
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolConstructor, SolError};
use serde_json::json;
use system_tests::{
    chain::{Chain, Refused},
    hostile::{Trick, code},
    staking::{ADA, BEN, WEEK, World, cor, wei},
};

const TRANSFER: [u8; 4] = CorToken::transferCall::SELECTOR;
const TRANSFER_FROM: [u8; 4] = CorToken::transferFromCall::SELECTOR;

/// A world whose COR is a token that can be made to misbehave.
struct Hostile {
    world: World,
    /// The code behind the token.
    honest: Address,
}

impl Hostile {
    async fn start() -> Self {
        let honest = World::start().await;
        let World { chain, token: behind, owner, .. } = honest;
        let token = chain.place();
        chain.get("anvil_setCode", json!([token, code(behind, [0; 4], &Trick::Silence)])).await;
        let constructor = CorToken::constructorCall { holder: owner }.abi_encode();
        let selector = &alloy_primitives::keccak256("stylus_constructor()")[..4];
        let input = Bytes::from([selector, &constructor].concat());
        chain.get("eth_sendTransaction", json!([{ "from": owner, "to": token, "input": input }])).await;
        let world = World::over(chain, token, owner, WEEK).await;
        Self { world, honest: behind }
    }

    async fn turn(&self, selector: [u8; 4], trick: Trick) {
        self.world.chain.get("anvil_setCode", json!([self.world.token, code(self.honest, selector, &trick)])).await;
    }

    async fn behave(&self) {
        self.turn([0; 4], Trick::Silence).await;
    }
}

#[tokio::test]
async fn b14_a_fee_on_transfer_is_refused_and_everybody_can_leave() {
    let hostile = Hostile::start().await;
    let world = &hostile.world;
    world.stake(ADA, cor(100)).await;
    hostile.turn(TRANSFER_FROM, Trick::Fee).await;
    let error: Staking::TokenTookFee = world.refuses(BEN, Staking::stakeCall { amount: cor(100) }).await;
    assert_eq!((error.token, error.asked, error.received), (world.token, cor(100), cor(99)));
    world.refuses::<Staking::TokenTookFee, _>(BEN, Staking::fundCall { amount: cor(100) }).await;
    assert_eq!(world.position(BEN).await.stake, U256::ZERO);
    world.unstake(ADA, cor(100)).await;
    world.pass(WEEK).await;
    let before = world.balance(ADA).await;
    world.withdraw(ADA).await;
    assert_eq!(world.balance(ADA).await, before + cor(100));
}

#[tokio::test]
async fn tokens_that_say_false_refuse_or_are_not_there_are_typed_errors() {
    let hostile = Hostile::start().await;
    let world = &hostile.world;
    let stake = Staking::stakeCall { amount: cor(5) };
    hostile.turn(TRANSFER_FROM, Trick::False).await;
    assert_eq!(world.refuses::<Staking::TokenReturnedFalse, _>(ADA, stake.clone()).await.token, world.token);
    hostile.turn(TRANSFER_FROM, Trick::Reason("closed for today")).await;
    let error: Staking::TokenRefused = world.refuses(ADA, stake.clone()).await;
    assert_eq!(alloy_sol_types::Revert::abi_decode(&error.reason).expect("a reason").reason, "closed for today");
    // An old token answers nothing, which is not false.
    hostile.turn(TRANSFER_FROM, Trick::Silence).await;
    world.stake(ADA, cor(5)).await;

    // Out, too: a false answer undoes the withdrawal, and a later one pays.
    world.unstake(ADA, cor(5)).await;
    world.pass(WEEK).await;
    hostile.turn(TRANSFER, Trick::False).await;
    world.refuses::<Staking::TokenReturnedFalse, _>(ADA, Staking::withdrawCall {}).await;
    assert_eq!(world.position(ADA).await.unbonding, cor(5));
    hostile.turn(TRANSFER, Trick::Silence).await;
    world.withdraw(ADA).await;

    // An account without code moves nothing, and says nothing of it.
    world.stake(BEN, cor(5)).await;
    world.unstake(BEN, cor(5)).await;
    world.pass(WEEK).await;
    world.chain.get("anvil_setCode", json!([world.token, "0x"])).await;
    let Err(refused) = world.send(ADA, world.staking, stake).await else { panic!("nobody's COR was staked") };
    assert_eq!(refused.error::<Staking::TokenHasNoCode>().token, world.token);
    let withdrawal = world.send(BEN, world.staking, Staking::withdrawCall {}).await;
    let Err(refused) = withdrawal else { panic!("nobody's COR was paid") };
    assert_eq!(refused.error::<Staking::TokenHasNoCode>().token, world.token);
    hostile.behave().await;
    world.withdraw(BEN).await;
}

#[tokio::test]
async fn whoever_looks_in_the_middle_of_a_call_sees_what_it_did() {
    let hostile = Hostile::start().await;
    let world = &hostile.world;
    world.stake(ADA, cor(10)).await;
    world.unstake(ADA, cor(10)).await;
    world.pass(WEEK).await;
    // Keeps what staking says is unbonding in all, plus one: the second word of `totals()`.
    let watcher = world.chain.place();
    let selector = Staking::totalsCall::SELECTOR;
    let code =
        [&[0x63][..], &selector, &hex!("5f5260a05f6004601c73"), world.staking.as_slice(), &hex!("5afa506020516001015f5500")];
    world.chain.get("anvil_setCode", json!([watcher, Bytes::from(code.concat())])).await;
    hostile.turn(TRANSFER, Trick::Call(watcher, Bytes::new())).await;
    world.withdraw(ADA).await;
    let seen = world.chain.get("eth_getStorageAt", json!([watcher, "0x0", "latest"])).await;
    assert_eq!(serde_json::from_value::<U256>(seen).expect("a word"), U256::ONE);
}

#[tokio::test]
async fn no_token_gets_in_twice() {
    let hostile = Hostile::start().await;
    let world = &hostile.world;
    world.fund(cor(1_000)).await;
    // The token itself stakes and leaves, so that each call would do something if it got in.
    world.enter(world.token).await;
    world.stake(world.token, cor(100)).await;
    world.stake(ADA, cor(100)).await;
    world.unstake(world.token, cor(10)).await;
    world.unstake(ADA, cor(10)).await;
    world.pass(WEEK).await;
    let amount = cor(5);
    let inputs: [Vec<u8>; 16] = [
        Staking::stakeCall { amount }.abi_encode(),
        Staking::stakeForCall { account: BEN, amount }.abi_encode(),
        Staking::stakeWithPermitCall { amount, deadline: U256::MAX, v: 27, r: Default::default(), s: Default::default() }
            .abi_encode(),
        Staking::claimCall {}.abi_encode(),
        Staking::compoundCall {}.abi_encode(),
        Staking::withdrawCall {}.abi_encode(),
        Staking::requestUnstakeCall { amount }.abi_encode(),
        Staking::cancelUnstakeCall {}.abi_encode(),
        Staking::fundCall { amount }.abi_encode(),
        Staking::addFeesCall { amount, epochs: wei(1) }.abi_encode(),
        Staking::wireCall { appFees: ADA, minerRewards: ADA }.abi_encode(),
        Staking::transferOwnershipCall { newOwner: ADA }.abi_encode(),
        Staking::acceptOwnershipCall {}.abi_encode(),
        Staking::setGuardianCall { guardian: ADA }.abi_encode(),
        Staking::pauseCall {}.abi_encode(),
        Staking::unpauseCall {}.abi_encode(),
    ];
    let writes = |function: &&Function| !matches!(function.state_mutability, StateMutability::View | StateMutability::Pure);
    assert_eq!(Staking::abi::contract().functions().filter(writes).count(), inputs.len());
    for input in inputs {
        let trick = || Trick::Call(world.staking, input.clone().into());
        hostile.turn(TRANSFER_FROM, trick()).await;
        refused_reentry(world.tries(ADA, Staking::stakeCall { amount }).await);
        refused_reentry(world.tries(ADA, Staking::fundCall { amount }).await);
        hostile.turn(TRANSFER, trick()).await;
        refused_reentry(world.tries(ADA, Staking::claimCall {}).await);
        refused_reentry(world.tries(ADA, Staking::withdrawCall {}).await);
        refused_reentry(world.tries(ADA, Staking::requestUnstakeCall { amount }).await);
    }
    hostile.behave().await;
    world.withdraw(ADA).await;
    assert!(world.claim(ADA).await > wei(0));
}

fn refused_reentry(outcome: Result<impl Sized, Refused>) {
    let Err(refused) = outcome else { panic!("the token got in") };
    let error: Staking::TokenRefused = refused.error();
    assert!(Staking::ReentrancyGuardReentrantCall::abi_decode(&error.reason).is_ok(), "{}", error.reason);
}

#[tokio::test]
async fn a_constructor_is_called_once_by_who_deploys_and_within_its_bounds() {
    let world = World::start().await;
    let chain: &Chain = &world.chain;
    let good = World::terms(world.token, world.owner, world.guardian, world.start);
    let with = |change: fn(&mut Staking::constructorCall)| {
        let mut terms = good.clone();
        change(&mut terms);
        terms
    };
    let refuse = async |terms: Staking::constructorCall| match chain.deploy("staking", &terms).await {
        Ok(_) => panic!("it was constructed"),
        Err(refused) => refused,
    };
    refuse(with(|it| it.owner = Address::ZERO)).await.error::<Staking::OwnableInvalidOwner>();
    for length in [3_599, 30 * 86_400 + 1] {
        let mut terms = good.clone();
        terms.epochLength = length;
        assert_eq!(refuse(terms).await.error::<Staking::EpochLengthOutOfBounds>().epochLength, U256::from(length));
    }
    for cooldown in [3_599, 21 * 86_400 + 1] {
        let mut terms = good.clone();
        terms.cooldown = cooldown;
        assert_eq!(refuse(terms).await.error::<Staking::CooldownOutOfBounds>().cooldown, U256::from(cooldown));
    }
    refuse(with(|it| it.delay = 59)).await.error::<Staking::DelayTooShort>();
    refuse(with(|it| it.genesis += 1 << 30)).await.error::<Staking::GenesisInFuture>();
    refuse(with(|it| it.referenceSupply = U256::from(1u128 << 96))).await.error::<Staking::ReferenceSupplyOutOfBounds>();
    refuse(with(|it| it.referenceSupply -= U256::ONE)).await.error::<Staking::ReferenceSupplyOutOfBounds>();
    refuse(with(|it| it.token = ADA)).await.error::<Staking::TokenHasNoCode>();

    // A second construction, by anybody, changes nothing.
    let selector = &alloy_primitives::keccak256("stylus_constructor()")[..4];
    let input = Bytes::from([selector, &with(|it| it.owner = ADA).abi_encode()].concat());
    let request = json!([{ "from": ADA, "to": world.staking, "input": input, "gas": "0x1312d00" }]);
    let hash = chain.get("eth_sendTransaction", request).await;
    assert_eq!(chain.get("eth_getTransactionReceipt", json!([hash])).await["status"], "0x0");
    assert_eq!(chain.ask(world.staking, Staking::ownerCall {}).await, world.owner);
}
