//! Decides what to do next from what is stored and what the node says. Pure, so that every reorganisation is a unit test.

use std::cmp::Reverse;
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

/// What the node says, or so many of several agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) head: Tip,
    pub(crate) finalized: u64,
    /// The node's hash of our tip's number.
    pub(crate) at_tip: Option<B256>,
}

/// What one node says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) head: Tip,
    pub(crate) finalized: u64,
    pub(crate) at_tip: Option<B256>,
}

/// The heights of heads and of our tip that a quorum of nodes has reached, on whatever chain; the highest first.
pub(crate) fn meeting_heights(views: &[View], tip: u64, quorum: usize) -> Vec<u64> {
    let reached = |height: &u64| views.iter().filter(|view| view.head.number >= *height).count() >= quorum;
    let mut heights: Vec<u64> = views.iter().map(|view| view.head.number).chain([tip]).filter(reached).collect();
    heights.sort_unstable_by_key(|height| Reverse(*height));
    heights.dedup();
    heights
}

/// What a quorum says, if one has the same block at `height`; `hashes` are the nodes' blocks there.
pub(crate) fn agree(views: &[View], hashes: &[Option<B256>], height: u64, quorum: usize) -> Option<Seen> {
    let share = |wanted: B256| hashes.iter().filter(move |hash| **hash == Some(wanted)).count();
    let hash = hashes.iter().flatten().copied().find(|hash| share(*hash) >= quorum)?;
    let together: Vec<&View> =
        views.iter().zip(hashes).filter(|(_, at_height)| **at_height == Some(hash)).map(|(view, _)| view).collect();
    let mut finalized: Vec<u64> = together.iter().map(|view| view.finalized).collect();
    finalized.sort_unstable_by(|one, other| other.cmp(one));
    let finalized = *finalized.get(quorum - 1)?;
    // Whoever shares the head shares what is below it.
    let at_tip = together.iter().find_map(|view| view.at_tip);
    Some(Seen { head: Tip { number: height, hash }, finalized, at_tip })
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
    /// The node has our tip: it has changed its mind since.
    Nowhere,
    /// Forget everything above this block.
    Rewind(Tip),
    /// Below what was final: nobody can say which chain is right.
    TooDeep,
    /// The node does not have the blocks that would tell, as while it catches up.
    Unknown,
}

/// Where our chain and the node's part: `ours` are the stored headers that are not below finality, with the node's hash of
/// the same number, in any order.
pub(crate) fn find_fork(stored: &Stored, ours: &[(Tip, Option<B256>)]) -> Fork {
    let shared = ours.iter().filter(|(tip, theirs)| *theirs == Some(tip.hash)).max_by_key(|(tip, _)| tip.number);
    if let Some((tip, _)) = shared {
        return if *tip == stored.tip { Fork::Nowhere } else { Fork::Rewind(*tip) };
    }
    // Only another block at the very height proves another chain; a missing one says that the node is behind.
    let lowest = stored.finalized.max(stored.first_block);
    if !ours.iter().any(|(tip, theirs)| tip.number == lowest && theirs.is_some()) {
        return Fork::Unknown;
    }
    if stored.finalized < stored.first_block {
        return Fork::Rewind(Tip { number: stored.first_block - 1, hash: B256::ZERO });
    }
    Fork::TooDeep
}

/// What a quorum says of the fork. Nodes may be on different forks for a while, and one may be stuck on ours: we keep what so
/// many share with us, and it halts only where so many say that it is too deep.
pub(crate) fn agreed_fork(stored: &Stored, forks: &[Fork], quorum: usize) -> Fork {
    let shared = |fork: &Fork| match fork {
        Fork::Nowhere => Some(stored.tip),
        Fork::Rewind(tip) => Some(*tip),
        Fork::TooDeep | Fork::Unknown => None,
    };
    let mut blocks: Vec<Tip> = forks.iter().filter_map(shared).collect();
    blocks.sort_unstable_by_key(|tip| Reverse(tip.number));
    let deep = forks.iter().filter(|fork| **fork == Fork::TooDeep).count();
    match blocks.get(quorum.saturating_sub(1)) {
        Some(tip) if *tip == stored.tip => Fork::Nowhere,
        Some(tip) => Fork::Rewind(*tip),
        None if deep >= quorum => Fork::TooDeep,
        None => Fork::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: u64 = 10;

    fn hash(number: u64, chain: u8) -> B256 {
        let mut hash = B256::with_last_byte(chain);
        hash[..8].copy_from_slice(&number.to_be_bytes());
        hash
    }

    fn tip(number: u64, chain: u8) -> Tip {
        Tip { number, hash: hash(number, chain) }
    }

    fn stored(number: u64, finalized: u64) -> Stored {
        Stored { first_block: FIRST, tip: tip(number, 1), finalized, at_node_head: None }
    }

    fn nothing() -> Stored {
        let before = Tip { number: FIRST - 1, hash: B256::ZERO };
        Stored { first_block: FIRST, tip: before, finalized: FIRST - 1, at_node_head: None }
    }

    fn seen(head: u64, finalized: u64, at_tip: Option<B256>) -> Seen {
        Seen { head: tip(head, 1), finalized, at_tip }
    }

    fn view(head: u64, chain: u8) -> View {
        View { head: tip(head, chain), finalized: head - 10, at_tip: Some(hash(20, chain)) }
    }

    #[test]
    fn a_quorum_agrees_on_the_highest_block_that_it_shares() {
        let views = [view(100, 1), view(98, 1), view(99, 2)];
        assert_eq!(meeting_heights(&views, 20, 2), [99, 98, 20]);
        assert_eq!(meeting_heights(&views, 200, 2), [99, 98]);
        assert!(meeting_heights(&views[..1], 20, 2).is_empty());
        let height = 99;
        // The first is on another chain there than the last.
        let hashes = [Some(hash(99, 1)), None, Some(hash(99, 2))];
        assert_eq!(agree(&views, &hashes, height, 2), None);
        let hashes = [Some(hash(98, 1)), Some(hash(98, 1)), Some(hash(98, 2))];
        let seen = agree(&views, &hashes, 98, 2).expect("two agree");
        // Final is what both say is final.
        assert_eq!((seen.head, seen.finalized, seen.at_tip), (tip(98, 1), 88, Some(hash(20, 1))));
        assert_eq!(agree(&views, &hashes, 98, 3), None);
    }

    #[test]
    fn a_new_database_begins_with_the_final_blocks() {
        assert_eq!(next_step(&nothing(), &seen(200, 136, None)), Step::Backfill(FIRST..=136));
    }

    #[test]
    fn a_young_chain_is_followed_from_its_first_block() {
        assert_eq!(next_step(&nothing(), &seen(20, 0, None)), Step::Follow(FIRST..=20));
        assert_eq!(next_step(&nothing(), &seen(FIRST - 1, 0, None)), Step::Wait);
    }

    #[test]
    fn a_node_below_the_deployment_lags() {
        assert_eq!(next_step(&nothing(), &seen(3, 0, None)), Step::Lag);
    }

    #[test]
    fn the_seam_between_final_and_other_blocks_is_crossed_in_two_steps() {
        let next = |number, finalized| next_step(&stored(number, number), &seen(300, finalized, Some(hash(number, 1))));
        assert_eq!(next(100, 236), Step::Backfill(101..=236));
        assert_eq!(next(236, 236), Step::Follow(237..=300));
        assert_eq!(next(300, 236), Step::Wait);
    }

    #[test]
    fn no_step_follows_more_blocks_than_headers_are_read_at_once() {
        assert_eq!(next_step(&stored(20, 20), &seen(300, 0, Some(hash(20, 1)))), Step::Follow(21..=84));
    }

    #[test]
    fn another_hash_at_our_tip_is_a_fork() {
        assert_eq!(next_step(&stored(100, 36), &seen(100, 36, Some(hash(100, 2)))), Step::FindFork);
        assert_eq!(next_step(&stored(100, 36), &seen(103, 36, Some(hash(100, 2)))), Step::FindFork);
        assert_eq!(next_step(&stored(100, 36), &seen(103, 36, None)), Step::FindFork);
    }

    #[test]
    fn a_shorter_chain_is_a_fork_only_where_its_head_is_not_ours() {
        let with = |at_node_head| Stored { at_node_head, ..stored(100, 36) };
        assert_eq!(next_step(&with(Some(hash(97, 1))), &seen(97, 33, None)), Step::Lag);
        assert_eq!(next_step(&with(Some(hash(97, 2))), &seen(97, 33, None)), Step::FindFork);
        assert_eq!(next_step(&with(None), &seen(5, 0, None)), Step::Lag);
    }

    #[test]
    fn a_fork_goes_back_to_the_last_shared_block() {
        for depth in [1, 3, 20, 45, 64] {
            let compared: Vec<_> = (36..=100)
                .map(|number| (tip(number, 1), Some(hash(number, if number > 100 - depth { 2 } else { 1 }))))
                .collect();
            assert_eq!(find_fork(&stored(100, 36), &compared), Fork::Rewind(tip(100 - depth, 1)));
        }
    }

    #[test]
    fn a_node_that_has_our_tip_again_is_no_fork() {
        let compared: Vec<_> = (36..=100).map(|number| (tip(number, 1), Some(hash(number, 1)))).collect();
        assert_eq!(find_fork(&stored(100, 36), &compared), Fork::Nowhere);
    }

    #[test]
    fn a_fork_to_a_shorter_chain_is_found() {
        let compared: Vec<_> =
            (36..=100).map(|number| (tip(number, 1), (number <= 90).then(|| hash(number, 1)))).collect();
        assert_eq!(find_fork(&stored(100, 36), &compared), Fork::Rewind(tip(90, 1)));
    }

    #[test]
    fn a_fork_below_finality_is_too_deep() {
        let compared: Vec<_> = (36..=100).map(|number| (tip(number, 1), Some(hash(number, 2)))).collect();
        assert_eq!(find_fork(&stored(100, 36), &compared), Fork::TooDeep);
    }

    #[test]
    fn a_node_without_the_blocks_proves_no_fork() {
        let unknown: Vec<_> = (36..=100).map(|number| (tip(number, 1), None)).collect();
        assert_eq!(find_fork(&stored(100, 36), &unknown), Fork::Unknown);
        let young: Vec<_> = (FIRST..=40).map(|number| (tip(number, 1), None)).collect();
        assert_eq!(find_fork(&stored(40, FIRST - 1), &young), Fork::Unknown);
        // Another block above what was final says nothing of what was.
        let gap: Vec<_> = (36..=100).map(|number| (tip(number, 1), (number > 36).then(|| hash(number, 2)))).collect();
        assert_eq!(find_fork(&stored(100, 36), &gap), Fork::Unknown);
    }

    #[test]
    fn a_fork_older_than_everything_indexed_starts_anew() {
        let compared: Vec<_> = (FIRST..=40).map(|number| (tip(number, 1), Some(hash(number, 2)))).collect();
        let before = Tip { number: FIRST - 1, hash: B256::ZERO };
        assert_eq!(find_fork(&stored(40, FIRST - 1), &compared), Fork::Rewind(before));
    }

    #[test]
    fn no_single_node_vetoes_a_rewind() {
        let agreed = |forks: &[Fork], quorum| agreed_fork(&stored(100, 36), forks, quorum);
        let back = |number| Fork::Rewind(tip(number, 1));
        // One is stuck on our branch, or on an older one.
        assert_eq!(agreed(&[Fork::Nowhere, back(95), back(95)], 2), back(95));
        assert_eq!(agreed(&[back(95), back(98), back(95)], 2), back(95));
        assert_eq!(agreed(&[Fork::Nowhere, back(95), Fork::Nowhere], 2), Fork::Nowhere);
        assert_eq!(agreed(&[back(95)], 1), back(95));
        assert_eq!(agreed(&[Fork::Nowhere, Fork::TooDeep, Fork::TooDeep], 2), Fork::TooDeep);
        assert_eq!(agreed(&[Fork::Nowhere, Fork::TooDeep, Fork::Unknown], 2), Fork::Unknown);
    }
}
