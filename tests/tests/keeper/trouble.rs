//! Reorganisations, nonces that others use, fees that are too low, empty purses.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use abi::AppFees;
use alloy::{
    consensus::{SignableTransaction, Transaction as _, TxEip1559, TxEnvelope},
    eips::{Decodable2718, Encodable2718},
    network::TxSignerSync,
    primitives::TxKind,
};
use alloy_primitives::{Address, Bytes, U256};
use serde_json::{Value, json};

use crate::{
    binary::Running,
    http::metric,
    world::{Options, World, free_port},
};

fn options(top: &str, tables: &str) -> Options {
    Options {
        top: format!("period = \"200ms\"\npoll = \"20ms\"\n{top}"),
        tables: format!("[spool]\nfolder = \"spool\"\nsettle_after = \"0s\"\n{tables}"),
        ..Options::default()
    }
}

/// What was signed for each nonce: its state, how it ended, and the fees offered.
fn nonces(world: &World) -> Vec<(i64, String, Option<String>, Vec<i64>)> {
    let database = world.database();
    let mut slots = database.prepare("SELECT nonce, state, outcome FROM slots ORDER BY nonce").expect("a query");
    let slots = slots.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    let slots: Vec<(i64, String, Option<String>)> = slots.map(|it| it.expect("a row")).collect();
    let fees = |nonce: i64| {
        let mut fees = database.prepare("SELECT fee FROM transactions WHERE nonce = ?1 ORDER BY fee").expect("a query");
        fees.query_map([nonce], |row| row.get(0)).expect("rows").map(|it| it.expect("a fee")).collect()
    };
    slots.into_iter().map(|(nonce, state, outcome)| (nonce, state, outcome, fees(nonce))).collect()
}

/// Waits until so many units of the first app are counted.
async fn settled(world: &World, units: u64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while world.usage(world.apps[0], 0).await != units {
        assert!(Instant::now() < deadline, "{units} units are not settled: {:?}", nonces(world));
        thread::sleep(Duration::from_millis(50));
    }
}

fn text(tick: &Value, step: &str) -> String {
    let steps = tick["steps"].as_array().expect("steps");
    let found = steps.iter().find(|it| it["step"] == step).unwrap_or_else(|| panic!("{step} in {tick}"));
    found["why"].as_str().expect("a reason").to_owned()
}

/// What was signed for a nonce, the cheapest first: its fee and its tip.
fn offers(world: &World, nonce: u64) -> Vec<(u128, u128)> {
    let database = world.database();
    let mut raw = database.prepare("SELECT raw FROM transactions WHERE nonce = ?1 ORDER BY fee").expect("a query");
    let raw = raw.query_map([nonce as i64], |row| row.get::<_, Vec<u8>>(0)).expect("rows");
    let transactions = raw.map(|it| TxEnvelope::decode_2718(&mut it.expect("bytes").as_slice()).expect("a transaction"));
    let offer = |it: TxEnvelope| {
        assert_eq!(it.nonce(), nonce);
        (it.max_fee_per_gas(), it.max_priority_fee_per_gas().expect("a tip"))
    };
    transactions.map(offer).collect()
}

/// A transaction of the keeper's key that the keeper knows nothing of.
fn foreign(world: &World, nonce: u64) -> Bytes {
    let mut unsigned = TxEip1559 {
        chain_id: world.network.chain.node.chain_id(),
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 10_000_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = world.key.sign_transaction_sync(&mut unsigned).expect("a signature");
    TxEnvelope::from(unsigned.into_signed(signature)).encoded_2718().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reorganisation_undoes_is_sent_again_whether_it_counted_or_not() {
    for confirmations in [1, 5] {
        let world = World::start(1).await;
        let config = world.configure(&options(&format!("confirmations = {confirmations}"), ""));
        let (app, chain) = (world.apps[0], &world.network.chain);
        world.tick(&config);
        let snapshot = chain.get("evm_snapshot", json!([])).await;
        world.spool(&world.voucher(app, 0, 30));
        world.tick(&config);
        let state = if confirmations == 1 { "final" } else { "mined" };
        assert_eq!((world.usage(app, 0).await, nonces(&world)[0].1.as_str()), (30, state));

        assert_eq!(chain.get("evm_revert", json!([snapshot])).await, json!(true));
        assert_eq!((world.usage(app, 0).await, world.count().await), (0, 0));
        let tick = world.tick(&config);
        assert!(tick["notes"][0].as_str().is_some_and(|it| it.contains("are in no block any more")), "{tick}");
        assert_eq!((world.usage(app, 0).await, world.count().await), (30, 1));
        let all = nonces(&world);
        assert!(all.len() == 1 && all[0].3.len() == 1, "the same bytes: {all:?}");
        chain.get("anvil_mine", json!(["0x5"])).await;
        world.tick(&config);
        assert_eq!(nonces(&world)[0].2.as_deref(), Some("done"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_block_takes_offers_more_at_the_same_nonce_and_never_above_the_cap() {
    let world = World::start(1).await;
    let config = world.configure(&options("confirmations = 1", "[fees]\nmax_fee_gwei = \"0.3\"\nbump_after = \"100ms\"\n"));
    let (app, chain) = (world.apps[0], &world.network.chain);
    chain.get("evm_setAutomine", json!([false])).await;
    world.spool(&world.voucher(app, 0, 30));
    for _ in 0..3 {
        let tick = world.tick(&config);
        assert!(text(&tick, "all").starts_with("nonce 0 is under way"), "{tick}");
    }
    let all = nonces(&world);
    let [(0, state, None, fees)] = &all[..] else { panic!("{all:?}") };
    assert_eq!((state.as_str(), &fees[..]), ("signed", &[200_000_000, 250_000_000, 300_000_000][..]), "25 % each, up to the cap");
    // Both fees rise by an eighth at least: nodes want that before they take one transaction for another.
    for pair in offers(&world, 0).windows(2) {
        let rises = |old: u128, new: u128| new * 8 >= old * 9;
        assert!(rises(pair[0].0, pair[1].0) && rises(pair[0].1, pair[1].1), "{pair:?}");
    }
    // At the cap it waits, and says so.
    let tick = world.tick(&config);
    let why = text(&tick, "all");
    assert!(why.contains("offers 300000000 wei per gas, which max_fee_gwei leaves no room to raise; gas costs"), "{why}");
    assert_eq!(offers(&world, 0).len(), 3);
    chain.get("evm_mine", json!([])).await;
    world.tick(&config);
    assert_eq!((world.usage(app, 0).await, world.count().await, nonces(&world).len()), (30, 1, 1));
    assert_eq!(nonces(&world)[0].2.as_deref(), Some("done"));
    assert_eq!(world.events::<AppFees::Settled>(world.network.fees).await.len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_calls_underpriced_offers_more_until_it_is_taken_or_the_cap_is_reached() {
    for (cap, wins) in [("2", true), ("0.9", false)] {
        let world = World::start(1).await;
        let fees = format!("[fees]\nmax_fee_gwei = \"{cap}\"\nbump_after = \"1h\"\n");
        let config = world.configure(&options("confirmations = 1", &fees));
        let (app, chain) = (world.apps[0], &world.network.chain);
        chain.get("evm_setAutomine", json!([false])).await;
        world.spool(&world.voucher(app, 0, 30));
        world.tick(&config);
        assert_eq!(offers(&world, 0).len(), 1);
        // Another with its nonce takes its place in the pool, for 1 gwei.
        chain.get("eth_sendRawTransaction", json!([foreign(&world, 0)])).await;
        let mut why = String::new();
        for _ in 0..12 {
            why = text(&world.tick(&config), "all");
        }
        let dearest = offers(&world, 0).last().expect("an offer").0;
        if wins {
            assert!((1_100_000_000..=2_000_000_000).contains(&dearest), "{dearest}: {why}");
        } else {
            assert!(dearest <= 900_000_000 && why.contains("another with its nonce pays more, and offers"), "{dearest}: {why}");
        }
        chain.get("evm_mine", json!([])).await;
        chain.get("evm_setAutomine", json!([true])).await;
        let keeper = Running::start(&config, &world.path("keeper.log"));
        settled(&world, 30).await;
        while nonces(&world).iter().any(|it| it.2.is_none()) {
            thread::sleep(Duration::from_millis(50));
        }
        drop(keeper);
        let all: Vec<_> = nonces(&world).into_iter().map(|it| (it.0, it.2.unwrap_or_default())).collect();
        let first = if wins { (0, "done".to_owned()) } else { (0, "replaced".to_owned()) };
        assert_eq!((all[0].clone(), all.len()), (first, if wins { 1 } else { 2 }), "{all:?}");
        assert_eq!(world.events::<AppFees::Settled>(world.network.fees).await.len(), 1, "once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_ether_for_three_of_four_the_fourth_is_told_and_done_once_there_is_more() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&Options { listen: Some(listen), ..options("confirmations = 1", "") });
    // The first voucher of an app costs more than those after it.
    world.spool(&world.voucher(world.apps[0], 0, 1));
    world.tick(&config);
    let before = world.balance().await;
    world.spool(&world.voucher(world.apps[0], 0, 2));
    let usual = &world.tick(&config)["sent"][0];
    let spent = before - world.balance().await;
    let need = U256::from(usual["gas"].as_u64().expect("gas") * usual["fee"].as_u64().expect("a fee"));
    world.fund(&format!("{:#x}", spent * U256::from(3) + need * U256::from(9) / U256::from(10))).await;
    let keeper = Running::start(&config, &world.path("keeper.log"));
    for units in [3, 4, 5] {
        world.spool(&world.voucher(world.apps[0], 0, units));
        settled(&world, units).await;
    }
    world.spool(&world.voucher(world.apps[0], 0, 6));
    let ticks = || metric(listen, "corflow_keeper_ticks_total");
    let before = ticks();
    while ticks() < before + 5.0 {
        thread::sleep(Duration::from_millis(50));
    }
    let tick = world.last(&config);
    assert!(text(&tick, "settle").contains("send it some ether"), "{tick}");
    assert_eq!((world.usage(world.apps[0], 0).await, nonces(&world).len()), (5, 5), "nothing is signed for the fourth");
    assert_eq!(metric(listen, "corflow_keeper_balance_wei"), world.balance().await.to_string().parse::<f64>().expect("a number"));
    world.fund("0x56bc75e2d63100000").await;
    settled(&world, 6).await;
    drop(keeper);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_sent_by_hand_with_the_same_key_is_noticed_within_a_cycle() {
    let world = World::start(1).await;
    let config = world.configure(&options("confirmations = 1", ""));
    let chain = &world.network.chain;
    let keeper = Running::start(&config, &world.path("keeper.log"));
    for nonce in [0, 2, 4] {
        chain.get("eth_sendRawTransaction", json!([foreign(&world, nonce)])).await;
        world.spool(&world.voucher(world.apps[0], 0, nonce + 1));
        settled(&world, nonce + 1).await;
        assert_eq!(world.count().await, nonce + 2);
    }
    drop(keeper);
    let all: Vec<_> = nonces(&world).into_iter().map(|it| (it.0, it.3.len())).collect();
    assert_eq!(all, [(1, 1), (3, 1), (5, 1)], "no nonce was tried in vain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nonce_that_somebody_else_used_is_given_up_and_the_duty_done_with_another() {
    let world = World::start(1).await;
    let config = world.configure(&options("confirmations = 1", ""));
    let (app, chain) = (world.apps[0], &world.network.chain);
    chain.get("evm_setAutomine", json!([false])).await;
    // One that waits already goes first.
    let raw = foreign(&world, 0);
    chain.get("eth_sendRawTransaction", json!([raw])).await;
    world.spool(&world.voucher(app, 0, 30));
    let tick = world.tick(&config);
    assert!(text(&tick, "settle").contains("another transaction of") && nonces(&world).is_empty(), "{tick}");
    chain.get("evm_mine", json!([])).await;

    // One that takes the place of ours, unseen.
    world.tick(&config);
    assert_eq!(nonces(&world).iter().map(|it| it.0).collect::<Vec<_>>(), [1]);
    chain.get("anvil_dropAllTransactions", json!([])).await;
    chain.get("eth_sendRawTransaction", json!([foreign(&world, 1)])).await;
    chain.get("evm_mine", json!([])).await;
    chain.get("evm_setAutomine", json!([true])).await;
    let keeper = Running::start(&config, &world.path("keeper.log"));
    settled(&world, 30).await;
    drop(keeper);
    let ended: Vec<_> = nonces(&world).into_iter().map(|it| (it.0, it.2)).collect();
    assert_eq!(ended[0], (1, Some("replaced".into())));
    assert_eq!((ended.len(), ended[1].0), (2, 2));
    record_holds(&world, &config);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_purse_is_told_and_nothing_signed_until_it_is_filled() {
    let world = World::start(1).await;
    let config = world.configure(&options("confirmations = 1", ""));
    world.fund("0x1").await;
    world.spool(&world.voucher(world.apps[0], 0, 30));
    let tick = world.tick(&config);
    assert!(text(&tick, "settle").contains("has 1 wei, and may need") && nonces(&world).is_empty(), "{tick}");
    world.fund("0x56bc75e2d63100000").await;
    world.tick(&config);
    assert_eq!(world.usage(world.apps[0], 0).await, 30);
    let config = world.configure(&options("", "[fees]\nmax_fee_gwei = \"0.09\"\n"));
    world.spool(&world.voucher(world.apps[0], 0, 60));
    let tick = world.tick(&config);
    assert!(text(&tick, "settle").contains("more than the cap of 90000000"), "{tick}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tick_without_an_endpoint_is_recorded_and_the_next_goes_on() {
    let world = World::start(1).await;
    world.tick(&world.configure(&options("", "")));
    world.spool(&world.voucher(world.apps[0], 0, 30));
    let config = world.configure(&Options { endpoints: vec!["http://127.0.0.1:1/KEY".into()], ..options("", "") });
    let tick = world.tick(&config);
    let trouble = tick["trouble"].as_str().expect("trouble");
    assert!(trouble.starts_with("no endpoint answers") && !trouble.contains("KEY"), "{trouble}");
    let both = vec!["http://127.0.0.1:1/KEY".into(), world.endpoint()];
    let config = world.configure(&Options { endpoints: both, ..options("", "") });
    world.tick(&config);
    assert_eq!(world.usage(world.apps[0], 0).await, 30);
}

fn record_holds(world: &World, config: &Path) {
    assert_eq!(world.log(config)["ok"], true);
}
