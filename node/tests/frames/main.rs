//! Frames of the EVM and of programs in one transaction, from outside: code assembled by hand, programs as text.

mod asm;
mod calls;
mod chain;
mod programs;
mod script;
mod traces;
mod transactions;
