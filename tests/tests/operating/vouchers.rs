//! Vouchers from a file to the chain: signed under the contract's own domain, counted in batches, every answer in words.

use abi::AppFees;
use alloy::providers::{Provider, RootProvider};
use alloy_primitives::{B256, U256};
use corflow::answer::Answer;
use system_tests::fees::{GRACE, Network, PRICE};

use crate::{desk::Desk, world::wei};

/// A network whose only app has a fee cap of 100 units an epoch and escrow for 1,000.
async fn network() -> (Network, Desk) {
    let network = Network::start().await;
    let app = network.register(100 * PRICE).await;
    network.chain.send(network.app_owner, network.fees, AppFees::topUpCall { appId: app, amount: wei(1_000 * PRICE) }).await;
    let desk = Desk::at(&network);
    desk.key("signer", B256::repeat_byte(7));
    desk.key("gateway", network.chain.node.accounts()[9].key);
    (network, desk)
}

/// Signs a voucher of app 1 into a file.
async fn sign(desk: &Desk, network: &Network, file: &str, epoch: u64, units: u64, key: &str) {
    let line = format!(
        "voucher sign --app 1 --epoch {epoch} --units {units} --rpc URL --app-fees {} --private-key-file @{key}",
        network.fees
    );
    desk.write(file, desk.run(&line).await.expect("it is signed").json.to_string());
}

async fn settle(desk: &Desk, files: &str) -> Answer {
    let line = format!("voucher settle --rpc URL --deployments @deployments.json --private-key-file @gateway {files}");
    desk.run(&line).await.expect("it comes to its end")
}

async fn block(network: &Network) -> u64 {
    let provider: RootProvider = RootProvider::connect(&network.chain.node.endpoint()).await.expect("the node");
    provider.get_block_number().await.expect("a block")
}

#[tokio::test]
async fn a_voucher_is_signed_only_under_the_domain_of_the_contract_there() {
    let (network, desk) = network().await;
    sign(&desk, &network, "v", 0, 5, "signer").await;
    let sign =
        |contract| format!("voucher sign --app 1 --epoch 0 --units 5 --rpc URL --app-fees {contract} --private-key-file @signer");
    // COR has a domain of its own.
    let told = desk.refused(&sign(network.token)).await;
    assert!(told.contains("nothing was signed") && told.contains("Cortensor App Fees"), "{told}");
    for nobody in [network.store, network.owner] {
        let told = desk.refused(&sign(nobody)).await;
        assert!(told.contains("does not say its domain"), "{told}");
    }
    let told = desk.refused(&format!("{} --chain-id 1", sign(network.fees))).await;
    assert!(told.contains("412346, not 1"), "{told}");
}

#[tokio::test]
async fn vouchers_are_previewed_then_counted_and_never_sent_for_nothing() {
    let (network, desk) = network().await;
    sign(&desk, &network, "v", 0, 70, "signer").await;

    let before = block(&network).await;
    let check = desk.run("voucher settle --check --rpc URL --deployments @deployments.json @v").await.expect("a preview");
    assert!(check.text.contains("70 counted") && check.text.contains("nothing was sent"), "{}", check.text);
    assert_eq!(check.json["vouchers"][0]["escrowed"], (70 * PRICE).to_string());
    assert_eq!(block(&network).await, before);

    let answer = settle(&desk, "@v").await;
    assert!(answer.text.contains("preview") && answer.text.contains("sent "), "{}", answer.text);
    let voucher = &answer.json["vouchers"][0];
    assert_eq!((&voucher["units"], &voucher["status"]), (&"70".into(), &"Settled".into()));
    assert_eq!(answer.json["transactions"].as_array().map(Vec::len), Some(1));
    let usage = network.chain.ask(network.fees, AppFees::usageOfCall { appId: U256::ONE, epoch: U256::ZERO }).await;
    assert_eq!((usage.units, usage.spent), (U256::from(70), wei(70 * PRICE)));

    // Again: a replay, and nothing is sent for it.
    let before = block(&network).await;
    let again = settle(&desk, "@v").await;
    assert!(again.ok && again.text.contains("nothing would be counted: nothing was sent"), "{}", again.text);
    assert!(again.text.contains("counted before"), "{}", again.text);
    assert_eq!(block(&network).await, before);

    // More than the cap: what fits is counted, and why not more is said with the largest number that passes.
    sign(&desk, &network, "w", 0, 150, "signer").await;
    let part = settle(&desk, "@w").await;
    assert_eq!((&part.json["vouchers"][0]["units"], &part.json["vouchers"][0]["status"]), (&"30".into(), &"FeeCap".into()));
    assert_eq!(part.json["vouchers"][0]["largest"], "100");
    assert!(part.text.contains("fee cap") && part.text.contains("100 units in all would pass"), "{}", part.text);
}

#[tokio::test]
async fn one_bad_voucher_spoils_none_of_the_others() {
    let (network, desk) = network().await;
    desk.key("stranger", B256::repeat_byte(8));
    sign(&desk, &network, "good", 0, 10, "signer").await;
    sign(&desk, &network, "early", 1, 5, "signer").await;
    // Whoever does not ask the chain can sign anything.
    for (file, chain_id, units, key) in [("stranger's", 412_346, 20, "stranger"), ("elsewhere", 1, 9, "signer")] {
        let line = format!(
            "voucher sign --app 1 --epoch 0 --units {units} --chain-id {chain_id} --app-fees {} --private-key-file @{key}",
            network.fees
        );
        desk.write(file, desk.run(&line).await.expect("it is signed").json.to_string());
    }
    desk.write("torn", "{\"domain\":");

    let answer = settle(&desk, "@elsewhere @stranger's @early @torn @good").await;
    assert!(!answer.ok, "what was left out is an error");
    let statuses: Vec<_> = answer.json["vouchers"].as_array().expect("vouchers").iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, ["BadSignature", "FutureEpoch", "Settled"]);
    assert_eq!(answer.json["leftOut"].as_array().map(Vec::len), Some(2));
    for said in ["on chain 1", "torn", "has not begun", "not signed by the app's signer"] {
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    let usage = network.chain.ask(network.fees, AppFees::usageOfCall { appId: U256::ONE, epoch: U256::ZERO }).await;
    assert_eq!(usage.units, U256::from(10));

    // Later: the epoch takes no more, and the next one does.
    sign(&desk, &network, "late", 0, 11, "signer").await;
    network.go(1, GRACE + 1).await;
    let answer = settle(&desk, "@late @early").await;
    let statuses: Vec<_> = answer.json["vouchers"].as_array().expect("vouchers").iter().map(|it| it["status"].clone()).collect();
    assert_eq!(statuses, ["ClosedEpoch", "Settled"]);
}

#[tokio::test]
async fn fifty_one_vouchers_are_two_batches() {
    let (network, desk) = network().await;
    for units in 1..=51 {
        sign(&desk, &network, &format!("v{units}"), 0, units, "signer").await;
    }
    let files: Vec<_> = (1..=51).map(|units| format!("@v{units}")).collect();
    let answer = settle(&desk, &files.join(" ")).await;
    assert!(answer.ok, "{}", answer.text);
    assert_eq!(answer.json["transactions"].as_array().map(Vec::len), Some(2));
    let vouchers = answer.json["vouchers"].as_array().expect("vouchers");
    assert_eq!(vouchers.len(), 51);
    assert!(vouchers.iter().all(|it| it["units"] == "1" && it["escrowed"] == PRICE.to_string()));
    let account = network.chain.ask(network.fees, AppFees::accountOfCall { appId: U256::ONE }).await;
    assert_eq!(account.escrow, wei((1_000 - 51) * PRICE));
}
