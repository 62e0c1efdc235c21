//! Rule 8: what a call costs does not grow with users, apps or epochs gone by; with a proof it grows by its length.
//!
//! Each line is fitted by least squares; `cargo test -p system-tests --test miners rule_8 -- --nocapture` prints them.

use std::collections::BTreeMap;

use abi::{AgentStore, AppFees, CorToken, MinerPool, MinerRewards, Staking};
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, U256, keccak256};
use economics::merkle::leaf;

use crate::{
    claims::{Book, activate, miner},
    roots::{attested, attester},
    world::{ADA, BEN, COR, EPOCH, GENESIS, OWNER, World, cor},
};

/// How much a call may cost more at the end of a line than at its beginning, and at any point than on average, in parts of 100:
/// zero bytes of calldata cost less than others, and numbers grow.
const PLAY: f64 = 1.0;

/// Gas of a call, by how many there are of something.
type Line = Vec<(u64, u64)>;

/// Gas of a line with no more of anything, and what each more adds, by least squares.
fn fit(line: &Line) -> (f64, f64) {
    let count = line.len() as f64;
    let mean = |of: &dyn Fn(f64, f64) -> f64| line.iter().map(|(x, y)| of(*x as f64, *y as f64)).sum::<f64>() / count;
    let (x, y) = (mean(&|x, _| x), mean(&|_, y| y));
    let slope = mean(&|at, gas| (at - x) * (gas - y)) / mean(&|at, _| (at - x).powi(2));
    (y - slope * x, slope)
}

/// What is wrong with a line that should be flat.
fn not_flat(line: &Line) -> Option<String> {
    let (base, slope) = fit(line);
    let mean = line.iter().map(|(_, gas)| *gas as f64).sum::<f64>() / line.len() as f64;
    let range = line.iter().map(|(at, _)| *at).max()? - line.iter().map(|(at, _)| *at).min()?;
    let growth = 100.0 * slope * range as f64 / mean;
    let apart = |gas: u64| 100.0 * (gas as f64 - mean).abs() / mean;
    let far = line.iter().find(|(_, gas)| apart(*gas) > PLAY);
    (growth > PLAY || far.is_some()).then(|| format!("{base:.0} and {slope:.1} each: {line:?}"))
}

/// Measures each call at each point and holds its line. `world` makes the world in which there are so many.
fn hold(of_what: &str, points: [u64; 5], mut world: impl FnMut(u64) -> World, calls: impl Fn(World) -> Costs) {
    let mut lines = BTreeMap::<&str, Line>::new();
    for at in points {
        for (name, gas) in calls(world(at)).0 {
            lines.entry(name).or_default().push((at, gas));
        }
    }
    let mut wrong = Vec::new();
    for (name, line) in lines {
        assert_eq!(line.len(), points.len(), "{name} was not measured at every point");
        let (base, slope) = fit(&line);
        println!("{name:<16} {base:>8.0} gas {slope:>+8.2} for each {of_what}, {} to {}", points[0], points[4]);
        wrong.extend(not_flat(&line).map(|why| format!("{name}: {why}")));
    }
    assert!(wrong.is_empty(), "gas grows with each {of_what}:\n{}", wrong.join("\n"));
}

/// Gas by call.
#[derive(Default)]
struct Costs(Vec<(&'static str, u64)>);

impl Costs {
    fn note(&mut self, name: &'static str, world: &World) {
        self.0.push((name, world.gas));
    }
}

fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key")
}

fn epoch(world: &World) -> u64 {
    (world.block.timestamp - GENESIS) / EPOCH
}

fn somebody(number: u64) -> Address {
    Address::left_padding_from(&(0x0100_0000_0000_0000 + number).to_be_bytes())
}

fn register(world: &mut World) {
    let register = AgentStore::registerCall {
        signer: signer().address(),
        feeCap: cor(1_000),
        category: B256::ZERO,
        contentHash: B256::ZERO,
        uri: String::new(),
    };
    world.ok(BEN, world.store, &register);
}

/// Two stakers and an app, some epochs old.
fn base() -> World {
    let mut world = attested();
    world.cache();
    world.ok(OWNER, world.staking, &Staking::fundCall { amount: cor(1_000_000) });
    register(&mut world);
    for number in 0..2 {
        busy_epoch(&mut world, number);
    }
    world
}

/// An epoch in which price, discount and split change, stakers stake, an app pays and miners get a root; it is closed when due.
fn busy_epoch(world: &mut World, number: u64) {
    let World { fees, pool, rewards, staking, .. } = *world;
    let odd = number % 2;
    world.ok(OWNER, fees, &AppFees::setUnitPriceCall { unitPrice: U256::from(COR + u128::from(odd)) });
    world.ok(OWNER, fees, &AppFees::setDiscountCall { discount: U256::from(1_000 + odd) });
    let miners = U256::from(7_000 + odd);
    let split = AppFees::setSplitCall { minersShare: miners, treasuryShare: U256::from(1_000), burnShare: U256::from(500) };
    world.ok(OWNER, fees, &split);
    for account in [ADA, BEN] {
        world.ok(account, staking, &Staking::stakeCall { amount: cor(100) });
    }
    world.ok(BEN, fees, &AppFees::topUpCall { appId: U256::ONE, amount: cor(100) });
    world.ok(BEN, fees, &AppFees::sponsorCall { appId: U256::ONE, amount: cor(10) });
    world.ok(BEN, fees, &AppFees::payCall { appId: U256::ONE, amount: cor(10), memo: B256::ZERO });
    let running = epoch(world);
    world.ok(ADA, fees, &AppFees::settleCall { voucher: world.voucher(&signer(), 1, running, 50) });
    world.until_due(running);
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::MAX });
    let book = Book::of(&(0..5).map(|index| (miner(index), cor(1 + u128::from(number)))).collect::<Vec<_>>());
    activate(world, running, &book);
    world.ok(ADA, rewards, &book.call(0));
}

/// What people do to an app and to their stake, the first of them in an epoch.
fn by_people(mut world: World) -> Costs {
    let World { token, fees, staking, .. } = world;
    let app_id = U256::ONE;
    let mut costs = Costs::default();
    world.pass(3_600);
    world.ok(BEN, token, &CorToken::transferCall { to: ADA, value: cor(1) });
    costs.note("transfer", &world);
    world.ok(BEN, staking, &Staking::stakeCall { amount: cor(10) });
    costs.note("stake", &world);
    world.pass(3_600);
    world.ok(BEN, staking, &Staking::claimCall {});
    costs.note("claim", &world);
    world.pass(3_600);
    world.ok(BEN, staking, &Staking::compoundCall {});
    costs.note("compound", &world);
    world.ok(BEN, staking, &Staking::requestUnstakeCall { amount: cor(10) });
    costs.note("requestUnstake", &world);
    world.ok(BEN, fees, &AppFees::topUpCall { appId: app_id, amount: cor(10) });
    costs.note("topUp", &world);
    world.ok(BEN, fees, &AppFees::sponsorCall { appId: app_id, amount: cor(10) });
    costs.note("sponsor", &world);
    world.ok(BEN, fees, &AppFees::payCall { appId: app_id, amount: cor(10), memo: B256::ZERO });
    costs.note("pay", &world);
    let voucher = world.voucher(&signer(), 1, epoch(&world), 5);
    world.ok(ADA, fees, &AppFees::settleCall { voucher });
    costs.note("settle", &world);
    world.ok(BEN, fees, &AppFees::commitCall { appId: app_id, units: U256::ONE, epochs: U256::ONE });
    costs.note("commit", &world);
    world.ok(BEN, fees, &AppFees::requestExitCall { appId: app_id, amount: cor(1) });
    costs.note("requestExit", &world);
    world.ok(BEN, fees, &AppFees::cancelExitCall { appId: app_id });
    costs.note("cancelExit", &world);
    world.ok(ADA, fees, &AppFees::claimBuilderCall { appId: app_id });
    costs.note("claimBuilder", &world);
    register(&mut world);
    costs.note("register", &world);
    costs
}

/// The same, and what is done for the network: settings, closing, a root, a claim.
fn by_all(mut world: World) -> Costs {
    let World { fees, pool, rewards, .. } = world;
    let mut costs = by_people(world.clone());
    world.ok(OWNER, fees, &AppFees::setUnitPriceCall { unitPrice: U256::from(COR + 2) });
    costs.note("setUnitPrice", &world);
    world.ok(BEN, fees, &AppFees::payCall { appId: U256::ONE, amount: cor(10), memo: B256::ZERO });
    let running = epoch(&world);
    world.until_due(running);
    world.ok(ADA, pool, &MinerPool::closeCall { max: U256::ONE });
    costs.note("close", &world);
    let book = Book::of(&(0..5).map(|index| (miner(index), cor(1_000))).collect::<Vec<_>>());
    activate(&mut world, running, &book);
    costs.note("activate", &world);
    world.ok(ADA, rewards, &book.call(0));
    costs.note("miner's claim", &world);
    costs
}

#[test]
fn rule_8_no_call_costs_more_for_other_users() {
    let (mut world, mut users) = (base(), 0);
    let more = |at| {
        while users < at {
            world.ok(ADA, world.staking, &Staking::stakeForCall { account: somebody(users), amount: cor(1) });
            world.ok(ADA, world.token, &CorToken::transferCall { to: somebody(users), value: cor(1) });
            users += 1;
        }
        world.clone()
    };
    // The first of them begins the epoch for all: what that costs is no user's fault.
    hold("user more", [1, 21, 41, 61, 81], more, by_all);
}

#[test]
fn rule_8_no_call_costs_more_for_other_apps() {
    let (mut world, mut apps) = (base(), 0);
    let more = |at| {
        while apps < at {
            register(&mut world);
            apps += 1;
        }
        world.clone()
    };
    hold("app more", [0, 20, 40, 60, 80], more, by_all);
}

#[test]
fn rule_8_no_call_costs_more_for_epochs_gone_by() {
    let (mut world, mut epochs) = (base(), 2);
    let more = |at| {
        while epochs < at {
            busy_epoch(&mut world, epochs);
            epochs += 1;
        }
        world.clone()
    };
    hold("epoch gone by", [2, 10, 18, 26, 34], more, by_all);
}

#[test]
fn rule_8_nobody_pays_for_epochs_that_nobody_closed() {
    let world = base();
    let idle = |at| {
        let mut world = world.clone();
        world.pass(at * EPOCH);
        world
    };
    let calls = |mut world: World| {
        let mut costs = by_people(world.clone());
        world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE });
        costs.note("close", &world);
        costs
    };
    hold("epoch left unclosed", [2, 6, 10, 14, 18], idle, calls);
}

/// A miner's claim by a proof of some length, where it has claimed before.
fn claimed_at(depth: u64) -> u64 {
    let mut world = base();
    let closed = epoch(&world);
    world.until_due(closed);
    world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::MAX });
    let (account, amount) = (miner(0), cor(1_000));
    let proof: Vec<B256> = (0..depth).map(|level| keccak256(level.to_be_bytes())).collect();
    let root = proof.iter().fold(leaf(account, amount, |bytes| keccak256(bytes)), |node, sibling| {
        let (low, high) = if node < *sibling { (node, *sibling) } else { (*sibling, node) };
        keccak256([low.0, high.0].concat())
    });
    for number in 0..3 {
        let vote = MinerRewards::voteCall {
            epoch: U256::from(closed),
            root,
            cumulativeTotal: cor(1_000),
            dataHash: B256::ZERO,
            uri: String::new(),
        };
        world.ok(attester(number), world.rewards, &vote);
    }
    world.pass(3 * 86_400);
    world.ok(ADA, world.rewards, &MinerRewards::activateCall {});
    assert_eq!(world.ok(ADA, world.rewards, &MinerRewards::claimCall { miner: account, amount, proof }), cor(998));
    world.gas
}

/// A level costs its 32 bytes of calldata and one hash, and nothing that grows with those below it.
#[test]
fn rule_8_a_claim_costs_by_the_length_of_its_proof_and_no_more() {
    const LEVEL: f64 = 600.0;
    let line: Line = [5, 10, 15, 20, 25].map(|depth| (depth, claimed_at(depth))).into();
    let (base, slope) = fit(&line);
    println!("{:<16} {base:>8.0} gas {slope:>+8.2} for each level of the proof, 5 to 25", "miner's claim");
    assert!((512.0..LEVEL).contains(&slope), "a level takes {slope:.1} gas: {line:?}");
    for (depth, gas) in &line {
        let straight = base + slope * *depth as f64;
        assert!((*gas as f64 - straight).abs() * 100.0 <= PLAY * straight, "not straight: {line:?}");
    }
}

#[test]
fn a_line_that_rises_or_jumps_is_not_flat() {
    let (base, slope) = fit(&vec![(0, 100), (1, 110), (2, 120)]);
    assert!((base - 100.0).abs() < 1e-9 && (slope - 10.0).abs() < 1e-9, "{base} and {slope} each");
    assert_eq!(not_flat(&vec![(0, 50_000), (20, 50_012), (40, 49_988), (60, 50_000), (80, 50_012)]), None);
    assert!(not_flat(&vec![(0, 50_000), (20, 50_200), (40, 50_400), (60, 50_600), (80, 50_800)]).is_some());
    assert!(not_flat(&vec![(0, 50_000), (20, 50_000), (40, 52_100), (60, 50_000), (80, 50_000)]).is_some());
}
