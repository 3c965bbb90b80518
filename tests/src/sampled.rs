//! What a batch that is proved by samples needs: its provider's host, and probers who compute drawn chunks again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::Bytes;
use anyhow::{Context as _, Result};
use contracts::Sampled;
use runtime::Limits;
use scripts::chain::Context;
use scripts::ids::JobId;
use scripts::prober::run::{self, Counts, Prober};
use scripts::proof::batch::Batch;
use scripts::proof::kept::Folder;
use scripts::workload::host::{self, Host, Meters};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::chain::Chain;

const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(120);
/// Blocks after which something that nobody does is not waited for.
const ROUNDS: usize = 20;

/// Blocks from a commitment to the draw.
pub const DRAW: u64 = 5;

/// A program of ours that serves until it is stopped.
#[derive(Debug)]
pub struct Running<T> {
    pub seen: Arc<T>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl<T> Running<T> {
    /// As a kill would: what was not on disk is gone.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        Ok(self.task.await?)
    }
}

/// The module that hashes, and so many inputs.
pub fn batch(chunks: u8) -> Result<Batch> {
    xtask::setup::modules().map_err(anyhow::Error::from_boxed)?;
    let module = xtask::modules::read("hash").map_err(anyhow::Error::from_boxed)?;
    Ok(Batch { module: module.into(), inputs: (0..chunks).map(|chunk| Bytes::from(vec![chunk; 100])).collect() })
}

/// `surety provider serve`, of the provider whose context it is.
pub async fn serve(provider: Context, jobs: Folder, door: TcpListener) -> Result<Running<Meters>> {
    let options = host::Options { poll: POLL, is_readying: false, jobs: Some(jobs), ..host::Options::default() };
    let host = Host::open(provider, options).await?;
    let (seen, (stop, stopped)) = (host.meters(), oneshot::channel::<()>());
    let task = tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        let _ = host.run(door, stopped).await;
    });
    Ok(Running { seen, stop, task })
}

/// `surety prober run`, with its journal in this folder.
pub async fn probe(prober: Context, state: &Path) -> Result<Running<Counts>> {
    let executing =
        run::Executing { state: state.to_owned(), within: Duration::from_secs(5), limits: Limits::default() };
    let options =
        run::Options { poll: POLL, is_reporting_daily: false, executing: Some(executing), ..run::Options::default() };
    let prober = Prober::open(prober, options).await?;
    let (seen, (stop, stopped)) = (prober.counts(), oneshot::channel::<()>());
    let door = TcpListener::bind("127.0.0.1:0").await?;
    let task = tokio::spawn(async move {
        let stopped = async move { drop(stopped.await) };
        let _ = prober.run(door, stopped).await;
    });
    Ok(Running { seen, stop, task })
}

pub async fn patiently(what: &str, it: impl Future<Output = ()>) -> Result<()> {
    tokio::time::timeout(PATIENCE, it).await.with_context(|| format!("{what} is waited for in vain"))
}

/// In which stage the sample of a job is.
pub async fn stage(context: &Context, job: JobId) -> Result<u8> {
    Ok(context.view(context.at().sampled, Sampled::sampleOfCall { job: job.0 }).await?.stage)
}

/// Blocks come, and everybody does what there is to do, until the sample is in this stage.
pub async fn until(
    (chain, context): (&Chain, &Context),
    (job, wanted): (JobId, u8),
    host: &Running<Meters>,
    probing: &[Running<Counts>],
) -> Result<()> {
    for _ in 0..ROUNDS {
        let head = chain.head().await?.number;
        patiently("the host", host.seen.until(|meters| meters.head.get() >= head)).await?;
        for prober in probing {
            patiently("a prober", prober.seen.until(|counts| counts.head.get() >= head)).await?;
        }
        if stage(context, job).await? == wanted {
            return Ok(());
        }
        chain.mine(1).await?;
    }
    anyhow::bail!("the sample is not {wanted}, but {}", stage(context, job).await?)
}
