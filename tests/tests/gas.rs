//! What actions cost, with both programs cached, against fixed figures of Uniswap's StakingRewards and OpenZeppelin's ERC-20.
//! Side by side, on one node and in one state, `corflow bench gas` measures them.
//!
//! `cargo test -p system-tests --test gas -- --nocapture` prints the table.

use abi::{ArbWasmCache, CorToken, Staking};
use alloy_primitives::{Address, U256, address};
use serde_json::json;
use system_tests::{
    chain::Done,
    staking::{ADA, BEN, CLEO, DAY, WEEK, World, cor},
};

const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// An allowance that spending does not write down.
const ENDLESS: U256 = alloy_primitives::uint!(0x8000000000000000000000000000000000000000000000000000000000000000_U256);

/// The parts of a transaction's gas, as the node names them.
const PARTS: [&str; 9] = ["intrinsic", "poster", "entry", "wasm", "storage", "logs", "calls", "host", "evm"];

/// Prints a row and gives its gas.
async fn row(world: &World, action: &str, done: Done, goal: Option<u64>) -> u64 {
    let profile = world.chain.get("stylus_gasProfile", json!([done.hash])).await;
    let part = |name: &str| profile[name].as_str().map_or(0, |text| u64::from_str_radix(&text[2..], 16).expect("a quantity"));
    let sum: u64 = PARTS.iter().map(|name| part(name)).sum::<u64>() - part("refund");
    assert_eq!(sum, done.gas, "the parts of {action}: {profile}");
    let parts: Vec<String> = PARTS.iter().filter(|name| part(name) > 0).map(|name| format!("{name} {}", part(name))).collect();
    let goal = goal.map_or(String::new(), |goal| format!("<= {goal}"));
    println!("{action:<24} {:>7} {goal:<9}  {}, refund {}", done.gas, parts.join(", "), part("refund"));
    done.gas
}

#[tokio::test]
async fn actions_cost_no_more_than_their_goals() {
    let world = World::start().await;
    for program in [world.token, world.staking] {
        let cache = ArbWasmCache::cacheProgramCall { program };
        world.send(world.owner, ARB_WASM_CACHE, cache).await.expect("the chain owner caches");
    }
    for account in [ADA, BEN] {
        world.tells(account, CorToken::approveCall { spender: world.staking, value: ENDLESS }).await;
    }
    world.fund(cor(1_000_000)).await;
    let mut missed = Vec::new();
    let mut held = |action: &str, gas: u64, goal: u64| {
        if gas > goal {
            missed.push(format!("{action} takes {gas}, {} more than {goal}", gas - goal));
        }
    };
    let nobody = Address::repeat_byte(0x77);

    let goal = 51_456;
    let done = world.tells(ADA, CorToken::transferCall { to: nobody, value: cor(1) }).await;
    held("transfer, new holder", row(&world, "transfer, new holder", done, Some(goal)).await, goal);
    let goal = 34_356;
    let done = world.tells(ADA, CorToken::transferCall { to: nobody, value: cor(1) }).await;
    held("transfer", row(&world, "transfer", done, Some(goal)).await, goal);
    let goal = 46_197;
    let done = world.tells(ADA, CorToken::approveCall { spender: nobody, value: ENDLESS }).await;
    held("approve", row(&world, "approve", done, Some(goal)).await, goal);

    let done = world.stake(CLEO, cor(1_000)).await;
    row(&world, "stake, first", done, None).await;
    world.pass(3_600).await;
    let goal = 97_863 * 80 / 100;
    let done = world.stake(BEN, cor(1_000)).await;
    held("stake, second staker", row(&world, "stake, second staker", done, Some(goal)).await, goal);
    world.pass(3_600).await;
    let goal = 143_398 * 60 / 100;
    let done = world.stake(BEN, cor(1_000)).await;
    held("stake again", row(&world, "stake again", done, Some(goal)).await, goal);
    world.pass(3_600).await;
    let goal = 73_456 * 75 / 100;
    let done = world.does(BEN, Staking::claimCall {}).await;
    held("claim", row(&world, "claim", done, Some(goal)).await, goal);
    world.pass(3_600).await;
    let done = world.does(BEN, Staking::compoundCall {}).await;
    row(&world, "compound", done, None).await;
    let done = world.unstake(BEN, cor(500)).await;
    let leaving = row(&world, "requestUnstake", done, None).await;
    world.pass(WEEK + DAY).await;
    let done = world.withdraw(BEN).await;
    let withdrawal = row(&world, "withdraw", done, None).await;
    println!("{:<24} {:>7} against 101568 of withdraw there", "requestUnstake+withdraw", leaving + withdrawal);
    println!("missed: {missed:?}");
    assert_eq!(missed, [] as [String; 0]);
}
