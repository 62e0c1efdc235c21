//! The cumulative tree: what each miner has earned in all, up to an epoch, as `StandardMerkleTree.load` of
//! `@openzeppelin/merkle-tree` reads it.

use std::{collections::BTreeMap, io::Write};

use alloy_primitives::{Address, B256, U256};
use economics::merkle::{ProofError, Tree, keccak, leaf, verify};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use words::number::{Misread, address, decimal};

const FORMAT: &str = "standard-v1";
const LEAF: [&str; 2] = ["address", "uint256"];

/// What is wrong with a tree's file.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Not JSON, or not of this shape.
    #[error("it is no tree: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Another format, or other leaves.
    #[error("it is a tree of another kind: {0}")]
    OtherKind(String),
    /// A value is none.
    #[error("value {index}: {misread}")]
    Value {
        /// Which of `values`, from 0.
        index: usize,
        /// What is wrong with it.
        misread: Misread,
    },
    /// A miner is there twice.
    #[error("{0} is there twice")]
    DuplicateMiner(Address),
    /// The amounts add up to more than 128 bits hold.
    #[error("the amounts add up to more than 128 bits hold")]
    Overflow,
    /// The nodes are not those of the values: somebody changed one or the other.
    #[error("by its values its node {place} is {rebuilt}, but it says {written} (node 0 is the root)")]
    NotItsNodes {
        /// The first that differs.
        place: usize,
        /// By the values.
        rebuilt: B256,
        /// By the file; zero where it has none.
        written: B256,
    },
    /// The tree's own proof does not hold.
    #[error("the leaf {leaf} of {miner} leads to {reached}, not to the root {root}")]
    ProofFails {
        /// Whose.
        miner: Address,
        /// The leaf.
        leaf: B256,
        /// Where its proof leads.
        reached: B256,
        /// The root that it was to lead to.
        root: B256,
    },
}

/// What each miner has earned up to an epoch, in wei: never zero, and never less than in an earlier tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cumulative {
    amounts: BTreeMap<Address, u128>,
    total: u128,
}

/// A miner's amount and the proof of it, as `claim` takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Whose.
    pub miner: Address,
    /// What the miner has earned in all, in wei, as a decimal string.
    pub amount: String,
    /// The leaf of both.
    pub leaf: B256,
    /// The root that the proof leads to.
    pub root: B256,
    /// The siblings on the way.
    pub proof: Vec<B256>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    format: String,
    leaf_encoding: Vec<String>,
    tree: Vec<B256>,
    values: Vec<WrittenValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenValue {
    value: (String, String),
    tree_index: usize,
}

impl Cumulative {
    /// Adds what a miner earned. `None` when the total leaves 128 bits; then nothing is added.
    pub fn add(&mut self, miner: Address, earned: u128) -> Option<()> {
        self.total = self.total.checked_add(earned)?;
        if earned > 0 {
            *self.amounts.entry(miner).or_default() += earned;
        }
        Some(())
    }

    /// What a miner has earned in all.
    pub fn of(&self, miner: Address) -> u128 {
        self.amounts.get(&miner).copied().unwrap_or_default()
    }

    /// What all of them have: `cumulativeTotal` of a vote.
    pub fn total(&self) -> u128 {
        self.total
    }

    /// How many have earned anything.
    pub fn len(&self) -> usize {
        self.amounts.len()
    }

    /// Whether nobody has: then there is no tree, no root, and nothing to vote on.
    pub fn is_empty(&self) -> bool {
        self.amounts.is_empty()
    }

    /// The tree; its leaves are numbered by ascending addresses.
    pub fn tree(&self) -> Option<Tree> {
        let leaves: Vec<_> = self.amounts.iter().map(|(&miner, &amount)| leaf(miner, U256::from(amount), keccak)).collect();
        Tree::of(&leaves)
    }

    /// The proof of a miner's amount in the tree that [`tree`](Self::tree) gave, checked as the contract will check it.
    pub fn proof(&self, tree: &Tree, miner: Address) -> Result<Option<Proof>, TreeError> {
        let Some(&amount) = self.amounts.get(&miner) else { return Ok(None) };
        let index = self.amounts.range(..miner).count();
        let (root, leaf) = (tree.root(), leaf(miner, U256::from(amount), keccak));
        let proof = tree.proof(index).unwrap_or_default();
        match verify(root, leaf, proof.iter().copied(), keccak) {
            Ok(()) => Ok(Some(Proof { miner, amount: amount.to_string(), leaf, root, proof })),
            Err(ProofError::NotInTree(reached)) => Err(TreeError::ProofFails { miner, leaf, reached, root }),
            Err(ProofError::ZeroRoot | ProofError::TooLong) => Err(TreeError::ProofFails { miner, leaf, reached: leaf, root }),
        }
    }

    /// Writes the file of `tree`, which must be that of these amounts.
    pub fn write(&self, tree: &Tree, to: impl Write) -> serde_json::Result<()> {
        let values = self.amounts.iter().enumerate().map(|(index, (miner, amount))| WrittenValue {
            value: (format!("{miner:#x}"), amount.to_string()),
            tree_index: tree.place(index).unwrap_or_default(),
        });
        let written = Written {
            format: FORMAT.to_owned(),
            leaf_encoding: LEAF.map(str::to_owned).to_vec(),
            tree: tree.nodes().to_vec(),
            values: values.collect(),
        };
        serde_json::to_writer(to, &written)
    }

    /// Reads such a file, ours or one that the package wrote, and rebuilds the tree from its values: what it says of nodes
    /// is believed of none.
    pub fn read(bytes: &[u8]) -> Result<(Self, Tree), TreeError> {
        let written: Written = serde_json::from_slice(bytes)?;
        if written.format != FORMAT || written.leaf_encoding != LEAF {
            return Err(TreeError::OtherKind(format!("{} of ({})", written.format, written.leaf_encoding.join(", "))));
        }
        let mut cumulative = Self::default();
        for (index, WrittenValue { value: (miner, amount), .. }) in written.values.iter().enumerate() {
            let value = |misread| TreeError::Value { index, misread };
            let (miner, amount) = (address(miner).map_err(value)?, decimal(amount, 0).map_err(value)?);
            cumulative.total = cumulative.total.checked_add(amount).ok_or(TreeError::Overflow)?;
            if cumulative.amounts.insert(miner, amount).is_some() {
                return Err(TreeError::DuplicateMiner(miner));
            }
        }
        let tree = cumulative.tree().ok_or_else(|| TreeError::OtherKind("one without values".into()))?;
        if tree.nodes() != written.tree {
            let node = |nodes: &[B256], place| nodes.get(place).copied().unwrap_or_default();
            let longest = tree.nodes().len().max(written.tree.len());
            let place = (0..longest).find(|&it| tree.nodes().get(it) != written.tree.get(it)).unwrap_or_default();
            return Err(TreeError::NotItsNodes {
                place,
                rebuilt: node(tree.nodes(), place),
                written: node(&written.tree, place),
            });
        }
        Ok((cumulative, tree))
    }
}
