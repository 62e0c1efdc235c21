//! The node as a server.

fn main() {}
