//! The off-chain half, driven as a user drives it: by arguments and files.

mod explain;
mod rewards;
mod simulate;
mod support;
mod tree;
mod voucher;
