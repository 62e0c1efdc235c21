//! Stake COR, earn, leave.
