//! An indexer that runs beside a journey, in its own task.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use indexer::{Config, State, Status};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::chain::Head;

/// A journey that waits longer for a block will wait forever: it fails instead, and says what the indexer was doing.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running indexer. Dropping it lets it run on until its runtime ends: stop it or kill it.
#[derive(Debug)]
pub struct Indexing {
    status: watch::Receiver<Status>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl Indexing {
    pub fn start(config: Config) -> Self {
        let (sender, status) = Status::channel();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // A dropped sender means the same.
            let _ = stopped.await;
        };
        Self { status, stop, task: tokio::spawn(indexer::run(config, sender, shutdown)) }
    }

    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until everything up to this block is visible, state included.
    pub async fn reach(&mut self, head: Head) -> Result<()> {
        let is_there = |status: &Status| {
            let tip = status.indexed.is_some_and(|tip| (tip.number, tip.hash) == (head.number, head.hash));
            tip && status.state == State::Following
        };
        let reached = self.wait(|status| is_there(status) || matches!(status.state, State::Halted(_))).await;
        let reached = reached.with_context(|| format!("indexing up to block {}", head.number))?;
        if let State::Halted(reason) = reached.state {
            bail!("the indexer halted: {reason}");
        }
        Ok(())
    }

    /// Waits for a status; an indexer that ends before has failed.
    pub async fn wait(&mut self, is_wanted: impl FnMut(&Status) -> bool) -> Result<Status> {
        let waited = tokio::time::timeout(PATIENCE, self.status.wait_for(is_wanted)).await;
        match waited.map(|status| status.map(|status| status.clone())) {
            Ok(Ok(status)) => Ok(status),
            Ok(Err(_)) => {
                let ended = (&mut self.task).await.context("the indexer panicked")?;
                Err(ended.err().unwrap_or_else(|| anyhow!("the indexer ended")))
            }
            Err(_) => bail!("the indexer does not get there: {:?}", self.status()),
        }
    }

    /// Lets it finish what is under way.
    pub async fn stop(self) -> Result<()> {
        // It may have ended by itself.
        let _ = self.stop.send(());
        self.task.await.context("the indexer panicked")?
    }

    /// Ends it wherever it is, as a power failure would.
    pub async fn kill(self) {
        self.task.abort();
        // Cancelled, or ended a moment before: it is gone either way.
        let _ = self.task.await;
    }

    /// What it ended with.
    pub async fn ended(self) -> Result<()> {
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.context("the indexer does not end")?.context("the indexer panicked")?
    }
}
