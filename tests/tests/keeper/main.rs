//! The keeper from outside: the real binary against the real contracts, killed, lied to, and held to what it promised.

mod binary;
mod duties;
mod kills;
mod proxy;
mod trouble;
mod world;
