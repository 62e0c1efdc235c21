//! Disturbed by others: nonces used, transactions dropped, fees raised, contracts paused, journals lost, settings changed.

use abi::{CorToken, Staking};
use alloy::{
    consensus::Transaction,
    eips::Encodable2718,
    network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, sol};
use corflow::rollout::Moment;
use serde_json::{Value, json};

use crate::support::{DEPLOYER, GUARDIAN, Notes, STEPS, STRANGER, Stage, go_on, killed_at, times_done};

sol! {
    function becomeChainOwner() external;
    function setMinimumL2BaseFee(uint256 priceInWei) external;
    function setL2BaseFee(uint256 priceInWei) external;
}

const ARB_DEBUG: Address = address!("0x00000000000000000000000000000000000000ff");
const ARB_OWNER: Address = address!("0x0000000000000000000000000000000000000070");
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_another_transaction_used_is_seen_and_the_step_done_anew() {
    let stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Written).await;
    let other = stage.send(DEPLOYER, Address::repeat_byte(1), Vec::new()).await;
    let notes = go_on(&stage).await;
    let told = format!("of `wire staking` was used by another transaction of this account, {other}");
    assert!(notes.contains(&told), "{notes}");
    assert_eq!(stage.sent().await, STEPS + 1);
    assert_eq!(times_done(&stage, "wire staking"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_dropped_is_sent_again_with_the_same_bytes() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy app-fees", Moment::Signed).await;
    stage.ask("evm_setAutomine", json!([false])).await;
    killed_at(&stage, "deploy app-fees", Moment::Sent).await;
    stage.ask("anvil_dropAllTransactions", json!([])).await;
    stage.ask("evm_setAutomine", json!([true])).await;
    go_on(&stage).await;
    let signed = |line: &&Value| line["what"] == "signed" && line["step"] == "deploy app-fees";
    assert_eq!(stage.journal().iter().filter(signed).count(), 1, "signed once");
    assert_eq!(stage.sent().await, STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_too_long_is_named_and_waited_for_the_next_time() {
    let mut stage = Stage::new().await;
    stage.patience.block = std::time::Duration::from_millis(500);
    killed_at(&stage, "wire app-fees", Moment::Signed).await;
    stage.ask("evm_setAutomine", json!([false])).await;
    let late = stage.run(&mut Notes::default()).await.expect_err("no block comes").to_string();
    let hash = stage.journal().last().expect("a line")["hash"].as_str().expect("a hash").to_owned();
    assert!(late.contains("`wire app-fees` was not mined within") && late.contains(&hash), "{late}");
    stage.ask("evm_mine", json!([])).await;
    stage.ask("evm_setAutomine", json!([true])).await;
    go_on(&stage).await;
    assert_eq!(stage.sent().await, STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_reverted_is_done_again_and_the_others_are_not() {
    let stage = Stage::new().await;
    let step = "allocate miners' reserve";
    killed_at(&stage, step, Moment::Written).await;
    let pool = stage.at("miner-pool");
    stage.send(GUARDIAN, pool, Staking::pauseCall {}.abi_encode()).await;
    let mut notes = Notes::default();
    let paused = format!("{:#}", stage.run(&mut notes).await.expect_err("paused"));
    assert!(paused.contains("the contract takes no inflows at the moment: it is paused"), "{paused}");
    assert!(notes.notes.iter().any(|note| note.contains("and reverted: it is looked at anew")), "{:?}", notes.notes);
    assert_eq!(times_done(&stage, step), 0);
    // A transaction of the deployer's that is none of the deployment.
    stage.send(DEPLOYER, pool, Staking::unpauseCall {}.abi_encode()).await;
    go_on(&stage).await;
    assert_eq!(times_done(&stage, step), 1);
    assert_eq!(stage.sent().await, STEPS + 2);
    let steps = stage.journal().iter().filter(|line| line["what"] == "mined" && line["ok"] == true).count();
    assert_eq!(steps as u64, STEPS, "no step is done twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_that_became_too_low_is_raised_at_the_same_nonce() {
    let stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Written).await;
    let price = U256::from(1_000_000_000_u64);
    stage.send(STRANGER, ARB_DEBUG, becomeChainOwnerCall {}.abi_encode()).await;
    stage.send(STRANGER, ARB_OWNER, setMinimumL2BaseFeeCall { priceInWei: price }.abi_encode()).await;
    stage.send(STRANGER, ARB_OWNER, setL2BaseFeeCall { priceInWei: price }.abi_encode()).await;
    let notes = go_on(&stage).await;
    assert!(notes.contains("`wire staking` is sent again at nonce"), "{notes}");
    let lines = stage.journal();
    let attempts: Vec<&Value> = lines.iter().filter(|line| line["what"] == "signed" && line["step"] == "wire staking").collect();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["nonce"], attempts[1]["nonce"]);
    let mined = stage.provider.get_transaction_by_hash(attempts[1]["hash"].as_str().expect("a hash").parse().expect("a hash"));
    assert!(mined.await.expect("an answer").expect("mined").max_fee_per_gas() >= 1_000_000_000);
    assert_eq!((stage.sent().await, times_done(&stage, "wire staking")), (STEPS, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_somebody_else_put_into_the_journal_are_neither_sent_nor_signed() {
    let stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Written).await;
    let (before, mut lines) = (stage.sent().await, stage.journal());
    // At so low a fee that it would be raised: by the deployer's signature under another's transaction.
    let last = lines.last_mut().expect("a line");
    let theirs = TransactionRequest::default()
        .with_to(Address::repeat_byte(1))
        .with_value(U256::from(1))
        .with_nonce(last["nonce"].as_u64().expect("a nonce"))
        .with_chain_id(421_614)
        .with_gas_limit(100_000)
        .with_max_fee_per_gas(1)
        .with_max_priority_fee_per_gas(0);
    let theirs = theirs.build(&EthereumWallet::from(stage.key(STRANGER))).await.expect("signed");
    last["hash"] = json!(theirs.tx_hash());
    last["raw"] = json!(Bytes::from(theirs.encoded_2718()));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(stage.folder().join("arbitrum-sepolia.journal.jsonl"), text).expect("a journal");
    let refused = stage.run(&mut Notes::default()).await.expect_err("refused").to_string();
    assert!(refused.contains("the journal says of `wire staking`") && refused.contains("nothing was sent"), "{refused}");
    assert_eq!(stage.sent().await, before);
    assert_eq!(stage.journal(), lines, "nothing was signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_waiting_transaction_is_named_and_nothing_is_sent() {
    let stage = Stage::new().await;
    killed_at(&stage, "wire staking", Moment::Signed).await;
    stage.ask("evm_setAutomine", json!([false])).await;
    let hash = stage.send_only(DEPLOYER, Address::repeat_byte(1)).await;
    let refused = stage.run(&mut Notes::default()).await.expect_err("refused").to_string();
    assert!(
        refused.contains("waiting that are not of this deployment, nonce 14 to 14") && refused.contains(&hash),
        "{refused} {hash}"
    );
    stage.ask("evm_mine", json!([])).await;
    stage.ask("evm_setAutomine", json!([true])).await;
    go_on(&stage).await;
    assert_eq!(stage.sent().await, STEPS + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_runs_dry_says_so_and_goes_on_when_it_is_filled() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy agent-store", Moment::Signed).await;
    let account = stage.actor.address();
    stage.ask("anvil_setBalance", json!([account, "0x1"])).await;
    let dry = format!("{:#}", stage.run(&mut Notes::default()).await.expect_err("no wei"));
    assert!(dry.contains("`deploy agent-store`") && dry.contains("insufficient funds"), "{dry}");
    assert_eq!(stage.journal().last().expect("a line")["what"], "mined", "nothing was signed");
    stage.ask("anvil_setBalance", json!([account, "0xde0b6b3a7640000"])).await;
    go_on(&stage).await;
    assert_eq!(stage.sent().await, STEPS);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_journal_a_deployment_is_found_on_the_chain() {
    let stage = Stage::new().await;
    killed_at(&stage, "approve stakers' incentives", Moment::Recorded).await;
    stage.forget();
    go_on(&stage).await;
    assert_eq!(stage.sent().await, STEPS, "what was done is not done again");
    stage.forget();
    assert_eq!(stage.plan().await.expect("a plan").to_send(), 0);
    // COR that fits no number of allocations: nobody guesses.
    let stray = CorToken::transferCall { to: stage.actor.address(), value: U256::ONE };
    stage.send(4, stage.at("cor-token"), stray.abi_encode()).await;
    let refused = stage.plan().await.expect_err("refused").to_string();
    assert!(refused.contains("the deployer has 1 wei of it") && refused.contains("--allocated N"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_changed_half_way_are_refused() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy agent-store", Moment::Recorded).await;
    let before = stage.sent().await;
    stage.edit("cooldown = \"7 d\"", "cooldown = \"8 d\"");
    let refused = stage.run(&mut Notes::default()).await.expect_err("refused").to_string();
    assert!(refused.contains("was begun with other contracts or parameters: restore them to go on"), "{refused}");
    assert_eq!(stage.sent().await, before);
    stage.edit("cooldown = \"8 d\"", "cooldown = \"7 d\"");
    go_on(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_salt_is_a_second_deployment_beside_the_first() {
    let stage = Stage::new().await;
    go_on(&stage).await;
    let first = stage.at("staking");
    stage.edit("salt = \"corflow 1\"", "salt = \"corflow 2\"");
    let refused = stage.run(&mut Notes::default()).await.expect_err("refused").to_string();
    assert!(refused.contains("choose another salt and move it away"), "{refused}");
    stage.forget();
    go_on(&stage).await;
    assert_ne!(stage.at("staking"), first);
    assert_eq!(stage.sent().await, 2 * STEPS - 7, "the second finds its code in the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cor_that_was_there_before_is_asked_what_it_can_do() {
    let stage = Stage::new().await;
    killed_at(&stage, "deploy staking", Moment::Signed).await;
    let token = stage.at("cor-token");
    stage.forget();
    stage.edit("# token = \"0x0000000000000000000000000000000000000000\"", &format!("token = \"{token}\""));
    let notes = go_on(&stage).await;
    assert!(notes.contains(&format!("COR is {token}: 18 decimals")), "{notes}");
    assert!(notes.contains("burns by its own burn(uint256)") && notes.contains("has permit"), "{notes}");
    assert!(stage.record()["contracts"]["cor-token"]["constructor"].is_null());
    assert_eq!(stage.sent().await, STEPS - 1, "all but the cache's bid for it");

    stage.forget();
    let refused = stage.plan().await.expect_err("refused").to_string();
    assert!(refused.contains("the journal of its deployment is missing"), "{refused}");
    stage.edit(&format!("token = \"{token}\""), &format!("token = \"{}\"", Address::repeat_byte(9)));
    let refused = stage.plan().await.expect_err("refused").to_string();
    assert!(refused.contains("there is no contract at"), "{refused}");
}
