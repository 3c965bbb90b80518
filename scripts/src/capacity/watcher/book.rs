//! What the events of `Capacity` say about claims that can still be challenged. A rewind forgets blocks, and they are read again.

use std::collections::BTreeMap;

use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface as _;
use anyhow::{Context as _, Result};
use contracts::i_capacity::ICapacity::ICapacityEvents;

use crate::capacity::clock::{ANSWERS, challenge_end, epoch_of};
use crate::capacity::contract::Committed;
use crate::capacity::puzzle::Bitmap;
use crate::ids::CommitmentId;

/// Commitment and window.
pub type Key = (CommitmentId, u32);

/// An event's block with what it said.
type Fact<T> = Option<(u64, T)>;

/// One claim, as far as its events tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub committed: Committed,
    /// Until when an audit is due; zero: it was drawn and is not audited.
    drawn: Fact<u64>,
    answered: Fact<()>,
    demands: BTreeMap<u32, Demand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demand {
    block: u64,
    deadline: u64,
    closed: Fact<()>,
}

impl Entry {
    pub fn key(&self) -> Key {
        (self.committed.commitment, self.committed.window)
    }

    pub fn is_drawn(&self) -> bool {
        self.drawn.is_some()
    }

    /// The deadline of an audit that nobody answered.
    pub fn open_audit(&self) -> Option<u64> {
        let deadline = self.drawn.map(|(_, deadline)| deadline).filter(|deadline| *deadline > 0);
        deadline.filter(|_| self.answered.is_none())
    }

    /// Positions of leaves that were demanded and neither delivered nor convicted for, with their deadlines.
    pub fn open_demands(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let open = self.demands.iter().filter(|(_, demand)| demand.closed.is_none());
        open.map(|(position, demand)| (*position, demand.deadline))
    }

    pub fn was_demanded(&self, position: u32) -> bool {
        self.demands.contains_key(&position)
    }
}

/// Invariants:
/// 1. It holds what the events up to `read` say, of one chain of blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    pub entries: BTreeMap<Key, Entry>,
    convicted: BTreeMap<CommitmentId, u64>,
}

impl Book {
    pub fn is_convicted(&self, commitment: CommitmentId) -> bool {
        self.convicted.contains_key(&commitment)
    }

    /// Forgets the block `from` and all after it.
    pub fn rewind(&mut self, from: u64) {
        fn undo<T>(fact: &mut Fact<T>, from: u64) {
            if fact.as_ref().is_some_and(|(block, _)| *block >= from) {
                *fact = None;
            }
        }
        self.entries.retain(|_, entry| entry.committed.block < from);
        self.convicted.retain(|_, block| *block < from);
        for entry in self.entries.values_mut() {
            undo(&mut entry.drawn, from);
            undo(&mut entry.answered, from);
            entry.demands.retain(|_, demand| demand.block < from);
            for demand in entry.demands.values_mut() {
                undo(&mut demand.closed, from);
            }
        }
    }

    /// Reads events in their order; those of claims that are not known belong to older ones, which nobody can challenge.
    pub fn read(&mut self, log: &Log) -> Result<()> {
        let block = log.block_number.context("a log that is mined has a block")?;
        let event = ICapacityEvents::decode_log(&log.inner).context("an event that this version does not know")?;
        self.apply(block, event.data);
        Ok(())
    }

    fn entry(&mut self, commitment: u64, window: u32) -> Option<&mut Entry> {
        self.entries.get_mut(&(CommitmentId(commitment), window))
    }

    /// A demand that was answered, or whose deposit was returned for want of an answer.
    fn close(&mut self, block: u64, commitment: u64, window: u32, position: u32) {
        let demand = self.entry(commitment, window).and_then(|entry| entry.demands.get_mut(&position));
        if let Some(demand) = demand {
            demand.closed = Some((block, ()));
        }
    }

    fn apply(&mut self, block: u64, event: ICapacityEvents) {
        match event {
            ICapacityEvents::WindowCommitted(event) => {
                let (commitment, window) = (CommitmentId(event.commitment), event.window);
                let bitmap = Bitmap(event.bitmap);
                let committed = Committed { commitment, window, root: event.root, bitmap, block };
                let entry = Entry { committed, drawn: None, answered: None, demands: BTreeMap::new() };
                self.entries.insert((commitment, window), entry);
            }
            ICapacityEvents::WindowDrawn(event) => {
                if let Some(entry) = self.entry(event.commitment, event.window) {
                    entry.drawn = Some((block, event.deadline.to()));
                }
            }
            ICapacityEvents::AuditAnswered(event) => {
                if let Some(entry) = self.entry(event.commitment, event.window) {
                    entry.answered = Some((block, ()));
                }
            }
            ICapacityEvents::LeafDemanded(event) => {
                if let Some(entry) = self.entry(event.commitment, event.window) {
                    let demand = Demand { block, deadline: event.deadline.to(), closed: None };
                    entry.demands.insert(event.position, demand);
                }
            }
            ICapacityEvents::LeafDelivered(event) => {
                self.close(block, event.commitment, event.window, event.position);
            }
            ICapacityEvents::CommitmentConvicted(event) => {
                self.convicted.insert(CommitmentId(event.commitment), block);
            }
            ICapacityEvents::DemandReturned(event) => {
                self.close(block, event.commitment, event.window, event.position);
            }
            ICapacityEvents::ClassAdded(_)
            | ICapacityEvents::VerifierScheduled(_)
            | ICapacityEvents::VerifierCancelled(_)
            | ICapacityEvents::CollateralSet(_)
            | ICapacityEvents::PledgesPausedUntil(_)
            | ICapacityEvents::WindowOpened(_)
            | ICapacityEvents::TargetSet(_)
            | ICapacityEvents::CapacityPledged(_)
            | ICapacityEvents::CapacityRenewed(_)
            | ICapacityEvents::CapacityEnded(_)
            | ICapacityEvents::ConvictionAnnounced(_)
            | ICapacityEvents::WorkExcused(_)
            | ICapacityEvents::EpochCredited(_)
            | ICapacityEvents::DepositCredited(_)
            | ICapacityEvents::DepositClaimed(_) => {}
        }
    }

    /// Forgets claims of which nothing can be asked any more.
    pub fn forget(&mut self, time: u64) {
        self.entries.retain(|(_, window), _| time <= kept_until(*window));
    }
}

/// Answers may be overdue half a day after the last challenge; an hour is left for convicting.
pub fn kept_until(window: u32) -> u64 {
    challenge_end(epoch_of(window)) + ANSWERS + 3_600
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::aliases::U40;
    use alloy::primitives::{Address, B256};
    use contracts::i_capacity::ICapacity;

    const ID: CommitmentId = CommitmentId(7);
    const WINDOW: u32 = 480_000;

    fn committed(root: u8) -> ICapacityEvents {
        let (root, bitmap) = (B256::repeat_byte(root), vec![0b101].into());
        let event = ICapacity::WindowCommitted { commitment: ID.0, window: WINDOW, root, filled: 2, bitmap };
        ICapacityEvents::WindowCommitted(event)
    }

    fn drawn(deadline: u64) -> ICapacityEvents {
        let deadline = U40::from(deadline);
        ICapacityEvents::WindowDrawn(ICapacity::WindowDrawn { commitment: ID.0, window: WINDOW, rank: 1, deadline })
    }

    fn answered() -> ICapacityEvents {
        ICapacityEvents::AuditAnswered(ICapacity::AuditAnswered { commitment: ID.0, window: WINDOW, position: 2 })
    }

    fn demanded(position: u32) -> ICapacityEvents {
        ICapacityEvents::LeafDemanded(ICapacity::LeafDemanded {
            commitment: ID.0,
            window: WINDOW,
            position,
            demander: Address::ZERO,
            deposit: 1,
            deadline: U40::from(9_u8),
        })
    }

    fn delivered(position: u32) -> ICapacityEvents {
        let event = ICapacity::LeafDelivered { commitment: ID.0, window: WINDOW, position, deposit: 1 };
        ICapacityEvents::LeafDelivered(event)
    }

    fn returned(position: u32) -> ICapacityEvents {
        let demander = Address::ZERO;
        let event = ICapacity::DemandReturned { commitment: ID.0, window: WINDOW, position, demander, deposit: 1 };
        ICapacityEvents::DemandReturned(event)
    }

    fn convicted(reason: u8, position: u32) -> ICapacityEvents {
        ICapacityEvents::CommitmentConvicted(ICapacity::CommitmentConvicted {
            commitment: ID.0,
            provider: Address::ZERO,
            window: WINDOW,
            position,
            reporter: Address::ZERO,
            reason,
            slashed: 1,
            forfeited: 0,
            bountyUnpaid: 0,
            bountyStake: 0,
        })
    }

    fn book(events: impl IntoIterator<Item = (u64, ICapacityEvents)>) -> Book {
        let mut book = Book::default();
        for (block, event) in events {
            book.apply(block, event);
        }
        book
    }

    #[test]
    fn a_claim_is_followed_to_its_end() {
        let book = book([(1, committed(1)), (6, drawn(500)), (7, demanded(2)), (7, demanded(0)), (8, delivered(0))]);
        let entry = &book.entries[&(ID, WINDOW)];
        assert!(entry.is_drawn() && entry.was_demanded(0) && !entry.was_demanded(1));
        assert_eq!((entry.open_audit(), entry.open_demands().collect::<Vec<_>>()), (Some(500), vec![(2, 9)]));
        assert!(!book.is_convicted(ID));
    }

    #[test]
    fn a_demand_outlives_a_conviction_until_its_deposit_is_returned() {
        let demands = [(1, committed(1)), (7, demanded(2)), (7, demanded(0)), (9, convicted(1, 3))];
        let open = |events: &[(u64, ICapacityEvents)]| {
            let book = book(events.iter().cloned());
            assert!(book.is_convicted(ID));
            book.entries[&(ID, WINDOW)].open_demands().map(|(position, _)| position).collect::<Vec<_>>()
        };
        assert_eq!(open(&demands), [0, 2]);
        assert_eq!(open(&[demands.as_slice(), &[(10, returned(2))]].concat()), [0]);
    }

    #[test]
    fn what_is_rewound_and_read_again_is_as_if_read_once() {
        let events = [
            (1, committed(1)),
            (6, drawn(500)),
            (7, demanded(2)),
            (8, answered()),
            (8, delivered(2)),
            (9, convicted(1, 0)),
        ];
        let whole = book(events.clone());
        assert_eq!((whole.entries[&(ID, WINDOW)].open_audit(), whole.is_convicted(ID)), (None, true));
        for from in 0..11 {
            let mut rewound = whole.clone();
            rewound.rewind(from);
            assert_eq!(rewound, book(events.iter().filter(|(block, _)| *block < from).cloned()), "block {from}");
            for (block, event) in events.iter().filter(|(block, _)| *block >= from) {
                rewound.apply(*block, event.clone());
            }
            assert_eq!(rewound, whole, "block {from}");
        }
    }

    #[test]
    fn a_commit_in_another_block_begins_anew() {
        let mut book = book([(1, committed(1)), (6, drawn(0))]);
        book.rewind(1);
        book.apply(2, committed(2));
        let entry = &book.entries[&(ID, WINDOW)];
        assert_eq!((entry.committed.root, entry.is_drawn()), (B256::repeat_byte(2), false));
        book.forget(kept_until(WINDOW));
        assert_eq!(book.entries.len(), 1);
        book.forget(kept_until(WINDOW) + 1);
        assert_eq!(book.entries.len(), 0);
    }
}
