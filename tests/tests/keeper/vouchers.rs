//! Vouchers that are many, late, wrong, or of an app that leaves: what broke elsewhere.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use abi::{AgentStore, AppFees};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{B256, U256};
use corflow::voucher::file::Voucher;
use economics::COR;
use serde_json::{Value, json};

use crate::{
    binary::Running,
    http::{metric, post},
    proxy::Proxy,
    world::{EPOCH, GRACE, Options, World, free_port, signed},
};

fn options(proxy: &Proxy, world: &World, spool: &str) -> Options {
    Options {
        endpoints: vec![proxy.listen(world.network.chain.node.address())],
        top: "period = \"300ms\"\npoll = \"20ms\"\nconfirmations = 1".into(),
        tables: format!("[spool]\nfolder = \"spool\"\n{spool}"),
        ..Options::default()
    }
}

fn states(world: &World) -> Vec<(String, i64)> {
    let database = world.database();
    let mut rows = database.prepare("SELECT state, count(*) FROM vouchers GROUP BY state ORDER BY state").expect("a query");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.map(|it| it.expect("a row")).collect()
}

fn state(word: &str, count: i64) -> (String, i64) {
    (word.to_owned(), count)
}

/// The files of a batch, as a gateway writes them.
fn drop_array(world: &World, name: &str, vouchers: &[Voucher]) {
    fs::write(world.path("spool").join(name), serde_json::to_vec(vouchers).expect("JSON")).expect("a file");
}

async fn until<F: Future<Output = bool>>(what: &str, log: &Path, holds: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}: {}", fs::read_to_string(log).expect("a log"));
        thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_bad_vouchers_are_put_aside_and_the_next_tick_asks_nothing() {
    let world = World::start(1).await;
    let proxy = Proxy::reliable();
    let config = world.configure(&options(&proxy, &world, "settle_after = \"0s\"\nreject_after = \"0s\"\n"));
    let stranger = PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).expect("a key");
    let bad = |units| signed(&stranger, world.place(), world.apps[0], 0, units);
    drop_array(&world, "bad.json", &(101..=110).map(bad).collect::<Vec<_>>());
    world.tick(&config);
    assert_eq!(states(&world), [state("rejected", 10)]);
    let asked = proxy.asked::<AppFees::settleManyCall>();
    world.tick(&config);
    assert_eq!(proxy.asked::<AppFees::settleManyCall>(), asked, "0 requests");

    // A good one under nine bad ones that ask for more: in the same tick.
    let mut ten: Vec<_> = (201..=209).map(bad).collect();
    ten.push(world.voucher(world.apps[0], 0, 9));
    drop_array(&world, "mixed.json", &ten);
    world.tick(&config);
    assert_eq!((world.usage(world.apps[0], 0).await, states(&world)), (9, vec![state("rejected", 19), state("settled", 1)]));
    let asked = proxy.asked::<AppFees::settleManyCall>();
    world.tick(&config);
    assert_eq!(proxy.asked::<AppFees::settleManyCall>(), asked);
    assert_eq!(world.events::<AppFees::NotSettled>(world.network.fees).await.len(), 0, "nobody paid to learn it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voucher_whose_app_the_chain_does_not_know_yet_waits_and_is_settled() {
    let world = World::start(1).await;
    let config = world.configure(&options(&Proxy::reliable(), &world, "settle_after = \"0s\"\n"));
    let next = world.apps[0] + U256::ONE;
    world.spool(&world.voucher(next, 0, 9));
    world.tick(&config);
    assert_eq!(states(&world), [state("open", 1)]);
    assert_eq!(world.network.register(COR).await, next);
    let top_up = AppFees::topUpCall { appId: next, amount: U256::from(COR) };
    world.network.chain.send(world.network.app_owner, world.network.fees, top_up).await;
    world.tick(&config);
    assert_eq!((world.usage(next, 0).await, states(&world)), (9, vec![state("settled", 1)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_tens_of_thousands_only_the_highest_are_sent_and_then_only_new_ones() {
    const EACH: u64 = 10_000;
    let world = World::start(3).await;
    let proxy = Proxy::reliable();
    let mut options = options(&proxy, &world, "settle_after = \"0s\"\n");
    options.top = "period = \"20s\"\npoll = \"20ms\"\nconfirmations = 1".into();
    let config = world.configure(&options);
    // The signature of each is checked when it comes, which takes its time; here they are known already.
    world.tick(&config);
    let numbers = |it: u64| it.to_be_bytes();
    {
        let mut database = world.database();
        let change = database.transaction().expect("a change");
        for app in &world.apps {
            for units in 1..=EACH {
                let top = (units == EACH).then(|| world.voucher(*app, 0, units).signature.to_vec());
                change
                    .execute(
                        "INSERT INTO vouchers (app, epoch, units, signer, signature, source, received, state, why)
                         VALUES (?1, 0, ?2, ?3, ?4, 'many', 0, 'open', '')",
                        (
                            app.to_be_bytes::<32>(),
                            numbers(units),
                            world.network.signer.address().0.0,
                            top.unwrap_or_else(|| vec![0; 65]),
                        ),
                    )
                    .expect("a voucher");
            }
        }
        change.commit().expect("written");
    }
    let began = Instant::now();
    let tick = world.tick(&config);
    println!("a tick with {} vouchers took {:.1} s", 3 * EACH, began.elapsed().as_secs_f64());
    let settled = || async {
        let settled = world.events::<AppFees::Settled>(world.network.fees).await;
        settled.iter().map(|it| it.cumulativeUnits.to::<u64>()).collect::<Vec<_>>()
    };
    assert_eq!((tick["sent"].as_array().expect("an array").len(), settled().await), (1, vec![EACH; 3]), "{tick}");
    assert_eq!(states(&world), [state("settled", 3 * EACH as i64)]);
    let asked = proxy.asked::<AppFees::settleManyCall>();
    assert!(asked < 10, "{asked} requests");
    world.tick(&config);
    assert_eq!(proxy.asked::<AppFees::settleManyCall>(), asked, "nothing yet: nothing is asked");

    // As many files at once as a gateway that was offline hands over, and of them only what is new.
    for units in EACH + 1..=EACH + 600 {
        world.spool(&world.voucher(world.apps[0], 0, units));
    }
    let tick = world.tick(&config);
    assert_eq!(tick["sent"].as_array().expect("an array").len(), 1, "{tick}");
    assert_eq!(settled().await, [EACH, EACH, EACH, EACH + 600]);
    assert_eq!(states(&world), [state("settled", 3 * EACH as i64 + 600)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_apps_than_a_batch_holds_are_settled_in_several_within_the_bound() {
    let world = World::start(1).await;
    let config = world.configure(&options(&Proxy::reliable(), &world, "settle_after = \"0s\"\n"));
    for _ in 0..54 {
        let app = world.network.register(COR).await;
        let grant = AppFees::topUpCall { appId: app, amount: U256::from(COR) };
        world.network.chain.send(world.network.app_owner, world.network.fees, grant).await;
        world.spool(&world.voucher(app, 0, 5));
    }
    let tick = world.tick(&config);
    let sent: Vec<_> = tick["sent"].as_array().expect("an array").iter().map(|it| it["purpose"].clone()).collect();
    assert_eq!(sent, [json!("settles 50 vouchers, 250 units"), json!("settles 4 vouchers, 20 units")]);
    assert_eq!(states(&world), [state("settled", 54)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_voucher_is_dead_at_once_told_once_and_never_asked_about_again() {
    let world = World::start(1).await;
    let (proxy, listen) = (Proxy::reliable(), free_port());
    let options = Options { listen: Some(listen), ..options(&proxy, &world, "settle_after = \"1h\"\nsettle_margin = \"0s\"\n") };
    let config = world.configure(&options);
    let log = world.path("keeper.log");
    let _keeper = Running::start(&config, &log);
    let app = world.apps[0];
    assert_eq!(post(listen, &world.voucher(app, 0, 40)).0, 200);
    assert_eq!(metric(listen, "corflow_keeper_vouchers{state=\"expired\"}"), 0.0);
    world.network.go(1, GRACE + 5).await;
    until("it is dead", &log, || async { metric(listen, "corflow_keeper_vouchers{state=\"expired\"}") == 1.0 }).await;
    let asked = proxy.asked::<AppFees::settleManyCall>();
    let ticks = metric(listen, "corflow_keeper_ticks_total");
    until("it ticks", &log, || async { metric(listen, "corflow_keeper_ticks_total") >= ticks + 4.0 }).await;
    assert_eq!(proxy.asked::<AppFees::settleManyCall>(), asked, "0 further estimates");
    let told = fs::read_to_string(&log).expect("a log").lines().filter(|it| it.contains("will never count")).count();
    assert_eq!((told, states(&world)), (1, vec![state("expired", 1)]));

    // Nor is one taken that might be late before it is settled: two minutes before its epoch's end, or after.
    let left = |seconds| world.network.go(2, GRACE - seconds);
    let refused = |answer: (u16, Value)| {
        let why = answer.1["vouchers"][0]["error"].as_str().unwrap_or_default().to_owned();
        (answer.0, why.contains("vouchers of epoch 1 count until"))
    };
    left(100).await;
    until("it sees the time", &log, || async { post(listen, &world.voucher(app, 1, 40)).0 == 410 }).await;
    assert_eq!(refused(post(listen, &world.voucher(app, 1, 41))), (410, true));
    assert_eq!(post(listen, &world.voucher(app, 2, 41)).0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_an_owner_takes_the_escrow_out_the_best_voucher_is_settled_at_once_and_what_is_left_bounds_new_ones() {
    let world = World::start(1).await;
    let listen = free_port();
    let config = world.configure(&Options {
        listen: Some(listen),
        ..options(&Proxy::reliable(), &world, "settle_after = \"1d\"\nsettle_margin = \"0s\"\n")
    });
    let log = world.path("keeper.log");
    let _keeper = Running::start(&config, &log);
    let (app, network) = (world.apps[0], &world.network);
    assert_eq!((post(listen, &world.voucher(app, 0, 40)).0, post(listen, &world.voucher(app, 0, 70)).0), (200, 200));
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(world.usage(app, 0).await, 0, "they wait for others");

    let deposit = 10_000 * COR;
    let exit = AppFees::requestExitCall { appId: app, amount: U256::from(deposit) };
    network.chain.send(network.app_owner, network.fees, exit).await;
    until("it is settled", &log, || async { world.usage(app, 0).await == 70 }).await;

    // This epoch is still paid from what leaves, the next is not.
    let affordable = (deposit / system_tests::fees::PRICE) as u64;
    assert_eq!(post(listen, &world.voucher(app, 0, 90)).0, 200);
    until("that too", &log, || async { world.usage(app, 0).await == 90 }).await;
    let (status, answer) = post(listen, &world.voucher(app, 0, affordable + 1));
    let why = answer["vouchers"][0]["error"].as_str().expect("a reason").to_owned();
    assert!(status == 402 && why.contains(&format!("up to {affordable} units")) && why.contains("takes"), "{status} {why}");
    network.go(1, 5).await;
    until("it is refused", &log, || async { post(listen, &world.voucher(app, 1, 1)).0 == 402 }).await;
    let (_, answer) = post(listen, &world.voucher(app, 1, 2));
    assert!(answer.to_string().contains("what is left pays vouchers of epoch 1 up to 0 units, not 2"), "{answer}");

    // The owner gets what was not used, and no wei more.
    network.chain.at(network.genesis + EPOCH + GRACE + 5).await;
    let before = network.balance(network.app_owner).await;
    network.chain.send(network.app_owner, network.fees, AppFees::exitCall { appId: app }).await;
    let got = network.balance(network.app_owner).await - before;
    assert_eq!(got, U256::from(deposit - 90 * system_tests::fees::PRICE));
    // Who pays again is served again.
    let top_up = AppFees::topUpCall { appId: app, amount: U256::from(COR) };
    network.chain.send(network.app_owner, network.fees, top_up).await;
    until("it is taken", &log, || async { post(listen, &world.voucher(app, 1, 3)).0 == 200 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_an_app_is_closed_its_vouchers_are_settled_at_once_and_those_of_later_epochs_refused() {
    let world = World::start(1).await;
    let listen: SocketAddr = free_port();
    let config = world.configure(&Options {
        listen: Some(listen),
        ..options(&Proxy::reliable(), &world, "settle_after = \"1d\"\nsettle_margin = \"0s\"\n")
    });
    let log = world.path("keeper.log");
    let _keeper = Running::start(&config, &log);
    let (app, network) = (world.apps[0], &world.network);
    assert_eq!(post(listen, &world.voucher(app, 0, 40)).0, 200);
    network.chain.send(network.app_owner, network.store, AgentStore::closeAppCall { appId: app }).await;
    until("it is settled", &log, || async { world.usage(app, 0).await == 40 }).await;
    assert_eq!(post(listen, &world.voucher(app, 0, 50)).0, 200, "its last epoch goes on counting");
    until("that too", &log, || async { world.usage(app, 0).await == 50 }).await;
    let (status, answer) = post(listen, &world.voucher(app, 1, 1));
    assert!(status == 402 && answer.to_string().contains("was closed in epoch 0"), "{status} {answer}");
}
