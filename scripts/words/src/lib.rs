//! What people read and write: numbers, amounts, and what every refusal means.
//!
//! Nothing here reads a file, asks a node or knows a terminal, so that it compiles for a browser as well: a command line and a
//! wallet page say the same thing in the same words.

pub mod amount;
pub mod number;
pub mod refusals;

pub use number::Misread;
