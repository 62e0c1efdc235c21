//! The keeper from outside: the real binary against the real contracts, killed, lied to, and held to what it promised.

mod binary;
mod dist;
mod duties;
mod http;
mod kills;
mod proxy;
mod secrets;
mod trouble;
mod vouchers;
mod world;
