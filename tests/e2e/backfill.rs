//! Kills in mid-backfill.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use anyhow::Result;
use indexer::Status;
use sqlx::PgPool;
use tests::chain::days;

use crate::stage::{REMAINING, Stage, TERM_COST};

/// Runs a future until it has been polled so often, then drops it wherever it is. Whether it ended before.
async fn run_for(polls: usize, future: impl Future<Output = Result<()>>) -> Result<bool> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(Ok(false));
        }
        left -= 1;
        future.as_mut().poll(context).map(|ended| ended.map(|()| true))
    })
    .await
}

#[sqlx::test(migrations = "../indexer/migrations")]
async fn an_indexer_that_is_killed_anywhere_loses_and_repeats_nothing(db: PgPool) -> Result<()> {
    let Stage { mut world, paula, dora, carol, deal, .. } = Stage::start_final(db, REMAINING).await?;
    for _ in 0..10 {
        dora.exit(&paula, "100").await?;
        world.advance(days(1)).await?;
        carol.fund(deal, TERM_COST).await?;
        scripts::keeper::settle(&world.keeper.context, &[(deal, 0)]).await?;
    }
    world.synced().await?;
    world.stop_indexer().await?;
    empty(&world).await?;

    // Every poll ends at an await: each number kills it at another one, and it always gets further than before.
    let mut kills = 0;
    let mut furthest = None;
    for polls in (2..).step_by(3) {
        let (sender, status) = Status::channel();
        let running = indexer::run(world.indexer_config()?, sender, std::future::pending());
        assert!(!run_for(polls, running).await?, "it ended although nobody told it to");
        kills += 1;
        furthest = furthest.max(status.borrow().indexed.map(|tip| tip.number));
        if furthest == Some(world.chain.head().await?.number) {
            break;
        }
    }
    assert!(kills > 10, "it was killed only {kills} times");
    world.start_indexer()?;
    world.compare().await?;
    world.finish().await
}

/// Back to a database in which nothing was ever indexed.
async fn empty(world: &tests::world::World) -> Result<()> {
    use sqlx::{Connection as _, Executor as _};
    let mut connection = sqlx::PgConnection::connect_with(&world.database).await?;
    connection.execute("drop schema public cascade; create schema public").await?;
    connection.close().await?;
    Ok(())
}
