//! The keeper: closes epochs, proposes and activates roots, settles vouchers, pulls the treasury's part and burns, and loses
//! nothing however it is killed.
//!
//! | module | holds |
//! |---|---|
//! | [`command`] | `corflow keeper run`, `check` and `log` |
//! | `config` | what it is told |
//! | `tick` | one round: follow, look, decide, act, record |
//! | `decide` | what is due, and why not: pure |
//! | `spool` | vouchers on their way in |
//! | `judge` | what the chain thinks of them, and where they stand |
//! | `leaving` | apps whose money is on its way out |
//! | `roots` | attested roots: pending, waiting, and to be voted for |
//! | `outbox` | transactions: written, then sent, then followed |
//! | `store` | what must not be forgotten |
//! | `endpoints`, `chain` | the chain, over several endpoints |
//! | `server`, `gauges` | vouchers over HTTP, health and metrics |
//! | `lock` | one keeper for a key |
//!
//! Three things make it safe to kill. A voucher is acknowledged when it is on the disk. A transaction is on the disk, signed,
//! before it is sent, so that it can be sent again byte for byte; and one nonce serves one duty for ever. And what is due is
//! always the chain's word, never memory's: the state says what was sent, not what is so.

mod chain;
pub mod command;
mod config;
mod decide;
mod endpoints;
mod gauges;
mod judge;
mod leaving;
mod lock;
mod outbox;
mod roots;
mod server;
mod spool;
mod store;
mod tick;

pub(crate) use chain::Trouble;
pub use spool::Refusal;
pub use store::StoreError;
