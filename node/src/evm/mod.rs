//! One transaction: EVM and Stylus frames in one journal, and Arbitrum's gas rules around them.

mod transact;

pub use transact::{BlockEnv, Evm, Executed, GasProfile, Message, Refused};
