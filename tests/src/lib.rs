//! The system from outside: real wasm, several contracts, real clients.
