//! Fifty times SIGKILL at random moments, over endpoints that cannot be relied on and on a chain that goes back, while vouchers
//! arrive and epochs end.
//!
//! `KEEPER_KILL_SEEDS=1,2,3 cargo test -p system-tests --test keeper kills -- --nocapture` plays it once with each seed and prints
//! what was done to the keeper.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use abi::{AppFees, MinerPool};
use alloy::{
    consensus::{Transaction as _, TxEnvelope},
    eips::Decodable2718,
    primitives::keccak256,
    signers::local::PrivateKeySigner,
};
use alloy_primitives::{Bytes, U256};
use corflow::voucher::file::Place;
use serde_json::{Value, json};

use crate::{
    binary::Running,
    proxy::{Chance, Proxy},
    world::{EPOCH, GRACE, Options, TOKEN, World, drop_into, free_port, http, signed},
};

const KILLS: u64 = 50;
/// How long the keeper may take, without being killed, to have done what is due.
const PATIENCE: Duration = Duration::from_secs(90);

/// The highest number that each app was promised to have settled in each epoch.
type Given = BTreeMap<(U256, u64), u64>;

/// Hands in vouchers, over HTTP and as files, until it is stopped.
struct Feeder {
    epoch: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    given: Arc<Mutex<Given>>,
    thread: thread::JoinHandle<(u64, u64)>,
}

impl Feeder {
    fn start(world: &World, keeper: SocketAddr, seed: u64) -> Self {
        let (epoch, stop, given) = <(Arc<AtomicU64>, Arc<AtomicBool>, Arc<Mutex<Given>>)>::default();
        let hands = Hands {
            apps: world.apps.clone(),
            signer: world.network.signer.clone(),
            place: world.place(),
            spool: world.path("spool"),
            keeper,
            chance: Chance(seed),
        };
        let shared = (epoch.clone(), stop.clone(), given.clone());
        let thread = thread::spawn(move || hands.feed(&shared.0, &shared.1, &shared.2));
        Self { epoch, stop, given, thread }
    }

    fn given(&self) -> Given {
        self.given.lock().expect("what was given").clone()
    }
}

struct Hands {
    apps: Vec<U256>,
    signer: PrivateKeySigner,
    place: Place,
    spool: PathBuf,
    keeper: SocketAddr,
    chance: Chance,
}

impl Hands {
    fn feed(mut self, epoch: &AtomicU64, stop: &AtomicBool, given: &Mutex<Given>) -> (u64, u64) {
        let (mut posted, mut dropped) = (0, 0);
        while !stop.load(SeqCst) {
            let (app, epoch) = (self.apps[self.chance.below(self.apps.len() as u64) as usize], epoch.load(SeqCst));
            let before = given.lock().expect("what was given").get(&(app, epoch)).copied().unwrap_or_default();
            let units = before + 1 + self.chance.below(20);
            let voucher = signed(&self.signer, self.place, app, epoch, units);
            if self.chance.below(4) == 0 {
                drop_into(&self.spool, &voucher);
                dropped += 1;
            } else {
                let body = serde_json::to_vec(&voucher).expect("JSON");
                let post = || http(self.keeper, "POST", "/vouchers", Some(TOKEN), &body);
                // Until it is acknowledged: then, and not before, it is promised.
                while post().is_none_or(|(status, _)| status != 200) {
                    thread::sleep(Duration::from_millis(20));
                }
                posted += 1;
            }
            given.lock().expect("what was given").insert((app, epoch), units);
            thread::sleep(Duration::from_millis(20 + self.chance.below(60)));
        }
        (posted, dropped)
    }
}

/// Makes a block ten times a second, whatever waits.
fn mine(node: SocketAddr, stop: Arc<AtomicBool>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": [] }).to_string();
        while !stop.load(SeqCst) {
            http(node, "POST", "/", None, request.as_bytes());
            thread::sleep(Duration::from_millis(100));
        }
    })
}

fn refuse_end(keeper: &mut Running, log: &Path) {
    if let Some(status) = keeper.0.try_wait().expect("its state") {
        panic!("the keeper ended by itself ({status}):\n{}", fs::read_to_string(log).expect("its log"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_done_twice_however_often_it_is_killed() {
    let seeds = env::var("KEEPER_KILL_SEEDS").unwrap_or_else(|_| "20261125".into());
    for seed in seeds.split(',') {
        killed(seed.trim().parse().expect("KEEPER_KILL_SEEDS are numbers, with commas between them")).await;
    }
}

async fn killed(seed: u64) {
    let began = Instant::now();
    let world = World::start(3).await;
    let node = world.network.chain.node.address();
    world.network.chain.get("evm_setAutomine", json!([false])).await;
    let stop = Arc::new(AtomicBool::new(false));
    let miner = mine(node, stop.clone());

    let proxy = Proxy::new(seed);
    let listen = free_port();
    let config = world.configure(&Options {
        endpoints: vec![proxy.listen(node), proxy.listen(node)],
        listen: Some(listen),
        top: "period = \"150ms\"\ntimeout = \"600ms\"\npoll = \"40ms\"\nconfirmations = 4".into(),
        tables: "[fees]\nbump_after = \"700ms\"\n[spool]\nfolder = \"spool\"\nsettle_after = \"0s\"\n\
                 [duties]\ntreasury_floor = \"0.001\"\nburn_floor = \"0.001\"\n"
            .into(),
    });
    let log = world.path("keeper.log");
    let start = || Running::start(&config, &log);
    drop(start());
    let feeder = Feeder::start(&world, listen, seed);
    let mut chance = Chance(seed ^ 0xff);
    let (mut kills, mut in_tick, mut signed, mut shallow) = (1, 0, 0, 0);
    let (mut reorganisations, mut undone) = (0, 0);

    for round in 1..KILLS {
        // What the chain has from here on it will not have had.
        let snapshot = match round % 10 {
            1 | 3 | 7 => Some((world.network.chain.get("evm_snapshot", json!([])).await, world.count().await)),
            _ => None,
        };
        let mut keeper = start();
        thread::sleep(Duration::from_millis(100 + chance.below(1_000)));
        if let Some((snapshot, count)) = snapshot {
            let deadline = Instant::now() + Duration::from_millis(1_500);
            while world.count().await == count && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(40));
            }
            undone += world.count().await - count;
            reorganisations += 1;
            assert_eq!(world.network.chain.get("evm_revert", json!([snapshot])).await, json!(true));
            thread::sleep(Duration::from_millis(chance.below(400)));
        }
        let epoch = feeder.epoch.load(SeqCst);
        match round % 10 {
            // The next epoch begins; the one before is in its grace, and what it was given is settled in it.
            5 => {
                all_closed(&world, epoch).await;
                to(&world, epoch + 1, 10).await;
                feeder.epoch.store(epoch + 1, SeqCst);
            }
            // The grace ends: not before all is settled, for that is what it is for.
            9 if epoch > 0 => {
                settled(&world, &feeder.given(), epoch - 1).await;
                to(&world, epoch, GRACE + 10).await;
            }
            _ => {}
        }
        refuse_end(&mut keeper, &log);
        drop(keeper);
        kills += 1;
        let verdict: String = world
            .database()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap_or_else(|error| panic!("the database after kill {kills}: {error}"));
        assert_eq!(verdict, "ok", "the database after kill {kills}");
        in_tick += number(&world, "SELECT count(*) FROM facts WHERE name = 'tick under way' AND value = 'yes'");
        signed += number(&world, "SELECT count(*) FROM slots WHERE state = 'signed'");
        shallow += number(&world, "SELECT count(*) FROM slots WHERE state = 'mined'").min(1);
    }

    // Whatever is still to be done, it does once nobody kills it any more.
    feeder.stop.store(true, SeqCst);
    let epoch = feeder.epoch.load(SeqCst);
    let given = feeder.given.clone();
    let mut keeper = start();
    let (posted, dropped) = feeder.thread.join().expect("the feeder");
    let given = given.lock().expect("what was given").clone();
    for epoch in [epoch.saturating_sub(1), epoch] {
        settled(&world, &given, epoch).await;
    }
    to(&world, epoch + 1, GRACE + 10).await;
    all_closed(&world, epoch + 1).await;
    proxy.calm();
    ended(&world).await;
    refuse_end(&mut keeper, &log);
    drop(keeper);
    stop.store(true, SeqCst);
    miner.join().expect("the miner");

    assert_every_voucher_counted_once(&world, &given).await;
    assert_every_epoch_closed_once(&world, epoch).await;
    let (sent, nonces) = assert_each_nonce_for_one_thing(&world, &proxy).await;
    let record = world.log(&config);
    assert_the_record_tells_each_nonce_once(&world, &record).await;
    println!(
        "seed {seed}: {kills} kills in {:.1} s: {in_tick} within a tick, {signed} with a transaction in no block, {shallow} with \
         one not yet deep enough",
        began.elapsed().as_secs_f64()
    );
    println!(
        "{} vouchers given ({posted} over HTTP, {dropped} as files) of {} apps in {} epochs",
        posted + dropped,
        world.apps.len(),
        epoch + 1
    );
    println!(
        "{nonces} nonces, {sent} different transactions, {} times handed in; {} went on only after they had offered more",
        proxy.raw().len(),
        proxy.outbid()
    );
    println!("{reorganisations} reorganisations, which undid {undone} transactions");
    println!("{} ticks recorded, {} requests, faults injected:", record["entries"], proxy.requests());
    for (fault, count) in proxy.faults() {
        println!("{count:>6} {fault}");
    }
    assert_eq!(kills, KILLS);
    assert!(in_tick > 5 && signed > 0 && shallow > 0, "it was killed at moments that matter");
    assert!(sent > nonces && proxy.outbid() > 0, "fees were raised");
    assert!(undone > 0, "a reorganisation undid something");
    assert!(proxy.faults().len() == 8 && proxy.faults().values().all(|it| *it > 0), "every fault was injected");
}

/// Moves the chain's clock to a second of an epoch.
async fn to(world: &World, epoch: u64, second: u64) {
    world.network.chain.get("evm_setNextBlockTimestamp", json!([world.network.genesis + epoch * EPOCH + second])).await;
    world.network.chain.get("evm_mine", json!([])).await;
}

/// Waits until something holds, while the keeper runs. If it never does, shows what the keeper knows and said.
async fn until<F: Future<Output = Result<(), String>>>(world: &World, what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(why) = holds().await {
        if Instant::now() >= deadline {
            let log = fs::read_to_string(world.path("keeper.log")).unwrap_or_default();
            let said: Vec<_> = log.lines().rev().take(40).collect();
            let last = texts(world, "SELECT body FROM ticks ORDER BY seq DESC LIMIT 3");
            let slots = texts(
                world,
                "SELECT nonce || ' ' || duty || ' ' || state || ' ' || coalesce(outcome, '') || ' in ' || coalesce(mined_in, '') || ' '
                 || (SELECT group_concat(fee) FROM transactions t WHERE t.nonce = s.nonce) FROM slots s ORDER BY nonce DESC LIMIT 9",
            );
            panic!("{what}: {why}; the chain counts {}\n{slots:#?}\n{last:#?}\n{said:#?}", world.count().await);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn texts(world: &World, sql: &str) -> Vec<String> {
    let database = world.database();
    let mut found = database.prepare(sql).expect("a query");
    found.query_map([], |row| row.get(0)).expect("rows").map(|it| it.expect("a text")).collect()
}

/// Waits until all that was given for an epoch is counted.
async fn settled(world: &World, given: &Given, epoch: u64) {
    until(world, "vouchers are settled", || async {
        for (&(app, of), &units) in given {
            let counted = world.usage(app, epoch).await;
            if of == epoch && counted < units {
                return Err(format!("app {app} has {counted} of {units} units of epoch {epoch}"));
            }
        }
        Ok(())
    })
    .await;
}

/// Waits until all epochs are closed that are due before this one ends.
async fn all_closed(world: &World, running: u64) {
    until(world, "epochs are closed", || async {
        let next = world.network.chain.ask(world.network.pool, MinerPool::nextEpochCall {}).await;
        if next < U256::from(running) { Err(format!("epoch {next} is open, {running} runs")) } else { Ok(()) }
    })
    .await;
}

/// Waits until nothing is under way and no voucher is unsettled.
async fn ended(world: &World) {
    until(world, "all is settled for good", || async {
        let slots = number(world, "SELECT count(*) FROM slots WHERE state != 'final' OR told_ended = 0");
        let vouchers = number(world, "SELECT count(*) FROM vouchers WHERE state != 'settled'");
        if slots + vouchers == 0 { Ok(()) } else { Err(format!("{slots} transactions and {vouchers} vouchers are not")) }
    })
    .await;
}

/// What the chain counted, voucher by voucher, ends at what was given, and no unit was charged twice.
async fn assert_every_voucher_counted_once(world: &World, given: &Given) {
    let (mut last, mut cost) = (Given::new(), BTreeMap::<(U256, u64), U256>::new());
    for it in world.events::<AppFees::Settled>(world.network.fees).await {
        let key = (it.appId, it.epoch.saturating_to());
        let units: u64 = it.cumulativeUnits.saturating_to();
        let before = last.insert(key, units).unwrap_or_default();
        assert!(units > before, "{key:?} counted {units} after {before}");
        *cost.entry(key).or_default() += it.granted + it.escrowed;
    }
    assert_eq!(&last, given);
    for (key, units) in given {
        assert_eq!(cost[key], U256::from(*units) * U256::from(system_tests::fees::PRICE), "{key:?}");
    }
    let skipped = world.events::<AppFees::NotSettled>(world.network.fees).await;
    assert_eq!(skipped.len(), 0, "vouchers were sent in vain");
}

/// Sent once, however often the tick was killed in which that was, and ended: once more for each time that a reorganisation
/// undid an end. What they cost in the end is what was spent.
async fn assert_the_record_tells_each_nonce_once(world: &World, record: &Value) {
    let told = |what: &str| -> Vec<Value> {
        let entries = record["shown"].as_array().expect("entries").iter();
        entries.flat_map(|it| it["body"][what].as_array().expect("an array").clone()).collect()
    };
    let nonces = |all: &[Value]| {
        let mut nonces: Vec<u64> = all.iter().map(|it| it["nonce"].as_u64().expect("a nonce")).collect();
        nonces.sort_unstable();
        nonces
    };
    assert_eq!(nonces(&told("sent")), (0..world.count().await).collect::<Vec<_>>());
    let cost = |it: &Value| it["cost"].as_str().expect("a cost").parse::<u128>().expect("wei");
    let ended: BTreeMap<u64, u128> = told("ended").iter().map(|it| (it["nonce"].as_u64().expect("a nonce"), cost(it))).collect();
    assert_eq!(ended.len() as u64, world.count().await);
    let costs: u128 = ended.values().sum();
    assert_eq!(U256::from(costs), U256::from(100 * economics::COR) - world.balance().await);
}

fn number(world: &World, sql: &str) -> i64 {
    world.database().query_row(sql, [], |row| row.get(0)).expect("a number")
}

async fn assert_every_epoch_closed_once(world: &World, last: u64) {
    let closed = world.events::<AppFees::FeesClosed>(world.network.fees).await;
    let closed: Vec<u64> = closed.iter().map(|it| it.epoch.saturating_to()).collect();
    assert_eq!(closed, (0..=last).collect::<Vec<_>>());
}

/// All that ever left the keeper: one thing for a nonce, one nonce for a thing, and nothing that was not written before.
async fn assert_each_nonce_for_one_thing(world: &World, proxy: &Proxy) -> (usize, usize) {
    let database = world.database();
    let mut written = database.prepare("SELECT raw FROM transactions").expect("a query");
    let written: BTreeSet<Vec<u8>> =
        written.query_map([], |row| row.get(0)).expect("rows").map(|it| it.expect("bytes")).collect();
    let mut things = BTreeMap::new();
    let mut different = BTreeSet::new();
    for raw in proxy.raw() {
        assert!(written.contains(raw.as_ref()), "{} was sent and is not written", keccak256(&raw));
        let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
        let thing: (_, Bytes, u64) = (transaction.to(), transaction.input().clone(), transaction.gas_limit());
        assert_eq!(*things.entry(transaction.nonce()).or_insert_with(|| thing.clone()), thing);
        different.insert(raw);
    }
    let (nonces, distinct): (i64, i64) = database
        .query_row("SELECT count(*), count(DISTINCT duty) FROM slots", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("numbers");
    assert_eq!(nonces, distinct, "a duty was done twice");
    assert_eq!(nonces.unsigned_abs(), world.count().await, "each nonce is on the chain, and no other");
    (different.len(), things.len())
}
