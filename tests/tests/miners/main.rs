//! The miners' half of the network, from outside: the reserve, its closing, attested roots and claims, as real wasm with the
//! real staking and app-fees beside it.

mod attacks;
mod cases;
mod claims;
mod flat;
mod gas_limits;
mod hostile;
mod late;
mod model;
mod moves;
mod ops;
mod panel;
mod pool;
mod roles;
mod roots;
mod snapshot;
mod stateful;
mod typical;
mod world;
