//! The prover of one commitment: solves its windows, commits them, and answers for them until nobody can ask any more.

mod act;
mod look;
mod meters;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, U256};
use anyhow::{Result, bail, ensure};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use self::meters::Meters;
use super::contract::Capacity;
use super::leaves::{Claim, Shelf};
use super::plan::{Seen, Settings, Step, plan};
use super::puzzle::{Assignment, PUZZLES, positions};
use super::solver::{CLASS_CPU, Crew, Order, Sink, Tally};
use super::state::{Identity, Sealed, Store};
use crate::blocks::Head;
use crate::ids::CommitmentId;
use crate::waits::{Contact, Waits};

/// Part of what the chain remembers that a draw may wait for the next commit.
const PATIENCE_DIVISOR: u64 = 2;

/// How a prover is run.
#[derive(Debug, Clone)]
pub struct Options {
    pub commitment: CommitmentId,
    /// Where its state lies; one folder a commitment.
    pub folder: PathBuf,
    /// Solving threads; none: one a unit.
    pub threads: Option<usize>,
    pub is_pinned: bool,
    /// Seconds before its deadline that a window is committed.
    pub commit_before: u64,
    /// Renews by so many days in the last epoch.
    pub renew_days: Option<u8>,
    /// How often the node is asked for its head.
    pub poll: Duration,
}

impl Options {
    pub fn new(commitment: CommitmentId, folder: PathBuf) -> Self {
        Self {
            commitment,
            folder,
            threads: None,
            is_pinned: true,
            commit_before: 480,
            renew_days: None,
            poll: Duration::from_millis(500),
        }
    }
}

/// Invariants:
/// 1. A window is committed once, with leaves that were checked and are on disk.
/// 2. All times are those of the head block.
#[derive(Debug)]
pub struct Prover {
    capacity: Capacity,
    identity: Identity,
    settings: Settings,
    poll: Duration,
    shelf: Shelf,
    meters: Arc<Meters>,
    /// What the threads have been told to solve, and how many leaves of it.
    solving: Option<(u32, B256, u32)>,
    /// At the beginning of the window that is solved.
    tally: Tally,
    /// Windows of which nothing will change.
    settled: BTreeMap<u32, Seen>,
    /// The last block at which a window's claim was seen open, or the first at which it was seen closed.
    seen_open: BTreeMap<u32, u64>,
    /// Leaves that were demanded, with the block of the demand.
    demands: BTreeMap<(u32, u32), u64>,
    /// Blocks up to here were searched for demands.
    searched: Option<u64>,
    waits: Waits,
    // Ends before the store is closed, since its threads write there.
    crew: Crew,
    store: Arc<Store>,
}

impl Prover {
    /// Opens the state of a commitment, and starts its threads, which rest.
    pub async fn open(capacity: Capacity, options: Options) -> Result<Self> {
        ensure!(!capacity.context.is_planning(), "Proving goes on for days: there is nothing to plan.");
        capacity.context.sender()?;
        let head = capacity.head().await?;
        let commitment = capacity.commitment(head, options.commitment).await?;
        if commitment.class != CLASS_CPU {
            bail!(
                "Commitment {} is of class {}, whose puzzles are for graphics cards: this prover solves class {CLASS_CPU} \
                 (Equi-X) only.",
                options.commitment,
                commitment.class
            );
        }
        let identity = Identity {
            chain_id: capacity.context.deployment.chain_id,
            capacity: capacity.at,
            commitment: options.commitment,
            provider: commitment.provider,
            units: commitment.units,
        };
        let store = Arc::new(Store::open(&options.folder, &identity)?);
        let meters = Arc::new(Meters::default());
        let threads = options.threads.unwrap_or_else(|| usize::from(commitment.units)).max(1);
        let crew = Crew::start(threads, options.is_pinned, &sink(&store, &meters))?;
        let draw_limit = capacity.draw_limit().await?;
        let settings = Settings {
            commit_before: options.commit_before,
            draw_patience: draw_limit / PATIENCE_DIVISOR,
            draw_limit,
            renew_days: options.renew_days,
        };
        let prover = Self {
            capacity,
            identity,
            settings,
            poll: options.poll,
            shelf: Shelf::default(),
            meters,
            solving: None,
            tally: Tally::default(),
            settled: BTreeMap::new(),
            seen_open: BTreeMap::new(),
            demands: BTreeMap::new(),
            searched: None,
            waits: Waits::default(),
            crew,
            store,
        };
        prover.publish_all();
        Ok(prover)
    }

    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(&self.meters)
    }

    /// Claims with their leaves, and metrics.
    pub fn router(&self) -> Router {
        let (meters, crew) = (Arc::clone(&self.meters), self.crew.counts());
        let render = move || async move { meters.render(&crew.tally()) };
        self.shelf.router().route("/metrics", get(render))
    }

    /// Works until nothing is left to be done for the commitment, or until `shutdown`.
    pub async fn run(mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<Arc<Meters>> {
        let (_stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        tracing::info!("leaves and metrics on http://{}", listener.local_addr()?);
        tokio::spawn(listen::serve(listener, self.router(), stopped));
        let Identity { commitment, units, .. } = self.identity;
        tracing::info!("proving {units} units of commitment {commitment} on {} threads", self.crew.threads());
        tokio::select! {
            () = shutdown => tracing::info!("stopped; what was found is on disk"),
            done = self.follow() => done?,
        }
        Ok(self.meters())
    }

    /// Looks at each new head and does what is to be done.
    async fn follow(&mut self) -> Result<()> {
        let (mut last, mut contact) = (B256::ZERO, Contact::default());
        loop {
            match self.once(last).await {
                Ok(Ended::Yes) => return Ok(()),
                Ok(Ended::Convicted) => bail!("Commitment {} was convicted.", self.identity.commitment),
                Ok(Ended::No(head)) => {
                    contact.kept();
                    last = head;
                }
                Err(error) => {
                    self.meters.node_errors.add(1);
                    contact.lost(&error, "; solving goes on");
                }
            }
            tokio::time::sleep(self.poll).await;
        }
    }

    async fn once(&mut self, last: B256) -> Result<Ended> {
        let head = self.capacity.head().await?;
        if head.hash == last {
            return Ok(Ended::No(last));
        }
        let sight = self.look(head).await?;
        let steps = plan(&sight, &self.store.holdings(), &self.settings);
        for step in steps {
            if step == Step::Finish {
                if sight.is_convicted {
                    return Ok(Ended::Convicted);
                }
                tracing::info!("commitment {} has ended, and everything of it is paid", self.identity.commitment);
                return Ok(Ended::Yes);
            }
            let is_answer = matches!(step, Step::Answer { .. } | Step::Deliver { .. });
            // Each is a transaction that is waited for: a flood of demands must not hold up the next commit.
            if self.attempt(head, step).await && is_answer {
                return Ok(Ended::No(last));
            }
        }
        self.meters.finish(head);
        Ok(Ended::No(head.hash))
    }

    /// A step that fails is told, and tried again later; the others go on. False: it was not tried.
    async fn attempt(&mut self, head: Head, step: Step) -> bool {
        let name = format!("{step:?}");
        if !self.waits.may(&name, head.time) {
            return false;
        }
        match self.act(head, step).await {
            Ok(()) => self.waits.done(&name),
            Err(error) => {
                self.meters.failures.add(1);
                self.waits.failed(name, head.time, &error);
            }
        }
        true
    }

    /// What a killed prover had committed is served again.
    fn publish_all(&self) {
        for holding in self.store.holdings().into_values() {
            if let Some(sealed) = &holding.sealed {
                self.publish(sealed);
            }
        }
    }

    fn publish(&self, sealed: &Sealed) {
        let Some(block) = sealed.block else { return };
        let claim = Claim {
            commitment: self.identity.commitment,
            window: sealed.window,
            seed: sealed.seed,
            root: sealed.root,
            filled: sealed.filled(),
            block,
            bitmap: sealed.bitmap.clone(),
        };
        self.shelf.publish(claim, &self.store.leaves(sealed.window));
    }

    /// Tells the threads what to solve, unless they know.
    fn solve(&mut self, order: (u32, B256, u32), target: U256) -> Result<()> {
        let (window, seed, wanted) = order;
        let is_known = self.solving.is_some_and(|(w, s, most)| (w, s) == (window, seed) && wanted <= most);
        if is_known {
            return Ok(());
        }
        self.store.begin(window, seed)?;
        let held = self.store.leaves(window);
        if self.solving.is_none_or(|(solved, ..)| solved != window) {
            self.tally = self.crew.tally();
            let have = held.len();
            tracing::info!("window {window}: solving {wanted} puzzles, {have} of them are there");
        }
        let (assignment, units) = (self.assignment(seed), u32::from(self.identity.units));
        // The first puzzle of every unit, then the second of every unit, and so on.
        let all = (0..positions(self.identity.units)).map(|turn| turn % units * PUZZLES + turn / units);
        let missing = all.filter(|position| !held.contains_key(position));
        let most = (wanted as usize).saturating_sub(held.len());
        self.crew.order(Some(Order::new(window, assignment, target, missing.take(most))));
        self.solving = Some(order);
        Ok(())
    }

    fn rest(&mut self) {
        if self.solving.take().is_some() {
            self.crew.order(None);
        }
    }

    fn assignment(&self, seed: B256) -> Assignment {
        Assignment { seed, provider: self.identity.provider, commitment: self.identity.commitment }
    }
}

enum Ended {
    Yes,
    Convicted,
    No(B256),
}

/// Threads write what they find themselves: nothing waits in memory for somebody who is busy with the node.
fn sink(store: &Arc<Store>, meters: &Arc<Meters>) -> Sink {
    let (store, meters) = (Arc::clone(store), Arc::clone(meters));
    Arc::new(move |order, leaf| match store.append(order.window, order.assignment.seed, leaf) {
        Ok(is_kept) => {
            meters.leaves.add(u64::from(is_kept));
            meters.pulse();
        }
        Err(error) => {
            meters.failures.add(1);
            let error = error.context(format!("keeping a leaf of window {}", order.window));
            tracing::error!("{error:#}");
        }
    })
}

/// Where the state of a commitment lies when nobody names a folder.
pub fn folder_of(capacity: &Capacity, commitment: CommitmentId) -> PathBuf {
    let chain_id = capacity.context.deployment.chain_id;
    PathBuf::from(format!("target/surety/prover/{chain_id}/{}/{commitment}", capacity.at))
}
