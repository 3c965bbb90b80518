//! One thing at a time: requests to nodes and statements to Postgres wait here until everything else is done, and the seed
//! decides which of them comes next. So a seed's run follows from the seed, although sockets and Postgres are real.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::{Notify, oneshot};

use super::luck::Luck;

/// How often others are let run before nobody is thought to have anything to do: a wake-up may cause another.
const ROUNDS: usize = 10;
/// Longer than timers of no time take.
const TIMERS: Duration = Duration::from_millis(3);
/// Nothing takes as long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Turns for which an answer may be overtaken.
const SLOW_MAX: u64 = 12;

/// What becomes of a request or a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It passes; a node's answer is decided by this number.
    Pass(u64),
    /// The connection is cut: before, in the midst of the bytes, or when all is done and nothing answered.
    CutBefore,
    CutWithin,
    CutAfter,
}

struct Waiter {
    key: String,
    ready_at: u64,
    verdict: oneshot::Sender<Verdict>,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<Waiter>,
    /// Statements that Postgres works on.
    busy: usize,
    /// Sessions that wait for another one's lock.
    locked_out: usize,
    /// A lock is free, and one of those is about to have it.
    is_passing_on: bool,
    stirs: u64,
    turn: u64,
    /// A timer may be running.
    is_pausing: bool,
    /// Everything passes.
    is_free: bool,
}

impl Inner {
    fn is_at_work(&self) -> bool {
        self.busy > 0 || self.is_passing_on
    }
}

#[derive(Clone, Default)]
pub(crate) struct Turns {
    inner: Arc<Mutex<Inner>>,
    stirred: Arc<Notify>,
}

/// What comes next, and the means to let it.
pub(crate) struct Turn {
    pub(crate) key: String,
    verdict: oneshot::Sender<Verdict>,
}

impl Turn {
    pub(crate) fn is_statement(&self) -> bool {
        self.key.starts_with("postgres")
    }

    pub(crate) fn give(self, verdict: Verdict) {
        // Whoever asked may be gone, as after a kill.
        let _ = self.verdict.send(verdict);
    }
}

impl Turns {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics with it")
    }

    /// Waits for its turn; `None`: it never comes.
    pub(crate) async fn wait(&self, key: String) -> Option<Verdict> {
        let receiver = {
            let mut inner = self.inner();
            if inner.is_free {
                return Some(Verdict::Pass(0));
            }
            let (verdict, receiver) = oneshot::channel();
            inner.waiting.push(Waiter { key, ready_at: 0, verdict });
            receiver
        };
        self.stir();
        receiver.await.ok()
    }

    pub(crate) fn stir(&self) {
        self.inner().stirs += 1;
        self.stirred.notify_one();
    }

    pub(crate) fn begin(&self) {
        self.inner().busy += 1;
        self.stir();
    }

    pub(crate) fn end(&self) {
        self.inner().busy -= 1;
        self.stir();
    }

    /// A session waits for a lock that another one has.
    pub(crate) fn lock_out(&self) {
        self.inner().locked_out += 1;
        self.stir();
    }

    /// It waits no more.
    pub(crate) fn let_in(&self) {
        let mut inner = self.inner();
        inner.locked_out -= 1;
        inner.is_passing_on = false;
        drop(inner);
        self.stir();
    }

    /// A session ended that had the lock.
    pub(crate) fn pass_on(&self) {
        let mut inner = self.inner();
        inner.is_passing_on = inner.locked_out > 0;
        drop(inner);
        self.stir();
    }

    /// Something failed, and somebody may wait for a while before trying again.
    pub(crate) fn pause(&self) {
        self.inner().is_pausing = true;
    }

    pub(crate) fn free(&self) {
        let waiting = {
            let mut inner = self.inner();
            inner.is_free = true;
            std::mem::take(&mut inner.waiting)
        };
        for waiter in waiting {
            let _ = waiter.verdict.send(Verdict::Pass(0));
        }
    }

    /// From here on everything waits for its turn.
    pub(crate) fn bind(&self) {
        self.inner().is_free = false;
    }

    /// Nobody waits any more.
    pub(crate) fn clear(&self) {
        self.inner().waiting.clear();
    }

    pub(crate) async fn stirred(&self) -> Result<()> {
        tokio::time::timeout(PATIENCE, self.stirred.notified()).await.context("nothing moves any more")
    }

    /// Until Postgres has answered whatever was asked of it.
    pub(crate) async fn answered(&self) -> Result<()> {
        tokio::task::yield_now().await;
        while self.inner().busy > 0 {
            self.stirred().await?;
        }
        Ok(())
    }

    /// Until Postgres has answered and nobody has anything to do but wait for a turn.
    pub(crate) async fn quiet(&self) -> Result<()> {
        loop {
            while self.inner().is_at_work() {
                self.stirred().await?;
            }
            let before = self.inner().stirs;
            if std::mem::take(&mut self.inner().is_pausing) {
                tokio::time::sleep(TIMERS).await;
            }
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
            let inner = self.inner();
            if !inner.is_at_work() && inner.stirs == before && !inner.is_pausing {
                return Ok(());
            }
        }
    }

    /// The next one, and how many it overtakes.
    pub(crate) async fn next(&self, luck: &mut Luck) -> Result<(Turn, u64)> {
        loop {
            self.quiet().await?;
            if let Some(found) = self.pick(luck) {
                return Ok(found);
            }
            self.stirred().await?;
        }
    }

    fn pick(&self, luck: &mut Luck) -> Option<(Turn, u64)> {
        let mut inner = self.inner();
        inner.waiting.retain(|waiter| !waiter.verdict.is_closed());
        inner.waiting.sort_by(|one, other| one.key.cmp(&other.key));
        inner.turn += 1;
        let turn = inner.turn;
        // A slow answer lets others pass, if there are any.
        if inner.waiting.len() > 1 && luck.chance(4) {
            let slow = luck.index(inner.waiting.len());
            inner.waiting[slow].ready_at = turn + 1 + luck.below(SLOW_MAX);
        }
        let ready: Vec<usize> =
            (0..inner.waiting.len()).filter(|place| inner.waiting[*place].ready_at <= turn).collect();
        let overtaken = (inner.waiting.len() - ready.len()) as u64;
        let place = match (ready.len(), inner.waiting.len()) {
            (0, 0) => return None,
            (0, waiting) => luck.index(waiting),
            (count, _) => ready[luck.index(count)],
        };
        let Waiter { key, verdict, .. } = inner.waiting.swap_remove(place);
        Some((Turn { key, verdict }, if ready.is_empty() { 0 } else { overtaken }))
    }
}
