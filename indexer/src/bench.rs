//! For the backfill bench: index from nothing to the node's head, and say what it took.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};

use crate::{Config, State, Status};

#[derive(Clone, Copy, Debug)]
pub struct Backfill {
    pub elapsed: Duration,
    /// Until all facts were stored, without indexes and state.
    pub facts_elapsed: Duration,
    /// Facts that are stored.
    pub rows: u64,
}

/// Indexes into an empty database until the head is reached: facts, indexes and state.
pub async fn backfill(config: Config) -> Result<Backfill> {
    let database = config.database.clone();
    let (sender, mut status) = Status::channel();
    let begin = Instant::now();
    let mut facts_elapsed = Duration::ZERO;
    let reached = async {
        loop {
            let now = status.borrow_and_update().clone();
            match now.state {
                State::Following | State::Halted(_) | State::Stopped => return now,
                State::Backfilling => facts_elapsed = begin.elapsed(),
                State::Starting | State::Standby | State::Lagging | State::Retrying(_) => {}
            }
            if status.changed().await.is_err() {
                return now;
            }
        }
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = crate::run(config, sender, async {
        // Whether it was sent or dropped: either way the bench is over.
        let _ = stopped.await;
    });
    let watch = async {
        let status = reached.await;
        let elapsed = begin.elapsed();
        let _ = stop.send(());
        (status, elapsed)
    };
    let (result, (status, elapsed)) = tokio::join!(run, watch);
    result?;
    if status.state != State::Following {
        bail!("the backfill ended as {:?}", status.state);
    }
    Ok(Backfill { elapsed, facts_elapsed, rows: rows(&database).await? })
}

async fn rows(database: &sqlx::postgres::PgConnectOptions) -> Result<u64> {
    let mut connection = PgConnection::connect_with(database).await?;
    let rows = sqlx::query_scalar!(r#"select count(*) as "count!" from event"#)
        .fetch_one(&mut connection)
        .await
        .context("counting facts")?;
    Ok(u64::try_from(rows)?)
}
