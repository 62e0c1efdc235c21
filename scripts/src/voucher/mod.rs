//! Usage vouchers: signed by an app, added up over its gateways, checked before anyone pays gas for them.
//!
//! A voucher says how much an app has used in all in an epoch. Its type and its domain stand in `abi`; here are the file
//! that it travels in ([`file`]), the sum over gateways ([`sum`]), counting on the chain ([`settle`]), what the
//! chain says of a count before (`outlook`), and `corflow voucher` ([`command`]).

pub mod command;
mod domain;
pub mod file;
pub(crate) mod outlook;
pub mod settle;
pub mod sum;
