//! What a backfill leaves to the end, over several connections, because a statement keeps one core busy.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use futures::future::try_join_all;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, query, query_scalar};

use crate::store::{LOST_LEAD, connect};

/// Connections, and so cores of Postgres.
const HANDS: usize = 4;
/// What a hand commits is on disk with what the leader commits after it, the other cores are its neighbours', and what it derives
/// is worth a plan.
const HABITS: [(&str, &str); 4] = [
    ("synchronous_commit", "off"),
    ("maintenance_work_mem", "64MB"),
    ("max_parallel_maintenance_workers", "0"),
    ("plan_cache_mode", "auto"),
];

/// Statements that are one transaction.
pub(crate) type Piece = Vec<String>;

/// Connections of one leader that share its work.
///
/// Invariant: each transaction holds the fence as the leader raised it, so that the next leader waits for its end.
#[derive(Debug)]
pub(crate) struct Hands {
    connections: Vec<PgConnection>,
    fence: i64,
}

impl Hands {
    pub(crate) async fn join(options: &PgConnectOptions, fence: i64) -> Result<Self> {
        let options = options.clone().options(HABITS);
        let connections = try_join_all((0..HANDS).map(|_| connect(&options))).await?;
        Ok(Self { connections, fence })
    }

    /// Does all pieces, the first ones first, each by whoever is free.
    pub(crate) async fn share(&mut self, pieces: &[Piece]) -> Result<()> {
        let (next, fence) = (AtomicUsize::new(0), self.fence);
        let working = self.connections.iter_mut().map(|connection| work(connection, fence, pieces, &next));
        try_join_all(working).await?;
        Ok(())
    }

    pub(crate) async fn part(self) -> Result<()> {
        try_join_all(self.connections.into_iter().map(PgConnection::close)).await?;
        Ok(())
    }
}

async fn work(connection: &mut PgConnection, fence: i64, pieces: &[Piece], next: &AtomicUsize) -> Result<()> {
    while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
        run(connection, fence, piece).await?;
    }
    Ok(())
}

async fn run(connection: &mut PgConnection, fence: i64, piece: &Piece) -> Result<()> {
    let mut transaction = connection.begin().await?;
    query_scalar!("select fence from cursor where fence = $1 for share", fence)
        .fetch_optional(&mut *transaction)
        .await
        .context("holding the fence")?
        .context(LOST_LEAD)?;
    for statement in piece {
        query(statement).persistent(false).execute(&mut *transaction).await.with_context(|| statement.clone())?;
    }
    transaction.commit().await.context("committing a piece")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::PgPool;
    use tokio::time::timeout;

    use super::*;

    const FENCE: i64 = 7;

    async fn hands(db: &PgPool) -> Result<Hands> {
        let cursor = "
            insert into cursor (block, hash, timestamp, finalized, fence, seq, is_derived)
            values (0, decode(repeat('00', 32), 'hex'), 'epoch', 0, $1, 0, false)
        ";
        query(cursor).bind(FENCE).execute(db).await?;
        query("create table found (number bigint)").execute(db).await?;
        Hands::join(&db.connect_options(), FENCE).await
    }

    fn found(number: usize) -> String {
        format!("insert into found values ({number})")
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn every_piece_is_done_once(db: PgPool) -> Result<()> {
        let mut hands = hands(&db).await?;
        let pieces: Vec<Piece> = (0..50).map(|number| vec![found(2 * number), found(2 * number + 1)]).collect();
        hands.share(&pieces).await?;
        hands.part().await?;
        let done: Vec<i64> = query_scalar("select number from found order by number").fetch_all(&db).await?;
        assert_eq!(done, (0..100).collect::<Vec<_>>());
        Ok(())
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn hands_of_a_former_leader_change_nothing(db: PgPool) -> Result<()> {
        let mut hands = hands(&db).await?;
        query("update cursor set fence = fence + 1").execute(&db).await?;
        let lost = hands.share(&[vec![found(0)]]).await.expect_err("another leads");
        assert_eq!(lost.to_string(), LOST_LEAD);
        assert_eq!(query_scalar::<_, i64>("select count(*) from found").fetch_one(&db).await?, 0);
        Ok(())
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn the_next_leader_waits_for_what_has_begun(db: PgPool) -> Result<()> {
        let mut hands = hands(&db).await?;
        let slow = vec!["select pg_sleep(60)".to_owned()];
        let working = tokio::spawn(async move { hands.share(&[slow]).await });
        let sleeps = "select exists (select from pg_stat_activity where query = 'select pg_sleep(60)')";
        while !query_scalar::<_, bool>(sleeps).fetch_one(&db).await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let raise = query("update cursor set fence = fence + 1").execute(&db);
        assert!(timeout(Duration::from_millis(500), raise).await.is_err(), "the fence rose under a hand at work");
        // Whoever is gone holds nothing.
        working.abort();
        let raise = query("update cursor set fence = fence + 1").execute(&db);
        timeout(Duration::from_secs(20), raise).await??;
        Ok(())
    }
}
