//! A node that tells of its heads, instead of being asked.

use std::time::Duration;

use anyhow::Result;
use sqlx::PgPool;
use tests::chain::hours;
use tests::indexing::Indexing;

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn blocks_and_reorganisations_arrive_by_subscription(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start(db, WHOLE).await?;
    world.stop_indexer().await?;
    let mut config = world.indexer_config()?;
    config.rpc_url = config.rpc_url.replacen("http", "ws", 1);
    // Whatever is seen within this journey was told.
    config.poll_interval = Duration::from_hours(1);
    let mut indexing = Indexing::start(config);
    indexing.reach(world.chain.head().await?).await?;
    for _ in 0..3 {
        dora.exit(&paula, "10").await?;
        indexing.reach(world.chain.head().await?).await?;
    }
    world.reorg(2).await?;
    dora.exit(&paula, "20").await?;
    indexing.reach(world.chain.head().await?).await?;
    world.reorg_resent(3).await?;
    world.advance(hours(1)).await?;
    indexing.reach(world.chain.head().await?).await?;
    indexing.stop().await?;
    world.start_indexer()?;
    world.compare().await?;
    world.finish().await
}
