//! What people ran into with claims, attesters and trees elsewhere, by the numbers under which it is kept; and arguments at the
//! ends of their ranges.

use abi::{AgentStore, AppFees, MinerPool, MinerRewards};
use alloy::json_abi::{Function, JsonAbi, StateMutability};
use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_sol_types::SolInterface;

use crate::{
    claims::{Book, activate, miner},
    roots::{attested, attester, propose, vote},
    world::{ADA, BEN, DAY, GUARDIAN, OWNER, World, cor},
};

fn votes(world: &World, call: &MinerRewards::voteCall) -> U256 {
    let MinerRewards::voteCall { epoch, root, cumulativeTotal, dataHash, .. } = call.clone();
    world.view(world.rewards, &MinerRewards::votesCall { epoch, root, cumulativeTotal, dataHash })
}

fn name(world: &mut World, numbers: impl IntoIterator<Item = u8>, quorum: u64) {
    let attesters = numbers.into_iter().map(attester).collect();
    world.ok(OWNER, world.rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(quorum) });
    world.pass(DAY);
}

fn next_epoch(world: &mut World, epoch: u64) {
    world.until_due(epoch);
    world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE });
}

#[test]
fn c01_a_root_that_lowers_a_total_is_a_typed_error_and_a_higher_one_pays_the_difference() {
    let mut world = attested();
    let rewards = world.rewards;
    let of = |amount| Book::of(&[(miner(1), cor(amount)), (miner(2), cor(20 - amount))]);
    let (four, three, six) = (of(4), of(3), of(6));
    activate(&mut world, 1, &four);
    assert_eq!(world.ok(ADA, rewards, &four.call(0)), cor(4));
    next_epoch(&mut world, 2);
    activate(&mut world, 2, &three);
    let told: MinerRewards::BelowClaimed = world.refused(ADA, rewards, &three.call(0));
    assert_eq!((told.amount, told.claimed), (cor(3), cor(4)));
    let MinerRewards::Claim { miner: account, amount, proof } = three.claim(0);
    let seen = world.view(rewards, &MinerRewards::claimableCall { miner: account, amount, proof });
    assert_eq!(seen.due, U256::ZERO);
    assert_eq!(world.view(rewards, &MinerRewards::claimedCall { miner: account }), cor(4));
    next_epoch(&mut world, 3);
    activate(&mut world, 3, &six);
    assert_eq!(world.ok(ADA, rewards, &six.call(0)), cor(2));
    assert_eq!(world.balance(miner(1)), cor(6));
}

#[test]
fn c04_a_root_in_its_window_says_since_when_it_will_hold() {
    let mut world = attested();
    let rewards = world.rewards;
    let first = Book::of(&[(miner(1), cor(4)), (miner(2), cor(1))]);
    activate(&mut world, 1, &first);
    next_epoch(&mut world, 2);
    let second = Book::of(&[(miner(1), cor(9)), (miner(2), cor(1))]);
    for number in 0..3 {
        world.ok(attester(number), rewards, &second.vote(2));
    }
    let ready = world.block.timestamp + 3 * DAY;
    let early: MinerRewards::RootNotActive = world.refused(ADA, rewards, &second.call(0));
    assert_eq!(early.readyAt, U256::from(ready));
    assert_eq!(world.ok(ADA, rewards, &first.call(0)), cor(4));
    world.pass(3 * DAY);
    // It is due, but not active before somebody says so.
    let _: MinerRewards::RootNotActive = world.refused(ADA, rewards, &second.call(0));
    world.ok(ADA, rewards, &MinerRewards::activateCall {});
    assert_eq!(world.ok(ADA, rewards, &second.call(0)), cor(5));
}

#[test]
fn c06_no_attester_counts_twice_and_no_quorum_is_out_of_reach() {
    let mut world = attested();
    let rewards = world.rewards;
    let set = |numbers: &[u8], quorum| MinerRewards::setAttestersCall {
        attesters: numbers.iter().map(|number| attester(*number)).collect(),
        quorum: U256::from(quorum),
    };
    let twice: MinerRewards::InvalidAttester = world.refused(OWNER, rewards, &set(&[0, 0, 1], 2));
    assert_eq!(twice.attester, attester(0));
    for (numbers, quorum) in [(&[0, 1, 2][..], 0), (&[0, 1, 2], 4), (&[0, 1, 2], 1)] {
        let _: MinerRewards::QuorumOutOfBounds = world.refused(OWNER, rewards, &set(numbers, quorum));
    }
    let ballot = vote(1, 1, U256::from(7));
    for _ in 0..3 {
        world.ok(attester(0), rewards, &ballot);
    }
    assert_eq!(votes(&world, &ballot), U256::ONE);
    world.ok(attester(1), rewards, &ballot);
    let few: MinerRewards::NoQuorum = world.refused(ADA, rewards, &propose(&ballot));
    assert_eq!((few.votes, few.quorum), (U256::from(2), U256::from(3)));
}

#[test]
fn c07_who_is_removed_counts_no_more_and_coming_back_brings_no_vote_back() {
    let mut world = attested();
    let rewards = world.rewards;
    name(&mut world, 0..3, 3);
    let short = MinerRewards::setAttestersCall { attesters: (0..2).map(attester).collect(), quorum: U256::from(3) };
    let _: MinerRewards::QuorumOutOfBounds = world.refused(OWNER, rewards, &short);
    let ballot = vote(1, 1, U256::from(7));
    for number in [0, 2] {
        world.ok(attester(number), rewards, &ballot);
    }
    assert_eq!(votes(&world, &ballot), U256::from(2));
    name(&mut world, 0..2, 2);
    assert_eq!(votes(&world, &ballot), U256::ONE);
    let _: MinerRewards::NotAttester = world.refused(attester(2), rewards, &ballot);
    name(&mut world, 0..3, 2);
    assert_eq!(votes(&world, &ballot), U256::ONE);
    let _: MinerRewards::NoQuorum = world.refused(ADA, rewards, &propose(&ballot));
    // A smaller quorum is asked for what today's attesters say, and the one who came back may say it again.
    world.ok(attester(2), rewards, &ballot);
    assert_eq!(votes(&world, &ballot), U256::from(2));
    assert_eq!(world.view(rewards, &MinerRewards::pendingRootCall {}).root, ballot.root);
}

/// A vote is a transaction, and there is no signature that could be carried elsewhere. It counts for its epoch, root, total, data,
/// contract and set of attesters.
#[test]
fn c09_a_vote_counts_for_what_it_was_cast_for_only() {
    let mut world = attested();
    next_epoch(&mut world, 2);
    let rewards = world.rewards;
    let ballot = vote(1, 1, U256::from(7));
    for number in 0..2 {
        world.ok(attester(number), rewards, &ballot);
    }
    let others = [
        MinerRewards::voteCall { epoch: U256::from(2), ..ballot.clone() },
        MinerRewards::voteCall { root: B256::repeat_byte(2), ..ballot.clone() },
        MinerRewards::voteCall { cumulativeTotal: U256::from(8), ..ballot.clone() },
        MinerRewards::voteCall { dataHash: B256::ZERO, ..ballot.clone() },
    ];
    assert_eq!(votes(&world, &ballot), U256::from(2));
    for other in &others {
        assert_eq!(votes(&world, other), U256::ZERO);
        // A third vote for something else makes no quorum with two for this.
        let mut world = world.clone();
        world.ok(attester(2), rewards, other);
        assert_eq!(world.view(rewards, &MinerRewards::pendingRootCall {}).readyAt, U256::ZERO);
    }
    // A proof by the root of one contract is none at the next set's.
    let book = Book::of(&[(miner(1), cor(4)), (miner(2), cor(1))]);
    activate(&mut world, 2, &book);
    world.deploy_set(U256::ZERO, U256::ZERO);
    assert_ne!(world.rewards, rewards);
    let _: MinerRewards::InvalidProof = world.refused(ADA, world.rewards, &book.call(0));
    name(&mut world, 3..8, 3);
    assert_eq!(votes(&world, &ballot), U256::ZERO);
}

#[test]
fn c14_rows_in_any_order_are_one_root_and_every_proof_of_either_holds() {
    let mut world = attested();
    let rows: Vec<_> = (1..9).map(|number| (miner(number), cor(number.into()))).collect();
    let backwards: Vec<_> = rows.iter().rev().copied().collect();
    let (book, other) = (Book::of(&rows), Book::of(&backwards));
    assert_eq!(book.vote(1).root, other.vote(1).root);
    activate(&mut world, 1, &book);
    for index in 0..8 {
        let claim = if index % 2 == 0 { book.call(index) } else { other.call(7 - index) };
        assert_eq!(world.ok(ADA, world.rewards, &claim), claim.amount);
    }
}

/// A leaf that ethers 6 and OpenZeppelin's package made, of an amount that 64 bits do not hold, is a leaf here.
#[test]
fn c17_an_amount_beyond_64_bits_has_the_leaf_that_javascript_gives_it() {
    let mut world = attested();
    let rewards = world.rewards;
    let amount = U256::from((1u128 << 64) + 1);
    let root = b256!("0x651e6e53bb60ce9b3c36e464394f7ac5badb4c99c9b4505a4426864bac7685d8");
    for number in 0..3 {
        let ballot = MinerRewards::voteCall { root, cumulativeTotal: amount, ..vote(1, 1, U256::ZERO) };
        world.ok(attester(number), rewards, &ballot);
    }
    world.pass(3 * DAY);
    world.ok(ADA, rewards, &MinerRewards::activateCall {});
    let miner = Address::with_last_byte(1);
    assert_eq!(world.ok(ADA, rewards, &MinerRewards::claimCall { miner, amount, proof: vec![] }), amount);
}

/// Two total an epoch: a later root that allows less, one wei beyond the budgets, and an older root's proof.
#[test]
fn root_overspend_is_refused_to_the_wei_and_totals_never_fall() {
    let mut world = attested();
    let rewards = world.rewards;
    let book = Book::of(&[(miner(1), cor(4)), (miner(2), cor(1))]);
    activate(&mut world, 1, &book);
    next_epoch(&mut world, 2);
    let budget = world.view(rewards, &MinerRewards::budgetThroughCall { epoch: U256::from(2) });
    let lower: MinerRewards::TotalBelowActive = world.refused(attester(0), rewards, &vote(2, 1, cor(5) - U256::ONE));
    assert_eq!(lower.active, cor(5));
    let above: MinerRewards::TotalAboveBudget = world.refused(attester(0), rewards, &vote(2, 1, budget + U256::ONE));
    assert_eq!(above.budget, budget);
    world.ok(attester(0), rewards, &vote(2, 1, cor(5)));
    world.ok(attester(0), rewards, &vote(2, 1, budget));
}

#[test]
fn double_claim_by_an_older_or_newer_root_or_another_payout_address_pays_once() {
    let mut world = attested();
    let rewards = world.rewards;
    let first = Book::of(&[(miner(1), cor(4)), (miner(2), cor(1))]);
    activate(&mut world, 1, &first);
    let before = world.balance(BEN);
    world.ok(ADA, rewards, &first.call(0));
    // Where it is paid changes; what was paid does not.
    world.ok(miner(1), rewards, &MinerRewards::namePayoutCall { miner: miner(1), payout: BEN });
    world.ok(BEN, rewards, &MinerRewards::acceptPayoutCall { miner: miner(1) });
    let _: MinerRewards::NothingToClaim = world.refused(ADA, rewards, &first.call(0));
    next_epoch(&mut world, 2);
    let second = Book::of(&[(miner(1), cor(4)), (miner(2), cor(2))]);
    activate(&mut world, 2, &second);
    let _: MinerRewards::NothingToClaim = world.refused(ADA, rewards, &second.call(0));
    let _: MinerRewards::InvalidProof = world.refused(ADA, rewards, &first.call(1));
    assert_eq!((world.balance(miner(1)), world.balance(BEN)), (cor(4), before));
}

/// D14: no deployment gives people less time than was promised to them.
#[test]
fn d14_a_grace_or_a_window_too_short_is_refused_at_construction() {
    let mut world = World::new();
    let (staking, board) = (world.staking, world.fees);
    for grace in [0, 59, 7 * DAY + 1] {
        let terms = AppFees::constructorCall { grace, ..World::fee_terms(staking, board) };
        let refused: AppFees::GraceOutOfBounds = world.refuses_to_deploy("app-fees", &terms);
        assert_eq!((refused.minimum, refused.maximum), (U256::from(60), U256::from(7 * DAY)));
    }
    for (delay, window) in [(59, 3 * DAY), (DAY, 2 * DAY - 1), (DAY, 7 * DAY + 1)] {
        let terms = MinerRewards::constructorCall { owner: OWNER, guardian: GUARDIAN, staking, delay, window };
        world.try_deploy("miner-rewards", &terms).expect_err("the bounds");
    }
}

/// The arguments of a function, all zeros or all of whose bits are set as far as their type allows. None where one has no
/// fixed length.
fn extreme(function: &Function, full: bool) -> Option<Bytes> {
    let mut input = function.selector().to_vec();
    for parameter in &function.inputs {
        let bytes = match parameter.ty.as_str() {
            "address" => 20,
            "bool" => 0,
            "uint256" | "bytes32" => 32,
            "uint8" => 1,
            "uint64" => 8,
            _ => return None,
        };
        let mut word = [0; 32];
        word[32 - bytes..].fill(if full { 0xff } else { 0 });
        input.extend(word);
    }
    Some(input.into())
}

/// Tries them all, by everybody who may do something; how many were refused.
fn extremes<E: SolInterface>(world: &World, contract: Address, abi: &JsonAbi) -> usize {
    let changes = |mutability| !matches!(mutability, StateMutability::View | StateMutability::Pure);
    let mut refused = 0;
    for function in abi.functions().filter(|function| changes(function.state_mutability)) {
        for full in [false, true] {
            let Some(input) = extreme(function, full) else { continue };
            for from in [OWNER, GUARDIAN, BEN, world.pool, world.store, world.fees, attester(0)] {
                // An empty revert fails inside.
                if let Err(data) = world.clone().send_bytes(from, contract, input.clone()) {
                    assert!(E::abi_decode(&data).is_ok(), "{} of {from} was refused with {data}", function.name);
                    refused += 1;
                }
            }
        }
    }
    refused
}

#[test]
fn arguments_at_the_ends_of_their_ranges_are_answered_or_refused_by_name() {
    let mut world = attested();
    let app = world.app();
    world.ok(BEN, world.fees, &AppFees::topUpCall { appId: app, amount: cor(5) });
    let World { fees, store, rewards, pool, .. } = world;
    let refused = extremes::<AppFees::AppFeesErrors>(&world, fees, &AppFees::abi::contract())
        + extremes::<AgentStore::AgentStoreErrors>(&world, store, &AgentStore::abi::contract())
        + extremes::<MinerRewards::MinerRewardsErrors>(&world, rewards, &MinerRewards::abi::contract())
        + extremes::<MinerPool::MinerPoolErrors>(&world, pool, &MinerPool::abi::contract());
    println!("{refused} calls with arguments of nothing or all ones are refused, each by an error of the ABI");
    assert!(refused > 100);
}
