//! What miners get: from published scores to amounts, to a tree, to a proof, and back to the reasons.
//!
//! | module | holds |
//! |---|---|
//! | [`scores`], [`stakes`] | what goes in: who worked, who has what at stake |
//! | `rows`, `number` | reading such files strictly, faults told by line |
//! | [`epoch`] | one epoch computed: inputs to allocations to the cumulative tree |
//! | [`document`] | its outcome as it is published and hashed |
//! | [`tree`] | the cumulative tree, in the format of `@openzeppelin/merkle-tree` |
//! | [`book`] | the folder of all of this, checked whenever it is read |
//! | [`onchain`] | what the chain says of it |
//! | `vote` | an attester's vote for it |
//! | [`explain`] | why a miner got what it got |
//! | `compute` | an epoch computed and published, asking the chain |
//! | [`command`] | `corflow rewards`; `corflow attester` does an attester's part of it by a network's name |
//!
//! Nothing here is believed because a file says so: amounts are computed again from the scores, trees from the amounts.

pub mod book;
pub mod command;
mod compute;
pub mod document;
pub mod epoch;
pub mod explain;
pub mod onchain;
pub mod rows;
pub mod scores;
pub mod stakes;
pub mod tree;
mod vote;

pub(crate) use compute::{Compute, Sources};
pub(crate) use vote::{Vote, ballot};
