//! A Postgres that goes away in mid-batch and comes back.

use anyhow::{Context as _, Result};
use indexer::State;
use sqlx::{Connection as _, PgConnection, PgPool};

use crate::stage::{Stage, WHOLE};

#[sqlx::test(migrations = "../indexer/migrations")]
async fn a_postgres_that_goes_away_in_mid_batch_costs_nothing_but_time(db: PgPool) -> Result<()> {
    let Stage { mut world, dora, paula, .. } = Stage::start(db, WHOLE).await?;
    world.synced().await?;
    let name = world.database.get_database().context("the database has a name")?.to_owned();
    // A connection to another database of the same server survives what happens to ours.
    let server = world.database.clone().database("postgres");
    let mut server = PgConnection::connect_with(&server).await?;

    // The batch stops at this lock, in the middle of its transaction.
    let mut blocker = PgConnection::connect_with(&world.database).await?;
    let mut lock = blocker.begin().await?;
    sqlx::query("lock table exit_started in access exclusive mode").execute(&mut *lock).await?;
    dora.exit(&paula, "10").await?;
    let waiting = "select count(*) from pg_stat_activity \
                   where datname = $1 and application_name = 'surety-indexer' and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).bind(&name).fetch_one(&mut server).await? == 0 {
        tokio::task::yield_now().await;
    }

    sqlx::query(&format!(r#"alter database "{name}" allow_connections false"#)).execute(&mut server).await?;
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
    sqlx::query(end).bind(&name).execute(&mut server).await?;
    world.indexing()?.wait(|status| matches!(status.state, State::Retrying(_))).await?;
    assert_eq!(world.get("/readyz").await?.status, 503);
    let answer = world.get("/v1/network").await?;
    assert_eq!((answer.status, answer.body["type"].as_str()), (503, Some("urn:surety:problem:database-unavailable")));
    dora.exit(&paula, "10").await?;

    sqlx::query(&format!(r#"alter database "{name}" allow_connections true"#)).execute(&mut server).await?;
    server.close().await?;
    world.compare().await?;
    assert_eq!(world.get("/readyz").await?.status, 200);
    world.finish().await
}
