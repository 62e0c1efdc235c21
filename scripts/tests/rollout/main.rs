//! A network deployed on a chain that acts as Arbitrum Sepolia: killed at every moment, disturbed by others, held against the
//! chain.

mod commands;
mod disturbed;
mod killed;
mod support;
mod watched;
