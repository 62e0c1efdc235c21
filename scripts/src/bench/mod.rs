//! What our contracts cost beside what others have published for the same, on one node, in one run.
//!
//! | module | holds |
//! |---|---|
//! | [`command`] | `corflow bench` |
//! | `npm` | the peers' packages, installed and read |
//! | `lab` | a node with everything on it, and how gas is measured |
//! | `cost` | gas of one operation: cached, not cached, and the least it could be |
//! | `row` | one operation beside its peer's, and the goal that it is held against |
//! | `token`, `staking`, `claims`, `vouchers` | the operations |

mod claims;
pub mod command;
mod cost;
mod lab;
mod npm;
mod row;
mod staking;
mod token;
mod vouchers;
