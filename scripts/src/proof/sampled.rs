//! Proofs by samples, stage by stage: the provider commits and opens, anyone draws and finishes. What executors do is in `prober::run`.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use alloy::sol_types::{SolCall as _, SolValue as _};
use anyhow::{Context as _, Result, ensure};
use contracts::Sampled;
use contracts::proofs::IProofs;
use contracts::sampled::{IProofs as Asked, ISampled};
use serde::Serialize;

use super::batch::Batch;
use super::kept::{Folder, Kept};
use super::{SAMPLED, job, kind_name};
use crate::amount::Usd;
use crate::blocks::Head;
use crate::chain::Context;
use crate::ids::{DealId, FaultId, JobId};
use crate::time::maybe_timestamp;

const STAGES: [&str; 6] = ["none", "committed", "drawn", "opened", "finished", "closed"];
pub const COMMITTED: u8 = 1;
pub const DRAWN: u8 = 2;
pub const OPENED: u8 = 3;
pub const FINISHED: u8 = 4;
pub const CLOSED: u8 = 5;

/// The block after the commit whose hash draws, and for how many more the chain knows it.
pub const DRAW_BLOCKS: u64 = 4;
const KNOWN_BLOCKS: u64 = 8_191;

/// Seconds after the draw.
pub(crate) const SEAL_TIME: u64 = 6 * 3_600;
pub(crate) const OPEN_TIME: u64 = 12 * 3_600;
const PLANTS_TIME: u64 = 18 * 3_600;

/// Refusals that say that it is not, or no longer, the time for a step, or that somebody else was first.
pub(crate) const UNTIMELY: &[&str] = &[
    "DrawTooEarly",
    "FaultRunning",
    "JobDecided",
    "NotSealed",
    "OpeningOver",
    "OpeningRunning",
    "PlantsOver",
    "SealedAlready",
    "SealingOver",
    "SealingRunning",
    "StageWrong",
];

/// What can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Draw,
    Open,
    ShowPlants,
    Finish,
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub job: JobId,
    pub deal: DealId,
    pub slot: u8,
    pub provider: Address,
    pub stage: &'static str,
    pub input_root: B256,
    pub output_root: B256,
    pub chunks: u32,
    pub committed_at: Option<String>,
    pub drawn_at: Option<String>,
    /// Chunks that were drawn.
    pub drawn: Vec<u32>,
    pub executors: Vec<Address>,
    /// Of its dispute.
    pub fault: Option<FaultId>,
    /// What anyone can do now; opening is the provider's.
    pub next: Option<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Committed {
    pub job: JobId,
    pub output_root: B256,
    pub chunks: u32,
    pub planted: usize,
    pub paid: Usd,
    /// It can be drawn after this block; none: it is planned.
    pub drawn_after: Option<u64>,
    pub gas: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advanced {
    pub job: JobId,
    pub step: Step,
    pub stage: &'static str,
    pub gas: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    pub account: Address,
    pub recipient: Address,
    pub claimed: Usd,
}

pub(crate) async fn sample_at(context: &Context, block: BlockId, id: JobId) -> Result<ISampled::Sample> {
    context.view_at(block, context.at().sampled, Sampled::sampleOfCall { job: id.0 }).await
}

/// Of this kind, or an error says which it is.
pub(crate) fn ensure_sampled(id: JobId, job: &IProofs::Job) -> Result<()> {
    ensure!(job.kind == SAMPLED, "Job {id} asks for proofs of kind {}, not for samples.", kind_name(job.kind));
    Ok(())
}

pub async fn show(context: &Context, id: JobId) -> Result<Shown> {
    let job = job(context, id).await?;
    ensure_sampled(id, &job)?;
    let (head, at) = (context.head().await?, context.at().sampled);
    let sample = sample_at(context, BlockId::latest(), id).await?;
    let executors = context.view(at, Sampled::executorsOfCall { job: id.0 }).await?;
    let drawn = context.view(at, Sampled::chunksOfCall { job: id.0 }).await?;
    Ok(Shown {
        job: id,
        deal: DealId(job.deal),
        slot: job.slot,
        provider: job.provider,
        stage: stage_name(sample.stage),
        input_root: job.inputRoot,
        output_root: sample.outputRoot,
        chunks: sample.chunks,
        committed_at: maybe_timestamp(sample.committedAt.to()),
        drawn_at: maybe_timestamp(sample.drawnAt.to()),
        drawn,
        executors,
        fault: (sample.fault > 0).then_some(FaultId(sample.fault)),
        next: next(&sample, None, head),
    })
}

fn stage_name(stage: u8) -> &'static str {
    STAGES.get(usize::from(stage)).copied().unwrap_or("unknown")
}

/// Computes a job's batch, keeps it, and commits to its outputs. What was kept of the job before is taken as it is: nothing else can be
/// opened once it was committed.
pub async fn prove(context: &Context, folder: &Folder, id: JobId, batch: Batch, plants: u32) -> Result<Committed> {
    let job = job(context, id).await?;
    ensure_sampled(id, &job)?;
    let root = batch.input()?.root();
    ensure!(
        root == job.inputRoot,
        "Job {id} asks for the input with root {}, and this batch's is {root}.",
        job.inputRoot
    );
    let kept = match folder.get(context, id)? {
        Some(kept) => kept,
        None => {
            let computing = context.clone();
            let kept = move || Kept::compute(&computing, id, batch, plants);
            tokio::task::spawn_blocking(kept).await.context("computing a batch")??
        }
    };
    if !context.is_planning() {
        folder.keep(&kept)?;
    }
    commit(context, &job, &kept).await
}

async fn commit(context: &Context, job: &IProofs::Job, kept: &Kept) -> Result<Committed> {
    let at = context.at();
    let (chunks, output_root) = (kept.input()?.chunks, kept.output_root());
    let pay = context.view(at.sampled, Sampled::payOfCall {}).await?;
    context.allow(at.stablecoin, at.sampled, pay).await?;
    let call = Sampled::commitCall {
        job: kept.job.0,
        asked: asked(job),
        outputRoot: output_root,
        chunks,
        plants: kept.plants_hash(),
    };
    let sent = context.send(at.sampled, call).await?;
    Ok(Committed {
        job: kept.job,
        output_root,
        chunks,
        planted: kept.plants.as_ref().map_or(0, |plants| plants.chunks.len()),
        paid: context.usd(pay),
        drawn_after: sent.block.map(|block| block + DRAW_BLOCKS),
        gas: sent.gas_used,
    })
}

/// What can be done with a sample now, as far as its times say; `kept` is its provider's.
pub(crate) fn next(sample: &ISampled::Sample, kept: Option<&Kept>, head: Head) -> Option<Step> {
    let since = head.time.saturating_sub(sample.drawnAt.to());
    let draw = sample.committedBlock + DRAW_BLOCKS;
    match sample.stage {
        COMMITTED if head.number > draw + KNOWN_BLOCKS => Some(Step::Finish),
        COMMITTED => (head.number >= draw).then_some(Step::Draw),
        DRAWN if kept.is_some() && since <= OPEN_TIME => Some(Step::Open),
        OPENED if kept.is_some_and(|kept| kept.plants.is_some()) && !sample.isShown && since <= PLANTS_TIME => {
            Some(Step::ShowPlants)
        }
        DRAWN | OPENED => Some(Step::Finish),
        FINISHED => (sample.fault > 0).then_some(Step::Close),
        _ => None,
    }
}

/// The call of a step, as anyone may send it who has what is `kept`.
pub(crate) async fn call(context: &Context, id: JobId, step: Step, kept: Option<&Kept>) -> Result<Bytes> {
    let at = context.at().sampled;
    let missing = || format!("nothing is kept of job {id}: only its provider can do this");
    let encoded = match step {
        Step::Draw => Sampled::drawCall { job: id.0 }.abi_encode(),
        Step::Open => {
            let chunks = context.view(at, Sampled::chunksOfCall { job: id.0 }).await?;
            let (outputs, siblings) = kept.with_context(missing)?.opening(&chunks)?;
            Sampled::openCall { job: id.0, outputs, siblings }.abi_encode()
        }
        Step::ShowPlants => {
            let plants = kept.and_then(|kept| kept.plants.clone()).with_context(missing)?;
            let (chunks, outputs, salt) = (plants.chunks, plants.outputs, plants.salt);
            Sampled::showPlantsCall { job: id.0, chunks, outputs, salt }.abi_encode()
        }
        Step::Finish => Sampled::finishCall { job: id.0, asked: asked(&job(context, id).await?) }.abi_encode(),
        Step::Close => Sampled::closeCall { job: id.0 }.abi_encode(),
    };
    Ok(encoded.into())
}

/// Does the next step of a sample.
pub async fn advance(context: &Context, id: JobId, kept: Option<&Kept>) -> Result<Advanced> {
    let sample = sample_at(context, BlockId::latest(), id).await?;
    let stage = stage_name(sample.stage);
    let step = next(&sample, kept, context.head().await?);
    let step = step.with_context(|| format!("Job {id} is {stage}: nothing can be done with it now."))?;
    let sent = context.send_encoded(context.at().sampled, call(context, id, step, kept).await?).await?;
    let stage = stage_name(sample_at(context, BlockId::latest(), id).await?.stage);
    Ok(Advanced { job: id, step, stage, gas: sent.gas_used })
}

/// What an executor seals.
pub fn seal_of(id: JobId, executor: Address, outputs: &[B256], salt: B256) -> B256 {
    keccak256((id.0, executor, outputs.to_vec(), salt).abi_encode_params())
}

/// What re-executions earned, and what of a sample nobody earned.
pub async fn claim(context: &Context, recipient: Address) -> Result<Claimed> {
    let (at, account) = (context.at().sampled, context.sender()?);
    let credit = context.view(at, Sampled::creditOfCall { account }).await?;
    if credit > 0 {
        context.send(at, Sampled::claimCall { recipient }).await?;
    }
    Ok(Claimed { account, recipient, claimed: context.usd(credit) })
}

/// The same job, as `Sampled` takes it: bindings have their structs each to itself.
pub(crate) fn asked(job: &IProofs::Job) -> Asked::Job {
    Asked::Job {
        deal: job.deal,
        slot: job.slot,
        kind: job.kind,
        verdict: job.verdict,
        serving: job.serving,
        provider: job.provider,
        key: job.key,
        seed: job.seed,
        inputRoot: job.inputRoot,
        outputRoot: job.outputRoot,
        notBefore: job.notBefore,
        notAfter: job.notAfter,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use alloy::primitives::aliases::U40;

    pub(crate) fn job() -> IProofs::Job {
        IProofs::Job {
            deal: 1,
            slot: 0,
            kind: SAMPLED,
            verdict: 0,
            serving: 1,
            provider: Address::repeat_byte(1),
            key: B256::ZERO,
            seed: B256::repeat_byte(2),
            inputRoot: B256::repeat_byte(3),
            outputRoot: B256::ZERO,
            notBefore: U40::from(900),
            notAfter: U40::ZERO,
        }
    }

    fn sample(stage: u8) -> ISampled::Sample {
        ISampled::Sample {
            stage,
            chunks: 20,
            committedAt: U40::from(1_000),
            committedBlock: 10,
            drawnAt: U40::from(if stage > COMMITTED { 2_000 } else { 0 }),
            fault: 0,
            isShown: false,
            outputRoot: B256::ZERO,
            plants: B256::ZERO,
            seed: B256::ZERO,
        }
    }

    fn kept() -> Kept {
        let plants = super::super::kept::Plants::sow(20, 2).expect("there is room");
        let batch = Batch { module: Default::default(), inputs: Vec::new() };
        let outputs = vec![B256::ZERO; 20];
        Kept { job: JobId(7), chain_id: 1, sampled: Address::ZERO, batch, outputs, plants: Some(plants) }
    }

    #[test]
    fn each_stage_has_its_step_until_its_time_is_over() {
        let (kept, at) = (kept(), |number, time| Head { number, hash: B256::ZERO, time });
        let step = |stage, head| next(&sample(stage), Some(&kept), head);
        assert_eq!(step(0, at(20, 3_000)), None);
        assert_eq!(step(COMMITTED, at(13, 3_000)), None, "the fourth block is not there");
        assert_eq!(step(COMMITTED, at(14, 3_000)), Some(Step::Draw));
        assert_eq!(step(COMMITTED, at(14 + 8_192, 3_000)), Some(Step::Finish));
        assert_eq!(step(DRAWN, at(20, 2_000 + OPEN_TIME)), Some(Step::Open));
        assert_eq!(step(DRAWN, at(20, 2_001 + OPEN_TIME)), Some(Step::Finish));
        assert_eq!(step(OPENED, at(20, 2_000 + PLANTS_TIME)), Some(Step::ShowPlants));
        assert_eq!(step(OPENED, at(20, 2_001 + PLANTS_TIME)), Some(Step::Finish));
        assert_eq!(step(FINISHED, at(20, 3_000)), None);
        assert_eq!(next(&ISampled::Sample { fault: 3, ..sample(FINISHED) }, None, at(20, 3_000)), Some(Step::Close));
        assert_eq!(step(CLOSED, at(20, 3_000)), None);
        let shown = ISampled::Sample { isShown: true, ..sample(OPENED) };
        assert_eq!(next(&shown, Some(&kept), at(20, 3_000)), Some(Step::Finish));
        assert_eq!(next(&sample(DRAWN), None, at(20, 3_000)), Some(Step::Finish), "others do not have what is opened");
    }

    #[test]
    fn seals_are_hashed_as_the_contract_hashes_them() {
        // cast keccak $(cast abi-encode "f(uint64,address,bytes32[],bytes32)" 7 0x01…01 "[0x02…02]" 0x03…03)
        let seal = seal_of(JobId(7), Address::repeat_byte(1), &[B256::repeat_byte(2)], B256::repeat_byte(3));
        assert_eq!(seal.to_string(), "0x5d3d74173ee2932900b0ec6c47044243207ab20eae43d045b29176630d5ce147");
    }
}
