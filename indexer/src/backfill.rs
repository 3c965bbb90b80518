//! Final blocks, by ranges: four in flight, committed in order, as many at a time as have come while Postgres was busy.
//!
//! No reorganisation can reach these blocks, but a node can still be wrong about them: several machines behind one address
//! may disagree. So the headers of a range's ends and of each block with logs are read, every log must name the hash of
//! its header, each header must be the parent of the next one read where they touch, and a range's first block must be
//! the child of the block that was committed last. Of several nodes a quorum has to have a range's last block. Blocks between,
//! in which nothing of ours happened, are not read.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use futures::future::Shared;
use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tracing::{debug, info, instrument};

use crate::Fatal;
use crate::complete::Complete;
use crate::copy::Batch;
use crate::event::Contracts;
use crate::node::Node;
use crate::nodes::{Alone, Nodes, disagreement};
use crate::store::{Applied, Store};
use crate::sync::Reporter;
use crate::wire::{Header, Log};

const IN_FLIGHT: usize = 4;
/// Ranges that are asked for or wait for Postgres: reading goes on while it writes.
const AHEAD: usize = 12;
/// Bytes of facts that one transaction writes at most, but for its last range: each statement is a journey to Postgres.
const COMMIT_MAX: usize = 8 * 1024 * 1024;
const RANGE_MIN: u64 = 1;
const RANGE_START: u64 = 16;
const RANGE_MAX: u64 = 2_000;
/// Logs of one range to aim at: some three megabytes of JSON.
const LOGS_AIM: u64 = 4_000;
/// How often a single block is tried, with doubling pauses.
const ATTEMPTS: u32 = 4;

/// A range that was fetched and checked in itself.
#[derive(Debug)]
struct Piece {
    from: Header,
    tip: Header,
    batch: Batch,
}

/// What there was room for, from the beginning of a range on.
#[derive(Debug)]
struct Fetched {
    pieces: Vec<Piece>,
    /// The blocks that follow the pieces, up to the end of the range.
    rest: Option<(u64, u64)>,
}

/// How to fetch a range.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    pub(crate) nodes: Nodes,
    pub(crate) contracts: Contracts,
    pub(crate) complete: Complete,
    /// Bytes of facts after which a fetch hands over what it has.
    pub(crate) most: usize,
    /// After the first failure of a block.
    pub(crate) pause: Duration,
}

/// Indexes a range of final blocks, or as much of it as there is time for before `shutdown`.
pub(crate) async fn backfill<F: Future<Output = ()>>(
    store: &mut Store,
    fetcher: Fetcher,
    range: RangeInclusive<u64>,
    reporter: &Reporter,
    shutdown: &Shared<F>,
) -> Result<()> {
    let (mut next, last) = range.into_inner();
    let mut size = RANGE_START;
    let gate = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut tasks = FuturesOrdered::new();
    loop {
        while tasks.len() < AHEAD && next <= last {
            let to = last.min(next + size - 1);
            tasks.push_back(Task::spawn(fetcher.clone().fetch_at(gate.clone(), next, to)));
            next = to + 1;
        }
        let fetched = tokio::select! {
            () = shutdown.clone() => return Ok(()),
            fetched = tasks.next() => fetched,
        };
        let mut ready = fetched;
        if ready.is_none() {
            return Ok(());
        }
        let mut whole: Option<Piece> = None;
        while let Some(fetched) = ready {
            let Fetched { pieces, rest } = fetched?;
            if let Some((from, to)) = rest {
                // Before all that is in flight: blocks are committed in order.
                tasks.push_front(Task::spawn(fetcher.clone().fetch_at(gate.clone(), from, to)));
            }
            for piece in pieces {
                size = next_size(piece.tip.number - piece.from.number + 1, piece.batch.facts());
                whole = Some(match whole {
                    Some(whole) => whole.followed_by(piece)?,
                    None => piece,
                });
            }
            let is_full = whole.as_ref().is_some_and(|whole| whole.batch.bytes() >= COMMIT_MAX);
            ready = if is_full { None } else { tasks.next().now_or_never().flatten() };
        }
        let Some(piece) = whole else { continue };
        let (blocks, facts) = (piece.tip.number - piece.from.number + 1, piece.batch.facts());
        commit(store, piece).await?;
        reporter.indexed(store.tip(), facts);
        info!(block = store.tip().number, facts, blocks, "backfilled to block {}", store.tip().number);
    }
}

impl Piece {
    fn followed_by(mut self, next: Self) -> Result<Self> {
        follows(self.tip.number, self.tip.hash, &next.from)?;
        self.batch.append(next.batch);
        self.tip = next.tip;
        Ok(self)
    }
}

fn follows(number: u64, hash: B256, block: &Header) -> Result<()> {
    let is_child = hash.is_zero() || block.parent_hash == hash;
    ensure!(is_child, "block {} of the node does not follow our block {number}", block.number);
    Ok(())
}

async fn commit(store: &mut Store, piece: Piece) -> Result<()> {
    let Piece { from, tip, batch } = piece;
    follows(store.tip().number, store.tip().hash, &from)?;
    store.apply(Applied { first_block: from.number, tip, finalized: tip.number, batch }).await
}

/// The next range aims at `LOGS_AIM` logs, and grows at most twofold, because what follows may be denser.
fn next_size(blocks: u64, logs: u64) -> u64 {
    let aimed = (blocks * LOGS_AIM).checked_div(logs).unwrap_or(RANGE_MAX);
    aimed.min(blocks * 2).clamp(RANGE_MIN, RANGE_MAX)
}

impl Fetcher {
    async fn fetch_at(self, gate: Arc<Semaphore>, from: u64, to: u64) -> Result<Fetched> {
        let _permit = gate.acquire().await.context("the gate is never closed")?;
        self.fetch(from, to).await
    }

    /// Fetches a range. Whatever fails is tried again in halves, so that neither a node's limit nor a timeout can stop us;
    /// pieces that grow large are handed over before the range is done, because an empty stretch may precede a dense one.
    async fn fetch(self, from: u64, to: u64) -> Result<Fetched> {
        let last = to;
        let mut pending = vec![(from, to)];
        let mut pieces = Vec::new();
        let mut attempts = 0;
        let mut bytes = 0;
        while let Some((from, to)) = pending.pop() {
            match self.fetch_piece(from, to).await {
                Ok(piece) => {
                    bytes += piece.batch.bytes();
                    pieces.push(piece);
                    attempts = 0;
                    if bytes >= self.most && to < last {
                        return Ok(Fetched { pieces, rest: Some((to + 1, last)) });
                    }
                }
                Err(error) if error.is::<Fatal>() => return Err(error),
                Err(error) if from == to => {
                    attempts += 1;
                    if attempts == ATTEMPTS {
                        return Err(error).with_context(|| format!("reading block {from}"));
                    }
                    tokio::time::sleep(self.pause * 2_u32.pow(attempts)).await;
                    pending.push((from, to));
                }
                Err(error) => {
                    metrics::counter!("surety_indexer_ranges_shrunk_total").increment(1);
                    debug!(from, to, "shrinking the range {from} to {to}: {error:#}");
                    let middle = from + (to - from) / 2;
                    pending.push((middle + 1, to));
                    pending.push((from, middle));
                }
            }
        }
        Ok(Fetched { pieces, rest: None })
    }

    #[instrument(level = "debug", skip_all, fields(first = from, last = to))]
    async fn fetch_piece(&self, from: u64, to: u64) -> Result<Piece> {
        // Each try is another node's. One that is wrong about final blocks is no reason for a smaller range.
        let mut tried = 1;
        loop {
            match self.nodes.ask_next(|node| self.fetch_from(node, from, to)).await {
                Err(error) if error.is::<Alone>() && tried < self.nodes.count() => tried += 1,
                piece => return piece,
            }
        }
    }

    async fn fetch_from(&self, node: Node, from: u64, to: u64) -> Result<Piece> {
        let is_sampled = self.nodes.is_sampled();
        let logs = node.logs(from, to).await?;
        let mut numbers: Vec<u64> = logs.iter().map(|log| log.block_number).collect();
        ensure!(numbers.is_sorted(), "the node answers with logs out of order");
        if is_sampled {
            numbers = (from..=to).collect();
        } else {
            numbers.insert(0, from);
            numbers.push(to);
            numbers.dedup();
        }
        let headers = node.headers(&numbers).await?;
        let headers: Vec<Header> = headers
            .into_iter()
            .zip(&numbers)
            .map(|(header, number)| header.filter(|header| header.number == *number))
            .collect::<Option<_>>()
            .context("the node does not have all headers of the range")?;
        for pair in headers.windows(2) {
            let [parent, child] = pair else { continue };
            let is_linked = child.number != parent.number + 1 || child.parent_hash == parent.hash;
            ensure!(is_linked, "the node's block {} is not the parent of its block {}", parent.number, child.number);
        }
        let tip = *headers.last().context("a range has a last block")?;
        let first = *headers.first().context("a range has a first block")?;
        ensure!(self.nodes.confirm(&tip).await?, Alone(to));
        if is_sampled {
            let again = self.nodes.other(&node).await.logs(from, to).await?;
            if logs != again {
                return Err(disagreement(format!("two readings of the logs of the blocks {from} to {to} differ")));
            }
        }
        for (header, logs) in by_block(&headers, &logs) {
            self.complete.check(&self.nodes, &node, header, logs).await?;
        }
        let batch = assemble(&self.contracts, &headers, &logs)?;
        Ok(Piece { from: first, tip, batch })
    }
}

/// Each header with its logs; both are in the order of the chain.
fn by_block<'a>(headers: &'a [Header], logs: &'a [Log]) -> impl Iterator<Item = (&'a Header, &'a [Log])> {
    headers.iter().scan(logs, |rest, header| {
        let (logs, others) = rest.split_at(rest.partition_point(|log| log.block_number <= header.number));
        *rest = others;
        Some((header, logs))
    })
}

/// Headers and logs in one batch, both in the order of the chain. The last header is kept without facts, too.
fn assemble(contracts: &Contracts, headers: &[Header], logs: &[Log]) -> Result<Batch> {
    let mut batch = Batch::default();
    let mut logs = logs.iter().peekable();
    for (place, header) in headers.iter().enumerate() {
        let mut has_facts = false;
        while let Some(log) = logs.next_if(|log| log.block_number == header.number) {
            ensure!(log.block_hash == header.hash, "the node has two blocks {}", header.number);
            contracts.write(log, &mut batch)?;
            has_facts = true;
        }
        if has_facts || place + 1 == headers.len() {
            batch.header(header, has_facts);
        }
    }
    Ok(batch)
}

/// A task that ends with the value that waits for it.
struct Task<T>(JoinHandle<Result<T>>);

impl<T: Send + 'static> Task<T> {
    fn spawn(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Poller<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|joined| joined.context("fetching a range")?)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_where_nothing_happens_and_shrink_where_much_does() {
        assert_eq!(next_size(16, 0), 32);
        assert_eq!(next_size(RANGE_MAX, 0), RANGE_MAX);
        assert_eq!(next_size(100, 1_000), 200);
        assert_eq!(next_size(100, 8_000), 50);
        assert_eq!(next_size(1, 100_000), RANGE_MIN);
    }
}
