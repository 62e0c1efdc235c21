//! A miner: scored, attested, paid.

use abi::{MinerPool, MinerRewards};
use alloy_primitives::{Address, B256, U256};
use corflow::people::Person::*;

use crate::desk::{DAY, Desk, held};

/// Scores an epoch, and publishes what follows in the book: the root, the total and the data hash.
pub(crate) async fn compute(desk: &Desk, epoch: u64, first: bool) -> (B256, U256, B256) {
    let (rewards, rpc) = (desk.running.network.rewards, desk.running.node.endpoint());
    let (ada, cleo) = (desk.address(Ada), desk.address(Cleo));
    desk.write("scores.csv", &format!("miner,tasks,score,free\n{ada},3,1,0\n{cleo},9,3,0\n"));
    desk.write("stakes.csv", &format!("miner,stake\n{ada},0\n{cleo},0\n"));
    let first = if first { "--first" } else { "" };
    let line = format!(
        "rewards --book @book compute --epoch {epoch} --scores @scores.csv --stakes @stakes.csv --minimum-stake 0 {first} --rpc {rpc} \
         --miner-rewards {rewards}"
    );
    let computed = desk.bare_run(&line).await.json;
    let hash = |name: &str| -> B256 { computed[name].as_str().expect(name).parse().expect(name) };
    let total: U256 = computed["cumulativeTotal"].as_str().expect("a total").parse().expect("a number");
    (hash("root"), total, hash("dataHash"))
}

/// The same, and has it attested.
async fn attest(desk: &Desk, epoch: u64, first: bool) {
    let (root, total, data) = compute(desk, epoch, first).await;
    let (epoch, uri) = (U256::from(epoch), "https://scores".to_owned());
    let vote = MinerRewards::voteCall { epoch, root, cumulativeTotal: total, dataHash: data, uri };
    desk.send(desk.address(Ben), desk.running.network.rewards, vote).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miners_pay() {
    let desk = Desk::open().await;
    let (rewards, pool) = (desk.running.network.rewards, desk.running.network.pool);
    let (treasury, cleo, guardian) = (desk.address(Treasury), desk.address(Cleo), desk.address(Guardian));
    let attesters = MinerRewards::setAttestersCall { attesters: vec![desk.address(Ben)], quorum: U256::from(1) };
    desk.send(treasury, rewards, attesters).await;
    assert!(
        desk.fails(&format!("miner claim {cleo} --book @book --private-key-file @cleo"))
            .await
            .to_string()
            .contains("no root is active")
    );

    desk.pass(16 * DAY).await;
    desk.send(treasury, pool, MinerPool::closeCall { max: U256::from(8) }).await;
    attest(&desk, 1, true).await;
    desk.pass(4 * DAY).await;
    desk.send(treasury, rewards, MinerRewards::activateCall {}).await;

    let status = desk.run(&format!("miner status {cleo} --book @book")).await.expect("a status");
    assert_eq!((&status.json["status"]["claimed"], &status.json["activeRoot"]["epoch"]), (&"0".into(), &"1".into()));
    let due: U256 = status.json["status"]["due"].as_str().expect("due").parse().expect("a number");
    assert!(due > U256::ZERO);

    // Anyone claims for a miner, and the miner is paid.
    let before = desk.balance(Cleo).await;
    held(&desk.by(Ada, &format!("miner claim {cleo} --book @book")).await);
    assert_eq!(desk.balance(Cleo).await - before, due);
    let again = desk.refused(Ada, &format!("miner claim {cleo} --book @book")).await;
    assert!(again.contains("all of it was paid already") && again.contains("wait for the next root"), "{again}");
    let stranger = Address::repeat_byte(7);
    let error = desk.fails(&format!("miner claim {stranger} --book @book --private-key-file @ada")).await;
    assert!(error.to_string().contains("has earned nothing up to epoch 1"), "{error}");

    // A newer root that waits is not used, and says until when.
    desk.pass(7 * DAY).await;
    desk.send(treasury, pool, MinerPool::closeCall { max: U256::from(8) }).await;
    attest(&desk, 2, false).await;
    let ada = desk.address(Ada);
    let early = desk.refused(Ada, &format!("miner claim {ada} --book @book --epoch 2")).await;
    assert!(early.contains("not active until 20"), "{early}");
    let again = desk.refused(Cleo, &format!("miner claim {cleo} --book @book")).await;
    let newer = "a newer root, of epoch 2, can be activated by anyone at 20";
    assert!(again.contains("all of it was paid already") && again.contains(newer), "{again}");
    let first = desk.by(Ada, &format!("miner claim {ada} --book @book")).await;
    assert!(first.json["compared"] == true && first.json["predicted"] == first.json["actual"], "{}", first.text);
    assert!(first.text.contains(newer) && first.json["newer"].as_str().is_some_and(|it| it.contains(newer)), "{}", first.text);
    let pending = desk.ask(rewards, MinerRewards::pendingRootCall {}).await;
    assert!(first.text.contains(&words::refusals::time(pending.readyAt.to())), "to the second: {}", first.text);
    desk.pass(4 * DAY).await;
    let due = desk.check(Cleo, &format!("miner claim {cleo} --book @book")).await;
    assert!(!due.ok && due.text.contains("can be activated by anyone now"), "{}", due.text);
    desk.send(treasury, rewards, MinerRewards::activateCall {}).await;
    // Into stake, by whoever is paid.
    held(&desk.by(Ada, &format!("miner claim {ada} --book @book --stake")).await);

    // Where claims go: offered, accepted by the right one only, and then used.
    held(&desk.by(Cleo, &format!("miner payout {cleo} --name {guardian}")).await);
    let wrong = desk.refused(Ada, &format!("miner payout {cleo} --accept")).await;
    assert!(wrong.contains(&format!("the payout was offered to {guardian}")), "{wrong}");
    held(&desk.by(Cleo, &format!("miner payout {cleo} --withdraw")).await);
    held(&desk.by(Cleo, &format!("miner payout {cleo} --name {guardian}")).await);
    held(&desk.by(Guardian, &format!("miner payout {cleo} --accept")).await);
    let before = desk.balance(Guardian).await;
    held(&desk.by(Ada, &format!("miner claim {cleo} --book @book")).await);
    assert!(desk.balance(Guardian).await > before);
    let stake = desk.refused(Cleo, &format!("miner claim {cleo} --book @book --stake")).await;
    assert!(stake.contains("payout address"), "{stake}");
}
