//! What contracts told that somebody has to see to later, and from when on.

use std::collections::BTreeMap;
use std::fmt;

use alloy::primitives::{Address, B256};
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent;
use anyhow::{Context as _, Result};
use contracts::i_capacity::ICapacity;
use contracts::{IDeals, IFaults, IMatching, IProbers, IRewards, IStaking};

use crate::blocks::{Head, UNSETTLED_BLOCKS};
use crate::capacity::clock::{DRAWS, WINDOW, epoch_end, epoch_of};
use crate::capacity::contract::Committed;
use crate::chain::Context;
use crate::ids::{CommitmentId, DealId, LockId};
use crate::time::DAY;

/// Seven days for who was slashed wrongly.
const QUARANTINE: u64 = 7 * DAY;
/// What was earned is held back so long.
pub(super) const HOLD_BACK: u64 = 3 * DAY;
/// An epoch's pool is swept so long after it.
const SWEEP_TIME: u64 = 10 * DAY;
/// A flag that nobody acted on is forgotten.
const FLAG_TIME: u64 = 6 * 3_600;
/// Proposals that nobody could activate are tried so long.
const WINDOW_KEPT: u64 = DAY;
/// The last proposal after a failure: abandonment, twelve hours after a day.
pub(super) const PROPOSALS_END: u64 = DAY + 12 * 3_600;
/// A prover that runs pays itself: it is given this long.
pub(super) const COURTESY: u64 = 3_600;

/// One place of a deal: a slot, or a standby from 16 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub deal: DealId,
    pub slot: u8,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.deal, self.slot)
    }
}

/// One serving of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Served {
    pub place: Place,
    pub serving: u32,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} serving {}", self.place, self.serving)
    }
}

fn place(deal: u64, slot: u8) -> Place {
    Place { deal: DealId(deal), slot }
}

fn served(deal: u64, slot: u8, serving: u32) -> Served {
    Served { place: place(deal, slot), serving }
}

/// What is open until something else is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Lock(LockId),
    /// A tranche's exits of a day; true: the provider's own.
    Exits(Address, bool, u32),
    Burn(u32),
    Quarantine(u64),
    Orphan(Address),
    /// What a serving was held back.
    HeldBack(Served),
    /// A serving that ended before its slot, for its record.
    Past(Served),
    Stakers(Address),
    /// Fees that a place was credited and nobody noted.
    Fee(Place),
    /// A place's fee that was noted and may not be rewarded yet.
    Recorded(Place),
    StakersRewards(Address),
    Flag(Served),
    Failure(Served),
    Fault(u64),
    Window(DealId),
    Claim(CommitmentId, u32),
    Reward(CommitmentId),
    Adjustment(u8, u32),
    Pool(u8, u32),
    Prober(Address),
    /// Something was told of it: true of recent blocks only.
    Touched(CommitmentId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Nothing can be done before.
    pub from: u64,
    /// Nothing can be done after.
    pub until: u64,
    /// Whose it is, where that matters.
    pub provider: Address,
    pub claim: Option<Committed>,
}

/// Invariants:
/// 1. `settled` holds what blocks up to `settled_to` told, which are not replaced any more; `recent` overlays it with what was told
///    since, and is read anew at every head.
#[derive(Debug, Default)]
pub struct Book {
    settled: BTreeMap<Key, Open>,
    recent: BTreeMap<Key, Option<Open>>,
    settled_to: Option<u64>,
}

impl Book {
    pub fn get(&self, key: &Key) -> Option<&Open> {
        match self.recent.get(key) {
            Some(open) => open.as_ref(),
            None => self.settled.get(key),
        }
    }

    /// Everything that is open, whether its time has come or not.
    pub fn all(&self) -> impl Iterator<Item = (&Key, &Open)> {
        let settled = self.settled.iter().filter(|(key, _)| !self.recent.contains_key(key));
        let recent = self.recent.iter().filter_map(|(key, open)| open.as_ref().map(|open| (key, open)));
        settled.chain(recent)
    }

    /// What can be done at `time`.
    pub fn ripe(&self, time: u64) -> impl Iterator<Item = (&Key, &Open)> {
        self.all().filter(move |(_, open)| open.from <= time && time <= open.until)
    }

    /// Of what can be done at `time`, what is asked for.
    pub fn pick<T>(&self, time: u64, pick: impl Fn(&Key, &Open) -> Option<T>) -> Vec<T> {
        self.ripe(time).filter_map(|(key, open)| pick(key, open)).collect()
    }

    /// Commitments of which something was told lately.
    pub fn touched(&self) -> Vec<CommitmentId> {
        let touched = self.recent.keys().filter_map(|key| if let Key::Touched(id) = key { Some(*id) } else { None });
        touched.collect()
    }

    /// A view says that nothing is left to do. What was told lately stays until it is settled.
    pub fn dismiss(&mut self, key: &Key) {
        // Before, a reorganisation may bring back what there was to do.
        if !self.recent.contains_key(key) {
            self.settled.remove(key);
        }
    }

    /// Reads what was told up to `head`.
    pub async fn look(&mut self, context: &Context, head: Head) -> Result<()> {
        let at = context.at();
        let contracts = vec![at.staking, at.deals, at.matching, at.rewards, at.capacity, at.probers, at.faults];
        let topics: Vec<B256> = READERS.iter().map(|(topic, _)| *topic).collect();
        let filter = Filter::new().address(contracts).event_signature(topics);
        let from = self.settled_to.map_or(context.deployment.first_block, |settled| settled + 1).min(head.number);
        let logs = context.logs_between(&filter, from, head.number).await?;
        self.read(&logs, head)
    }

    fn read(&mut self, logs: &[Log], head: Head) -> Result<()> {
        let settled_to = head.number.saturating_sub(UNSETTLED_BLOCKS);
        self.recent.clear();
        for log in logs {
            let block = log.block_number.context("a log that is mined has a block")?;
            for (key, open) in changes(log)? {
                match open {
                    open if block > settled_to => drop(self.recent.insert(key, open)),
                    Some(open) => drop(self.settled.insert(key, open)),
                    None => drop(self.settled.remove(&key)),
                }
            }
        }
        self.settled.retain(|_, open| head.time <= open.until);
        self.settled_to = Some(settled_to.max(self.settled_to.unwrap_or(settled_to)));
        Ok(())
    }
}

type Change = (Key, Option<Open>);
type Reader = fn(&Log) -> Result<Vec<Change>>;

fn changes(log: &Log) -> Result<Vec<Change>> {
    let reader = READERS.iter().find(|(topic, _)| log.topic0() == Some(topic));
    reader.map_or(Ok(Vec::new()), |(_, read)| read(log))
}

fn event<E: SolEvent>(log: &Log) -> Result<E> {
    Ok(E::decode_log(&log.inner).context("an event in another form")?.data)
}

fn open(key: Key, from: u64) -> Change {
    (key, Some(Open { from, until: u64::MAX, provider: Address::ZERO, claim: None }))
}

fn open_of(key: Key, provider: Address, from: u64, until: u64) -> Change {
    (key, Some(Open { from, until, provider, claim: None }))
}

fn over(key: Key) -> Change {
    (key, None)
}

fn touched(commitment: u64) -> [Change; 1] {
    [open_of(Key::Touched(CommitmentId(commitment)), Address::ZERO, 0, 0)]
}

fn open_if(is_open: bool, key: Key) -> Change {
    if is_open { open(key, 0) } else { over(key) }
}

/// A claim's call names the block that it was committed in.
fn committed(log: &Log) -> Result<Vec<Change>> {
    let claim = Committed::of(log)?;
    let key = Key::Claim(claim.commitment, claim.window);
    // A window is claimed once it has begun; it can be drawn until three hours after its epoch.
    let until = epoch_end(epoch_of(claim.window)) + DRAWS;
    Ok(vec![(key, Some(Open { from: 0, until, provider: Address::ZERO, claim: Some(claim) }))])
}

macro_rules! readers {
    ($($event:path: |$name:ident| $changes:expr,)*) => {
        &[
            (ICapacity::WindowCommitted::SIGNATURE_HASH, committed),
            $((<$event>::SIGNATURE_HASH, |log| {
                let $name = event::<$event>(log)?;
                Ok($changes.into_iter().collect())
            }),)*
        ]
    };
}

const READERS: &[(B256, Reader)] = readers! {
    IStaking::LockGranted: |e| [open(Key::Lock(LockId(e.lock)), e.end.to())],
    IStaking::LockRegranted: |e| [open(Key::Lock(LockId(e.lock)), e.end.to())],
    IStaking::LockReleased: |e| [over(Key::Lock(LockId(e.lock)))],
    IStaking::ExitStarted: |e| {
        let (key, from) = (Key::Exits(e.provider, e.account == e.provider, e.day), u64::from(e.day) * DAY);
        [open_of(key, e.provider, from, u64::MAX)]
    },
    IStaking::Crystallised: |e| [over(Key::Exits(e.provider, e.isOwn, e.day))],
    IStaking::BurnQueued: |e| [open(Key::Burn(e.day), (u64::from(e.day) + 1) * DAY + QUARANTINE)],
    IStaking::SlashBurned: |e| [over(Key::Burn(e.day))],
    IStaking::QuarantineOpened: |e| [open(Key::Quarantine(e.quarantine), e.releaseAt.to())],
    IStaking::QuarantinePaid: |e| [over(Key::Quarantine(e.quarantine))],
    IStaking::QuarantineCancelled: |e| [over(Key::Quarantine(e.quarantine))],
    IStaking::OrphanChanged: |e| [open_if(e.orphan != 0, Key::Orphan(e.provider))],
    IDeals::ServingEnded: |e| {
        let served = served(e.deal, e.slot, e.serving);
        let held_back = (e.heldBack != 0).then(|| open(Key::HeldBack(served), e.endedAt.to::<u64>() + HOLD_BACK));
        held_back.into_iter().chain([open(Key::Past(served), 0)])
    },
    IDeals::ServingReleased: |e| [over(Key::HeldBack(served(e.deal, e.slot, e.serving)))],
    IDeals::SlotCredited: |e| {
        let stakers = (e.toStakers != 0).then(|| open(Key::Stakers(e.provider), 0));
        stakers.into_iter().chain((e.fee != 0).then(|| open(Key::Fee(place(e.deal, e.slot)), 0)))
    },
    IDeals::StakersPaid: |e| [over(Key::Stakers(e.provider))],
    IMatching::Proposed: |e| {
        let window_end = e.windowEnd.to::<u64>();
        [open_of(Key::Window(DealId(e.deal)), Address::ZERO, window_end, window_end + WINDOW_KEPT)]
    },
    IMatching::ProposalActivated: |e| [over(Key::Window(DealId(e.deal)))],
    // The second is tried in the same transaction: what is not activated by it does not stand.
    IMatching::ProposalInvalid: |e| [over(Key::Window(DealId(e.deal)))],
    IMatching::RequestCancelled: |e| [over(Key::Window(DealId(e.deal)))],
    IFaults::SlotFlagged: |e| {
        let grace_end = e.graceEnd.to::<u64>();
        // A customer's flag waits until it lapses.
        let until = if e.isCustomer { u64::MAX } else { grace_end + FLAG_TIME };
        [open_of(Key::Flag(served(e.deal, e.slot, e.serving)), e.provider, grace_end + 1, until)]
    },
    IFaults::FlagAnswered: |e| [over(Key::Flag(served(e.deal, e.slot, e.serving)))],
    IFaults::FlagLapsed: |e| [over(Key::Flag(served(e.deal, e.slot, e.serving)))],
    IFaults::FailedOver: |e| {
        let served = served(e.deal, e.slot, e.serving);
        let failed_at = e.since.to::<u64>() + e.downSeconds.to::<u64>();
        [over(Key::Flag(served)), open_of(Key::Failure(served), e.provider, failed_at, failed_at + PROPOSALS_END)]
    },
    IFaults::FaultProposed: |e| [open(Key::Fault(e.fault), e.appealUntil.to::<u64>() + 1)],
    IFaults::FaultAppealed: |e| [open(Key::Fault(e.fault), e.decideUntil.to::<u64>() + 1)],
    IFaults::FaultDecided: |e| [over(Key::Fault(e.fault))],
    IFaults::FaultExecuted: |e| [over(Key::Fault(e.fault))],
    IProbers::ProberRegistered: |e| [open(Key::Prober(e.prober), 0)],
    IProbers::ProberWithdrawn: |e| [over(Key::Prober(e.prober))],
    IRewards::FeeRecorded: |e| [over(Key::Fee(place(e.deal, e.slot))), open(Key::Recorded(place(e.deal, e.slot)), 0)],
    // What was noted meanwhile waits behind it.
    IRewards::FeeRewarded: |e| [open(Key::Recorded(place(e.deal, e.slot)), 0)],
    IRewards::StakersRewarded: |e| [open_if(e.waiting != 0, Key::StakersRewards(e.provider))],
    IRewards::RewardEarned: |e| {
        let (key, due) = (Key::Reward(CommitmentId(e.commitment)), e.dueAt.to::<u64>() + COURTESY);
        [if e.earned == 0 { over(key) } else { open_of(key, e.provider, due, u64::MAX) }]
    },
    IRewards::RewardReleased: |e| [over(Key::Reward(CommitmentId(e.commitment)))],
    IRewards::RewardForfeited: |e| [over(Key::Reward(CommitmentId(e.commitment)))],
    IRewards::PoolOpened: |e| {
        let end = epoch_end(e.epoch);
        // The last resize of an epoch counts, and each takes a fresh price.
        let adjustment = open_of(Key::Adjustment(e.class, e.epoch), Address::ZERO, end - WINDOW, end - 1);
        [adjustment, open(Key::Pool(e.class, e.epoch), end + SWEEP_TIME)]
    },
    IRewards::PoolSwept: |e| [over(Key::Pool(e.class, e.epoch))],
    ICapacity::CapacityRenewed: |e| touched(e.commitment),
    ICapacity::CapacityEnded: |e| touched(e.commitment),
    ICapacity::EpochCredited: |e| touched(e.commitment),
    ICapacity::CommitmentConvicted: |e| touched(e.commitment),
    ICapacity::WindowDrawn: |e| [over(Key::Claim(CommitmentId(e.commitment), e.window))],
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;
    use alloy::primitives::aliases::U40;

    const LOCK: Key = Key::Lock(LockId(7));

    fn log(block: u64, event: impl SolEvent) -> Log {
        let data = event.encode_log_data();
        Log {
            inner: alloy::primitives::Log { address: Address::ZERO, data },
            block_number: Some(block),
            ..Log::default()
        }
    }

    fn head(number: u64) -> Head {
        Head { number, hash: B256::ZERO, time: number }
    }

    fn granted(end: u64) -> IStaking::LockGranted {
        IStaking::LockGranted {
            lock: 7,
            provider: Address::ZERO,
            module: Address::ZERO,
            slasher: Address::ZERO,
            amount: 1,
            end: U40::from(end),
            locked: 1,
        }
    }

    fn regranted(end: u64) -> IStaking::LockRegranted {
        IStaking::LockRegranted { lock: 7, provider: Address::ZERO, amount: 1, end: U40::from(end), locked: 1 }
    }

    #[test]
    fn what_was_told_lately_counts_until_it_is_taken_back() -> Result<()> {
        let mut book = Book::default();
        book.read(&[log(10, granted(500)), log(80, regranted(900))], head(100))?;
        assert_eq!(book.get(&LOCK).map(|open| open.from), Some(900));
        // A reorganisation took the renewal.
        book.read(&[], head(101))?;
        assert_eq!(book.get(&LOCK).map(|open| open.from), Some(500));
        let released = IStaking::LockReleased { lock: 7, provider: Address::ZERO, amount: 1, locked: 0 };
        book.read(&[log(102, released.clone())], head(102))?;
        assert_eq!((book.get(&LOCK), book.all().count()), (None, 0));
        book.read(&[log(102, released)], head(102 + UNSETTLED_BLOCKS))?;
        assert!(book.settled.is_empty() && book.recent.is_empty());
        Ok(())
    }

    #[test]
    fn nothing_is_ripe_before_its_time_or_after_it() -> Result<()> {
        let mut book = Book::default();
        let flagged = IFaults::SlotFlagged {
            deal: 1,
            slot: 0,
            provider: Address::ZERO,
            serving: 2,
            isCustomer: false,
            since: U40::from(1),
            graceEnd: U40::from(600),
        };
        book.read(&[log(1, granted(500)), log(2, flagged)], head(3))?;
        let ripe = |time| book.ripe(time).map(|(key, _)| *key).collect::<Vec<_>>();
        let flag = Key::Flag(served(1, 0, 2));
        assert_eq!(ripe(499), []);
        assert_eq!(ripe(600), [LOCK], "the grace runs up to its last second");
        assert_eq!(ripe(601), [LOCK, flag]);
        assert_eq!(ripe(600 + FLAG_TIME + 1), [LOCK], "nobody acted on it");
        Ok(())
    }

    #[test]
    fn what_is_dismissed_comes_back_with_a_reorganisation() -> Result<()> {
        let mut book = Book::default();
        let recorded = IRewards::FeeRecorded { deal: 7, slot: 0, provider: Address::ZERO, amount: 1, upTo: U256::ONE };
        let rewarded = IRewards::FeeRewarded { deal: 7, slot: 0, provider: Address::ZERO, fee: 1, amount: 1, price: 1 };
        let (fee, key) = (Key::Fee(place(7, 0)), Key::Recorded(place(7, 0)));
        book.read(&[log(10, credited()), log(11, recorded)], head(100))?;
        assert!(book.get(&fee).is_none() && book.get(&key).is_some());
        book.read(&[log(101, rewarded.clone())], head(101))?;
        book.dismiss(&key);
        // It was not rewarded after all.
        book.read(&[], head(102))?;
        assert!(book.get(&key).is_some());
        book.read(&[log(103, rewarded)], head(103 + UNSETTLED_BLOCKS))?;
        book.dismiss(&key);
        assert!(book.get(&key).is_none());
        Ok(())
    }

    fn credited() -> IDeals::SlotCredited {
        let (royalty, provider) = (0, Address::ZERO);
        IDeals::SlotCredited { deal: 7, slot: 0, provider, fee: 1, royalty, toStakers: 0, toProvider: 9 }
    }

    #[test]
    fn every_event_is_read_once() {
        let mut topics: Vec<_> = READERS.iter().map(|(topic, _)| topic).collect();
        topics.sort();
        topics.dedup();
        assert_eq!(topics.len(), READERS.len());
    }
}
