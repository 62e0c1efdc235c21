//! corflow: builds, deploys, exercises and operates the contracts.
//!
//! | module | holds |
//! |---|---|
//! | [`build`] | the contracts' sources to the code that goes on the chain |

pub mod build;
