//! Staking where COR is somebody else's token: without permits, or with permits of another make, it is approved first.

use abi::{CorToken, Staking};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use economics::COR;
use serde_json::{Value, json};
use system_tests::{
    fees::Network,
    hostile::{Trick, code},
};

use crate::{desk::Desk, world::wei};

#[tokio::test]
async fn a_stake_without_a_permit_is_approved_first_and_says_why() {
    let network = Network::start().await;
    let Network { chain, token, staking, app_owner, .. } = &network;
    let desk = Desk::at(&network);
    desk.key("key", chain.node.accounts()[1].key);
    let line = "stake 5 --rpc URL --deployments @deployments.json --private-key-file @key";
    let answer = desk.run(line).await.expect("a permit");
    assert_eq!((transactions(&answer.json), &answer.json["approved"]), (1, &json!({"by": "permit"})));

    // The same token behind code that has no nonces of permits, then behind one whose `permit` means something else.
    let behind = chain.place();
    let real: Value = chain.get("eth_getCode", json!([token, "latest"])).await;
    chain.get("anvil_setCode", json!([behind, real])).await;
    for (selector, why) in [
        (CorToken::noncesCall::SELECTOR, "the token has no permits"),
        (CorToken::permitCall::SELECTOR, "the token does not take our permit"),
    ] {
        let front = code(behind, selector, &Trick::Reason("unknown function"));
        chain.get("anvil_setCode", json!([token, front])).await;
        let answer = desk.run(line).await.unwrap_or_else(|error| panic!("{why}: {error:#}"));
        assert_eq!((transactions(&answer.json), &answer.json["approved"]), (2, &json!({"by": "transaction", "why": why})));
        assert!(answer.text.contains(&format!("approved first: {why}")), "{}", answer.text);
        assert_eq!(answer.json["predicted"], answer.json["actual"]);
        // Exactly what was staked was approved.
        let allowance = CorToken::allowanceCall { owner: *app_owner, spender: *staking };
        assert_eq!(chain.ask(*token, allowance).await, U256::ZERO);
    }
    assert_eq!(chain.ask(*staking, Staking::stakeOfCall { account: *app_owner }).await, wei(15 * COR));
    // Whoever signs elsewhere is given both.
    let elsewhere = format!("stake 5 --rpc URL --deployments @deployments.json --from {app_owner} --unsigned @unsigned.json");
    let written = desk.run(&elsewhere).await.expect("written").json["written"].clone();
    assert_eq!(transactions(&written), 2);
}

fn transactions(json: &Value) -> usize {
    json["transactions"].as_array().map_or(0, Vec::len)
}
