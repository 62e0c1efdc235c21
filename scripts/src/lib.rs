//! corflow: builds, deploys, exercises and operates the contracts.
//!
//! | module | holds |
//! |---|---|
//! | [`session`] | a whole run, from the sources to the report |
//! | [`build`] | the contracts' sources to the code that goes on the chain |
//! | `estimate` | what a contract will cost |
//! | `chain` | a chain as a client sees it |
//! | `deploy` | code to contracts: created, activated, constructed, cached |
//! | [`system`] | all contracts on a chain |
//! | [`deployments`] | the files that a deployment leaves behind |
//! | [`networks`], [`parameters`], [`environment`] | where to deploy, what to, and the variables that their files refer to |
//! | [`keys`] | who signs |
//! | [`rollout`] | a network on a real chain: planned, sent from a journal, held against the chain |
//! | [`people`] | who takes part in a run |
//! | `exercise` | what stakers do, and the comparison after each step |
//! | `model` | the ledger that they are compared with |
//! | [`scenario`] | epochs of the whole loop, held against paper |
//! | [`simulate`] | the same epochs on paper alone, years of them |
//! | [`names`] | what bytes on the chain mean |
//! | [`rewards`] | what miners get: scores to amounts, to a tree, to a proof, and why |
//! | [`voucher`] | apps' usage, signed |
//! | [`bench`] | what all this costs, beside peers |
//! | [`index`] | the chain, read into one file |
//! | [`audit`] | both sides of the ledger, from events alone |
//! | [`places`] | where a network's contracts are |
//! | [`keeper`] | what keeps the network going |
//! | [`wallet`] | commands for people |
//! | [`manual`] | what shells and manuals are told |
//! | [`answer`] | what a command found out |
//! | `recorder`, `journal`, [`steps`], [`report`], `progress` | what a run keeps and says |
//! | `tables` | tables in text |

pub mod answer;
pub mod audit;
pub mod bench;
pub mod build;
mod chain;
mod deploy;
pub mod deployments;
pub mod environment;
mod estimate;
mod exercise;
pub mod index;
mod journal;
pub mod keeper;
pub mod keys;
pub mod manual;
mod model;
pub mod names;
pub mod networks;
pub mod parameters;
pub mod people;
pub mod places;
mod progress;
mod recorder;
pub mod report;
pub mod rewards;
pub mod rollout;
pub mod scenario;
pub mod session;
pub mod simulate;
pub mod steps;
pub mod system;
mod tables;
pub mod voucher;
pub mod wallet;
