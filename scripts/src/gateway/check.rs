//! Running some inputs again, to compare: fuel, memory and output are the same wherever a module runs.

use std::path::PathBuf;
use std::sync::Arc;

use alloy::primitives::{B256, Bytes};
use anyhow::Result;
use axum::body;
use runtime::Limits;
use tokio::sync::Semaphore;

use super::judge::{Again, Output};
use crate::usage::mebibytes_up;
use crate::workload::library::Library;

/// Invariants:
/// 1. What is run has the hash that the deal names, whoever it came from.
/// 2. No more runs side by side than there are cores: each may take as much memory as an invocation.
#[derive(Debug)]
pub(super) struct Checks {
    library: Arc<Library>,
    one_in: u32,
    cores: Semaphore,
}

impl Checks {
    /// `folder` has modules that need not be asked for. None: one in zero is none, and what a provider says is its word.
    pub(super) fn new(folder: Option<PathBuf>, limits: Limits, one_in: u32) -> Result<Option<Self>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let checks =
            || anyhow::Ok(Self { library: Library::new(folder, limits)?, one_in, cores: Semaphore::new(cores) });
        (one_in > 0).then(checks).transpose()
    }

    /// Whether an input is run again: by chance, so that a provider does not know which.
    pub(super) fn is_due(&self) -> bool {
        rand::random_range(0..self.one_in) == 0
    }

    pub(super) fn has(&self, module: B256) -> bool {
        self.library.has(module)
    }

    /// Has the module from here on: it is in the folder, or the provider is asked for it.
    pub(super) async fn have(&self, module: B256, fetch: impl Future<Output = Result<Bytes>>) -> Result<()> {
        self.library.module_or(module, fetch).await.map(|_| ())
    }

    /// Runs an input. None: it could not be, or its fuel says nothing about that of another machine. `answer` is the provider's output,
    /// none of one that it says trapped, or whether there is none because the line broke.
    pub(super) async fn again(
        &self,
        module: B256,
        input: body::Bytes,
        answer: Result<Option<Bytes>, bool>,
    ) -> Option<Again> {
        let run = async {
            let _core = self.cores.acquire().await?;
            self.library.run(self.library.module(module).await?, input).await
        };
        let run = run.await.inspect_err(|error| tracing::warn!("module {module} is not run again: {error:#}")).ok()?;
        if run.output.as_ref().is_err_and(|trap| !trap.is_deterministic()) {
            return None;
        }
        let output = match (answer, run.output) {
            (Ok(Some(theirs)), Ok(ours)) if ours[..] == theirs[..] => Output::Same,
            (Ok(Some(_)), _) => Output::Other,
            (Err(true), _) | (Ok(None) | Err(false), Err(_)) => Output::Same,
            (Ok(None) | Err(false), Ok(_)) => Output::Missing,
        };
        Some(Again { fuel: run.fuel, memory_mib: mebibytes_up(run.memory_bytes), output })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use anyhow::Context as _;
    use futures::poll;
    use tokio::task::spawn_blocking;

    use super::*;

    #[test]
    fn nothing_is_run_again_without_a_core() -> Result<()> {
        // One thread for what blocks: what comes to it ends in its order.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
        runtime.block_on(async {
            let checks = Checks::new(None, Limits::default(), 1)?.context("one in one is some")?;
            let all = checks.cores.acquire_many(u32::try_from(checks.cores.available_permits())?).await?;
            // That its module is not here would be known after a look.
            let mut again = pin!(checks.again(B256::ZERO, body::Bytes::new(), Ok(None)));
            assert!(poll!(&mut again).is_pending());
            spawn_blocking(|| ()).await?;
            assert!(poll!(&mut again).is_pending(), "all cores are taken");
            drop(all);
            assert_eq!(again.await, None);
            Ok(())
        })
    }
}
