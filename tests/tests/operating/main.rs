//! What people and programs do with a network that stands: audit it, settle vouchers, vote for roots, stake a token that is
//! not ours. Each test has a node of
//! its own and talks to it as the command line does, over JSON-RPC.

mod audit;
mod desk;
mod tokens;
mod votes;
mod vouchers;
mod world;
