//! One transaction: EVM and Stylus frames in one journal, and Arbitrum's gas rules around them.
//!
//! | file | holds |
//! |---|---|
//! | `message` | what goes in, what comes out, and why it may be refused |
//! | `transact` | a transaction from its checks to its fees |
//! | `price` | what a unit of gas costs |
//! | `bill` | what a transaction's gas costs, and who is paid |
//! | `context` | the block and transaction as revm sees them, and what Arbitrum adds |
//! | `frames` | the frame stack, which EVM code and programs share |
//! | `program` | one frame of a Stylus program |
//! | `ledger` | ArbOS's view of the journal |
//! | `precompiles` | Ethereum's and ArbOS's precompiles |
//! | `calls` | who called whom |
//! | `ends` | why a frame ended as it did |
//! | `trace` | the host calls of programs, frame by frame |
//! | `stack` | the thread that deep calls need |

mod bill;
mod calls;
mod context;
mod ends;
mod frames;
mod ledger;
mod message;
mod precompiles;
mod price;
mod program;
mod stack;
mod trace;
mod transact;

pub use calls::{Call, CallKind};
pub use message::{BlockEnv, Executed, GasProfile, Message, Refused, Traced};
pub use stack::{STACK_SIZE, on_big_stack};
pub use trace::{Step, SubFrame};
pub use transact::Evm;
