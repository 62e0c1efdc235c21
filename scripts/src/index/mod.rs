//! The chain, read into one SQLite file: every event of every contract, and who has what by account and epoch.
//!
//! Three promises. What is in the file is of one chain: rows and the cursor (number and hash of the last block read) change in
//! one transaction, and where the chain took back a block, its rows go before others come. An index that was followed for a
//! year and one that was built again today export the same bytes. And no wei is lost: amounts are text of fixed width, see
//! [`schema`].
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | a chain, as far as an index asks it |
//! | [`postings`] | what an event means for somebody's books |
//! | [`schema`] | tables and views |
//! | [`store`] | the file |
//! | [`follow`] | one step after the other, backwards where the chain went back |
//! | [`export`] | the views as CSV |
//! | [`command`] | `corflow index` |

pub mod command;
mod export;
mod follow;
mod postings;
mod schema;
mod source;
mod store;
