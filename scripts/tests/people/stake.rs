//! Staking, from the first COR to the last.

use abi::{CorToken, Staking};
use alloy_primitives::U256;
use corflow::{people::Person::*, wallet::exit_of};
use words::refusals::Exit;

use crate::desk::{COR, DAY, Desk, held, wei};

#[tokio::test(flavor = "multi_thread")]
async fn a_stakers_year() {
    let desk = Desk::open().await;
    let staking = desk.running.system.staking;

    // By a permit, in one transaction, and nothing is left approved.
    let answer = desk.by(Ada, "stake 1500_COR").await;
    held(&answer);
    assert_eq!(answer.json["actual"]["at_stake"], wei(1_500));
    assert_eq!(answer.json["transactions"].as_array().map(Vec::len), Some(1));
    let allowance = CorToken::allowanceCall { owner: desk.address(Ada), spender: staking };
    assert_eq!(desk.ask(desk.running.system.token, allowance.clone()).await, U256::ZERO);
    // By an approval of exactly that, where asked for.
    let answer = desk.by(Ada, "stake 0.25 --approve").await;
    held(&answer);
    assert_eq!(answer.json["transactions"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.ask(desk.running.system.token, allowance).await, U256::ZERO);
    held(&desk.by(Ben, "stake 333.333333333333333333").await);

    // Rewards to the wei, at any second.
    for seconds in [1, 4_321, 30 * DAY] {
        desk.pass(seconds).await;
        let shown = desk.run(&format!("position {}", desk.address(Ada))).await.expect("a position");
        let position = desk.ask(staking, Staking::positionCall { account: desk.address(Ada) }).await;
        assert_eq!(shown.json["position"]["rewards"], position.rewards.to_string(), "what the contract's own view says");
        assert_eq!(shown.json["position"]["at_stake"], position.stake.to_string());
    }
    let before = desk.balance(Ada).await;
    let answer = desk.by(Ada, "claim").await;
    held(&answer);
    assert!(desk.balance(Ada).await > before + U256::from(50 * COR), "{}", answer.text);
    desk.pass(DAY).await;
    held(&desk.by(Ben, "compound").await);

    // Leaving, coming back, leaving.
    held(&desk.by(Ada, "unstake 1000").await);
    let early = desk.refused(Ada, "withdraw").await;
    assert!(early.contains("what is unbonding matures at 20") && early.contains("what to do: withdraw at 20"), "{early}");
    held(&desk.by(Ada, "unstake --cancel").await);
    held(&desk.by(Ada, "unstake 1500.25").await);
    desk.pass(8 * DAY).await;
    held(&desk.by(Ada, "withdraw").await);
    let position = desk.ask(staking, Staking::positionCall { account: desk.address(Ada) }).await;
    assert_eq!((position.stake, position.unbonding), (U256::ZERO, U256::ZERO));

    refusals(&desk).await;
    elsewhere(&desk).await;
}

async fn refusals(desk: &Desk) {
    let error = desk.refused(Cleo, "stake 1000000").await;
    assert!(error.contains("needs 1000000 COR, you have 10000 COR"), "{error}");
    assert!(error.contains("the largest request that passes is 10000 COR"), "{error}");
    let error = desk.refused(Cleo, "unstake 5").await;
    assert!(error.contains("5 COR are asked for, and 0 COR are at stake"), "{error}");
    assert!(desk.refused(Cleo, "claim").await.contains("there are no rewards to take"));
    assert!(desk.refused(Cleo, "unstake --cancel").await.contains("nothing is unbonding"));

    let answer = desk.check(Cleo, "stake 10000.5").await;
    assert!(!answer.ok && answer.json["largest"] == wei(10_000), "{}", answer.text);
    assert_eq!(answer.json["refusal"]["error"], "TokenRefused");
    assert_eq!(answer.json["refusal"]["inner"]["error"], "ERC20InsufficientBalance");
    let answer = desk.check(Cleo, "stake 10").await;
    assert!(answer.ok && answer.json["predicted"]["at_stake"] == wei(10), "{}", answer.text);
    assert_eq!(desk.balance(Cleo).await, U256::from(10_000 * COR), "nothing was sent");

    // What is not surely meant is not understood.
    for amount in ["1,304.53", "1e3", "-5", "0.1234567890123456789", "5_ETH"] {
        assert!(desk.fails(&format!("stake {amount} --private-key-file @cleo")).await.is::<clap::Error>(), "{amount}");
    }
    let error = desk.fails("stake 5").await;
    assert!(exit_of(&error) == Exit::Keys && error.to_string().starts_with("who signs?"));
    let error = desk.fails("stake 5 --from 0x0000000000000000000000000000000000000001").await;
    assert_eq!(exit_of(&error), Exit::Keys);
}

async fn elsewhere(desk: &Desk) {
    let cleo = desk.address(Cleo);
    let answer = desk.run(&format!("stake 7 --from {cleo} --unsigned @unsigned.json")).await.expect("written");
    assert_eq!(answer.json["predicted"]["at_stake"], wei(7));
    let file = desk.json("unsigned.json");
    assert_eq!(file["transactions"].as_array().map(Vec::len), Some(2), "the approval, then the stake");
    // What is written is what a wallet sends.
    for transaction in file["transactions"].as_array().expect("transactions") {
        let mut order = transaction.clone();
        order.as_object_mut().expect("an object").remove("says");
        order["gas"] = "0x17d7840".into();
        let hash = desk.get("eth_sendTransaction", serde_json::json!([order])).await;
        assert_eq!(desk.get("eth_getTransactionReceipt", serde_json::json!([hash])).await["status"], "0x1");
    }
    let stake = desk.ask(desk.running.system.staking, Staking::stakeOfCall { account: cleo }).await;
    assert_eq!(stake, U256::from(7 * COR));

    let safe = format!("unstake 7 --from {cleo} --safe-batch @batch.json");
    desk.run(&safe).await.expect("written");
    let batch = desk.json("batch.json");
    assert_eq!((&batch["chainId"], batch["transactions"].as_array().map(Vec::len)), (&"412346".into(), Some(1)));
    assert_eq!(batch["meta"]["checksum"], corflow::keys::checksum(&batch).to_string());
    assert!(desk.fails(&safe).await.to_string().contains("is there already"));
}
