//! Runs conformance vectors.

fn main() {}
