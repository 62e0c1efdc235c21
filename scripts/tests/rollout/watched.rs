//! A network that stands, held against the chain: by parameters and build, and by its passport.

use abi::{AgentStore, AppFees, CorToken, MinerRewards};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use corflow::{
    keys::{Actor, Outbox, Signer},
    rollout::{Finding, Purpose, Survey, Verdict, Watch},
};
use serde_json::{Value, json};

use crate::support::{CURATOR, Notes, OWNER, STRANGER, Stage, TREASURY, artifacts};

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

    // Whatever is changed in it shows, each field and each thing that it lists.
    let text = std::fs::read_to_string(&path).expect("a passport");
    let passport: Value = serde_json::from_str(&text).expect("JSON");
    let changes = changes(&passport);
    assert!(changes.len() > 700, "{} changes", changes.len());
    for (what, changed) in &changes {
        std::fs::write(&path, changed.to_string()).expect("changed");
        assert!(watch.verify(&path).await.is_err(), "{what} was changed, and nobody saw it");
    }
    println!("{} changes of a passport, all of them found", changes.len());
    let mut other = passport.clone();
    other["body"]["roles"]["quorum"] = json!(4);
    std::fs::write(&path, other.to_string()).expect("changed");
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

/// Every document that differs from this one in one place: a value that is another, a field or an entry that is gone, a field
/// that is new.
fn changes(document: &Value) -> Vec<(String, Value)> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), found)),
            Value::Array(entries) => {
                entries.iter().enumerate().for_each(|(index, value)| places(value, &format!("{at}/{index}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(document, "", &mut found);
    let mut changes = Vec::new();
    for at in found {
        let mut with = |how: &str, change: &dyn Fn(&mut Value)| {
            let mut changed = document.clone();
            change(changed.pointer_mut(&at).expect("a place"));
            changes.push((format!("{at} ({how})"), changed));
        };
        match document.pointer(&at).expect("a place") {
            Value::Object(fields) => {
                with("one more", &|value| value["more"] = json!(1));
                for name in fields.keys() {
                    with(&format!("without {name}"), &|value| {
                        value.as_object_mut().expect("fields").remove(name);
                    });
                }
            }
            Value::Array(entries) if entries.is_empty() => with("one more", &|value| *value = json!([1])),
            Value::Array(_) => with("one less", &|value| {
                value.as_array_mut().expect("entries").pop();
            }),
            Value::String(text) => {
                let (most, last) = text.split_at(text.len().saturating_sub(1));
                let other = match last {
                    "0" => "1",
                    _ => "0",
                };
                with("another", &|value| *value = json!(format!("{most}{other}")));
            }
            Value::Number(number) => with("another", &|value| *value = json!(number.as_u64().expect("a number") + 1)),
            Value::Bool(yes) => with("another", &|value| *value = json!(!yes)),
            Value::Null => with("another", &|value| *value = json!(0)),
        }
    }
    changes
}

/// The owner's part done by a Safe, which signs nothing here: it imports a batch. In the place of its signers the node is told to
/// let it act.
#[tokio::test(flavor = "multi_thread")]
async fn a_safe_takes_over_by_a_batch_and_what_the_deployer_still_has_is_named() {
    let stage = Stage::new().await;
    let safe = Address::repeat_byte(0x5a);
    stage.ask("anvil_setCode", json!([safe, "0x00"])).await;
    stage.ask("anvil_setBalance", json!([safe, "0xde0b6b3a7640000"])).await;
    stage.edit("owner = \"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\"", &format!("owner = \"{safe}\""));
    stage.run(&mut Notes::default()).await.expect("deployed");
    let pending = survey(&stage).await;
    for contract in ["staking", "app-fees", "agent-store", "miner-rewards", "miner-pool"] {
        let owner = find(&pending, contract, "owner");
        assert_eq!(owner.verdict, Verdict::Open);
        let offered = format!("{}, offered to {safe}, who must accept", stage.actor.address());
        assert_eq!((&owner.found, &owner.expected), (&offered, &safe.to_string()));
    }

    let batch = stage.folder().join("batch.json");
    let actor = Actor::Elsewhere(safe, Outbox::SafeBatch(batch.clone()));
    let watch = Watch::connect(&stage.network).await.expect("connected");
    let written = watch.run(Purpose::Accept, &actor, stage.patience, &mut Notes::default()).await.expect("written");
    assert!(written.iter().all(|errand| errand.done == "written down to be signed"), "{written:?}");
    let batch: Value = serde_json::from_str(&std::fs::read_to_string(batch).expect("a batch")).expect("JSON");
    stage.ask("anvil_impersonateAccount", json!([safe])).await;
    for transaction in batch["transactions"].as_array().expect("transactions") {
        let call = json!({"from": safe, "to": transaction["to"], "input": transaction["data"]});
        let hash = stage.ask("eth_sendTransaction", json!([call])).await;
        assert_eq!(stage.ask("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
    }
    stage.pass_days(1.0).await;
    let accepted = survey(&stage).await;
    assert_eq!(find(&accepted, "deployer", "holds").to_string(), format!("ok     {:<13}  {:<22}  nothing", "deployer", "holds"));
    assert_eq!(accepted.of(Verdict::Open).count() + accepted.of(Verdict::Drift).count(), 0, "{accepted:?}");

    // COR comes back to the deployer, and the Safe names it an attester.
    let deployer = stage.actor.address();
    let mut attesters: Vec<Address> = (5..8).map(|index| stage.node.accounts()[index].address).collect();
    attesters.push(deployer);
    let input: Bytes = MinerRewards::setAttestersCall { attesters, quorum: U256::from(3) }.abi_encode().into();
    let call = json!({"from": safe, "to": stage.at("miner-rewards"), "input": input});
    let hash = stage.ask("eth_sendTransaction", json!([call])).await;
    assert_eq!(stage.ask("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
    let coins = CorToken::transferCall { to: deployer, value: U256::from(5) };
    stage.send(TREASURY, stage.at("cor-token"), coins.abi_encode()).await;
    let named = survey(&stage).await;
    let holds = find(&named, "deployer", "holds");
    assert_eq!((holds.verdict, &*holds.found), (Verdict::Open, "an attester, 5 wei of COR"));
    assert!(find(&named, "miner-rewards", "attesters to come").found.contains(&deployer.to_string()));
    stage.pass_days(1.0).await;
    let differs = survey(&stage).await;
    let attesters = find(&differs, "miner-rewards", "attesters");
    assert_eq!(attesters.verdict, Verdict::Drift);
    assert!(attesters.found.contains(&deployer.to_string()) && !attesters.expected.contains(&deployer.to_string()));
    assert_eq!(find(&differs, "deployer", "holds").found, "an attester, 5 wei of COR");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_is_left_alone_with_61_days_extended_with_59_and_not_before_it_is_31_days_old() {
    let stage = deployed().await;
    let watch = Watch::connect(&stage.network).await.expect("connected");
    let anybody = Actor::Here(Signer::Key(stage.key(STRANGER)));
    let keep = async |within: u64| {
        let kept = watch.run(Purpose::Keep { within }, &anybody, stage.patience, &mut Notes::default()).await.expect("kept");
        let done: Vec<String> = kept.iter().map(|errand| errand.done.clone()).collect();
        let sent = kept.iter().filter(|errand| errand.transaction.is_some()).count();
        assert!(done.len() == 7 && done.iter().all(|words| *words == done[0]), "{done:?}");
        (done[0].clone(), sent)
    };
    let too_soon = ("was activated too recently to be extended".to_owned(), 0);
    // Within more than a year everything would be extended.
    assert_eq!(keep(400).await, too_soon);
    stage.pass_days(303.5).await;
    assert_eq!(keep(60).await, ("has 61 days left".to_owned(), 0));
    assert_eq!(find(&survey(&stage).await, "staking", "activation").to_string().split_whitespace().next(), Some("ok"));
    stage.pass_days(2.0).await;
    let open = survey(&stage).await;
    let activation = find(&open, "staking", "activation");
    assert_eq!((activation.verdict, &*activation.found), (Verdict::Open, "59 days left: run corflow keepalive"));
    assert_eq!(keep(60).await, ("extended by a year".to_owned(), 7));
    stage.pass_days(30.0).await;
    assert_eq!(keep(500).await, too_soon);
    stage.pass_days(2.0).await;
    assert_eq!(keep(500).await, ("extended by a year".to_owned(), 7));
    // Two years and more without anybody: it has ended, and is activated again.
    stage.pass_days(800.0).await;
    let ended = survey(&stage).await;
    let activation = find(&ended, "staking", "activation");
    assert_eq!((activation.verdict, &*activation.found), (Verdict::Drift, "expired: run corflow keepalive"));
    assert_eq!(keep(60).await, ("activated again".to_owned(), 7));
    assert_eq!(find(&survey(&stage).await, "staking", "activation").verdict, Verdict::Same);
}
