//! Follows heads, proposes the best set for every request and every place that waits, and activates when the window is over.
//!
//! Several may run: whoever comes second is refused, says so, and looks again at the next head.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result, ensure};
use contracts::i_matching::IMatching;

use super::{NODES, Solution, find};
use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;
use crate::customer;
use crate::ids::DealId;
use crate::meter::{Meter, Pulse};
use crate::waits::{Follow, Waits};

/// A proposal has to cost at most this of the one that it pushes.
const CHEAPER: u128 = 999;
const CHEAPER_OF: u128 = 1_000;

/// How a solver is run.
#[derive(Debug, Clone)]
pub struct Options {
    pub poll: Duration,
    /// Sets that a search looks at.
    pub nodes: u64,
    /// Most FLT that is put up for bonds as long as it runs.
    pub deposit_max: u128,
}

impl Options {
    pub fn new(deposit_max: u128) -> Self {
        Self { poll: Duration::from_millis(500), nodes: NODES, deposit_max }
    }
}

/// Counts since the program was started.
#[derive(Debug, Default)]
pub struct Counts {
    pulse: Pulse,
    /// The last head after which all was done.
    pub head: Meter,
    pub proposals: Meter,
    pub activations: Meter,
    pub refusals: Meter,
}

impl Counts {
    /// Waits until the counts are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    fn finish(&self, head: Head) {
        self.head.set(head.number);
        self.pulse.beat();
    }
}

/// What stands for a deal.
#[derive(Debug, Clone, Copy)]
struct Standing {
    proposer: Address,
    price: u128,
    window_end: u64,
}

/// Invariants:
/// 1. A step that is refused costs no other deal its turn.
/// 2. No more than `deposit_max` is ever deposited.
#[derive(Debug)]
pub struct Runner {
    context: Context,
    options: Options,
    deals: BTreeSet<DealId>,
    read_to: Option<u64>,
    deposited: u128,
    waits: Waits,
    counts: Arc<Counts>,
}

impl Runner {
    pub fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "Solving goes on for days: there is nothing to plan.");
        context.sender()?;
        let (deals, waits, counts) = (BTreeSet::new(), Waits::default(), Arc::default());
        Ok(Self { context, options, deals, read_to: None, deposited: 0, waits, counts })
    }

    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Solves until `shutdown`.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<Arc<Counts>> {
        tokio::select! {
            () = shutdown => tracing::info!("stopped; what was proposed stands"),
            () = self.follow() => {}
        }
        Ok(self.counts())
    }

    /// Which requests there are, by the events of new blocks and of those that may have been replaced.
    async fn read(&mut self, head: Head) -> Result<()> {
        let first = self.context.deployment.first_block;
        let from = self.read_to.map_or(first, |read| (read + 1).saturating_sub(UNSETTLED_BLOCKS).max(first));
        let filter =
            Filter::new().address(self.context.at().matching).event_signature(IMatching::RequestOpened::SIGNATURE_HASH);
        for log in self.context.logs_between(&filter, from.min(head.number), head.number).await? {
            let opened = IMatching::RequestOpened::decode_log(&log.inner)?;
            self.deals.insert(DealId(opened.data.deal));
        }
        self.read_to = Some(head.number);
        Ok(())
    }

    async fn attend(&mut self, head: Head, deal: DealId) -> Result<()> {
        let matching = self.context.at().matching;
        if self.context.view(matching, IMatching::wantedOfCall { deal: deal.0 }).await? == 0 {
            return Ok(());
        }
        let standing = self.standing(deal).await?;
        if let Some(standing) = standing.filter(|standing| head.time >= standing.window_end) {
            tracing::info!("the window of deal {deal} is over: activating at {}", self.context.usd(standing.price));
            customer::activate(&self.context, deal).await?;
            self.counts.activations.add(1);
            return Ok(());
        }
        let ours = self.context.sender()?;
        if standing.is_some_and(|standing| standing.proposer == ours) {
            return Ok(());
        }
        self.propose(deal, standing).await
    }

    async fn standing(&self, deal: DealId) -> Result<Option<Standing>> {
        let matching = self.context.at().matching;
        let best = self.context.view(matching, IMatching::proposalOfCall { deal: deal.0, rank: 0 }).await?;
        if best.proposer == Address::ZERO {
            return Ok(None);
        }
        let window_end = self.context.view(matching, IMatching::windowEndOfCall { deal: deal.0 }).await?;
        let price = best.price.try_into().context("a price of more than 128 bits")?;
        Ok(Some(Standing { proposer: best.proposer, price, window_end: window_end.to() }))
    }

    async fn propose(&mut self, deal: DealId, standing: Option<Standing>) -> Result<()> {
        let solution = find(&self.context, deal, self.options.nodes).await?;
        let Some(price) = solution.price else {
            tracing::debug!("no set meets deal {deal}: {}", binding(&solution));
            return Ok(());
        };
        let is_better = |standing: &Standing| price.units * CHEAPER_OF <= standing.price * CHEAPER;
        if !standing.as_ref().is_none_or(is_better) {
            return Ok(());
        }
        self.bond().await?;
        customer::choose(&self.context, deal, &solution.offers()).await?;
        self.counts.proposals.add(1);
        tracing::info!("proposed {price} a day for deal {deal}; the bound is {}", solution.lower_bound);
        Ok(())
    }

    /// Sees to it that a bond is free.
    async fn bond(&mut self) -> Result<()> {
        let (context, solver) = (&self.context, self.context.sender()?);
        let matching = context.at().matching;
        let bond = context.view(matching, IMatching::bondCall {}).await?;
        let ours = context.view(matching, IMatching::bondOfCall { solver }).await?;
        let free = ours.balance - ours.reserved;
        if free >= bond {
            return Ok(());
        }
        let amount = bond - free;
        ensure!(
            self.deposited + amount <= self.options.deposit_max,
            "Another bond would be more than the {} that may be put up.",
            crate::amount::Flt(self.options.deposit_max)
        );
        context.allow(context.at().flt, matching, amount).await?;
        context.send(matching, IMatching::depositBondCall { amount }).await?;
        self.deposited += amount;
        Ok(())
    }
}

impl Follow for Runner {
    fn poll(&self) -> Duration {
        self.options.poll
    }

    async fn look(&mut self, last: B256) -> Result<B256> {
        let head = self.context.head().await?;
        if head.hash == last {
            return Ok(last);
        }
        self.read(head).await?;
        for deal in self.deals.clone() {
            let name = format!("deal {deal}");
            if !self.waits.may(&name, head.time) {
                continue;
            }
            match self.attend(head, deal).await {
                Ok(()) => self.waits.done(&name),
                Err(error) => {
                    self.counts.refusals.add(1);
                    self.waits.failed(name, head.time, &error);
                }
            }
        }
        self.counts.finish(head);
        Ok(head.hash)
    }
}

fn binding(solution: &Solution) -> String {
    let words: Vec<&str> = solution.binding.iter().map(|bound| bound.criterion).collect();
    if words.is_empty() { "no single criterion is to blame".to_owned() } else { words.join(", ") }
}
