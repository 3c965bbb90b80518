//! Whether a node told all logs of a block. A node may know a block before it can find all of its logs, and then it answers
//! with fewer and no error. The block's bloom filter knows better: what it names and no log does is looked for again.

use alloy_primitives::{Address, B256, Bloom, BloomInput};
use anyhow::{Result, ensure};
use tracing::{debug, warn};

use crate::node::{Node, is_refused};
use crate::nodes::{Nodes, disagreement, is_silent};
use crate::wire::{Header, Log};

/// How often somebody is asked for all logs of a block: a refusal may be of a busy moment.
const ASKED: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Complete {
    contracts: Vec<(Address, Bloom)>,
    events: Vec<(B256, Bloom)>,
}

impl Complete {
    pub(crate) fn new(addresses: &[Address], events: impl Iterator<Item = B256>) -> Self {
        let filter = |bytes: &[u8]| {
            let mut bloom = Bloom::ZERO;
            bloom.accrue(BloomInput::Raw(bytes));
            bloom
        };
        Self {
            contracts: addresses.iter().map(|address| (*address, filter(address.as_slice()))).collect(),
            events: events.map(|event| (event, filter(event.as_slice()))).collect(),
        }
    }

    /// Whether the bloom names a contract or an event of ours that no log does. It errs to one side only.
    fn is_suspect(&self, header: &Header, logs: &[Log]) -> bool {
        let bloom = &header.logs_bloom;
        let is_named = |name: &Bloom| !bloom.is_zero() && bloom.contains(name);
        let contracts = self.contracts.iter().filter(|(_, name)| is_named(name));
        let mut silent = contracts.filter(|(address, _)| !logs.iter().any(|log| log.address == *address)).peekable();
        if silent.peek().is_none() && logs.is_empty() {
            return false;
        }
        silent.next().is_some()
            || self.events.iter().any(|(event, name)| {
                is_named(name) && !logs.iter().any(|log| log.topics.as_slice().first() == Some(event))
            })
    }

    /// Fails where logs of ours are missing. The filter may name what is not there, so a suspicion is settled by all logs of
    /// the block, whoever's they are, which together make its filter. Where no node tells all of them, as where a stranger's
    /// logs are too many, a second reading of ours has to do.
    pub(crate) async fn check(&self, nodes: &Nodes, node: &Node, header: &Header, logs: &[Log]) -> Result<()> {
        if !self.is_suspect(header, logs) {
            return Ok(());
        }
        metrics::counter!("surety_indexer_suspicions_total").increment(1);
        let mut asked = node.clone();
        for _ in 0..ASKED {
            match asked.all_logs_of(header.hash).await {
                Ok(all) => return self.settle(header, logs, &all),
                Err(error) if is_refused(&error) || is_silent(&error) => debug!("asking again for all logs: {error:#}"),
                Err(error) => return Err(error),
            }
            nodes.pause().await;
            asked = nodes.other(&asked).await;
        }
        let other = nodes.other(node).await;
        let again = other.logs_of(&[header.hash]).await?;
        metrics::counter!("surety_indexer_unsettled_total").increment(1);
        warn!(block = header.number, "nobody tells all logs of block {}: ours were read twice instead", header.number);
        if again.iter().flatten().eq(logs) {
            return Ok(());
        }
        Err(disagreement(format!("two readings of the logs of block {} differ", header.number)))
    }

    fn settle(&self, header: &Header, logs: &[Log], all: &[Log]) -> Result<()> {
        let is_whole = self.is_whole(header, logs, all);
        if !is_whole {
            metrics::counter!("surety_indexer_incomplete_total").increment(1);
        }
        ensure!(is_whole, "the node does not have all logs of block {} yet", header.number);
        Ok(())
    }

    /// Some chains answer with logs that are not in the filter.
    fn is_whole(&self, header: &Header, logs: &[Log], all: &[Log]) -> bool {
        let mut bloom = Bloom::ZERO;
        for log in all {
            bloom.accrue_raw_log(log.address, log.topics.as_slice());
        }
        let ours = all.iter().filter(|log| self.contracts.iter().any(|(address, _)| *address == log.address));
        bloom.contains(&header.logs_bloom) && ours.eq(logs.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(address: Address, log_index: u64) -> Log {
        Log {
            address,
            topics: crate::wire::Topics::default(),
            data: alloy_primitives::Bytes::new(),
            block_number: 7,
            block_hash: B256::ZERO,
            log_index,
            transaction_hash: B256::ZERO,
        }
    }

    #[test]
    fn logs_may_say_more_than_the_filter_and_never_less() {
        let (ours, stranger) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let complete = Complete::new(&[ours], std::iter::empty());
        let mut logs_bloom = Bloom::ZERO;
        logs_bloom.accrue_raw_log(ours, &[]);
        let header = Header { number: 7, hash: B256::ZERO, parent_hash: B256::ZERO, timestamp: 0, logs_bloom };
        let all = [log(ours, 0), log(stranger, 1)];
        assert!(complete.is_suspect(&header, &[]));
        assert!(complete.is_whole(&header, &all[..1], &all));
        assert!(!complete.is_whole(&header, &[], &all));
        assert!(!complete.is_whole(&header, &[], &all[1..]));
    }
}
