//! Every event of COR and staking, decoded from a real log.

use std::collections::BTreeSet;

use abi::{CorToken, Staking};
use alloy_primitives::{Address, B256, IntoLogData, Log, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use serde_json::json;
use system_tests::staking::{ADA, BEN, CLEO, DAY, SUPPLY, WEEK, World, cor};

#[tokio::test]
async fn every_event_of_the_abi_is_logged_and_decoded() {
    let world = World::start().await;
    let (owner, guardian) = (world.owner, world.guardian);
    world.tells(ADA, CorToken::burnCall { value: cor(1) }).await;
    world.stake(ADA, cor(100)).await;
    world.fund(cor(1)).await;
    world.add_fees(cor(7), 1).await;
    world.pass(WEEK).await;
    // The budget is spent by now.
    world.claim(ADA).await;
    world.add_fees(cor(7), 1).await;
    world.pass(DAY).await;
    world.does(ADA, Staking::compoundCall {}).await;
    world.unstake(ADA, cor(10)).await;
    world.does(ADA, Staking::cancelUnstakeCall {}).await;
    world.unstake(ADA, cor(10)).await;
    world.pass(WEEK).await;
    world.withdraw(ADA).await;
    world.does(guardian, Staking::pauseCall {}).await;
    world.does(owner, Staking::unpauseCall {}).await;
    world.does(owner, Staking::setGuardianCall { guardian: BEN }).await;
    world.does(owner, Staking::transferOwnershipCall { newOwner: CLEO }).await;
    world.does(CLEO, Staking::acceptOwnershipCall {}).await;

    // Since the first block, so that those of the constructors are among them.
    let token = logs(&world, world.token).await;
    assert_decodes::<CorToken::CorTokenEvents>(&token);
    assert_complete(CorToken::abi::contract().events().map(|event| event.selector()), &token);
    let minted = CorToken::Transfer::decode_log(&token[0]).expect("the supply is minted first");
    assert_eq!((minted.from, minted.to, minted.value), (Address::ZERO, owner, SUPPLY));

    let staking = logs(&world, world.staking).await;
    assert_decodes::<Staking::StakingEvents>(&staking);
    assert_complete(Staking::abi::contract().events().map(|event| event.selector()), &staking);
    let staked = staking.iter().find_map(|log| Staking::Staked::decode_log(log).ok()).expect("Ada staked first");
    assert_eq!((staked.account, staked.payer, staked.amount), (ADA, ADA, cor(100)));
    let recorded = staking.iter().find_map(|log| Staking::EpochRecorded::decode_log(log).ok()).expect("epoch 0 ended");
    assert_eq!((recorded.epoch, recorded.closing), (U256::ZERO, cor(100)));
}

async fn logs(world: &World, contract: Address) -> Vec<Log> {
    let answer = world.chain.get("eth_getLogs", json!([{ "address": contract, "fromBlock": "0x0" }])).await;
    serde_json::from_value(answer).expect("logs")
}

/// Each log is an event of the interface, and encodes to the same log again.
fn assert_decodes<E: SolEventInterface + IntoLogData>(logs: &[Log]) {
    for log in logs {
        let event = E::decode_raw_log(log.topics(), &log.data.data).expect("an event of the ABI");
        assert_eq!(event.to_log_data(), log.data);
    }
}

fn assert_complete(abi: impl Iterator<Item = B256>, logs: &[Log]) {
    let seen: BTreeSet<B256> = logs.iter().map(|log| log.topics()[0]).collect();
    assert_eq!(abi.collect::<BTreeSet<B256>>(), seen, "events of the ABI, and those that were logged");
}
