//! Computing the drawn chunks of a job again: module and inputs come from the provider, and are checked against the job's input.
//! What cannot be checked is not computed, and nothing is said about it.

use std::sync::Arc;

use alloy::primitives::{B256, keccak256};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::proofs::IProofs;
use runtime::{Limits, Module, Tree};
use tokio::task::spawn_blocking;

use crate::ids::JobId;
use crate::proof::batch::Input;
use crate::usage::INPUT_BYTES;
use crate::workload::Client;
use crate::workload::jobs::{ServedChunk, ServedModule};

/// What stands around bytes in hexadecimal: names, a path of 20 hashes.
const AROUND: usize = 4_096;

/// Fetches and runs what providers serve.
#[derive(Debug, Clone)]
pub(super) struct Executor {
    client: Client,
    host: Arc<runtime::Host>,
}

/// What is computed again.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub id: JobId,
    pub job: IProofs::Job,
    /// Of the batch, as it was committed.
    pub count: u32,
    /// Those that were drawn.
    pub chunks: Vec<u32>,
}

impl Executor {
    pub(super) fn new(client: Client, limits: Limits) -> Result<Self> {
        Ok(Self { client, host: Arc::new(runtime::Host::new(limits)?) })
    }

    /// Hashes of the outputs of the drawn chunks. An error says why there are none.
    pub(super) async fn outputs(&self, endpoint: &str, asked: &Asked) -> Result<Vec<B256>> {
        let base = format!("{}/v1/jobs/{}", endpoint.trim_end_matches('/'), asked.id);
        let input: Input = self.get(&base, AROUND).await?;
        ensure!(input.root() == asked.job.inputRoot, "its provider serves another input than the job's");
        ensure!(
            input.chunks == asked.count,
            "its provider committed {} chunks of a batch of {}",
            asked.count,
            input.chunks
        );
        let module = self.module(&base, input.module).await?;
        let mut outputs = Vec::new();
        for chunk in &asked.chunks {
            outputs.push(self.chunk(&base, &module, input, *chunk).await?);
        }
        Ok(outputs)
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str, most: usize) -> Result<T> {
        self.client.json(url, most).await.map_err(|why| anyhow::anyhow!("its provider: {why}"))
    }

    async fn module(&self, base: &str, hash: B256) -> Result<Module> {
        let most = 2 * self.host.limits().module_bytes + AROUND;
        let served: ServedModule = self.get(&format!("{base}/module"), most).await?;
        ensure!(keccak256(&served.module) == hash, "its provider serves another module than the job's");
        let host = Arc::clone(&self.host);
        Ok(spawn_blocking(move || host.load(&served.module)).await.context("loading a module")??)
    }

    async fn chunk(&self, base: &str, module: &Module, input: Input, chunk: u32) -> Result<B256> {
        let served: ServedChunk = self.get(&format!("{base}/chunks/{chunk}"), 2 * INPUT_BYTES + AROUND).await?;
        let path: Vec<_> = served.path.iter().map(|hash| hash.0).collect();
        let is_whole = path.len() == usize::try_from(input.chunks.next_power_of_two().trailing_zeros())?;
        let is_its = is_whole && Tree::holds(input.inputs.0, chunk, keccak256(&served.input).0, &path);
        ensure!(is_its, "its provider serves another chunk {chunk} than the job's");
        let (host, module) = (Arc::clone(&self.host), module.clone());
        let run = spawn_blocking(move || host.run(&module, &served.input)).await.context("running a module")?;
        match run.output {
            Ok(output) => Ok(keccak256(output)),
            Err(trap) => bail!("chunk {chunk} has no output: {trap}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::batch::Batch;
    use crate::proof::sampled::tests::job;
    use crate::workload::jobs::tests::serving;
    use alloy::primitives::Bytes;
    use std::time::Duration;
    use tokio::net::TcpListener;

    const JOB: JobId = JobId(7);

    /// Answers its input; with `spins` it never does.
    fn module(spins: bool) -> Result<Bytes> {
        let body = if spins { "(loop $for (br $for))" } else { "" };
        let text = format!(
            r#"(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) i32.const 8)
            (func (export "run") (param i32 i32) (result i64) {body}
            (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32)) (i64.extend_i32_u (local.get 1)))))"#
        );
        Ok(wat::parse_str(text)?.into())
    }

    fn batch(spins: bool) -> Result<Batch> {
        Ok(Batch { module: module(spins)?, inputs: (0..5_u8).map(|byte| vec![byte; 9].into()).collect() })
    }

    /// What an executor makes of `served` where it is said to be `said`, for the job with this input.
    async fn executed(served: Batch, said: Input, asked: &Asked) -> Result<Vec<B256>> {
        let router = serving(JOB, served, said)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let limits = Limits { fuel: 1_000_000, ..Limits::default() };
        let executor = Executor::new(Client::new(Duration::from_secs(5))?, limits)?;
        let outputs = executor.outputs(&url, asked).await;
        server.abort();
        outputs
    }

    fn asked(input: Input) -> Asked {
        let job = IProofs::Job { inputRoot: input.root(), ..job() };
        Asked { id: JOB, job, count: input.chunks, chunks: vec![1, 4] }
    }

    #[tokio::test]
    async fn what_the_input_root_says_is_computed() -> Result<()> {
        let batch = batch(false)?;
        let input = batch.input()?;
        let outputs = executed(batch.clone(), input, &asked(input)).await?;
        assert_eq!(outputs, [keccak256([1; 9]), keccak256([4; 9])]);
        assert_eq!(batch.compute()?[4], outputs[1], "as its provider computes it");
        Ok(())
    }

    #[tokio::test]
    async fn nothing_is_said_about_an_input_that_is_not_the_jobs() -> Result<()> {
        let (honest, spinning) = (batch(false)?, batch(true)?);
        let (input, endless) = (honest.input()?, spinning.input()?);
        let mut changed = honest.clone();
        changed.inputs[4] = Bytes::from_static(b"other");
        let short = Asked { count: 4, ..asked(input) };
        for (served, said, asked, why) in [
            (changed.clone(), changed.input()?, asked(input), "serves another input"),
            (changed, input, asked(input), "serves another chunk 1"),
            (spinning.clone(), input, asked(input), "serves another module"),
            (honest, input, short, "committed 4 chunks of a batch of 5"),
            (spinning, endless, asked(endless), "it used up its fuel"),
        ] {
            let error = executed(served, said, &asked).await.expect_err(why).to_string();
            assert!(error.contains(why), "{error} instead of {why}");
        }
        Ok(())
    }
}
