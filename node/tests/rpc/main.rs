//! The node as its clients see it, over HTTP and WebSocket. Tests whose names begin with a letter and a number are
//! cases that people reported of other nodes.

mod blocks;
mod devnode;
mod errors;
mod fees;
mod filters;
mod pool;
mod send;
mod stylus;
mod support;
mod time;
