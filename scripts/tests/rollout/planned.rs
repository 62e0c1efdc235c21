//! What a plan says before anything is sent is what it costs.

use alloy::providers::Provider;
use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, sol};
use corflow::rollout::{Rollout, Site};
use serde_json::{Value, json};

use crate::{
    foreign::{Trick, code},
    support::{Notes, STRANGER, Stage, artifacts},
};

sol! {
    interface Manager {
        function getMinBid(address program) external view returns (uint192);
        function getMinBid(uint64 size) external view returns (uint192);
    }
    function allCacheManagers() external view returns (address[] memory);
    function becomeChainOwner() external;
    function setL1PricePerUnit(uint256 pricePerUnit) external;
}

const ARB_DEBUG: Address = address!("0x00000000000000000000000000000000000000ff");
const ARB_OWNER: Address = address!("0x0000000000000000000000000000000000000070");

const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");

#[tokio::test(flavor = "multi_thread")]
async fn bids_for_the_cache_are_in_the_cost_and_apart_from_gas() {
    const BID: u8 = 200;
    let stage = Stage::new().await;
    let call = json!({"to": ARB_WASM_CACHE, "input": alloy_primitives::Bytes::from(allCacheManagersCall {}.abi_encode())});
    let answer: Value = stage.ask("eth_call", json!([call, "latest"])).await;
    let answer: alloy_primitives::Bytes = answer.as_str().expect("bytes").parse().expect("bytes");
    let manager = allCacheManagersCall::abi_decode_returns(&answer).expect("managers").pop().expect("a manager");
    // A manager that takes nothing for nothing.
    let honest = Address::repeat_byte(0x77);
    let held = stage.provider.get_code_at(manager).await.expect("code");
    stage.ask("anvil_setCode", json!([honest, held])).await;
    let asked = [Manager::getMinBid_0Call::SELECTOR, Manager::getMinBid_1Call::SELECTOR];
    stage.ask("anvil_setCode", json!([manager, code(honest, &asked, Trick::Answer(BID))])).await;
    let paid = async || stage.provider.get_balance(manager).await.expect("a balance");
    let before = paid().await;

    let mut notes = Notes::default();
    let site = Site::connect(&stage.network, artifacts(), &stage.actor).await.expect("connected");
    let mut rollout = Rollout::open(&site, &mut notes).await.expect("opened");
    let plan = rollout.plan(&rollout.rehearse(artifacts()).await.expect("rehearsed")).await.expect("a plan");
    let (mut bids, mut sum) = (0, U256::ZERO);
    for row in &plan.rows {
        assert!(row.gas > 0 && row.gas_limit >= row.gas + row.data_gas.expect("told"), "{row:?}");
        match row.step.split_once(' ') {
            Some(("cache", _)) => {
                assert_eq!((row.fee, row.value), (U256::from(BID), U256::from(BID)), "{row:?}");
                bids += 1;
            }
            Some(("deploy", _)) => assert!(row.fee > U256::from(BID) && row.value > row.fee, "{row:?}"),
            _ => assert!(row.fee.is_zero() && row.value.is_zero(), "{row:?}"),
        }
        sum += U256::from(row.gas + row.data_gas.expect("told")) * plan.gas_price + row.fee;
    }
    assert_eq!((bids, plan.expected), (7, sum));
    rollout.keep_to(&plan);
    rollout.execute().await.expect("deployed");
    assert_eq!(paid().await - before, U256::from(7 * u64::from(BID)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_posting_to_the_parent_chain_costs_is_told_apart_and_is_in_what_is_needed() {
    let stage = Stage::new().await;
    stage.send(STRANGER, ARB_DEBUG, becomeChainOwnerCall {}.abi_encode()).await;
    let price = U256::from(2_000_000_000_u64);
    stage.send(STRANGER, ARB_OWNER, setL1PricePerUnitCall { pricePerUnit: price }.abi_encode()).await;

    let mut notes = Notes::default();
    let site = Site::connect(&stage.network, artifacts(), &stage.actor).await.expect("connected");
    let mut rollout = Rollout::open(&site, &mut notes).await.expect("opened");
    let plan = rollout.plan(&rollout.rehearse(artifacts()).await.expect("rehearsed")).await.expect("a plan");
    let data: u64 = plan.rows.iter().map(|row| row.data_gas.expect("told")).sum();
    let gas: u64 = plan.rows.iter().map(|row| row.gas).sum();
    assert!(plan.rows.iter().all(|row| row.data_gas > Some(0)), "{plan}");
    assert!(data > gas / 100, "{data} beside {gas}: it would not matter");
    let balance = format!("{:#x}", plan.needed);
    stage.ask("anvil_setBalance", json!([stage.actor.address(), balance])).await;
    rollout.keep_to(&plan);
    rollout.execute().await.expect("it suffices");
    let used: u64 =
        stage.journal().iter().filter(|line| line["what"] == "mined").map(|line| line["gas"].as_u64().expect("gas")).sum();
    println!("{gas} gas and {data} of data planned, {used} used");
    assert!(used.abs_diff(gas + data) < (gas + data) / 20, "{used}, planned {gas} and {data}");
}
