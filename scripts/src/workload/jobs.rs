//! Sampled jobs at their provider: module and inputs for whoever computes them again, and each step that is the provider's to take.
//!
//! * `GET {provider}/v1/jobs/{job}` answers an [`Input`], of which the job's `inputRoot` is.
//! * `GET {provider}/v1/jobs/{job}/module` answers a [`ServedModule`].
//! * `GET {provider}/v1/jobs/{job}/chunks/{chunk}` answers a [`ServedChunk`]: the input, and its path to the inputs' root.
//! * `GET {provider}/v1/jobs/{job}/outputs/{chunk}` answers a [`ServedOutput`]. Until the sample is decided some of them may be planted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes};
use anyhow::Result;
use axum::body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use runtime::Tree;
use serde::{Deserialize, Serialize};

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;
use crate::ids::JobId;
use crate::proof::batch::{Input, tree_of};
use crate::proof::kept::{Folder, Kept};
use crate::proof::sampled::{self, FINISHED, Step, UNTIMELY};
use crate::revert::refusal;
use crate::usage::Refused;
use crate::waits::Waits;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedModule {
    pub module: Bytes,
}

/// A [`ServedModule`] in JSON: made when it is first asked for, and one for all who ask.
#[derive(Debug, Default)]
pub(super) struct Written(OnceLock<body::Bytes>);

impl Written {
    pub(super) fn of(&self, module: &Bytes) -> Option<body::Bytes> {
        if self.0.get().is_none() {
            let made = serde_json::to_vec(&ServedModule { module: module.clone() }).ok()?.into();
            // Somebody else's is the same.
            let _ = self.0.set(made);
        }
        self.0.get().cloned()
    }
}

pub(super) fn answer_module(json: body::Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
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
    /// The answer that has the module, once somebody asked: it is the largest, and the same for everybody.
    module: Written,
    /// Of the step that waits for its time: it is tried at every block, and an opening takes a tree of all outputs.
    call: Mutex<Option<(Turn, Bytes)>>,
}

/// A step of one draw.
type Turn = (B256, Step);

impl Served {
    fn new(kept: Kept) -> Result<Self> {
        let hashes: Vec<B256> = kept.batch.inputs.iter().map(alloy::primitives::keccak256).collect();
        let (input, inputs) = (kept.input()?, tree_of(&hashes));
        let (is_decided, module, call) = (AtomicBool::new(false), Written::default(), Mutex::default());
        Ok(Self { kept, input, inputs, is_decided, module, call })
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

    fn module(&self) -> Option<body::Bytes> {
        self.module.of(&self.kept.batch.module)
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
    /// Jobs that were decided, with the block at which that was seen first.
    decided: BTreeMap<JobId, u64>,
}

impl Jobs {
    pub fn new(folder: Folder) -> Self {
        Self { folder, shelf: Shelf::default(), waits: Waits::default(), decided: BTreeMap::new() }
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
            let is_settling = self.decided.get(&job).is_some_and(|block| head.number <= block + UNSETTLED_BLOCKS);
            if is_settling || !self.waits.may(&name, head.time) {
                continue;
            }
            let brought = match self.bring_on(context, head, job).await {
                Ok(Brought::Decided) => self.settle(job, head.number).map(|()| Brought::Decided),
                Ok(brought) => {
                    self.decided.remove(&job);
                    Ok(brought)
                }
                Err(error) => Err(error),
            };
            match brought {
                Ok(Brought::Step(step)) => {
                    taken += 1;
                    tracing::info!("job {job}: {step:?} is done");
                }
                Ok(Brought::Nothing | Brought::Decided) => {}
                Err(error) if refusal(&error).is_some_and(|refusal| UNTIMELY.contains(&&*refusal.name)) => {}
                Err(error) => {
                    failed += 1;
                    self.waits.failed(name, head.time, &error);
                }
            }
        }
        (taken, failed)
    }

    /// What is decided leaves shelf and folder once no block can be replaced that says so: a reorganisation may open it again.
    fn settle(&mut self, job: JobId, block: u64) -> Result<()> {
        let since = *self.decided.entry(job).or_insert(block);
        if block > since + UNSETTLED_BLOCKS {
            self.folder.retire(job)?;
            self.shelf.write().unwrap_or_else(PoisonError::into_inner).remove(&job);
            self.decided.remove(&job);
            tracing::info!("job {job} is decided, and not served any more");
        }
        Ok(())
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

fn served(shelf: &Shelf, job: u64) -> Option<Arc<Served>> {
    shelf.read().unwrap_or_else(PoisonError::into_inner).get(&JobId(job)).cloned()
}

fn nothing() -> Response {
    let reason = "nothing like it is served here".to_owned();
    (StatusCode::NOT_FOUND, Json(Refused { reason })).into_response()
}

fn answer<T: Serialize>(shelf: &Shelf, job: u64, of: impl FnOnce(&Served) -> Option<T>) -> Response {
    match served(shelf, job).and_then(|served| of(&served)) {
        Some(found) => Json(found).into_response(),
        None => nothing(),
    }
}

async fn input(State(shelf): State<Shelf>, Path(job): Path<u64>) -> Response {
    answer(&shelf, job, |served| Some(served.input))
}

async fn module(State(shelf): State<Shelf>, Path(job): Path<u64>) -> Response {
    match served(&shelf, job).and_then(|served| served.module()) {
        Some(module) => answer_module(module),
        None => nothing(),
    }
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

    fn kept(job: JobId, chunks: usize) -> Kept {
        let batch = Batch { module: Bytes::from_static(b"module"), inputs: vec![Bytes::new(); chunks] };
        let outputs = vec![B256::repeat_byte(1); chunks];
        Kept { job, chain_id: 1, sampled: Address::ZERO, batch, outputs, plants: None }
    }

    #[test]
    fn a_module_is_written_once_however_often_it_is_asked_for() -> Result<()> {
        let served = Served::new(kept(JobId(7), 3))?;
        let (first, second) = (served.module().expect("JSON"), served.module().expect("JSON"));
        assert_eq!(&first[..], br#"{"module":"0x6d6f64756c65"}"#);
        assert_eq!(first.as_ptr(), second.as_ptr());
        Ok(())
    }

    #[test]
    fn a_decided_job_leaves_the_shelf_when_its_block_cannot_be_replaced() -> Result<()> {
        let place = tempfile::tempdir()?;
        let (folder, job) = (Folder::new(place.path().to_owned()), JobId(7));
        folder.keep(&kept(job, 3))?;
        let mut jobs = Jobs::new(folder.clone());
        let (shelf, served) = (Arc::clone(&jobs.shelf), Arc::new(Served::new(kept(job, 3))?));
        shelf.write().unwrap_or_else(PoisonError::into_inner).insert(job, served);
        for block in [100, 100 + UNSETTLED_BLOCKS] {
            jobs.settle(job, block)?;
            assert!(super::served(&shelf, 7).is_some() && folder.jobs() == [job]);
        }
        jobs.settle(job, 101 + UNSETTLED_BLOCKS)?;
        assert!(super::served(&shelf, 7).is_none() && folder.jobs().is_empty());
        assert!(place.path().join("decided/7.json").exists(), "its provider still has it");
        Ok(())
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
