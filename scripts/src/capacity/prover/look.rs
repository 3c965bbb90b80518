//! What the chain says, as a plan needs it.

use std::collections::BTreeMap;

use alloy::primitives::B256;
use anyhow::Result;
use contracts::i_capacity::ICapacity;
use futures::future::try_join_all;

use super::Prover;
use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::capacity::clock::{epoch_of, window_at};
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
        self.seen_open.retain(|window, _| held.contains_key(window));
        for (window, seen) in &windows {
            let is_closed = [DRAWN, ANSWERED].contains(&seen.status);
            // What closed a claim can be taken back as well as the claim.
            let last_open = self.seen_open.entry(*window).or_insert(head.number);
            if !is_closed {
                *last_open = head.number;
            } else if head.number > *last_open + UNSETTLED_BLOCKS && held.contains_key(window) {
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

    /// Demands of leaves that are held.
    async fn open_demands(&mut self, head: Head, held: &BTreeMap<u32, Holding>) -> Result<Vec<(u32, u32)>> {
        let blocks = held.values().filter_map(|holding| holding.sealed.as_ref()?.block);
        let from = match self.searched {
            Some(searched) => Some(searched.saturating_sub(UNSETTLED_BLOCKS)),
            None => blocks.min(),
        };
        if let Some(from) = from.filter(|from| *from <= head.number) {
            let found = self.capacity.demanded(from, head.number, self.identity.commitment).await?;
            for (demand, block) in found {
                self.demands.entry(demand).or_insert(block);
            }
            self.searched = Some(head.number);
        }
        let mut open = Vec::new();
        let mut answered = Vec::new();
        for (&(window, position), last_open) in &mut self.demands {
            let due = self.capacity.demand(head, self.identity.commitment, window, position).await?;
            // Also after its deadline: a delivery counts until somebody convicts.
            if due > 0 {
                *last_open = head.number;
                open.push((window, position));
            } else if head.number > *last_open + UNSETTLED_BLOCKS {
                answered.push((window, position));
            }
        }
        self.demands.retain(|demand, _| !answered.contains(demand));
        Ok(open)
    }
}
