//! The miners' half of the network, from outside: the reserve, its closing, attested roots and claims, as real wasm with the
//! real staking and app-fees beside it.

mod attacks;
mod claims;
mod flat;
mod gas_limits;
mod hostile;
mod model;
mod ops;
mod pool;
mod roots;
mod snapshot;
mod stateful;
mod typical;
mod world;
