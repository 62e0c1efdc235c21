//! Pure arithmetic of the incentives: no host, no storage. One formula, one function.
#![no_std]
