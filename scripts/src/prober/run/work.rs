//! Jobs that a prober is drawn for as executor: their chunks are computed again, and outputs are sealed, then revealed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result};
use contracts::sampled::ISampled::Sample;
use contracts::{ISampled, Sampled};
use runtime::Limits;
use serde::{Deserialize, Serialize};

use super::act::Act;
use super::{Prober, STAGGER};
use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;
use crate::ids::JobId;
use crate::prober::execute::{Asked, Executor};
use crate::proof;
use crate::proof::sampled::{DRAWN, FINISHED, OPEN_TIME, OPENED, SEAL_TIME, ensure_sampled, sample_at, seal_of};
use crate::underway::Underway;
use crate::usage::journal::Journal;
use crate::workload::Client;

/// Longer than a job takes until its dispute is decided.
const LONGEST: u64 = 30 * crate::time::DAY;

/// Jobs that are computed side by side: one that spins must not keep the others out.
const AT_ONCE: usize = 4;

/// How jobs are computed again.
#[derive(Debug, Clone)]
pub struct Executing {
    /// Folder of what was sealed.
    pub state: PathBuf,
    /// How long a provider may take to serve a chunk.
    pub within: Duration,
    pub limits: Limits,
}

/// What is sealed of a job, on disk before it is sent: a seal that nobody can reveal loses its bond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    job: JobId,
    /// Of the draw: a reorganisation may draw others.
    seed: B256,
    outputs: Vec<B256>,
    salt: B256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Drawn,
    Sealed(B256),
    Revealed,
}

/// What the chain says that it did for a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mine {
    is_drawn: bool,
    sealed: Option<B256>,
    is_revealed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Compute,
    Send(Act),
}

/// The seed of a draw, and what its chunks' outputs hash to.
type Computed = (B256, Vec<B256>);

/// Invariants:
/// 1. What is sealed is in the journal before it is sent.
/// 2. Of each draw one answer is sealed, whatever happens in between.
#[derive(Debug)]
pub(super) struct Works {
    executor: Executor,
    journal: Journal,
    answers: BTreeMap<(JobId, B256), Answer>,
    told: Vec<(u64, JobId, Told)>,
    read_to: Option<u64>,
    /// Of the last head, but for those that were decided long ago.
    samples: BTreeMap<JobId, Sample>,
    decided: BTreeMap<JobId, u64>,
    /// What finishing takes, with the prober's place in the draw: it is tried at every block.
    finishing: BTreeMap<(JobId, B256), (usize, Sampled::finishCall)>,
    computing: Underway<JobId, Computed>,
}

impl Works {
    pub(super) fn open(executing: &Executing) -> Result<Self> {
        let (journal, lines) = Journal::open(&executing.state.join("answers.jsonl"))?;
        let mut answers = BTreeMap::new();
        for line in &lines {
            let answer: Answer = serde_json::from_str(line).context("the journal of answers is damaged")?;
            answers.insert((answer.job, answer.seed), answer);
        }
        Ok(Self {
            executor: Executor::new(Client::new(executing.within)?, executing.limits)?,
            journal,
            answers,
            told: Vec::new(),
            read_to: None,
            samples: BTreeMap::new(),
            decided: BTreeMap::new(),
            finishing: BTreeMap::new(),
            computing: Underway::default(),
        })
    }

    /// What the chain says at a head.
    pub(super) async fn look(&mut self, context: &Context, head: Head, executor: Address) -> Result<()> {
        self.read(context, head, executor).await?;
        let drawn: Vec<JobId> = self.mine().filter(|(_, mine)| mine.is_drawn).map(|(job, _)| job).collect();
        self.samples.retain(|job, _| drawn.contains(job));
        for job in drawn {
            if self.decided.get(&job).is_some_and(|block| block + UNSETTLED_BLOCKS < head.number) {
                self.samples.remove(&job);
                continue;
            }
            let sample = sample_at(context, BlockId::number(head.number), job).await?;
            match sample.stage > FINISHED || (sample.stage == FINISHED && sample.fault == 0) {
                true => drop(self.decided.entry(job).or_insert(head.number)),
                false => drop(self.decided.remove(&job)),
            }
            self.samples.insert(job, sample);
        }
        Ok(())
    }

    async fn read(&mut self, context: &Context, head: Head, executor: Address) -> Result<()> {
        let from = match self.read_to {
            Some(read) => (read + 1).saturating_sub(UNSETTLED_BLOCKS),
            None => context.block_at_time(head.time.saturating_sub(LONGEST), head).await?,
        };
        let from = from.min(head.number);
        let events = vec![
            ISampled::SampleExecutor::SIGNATURE_HASH,
            ISampled::OutputsSealed::SIGNATURE_HASH,
            ISampled::OutputsRevealed::SIGNATURE_HASH,
        ];
        let filter = Filter::new().address(context.at().sampled).event_signature(events).topic2(executor.into_word());
        let logs = context.logs_between(&filter, from, head.number).await?;
        self.told.retain(|(block, ..)| *block < from);
        for log in &logs {
            self.told.push(told(log)?);
        }
        self.read_to = Some(head.number);
        Ok(())
    }

    fn mine(&self) -> impl Iterator<Item = (JobId, Mine)> {
        let mut mine: BTreeMap<JobId, Mine> = BTreeMap::new();
        for (_, job, told) in &self.told {
            let mine = mine.entry(*job).or_default();
            match told {
                Told::Drawn => mine.is_drawn = true,
                Told::Sealed(seal) => mine.sealed = Some(*seal),
                Told::Revealed => mine.is_revealed = true,
            }
        }
        mine.into_iter()
    }

    fn answer(&self, job: JobId) -> Option<&Answer> {
        self.answers.get(&(job, self.samples.get(&job)?.seed))
    }

    fn wants(&self, head: Head, executor: Address) -> Vec<(JobId, Want)> {
        let of = |(job, mine): (JobId, Mine)| {
            let seal = self.answer(job).map(|answer| seal_of(job, executor, &answer.outputs, answer.salt));
            Some((job, want(job, self.samples.get(&job)?, mine, seal, head.time)?))
        };
        self.mine().filter_map(of).collect()
    }

    /// On disk, and only then known.
    async fn keep(&mut self, job: JobId, seed: B256, outputs: Vec<B256>) -> Result<()> {
        let answer = Answer { job, seed, outputs, salt: rand::random::<[u8; 32]>().into() };
        self.journal.append(serde_json::to_string(&answer)?).synced().await?;
        self.answers.insert((job, seed), answer);
        Ok(())
    }
}

fn told(log: &Log) -> Result<(u64, JobId, Told)> {
    let block = log.block_number.context("a log that is mined has a block")?;
    if log.topic0() == Some(&ISampled::OutputsSealed::SIGNATURE_HASH) {
        let event = ISampled::OutputsSealed::decode_log(&log.inner)?.data;
        return Ok((block, JobId(event.job), Told::Sealed(event.seal)));
    }
    if log.topic0() == Some(&ISampled::OutputsRevealed::SIGNATURE_HASH) {
        return Ok((block, JobId(ISampled::OutputsRevealed::decode_log(&log.inner)?.job), Told::Revealed));
    }
    Ok((block, JobId(ISampled::SampleExecutor::decode_log(&log.inner)?.job), Told::Drawn))
}

/// What an executor wants of a sample; `seal` is of its answer, if it has one.
fn want(job: JobId, sample: &Sample, mine: Mine, seal: Option<B256>, time: u64) -> Option<Want> {
    let since = time.saturating_sub(sample.drawnAt.to());
    let is_open = matches!(sample.stage, DRAWN | OPENED);
    match (mine.sealed, seal) {
        // Of what was sealed by another journal nothing is known.
        (Some(sealed), Some(ours)) if is_open && sealed == ours && !mine.is_revealed && since <= OPEN_TIME => {
            Some(Want::Send(Act::Reveal(job)))
        }
        (None, Some(_)) if sample.stage == DRAWN && since <= SEAL_TIME => Some(Want::Send(Act::Seal(job))),
        (None, None) if sample.stage == DRAWN && since <= SEAL_TIME => Some(Want::Compute),
        _ if is_open => Some(Want::Send(Act::Finish(job))),
        _ => (sample.stage == FINISHED && sample.fault > 0).then_some(Want::Send(Act::Close(job))),
    }
}

impl Prober {
    /// Computes what it is drawn for, and sends what can be sent by now.
    pub(super) async fn work(&mut self) {
        let Some(mut works) = self.works.take() else { return };
        self.keep_computed(&mut works).await;
        for (job, want) in works.wants(self.head, self.address) {
            match want {
                Want::Compute => self.compute(&mut works, job).await,
                Want::Send(act) => self.send(&mut works, job, act).await,
            }
        }
        self.works = Some(works);
    }

    async fn keep_computed(&mut self, works: &mut Works) {
        while let Some((job, computed)) = works.computing.ended() {
            let kept = match computed {
                Ok((seed, outputs)) => works.keep(job, seed, outputs).await,
                Err(error) => Err(error),
            };
            match kept {
                Ok(()) => self.waits.done(&computing(job)),
                Err(error) => {
                    self.counts.failures.add(1);
                    self.waits.failed(computing(job), self.head.time, &error);
                }
            }
            self.counts.pulse.beat();
        }
    }

    async fn compute(&mut self, works: &mut Works, id: JobId) {
        let is_free = works.computing.len() < AT_ONCE && !works.computing.has(&id);
        let Some(sample) = works.samples.get(&id).filter(|_| is_free) else { return };
        if !self.waits.may(&computing(id), self.head.time) {
            return;
        }
        let (context, executor, roll) = (self.context.clone(), works.executor.clone(), self.roll.all());
        let (seed, count) = (sample.seed, sample.chunks);
        works.computing.begin(id, async move {
            let job = proof::job(&context, id).await?;
            ensure_sampled(id, &job)?;
            let endpoint = roll.get(&job.provider).context("its provider does not say where it serves")?;
            let chunks = context.view(context.at().sampled, Sampled::chunksOfCall { job: id.0 }).await?;
            Ok((seed, executor.outputs(endpoint, &Asked { id, job, count, chunks }).await?))
        });
    }

    async fn send(&mut self, works: &mut Works, id: JobId, act: Act) {
        let is_free = !self.underway.has(&act) && !self.rested.contains_key(&act);
        if !is_free || !self.waits.may(&act.to_string(), self.head.time) {
            return;
        }
        if let Err(error) = self.try_send(works, id, act).await {
            self.finish(act, Err(error));
        }
    }

    async fn finishing(&self, works: &mut Works, id: JobId) -> Result<(usize, Sampled::finishCall)> {
        let key = (id, works.samples.get(&id).map_or(B256::ZERO, |sample| sample.seed));
        if let Some(known) = works.finishing.get(&key) {
            return Ok(known.clone());
        }
        let call = Sampled::executorsOfCall { job: id.0 };
        let executors = self.context.view(self.context.at().sampled, call).await?;
        let rank = executors.iter().position(|executor| *executor == self.address).unwrap_or_default();
        let asked = proof::sampled::asked(&proof::job(&self.context, id).await?);
        let known = (rank, Sampled::finishCall { job: id.0, asked });
        works.finishing.retain(|(job, _), _| *job != id);
        works.finishing.insert(key, known.clone());
        Ok(known)
    }

    async fn try_send(&mut self, works: &mut Works, id: JobId, act: Act) -> Result<()> {
        let at = self.context.at().clone();
        let missing = || format!("job {id} has no answer");
        match act {
            Act::Seal(_) => {
                let answer = works.answer(id).with_context(missing)?;
                let sealed = seal_of(id, self.address, &answer.outputs, answer.salt);
                let bond = self.context.view(at.sampled, Sampled::bondOfCall {}).await?;
                self.context.allow(at.stablecoin, at.sampled, bond).await?;
                self.try_post(act, at.sampled, Sampled::sealCall { job: id.0, sealed_: sealed }).await;
            }
            Act::Reveal(_) => {
                let Answer { outputs, salt, .. } = works.answer(id).with_context(missing)?.clone();
                self.try_post(act, at.sampled, Sampled::revealCall { job: id.0, outputs, salt }).await;
            }
            Act::Close(_) => self.try_post(act, at.sampled, Sampled::closeCall { job: id.0 }).await,
            Act::Finish(_) => {
                let (rank, call) = self.finishing(works, id).await?;
                tokio::time::sleep(STAGGER * u32::try_from(rank)?).await;
                self.try_post(act, at.sampled, call).await;
            }
            Act::OpenDay(_) | Act::Report(..) | Act::Failover(_) => {}
        }
        Ok(())
    }
}

fn computing(job: JobId) -> String {
    format!("computing job {job} again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::aliases::U40;
    use tempfile::{TempDir, tempdir};

    const JOB: JobId = JobId(7);
    const AT: u64 = 50_000;

    fn sample(stage: u8) -> Sample {
        Sample {
            stage,
            chunks: 20,
            committedAt: U40::from(AT - 60),
            committedBlock: 10,
            drawnAt: U40::from(AT),
            fault: 0,
            isShown: false,
            outputRoot: B256::ZERO,
            plants: B256::ZERO,
            seed: B256::repeat_byte(5),
        }
    }

    #[test]
    fn an_executor_seals_what_it_computed_and_reveals_what_it_sealed() {
        let ours = Some(B256::repeat_byte(1));
        let (drawn, sealed) = (Mine { is_drawn: true, ..Mine::default() }, |seal| Mine {
            is_drawn: true,
            sealed: seal,
            is_revealed: false,
        });
        let want = |stage, mine, seal, after| want(JOB, &sample(stage), mine, seal, AT + after);
        assert_eq!(want(DRAWN, drawn, None, 1), Some(Want::Compute));
        assert_eq!(want(DRAWN, drawn, ours, SEAL_TIME), Some(Want::Send(Act::Seal(JOB))));
        let late = Some(Want::Send(Act::Finish(JOB)));
        assert_eq!(want(DRAWN, drawn, ours, SEAL_TIME + 1), late);
        assert_eq!(want(OPENED, drawn, ours, 1), late, "what is opened cannot be sealed");
        let reveal = Some(Want::Send(Act::Reveal(JOB)));
        assert_eq!(want(DRAWN, sealed(ours), ours, 1), reveal);
        assert_eq!(want(OPENED, sealed(ours), ours, OPEN_TIME), reveal);
        assert_eq!(want(OPENED, sealed(ours), ours, OPEN_TIME + 1), late);
        assert_eq!(want(OPENED, sealed(ours), Some(B256::repeat_byte(2)), 1), late, "another journal's");
        assert_eq!(want(OPENED, sealed(ours), None, 1), late, "it is not computed once more");
        assert_eq!(want(OPENED, Mine { is_revealed: true, ..sealed(ours) }, ours, 1), late);
        assert_eq!(want(FINISHED, drawn, None, 1), None);
        let disputed = Sample { fault: 3, ..sample(FINISHED) };
        assert_eq!(super::want(JOB, &disputed, drawn, None, AT), Some(Want::Send(Act::Close(JOB))));
    }

    fn executing(folder: &TempDir) -> Executing {
        Executing { state: folder.path().to_owned(), within: Duration::from_secs(1), limits: Limits::default() }
    }

    #[tokio::test]
    async fn an_answer_is_the_same_after_a_restart() -> Result<()> {
        let folder = tempdir()?;
        let executing = executing(&folder);
        let mut works = Works::open(&executing)?;
        let (seed, outputs) = (B256::repeat_byte(5), vec![B256::repeat_byte(6); 3]);
        works.keep(JOB, seed, outputs.clone()).await?;
        works.samples.insert(JOB, sample(DRAWN));
        let answer = works.answer(JOB).cloned();
        assert_eq!(answer.as_ref().map(|answer| answer.outputs.clone()), Some(outputs));
        drop(works);
        let mut works = Works::open(&executing)?;
        works.samples.insert(JOB, sample(DRAWN));
        assert_eq!(works.answer(JOB).cloned(), answer);
        // A reorganisation drew others.
        works.samples.insert(JOB, Sample { seed: B256::ZERO, ..sample(DRAWN) });
        assert_eq!(works.answer(JOB), None);
        Ok(())
    }
}
