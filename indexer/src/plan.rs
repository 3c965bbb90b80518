//! Decides what to do next from what is stored and what the node says. Pure, so that every reorganisation is a unit test.

use std::ops::RangeInclusive;

use alloy_primitives::B256;

/// Most blocks of one step beyond the final ones; the headers of all are read before any log.
pub(crate) const FOLLOW_MAX: u64 = 64;

/// The last block that was indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    pub number: u64,
    pub hash: B256,
}

/// What is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(crate) first_block: u64,
    /// The block before the first, with a hash of zero, while nothing is indexed.
    pub(crate) tip: Tip,
    /// The last block that was final when it was stored. Nothing at or below it is ever taken back.
    pub(crate) finalized: u64,
    /// Our hash of the block that is the node's head, where it is below our tip and its header is stored.
    pub(crate) at_node_head: Option<B256>,
}

impl Stored {
    pub(crate) fn is_empty(&self) -> bool {
        self.tip.number < self.first_block
    }
}

/// What the node says, in one batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) head: Tip,
    pub(crate) finalized: u64,
    /// The node's hash of our tip's number.
    pub(crate) at_tip: Option<B256>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Everything is indexed.
    Wait,
    /// The node is behind us, on the same chain.
    Lag,
    /// Final blocks, whose order nobody can change: by ranges.
    Backfill(RangeInclusive<u64>),
    /// Blocks that may be reorganised: one by one, by hash.
    Follow(RangeInclusive<u64>),
    /// The chain no longer holds our tip: find where they part.
    FindFork,
}

pub(crate) fn next_step(stored: &Stored, seen: &Seen) -> Step {
    let next = stored.tip.number + 1;
    if seen.head.number < stored.tip.number && !stored.is_empty() {
        return match stored.at_node_head {
            Some(hash) if hash != seen.head.hash => Step::FindFork,
            // Either the same hash, or a block so old that we kept no header of it.
            Some(_) | None => Step::Lag,
        };
    }
    if !stored.is_empty() && seen.at_tip != Some(stored.tip.hash) {
        return Step::FindFork;
    }
    if next > seen.head.number {
        return if stored.is_empty() && next > seen.head.number + 1 { Step::Lag } else { Step::Wait };
    }
    let finalized = seen.finalized.min(seen.head.number);
    if next <= finalized {
        return Step::Backfill(next..=finalized);
    }
    Step::Follow(next..=seen.head.number.min(next + FOLLOW_MAX - 1))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fork {
    /// Forget everything above this block.
    Rewind(Tip),
    /// Below what was final: nobody can say which chain is right.
    TooDeep,
}

/// Where our chain and the node's part: `ours` are the stored headers that are not below finality, with the node's hash of
/// the same number, in any order.
pub(crate) fn find_fork(stored: &Stored, ours: &[(Tip, Option<B256>)]) -> Fork {
    let shared = ours.iter().filter(|(tip, theirs)| *theirs == Some(tip.hash)).max_by_key(|(tip, _)| tip.number);
    match shared {
        Some((tip, _)) => Fork::Rewind(*tip),
        None if stored.finalized < stored.first_block => {
            Fork::Rewind(Tip { number: stored.first_block - 1, hash: B256::ZERO })
        }
        None => Fork::TooDeep,
    }
}
