//! The pages of `docs/` and the README are run: every command in them, in order, as their readers do it, against a node that
//! acts as Arbitrum Sepolia. What a page says a command prints, and how it ends, is held. A page has no marks for this that a
//! reader sees: see [`page`].
#![cfg(unix)]

mod page;
mod reader;
mod readme;
mod words;
mod world;

use reader::read;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_run_by_its_pages() {
    let world = World::new().await;
    read(&world, "docs/operator.md", None).await;
    world.give("staker", 2_000).await;
    read(&world, "docs/staker.md", None).await;
    world.give("app", 1_000).await;
    read(&world, "docs/app.md", None).await;
    read(&world, "docs/keeper.md", None).await;
    read(&world, "docs/attester.md", Some(world.published() + 1)).await;
    read(&world, "docs/miner.md", Some(world.published())).await;
    read(&world, "docs/reading-the-chain.md", None).await;
    read(&world, "docs/simulation.md", None).await;
}
