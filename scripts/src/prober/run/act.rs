//! What a prober sends: reports, failovers, and the opening of a day. Somebody else may be first, which is no error.

use std::fmt;
use std::time::Duration;

use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use anyhow::Result;
use contracts::IFaults;
use futures::StreamExt as _;
use futures::future::{BoxFuture, join_all};
use tokio::time::Instant;

use super::want::{Now, Want, want};
use super::{Prober, STAGGER};
use crate::ids::JobId;
use crate::prober::board::gather;
use crate::prober::draws::day_of;
use crate::prober::quorum::{Claim, ON_THE_WAY, Rules, choose, report};
use crate::prober::statement::{Statement, Target, domain};
use crate::proof::sampled;
use crate::revert::refusal;

/// Longest pause before others are asked again whether they saw the same.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Refusals that say that it is not, or no longer, the time for it.
const UNTIMELY: &[&str] = &[
    "AlreadyFlagged",
    "AlreadyReported",
    "GraceRunning",
    "NotDown",
    "NotFlagged",
    "ServingOver",
    "ServingUnknown",
    "SlotDry",
    "SlotNotServed",
    "StatementTooOld",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    OpenDay(u32),
    Report(Target, bool),
    Failover(Target),
    Seal(JobId),
    Reveal(JobId),
    Finish(JobId),
    Close(JobId),
}

impl Act {
    /// It is about a job, and not about a serving or a day.
    fn is_of_job(self) -> bool {
        matches!(self, Self::Seal(_) | Self::Reveal(_) | Self::Finish(_) | Self::Close(_))
    }
}

/// What can be sent: a report with its words, or a failover.
type Ready = (Act, Target, Option<(Claim, Vec<Statement>)>);

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenDay(day) => write!(f, "opening day {day}"),
            Self::Report(Target { deal, slot, .. }, is_up) => {
                write!(f, "reporting slot {slot} of deal {deal} {}", if *is_up { "up" } else { "down" })
            }
            Self::Failover(Target { deal, slot, .. }) => write!(f, "failing slot {slot} of deal {deal} over"),
            Self::Seal(job) => write!(f, "sealing outputs of job {job}"),
            Self::Reveal(job) => write!(f, "revealing outputs of job {job}"),
            Self::Finish(job) => write!(f, "finishing job {job}"),
            Self::Close(job) => write!(f, "closing job {job}"),
        }
    }
}

impl Prober {
    /// Does what can be done by now; what lacks words of others is tried again at the next turn.
    pub(super) async fn act(&mut self) {
        let wanted = self.wanted();
        let this = &*self;
        let mut asked: Vec<BoxFuture<'_, Option<Ready>>> = Vec::new();
        for (act, target, want) in wanted {
            asked.push(Box::pin(async move {
                match want {
                    Want::Failover => Some((act, target, None)),
                    Want::Report { is_up, from } => {
                        let claim = Claim { target, is_up, from };
                        this.gather(claim).await.map(|words| (act, target, Some((claim, words))))
                    }
                }
            }));
        }
        let ready: Vec<Ready> = join_all(asked).await.into_iter().flatten().collect();
        let faults = self.context.at().faults;
        for (act, target, words) in ready {
            let rank = self.sights.get(&target).map_or(0, |sight| sight.rank);
            tokio::time::sleep(STAGGER * u32::try_from(rank).unwrap_or(1)).await;
            match words {
                Some((claim, words)) => self.try_post(act, faults, report(claim, &words)).await,
                None => {
                    let call = IFaults::failoverCall { deal: target.deal.0, slot: target.slot };
                    self.try_post(act, faults, call).await;
                }
            }
        }
    }

    fn wanted(&mut self) -> Vec<(Act, Target, Want)> {
        let (time, gap, today) = (self.head.time, self.gap.max(ON_THE_WAY), day_of(self.head.time));
        let mut wanted = Vec::new();
        for (target, sight) in &self.sights {
            let mine = self.mine(*target);
            let affordable = 2 * self.quorum as u128 * self.pay <= sight.fee;
            let is_daily = self.is_paying && affordable && self.told.get(target) != Some(&today);
            let bound = self.bounds.get(target).copied().unwrap_or_default();
            let Some(want) = want(sight, &mine, Now { time, gap, bound, is_daily }) else { continue };
            let act = match want {
                Want::Failover => Act::Failover(*target),
                Want::Report { is_up, .. } => Act::Report(*target, is_up),
            };
            let is_free = !self.underway.has(&act) && !self.rested.contains_key(&act);
            if is_free && self.waits.may(&act.to_string(), time) {
                wanted.push((act, *target, want));
            }
        }
        wanted.retain(|(act, ..)| self.may_ask(*act));
        wanted
    }

    /// Others are asked at once, and then less and less often until the next block.
    fn may_ask(&mut self, act: Act) -> bool {
        let now = Instant::now();
        let (next, times) = self.asked.get(&act).copied().unwrap_or((now, 0));
        if now < next {
            return false;
        }
        let pause = (self.options.poll * (1 << times.min(8))).min(ASK_AGAIN);
        self.asked.insert(act, (now + pause, times + 1));
        true
    }

    fn mine(&self, target: Target) -> Vec<Statement> {
        let all = self.board.of(target.deal, target.slot);
        all.into_iter().filter(|word| word.target == target).collect()
    }

    /// A quorum's words, as soon as enough have answered.
    async fn gather(&self, claim: Claim) -> Option<Vec<Statement>> {
        let mut endpoints = self.roll.endpoints(&self.draws.all(claim.target.deal));
        endpoints.remove(&self.address);
        let rules = Rules { quorum: self.quorum, time: self.head.time, reserve: self.gap.max(ON_THE_WAY) };
        let mut said = self.mine(claim.target);
        let mut answers = std::pin::pin!(gather(&self.others, domain(&self.context), claim.target, &endpoints));
        loop {
            if let Some(chosen) = choose(&said, claim, &self.draws, &self.roll, rules) {
                return Some(chosen);
            }
            said.extend(answers.next().await?);
        }
    }

    /// Sends it, and is told later what came of it.
    pub(super) async fn try_post<C: SolCall>(&mut self, act: Act, to: Address, call: C) {
        if self.underway.has(&act) || !self.waits.may(&act.to_string(), self.head.time) {
            return;
        }
        match self.context.post(to, call).await {
            Ok(posted) => {
                let context = self.context.clone();
                self.underway.begin(act, async move { context.arrived(posted).await });
            }
            Err(error) => self.finish(act, Err(error)),
        }
    }

    pub(super) fn finish(&mut self, act: Act, sent: Result<()>) {
        match sent {
            Ok(()) => self.done(act),
            Err(error) => match refusal(&error) {
                Some(refusal) if act.is_of_job() && sampled::UNTIMELY.contains(&refusal.name.as_str()) => {
                    self.rested.insert(act, self.head.number);
                }
                Some(refusal) if UNTIMELY.contains(&refusal.name.as_str()) => {
                    let oldest = refusal.argument("oldest").and_then(|oldest| oldest.parse().ok());
                    let name = refusal.name.clone();
                    self.untimely(act, &name, oldest);
                }
                _ => {
                    self.counts.failures.add(1);
                    self.waits.failed(act.to_string(), self.head.time, &error);
                }
            },
        }
        self.counts.pulse.beat();
    }

    fn done(&mut self, act: Act) {
        self.waits.done(&act.to_string());
        match act {
            Act::OpenDay(_) => self.counts.days.add(1),
            Act::Failover(_) => self.counts.failovers.add(1),
            Act::Seal(_) => self.counts.seals.add(1),
            Act::Reveal(_) => self.counts.reveals.add(1),
            Act::Finish(_) | Act::Close(_) => self.counts.decisions.add(1),
            Act::Report(_, false) => self.counts.reports.add(1),
            Act::Report(target, true) => {
                self.told.insert(target, day_of(self.head.time));
                self.counts.reports.add(1);
            }
        }
        tracing::info!("{act}: done");
    }

    /// Somebody else did it, or it is too early by a block.
    fn untimely(&mut self, act: Act, refusal: &str, oldest: Option<u64>) {
        // The grace may be over at the next turn: what is pending has a later time.
        if refusal == "GraceRunning" {
            return;
        }
        self.rested.insert(act, self.head.number);
        match (act, refusal) {
            (Act::Report(target, true), "AlreadyReported") => drop(self.told.insert(target, day_of(self.head.time))),
            (Act::Report(target, false), "StatementTooOld") => {
                self.bounds.extend(oldest.map(|oldest| (target, oldest)));
            }
            _ => {}
        }
        self.counts.late.add(1);
    }
}
