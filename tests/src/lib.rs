//! The system from outside: real wasm, several contracts, real clients.

pub mod chain;
pub mod fees;
