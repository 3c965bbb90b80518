//! All deals with their places, read anew only where something happened to them.

use std::collections::{BTreeMap, HashMap};

use alloy::eips::BlockId;
use alloy::primitives::{B256, U256};
use alloy::rpc::types::Filter;
use anyhow::Result;
use contracts::Deals;
use contracts::deals::IDeals;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::ids::DealId;

/// Views that are asked for at a time.
const AT_ONCE: usize = 16;

/// What a place is doing, as `IDeals.Slot` numbers it.
pub const EMPTY: u8 = 0;
pub const ASSIGNED: u8 = 1;
pub const SERVING: u8 = 2;
pub const ENDED: u8 = 3;

/// A deal and its places: slots, then standbys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: DealId,
    pub deal: IDeals::Deal,
    pub places: Vec<(u8, IDeals::Slot)>,
}

/// The last block that told something of a deal, while it may still be replaced.
type Mark = Option<(u64, B256)>;

/// A deal's number, with what was read of it.
type Read = (u64, (Mark, Seen));

/// Invariants:
/// 1. After a look every deal is as it was at the head, whatever was reorganised in its last 64 blocks.
#[derive(Debug, Default)]
pub struct Census {
    deals: BTreeMap<u64, (Mark, Seen)>,
    read_to: Option<u64>,
}

impl Census {
    pub fn deals(&self) -> impl Iterator<Item = &Seen> {
        self.deals.values().map(|(_, seen)| seen)
    }

    pub fn get(&self, deal: DealId) -> Option<&Seen> {
        self.deals.get(&deal.0).map(|(_, seen)| seen)
    }

    /// Brings everything up to `head`.
    pub async fn look(&mut self, context: &Context, head: Head) -> Result<()> {
        let deals = context.at().deals;
        let at = BlockId::number(head.number);
        let from = self.read_to.map_or(head.number, |read| read.min(head.number) + 1).saturating_sub(UNSETTLED_BLOCKS);
        let mut marks: HashMap<u64, (u64, B256)> = HashMap::new();
        for log in context.logs_between(&Filter::new().address(deals), from, head.number).await? {
            // Every event of a deal names it first; an account's address is larger than any number of a deal.
            let first = log.topics().get(1).map(|topic| U256::from_be_bytes(topic.0));
            let deal = first.and_then(|word| u64::try_from(word).ok());
            if let (Some(deal), Some(block), Some(hash)) = (deal, log.block_number, log.block_hash) {
                marks.insert(deal, (block, hash));
            }
        }
        let count = context.view_at(at, deals, Deals::countCall {}).await?;
        self.deals.retain(|deal, _| *deal <= count);
        let stale: Vec<(u64, Mark)> = (1..=count)
            .map(|deal| (deal, marks.get(&deal).copied()))
            .filter(|(deal, mark)| self.deals.get(deal).is_none_or(|(read, _)| is_changed(*read, *mark, from)))
            .collect();
        let mut reads: Vec<BoxFuture<'_, Result<Read>>> = Vec::new();
        for (deal, mark) in stale {
            reads.push(Box::pin(async move { Ok((deal, (mark, read(context, at, deal).await?))) }));
        }
        let read: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        self.deals.extend(read);
        self.read_to = Some(head.number);
        Ok(())
    }
}

/// Whether a deal that was read at `read` must be read again, now that its last mark from block `from` on is `mark`.
fn is_changed(read: Mark, mark: Mark, from: u64) -> bool {
    match (read, mark) {
        (_, Some(_)) => read != mark,
        // What it told then is older than what can be replaced, or vanished.
        (Some((block, _)), None) => block >= from,
        (None, None) => false,
    }
}

async fn read(context: &Context, at: BlockId, id: u64) -> Result<Seen> {
    let deals = context.at().deals;
    let deal = context.view_at(at, deals, Deals::dealOfCall { deal: id }).await?;
    let mut places = Vec::new();
    for place in (0..deal.slots).chain((0..deal.standbys).map(|standby| STANDBY + standby)) {
        places.push((place, context.view_at(at, deals, Deals::slotOfCall { deal: id, slot: place }).await?));
    }
    Ok(Seen { id: DealId(id), deal, places })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deal_is_read_again_when_it_tells_something_or_what_it_told_vanished() {
        let mark = |block, byte| Some((block, B256::repeat_byte(byte)));
        assert!(!is_changed(mark(90, 1), mark(90, 1), 80), "nothing happened");
        assert!(is_changed(mark(90, 1), mark(91, 1), 80), "something happened");
        assert!(is_changed(mark(90, 1), mark(90, 2), 80), "its block was replaced");
        assert!(is_changed(mark(90, 1), None, 80), "its block was replaced by one in which nothing happened");
        assert!(!is_changed(mark(79, 1), None, 80), "it is settled");
        assert!(is_changed(None, mark(81, 1), 80) && !is_changed(None, None, 80));
    }
}
