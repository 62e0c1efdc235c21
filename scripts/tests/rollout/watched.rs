//! A network that stands, held against the chain: by parameters and build, and by its passport.

use abi::{AgentStore, AppFees};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use corflow::{
    keys::{Actor, Signer},
    rollout::{Errand, Finding, Purpose, Survey, Verdict, Watch},
};
use serde_json::json;

use crate::support::{Notes, Stage, artifacts};

/// Indexes of accounts: the owner, the guardian and the curator of the parameters, and a stranger.
const OWNER: usize = 1;
const CURATOR: usize = 3;
const STRANGER: usize = 10;

async fn survey(stage: &Stage) -> Survey {
    Watch::connect(&stage.network).await.expect("connected").survey(artifacts()).await.expect("a survey")
}

fn find<'a>(survey: &'a Survey, contract: &str, what: &str) -> &'a Finding {
    let found = survey.findings.iter().find(|finding| finding.contract == contract && finding.what == what);
    found.unwrap_or_else(|| panic!("nobody looked at {what} of {contract}: {survey:?}"))
}

async fn deployed() -> Stage {
    let stage = Stage::new().await;
    stage.run(&mut Notes::default()).await.expect("deployed");
    stage
}

/// The owner accepts every contract.
async fn accept(stage: &Stage) {
    let watch = Watch::connect(&stage.network).await.expect("connected");
    let owner = Actor::Here(Signer::Key(stage.key(OWNER)));
    let accepted = watch.run(Purpose::Accept, &owner, stage.patience, &mut Notes::default()).await.expect("accepted");
    assert_eq!(accepted.len(), 5);
    assert!(accepted.iter().all(|errand| errand.transaction.is_some()), "{accepted:?}");
    let again = watch.run(Purpose::Accept, &owner, stage.patience, &mut Notes::default()).await.expect("nothing to do");
    assert!(again.iter().all(|errand| errand.done == "is owned already" && errand.transaction.is_none()), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_is_open_until_it_is_accepted_and_then_the_deployer_holds_nothing() {
    let stage = deployed().await;
    let before = survey(&stage).await;
    assert_eq!(before.of(Verdict::Drift).count(), 0, "{before:?}");
    assert!(find(&before, "staking", "owner").found.contains("offered to 0xf39F"));
    let holds = find(&before, "deployer", "holds");
    assert_eq!(holds.verdict, Verdict::Open);
    assert!(holds.found.contains("owner of staking") && holds.found.contains("owner of miner-pool"), "{holds}");
    assert_eq!(find(&before, "miner-rewards", "attesters").verdict, Verdict::Open);

    accept(&stage).await;
    // The attesters hold after a day.
    stage.ask("evm_increaseTime", json!([86_400])).await;
    stage.ask("evm_mine", json!([])).await;
    let after = survey(&stage).await;
    let rest: Vec<String> = after.findings.iter().filter(|it| it.verdict != Verdict::Same).map(Finding::to_string).collect();
    assert!(rest.is_empty(), "{rest:#?}");
    assert_eq!(find(&after, "deployer", "holds").found, "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_does_not_say_is_drift_with_both_values() {
    let stage = deployed().await;
    accept(&stage).await;
    // The owner appoints another curator, changes the price, and the file's cooldown is edited.
    let curator = stage.node.accounts()[STRANGER].address;
    stage.send(OWNER, stage.at("agent-store"), AgentStore::setCuratorCall { curator }.abi_encode()).await;
    let price = AppFees::setUnitPriceCall { unitPrice: U256::from(2_000_000_000_000_000_u64) };
    stage.send(OWNER, stage.at("app-fees"), price.abi_encode()).await;
    stage.edit("cooldown = \"7 d\"", "cooldown = \"8 d\"");
    stage.edit("bond = \"1_000 COR\"", "bond = \"2_000 COR\"");
    let early = survey(&stage).await;
    assert!(find(&early, "agent-store", "curator to come").found.starts_with(&curator.to_string()));
    let cooldown = find(&early, "staking", "cooldown");
    assert_eq!((cooldown.verdict, &*cooldown.expected, &*cooldown.found), (Verdict::Drift, "691200", "604800"));
    assert_eq!(find(&early, "staking", "address by arguments").verdict, Verdict::Drift);
    assert_eq!(find(&early, "agent-store", "bond").found, "1000000000000000000000");
    assert_eq!(find(&early, "miner-pool", "address by arguments").verdict, Verdict::Same);

    stage.ask("evm_increaseTime", json!([3 * 604_800])).await;
    stage.ask("evm_mine", json!([])).await;
    let late = survey(&stage).await;
    let role = find(&late, "agent-store", "curator");
    let was = stage.node.accounts()[CURATOR].address.to_string();
    assert_eq!((role.verdict, &role.expected, &role.found), (Verdict::Drift, &was, &curator.to_string()));
    let price = find(&late, "app-fees", "unitPrice now");
    assert_eq!((price.verdict, &*price.found), (Verdict::Open, "2000000000000000"));
    assert_eq!(find(&late, "app-fees", "unitPrice at construction").verdict, Verdict::Same);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_is_not_there_or_another_is_drift() {
    let stage = deployed().await;
    stage.ask("anvil_setCode", json!([stage.at("staking"), "0x6001600055"])).await;
    let survey = survey(&stage).await;
    let code = find(&survey, "staking", "code");
    assert_eq!(code.verdict, Verdict::Drift);
    assert_ne!(code.expected, code.found);
    stage.ask("anvil_setCode", json!([stage.at("staking"), "0x"])).await;
    let gone = self::survey(&stage).await;
    assert!(find(&gone, "staking", "code").found.starts_with("nothing at"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passport_is_the_deployers_and_anybody_holds_it_against_the_chain() {
    let stage = deployed().await;
    let watch = Watch::connect(&stage.network).await.expect("connected");
    let path = stage.folder().join("passport.json");
    let stranger = Actor::Here(Signer::Key(stage.key(STRANGER)));
    let refused = watch.passport(artifacts(), &stranger, &path).await.expect_err("not the deployer").to_string();
    assert!(refused.contains("deployed this network and signs its passport"), "{refused}");
    watch.passport(artifacts(), &stage.actor, &path).await.expect("signed");

    // Whoever verifies has neither parameters nor record nor build.
    std::fs::remove_file(&stage.network.parameters).expect("removed");
    let record = std::fs::read_to_string(stage.network.deployment()).expect("a record");
    std::fs::remove_file(stage.network.deployment()).expect("removed");
    let (signer, survey) = watch.verify(&path).await.expect("verified");
    assert_eq!(signer, stage.actor.address());
    assert_eq!(survey.of(Verdict::Drift).count(), 0, "{survey:?}");
    std::fs::write(stage.network.deployment(), record).expect("back");

    // One digit changed, anywhere: somebody else's signature.
    let text = std::fs::read_to_string(&path).expect("a passport");
    let mut passport: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    passport["body"]["roles"]["quorum"] = json!(4);
    std::fs::write(&path, passport.to_string()).expect("changed");
    let changed = watch.verify(&path).await.expect_err("changed").to_string();
    assert!(changed.contains("was changed after it was signed"), "{changed}");

    // The same passport against another chain.
    std::fs::write(&path, text).expect("back");
    let other = Stage::new().await;
    let other_chain = Watch::connect(&other.network).await.expect("connected").verify(&path).await;
    match other_chain {
        // A chain of the same id and beginning: nothing is there.
        Ok((_, survey)) => assert!(survey.of(Verdict::Drift).all(|finding| finding.found.starts_with("nothing at"))),
        Err(error) => assert!(error.to_string().contains("the passport is of"), "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn activations_are_extended_in_their_last_days_and_made_again_after() {
    let stage = deployed().await;
    let watch = Watch::connect(&stage.network).await.expect("connected");
    let anybody = Actor::Here(Signer::Key(stage.key(STRANGER)));
    let purpose = Purpose::Keep { within: 60 };
    let keep = async || watch.run(purpose, &anybody, stage.patience, &mut Notes::default()).await.expect("kept");
    let rests = |row: &Errand| row.done.ends_with("days left") && row.transaction.is_none();
    assert!(keep().await.iter().all(rests));

    stage.ask("evm_increaseTime", json!([310 * 86_400])).await;
    stage.ask("evm_mine", json!([])).await;
    let soon = survey(&stage).await;
    let activation = find(&soon, "staking", "activation");
    assert_eq!(activation.verdict, Verdict::Open);
    assert!(activation.found.contains("run corflow keepalive"), "{activation}");
    let kept = keep().await;
    assert_eq!(kept.len(), 7);
    assert!(kept.iter().all(|row| row.done == "extended by a year" && row.transaction.is_some()), "{kept:?}");
    assert_eq!(find(&survey(&stage).await, "staking", "activation").verdict, Verdict::Same);
    assert!(keep().await.iter().all(rests));

    stage.ask("evm_increaseTime", json!([366 * 86_400])).await;
    stage.ask("evm_mine", json!([])).await;
    assert!(keep().await.iter().all(|row| row.done == "activated again"));
    assert!(keep().await.iter().all(rests));
}
