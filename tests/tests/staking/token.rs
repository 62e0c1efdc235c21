//! COR by itself: what ERC-20, ERC-2612, ERC-5267 and ERC-6093 say of it.

use abi::CorToken;
use alloy_primitives::{Address, B256, U256, uint};
use alloy_sol_types::{SolCall, SolError};
use system_tests::staking::{ADA, BEN, CLEO, SUPPLY, World, cor, wei};

/// From this allowance on spending does not write it down.
const ENDLESS: U256 = uint!(0x8000000000000000000000000000000000000000000000000000000000000000_U256);

async fn refused<E: SolError, C: SolCall>(world: &World, who: Address, call: C) -> E {
    match world.send(who, world.token, call).await {
        Ok(_) => panic!("{} was to be refused", C::SIGNATURE),
        Err(refused) => refused.error(),
    }
}

async fn allowance(world: &World, owner: Address, spender: Address) -> U256 {
    world.chain.ask(world.token, CorToken::allowanceCall { owner, spender }).await
}

#[tokio::test]
async fn transfers_move_what_is_there_and_to_somebody() {
    let world = World::start().await;
    let (ada, ben) = (world.balance(ADA).await, world.balance(BEN).await);
    for value in [U256::ZERO, wei(1), cor(5)] {
        let done = world.tells(ADA, CorToken::transferCall { to: BEN, value }).await;
        let event = done.events::<CorToken::Transfer>().remove(0);
        assert_eq!((event.from, event.to, event.value), (ADA, BEN, value));
    }
    assert_eq!((world.balance(ADA).await, world.balance(BEN).await), (ada - cor(5) - wei(1), ben + cor(5) + wei(1)));
    // To oneself: all of it, and no more.
    let mine = world.balance(ADA).await;
    world.tells(ADA, CorToken::transferCall { to: ADA, value: mine }).await;
    assert_eq!(world.balance(ADA).await, mine);
    let call = CorToken::transferCall { to: ADA, value: mine + wei(1) };
    let error: CorToken::ERC20InsufficientBalance = refused(&world, ADA, call).await;
    assert_eq!((error.sender, error.balance, error.needed), (ADA, mine, mine + wei(1)));
    let call = CorToken::transferCall { to: Address::ZERO, value: wei(1) };
    assert_eq!(refused::<CorToken::ERC20InvalidReceiver, _>(&world, ADA, call).await.receiver, Address::ZERO);
    // Not even nothing comes from zero: its event would read as a minting.
    let call = CorToken::transferFromCall { from: Address::ZERO, to: ADA, value: U256::ZERO };
    assert_eq!(refused::<CorToken::ERC20InvalidSender, _>(&world, ADA, call).await.sender, Address::ZERO);
}

#[tokio::test]
async fn an_allowance_is_written_down_until_it_is_endless() {
    let world = World::start().await;
    let call = CorToken::approveCall { spender: Address::ZERO, value: wei(1) };
    assert_eq!(refused::<CorToken::ERC20InvalidSpender, _>(&world, ADA, call).await.spender, Address::ZERO);
    let spend = |value| CorToken::transferFromCall { from: ADA, to: CLEO, value };
    let burn = |value| CorToken::burnFromCall { account: ADA, value };
    for (allowed, left) in
        [(cor(10), cor(3)), (ENDLESS - wei(1), ENDLESS - wei(1) - cor(7)), (ENDLESS, ENDLESS), (U256::MAX, U256::MAX)]
    {
        world.tells(ADA, CorToken::approveCall { spender: BEN, value: allowed }).await;
        world.tells(BEN, spend(cor(4))).await;
        world.tells(BEN, burn(cor(3))).await;
        assert_eq!(allowance(&world, ADA, BEN).await, left);
    }
    world.tells(ADA, CorToken::approveCall { spender: BEN, value: cor(1) }).await;
    let error: CorToken::ERC20InsufficientAllowance = refused(&world, BEN, spend(cor(1) + wei(1))).await;
    assert_eq!((error.spender, error.allowance, error.needed), (BEN, cor(1), cor(1) + wei(1)));
    refused::<CorToken::ERC20InsufficientAllowance, _>(&world, BEN, burn(cor(1) + wei(1))).await;
    // Another's allowance is not mine.
    refused::<CorToken::ERC20InsufficientAllowance, _>(&world, CLEO, spend(wei(1))).await;
}

#[tokio::test]
async fn what_is_burnt_is_gone_from_the_supply() {
    let world = World::start().await;
    let mine = world.balance(ADA).await;
    world.tells(ADA, CorToken::burnCall { value: cor(3) }).await;
    world.tells(ADA, CorToken::approveCall { spender: BEN, value: cor(2) }).await;
    let done = world.tells(BEN, CorToken::burnFromCall { account: ADA, value: cor(2) }).await;
    let event = done.events::<CorToken::Transfer>().remove(0);
    assert_eq!((event.from, event.to, event.value), (ADA, Address::ZERO, cor(2)));
    assert_eq!(world.balance(ADA).await, mine - cor(5));
    assert_eq!(world.chain.ask(world.token, CorToken::totalSupplyCall {}).await, SUPPLY - cor(5));
    let call = CorToken::burnCall { value: mine };
    refused::<CorToken::ERC20InsufficientBalance, _>(&world, ADA, call).await;
}

#[tokio::test]
async fn it_says_what_it_is() {
    let world = World::start().await;
    assert_eq!(world.chain.ask(world.token, CorToken::nameCall {}).await, "Cortensor");
    assert_eq!(world.chain.ask(world.token, CorToken::symbolCall {}).await, "COR");
    assert_eq!(world.chain.ask(world.token, CorToken::decimalsCall {}).await, 18);
    assert_eq!(world.chain.ask(world.token, CorToken::totalSupplyCall {}).await, SUPPLY);
    let domain = world.chain.ask(world.token, CorToken::eip712DomainCall {}).await;
    assert_eq!((domain.fields.0, domain.name.as_str(), domain.version.as_str()), ([0x0f], "Cortensor", "1"));
    assert_eq!((domain.chainId, domain.verifyingContract), (U256::from(world.chain.node.chain_id()), world.token));
    assert_eq!((domain.salt, domain.extensions), (B256::ZERO, vec![]));
}
