//! The keeper: follows heads, and does what anyone may do and is worth doing.

mod allocation;
pub mod book;
pub mod budget;
mod capacity;
pub mod duty;
mod executor;
mod faults;
mod market;
pub mod meters;
mod money;
mod stake;
pub mod stream;
mod views;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use alloy::eips::BlockId;
use alloy::primitives::B256;
use alloy::providers::Provider as _;
use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::routing::get;
use contracts::deals::IDeals;
use serde::Serialize;
use tokio::net::TcpListener;

use self::book::{Book, Place};
use self::budget::Limits;
use self::duty::{Due, Duty};
pub use self::executor::{Act, Left};
use self::executor::{Executor, Outcome};
use self::meters::Meters;
use self::views::{Memory, Views};
use crate::amount::Usd;
use crate::blocks::Head;
use crate::capacity::contract::Capacity;
use crate::census::{Census, Seen};
use crate::chain::Context;
use crate::deployment::Contracts;
use crate::ids::CommitmentId;
use crate::waits::Follow;

/// Transactions of one pass; then it is looked again, for what is urgent comes first in each.
const ACTS_MAX: usize = 64;

/// A grant makes an observation when the last one is older.
const OBSERVATION_AGE: u64 = 300;

/// When duties are due, where that is the keeper's choice.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub observe_every: u64,
    /// Smallest units of the stablecoin from which on a slot is settled, stakers are paid and fees collected at once; less waits a day.
    pub settle_above: u128,
    /// Nothing waits for a later pass.
    pub is_single_pass: bool,
}

/// How a keeper is run.
#[derive(Debug, Clone)]
pub struct Options {
    pub rules: Rules,
    pub limits: Limits,
    /// Duties that are done; none: all.
    pub only: BTreeSet<Duty>,
    pub poll: Duration,
}

impl Options {
    /// `decimals` are the stablecoin's.
    pub fn new(decimals: u8) -> Self {
        let rules =
            Rules { observe_every: 1_800, settle_above: 10 * 10_u128.pow(decimals.into()), is_single_pass: false };
        Self { rules, limits: Limits::default(), only: BTreeSet::new(), poll: Duration::from_millis(500) }
    }
}

/// What is seen at a head, from which follows what is due.
#[derive(Debug)]
pub struct Sight<'a> {
    pub at: &'a Contracts,
    pub decimals: u8,
    pub block: u64,
    /// The head block's.
    pub now: u64,
    pub rules: Rules,
    pub deals: Vec<&'a Seen>,
    pub book: &'a Book,
    /// Commitments of which something was told lately.
    pub touched: Vec<CommitmentId>,
    /// Blocks for which a claim can be drawn.
    pub draw_limit: u64,
    pub views: Views,
}

impl<'a> Sight<'a> {
    pub fn places(&self) -> impl Iterator<Item = (&'a Seen, Place, &'a IDeals::Slot)> + '_ {
        self.deals.iter().flat_map(|seen| {
            let seen: &'a Seen = seen;
            seen.places.iter().map(move |(slot, place)| (seen, Place { deal: seen.id, slot: *slot }, place))
        })
    }

    pub fn places_in(&self, status: u8) -> impl Iterator<Item = (&'a Seen, Place, &'a IDeals::Slot)> + '_ {
        self.places().filter(move |(_, _, slot)| slot.status == status)
    }

    pub fn usd(&self, units: u128) -> Usd {
        Usd { units, decimals: self.decimals }
    }
}

/// What a single pass came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub block: u64,
    pub acts: Vec<Act>,
    pub not_done: Vec<Left>,
    pub gas: u64,
}

/// Invariants:
/// 1. What is done depends on the chain alone: a keeper that is started anew goes on where it was.
#[derive(Debug)]
pub struct Keeper {
    context: Context,
    options: Options,
    census: Census,
    book: Book,
    memory: Memory,
    draw_limit: u64,
    executor: Executor<Context>,
    meters: Arc<Meters>,
}

impl Keeper {
    pub async fn open(context: Context, options: Options) -> Result<Self> {
        context.sender()?;
        let meters: Arc<Meters> = Arc::default();
        Ok(Self {
            draw_limit: Capacity::new(context.clone()).draw_limit().await?,
            executor: Executor::new(context.clone(), options.limits, Arc::clone(&meters)),
            census: Census::default(),
            book: Book::default(),
            memory: Memory::default(),
            context,
            options,
            meters,
        })
    }

    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }

    pub fn router(&self) -> Router {
        let meters = self.meters();
        Router::new().route("/metrics", get(move || async move { meters.render() }))
    }

    /// Keeps until `shutdown`.
    pub async fn run(
        mut self,
        listener: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<Arc<Meters>> {
        ensure!(!self.context.is_planning(), "Keeping goes on for ever: plan a single pass with --once.");
        if let Some(listener) = listener {
            tracing::info!("metrics on http://{}/metrics", listener.local_addr()?);
            let router = self.router();
            tokio::spawn(listen::serve(listener, router, std::future::pending()));
        }
        tracing::info!("keeping");
        tokio::select! {
            () = shutdown => tracing::info!("stopped"),
            () = self.follow() => {}
        }
        Ok(self.meters())
    }

    /// One pass over everything.
    pub async fn once(&mut self) -> Result<Report> {
        self.options.rules.is_single_pass = true;
        let (head, fee) = self.head().await?;
        let outcome = self.pass(head, fee, usize::MAX).await?;
        self.meters.finish(head);
        let gas = outcome.acts.iter().map(|act| act.gas).sum();
        Ok(Report { block: head.number, acts: outcome.acts, not_done: outcome.left, gas })
    }

    /// The head with its base fee.
    async fn head(&self) -> Result<(Head, u128)> {
        let block = self.context.provider.get_block(BlockId::latest()).await;
        let block = block.map_err(|error| self.context.explain(&error))?.context("the node has no head")?;
        let header = block.header;
        let head = Head { number: header.number, hash: header.hash, time: header.timestamp };
        Ok((head, header.base_fee_per_gas.unwrap_or_default().into()))
    }

    async fn pass(&mut self, head: Head, fee: u128, acts_max: usize) -> Result<Outcome> {
        self.census.look(&self.context, head).await?;
        self.book.look(&self.context, head).await?;
        let only = self.options.only.clone();
        let is_wanted = move |duty: Duty| only.is_empty() || only.contains(&duty);
        let mut sight = Sight {
            at: self.context.at(),
            decimals: self.context.decimals(),
            block: head.number,
            now: head.time,
            rules: self.options.rules,
            deals: self.census.deals().collect(),
            touched: self.book.touched(),
            book: &self.book,
            draw_limit: self.draw_limit,
            views: Views::default(),
        };
        sight.views = views::read(&self.context, &sight, &mut self.memory, &is_wanted).await?;
        let mut due = duty::due(&sight, &is_wanted);
        self.observe_first(&sight, &mut due, &is_wanted);
        let idle = std::mem::take(&mut sight.views.idle);
        for key in idle {
            self.book.dismiss(&key);
        }
        self.executor.perform(head, fee, &due, acts_max).await
    }

    /// Each grant takes a fresh price, and makes it if there is none: one is cheaper for several. Those that were refused before
    /// make none.
    fn observe_first(&self, sight: &Sight<'_>, due: &mut Vec<Due>, is_wanted: &dyn Fn(Duty) -> bool) {
        let is_grant = |due: &&Due| due.duty.is_grant() && due.is_call() && self.executor.is_new(due);
        let is_old = sight.now > sight.views.observed_at + OBSERVATION_AGE;
        let is_planned = due.iter().any(|due| due.duty == Duty::Observe);
        if is_wanted(Duty::Observe) && is_old && !is_planned && due.iter().filter(is_grant).count() > 1 {
            let first = due.iter().position(|due| due.duty > Duty::Observe || due.duty.is_grant());
            due.insert(first.unwrap_or(due.len()), money::observe(sight));
        }
    }
}

impl Follow for Keeper {
    fn poll(&self) -> Duration {
        self.options.poll
    }

    async fn look(&mut self, last: B256) -> Result<B256> {
        let (head, fee) = self.head().await?;
        if head.hash == last {
            return Ok(last);
        }
        let outcome = self.pass(head, fee, ACTS_MAX).await?;
        self.meters.finish(head);
        // With more to do it is looked again at once, although the head may be the same.
        Ok(if outcome.is_more { B256::ZERO } else { head.hash })
    }

    fn failed(&self) {
        self.meters.node_errors.add(1);
    }
}
