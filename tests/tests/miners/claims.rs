//! Claims: what is paid, to whom, once.

use abi::{CorToken, MinerPool, MinerRewards, Staking};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolCall;
use economics::merkle::{Tree, leaf};

use crate::{
    roots::{attested, attester},
    world::{ADA, BEN, DAY, World, cor},
};

/// Cumulative amounts as a tree, each with its proof.
#[derive(Clone)]
pub(crate) struct Book {
    rows: Vec<(Address, U256)>,
    tree: Tree,
}

impl Book {
    pub(crate) fn of(rows: &[(Address, U256)]) -> Self {
        let leaves: Vec<B256> = rows.iter().map(|(miner, amount)| leaf(*miner, *amount, keccak)).collect();
        Self { rows: rows.to_vec(), tree: Tree::of(&leaves).expect("a tree of at least one leaf") }
    }

    pub(crate) fn total(&self) -> U256 {
        self.rows.iter().fold(U256::ZERO, |sum, row| sum + row.1)
    }

    pub(crate) fn claim(&self, index: usize) -> MinerRewards::Claim {
        let (miner, amount) = self.rows[index];
        MinerRewards::Claim { miner, amount, proof: self.tree.proof(index).expect("a leaf of the tree") }
    }

    /// A vote for its root, with its whole as the total.
    pub(crate) fn vote(&self, epoch: u64) -> MinerRewards::voteCall {
        MinerRewards::voteCall {
            epoch: U256::from(epoch),
            root: self.tree.root(),
            cumulativeTotal: self.total(),
            dataHash: B256::ZERO,
            uri: String::new(),
        }
    }

    pub(crate) fn call(&self, index: usize) -> MinerRewards::claimCall {
        let MinerRewards::Claim { miner, amount, proof } = self.claim(index);
        MinerRewards::claimCall { miner, amount, proof }
    }
}

fn keccak(bytes: &[u8]) -> B256 {
    keccak256(bytes)
}

pub(crate) fn miner(number: u8) -> Address {
    Address::with_last_byte(0x40 + number)
}

/// Has three attesters vote for a book.
fn put_up(world: &mut World, epoch: u64, book: &Book) {
    for number in 0..3 {
        world.ok(attester(number), world.rewards, &book.vote(epoch));
    }
}

pub(crate) fn activate(world: &mut World, epoch: u64, book: &Book) {
    put_up(world, epoch, book);
    world.pass(3 * DAY);
    assert!(world.ok(ADA, world.rewards, &MinerRewards::activateCall {}));
}

#[test]
fn c02_one_claim_takes_all_that_was_missed_and_old_proofs_die() {
    let mut world = attested();
    let rewards = world.rewards;
    let first = Book::of(&[(miner(0), cor(10)), (miner(1), cor(4)), (miner(2), cor(1))]);
    activate(&mut world, 1, &first);
    assert_eq!(world.ok(BEN, rewards, &first.call(1)), cor(4));
    let again: MinerRewards::NothingToClaim = world.refused(miner(1), rewards, &first.call(1));
    assert_eq!(again.claimed, cor(4));

    world.until_due(2);
    world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE });
    let second = Book::of(&[(miner(0), cor(15)), (miner(1), cor(3)), (miner(2), cor(9))]);
    put_up(&mut world, 2, &second);
    let early: MinerRewards::RootNotActive = world.refused(miner(0), rewards, &second.call(0));
    assert_eq!(early.readyAt, U256::from(world.block.timestamp + 3 * DAY));
    assert_eq!(world.ok(ADA, rewards, &first.call(2)), cor(1), "the active root serves meanwhile");
    world.pass(3 * DAY);
    world.ok(ADA, rewards, &MinerRewards::activateCall {});
    let _: MinerRewards::InvalidProof = world.refused(miner(0), rewards, &first.call(0));
    assert_eq!(world.ok(ADA, rewards, &second.call(0)), cor(15));
    assert_eq!(world.balance(miner(0)), cor(15));

    // C01: a root that lowers what a miner got already.
    let lower: MinerRewards::BelowClaimed = world.refused(miner(1), rewards, &second.call(1));
    assert_eq!((lower.amount, lower.claimed), (cor(3), cor(4)));
    let MinerRewards::Claim { miner, amount, proof } = second.claim(1);
    let claimable = world.view(rewards, &MinerRewards::claimableCall { miner, amount, proof });
    assert_eq!((claimable.status as u8, claimable.due), (MinerRewards::ClaimStatus::BelowClaimed as u8, U256::ZERO));
    world.assert_solvent();
}

#[test]
fn a_batch_pays_what_it_can_and_says_why_not_the_rest() {
    let mut world = attested();
    let book = Book::of(&(0..9).map(|number| (miner(number), cor(1 + u128::from(number)))).collect::<Vec<_>>());
    activate(&mut world, 1, &book);
    let mut forged = book.claim(3);
    forged.amount += U256::ONE;
    let claims = vec![book.claim(0), forged, book.claim(1), book.claim(0), book.claim(8)];
    let results = world.ok(BEN, world.rewards, &MinerRewards::claimManyCall { claims });
    let told: Vec<_> = results.iter().map(|result| (result.status as u8, result.paid)).collect();
    use MinerRewards::ClaimStatus::{InvalidProof, NothingDue, Paid};
    let expected = [(Paid, cor(1)), (InvalidProof, U256::ZERO), (Paid, cor(2)), (NothingDue, U256::ZERO), (Paid, cor(9))];
    assert_eq!(told, expected.map(|(status, paid)| (status as u8, paid)));
    assert_eq!(world.view(world.rewards, &MinerRewards::totalsCall {}).paid, cor(12));
    world.assert_solvent();
}

/// The gas bounds how long a call is, and the answer how many claims there are: as many miners as are paid at once, at the
/// depth of a million.
#[test]
fn a_batch_of_a_hundred_at_depth_twenty_is_paid_and_one_more_claim_is_refused_with_the_limit() {
    let mut world = attested();
    let rows: Vec<_> = (0..100u8).map(|number| (miner(number), cor(1))).collect();
    let book = Book::of(&rows);
    // The tree of the hundred is one branch of a deeper one: thirteen more siblings each.
    let above: Vec<B256> = (0..13).map(|level| B256::repeat_byte(0x80 + level)).collect();
    let root = above.iter().fold(book.tree.root(), |node, sibling| {
        let (low, high) = if node < *sibling { (node, *sibling) } else { (*sibling, node) };
        keccak256([low.0, high.0].concat())
    });
    for number in 0..3 {
        let vote = MinerRewards::voteCall {
            epoch: U256::ONE,
            root,
            cumulativeTotal: book.total(),
            dataHash: B256::ZERO,
            uri: String::new(),
        };
        world.ok(attester(number), world.rewards, &vote);
    }
    world.pass(3 * DAY);
    world.ok(ADA, world.rewards, &MinerRewards::activateCall {});
    let deep = |index| {
        let mut claim = book.claim(index);
        claim.proof.extend(&above);
        claim
    };
    let mut claims: Vec<_> = (0..100).map(deep).collect();
    assert!(claims.iter().all(|claim| claim.proof.len() >= 19));
    claims.push(deep(0));
    let call = MinerRewards::claimManyCall { claims };
    let long: MinerRewards::BatchTooLong = world.refused(BEN, world.rewards, &call);
    assert_eq!((long.length, long.maximum), (U256::from(101), U256::from(100)));
    let call = MinerRewards::claimManyCall { claims: call.claims[..100].to_vec() };
    let length = call.abi_encoded_size();
    let results = world.ok(BEN, world.rewards, &call);
    println!("a hundred claims at depth twenty: {length} bytes, {} gas", world.gas);
    assert!(results.iter().all(|result| matches!(result.status, MinerRewards::ClaimStatus::Paid) && result.paid == cor(1)));
    assert_eq!(world.view(world.rewards, &MinerRewards::totalsCall {}).paid, cor(100));
    world.assert_solvent();
}

/// A text that is too long is refused with the limit, not without a word.
#[test]
fn a_uri_of_any_length_is_refused_with_the_limit() {
    let mut world = attested();
    for length in [513, 20_000, 90_000] {
        let vote = MinerRewards::voteCall { uri: "u".repeat(length), ..crate::roots::vote(1, 1, U256::from(7)) };
        let long: MinerRewards::UriTooLong = world.refused(attester(0), world.rewards, &vote);
        assert_eq!((long.length, long.maximum), (U256::from(length), U256::from(512)));
        let register = abi::AgentStore::registerCall {
            signer: BEN,
            feeCap: U256::ZERO,
            category: B256::ZERO,
            contentHash: B256::ZERO,
            uri: "u".repeat(length),
        };
        let long: abi::AgentStore::UriTooLong = world.refused(BEN, world.store, &register);
        assert_eq!(long.length, U256::from(length));
    }
}

#[test]
fn no_proof_can_be_forged() {
    let mut world = attested();
    let rewards = world.rewards;
    let book = Book::of(&(0..4).map(|number| (miner(number), cor(5))).collect::<Vec<_>>());
    let nothing: MinerRewards::InvalidProof = world.refused(ADA, rewards, &book.call(0));
    assert_eq!(nothing.miner, miner(0), "before the first root nothing is proved");
    activate(&mut world, 1, &book);
    let good = book.call(0);
    let sibling = [good.proof.clone(), vec![B256::ZERO]].concat();
    let endless = vec![B256::ZERO; 40];
    for proof in [vec![], good.proof[1..].to_vec(), sibling, endless] {
        let _: MinerRewards::InvalidProof = world.refused(ADA, rewards, &MinerRewards::claimCall { proof, ..good.clone() });
    }
    let _: MinerRewards::InvalidProof = world.refused(ADA, rewards, &MinerRewards::claimCall { miner: ADA, ..good.clone() });
    assert_eq!(world.ok(ADA, rewards, &good), cor(5));
}

#[test]
fn what_a_root_pays_never_exceeds_its_total() {
    let mut world = attested();
    let rewards = world.rewards;
    let book = Book::of(&[(miner(0), cor(5)), (miner(1), cor(5))]);
    for number in 0..3 {
        let root = book.tree.root();
        let vote =
            MinerRewards::voteCall { epoch: U256::ONE, root, cumulativeTotal: cor(9), dataHash: B256::ZERO, uri: String::new() };
        world.ok(attester(number), rewards, &vote);
    }
    world.pass(3 * DAY);
    world.ok(ADA, rewards, &MinerRewards::activateCall {});
    world.ok(ADA, rewards, &book.call(0));
    let exceeded: MinerRewards::TotalExceeded = world.refused(ADA, rewards, &book.call(1));
    assert_eq!((exceeded.paid, exceeded.cumulativeTotal), (cor(10), cor(9)));
}

#[test]
fn c12_a_payout_address_is_named_and_accepts_and_then_it_alone_decides() {
    let mut world = attested();
    let rewards = world.rewards;
    let book = Book::of(&[(miner(0), cor(5)), (miner(1), cor(5))]);
    activate(&mut world, 1, &book);
    let name = |payout| MinerRewards::namePayoutCall { miner: miner(0), payout };
    let accept = MinerRewards::acceptPayoutCall { miner: miner(0) };
    let _: MinerRewards::NotPayout = world.refused(ADA, rewards, &name(ADA));
    world.ok(miner(0), rewards, &name(BEN));
    let _: MinerRewards::PayoutNotNamed = world.refused(ADA, rewards, &accept);
    assert_eq!(world.view(rewards, &MinerRewards::payoutOfCall { miner: miner(0) }), miner(0));
    world.ok(BEN, rewards, &accept);
    let _: MinerRewards::NotPayout = world.refused(miner(0), rewards, &name(miner(0)));
    let before = world.balance(BEN);
    world.ok(ADA, rewards, &book.call(0));
    assert_eq!(
        (world.balance(BEN), world.balance(miner(0)), world.balance(ADA)),
        (before + cor(5), U256::ZERO, world.balance(ADA))
    );
    assert_eq!(world.view(rewards, &MinerRewards::claimedCall { miner: miner(0) }), cor(5));
}

#[test]
fn a_claim_can_be_staked_by_whom_it_is_paid_to_even_while_staking_is_paused() {
    let mut world = attested();
    let rewards = world.rewards;
    let book = Book::of(&[(miner(0), cor(5)), (miner(1), cor(5))]);
    activate(&mut world, 1, &book);
    world.ok(crate::world::GUARDIAN, world.staking, &Staking::pauseCall {});
    let MinerRewards::Claim { miner: account, amount, proof } = book.claim(0);
    let stake = MinerRewards::claimAndStakeCall { miner: account, amount, proof };
    let _: MinerRewards::NotPayout = world.refused(ADA, rewards, &stake);
    assert_eq!(world.ok(account, rewards, &stake), cor(5));
    assert_eq!(world.view(world.staking, &Staking::stakeOfCall { account }), cor(5));
    let _: MinerRewards::NothingToClaim = world.refused(account, rewards, &stake);
    world.assert_solvent();
}

#[test]
fn only_the_pool_adds_budgets_and_wiring_happens_once() {
    let mut world = attested();
    let add = MinerRewards::addBudgetCall { epoch: U256::from(2), emission: cor(1), fees: U256::ZERO };
    let _: MinerRewards::NotMinerPool = world.refused(ADA, world.rewards, &add);
    let _: MinerRewards::AlreadyWired =
        world.refused(crate::world::OWNER, world.rewards, &MinerRewards::wireCall { minerPool: world.pool });
}

/// A first claim costs at most 1.10 times Uniswap's MerkleDistributor (70,985 gas at depth 10, 79,232 at depth 20), a later one
/// 0.85 times, for a miner that holds COR: the programs cached, posting to the parent chain apart.
#[test]
fn claims_cost_what_they_may() {
    for (depth, peer) in [(10, 70_985), (20, 79_232)] {
        let mut world = attested();
        world.cache();
        let rewards = world.rewards;
        world.ok(ADA, world.token, &CorToken::transferCall { to: miner(0), value: U256::ONE });
        let mut spent = Vec::new();
        for (epoch, amount) in [(1, cor(5)), (2, cor(9)), (3, cor(11))] {
            let proof: Vec<B256> = (0..depth).map(B256::repeat_byte).collect();
            let root = proof.iter().fold(leaf(miner(0), amount, keccak), |node, sibling| {
                let (low, high) = if node < *sibling { (node, *sibling) } else { (*sibling, node) };
                keccak256([low.0, high.0].concat())
            });
            for number in 0..3 {
                let vote = MinerRewards::voteCall {
                    epoch: U256::from(epoch),
                    root,
                    cumulativeTotal: cor(100 * epoch),
                    dataHash: B256::ZERO,
                    uri: String::new(),
                };
                world.ok(attester(number), rewards, &vote);
            }
            world.pass(3 * DAY);
            world.ok(ADA, rewards, &MinerRewards::activateCall {});
            world.pass(1);
            world.ok(ADA, rewards, &MinerRewards::claimCall { miner: miner(0), amount, proof });
            spent.push(world.gas);
            world.until_due(epoch as u64 + 1);
            world.ok(ADA, world.pool, &MinerPool::closeCall { max: U256::ONE });
        }
        println!("depth {depth}: {spent:?}, the peer {peer}");
        assert!(spent[0] * 100 <= peer * 110, "the first at depth {depth}: {} of {peer}", spent[0]);
        assert!(spent[1..].iter().all(|gas| gas * 100 <= peer * 85), "later ones at depth {depth}: {:?} of {peer}", &spent[1..]);
    }
}
