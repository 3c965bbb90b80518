//! An indexer that runs in the test.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use indexer::{Config, Deployment, State, Status};
use sqlx::PgPool;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Node, deployment};

/// Long enough for a busy machine; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Indexer {
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<Result<()>>,
}

impl Indexer {
    pub(crate) fn start(db: &PgPool, node: &Node) -> Result<Self> {
        Self::start_with(db, node, deployment())
    }

    pub(crate) fn start_with(db: &PgPool, node: &Node, deployment: Deployment) -> Result<Self> {
        Ok(Self::start_as(Config::new((*db.connect_options()).clone(), &node.url, deployment)?))
    }

    pub(crate) fn start_as(config: Config) -> Self {
        Self::start_polling(config, Duration::from_millis(5))
    }

    pub(crate) fn start_polling(mut config: Config, poll_interval: Duration) -> Self {
        config.poll_interval = poll_interval;
        let (sender, status) = Status::channel();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        Self { status, stop, task: tokio::spawn(indexer::run(config, sender, shutdown)) }
    }

    pub(crate) async fn until(&mut self, is_wanted: impl FnMut(&Status) -> bool) -> Result<Status> {
        let waiting = tokio::time::timeout(PATIENCE, self.status.wait_for(is_wanted)).await;
        if let Ok(status) = waiting.context("waited too long")? {
            return Ok(status.clone());
        }
        (&mut self.task).await??;
        bail!("the indexer ended")
    }

    pub(crate) async fn synced(&mut self, node: &Node) -> Result<()> {
        let head = node.chain().tip();
        self.until(|status| status.indexed == Some(head) && status.state == State::Following).await?;
        Ok(())
    }

    pub(crate) async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.task.await?
    }

    /// What it ends with by itself.
    pub(crate) async fn refusal(self) -> Result<String> {
        let ended = tokio::time::timeout(PATIENCE, self.task).await.context("it did not end")??;
        Ok(format!("{:#}", ended.err().context("it did not refuse")?))
    }
}
