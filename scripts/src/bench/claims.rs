//! Miners' claims beside Uniswap's MerkleDistributor, by proofs of the same depth.

use abi::{CorToken, MinerPool, MinerRewards};
use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolValue, sol};
use anyhow::{Result, ensure};
use economics::merkle::leaf;

use super::{
    cost::Cost,
    lab::{Lab, cor},
    row::{Goal, Peer, Row},
};
use crate::people::Person::{Ada, Ben, Cleo, Treasury};

sol! {
    /// Uniswap's: each account of its tree has an index, and claims once.
    interface MerkleDistributor {
        function claim(uint256 index, address account, uint256 amount, bytes32[] merkleProof) external;
    }
}

const PEER: &str = "Uniswap MerkleDistributor 1.0.1";
const PEER_IN_USE: &str = "MerkleDistributor, neighbour claimed";

/// Siblings on the way to the root, for each of two miners.
const DEPTHS: [usize; 2] = [10, 20];
const MINERS: [Address; 2] =
    [address!("0x00000000000000000000000000000000000a1110"), address!("0x00000000000000000000000000000000000a1120")];

/// What a miner has earned in all by the time of each claim, and the goal for that claim.
const CLAIMS: [(&str, u128, Goal); 3] =
    [("first", 5, Goal::OfPeer(110)), ("second", 9, Goal::OfPeer(85)), ("third", 11, Goal::OfPeer(85))];

/// Three claims of two miners, each in an epoch of its own, beside one of the peer's; then the third once more, beside a claim
/// that finds a neighbour's bit in its word.
pub(super) async fn rows(lab: &mut Lab) -> Result<Vec<Row>> {
    let mut ours = ours(lab).await?.into_iter();
    let (mut rows, mut typical) = (Vec::new(), Vec::new());
    for (depth, miner) in DEPTHS.into_iter().zip(MINERS) {
        let peer = |name: &str, cost: Cost| Some(Peer { name: name.into(), gas: cost.cached });
        let first = peer(PEER, theirs(lab, depth, miner, Word::Empty).await?);
        for ((name, _, goal), ours) in CLAIMS.into_iter().zip(ours.by_ref()) {
            let operation = format!("a miner's {name} claim, depth {depth}");
            rows.push(Row { operation, ours, peer: first.clone(), goal: Some(goal) });
        }
        let later = peer(PEER_IN_USE, theirs(lab, depth, miner, Word::InUse).await?);
        typical.extend(rows.last().map(|row| Row { peer: later, goal: None, ..row.clone() }));
    }
    rows.extend(typical);
    Ok(rows)
}

/// Ours, in the order of [`rows`]; the miners hold the token already.
pub(super) async fn ours(lab: &mut Lab) -> Result<Vec<Cost>> {
    for miner in MINERS {
        lab.tell(Treasury, lab.system.token, &CorToken::transferCall { to: miner, value: U256::ONE }).await?;
    }
    let attesters = [Ada, Ben, Cleo].map(|who| lab.address(who)).to_vec();
    let (rewards, pool) = (lab.network.rewards, lab.network.pool);
    lab.tell(Treasury, rewards, &MinerRewards::setAttestersCall { attesters, quorum: U256::from(2) }).await?;
    let mut ours: [Vec<Cost>; 2] = Default::default();
    for (_, earned, _) in CLAIMS {
        let epoch = lab.next_epoch().await? - 1;
        let parameters = lab.system.parameters;
        let due = lab.system.genesis + (epoch + 1) * parameters.epoch_length + parameters.epoch_length / 7;
        lab.until(due)?;
        lab.tell(Ada, pool, &MinerPool::closeCall { max: U256::from(100) }).await?;
        let (root, proofs) = tree(cor(earned));
        let vote = MinerRewards::voteCall {
            epoch: U256::from(epoch),
            root,
            cumulativeTotal: cor(2 * earned),
            dataHash: B256::ZERO,
            uri: String::new(),
        };
        for attester in [Ada, Ben] {
            lab.tell(attester, rewards, &vote).await?;
        }
        let window = lab.chain.view(rewards, &MinerRewards::windowCall {}).await?;
        let ready = lab.chain.next_second()? + window.to::<u64>();
        lab.until(ready)?;
        lab.tell(Ada, rewards, &MinerRewards::activateCall {}).await?;
        for ((miner, proof), costs) in MINERS.into_iter().zip(proofs).zip(&mut ours) {
            costs.push(lab.measure(Ada, rewards, &MinerRewards::claimCall { miner, amount: cor(earned), proof }).await?);
        }
    }
    Ok(ours.into_iter().flatten().collect())
}

/// Any siblings.
fn siblings(count: usize) -> Vec<B256> {
    (0..count).map(|level| keccak256(level.to_be_bytes())).collect()
}

/// One step towards the root, as OpenZeppelin's trees have it.
fn pair(one: B256, two: B256) -> B256 {
    let (low, high) = if one < two { (one, two) } else { (two, one) };
    keccak256([low.0, high.0].concat())
}

/// A root under which both miners have earned so much, each at its own depth: their paths meet below it.
fn tree(amount: U256) -> (B256, [Vec<B256>; 2]) {
    let path = |depth: usize, miner| {
        let siblings = siblings(depth - 1);
        let node = siblings.iter().fold(leaf(miner, amount, |bytes| keccak256(bytes)), |node, sibling| pair(node, *sibling));
        (siblings, node)
    };
    let [(mut one, left), (mut two, right)] = [path(DEPTHS[0], MINERS[0]), path(DEPTHS[1], MINERS[1])];
    one.push(right);
    two.push(left);
    (pair(left, right), [one, two])
}

/// The word of 256 bits in which the peer notes who has claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Nobody has whose bit is in it: like a miner's first claim, this one writes where nothing was.
    Empty,
    /// Somebody has.
    InUse,
}

async fn theirs(lab: &mut Lab, depth: usize, account: Address, word: Word) -> Result<Cost> {
    // Another index makes another root, so another distributor.
    let (index, amount) = (U256::from(u8::from(word == Word::InUse)), cor(5));
    let proof = siblings(depth);
    let leaf = keccak256((index, account, amount).abi_encode_packed());
    let root = proof.iter().fold(leaf, |node, sibling| pair(node, *sibling));
    let code = lab.packages.creation("merkle-distributor", "build/MerkleDistributor.json")?;
    let distributor = lab.create(&code, &(lab.oz4, root).abi_encode_params()).await?;
    if word == Word::InUse {
        // Its words are in slot 0, by number.
        let slot = keccak256([B256::ZERO, B256::ZERO].concat());
        lab.chain.set_storage(distributor, slot.into(), U256::ONE << 255).await?;
    }
    for (to, value) in [(distributor, cor(100)), (account, U256::ONE)] {
        lab.tell(Treasury, lab.oz4, &CorToken::transferCall { to, value }).await?;
    }
    let before = lab.chain.view(lab.oz4, &CorToken::balanceOfCall { account }).await?;
    let claim = MerkleDistributor::claimCall { index, account, amount, merkleProof: proof };
    let cost = lab.measure(Ada, distributor, &claim).await?;
    let after = lab.chain.view(lab.oz4, &CorToken::balanceOfCall { account }).await?;
    ensure!(after - before == amount, "the peer's claim paid {} wei, not {amount}", after - before);
    Ok(cost)
}
