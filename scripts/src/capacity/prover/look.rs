//! What the chain says, as a plan needs it.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use anyhow::Result;
use contracts::i_capacity::ICapacity;
use futures::future::try_join_all;

use super::{Prover, UNSETTLED_BLOCKS};
use crate::capacity::clock::{epoch_of, window_at};
use crate::capacity::contract::Head;
use crate::capacity::plan::{ANSWERED, AUDITED, DRAWN, Seen, Sight};
use crate::capacity::state::Holding;

impl Prover {
    pub(super) async fn look(&mut self, head: Head) -> Result<Sight> {
        let held = self.store.holdings();
        let (id, running) = (self.identity.commitment, window_at(head.time));
        let epoch = epoch_of(running);
        let commitment = self.capacity.commitment(head, id).await?;
        let opened = self.capacity.view(head, ICapacity::openedOfCall { epoch }).await?;
        let tally = self.capacity.view(head, ICapacity::tallyOfCall { commitment: id.0, epoch }).await?;
        let (pending, due_at) = self.capacity.pending(head, id).await?;
        let windows = self.windows(head, &held).await?;
        let demands = self.open_demands(head, &held).await?;
        Ok(Sight {
            number: head.number,
            time: head.time,
            units: commitment.units,
            first_epoch: commitment.firstEpoch,
            end_epoch: commitment.endEpoch,
            next_epoch: commitment.nextEpoch,
            open_challenges: commitment.openChallenges,
            is_convicted: commitment.isConvicted,
            windows,
            opened: opened.into(),
            drawn: u32::try_from(tally.filled).unwrap_or(u32::MAX),
            excused: tally.excused,
            pending,
            due_at,
            demands,
        })
    }

    async fn windows(&mut self, head: Head, held: &BTreeMap<u32, Holding>) -> Result<BTreeMap<u32, Seen>> {
        self.settled.retain(|window, _| held.contains_key(window));
        let running = window_at(head.time);
        let asked = held.keys().copied().chain([running]).filter(|window| !self.settled.contains_key(window));
        let mut asked: Vec<u32> = asked.collect();
        asked.dedup();
        let seen = try_join_all(asked.iter().map(|window| self.window(head, *window))).await?;
        let mut windows: BTreeMap<u32, Seen> = asked.into_iter().zip(seen).collect();
        for (window, seen) in &windows {
            let block = held.get(window).and_then(|holding| holding.sealed.as_ref()?.block);
            let is_old = block.is_some_and(|block| head.number > block + UNSETTLED_BLOCKS);
            if is_old && [DRAWN, ANSWERED].contains(&seen.status) {
                self.settled.insert(*window, *seen);
            }
        }
        windows.extend(&self.settled);
        Ok(windows)
    }

    async fn window(&self, head: Head, window: u32) -> Result<Seen> {
        let id = self.identity.commitment;
        let (seed, target, (status, digest)) = futures::try_join!(
            self.capacity.seed(head, window),
            self.capacity.target(head, super::CLASS_CPU, window),
            self.capacity.claim(head, id, window),
        )?;
        let (rank, deadline) = match status {
            AUDITED => self.capacity.audit(head, id, window).await?,
            _ => (0, 0),
        };
        // One transaction sets both: a node that shows the seed alone is between two blocks, and the next one shows more.
        let seed = if target.is_zero() { B256::ZERO } else { seed };
        Ok(Seen { seed, target, status, digest, rank, deadline })
    }

    /// Demands of leaves that are held and can still be delivered.
    async fn open_demands(&mut self, head: Head, held: &BTreeMap<u32, Holding>) -> Result<Vec<(u32, u32)>> {
        let blocks = held.values().filter_map(|holding| holding.sealed.as_ref()?.block);
        let from = match self.searched {
            Some(searched) => Some(searched.saturating_sub(UNSETTLED_BLOCKS)),
            None => blocks.min(),
        };
        if let Some(from) = from.filter(|from| *from <= head.number) {
            let found = self.capacity.demanded(from, head.number, self.identity.commitment).await?;
            self.demands.extend(found);
            self.searched = Some(head.number);
        }
        let mut open = Vec::new();
        let mut answered = Vec::new();
        for (&(window, position), &block) in &self.demands {
            let due = self.capacity.demand(head, self.identity.commitment, window, position).await?;
            if due >= head.time {
                open.push((window, position));
            } else if head.number > block + UNSETTLED_BLOCKS {
                answered.push((window, position));
            }
        }
        self.demands.retain(|demand, _| !answered.contains(demand));
        Ok(open)
    }
}
