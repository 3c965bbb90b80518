//! Indexers that come and go.

use anyhow::Result;
use indexer::State;
use sqlx::PgPool;
use tests::chain::days;
use tests::indexing::Indexing;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_restart_goes_on_where_it_was(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start(db, WHOLE).await?;
    world.synced().await?;
    world.stop_indexer().await?;
    dora.exit(&paula, "10").await?;
    // Nobody indexes, and the API says so by its block.
    let answer = world.get("/v1/network").await?;
    assert!(answer.block < world.chain.head().await?.number);

    world.start_indexer()?;
    world.synced().await?;
    assert_eq!(world.get("/v1/network").await?.block, world.chain.head().await?.number);
    world.kill_indexer().await?;
    world.advance(days(1)).await?;
    world.start_indexer()?;
    world.compare().await?;
    world.finish().await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_second_indexer_stands_by_until_the_first_is_gone(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start(db, WHOLE).await?;
    world.synced().await?;
    let mut second = Indexing::start(world.indexer_config()?);
    second.wait(|status| status.state == State::Standby).await?;
    dora.exit(&paula, "10").await?;
    world.synced().await?;
    assert_eq!(second.status().state, State::Standby);

    world.kill_indexer().await?;
    dora.exit(&paula, "10").await?;
    second.reach(world.chain.head().await?).await?;
    second.stop().await?;
    world.start_indexer()?;
    world.compare().await?;
    world.finish().await
}
