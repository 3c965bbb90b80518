//! The loop: look at the store and the node, plan, act. Everything that passes is tried again.

use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;

use alloy::pubsub::Subscription;
use alloy_primitives::B256;
use anyhow::{Result, bail, ensure};
use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::backfill::Fetcher;
use crate::config::Config;
use crate::copy::Batch;
use crate::event::Contracts;
use crate::node::{Block, Node};
use crate::plan::{Fork, Seen, Step, Stored, Tip, find_fork, next_step};
use crate::store::{Applied, Store};
use crate::wire::{Header, Log};
use crate::{Fatal, State, Status, backfill, fatal, health};

const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Blocks that count as final under the head of a node that does not know the word.
const FINALITY: u64 = 64;

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
    let server = health::serve(config.listen, status.subscribe()).await?;
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
    let mut pause = PAUSE_MIN;
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
            pause = PAUSE_MIN;
        }
        tokio::select! {
            () = shutdown.clone() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = PAUSE_MAX.min(pause * 2);
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
    let on_standby = || reporter.state(State::Standby);
    let store = Store::lead(&config.database, &config.deployment, on_standby, shutdown).await?;
    let Some(store) = store else { return Ok(End::Shutdown) };
    let node = Node::connect(&config.rpc_url, contracts.addresses()).await?;
    let chain_id = node.chain_id().await?;
    if chain_id != config.deployment.chain_id {
        return Err(fatal(format!(
            "the node is of chain {chain_id}, the deployment of chain {}",
            config.deployment.chain_id
        )));
    }
    if store.tip().number >= config.deployment.first_block {
        reporter.indexed(store.tip(), 0);
    }
    info!(block = store.tip().number, "leading from block {}", store.tip().number);
    let heads = node.heads().await?;
    let &Config { poll_interval, fetch_max, .. } = config;
    Session { store, node, contracts, reporter, heads, poll_interval, fetch_max }.run(shutdown).await
}

struct Session<'a> {
    store: Store,
    node: Node,
    contracts: &'a Contracts,
    reporter: &'a Reporter,
    heads: Option<Subscription<Header>>,
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
                    let (node, contracts) = (self.node.clone(), self.contracts.clone());
                    let fetcher = Fetcher { node, contracts, most: self.fetch_max };
                    backfill::backfill(&mut self.store, fetcher, range, self.reporter, shutdown).await?;
                }
                Step::Follow(range) => {
                    self.derive_once().await?;
                    self.follow(range, seen.finalized).await?;
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
        let tip = self.store.tip();
        let blocks = [Block::Latest, Block::Number(tip.number)];
        let (headers, finalized) = tokio::try_join!(self.node.headers(&blocks), self.node.finalized())?;
        let [Some(head), at_tip] = headers[..] else {
            bail!("the node has no head");
        };
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and block numbers are far below 2^52")]
        metrics::gauge!("surety_indexer_node_head").set(head.number as f64);
        let finalized = finalized.map_or(head.number.saturating_sub(FINALITY), |block| block.number);
        let stored = self.store.stored(head.number).await?;
        let head = Tip { number: head.number, hash: head.hash };
        Ok((stored, Seen { head, finalized, at_tip: at_tip.map(|header| header.hash) }))
    }

    /// Indexes blocks that may yet be reorganised: headers first, then the logs of exactly these.
    async fn follow(&mut self, range: RangeInclusive<u64>, finalized: u64) -> Result<()> {
        let named: Vec<Block> = range.map(Block::Number).collect();
        let headers: Option<Vec<Header>> = self.node.headers(&named).await?.into_iter().collect();
        // The node's chain has become shorter since: look again.
        let Some(headers) = headers else { return Ok(()) };
        let hashes: Vec<B256> = headers.iter().map(|header| header.hash).collect();
        let logs = self.node.logs_of(&hashes).await?;
        self.append(&headers, &logs, finalized).await
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
        let named: Vec<Block> = ours.iter().map(|tip| Block::Number(tip.number)).collect();
        let theirs = self.node.headers(&named).await?;
        let compared: Vec<_> =
            ours.into_iter().zip(theirs).map(|(tip, header)| (tip, header.map(|header| header.hash))).collect();
        match find_fork(stored, &compared) {
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
            () = shutdown.clone() => return Ok(()),
            () = tokio::time::sleep(self.poll_interval) => return Ok(()),
            told = next_head(&mut self.heads) => told?,
        };
        // None: heads were missed while we were busy.
        let Some(told) = told else { return Ok(()) };
        let tip = self.store.tip();
        if told.number != tip.number + 1 || told.parent_hash != tip.hash {
            return Ok(());
        }
        let hashes = [told.hash];
        let (logs, finalized) = tokio::try_join!(self.node.logs_of(&hashes), self.node.finalized())?;
        let finalized = finalized.map_or(told.number.saturating_sub(FINALITY), |block| block.number);
        self.append(&[told], &logs, finalized).await
    }
}

/// The newest head that was told. Without a subscription there is only the poll.
async fn next_head(heads: &mut Option<Subscription<Header>>) -> Result<Option<Header>> {
    let Some(heads) = heads else { return std::future::pending().await };
    let mut newest = match heads.recv().await {
        Ok(head) => head,
        Err(RecvError::Lagged(_)) => return Ok(None),
        Err(RecvError::Closed) => bail!("the node's subscription ended"),
    };
    while let Ok(newer) = heads.try_recv() {
        newest = newer;
    }
    Ok(Some(newest))
}
