//! The prober: asks the workloads that it is drawn for, says what it saw, and does what follows from it.

mod act;
mod counts;
mod look;
mod want;
mod work;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::routing::get;
use contracts::IProbers;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::act::Act;
pub use self::counts::Counts;
use self::look::Probed;
use self::want::Sight;
pub use self::work::Executing;
use self::work::Works;
use super::board::Board;
use super::draws::Draws;
use super::roll::Roll;
use super::statement::{Statement, Target, domain};
use crate::blocks::Head;
use crate::census::Census;
use crate::chain::{Context, Sent};
use crate::failures::Failures;
use crate::underway::Underway;
use crate::waits::{Contact, Waits};
use crate::workload::Client;

/// Other probers answer from memory.
const GATHER_WITHIN: Duration = Duration::from_secs(2);

/// Between two probers of a draw, so that one sees what the other has sent.
const STAGGER: Duration = Duration::from_millis(30);

/// How a prober is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seconds of chain time between two probes of a slot; blocks further apart have one each.
    pub interval: u64,
    /// How long a workload may take for its answer.
    pub within: Duration,
    /// How often the node is asked for its head.
    pub poll: Duration,
    /// Opens the day if nobody has.
    pub is_opening: bool,
    /// Reports once a day that a slot is up, where that is paid for.
    pub is_reporting_daily: bool,
    /// How jobs are computed again that it is drawn for; none: they are left to others.
    pub executing: Option<Executing>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interval: 60,
            within: Duration::from_secs(5),
            poll: Duration::from_millis(200),
            is_opening: true,
            is_reporting_daily: true,
            executing: None,
        }
    }
}

/// Invariants:
/// 1. It signs only what it saw itself, once for each probe, and with the time of the head at which it probed.
/// 2. It counts words of others only if they are signed by drawn probers, about this serving, and fresh.
/// 3. All times are those of the head block.
#[derive(Debug)]
pub struct Prober {
    context: Context,
    address: Address,
    options: Options,
    quorum: usize,
    head: Head,
    /// Seconds between the last two blocks.
    gap: u64,
    census: Census,
    failures: Failures,
    roll: Roll,
    draws: Draws,
    board: Board,
    works: Option<Works>,
    workloads: Client,
    others: Client,
    sights: BTreeMap<Target, Sight>,
    /// When each was probed last.
    probed: BTreeMap<Target, u64>,
    probing: JoinSet<Probed>,
    underway: Underway<Act, Sent>,
    /// Acts that were refused, with the block at which they were: the next one is looked at first.
    rested: BTreeMap<Act, u64>,
    /// When others are asked again, and how often they were since the last block.
    asked: BTreeMap<Act, (Instant, u32)>,
    /// First second of a probe that `Faults` would take.
    bounds: BTreeMap<Target, u64>,
    /// Days on which it was reported that all is well.
    told: BTreeMap<Target, u32>,
    is_paying: bool,
    pay: u128,
    waits: Waits,
    counts: Arc<Counts>,
}

impl Prober {
    pub async fn open(context: Context, options: Options) -> Result<Self> {
        ensure!(!context.is_planning(), "Probing goes on for days: there is nothing to plan.");
        let address = context.signer()?.address();
        let found = context.view(context.at().probers, IProbers::proberOfCall { prober: address }).await?;
        ensure!(
            found.seats > 0 || found.untilDay > 0,
            "{address} is no prober: `surety prober register` makes it one."
        );
        let rules = context.view(context.at().probers, IProbers::rulesCall {}).await?;
        Ok(Self {
            address,
            quorum: rules.quorum.into(),
            head: Head { number: 0, hash: B256::ZERO, time: 0 },
            gap: 0,
            census: Census::default(),
            failures: Failures::default(),
            roll: Roll::default(),
            draws: Draws::default(),
            board: Board::default(),
            works: options.executing.as_ref().map(Works::open).transpose()?,
            workloads: Client::new(options.within)?,
            others: Client::new(GATHER_WITHIN)?,
            sights: BTreeMap::new(),
            probed: BTreeMap::new(),
            probing: JoinSet::new(),
            underway: Underway::default(),
            rested: BTreeMap::new(),
            asked: BTreeMap::new(),
            bounds: BTreeMap::new(),
            told: BTreeMap::new(),
            is_paying: false,
            pay: 0,
            waits: Waits::default(),
            counts: Arc::default(),
            context,
            options,
        })
    }

    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Its statements, and metrics.
    pub fn router(&self) -> Router {
        let counts = self.counts();
        let render = move || async move { counts.render() };
        self.board.router().route("/metrics", get(render)).route("/livez", get(|| async { "alive\n" }))
    }

    /// Probes until `shutdown`.
    pub async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<Arc<Counts>> {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        tracing::info!("statements and metrics on http://{}", listener.local_addr()?);
        let server = tokio::spawn(listen::serve(listener, self.router(), stopped));
        tokio::select! {
            () = shutdown => tracing::info!("stopped; nothing is probed any more"),
            () = self.follow() => {}
        }
        drop(stop);
        server.await.context("serving statements")?;
        Ok(self.counts())
    }

    async fn follow(&mut self) {
        let mut contact = Contact::default();
        loop {
            match self.once().await {
                Ok(()) => contact.kept(),
                Err(error) => {
                    self.counts.failures.add(1);
                    contact.lost(&error, "; nothing is probed meanwhile");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.options.poll) => {}
                Some(probed) = self.probing.join_next() => self.note(probed.ok()),
            }
        }
    }

    /// Looks at a new head, and at every turn does what can be done by now.
    async fn once(&mut self) -> Result<()> {
        while let Some(probed) = self.probing.try_join_next() {
            self.note(probed.ok());
        }
        while let Some((act, sent)) = self.underway.ended() {
            self.finish(act, sent.map(|_| ()));
        }
        let head = self.context.head().await?;
        let is_new = head.hash != self.head.hash;
        if is_new {
            self.look(head).await?;
            self.gap = head.time.saturating_sub(self.head.time).min(self.options.interval.max(60));
            self.head = head;
            self.asked.clear();
        }
        self.probe();
        self.act().await;
        self.work().await;
        if self.probing.is_empty() && self.underway.len() == 0 && self.counts.head.get() != head.number {
            self.counts.head.set(head.number);
            self.counts.pulse.beat();
        }
        Ok(())
    }

    /// Says what was seen; what was not seen for want of a node is probed again.
    fn note(&mut self, probed: Option<Probed>) {
        let Some(probed) = probed else { return };
        let (target, at) = (probed.target, probed.at);
        let is_up = match probed.seen {
            Ok(Ok(())) => true,
            Ok(Err(why)) => {
                tracing::info!("deal {}: slot {} does not answer: {why}", target.deal, target.slot);
                false
            }
            Err(error) => {
                self.counts.failures.add(1);
                self.probed.remove(&target);
                let error = error.context(format!("probing slot {} of deal {}", target.slot, target.deal));
                return tracing::warn!("{}", crate::url::without_keys(&format!("{error:#}")));
            }
        };
        let said = self.context.signer().and_then(|key| Statement::sign(domain(&self.context), key, target, is_up, at));
        match said {
            Ok(statement) => self.board.note(statement, at),
            Err(error) => tracing::error!("{error:#}"),
        }
        self.counts.probes.add(1);
        self.counts.misses.add(u64::from(!is_up));
        self.counts.pulse.beat();
    }
}
