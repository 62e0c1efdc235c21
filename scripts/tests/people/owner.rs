//! The owner's part, and the epoch.

use corflow::people::Person::*;

use crate::desk::{DAY, Desk, held};

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_takes_two() {
    let desk = Desk::open().await;
    let (treasury, ada) = (desk.address(Treasury), desk.address(Ada));
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        held(&desk.by(Treasury, &format!("owner propose {contract} {ada}")).await);
        held(&desk.by(Treasury, &format!("owner propose {contract} --withdraw")).await);
        let error = desk.refused(Ada, &format!("owner accept {contract}")).await;
        assert!(error.contains("only the owner may do this, and this account"), "{error}");
        held(&desk.by(Treasury, &format!("owner propose {contract} {ada}")).await);
        let answer = desk.by(Ada, &format!("owner accept {contract}")).await;
        held(&answer);
        assert_eq!(answer.json["actual"]["owner"], ada.to_string());
        assert!(desk.refused(Treasury, &format!("owner propose {contract} {treasury}")).await.contains("only the owner"));
    }
    let params = desk.run("owner params").await.expect("parameters");
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        assert_eq!(params.json["contracts"][contract]["owner"], ada.to_string(), "{}", params.text);
    }
    assert_eq!(params.json["contracts"]["app-fees"]["miners'_share"], "700000000000000000");
    assert_eq!(params.json["contracts"]["app-fees"]["price_of_a_unit"], "1000000000000000");
    assert!(params.text.contains("commitment discount") && params.text.contains("10 %"), "{}", params.text);

    let epoch = desk.run("epoch").await.expect("an epoch").json;
    desk.pass(7 * DAY).await;
    let later = desk.run("epoch").await.expect("an epoch");
    let number = |it: &serde_json::Value| it["epoch"]["epoch"].as_str().expect("a number").parse::<u64>().expect("a number");
    assert_eq!(number(&later.json), number(&epoch) + 1);
    assert!(later.text.contains("next to close") && later.text.ends_with("to go"), "{}", later.text);
}
