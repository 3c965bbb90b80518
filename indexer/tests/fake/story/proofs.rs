//! What the story tells of jobs, their proofs, and who computes samples again.

use std::collections::BTreeMap;

use alloy::primitives::aliases::U40;
use alloy::primitives::{B256, U256};
use contracts::IGroth16::KeyRegistered;
use contracts::IProofs::{ComputeAttested, JobAsked, VerifierSet};
use contracts::ISampled::{
    ChunksOpened, ExecutorClaimed, ExecutorCredited, OutputsRevealed, OutputsSealed, PlantsShown, SampleClosed,
    SampleCommitted, SampleDrawn, SampleExecutor, SampleFinished,
};

use super::{Story, party};

const SAMPLED: u8 = 2;
const BOND: u128 = 3_000_000;

#[derive(Clone, Copy)]
struct Job {
    deal: u64,
    of: u64,
    serving: u32,
    kind: u8,
    asked_at: u64,
    /// Of its sample: 0 none, 1 committed, 2 drawn, 3 opened, 4 finished and disputed.
    stage: u8,
}

#[derive(Clone, Default)]
pub(super) struct Proofs {
    count: u64,
    open: BTreeMap<u64, Job>,
    credits: BTreeMap<u64, u128>,
}

fn root(number: u64) -> B256 {
    U256::from(0x7000 + number).into()
}

impl Story {
    pub(super) fn proof_prologue(&mut self) {
        for kind in 1..=3 {
            self.emit("Proofs", &VerifierSet { kind, verifier: party(13 + u64::from(kind)) });
        }
        self.emit("Groth16", &KeyRegistered { key: B256::with_last_byte(9), registrant: party(13) });
    }

    /// Anything about jobs.
    pub(super) fn compute(&mut self) {
        match self.below(6) {
            0 | 1 => self.ask(),
            2 => self.claim_credit(),
            _ => self.advance(),
        }
    }

    fn ask(&mut self) {
        let Some((&deal, &(of, _))) = self.servings.iter().rev().find(|(_, (_, since))| *since > 0) else { return };
        self.proofs.count += 1;
        let (job, serving) = (self.proofs.count, self.number(deal, 0));
        let kind = 1 + u8::try_from(self.below(3)).expect("small");
        self.proofs.open.insert(job, Job { deal, of, serving, kind, asked_at: self.time, stage: 0 });
        let asked = JobAsked {
            job,
            deal,
            provider: party(of),
            slot: 0,
            serving,
            kind,
            key: if kind == 3 { B256::with_last_byte(9) } else { B256::ZERO },
            inputRoot: root(job),
            seed: root(self.time),
            notBefore: self.now(0),
        };
        self.emit("Proofs", &asked);
    }

    /// The oldest job that is not decided, or any of the oldest.
    fn advance(&mut self) {
        let place = usize::try_from(self.below(3)).expect("small");
        let Some((&job, &state)) = self.proofs.open.iter().nth(place) else { return };
        if state.kind != SAMPLED {
            let verdict = if state.kind == 1 { 2 } else { 1 };
            return self.attest_job(job, state, verdict);
        }
        match state.stage {
            0 => self.commit_sample(job, state),
            1 => self.draw_sample(job),
            2 => self.open_sample(job),
            3 => self.finish_sample(job, state),
            _ => {
                self.emit("Sampled", &SampleClosed { job, decision: 2 });
                self.proofs.open.remove(&job);
                return;
            }
        }
        if let Some(job) = self.proofs.open.get_mut(&job) {
            job.stage += 1;
        }
    }

    fn attest_job(&mut self, job: u64, state: Job, verdict: u8) {
        if verdict != 3 {
            self.proofs.open.remove(&job);
        }
        let attested = ComputeAttested {
            job,
            deal: state.deal,
            provider: party(state.of),
            slot: 0,
            serving: state.serving,
            kind: state.kind,
            verdict,
            inputRoot: root(job),
            outputRoot: root(job + 1),
            notBefore: U40::from(state.asked_at),
            notAfter: self.now(0),
        };
        self.emit("Proofs", &attested);
    }

    fn commit_sample(&mut self, job: u64, state: Job) {
        let (provider, output_root) = (party(state.of), root(job + 1));
        let committed =
            SampleCommitted { job, provider, outputRoot: output_root, chunks: 1_000, plants: B256::ZERO, paid: BOND };
        self.emit("Sampled", &committed);
    }

    fn draw_sample(&mut self, job: u64) {
        self.emit("Sampled", &SampleDrawn { job, seed: root(self.time), day: self.epoch() });
        for of in 30..33 {
            self.emit("Sampled", &SampleExecutor { job, executor: party(of) });
        }
    }

    fn open_sample(&mut self, job: u64) {
        for of in 30..33 {
            self.emit("Sampled", &OutputsSealed { job, executor: party(of), seal: root(of), bond: BOND });
        }
        self.emit("Sampled", &ChunksOpened { job, outputsHash: root(0) });
        for of in 30..33 {
            let outputs_hash = root(self.below(2));
            self.emit("Sampled", &OutputsRevealed { job, executor: party(of), outputsHash: outputs_hash });
        }
        if self.below(2) == 0 {
            self.emit("Sampled", &PlantsShown { job, found: 2, copied: 1 });
        }
    }

    fn finish_sample(&mut self, job: u64, state: Job) {
        let verdict = [0, 1, 3][usize::try_from(self.below(3)).expect("small")];
        if verdict == 0 {
            self.proofs.open.remove(&job);
        } else {
            self.attest_job(job, state, verdict);
        }
        let fault = if verdict == 3 { 1_000_000 + job } else { 0 };
        self.emit("Sampled", &SampleFinished { job, verdict, fault });
        for of in 30..32 {
            let credit = self.proofs.credits.entry(of).or_default();
            *credit += BOND;
            let credit = *credit;
            self.emit("Sampled", &ExecutorCredited { executor: party(of), amount: BOND, credit });
        }
    }

    fn claim_credit(&mut self) {
        let Some((of, amount)) = self.proofs.credits.pop_first() else { return };
        let executor = party(of);
        self.emit("Sampled", &ExecutorClaimed { executor, recipient: executor, amount });
    }
}
