//! Commands for people, against a node with the contracts on it, driven as people drive them.
#![cfg(unix)]

mod app;
mod attester;
mod between;
mod desk;
mod elsewhere;
mod hostile;
mod keys;
mod line;
mod manual;
mod miner;
mod owner;
mod refused;
mod stake;
mod terminal;
mod voucher;
mod watch;
