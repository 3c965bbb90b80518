//! The loop: look at the store and the node, plan, act. Everything that passes is tried again.

use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;

use alloy_primitives::B256;
use anyhow::{Context as _, Result, bail, ensure};
use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::watch;
use tracing::{error, info, instrument, warn};

use crate::backfill::Fetcher;
use crate::complete::Complete;
use crate::config::Config;
use crate::copy::Batch;
use crate::event::Contracts;
use crate::heads::Heads;
use crate::node::{BATCH_MAX, Node};
use crate::nodes::{Alone, Nodes, disagreement};
use crate::plan::{Fork, Seen, Step, Stored, Tip, agreed_fork, find_fork, next_step};
use crate::slot::AWAY;
use crate::store::{Applied, Store};
use crate::wire::{Header, Log};
use crate::{Fatal, State, Status, backfill, health};

/// The longest pause after a failure, in first ones.
const PAUSES_MAX: u32 = 50;

/// Tells whoever waits, and the metrics.
#[derive(Clone, Debug)]
pub(crate) struct Reporter(watch::Sender<Status>);

impl Reporter {
    pub(crate) fn indexed(&self, tip: Tip, facts: u64) {
        metrics::counter!("surety_indexer_facts_total").increment(facts);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and block numbers are far below 2^52")]
        metrics::gauge!("surety_indexer_block").set(tip.number as f64);
        self.0.send_modify(|status| status.indexed = Some(tip));
    }

    pub(crate) fn head(&self, number: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and block numbers are far below 2^52")]
        metrics::gauge!("surety_indexer_node_head").set(number as f64);
        self.0.send_modify(|status| status.head = Some(number));
    }

    fn state(&self, state: State) {
        self.0.send_if_modified(|status| {
            let is_new = status.state != state;
            status.state = state;
            is_new
        });
    }
}

enum End {
    Shutdown,
    Halted(String),
}

pub(crate) async fn run(
    config: Config,
    status: watch::Sender<Status>,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let shutdown = shutdown.shared();
    let contracts = Contracts::new(&config.deployment)?;
    let server = health::serve(&config, status.subscribe()).await?;
    let reporter = Reporter(status);
    let result = retry(&config, &contracts, &reporter, &shutdown).await;
    reporter.state(State::Stopped);
    server.abort();
    result
}

async fn retry<F: Future<Output = ()>>(
    config: &Config,
    contracts: &Contracts,
    reporter: &Reporter,
    shutdown: &Shared<F>,
) -> Result<()> {
    let mut pause = config.pause;
    loop {
        let before = reporter.0.borrow().indexed;
        match session(config, contracts, reporter, shutdown).await {
            Ok(End::Shutdown) => return Ok(()),
            Ok(End::Halted(reason)) => {
                error!("{reason}");
                reporter.state(State::Halted(reason));
                shutdown.clone().await;
                return Ok(());
            }
            Err(error) if !is_passing(&error) => return Err(error),
            Err(error) => {
                metrics::counter!("surety_indexer_retries_total").increment(1);
                warn!("trying again: {error:#}");
                reporter.state(State::Retrying(format!("{error:#}")));
            }
        }
        if reporter.0.borrow().indexed != before {
            pause = config.pause;
        }
        tokio::select! {
            () = shutdown.clone() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = (config.pause * PAUSES_MAX).min(pause * 2);
    }
}

/// Whether trying again may mend it. A statement that Postgres refuses is our mistake, and stays one.
fn is_passing(error: &anyhow::Error) -> bool {
    if error.is::<Fatal>() {
        return false;
    }
    let refused =
        error.chain().find_map(|cause| cause.downcast_ref::<sqlx::Error>()).and_then(sqlx::Error::as_database_error);
    match refused.and_then(|refused| refused.code().map(|code| code.to_string())) {
        // Connections, conflicts, resources, objects in use, operators and the system.
        // 25006: read only, as after a failover, until the connection finds the new primary.
        Some(code) => ["08", "25006", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)),
        None => true,
    }
}

/// From taking the lead to the first error.
async fn session<F: Future<Output = ()>>(
    config: &Config,
    contracts: &Contracts,
    reporter: &Reporter,
    shutdown: &Shared<F>,
) -> Result<End> {
    let on_standby = || {
        info!("standing by: another indexer leads");
        reporter.state(State::Standby);
    };
    let store = Store::lead(&config.database, &config.deployment, on_standby, shutdown).await?;
    let Some(store) = store else { return Ok(End::Shutdown) };
    let nodes = Nodes::connect(config, contracts.addresses()).await?;
    if store.tip().number >= config.deployment.first_block {
        reporter.indexed(store.tip(), 0);
    }
    info!(block = store.tip().number, "leading from block {}", store.tip().number);
    let heads = Heads::of(&nodes);
    let complete = Complete::new(&contracts.addresses(), Contracts::events());
    let &Config { poll_interval, fetch_max, pause, .. } = config;
    let finalized = 0;
    let mut session =
        Session { store, nodes, contracts, complete, reporter, heads, finalized, pause, poll_interval, fetch_max };
    session.run(shutdown).await
}

struct Session<'a> {
    store: Store,
    nodes: Nodes,
    contracts: &'a Contracts,
    complete: Complete,
    reporter: &'a Reporter,
    heads: Heads,
    /// Of the last look.
    finalized: u64,
    pause: Duration,
    poll_interval: Duration,
    fetch_max: usize,
}

impl Session<'_> {
    async fn run<F: Future<Output = ()>>(&mut self, shutdown: &Shared<F>) -> Result<End> {
        loop {
            if shutdown.clone().now_or_never().is_some() {
                return Ok(End::Shutdown);
            }
            let (stored, seen) = self.look().await?;
            match next_step(&stored, &seen) {
                Step::Backfill(range) => {
                    self.reporter.state(State::Backfilling);
                    let (nodes, contracts) = (self.nodes.clone(), self.contracts.clone());
                    let (complete, most, pause) = (self.complete.clone(), self.fetch_max, self.pause);
                    let fetcher = Fetcher { nodes, contracts, complete, most, pause };
                    backfill::backfill(&mut self.store, fetcher, range, self.reporter, shutdown).await?;
                }
                Step::Follow(range) => {
                    self.derive_once().await?;
                    self.follow(range, &seen).await?;
                }
                Step::FindFork => {
                    if let Some(reason) = self.part(&stored).await? {
                        return Ok(End::Halted(reason));
                    }
                }
                Step::Wait => {
                    self.derive_once().await?;
                    self.reporter.state(State::Following);
                    self.wait(shutdown).await?;
                }
                Step::Lag => {
                    self.reporter.state(State::Lagging);
                    self.wait(shutdown).await?;
                }
            }
        }
    }

    /// State begins where the first backfill ends.
    async fn derive_once(&mut self) -> Result<()> {
        if !self.store.is_derived() {
            self.store.derive_all().await?;
            info!(block = self.store.tip().number, "derived state at block {}", self.store.tip().number);
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<(Stored, Seen)> {
        let seen = self.nodes.look(self.store.tip().number).await?;
        self.reporter.head(seen.head.number);
        self.finalized = seen.finalized;
        Ok((self.store.stored(seen.head.number).await?, seen))
    }

    /// Indexes blocks that may yet be reorganised: headers first, then the logs of exactly these. A quorum has the last one, and
    /// with it all others, as each is the parent of the next.
    #[instrument(level = "debug", skip_all, fields(first = range.start(), last = range.end()))]
    async fn follow(&mut self, range: RangeInclusive<u64>, seen: &Seen) -> Result<()> {
        let named: Vec<u64> = range.collect();
        let (named, complete, nodes) = (&named, &self.complete, &self.nodes);
        let read = nodes.ask(|node| async move {
            let headers: Option<Vec<Header>> = node.headers(named).await?.into_iter().collect();
            // The node's chain has become shorter since.
            let headers = headers.context("the node does not have the block any more")?;
            let last = headers.last().context("a range has a last block")?;
            let is_agreed =
                if last.number == seen.head.number { last.hash == seen.head.hash } else { nodes.confirm(last).await? };
            ensure!(is_agreed, Alone(last.number));
            let logs = logs_of(nodes, &node, complete, &headers).await?;
            Ok((headers, logs))
        });
        let (headers, logs) = read.await?;
        compare(&self.nodes, &self.complete, &headers, &logs).await?;
        self.append(&headers, &logs, seen.finalized).await
    }

    /// Commits blocks whose logs are known, after checking that each follows the one before.
    async fn append(&mut self, headers: &[Header], logs: &[Vec<Log>], finalized: u64) -> Result<()> {
        let mut tip = self.store.tip();
        let mut batch = Batch::default();
        for (header, logs) in headers.iter().zip(logs) {
            ensure!(
                header.number == tip.number + 1,
                "the node answers with block {} after {}",
                header.number,
                tip.number
            );
            ensure!(
                tip.hash.is_zero() || header.parent_hash == tip.hash,
                "block {} of the node does not follow block {}",
                header.number,
                tip.number
            );
            tip = Tip { number: header.number, hash: header.hash };
            batch.header(header, !logs.is_empty());
            for log in logs {
                ensure!(log.block_hash == header.hash, "the node answers with logs of another block");
                self.contracts.write(log, &mut batch)?;
            }
        }
        let (Some(first), Some(last)) = (headers.first(), headers.last()) else { return Ok(()) };
        let facts = batch.facts();
        self.store.apply(Applied { first_block: first.number, tip: *last, finalized, batch }).await?;
        self.reporter.indexed(self.store.tip(), facts);
        Ok(())
    }

    /// Goes back to the last block that both chains share. Answers why not, if that is below finality.
    async fn part(&mut self, stored: &Stored) -> Result<Option<String>> {
        let ours = self.store.unfinal().await?;
        let named: Vec<u64> = ours.iter().map(|tip| tip.number).collect();
        let named = &named;
        // There may be thousands, and they are what it takes to leave the fork.
        let away = AWAY * u32::try_from(1 + named.len() / BATCH_MAX)?;
        let answers = self.nodes.ask_all(|node| async move { node.headers(named).await }, |_| false, away).await?;
        let forks: Vec<Fork> = answers
            .into_iter()
            .map(|theirs| {
                let theirs = theirs.into_iter().map(|header| header.map(|header| header.hash));
                find_fork(stored, &ours.iter().copied().zip(theirs).collect::<Vec<_>>())
            })
            .collect();
        match agreed_fork(stored, &forks, self.nodes.quorum()) {
            Fork::Rewind(to) => {
                let depth = stored.tip.number - to.number;
                self.store.rewind(to).await?;
                metrics::counter!("surety_indexer_reorganisations_total").increment(1);
                warn!(
                    block = to.number,
                    depth, "the chain was reorganised: went back {depth} blocks to block {}", to.number
                );
                self.reporter.indexed(to, 0);
                Ok(None)
            }
            Fork::Nowhere => {
                // They looked otherwise a moment ago.
                tokio::time::sleep(self.pause).await;
                Ok(None)
            }
            Fork::Unknown => bail!("the node has neither our blocks nor others from block {} on", stored.finalized),
            Fork::TooDeep => {
                let reason = format!(
                    "the node's chain parts from ours below block {}, which was final: nobody can say which is right",
                    stored.finalized
                );
                self.store.halt(&reason).await?;
                Ok(Some(reason))
            }
        }
    }

    /// Until there may be something new. A head that the node tells of is indexed right away when it follows our tip.
    async fn wait<F: Future<Output = ()>>(&mut self, shutdown: &Shared<F>) -> Result<()> {
        let told = tokio::select! {
            biased;
            () = shutdown.clone() => return Ok(()),
            told = self.heads.next() => told,
            () = tokio::time::sleep(self.poll_interval) => None,
        };
        let Some(told) = told else { return Ok(()) };
        let tip = self.store.tip();
        if told.number != tip.number + 1 || told.parent_hash != tip.hash {
            return Ok(());
        }
        let (headers, complete, nodes) = (&[told], &self.complete, &self.nodes);
        let read = nodes.ask(|node| async move { logs_of(nodes, &node, complete, headers).await });
        let (is_agreed, logs) = tokio::try_join!(self.nodes.confirm(&told), read)?;
        if !is_agreed {
            return Ok(());
        }
        compare(&self.nodes, &self.complete, &[told], &logs).await?;
        self.reporter.head(told.number);
        // As of the last look: nobody waits for what is final.
        self.append(&[told], &logs, self.finalized).await
    }
}

/// Logs of blocks, by hash, and none of ours is missing.
async fn logs_of(nodes: &Nodes, node: &Node, complete: &Complete, headers: &[Header]) -> Result<Vec<Vec<Log>>> {
    let hashes: Vec<B256> = headers.iter().map(|header| header.hash).collect();
    let logs = node.logs_of(&hashes).await?;
    for (header, logs) in headers.iter().zip(&logs) {
        complete.check(nodes, node, header, logs).await?;
    }
    Ok(logs)
}

/// Now and then a second node is asked for the same logs.
async fn compare(nodes: &Nodes, complete: &Complete, headers: &[Header], logs: &[Vec<Log>]) -> Result<()> {
    if !nodes.is_sampled() {
        return Ok(());
    }
    let again = nodes.ask(|node| async move { logs_of(nodes, &node, complete, headers).await }).await?;
    if again != logs {
        return Err(disagreement("two readings of the logs of the same blocks differ".to_owned()));
    }
    Ok(())
}
