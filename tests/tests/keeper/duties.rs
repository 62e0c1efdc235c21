//! What the keeper looks after, on a chain on which all is well.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use abi::{AppFees, MinerPool, MinerRewards};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256};
use corflow::rewards::{
    book::Book,
    epoch::{Epoch, Inputs},
    rows::Format,
};
use economics::{COR, allocation::Pots};
use serde_json::{Value, json};

use crate::{
    binary::{self, Running},
    http::answer,
    world::{GRACE, Options, TOKEN, World, free_port, signed},
};

const DAY: u64 = 86_400;

fn options(tables: &str) -> Options {
    Options {
        top: "period = \"300ms\"\npoll = \"20ms\"\nconfirmations = 1".into(),
        tables: format!("[spool]\nfolder = \"spool\"\nsettle_after = \"0s\"\nreject_after = \"0s\"\n{tables}"),
        ..Options::default()
    }
}

/// What a tick sent, in its words.
fn sent(tick: &Value) -> Vec<String> {
    let sent = tick["sent"].as_array().expect("what was sent");
    sent.iter().map(|it| it["purpose"].as_str().expect("a purpose").to_owned()).collect()
}

/// Why a step was not done, or what it does.
fn why(told: &Value, step: &str) -> String {
    let steps = told["steps"].as_array().expect("steps");
    let found = steps.iter().find(|it| it["step"] == step).unwrap_or_else(|| panic!("{step} in {told}"));
    found["why"].as_str().expect("a reason").to_owned()
}

fn check(world: &World, config: &std::path::Path) -> Value {
    let output = binary::keeper(config, &["check", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!world.path("state").exists() || world.path("state/keeper.sqlite").exists());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_settles_closes_pays_the_treasury_and_burns_and_check_says_so_before() {
    let world = World::start(2).await;
    let config = world.configure(&options("[duties]\ntreasury_floor = \"0.001\"\nburn_floor = \"0.1 COR\"\n"));
    let [one, two] = [0, 1].map(|it| world.apps[it]);
    for (app, units) in [(one, 300), (one, 1_000), (two, 50)] {
        world.spool(&world.voucher(app, 0, units));
    }
    world.tick(&config);
    assert_eq!((world.usage(one, 0).await, world.usage(two, 0).await), (1_000, 50));
    let calm = world.tick(&config);
    assert_eq!((sent(&calm).len(), calm["acted"].clone()), (0, json!(false)));
    assert_eq!(why(&calm, "close"), "epoch 0 is not due");
    assert_eq!(fs::read_dir(world.path("spool/taken")).expect("files").count(), 3);

    world.network.go(1, GRACE + 5).await;
    let before = world.count().await;
    let checked = check(&world, &config);
    assert_eq!(why(&checked, "close"), "closes epoch 0");
    assert_eq!((world.count().await, &checked["ok"]), (before, &json!(true)), "check sends nothing");

    let tick = world.tick(&config);
    let [close, treasury] = &sent(&tick)[..] else { panic!("{tick}") };
    assert_eq!(close, "closes epoch 0");
    assert!(treasury.starts_with("pays the treasury 0.105"), "{treasury}");
    assert!(why(&tick, "burn").contains("is below the floor of 0.1 COR"), "5 percent of 1.05 COR: {tick}");
    assert_eq!(world.network.chain.ask(world.network.pool, MinerPool::nextEpochCall {}).await, U256::ONE);
    assert_eq!(world.network.chain.ask(world.network.fees, AppFees::totalsCall {}).await.treasury, U256::ZERO);
    // What a transaction cost is what its sender lost.
    let spent = U256::from(100 * COR) - world.balance().await;
    let costs: u128 = world.log(&config)["shown"]
        .as_array()
        .expect("entries")
        .iter()
        .flat_map(|it| it["body"]["ended"].as_array().expect("what ended").clone())
        .map(|it| it["cost"].as_str().expect("a cost").parse::<u128>().expect("wei"))
        .sum();
    assert_eq!(U256::from(costs), spent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_late_it_closes_all_epochs_and_a_full_batch_goes_at_once() {
    let world = World::start(1).await;
    let mut options = options("");
    options.tables = "[spool]\nfolder = \"spool\"\nsettle_after = \"10m\"\n".into();
    // As many confirmations as on a real network: on a chain where nobody else sends they do not come, and need not.
    options.top = "period = \"300ms\"\npoll = \"20ms\"".into();
    let config = world.configure(&options);
    world.spool(&world.voucher(world.apps[0], 0, 5));
    let tick = world.tick(&config);
    assert_eq!(why(&tick, "settle"), "1 vouchers wait for more to come");
    world.network.go(41, 0).await;
    let tick = world.tick(&config);
    let closings = (sent(&tick).len(), world.network.chain.ask(world.network.pool, MinerPool::nextEpochCall {}).await);
    assert_eq!(closings, (10, U256::from(40)), "four at a time: {tick}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roots_are_activated_after_their_window_and_the_next_is_proposed() {
    let world = World::start(1).await;
    let config = world.configure(&options(""));
    let (chain, rewards) = (&world.network.chain, world.network.rewards);
    let attesters = vec![chain.account(2), chain.account(3), chain.account(4)];
    let name = MinerRewards::setAttestersCall { attesters: attesters.clone(), quorum: U256::from(2) };
    chain.send(world.network.owner, rewards, name).await;
    world.spool(&world.voucher(world.apps[0], 0, 1_000));
    world.tick(&config);
    world.network.go(2, GRACE + 5).await;
    assert_eq!(sent(&world.tick(&config)), ["closes epochs 0 to 1"]);

    let vote = |epoch: u64, root: u8| MinerRewards::voteCall {
        epoch: U256::from(epoch),
        root: B256::repeat_byte(root),
        cumulativeTotal: U256::from(5),
        dataHash: B256::repeat_byte(9),
        uri: "ipfs://it".into(),
    };
    for (epoch, root) in [(0, 1), (1, 2)] {
        for attester in &attesters[..2] {
            chain.send(*attester, rewards, vote(epoch, root)).await;
        }
    }
    let waits = world.tick(&config);
    assert!(why(&waits, "activate").starts_with("the root of epoch 0 is in its window until"), "{waits}");
    assert_eq!(why(&waits, "propose"), "the root of epoch 1 waits until the pending place is free");
    chain.at(chain.time().await + 3 * DAY).await;
    let tick = world.tick(&config);
    assert_eq!(sent(&tick), ["activates the root of epoch 0", &format!("proposes the root {} of epoch 1", B256::repeat_byte(2))]);
    let pending = chain.ask(rewards, MinerRewards::pendingRootCall {}).await;
    assert_eq!((pending.epoch, pending.root), (U256::ONE, B256::repeat_byte(2)));
    assert_eq!(why(&world.tick(&config), "propose"), "no root with a quorum waits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attester_votes_once_for_what_it_computed_itself() {
    let world = World::start(1).await;
    let vote = "[vote]\nbook = \"book\"\nuri = \"ipfs://book/epoch-{epoch}\"\nminimum_stake = \"100 COR\"\n";
    let config = world.configure(&options(vote));
    let (chain, rewards) = (&world.network.chain, world.network.rewards);
    let [us, other] = [world.key.address(), chain.account(3)];
    world.spool(&world.voucher(world.apps[0], 0, 1_000));
    world.tick(&config);
    let publish = |book: &str, pots: Pots, minimum_stake: u128| {
        let miner = Address::with_last_byte(7);
        let inputs = Inputs {
            epoch: 0,
            budget: pots,
            minimum_stake,
            scores: (Format::Csv, format!("miner,tasks,score,free\n{miner},1,2.5,0\n").into_bytes()),
            stakes: format!("miner,stake\n{miner},{}\n", 100 * COR).into_bytes(),
            before: None,
        };
        let epoch = Epoch::of(inputs).expect("an epoch");
        Book::at(world.path(book)).publish(&epoch).expect("published");
        epoch.document.root.expect("a root")
    };
    let pots = Pots { emission: 0, fees: system_tests::fees::PRICE * 700 };
    let root = publish("right", pots, 100 * COR);
    publish("richer", Pots { fees: pots.fees + 1, ..pots }, 100 * COR);
    publish("laxer", pots, 99 * COR);
    let book = |name: &str| {
        let _ = fs::remove_dir_all(world.path("book"));
        let copied = std::process::Command::new("cp").arg("-r").arg(world.path(name)).arg(world.path("book")).status();
        assert!(copied.expect("a copy").success());
    };
    book("right");
    assert_eq!(why(&world.tick(&config), "vote"), format!("{us} is no attester"));
    let name = MinerRewards::setAttestersCall { attesters: vec![us, other], quorum: U256::from(2) };
    chain.send(world.network.owner, rewards, name).await;
    chain.at(chain.time().await + DAY).await;
    assert_eq!(why(&world.tick(&config), "vote"), "epoch 0 is published, but not closed on the chain");
    world.network.go(1, GRACE + 5).await;
    for (wrong, reason) in [("richer", "but the chain gave"), ("laxer", "its minimum stake is 99 COR, not 100 COR")] {
        book(wrong);
        let tick = world.tick(&config);
        assert!(why(&tick, "vote").contains(reason), "{tick}");
    }
    book("right");
    let scores = world.path("book/epoch-0/scores.csv");
    let good = fs::read(&scores).expect("scores");
    fs::write(&scores, b"miner,tasks,score,free\n").expect("scores");
    assert!(why(&world.tick(&config), "vote").contains("is not the file that the allocations were computed from"));
    fs::write(&scores, good).expect("scores");
    assert_eq!(sent(&world.tick(&config)), [format!("votes for the root {root} of epoch 0")]);
    assert_eq!(why(&world.tick(&config), "vote"), "it has voted for epoch 0");
    let votes = world.events::<MinerRewards::Voted>(rewards).await;
    let [vote] = &votes[..] else { panic!("{} votes", votes.len()) };
    assert_eq!((vote.attester, vote.root, vote.uri.as_str()), (us, root, "ipfs://book/epoch-0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_never_count_is_put_aside_and_not_asked_for_again() {
    let world = World::start(1).await;
    let config = world.configure(&options(""));
    let stranger = PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).expect("a key");
    for app in 0..10 {
        world.spool(&signed(&stranger, world.place(), world.apps[0] + U256::from(app), 0, 5));
    }
    world.spool(&world.voucher(world.apps[0], 1, 7));
    world.spool(&world.voucher(world.apps[0], 3, 7));
    let states = || {
        let database = world.database();
        let mut rows = database.prepare("SELECT state, count(*) FROM vouchers GROUP BY state ORDER BY state").expect("a query");
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        rows.map(|it| it.expect("a row")).collect::<Vec<(String, i64)>>()
    };
    assert_eq!(sent(&world.tick(&config)).len(), 0);
    assert_eq!(states(), [("open".to_owned(), 1), ("rejected".to_owned(), 10)]);
    let why = fs::read_to_string(world.path(&format!("spool/refused/{}-3-7.why", world.apps[0]))).expect("a reason");
    assert_eq!(why, "epoch 3 is far off, for epoch 0 runs\n");
    // A good one among bad ones is settled.
    world.spool(&world.voucher(world.apps[0], 0, 9));
    assert_eq!(sent(&world.tick(&config)), ["settles 1 vouchers, 9 units"]);
    // What waits for its epoch is settled in it.
    world.network.go(1, 5).await;
    let tick = world.tick(&config);
    assert!(sent(&tick).contains(&"settles 1 vouchers, 7 units".to_owned()), "{tick}");
    let other = world.voucher(world.apps[0] + U256::from(1), 1, 7);
    world.spool(&other);
    world.tick(&config);
    // The other was of an app that is not there.
    assert_eq!(states(), [("rejected".to_owned(), 11), ("settled".to_owned(), 2)]);
    assert_eq!(world.events::<AppFees::NotSettled>(world.network.fees).await.len(), 0, "nobody paid to learn it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_beyond_the_escrow_is_settled_in_part_and_the_rest_after_a_top_up() {
    let world = World::start(1).await;
    let config = world.configure(&options(""));
    let app = world.apps[0];
    let affordable = (10_000 * COR / system_tests::fees::PRICE) as u64;
    world.spool(&world.voucher(app, 0, affordable + 10));
    assert_eq!(sent(&world.tick(&config)).len(), 1);
    assert_eq!(world.usage(app, 0).await, affordable);
    assert_eq!(why(&world.tick(&config), "settle"), "no voucher would be counted");
    let top_up = AppFees::topUpCall { appId: app, amount: U256::from(COR) };
    world.network.chain.send(world.network.app_owner, world.network.fees, top_up).await;
    assert_eq!(sent(&world.tick(&config)), ["settles 1 vouchers, 10 units"]);
    assert_eq!(world.usage(app, 0).await, affordable + 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_it_takes_vouchers_with_the_token_and_tells_how_it_is() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&Options { listen: Some(listen), ..options("") });
    let log = world.path("keeper.log");
    let running = Running::with(binary::command(&config, &["run", "--log-format", "json"]), &log);
    let app = world.apps[0];
    let good = serde_json::to_vec(&world.voucher(app, 0, 40)).expect("JSON");
    let post = |token, body: &[u8]| answer(listen, "POST", "/vouchers", token, body);
    assert_eq!(post(None, &good).0, 401);
    assert_eq!(post(Some("another-token-of-length"), &good).0, 401);
    assert_eq!(post(Some(TOKEN), b"{}").0, 400);
    assert_eq!(post(Some(TOKEN), &good), (200, r#"{"vouchers":[{"new":true,"taken":true}]}"#.into()));
    assert_eq!(post(Some(TOKEN), &good), (200, r#"{"vouchers":[{"new":false,"taken":true}]}"#.into()));
    let elsewhere = corflow::voucher::file::Place { app_fees: Address::repeat_byte(1), ..world.place() };
    let bad = serde_json::to_value(signed(&world.network.signer, elsewhere, app, 0, 50)).expect("JSON");
    let (status, refused) = post(Some(TOKEN), bad.to_string().as_bytes());
    assert!(status == 422 && refused.contains("it is signed for"), "{refused}");
    let both = json!([bad, serde_json::from_slice::<Value>(&good).expect("JSON")]).to_string();
    assert_eq!(post(Some(TOKEN), both.as_bytes()).0, 207);

    let deadline = Instant::now() + Duration::from_secs(20);
    while world.usage(app, 0).await != 40 {
        assert!(Instant::now() < deadline, "it does not settle: {}", fs::read_to_string(&log).expect("a log"));
        thread::sleep(Duration::from_millis(50));
    }
    let (status, health) = answer(listen, "GET", "/health", None, b"");
    assert!(status == 200 && health.contains("\"ok\":true"), "{health}");
    let metrics = answer(listen, "GET", "/metrics", None, b"").1;
    assert!(metrics.contains("corflow_keeper_healthy 1") && metrics.contains("corflow_keeper_endpoint_up"), "{metrics}");

    // A second one with the same key does not start, whatever its folder.
    let second = binary::keeper(&config, &["run", "--once", "--state", world.path("other").to_str().expect("a path")]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("another keeper runs with the key of"), "{said}");

    // It ends by SIGTERM, in good order, and its log is JSON and shows no secret.
    running.stop();
    let text = fs::read_to_string(&log).expect("a log");
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
    assert!(!text.contains(TOKEN) && !text.contains(&world.key.to_bytes().to_string()[2..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_was_changed_is_found_out() {
    let world = World::start(1).await;
    let config = world.configure(&options(""));
    for _ in 0..3 {
        world.tick(&config);
    }
    let shown = binary::keeper(&config, &["log"]);
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains("#3 at ") && shown.contains("3 entries, each follows the one before"), "{shown}");
    let changed = world.database().execute("UPDATE ticks SET body = replace(body, 'not due', 'due') WHERE seq = 2", []);
    assert_eq!(changed.expect("an update"), 1);
    let output = binary::keeper(&config, &["log"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stdout).contains("BROKEN at entry 2: it was changed"));
    let output = binary::keeper(&config, &["log", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&told["ok"], &told["broken"]["seq"]), (&json!(false), &json!(2)));
    world.database().execute("DELETE FROM ticks WHERE seq < 3", []).expect("a deletion");
    let output = binary::keeper(&config, &["log"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("BROKEN at entry 3: entry 1 is missing before it"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_that_was_started_anew_is_not_taken_for_the_old_one() {
    let world = World::start(1).await;
    let config = world.configure(&options(""));
    world.tick(&config);
    let old = format!("UPDATE facts SET value = '{}' WHERE name = 'genesis'", B256::repeat_byte(7));
    assert_eq!(world.database().execute(&old, []).expect("an update"), 1);
    world.spool(&world.voucher(world.apps[0], 0, 9));
    let tick = world.tick(&config);
    assert!(tick["trouble"].as_str().is_some_and(|it| it.contains("its chain begins with block")), "{tick}");
    assert_eq!(world.count().await, 0);
    let output = binary::keeper(&config, &["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("its chain begins with block"), "{said}");
}
