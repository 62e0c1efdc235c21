//! Staking from outside, on real wasm. After each transaction what it owes is held against what it has.

mod calldata;
mod cases;
mod edges;
mod events;
mod paper;
mod permits;
mod rules;
mod token;
mod tokens;
mod wiring;
