//! Final blocks, by ranges: four in flight, committed in order.
//!
//! No reorganisation can reach these blocks, but a node can still be wrong about them: several machines behind one address
//! may disagree. So the headers of a range's ends and of each block with logs are read, every log must name the hash of
//! its header, each header must be the parent of the next one read where they touch, and a range's first block must be
//! the child of the block that was committed last. Blocks between, in which nothing of ours happened, are not read.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use futures::future::Shared;
use futures::stream::FuturesOrdered;
use tokio::task::JoinHandle;
use tracing::{debug, info};

use crate::Fatal;
use crate::copy::Batch;
use crate::event::Contracts;
use crate::node::{Block, Node};
use crate::store::{Applied, Store};
use crate::sync::Reporter;
use crate::wire::{Header, Log};

const IN_FLIGHT: usize = 4;
const RANGE_MIN: u64 = 1;
const RANGE_START: u64 = 16;
const RANGE_MAX: u64 = 2_000;
/// Logs of one range to aim at: some three megabytes of JSON.
const LOGS_AIM: u64 = 4_000;
/// How often a single block is tried, with doubling pauses.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(100);

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
    pub(crate) node: Node,
    pub(crate) contracts: Contracts,
    /// Bytes of facts after which a fetch hands over what it has.
    pub(crate) most: usize,
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
    let mut tasks = FuturesOrdered::new();
    loop {
        while tasks.len() < IN_FLIGHT && next <= last {
            let to = last.min(next + size - 1);
            tasks.push_back(Task::spawn(fetcher.clone().fetch(next, to)));
            next = to + 1;
        }
        let fetched = tokio::select! {
            () = shutdown.clone() => return Ok(()),
            fetched = tasks.next() => fetched,
        };
        let Some(fetched) = fetched else { return Ok(()) };
        let Fetched { pieces, rest } = fetched?;
        if let Some((from, to)) = rest {
            // Before all that is in flight: blocks are committed in order.
            tasks.push_front(Task::spawn(fetcher.clone().fetch(from, to)));
        }
        for piece in pieces {
            let blocks = piece.tip.number - piece.from.number + 1;
            let facts = piece.batch.facts();
            size = next_size(blocks, facts);
            commit(store, piece).await?;
            reporter.indexed(store.tip(), facts);
            info!(block = store.tip().number, facts, blocks, "backfilled to block {}", store.tip().number);
        }
    }
}

async fn commit(store: &mut Store, piece: Piece) -> Result<()> {
    let Piece { from, tip, batch } = piece;
    let before = store.tip();
    ensure!(
        before.hash.is_zero() || from.parent_hash == before.hash,
        "block {} of the node does not follow our block {}",
        from.number,
        before.number
    );
    store.apply(Applied { first_block: from.number, tip, finalized: tip.number, batch }).await
}

/// The next range aims at `LOGS_AIM` logs, and grows at most twofold, because what follows may be denser.
fn next_size(blocks: u64, logs: u64) -> u64 {
    let aimed = (blocks * LOGS_AIM).checked_div(logs).unwrap_or(RANGE_MAX);
    aimed.min(blocks * 2).clamp(RANGE_MIN, RANGE_MAX)
}

impl Fetcher {
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
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempts)).await;
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

    async fn fetch_piece(&self, from: u64, to: u64) -> Result<Piece> {
        let logs = self.node.logs(from, to).await?;
        let mut numbers: Vec<u64> = logs.iter().map(|log| log.block_number).collect();
        ensure!(numbers.is_sorted(), "the node answers with logs out of order");
        numbers.insert(0, from);
        numbers.push(to);
        numbers.dedup();
        let named: Vec<Block> = numbers.iter().map(|number| Block::Number(*number)).collect();
        let headers = self.node.headers(&named).await?;
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
        let batch = assemble(&self.contracts, &headers, &logs)?;
        let tip = *headers.last().context("a range has a last block")?;
        let from = *headers.first().context("a range has a first block")?;
        Ok(Piece { from, tip, batch })
    }
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
