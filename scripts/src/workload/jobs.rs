//! Sampled jobs at their provider: module and inputs for whoever computes them again, and each step that is the provider's to take.
//!
//! * `GET {provider}/v1/jobs/{job}` answers an [`Input`], of which the job's `inputRoot` is.
//! * `GET {provider}/v1/jobs/{job}/module` answers a [`ServedModule`].
//! * `GET {provider}/v1/jobs/{job}/chunks/{chunk}` answers a [`ServedChunk`]: the input, and its path to the inputs' root.
//! * `GET {provider}/v1/jobs/{job}/outputs/{chunk}` answers a [`ServedOutput`]. Until the sample is decided some of them may be planted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes};
use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use runtime::Tree;
use serde::{Deserialize, Serialize};

use crate::blocks::Head;
use crate::chain::Context;
use crate::ids::JobId;
use crate::proof::batch::{Input, tree_of};
use crate::proof::kept::{Folder, Kept};
use crate::proof::sampled::{self, FINISHED, Step, UNTIMELY};
use crate::revert::refusal;
use crate::time::DAY;
use crate::usage::Refused;
use crate::waits::Waits;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedModule {
    pub module: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedChunk {
    pub input: Bytes,
    /// From its leaf up.
    pub path: Vec<B256>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedOutput {
    /// keccak256 of it.
    pub output: B256,
}

/// A job that is served.
#[derive(Debug)]
struct Served {
    kept: Kept,
    input: Input,
    inputs: Tree,
    is_decided: AtomicBool,
    /// Of the step that waits for its time: it is tried at every block, and an opening takes a tree of all outputs.
    call: Mutex<Option<(Turn, Bytes)>>,
}

/// A step of one draw.
type Turn = (B256, Step);

impl Served {
    fn new(kept: Kept) -> Result<Self> {
        let hashes: Vec<B256> = kept.batch.inputs.iter().map(alloy::primitives::keccak256).collect();
        let (input, inputs) = (kept.input()?, tree_of(&hashes));
        Ok(Self { kept, input, inputs, is_decided: AtomicBool::new(false), call: Mutex::default() })
    }

    /// The call of a step, made once.
    async fn call(&self, context: &Context, turn: Turn) -> Result<Bytes> {
        let made = self.call.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, call)) = made.filter(|(made, _)| *made == turn) {
            return Ok(call);
        }
        let call = sampled::call(context, self.kept.job, turn.1, Some(&self.kept)).await?;
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = Some((turn, call.clone()));
        Ok(call)
    }

    fn chunk(&self, chunk: u32) -> Option<ServedChunk> {
        let place = usize::try_from(chunk).ok()?;
        let input = self.kept.batch.inputs.get(place)?.clone();
        let path = self.inputs.path(place)?.into_iter().map(B256::from).collect();
        Some(ServedChunk { input, path })
    }

    fn output(&self, chunk: u32) -> Option<ServedOutput> {
        let output = match self.is_decided.load(Ordering::Relaxed) {
            true => self.kept.outputs.get(usize::try_from(chunk).ok()?).copied(),
            false => self.kept.served(chunk),
        };
        output.map(|output| ServedOutput { output })
    }
}

/// What came of a job at a head.
enum Brought {
    Nothing,
    Step(Step),
    Decided,
}

type Shelf = Arc<RwLock<BTreeMap<JobId, Arc<Served>>>>;

/// The jobs of a folder.
#[derive(Debug)]
pub struct Jobs {
    folder: Folder,
    shelf: Shelf,
    waits: Waits,
}

impl Jobs {
    pub fn new(folder: Folder) -> Self {
        Self { folder, shelf: Shelf::default(), waits: Waits::default() }
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/jobs/{job}", get(input))
            .route("/v1/jobs/{job}/module", get(module))
            .route("/v1/jobs/{job}/chunks/{chunk}", get(chunk))
            .route("/v1/jobs/{job}/outputs/{chunk}", get(output))
            .with_state(Arc::clone(&self.shelf))
    }

    /// Serves what was kept since, and takes the steps whose time has come. Answers how many were taken, and how many failed.
    pub(super) async fn look(&mut self, context: &Context, head: Head) -> (u64, u64) {
        let (mut taken, mut failed) = (0, 0);
        for job in self.folder.jobs() {
            let name = format!("bringing job {job} on");
            if !self.waits.may(&name, head.time) {
                continue;
            }
            match self.bring_on(context, head, job).await {
                Ok(Brought::Step(step)) => {
                    taken += 1;
                    tracing::info!("job {job}: {step:?} is done");
                }
                Ok(Brought::Nothing) => {}
                // A reorganisation may open it again, and nothing else.
                Ok(Brought::Decided) => self.waits.rest(name, head.time + DAY),
                Err(error) if refusal(&error).is_some_and(|refusal| UNTIMELY.contains(&&*refusal.name)) => {}
                Err(error) => {
                    failed += 1;
                    self.waits.failed(name, head.time, &error);
                }
            }
        }
        (taken, failed)
    }

    async fn bring_on(&self, context: &Context, head: Head, job: JobId) -> Result<Brought> {
        let Some(served) = self.served(context, job)? else { return Ok(Brought::Nothing) };
        let sample = sampled::sample_at(context, BlockId::number(head.number), job).await?;
        let is_decided = sample.stage >= FINISHED;
        served.is_decided.store(is_decided, Ordering::Relaxed);
        match sampled::next(&sample, Some(&served.kept), head) {
            Some(step) => {
                let call = served.call(context, (sample.seed, step)).await?;
                context.send_encoded(context.at().sampled, call).await?;
                Ok(Brought::Step(step))
            }
            None if is_decided => Ok(Brought::Decided),
            None => Ok(Brought::Nothing),
        }
    }

    fn served(&self, context: &Context, job: JobId) -> Result<Option<Arc<Served>>> {
        if let Some(served) = self.shelf.read().unwrap_or_else(PoisonError::into_inner).get(&job) {
            return Ok(Some(Arc::clone(served)));
        }
        let Some(kept) = self.folder.get(context, job)? else { return Ok(None) };
        let served = Arc::new(Served::new(kept)?);
        self.shelf.write().unwrap_or_else(PoisonError::into_inner).insert(job, Arc::clone(&served));
        Ok(Some(served))
    }
}

fn answer<T: Serialize>(shelf: &Shelf, job: u64, of: impl FnOnce(&Served) -> Option<T>) -> Response {
    let served = shelf.read().unwrap_or_else(PoisonError::into_inner).get(&JobId(job)).cloned();
    match served.and_then(|served| of(&served)) {
        Some(found) => Json(found).into_response(),
        None => {
            let reason = "nothing like it is served here".to_owned();
            (StatusCode::NOT_FOUND, Json(Refused { reason })).into_response()
        }
    }
}

async fn input(State(shelf): State<Shelf>, Path(job): Path<u64>) -> Response {
    answer(&shelf, job, |served| Some(served.input))
}

async fn module(State(shelf): State<Shelf>, Path(job): Path<u64>) -> Response {
    answer(&shelf, job, |served| Some(ServedModule { module: served.kept.batch.module.clone() }))
}

async fn chunk(State(shelf): State<Shelf>, Path((job, chunk)): Path<(u64, u32)>) -> Response {
    answer(&shelf, job, |served| served.chunk(chunk))
}

async fn output(State(shelf): State<Shelf>, Path((job, chunk)): Path<(u64, u32)>) -> Response {
    answer(&shelf, job, |served| served.output(chunk))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::proof::batch::Batch;
    use crate::proof::kept::Plants;
    use alloy::primitives::Address;

    /// A router that serves a batch as that of a job, and says of it what `input` says.
    pub(crate) fn serving(job: JobId, batch: Batch, input: Input) -> Result<Router> {
        let jobs = Jobs::new(Folder::new("nowhere".into()));
        let kept = Kept { job, chain_id: 1, sampled: Address::ZERO, batch, outputs: Vec::new(), plants: None };
        let served = Served { input, ..Served::new(kept)? };
        jobs.shelf.write().unwrap_or_else(PoisonError::into_inner).insert(job, Arc::new(served));
        Ok(jobs.router())
    }

    #[test]
    fn plants_are_served_until_the_sample_is_decided() -> Result<()> {
        let batch = Batch { module: Bytes::new(), inputs: vec![Bytes::new(); 3] };
        let outputs: Vec<B256> = (1..4).map(B256::repeat_byte).collect();
        let plants = Plants { chunks: vec![1], outputs: vec![B256::repeat_byte(9)], salt: B256::ZERO };
        let (job, sampled) = (JobId(7), Address::ZERO);
        let served = Served::new(Kept { job, chain_id: 1, sampled, batch, outputs, plants: Some(plants) })?;
        let said = |chunk| served.output(chunk).map(|served| served.output.0[0]);
        assert_eq!([said(0), said(1), said(3)], [Some(1), Some(9), None]);
        served.is_decided.store(true, Ordering::Relaxed);
        assert_eq!(said(1), Some(2));
        Ok(())
    }
}
