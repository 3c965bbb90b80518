//! Follows the journal: one task that hears `pg_notify` and tells every waiting request how far the tables are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// How far the primary is.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    pub(crate) heads: watch::Receiver<Option<Head>>,
    /// Whether the primary answered when it was asked last.
    pub(crate) is_heard: Arc<AtomicBool>,
}

/// Reads how far the tables are and follows from there. The follower ends when every receiver is gone; whoever closes the
/// database before that aborts it first.
pub(crate) async fn start(primary: PgPool) -> Result<(Newest, JoinHandle<()>)> {
    let head = Head::read(&mut *primary.acquire().await?).await?;
    let (sender, heads) = watch::channel(head);
    let newest = Newest { heads, is_heard: Arc::new(AtomicBool::new(true)) };
    let is_heard = newest.is_heard.clone();
    let follower = tokio::spawn(async move {
        while !sender.is_closed() {
            if let Err(error) = follow(&primary, &sender, &is_heard).await {
                is_heard.store(false, Ordering::Relaxed);
                warn!(%error, "following the journal failed, trying again: {error}");
                tokio::select! {
                    () = sender.closed() => {}
                    () = tokio::time::sleep(RETRY) => {}
                }
            }
        }
    });
    Ok((newest, follower))
}

async fn follow(primary: &PgPool, sender: &watch::Sender<Option<Head>>, is_heard: &AtomicBool) -> Result<()> {
    let mut listener = PgListener::connect_with(primary).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let mut connection = primary.acquire().await?;
        publish(sender, Head::read(&mut connection).await?);
        is_heard.store(true, Ordering::Relaxed);
        drop(connection);
        tokio::select! {
            () = sender.closed() => return Ok(()),
            heard = listener.recv() => drop(heard.map_err(Error::from)?),
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

pub(crate) fn publish(sender: &watch::Sender<Option<Head>>, head: Option<Head>) {
    sender.send_if_modified(|known| {
        let is_new = *known != head;
        *known = head;
        is_new
    });
}
