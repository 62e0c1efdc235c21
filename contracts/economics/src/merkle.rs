//! Merkle trees of `(address, uint256)` leaves, exactly as OpenZeppelin's `StandardMerkleTree` builds them.
//!
//! A leaf is `keccak(keccak(abi.encode(address, uint256)))`: hashed twice, for its encoding has the 64 bytes of a pair of
//! nodes, and an inner node must never pass for a leaf. A pair is hashed in ascending order, so a proof needs no
//! directions. A [`Tree`] of n leaves is an array of 2n - 1 nodes: the root first, node i's children at 2i + 1 and
//! 2i + 2, the leaves, sorted by hash, at the end and backwards. Nothing is padded.
//!
//! Contracts verify with the host's keccak, everything else with [`keccak`]: hence the hash function as an argument.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};

/// The longest proof that [`verify`] reads: enough for 2^32 leaves, and a bound on what a claim can cost.
pub const MAX_PROOF: usize = 32;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// Zero is what an unset root reads as; nothing is in its tree.
    ZeroRoot,
    /// The proof has more than [`MAX_PROOF`] nodes.
    TooLong,
    /// The proof leads from the leaf to this node, which is not the root.
    NotInTree(B256),
}

/// Keccak-256 as this crate computes it, for whoever has no host that does it faster.
pub fn keccak(bytes: &[u8]) -> B256 {
    alloy_primitives::keccak256(bytes)
}

/// The leaf of `account` and `amount`.
pub fn leaf(account: Address, amount: U256, keccak: impl Fn(&[u8]) -> B256) -> B256 {
    let mut encoded = [0; 64];
    encoded[12..32].copy_from_slice(account.as_slice());
    encoded[32..].copy_from_slice(&amount.to_be_bytes::<32>());
    keccak(keccak(&encoded).as_slice())
}

/// Whether `leaf` is in the tree of `root`, by the siblings on its way up.
pub fn verify(
    root: B256,
    leaf: B256,
    proof: impl IntoIterator<Item = B256>,
    keccak: impl Fn(&[u8]) -> B256,
) -> Result<(), ProofError> {
    if root.is_zero() {
        return Err(ProofError::ZeroRoot);
    }
    let mut node = leaf;
    for (depth, sibling) in proof.into_iter().enumerate() {
        if depth == MAX_PROOF {
            return Err(ProofError::TooLong);
        }
        node = parent(node, sibling, &keccak);
    }
    if node == root { Ok(()) } else { Err(ProofError::NotInTree(node)) }
}

fn parent(a: B256, b: B256, keccak: impl Fn(&[u8]) -> B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(low.as_slice());
    pair[32..].copy_from_slice(high.as_slice());
    keccak(&pair)
}

/// A tree, and where in it each of the leaves is that it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    nodes: Vec<B256>,
    places: Vec<usize>,
}

impl Tree {
    /// The tree of these leaves, which is the same whatever their order. `None` of none: an empty tree has no root.
    pub fn of(leaves: &[B256]) -> Option<Self> {
        let inner = leaves.len().checked_sub(1)?;
        let mut sorted: Vec<usize> = (0..leaves.len()).collect();
        // Equal leaves keep their order, as in the package, whose sort is stable.
        sorted.sort_by_key(|&index| leaves[index]);

        let last = inner + leaves.len() - 1;
        let mut nodes = alloc::vec![B256::ZERO; last + 1];
        let mut places = alloc::vec![0; leaves.len()];
        for (rank, index) in sorted.into_iter().enumerate() {
            nodes[last - rank] = leaves[index];
            places[index] = last - rank;
        }
        for place in (0..inner).rev() {
            nodes[place] = parent(nodes[2 * place + 1], nodes[2 * place + 2], keccak);
        }
        Some(Self { nodes, places })
    }

    /// The node that stands for all leaves.
    pub fn root(&self) -> B256 {
        self.nodes[0]
    }

    /// All nodes, root first, as the package's `dump()` writes them.
    pub fn nodes(&self) -> &[B256] {
        &self.nodes
    }

    /// Where the leaf given as number `index` is among [`nodes`](Self::nodes): the package's `treeIndex`.
    pub fn place(&self, index: usize) -> Option<usize> {
        self.places.get(index).copied()
    }

    /// The siblings on the way from the leaf given as number `index` up to the root.
    pub fn proof(&self, index: usize) -> Option<Vec<B256>> {
        let mut place = self.place(index)?;
        let mut proof = Vec::new();
        while place > 0 {
            let sibling = if place % 2 == 0 { place - 1 } else { place + 1 };
            proof.push(self.nodes[sibling]);
            place = (place - 1) / 2;
        }
        Some(proof)
    }
}
