//! Provers, watchers and leaf servers that run beside a journey, in tasks of their own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::B256;
use anyhow::{Context as _, Result, anyhow, ensure};
use contracts::Capacity;
use contracts::i_capacity::ICapacity;
use scripts::capacity::contract;
use scripts::capacity::leaves::{Claim, Shelf};
use scripts::capacity::prover::{self, Meters, Prover};
use scripts::capacity::puzzle::Leaves;
use scripts::capacity::watcher::{self, Counts, Watcher};
use scripts::chain::Context;
use scripts::ids::CommitmentId;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A journey that waits longer will wait forever: it fails instead, and says what was done.
const PATIENCE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(20);

/// How many cores a journey takes for itself.
const THREADS: usize = 2;

/// A running prover.
#[derive(Debug)]
pub struct Proving {
    pub url: String,
    pub meters: Arc<Meters>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Arc<Meters>>>,
}

impl Proving {
    /// With its state in `folder`, which a prover before it may have left.
    pub async fn start(context: &Context, commitment: CommitmentId, folder: &Path) -> Result<Self> {
        Self::with(context, prover::Options::new(commitment, folder.to_owned())).await
    }

    pub async fn with(context: &Context, options: prover::Options) -> Result<Self> {
        let options = prover::Options { threads: Some(THREADS), is_pinned: false, poll: POLL, ..options };
        let prover = Prover::open(contract::Capacity::new(context.clone()), options).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let meters = prover.meters();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(prover.run(listener, shutdown));
        Ok(Self { url, meters, stop, task })
    }

    pub async fn until(&self, what: &str, is_wanted: impl Fn(&Meters) -> bool) -> Result<()> {
        let reached = tokio::time::timeout(PATIENCE, self.meters.until(is_wanted)).await;
        reached.map_err(|_| anyhow!("waiting until {what}, the prover has {:?}", self.meters))
    }

    /// Waits until it has done all that a block calls for.
    pub async fn seen(&self, block: u64) -> Result<()> {
        self.until(&format!("block {block} is seen"), |meters| meters.head.get() >= block).await
    }

    pub async fn stop(self) -> Result<()> {
        ensure!(self.stop.send(()).is_ok(), "the prover has ended");
        self.task.await?.map(drop)
    }

    /// It ends wherever it is.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// Waits until it ends of itself.
    pub async fn ended(self) -> Result<Arc<Meters>> {
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.map_err(|_| anyhow!("the prover does not end: {:?}", self.meters))?.context("the prover panicked")?
    }
}

/// A running watcher.
#[derive(Debug)]
pub struct Watching {
    pub counts: Arc<Counts>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Arc<Counts>>>,
}

impl Watching {
    pub async fn start(context: &Context, options: watcher::Options) -> Result<Self> {
        let within = Duration::from_secs(2);
        let options = watcher::Options { threads: THREADS, poll: POLL, within, ..options };
        let watcher = Watcher::open(contract::Capacity::new(context.clone()), options).await?;
        let counts = watcher.counts();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        Ok(Self { counts, stop, task: tokio::spawn(watcher.run(shutdown)) })
    }

    pub async fn until(&self, what: &str, is_wanted: impl Fn(&Counts) -> bool) -> Result<()> {
        let reached = tokio::time::timeout(PATIENCE, self.counts.until(is_wanted)).await;
        reached.map_err(|_| anyhow!("waiting until {what}, the watcher has {:?}", self.counts))
    }

    /// Waits until it has done all that a block calls for.
    pub async fn seen(&self, block: u64) -> Result<()> {
        self.until(&format!("block {block} is seen"), |counts| counts.head.get() >= block).await
    }

    pub async fn stop(self) -> Result<()> {
        ensure!(self.stop.send(()).is_ok(), "the watcher has ended");
        self.task.await?.map(drop)
    }
}

/// A server of leaves, whoever made them.
#[derive(Debug)]
pub struct Server {
    pub url: String,
    pub shelf: Shelf,
    // Ends it.
    _stop: oneshot::Sender<()>,
}

impl Server {
    pub async fn start() -> Result<Self> {
        let shelf = Shelf::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        tokio::spawn(listen::serve(listener, shelf.router(), shutdown));
        Ok(Self { url, shelf, _stop: stop })
    }

    /// Shows these leaves as those of a claim.
    pub fn show(
        &self,
        commitment: CommitmentId,
        claim: &ICapacity::Claim,
        bitmap: &scripts::capacity::puzzle::Bitmap,
        leaves: &Leaves,
    ) {
        let claim = Claim {
            commitment,
            window: claim.window,
            seed: B256::ZERO,
            root: claim.root,
            filled: claim.filled,
            block: claim.blockNumber,
            bitmap: bitmap.clone(),
        };
        self.shelf.publish(claim, leaves);
    }
}

/// Whether a commitment was convicted.
pub async fn is_convicted(context: &Context, commitment: CommitmentId) -> Result<bool> {
    let call = Capacity::commitmentOfCall { commitment: commitment.0 };
    Ok(context.view(context.at().capacity, call).await?.isConvicted)
}
