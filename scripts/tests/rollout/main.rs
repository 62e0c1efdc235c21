//! A network deployed on a chain that acts as Arbitrum Sepolia: killed at every moment, disturbed by others, held against the
//! chain.

mod commands;
mod disturbed;
mod elsewhere;
mod foreign;
mod killed;
mod planned;
mod provider;
mod support;
mod watched;
