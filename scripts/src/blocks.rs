//! Blocks of a chain: its head, blocks by time, and what contracts said in them.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider as _;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent as _;
use anyhow::{Context as _, Result, anyhow};
use contracts::Offers;

use crate::chain::Context;

/// Blocks that may be replaced by others: what happened in them is looked at again.
pub const UNSETTLED_BLOCKS: u64 = 64;

/// Nodes limit how many blocks a request for logs may span.
const LOG_BLOCKS: u64 = 2_000;

/// A block that a program looks from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    pub hash: B256,
    pub time: u64,
}

impl Context {
    pub async fn head(&self) -> Result<Head> {
        self.block(BlockId::latest()).await
    }

    pub(crate) async fn block(&self, id: BlockId) -> Result<Head> {
        let block = self.provider.get_block(id).await.map_err(|error| self.explain(&error))?;
        let header = block.with_context(|| format!("the node has no block {id}"))?.header;
        Ok(Head { number: header.number, hash: header.hash, time: header.timestamp })
    }

    /// The first block at or after `time`, or the head.
    pub async fn block_at_time(&self, time: u64, head: Head) -> Result<u64> {
        let (mut low, mut high) = (self.deployment.first_block.min(head.number), head.number);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.block(BlockId::number(middle)).await?.time < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Logs of a range of blocks, in order, asked for in parts that nodes answer.
    pub(crate) async fn logs_between(&self, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>> {
        let (mut logs, mut next, mut span) = (Vec::new(), from, LOG_BLOCKS);
        while next <= to {
            let last = to.min(next + span - 1);
            let filter = filter.clone().from_block(next).to_block(last);
            match self.provider.get_logs(&filter).await {
                Ok(found) => {
                    logs.extend(found);
                    next = last + 1;
                }
                // Perhaps the answer is too long for this node.
                Err(error) if span > 1 && error.as_error_resp().is_some() => span /= 2,
                Err(error) => return Err(anyhow!(error).context(format!("asking for logs of blocks {next} to {last}"))),
            }
        }
        Ok(logs)
    }

    /// What a contract of the deployment said, with one of these first topics; with none, everything.
    pub(crate) async fn logs(&self, contract: Address, topics: &[B256]) -> Result<Vec<Log>> {
        let filter = Filter::new().address(contract);
        let filter = if topics.is_empty() { filter } else { filter.event_signature(topics.to_vec()) };
        self.all_logs(&filter).await
    }

    /// Events of one kind with these indexed fields.
    pub(crate) async fn logs_of<const N: usize>(
        &self,
        contract: Address,
        event: B256,
        fields: [B256; N],
    ) -> Result<Vec<Log>> {
        let mut filter = Filter::new().address(contract).event_signature(event);
        for (place, field) in (1..).zip(fields) {
            filter.topics[place] = field.into();
        }
        self.all_logs(&filter).await
    }

    pub(crate) async fn all_logs(&self, filter: &Filter) -> Result<Vec<Log>> {
        let head = self.head().await?;
        self.logs_between(filter, self.deployment.first_block, head.number).await
    }

    /// Where a provider says that it can be reached.
    pub(crate) async fn endpoint_of(&self, provider: Address, to: u64) -> Result<Option<String>> {
        let filter = Filter::new().address(self.at().offers).event_signature(Offers::ProfileSet::SIGNATURE_HASH);
        let logs = self.logs_between(&filter.topic1(provider.into_word()), self.deployment.first_block, to).await?;
        let last = logs.last().map(|log| Offers::ProfileSet::decode_log(&log.inner)).transpose()?;
        Ok(last.map(|event| event.data.endpoint).filter(|endpoint| !endpoint.is_empty()))
    }
}
