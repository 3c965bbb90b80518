//! Whether the replica answers: only one that is there, and not too far behind the primary.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::error::Result;
use crate::follow::{Newest, publish};
use crate::snapshot::Head;

/// How long a replica has to say how far it is.
const PATIENCE: Duration = Duration::from_millis(500);
/// Without news of the primary it is looked at after so long.
const POLL: Duration = Duration::from_secs(1);
/// One that is behind is read again after a twentieth of the time that it is behind: at least and at most so long.
const CATCH_UP: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));
/// Of so many entries that it lacks it is known since when; more of them are as old as the last of these.
const LACKING_MAX: usize = 1_000;

/// How the replica stands; the default is that there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// Whether it is read; else the primary is.
    pub(crate) answers: bool,
    /// Whether it answered when it was asked last.
    pub(crate) is_there: bool,
    /// Its last journal entry.
    pub(crate) seq: i64,
    /// Since when it lacks an entry that the primary has.
    pub(crate) since: Option<Instant>,
}

/// Invariants:
/// 1. `heads` never goes back: a replica that did not answer does so again when it has all that was published.
/// 2. `lacking` are entries that the primary has and the replica not, the oldest first, with when they were heard of.
#[derive(Debug)]
struct Watcher {
    replica: PgPool,
    newest: Newest,
    lag_max: Duration,
    heads: watch::Sender<Option<Head>>,
    standing: watch::Sender<Standing>,
    lacking: VecDeque<(i64, Instant)>,
}

/// What requests see: the head of the server that answers, and how the replica stands.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) heads: watch::Receiver<Option<Head>>,
    pub(crate) standing: watch::Receiver<Standing>,
    pub(crate) task: JoinHandle<()>,
}

/// Looks at the replica once, then for as long as anybody listens.
pub(crate) async fn start(replica: PgPool, newest: Newest, lag_max: Duration) -> Watched {
    let head = *newest.heads.borrow();
    let (heads, heads_seen) = watch::channel(head);
    let (standing, standing_seen) = watch::channel(Standing::default());
    let mut watcher = Watcher { replica, newest, lag_max, heads, standing, lacking: VecDeque::new() };
    watcher.look().await;
    let task = tokio::spawn(async move {
        while !watcher.heads.is_closed() {
            watcher.wait().await;
            watcher.look().await;
        }
    });
    Watched { heads: heads_seen, standing: standing_seen, task }
}

impl Watcher {
    /// Until there is news of the primary, or the replica may have caught up.
    async fn wait(&mut self) {
        let Standing { answers, is_there, since, .. } = *self.standing.borrow();
        let pause = match since {
            Some(since) if is_there => (since.elapsed() / 20).clamp(CATCH_UP.0, CATCH_UP.1),
            _ if is_there && !answers => CATCH_UP.1,
            _ => POLL,
        };
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                changed = self.newest.heads.changed() => {
                    self.hear();
                    // One that is away is not asked more often because the chain goes on.
                    if is_there || changed.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Takes note of what the primary has, and tells of it where the primary answers.
    fn hear(&mut self) {
        let head = *self.newest.heads.borrow_and_update();
        let seq = head.map_or(0, |head| head.seq);
        let last = self.lacking.back().map_or(self.standing.borrow().seq, |(seq, _)| *seq);
        if seq > last && self.lacking.len() < LACKING_MAX {
            self.lacking.push_back((seq, Instant::now()));
        }
        if !self.standing.borrow().answers {
            publish(&self.heads, head);
        }
    }

    /// Asks the replica how far it is, and decides whether it answers.
    async fn look(&mut self) {
        self.hear();
        let (replica, is_there) = (self.replica.clone(), self.standing.borrow().is_there);
        let mut reading = tokio::spawn(async move { timeout(PATIENCE, read(&replica, is_there)).await });
        let read = loop {
            tokio::select! {
                read = &mut reading => break read,
                Ok(()) = self.newest.heads.changed() => self.hear(),
            }
        };
        let head = match read {
            Ok(Ok(Ok(head))) => Some(head),
            Ok(Ok(Err(error))) => {
                if is_there {
                    warn!(%error, "the replica cannot be read: {error}");
                }
                None
            }
            _ => None,
        };
        self.judge(head);
    }

    fn judge(&mut self, head: Option<Option<Head>>) {
        let mut standing = *self.standing.borrow();
        let was = standing.answers;
        standing.is_there = head.is_some();
        if let Some(head) = head {
            standing.seq = head.map_or(0, |head| head.seq);
            while self.lacking.front().is_some_and(|(seq, _)| *seq <= standing.seq) {
                self.lacking.pop_front();
            }
        }
        standing.since = self.lacking.front().map(|(_, at)| *at);
        // Where the primary is silent, nothing is newer than what the replica has.
        let is_near = !self.newest.is_heard.load(Ordering::Relaxed)
            || standing.since.is_none_or(|since| since.elapsed() <= self.lag_max);
        let has_all = standing.seq >= self.heads.borrow().map_or(0, |head| head.seq);
        standing.answers = standing.is_there && is_near && (was || has_all);
        if was && !standing.answers {
            let why = if standing.is_there { "is too far behind" } else { "is away" };
            warn!(seq = standing.seq, "the replica {why}: the primary answers");
        } else if standing.answers && !was {
            info!(seq = standing.seq, "the replica answers");
        }
        self.standing.send_replace(standing);
        match head {
            Some(head) if standing.answers => publish(&self.heads, head),
            _ => self.hear(),
        }
    }
}

/// Of the pool, which waits for a server that refuses; so one that was away is asked without it.
async fn read(replica: &PgPool, is_there: bool) -> Result<Option<Head>> {
    if !is_there {
        PgConnection::connect_with(&replica.connect_options()).await?.close().await?;
    }
    Head::read(&mut *replica.acquire().await?).await
}
