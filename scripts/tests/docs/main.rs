//! The pages of `docs/` and the README are run: every command in them, in order, as their readers do it, against a node that
//! acts as Arbitrum Sepolia. What a page says a command prints, and how it ends, is held. A page has no marks for this that a
//! reader sees: see [`page`].
#![cfg(unix)]

mod page;
mod reader;
mod words;
mod world;

use reader::read;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_run_by_its_pages() {
    let world = World::new().await;
    read(&world, "docs/operator.md").await;
    world.give("staker", 2_000).await;
    read(&world, "docs/staker.md").await;
}
