//! Follows the journal: one task that hears `pg_notify` and tells every waiting request how far the tables are.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::error::{Error, Result};
use crate::snapshot::Head;

/// The indexer notifies this channel in the transaction of each journal entry.
const CHANNEL: &str = "journal";
/// Without a notification for so long the tables are read anyway: a notification is a hint, not the truth.
const POLL: Duration = Duration::from_secs(2);
/// Pause before the next try when Postgres is away.
const RETRY: Duration = Duration::from_millis(500);

/// Reads how far the tables are and follows from there. The follower ends when every receiver is gone; whoever closes the
/// database before that aborts it first.
pub(crate) async fn start(db: PgPool) -> Result<(watch::Receiver<Option<Head>>, JoinHandle<()>)> {
    let head = Head::read(&mut *db.acquire().await?).await?;
    let (sender, receiver) = watch::channel(head);
    let follower = tokio::spawn(async move {
        while !sender.is_closed() {
            if let Err(error) = follow(&db, &sender).await {
                warn!(%error, "following the journal failed, trying again: {error}");
                tokio::select! {
                    () = sender.closed() => {}
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    });
    Ok((receiver, follower))
}

async fn follow(db: &PgPool, sender: &watch::Sender<Option<Head>>) -> Result<()> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let mut connection = db.acquire().await?;
        let head = Head::read(&mut connection).await?;
        drop(connection);
        sender.send_if_modified(|known| {
            let is_new = *known != head;
            *known = head;
            is_new
        });
        tokio::select! {
            () = sender.closed() => return Ok(()),
            heard = listener.recv() => drop(heard.map_err(Error::from)?),
            () = tokio::time::sleep(POLL) => {}
        }
    }
}
