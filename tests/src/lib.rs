//! The system from outside: real wasm, several contracts, real clients.

pub mod chain;
pub mod fees;
pub mod hostile;
pub mod staking;
