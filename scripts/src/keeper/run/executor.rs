//! Doing what is due: each call is simulated before it is sent, and the budget is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes};
use anyhow::Result;
use serde::Serialize;

use super::budget::{Budget, Limits};
use super::duty::{Due, Duty, Step};
use super::meters::Meters;
use crate::blocks::Head;
use crate::chain::{Context, Sent};
use crate::revert;
use crate::url::without_keys;
use crate::waits::Waits;

/// Chain time after which what can be done without effect is done again.
const REPEAT_AFTER: u64 = 3_600;

/// Where calls are simulated and sent.
pub(super) trait Calls {
    /// Whether nothing is ever sent.
    fn is_planning(&self) -> bool;
    /// Gas that a call takes, or its refusal.
    async fn estimate(&self, to: Address, call: &Bytes) -> Result<u64>;
    async fn send(&self, to: Address, call: Bytes) -> Result<Sent>;
}

impl Calls for Context {
    fn is_planning(&self) -> bool {
        self.is_planning()
    }

    async fn estimate(&self, to: Address, call: &Bytes) -> Result<u64> {
        self.estimate(to, call).await
    }

    async fn send(&self, to: Address, call: Bytes) -> Result<Sent> {
        self.send_encoded(to, call).await
    }
}

/// Simulations that fail for other reasons than a refusal: one may be the call's fault, so many in a row are the node's.
const ERRORS_MAX: usize = 3;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    pub duty: Duty,
    pub what: String,
    /// None: planned, not sent.
    pub transaction: Option<B256>,
    pub block: Option<u64>,
    pub gas: u64,
}

/// Something that was due and was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub duty: Duty,
    pub what: String,
    pub why: String,
}

/// Invariants:
/// 1. A reason is told when it is new, and not again while it stays the same.
/// 2. Nothing is sent that the simulation refuses, or that the budget does not pay for.
#[derive(Debug)]
pub(super) struct Executor<C> {
    chain: C,
    budget: Budget,
    waits: Waits,
    told: BTreeMap<String, String>,
    meters: Arc<Meters>,
}

/// What came of a pass.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub acts: Vec<Act>,
    pub left: Vec<Left>,
    /// There was more to do than one pass does.
    pub is_more: bool,
    /// In a row.
    errors: usize,
}

impl<C: Calls> Executor<C> {
    pub(super) fn new(chain: C, limits: Limits, meters: Arc<Meters>) -> Self {
        let (waits, told) = (Waits::default(), BTreeMap::new());
        Self { chain, budget: Budget::new(limits), waits, told, meters }
    }

    /// Whether it was not refused when it was tried last.
    pub(super) fn is_new(&self, due: &Due) -> bool {
        !self.waits.is_known(&due.name())
    }

    /// Does what is due, in order, at most `acts_max` of it.
    pub(super) async fn perform(&mut self, head: Head, fee: u128, due: &[Due], acts_max: usize) -> Result<Outcome> {
        let names: BTreeSet<String> = due.iter().map(Due::name).collect();
        self.told.retain(|name, _| names.contains(name));
        let mut outcome = Outcome::default();
        for due in due {
            if outcome.acts.len() >= acts_max {
                outcome.is_more = true;
                break;
            }
            if !self.waits.may(&due.name(), head.time) {
                continue;
            }
            match &due.step {
                Step::Wait { why } => self.put_off(due, why.clone(), &mut outcome),
                Step::Call { .. } if !self.budget.pays_fee(fee, due.duty.is_urgent()) => {
                    self.put_off(due, "the base fee is above --max-fee".to_owned(), &mut outcome);
                }
                Step::Call { to, call } => self.act(head, due, (*to, call), &mut outcome).await?,
            }
        }
        Ok(outcome)
    }

    async fn act(&mut self, head: Head, due: &Due, (to, call): (Address, &Bytes), outcome: &mut Outcome) -> Result<()> {
        if !self.chain.is_planning() {
            let gas = match self.chain.estimate(to, call).await {
                Ok(gas) => {
                    outcome.errors = 0;
                    gas
                }
                Err(error) => return self.refused(head, due, error, outcome),
            };
            if let Some(left) = self.budget.left(head.time, due.duty.is_urgent()).filter(|left| *left < gas) {
                let why = format!("it takes {gas} gas, and {left} are left of this hour's --gas-budget");
                self.put_off(due, why, outcome);
                return Ok(());
            }
        }
        match self.chain.send(to, call.clone()).await {
            Ok(sent) => self.done(head, due, &sent, outcome),
            Err(error) if self.chain.is_planning() => return self.refused(head, due, error, outcome),
            Err(error) => self.failed(head, due, (to, call), error, outcome).await,
        }
        Ok(())
    }

    fn done(&mut self, head: Head, due: &Due, sent: &Sent, outcome: &mut Outcome) {
        let gas = sent.gas_used;
        self.budget.spend(head.time, gas);
        self.meters.acted(due.duty, gas);
        self.told.remove(&due.name());
        self.waits.done(&due.name());
        if due.duty.is_repeatable() {
            self.waits.rest(due.name(), head.time + REPEAT_AFTER);
        }
        tracing::info!("{} is done, {gas} gas", due.name());
        let (duty, what) = (due.duty, due.what.clone());
        outcome.acts.push(Act { duty, what, transaction: sent.hash, block: sent.block, gas });
    }

    /// By the simulation, or it could not be simulated.
    fn refused(&mut self, head: Head, due: &Due, error: anyhow::Error, outcome: &mut Outcome) -> Result<()> {
        if let Some(refusal) = revert::refusal(&error) {
            self.meters.refusals.add(1);
            self.leave(due, format!("refused: {refusal}"), outcome);
        } else {
            outcome.errors += 1;
            if outcome.errors >= ERRORS_MAX {
                return Err(error);
            }
            self.meters.failures.add(1);
            self.leave(due, without_keys(&format!("{error:#}")), outcome);
        }
        self.waits.put_off(due.name(), head.time);
        Ok(())
    }

    /// Another keeper may have done it between the simulation and the block: that is no failure.
    async fn failed(
        &mut self,
        head: Head,
        due: &Due,
        (to, call): (Address, &Bytes),
        error: anyhow::Error,
        outcome: &mut Outcome,
    ) {
        let again = self.chain.estimate(to, call).await.err();
        let refusal = again.as_ref().and_then(revert::refusal);
        let why = match refusal {
            Some(refusal) => {
                self.meters.refusals.add(1);
                format!("another was first: {refusal}")
            }
            None => {
                self.meters.failures.add(1);
                without_keys(&format!("{error:#}"))
            }
        };
        self.leave(due, why, outcome);
        self.waits.put_off(due.name(), head.time);
    }

    fn put_off(&mut self, due: &Due, why: String, outcome: &mut Outcome) {
        self.meters.postponed.add(1);
        self.leave(due, why, outcome);
    }

    fn leave(&mut self, due: &Due, why: String, outcome: &mut Outcome) {
        let name = due.name();
        if self.told.get(&name) != Some(&why) {
            tracing::info!("{name} is not done: {why}");
            self.told.insert(name, why.clone());
        }
        outcome.left.push(Left { duty: due.duty, what: due.what.clone(), why });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use crate::revert::Refusal;

    const BUDGET: Limits = Limits { gas_budget: Some(1_000), fee_max: Some(10) };

    /// Answers as it was told to, in order.
    #[derive(Debug, Default)]
    struct Script {
        estimates: RefCell<VecDeque<Result<u64>>>,
        sends: RefCell<VecDeque<Result<Sent>>>,
    }

    impl Calls for Script {
        fn is_planning(&self) -> bool {
            false
        }

        async fn estimate(&self, _: Address, _: &Bytes) -> Result<u64> {
            self.estimates.borrow_mut().pop_front().expect("nobody asks for more")
        }

        async fn send(&self, _: Address, _: Bytes) -> Result<Sent> {
            self.sends.borrow_mut().pop_front().expect("nobody sends more")
        }
    }

    fn refusal(name: &str) -> anyhow::Error {
        Refusal { name: name.to_owned(), args: Vec::new(), hint: None, data: Bytes::new() }.into()
    }

    fn sent(gas_used: u64) -> Sent {
        Sent { hash: Some(B256::repeat_byte(1)), block: Some(1), gas_used, logs: Vec::new() }
    }

    fn executor(estimates: Vec<Result<u64>>, sends: Vec<Result<Sent>>) -> Executor<Script> {
        let script = Script { estimates: RefCell::new(estimates.into()), sends: RefCell::new(sends.into()) };
        Executor::new(script, BUDGET, Arc::default())
    }

    fn due(duty: Duty, what: &str) -> Due {
        let step = Step::Call { to: Address::ZERO, call: Bytes::new() };
        Due { duty, what: what.to_owned(), step }
    }

    fn head(time: u64) -> Head {
        Head { number: time, hash: B256::ZERO, time }
    }

    fn whys(outcome: &Outcome) -> Vec<&str> {
        outcome.left.iter().map(|left| left.why.as_str()).collect()
    }

    #[tokio::test]
    async fn what_another_did_first_is_no_failure() -> Result<()> {
        let estimates = vec![Ok(100), Err(refusal("NotFlagged")), Ok(100)];
        let sends = vec![Err(anyhow::anyhow!("transaction failed")), Ok(sent(90))];
        let mut executor = executor(estimates, sends);
        let due = [due(Duty::Failover, "7/0 serving 1"), due(Duty::Renew, "7/1")];
        let outcome = executor.perform(head(100), 0, &due, 9).await?;
        assert_eq!(whys(&outcome), ["another was first: NotFlagged()"]);
        assert_eq!((outcome.acts.len(), outcome.acts[0].duty), (1, Duty::Renew), "it goes on");
        assert_eq!((executor.meters.refusals.get(), executor.meters.failures.get()), (1, 0));
        assert_eq!((executor.meters.acts(Duty::Renew), executor.meters.gas.get()), (1, 90));
        Ok(())
    }

    #[tokio::test]
    async fn what_is_refused_is_not_sent_and_is_tried_less_and_less_often() -> Result<()> {
        let refused = || Err(refusal("StakeTooLow"));
        let mut executor = executor(vec![refused(), refused()], Vec::new());
        let due = [due(Duty::Renew, "7/0")];
        for (time, is_tried) in [(100, true), (101, true), (102, false)] {
            let outcome = executor.perform(head(time), 0, &due, 9).await?;
            assert_eq!(outcome.left.len() == 1, is_tried, "{time}");
        }
        assert_eq!(executor.told.len(), 1, "the reason is told once");
        executor.perform(head(103), 0, &[], 9).await?;
        assert!(executor.told.is_empty(), "it is not due any more");
        Ok(())
    }

    #[tokio::test]
    async fn one_error_is_the_calls_and_several_are_the_nodes() -> Result<()> {
        let error = || Err(anyhow::anyhow!("no answer"));
        let all = [1, 2, 3].map(|slot| due(Duty::Renew, &format!("7/{slot}")));
        let mut lucky = executor(vec![error(), Ok(1), error()], vec![Ok(sent(1))]);
        let outcome = lucky.perform(head(1), 0, &all, 9).await?;
        assert_eq!((outcome.acts.len(), outcome.left.len()), (1, 2));
        let mut unlucky = executor(vec![error(), error(), error()], Vec::new());
        assert!(unlucky.perform(head(1), 0, &all, 9).await.is_err());
        Ok(())
    }

    #[tokio::test]
    async fn beyond_the_budget_only_what_is_urgent_is_done() -> Result<()> {
        let mut executor = executor(vec![Ok(700), Ok(100), Ok(100), Ok(800)], vec![Ok(sent(700)), Ok(sent(100))]);
        let all = [due(Duty::Settle, "7/0"), due(Duty::Renew, "7/1"), due(Duty::Failover, "7/2")];
        let outcome = executor.perform(head(100), 0, &all, 9).await?;
        assert_eq!(outcome.acts.iter().map(|act| act.duty).collect::<Vec<_>>(), [Duty::Settle, Duty::Failover]);
        assert_eq!(whys(&outcome), ["it takes 100 gas, and 50 are left of this hour's --gas-budget"]);
        let outcome = executor.perform(head(200), 0, &[due(Duty::OpenWindow, "1")], 9).await?;
        assert_eq!(whys(&outcome), ["it takes 800 gas, and 200 are left of this hour's --gas-budget"]);
        Ok(())
    }

    #[tokio::test]
    async fn above_the_fee_only_what_is_urgent_is_done() -> Result<()> {
        let mut executor = executor(vec![Ok(100)], vec![Ok(sent(100))]);
        let all = [due(Duty::OpenDay, "1"), due(Duty::Settle, "7/0")];
        let outcome = executor.perform(head(100), 11, &all, 9).await?;
        assert_eq!((outcome.acts.len(), whys(&outcome)), (1, vec!["the base fee is above --max-fee"]));
        Ok(())
    }

    #[tokio::test]
    async fn a_pass_ends_after_so_many_acts_and_says_so() -> Result<()> {
        let mut executor = executor(vec![Ok(1)], vec![Ok(sent(1))]);
        let outcome = executor.perform(head(1), 0, &[due(Duty::Renew, "7/0"), due(Duty::Renew, "7/1")], 1).await?;
        assert!(outcome.is_more && outcome.acts.len() == 1);
        Ok(())
    }

    #[tokio::test]
    async fn what_has_no_effect_the_second_time_is_done_once_an_hour() -> Result<()> {
        let mut executor = executor(vec![Ok(1), Ok(1)], vec![Ok(sent(1)), Ok(sent(1))]);
        let all = [due(Duty::Adjust, "pool")];
        for (time, acts) in [(100, 1), (3_699, 0), (3_700, 1)] {
            assert_eq!(executor.perform(head(time), 0, &all, 9).await?.acts.len(), acts, "{time}");
        }
        Ok(())
    }
}
