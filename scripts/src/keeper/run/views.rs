//! What only views tell, asked for where it can matter at this head.

use std::collections::{BTreeMap, BTreeSet};

use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use anyhow::Result;
use contracts::faults::IFaults;
use contracts::i_capacity::ICapacity;
use contracts::{Capacity, Deals, Faults, FeeBurn, PriceGuard, Probers, Rewards, Staking};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::book::{Key, Open, Place, Served};
use super::capacity::is_creditable;
use super::duty::Duty;
use super::stream::Stream;
use super::{Sight, money};
use crate::capacity::clock::window_at;
use crate::census::{ENDED, SERVING};
use crate::chain::Context;
use crate::customer::STANDBY;
use crate::ids::CommitmentId;
use crate::time::DAY;

/// Views that are asked for at a time.
const AT_ONCE: usize = 16;
/// Chain time after which every health is asked for again, where no price was observed before.
const HEALTH_EVERY: u64 = 300;
/// Chain time after which all records of time served are asked for again.
const NOTES_EVERY: u64 = 3_600;
/// Small balances are pushed after this.
const PATIENCE: u64 = DAY;

#[derive(Debug, Default)]
pub struct Views {
    pub observed_at: u64,
    pub is_stale: bool,
    pub creditable: BTreeMap<Place, u128>,
    /// In basis points; empty at heads at which it was not asked for.
    pub health: BTreeMap<Place, u64>,
    /// Flags whose grace is over.
    pub flagged: BTreeSet<Served>,
    /// With the second since which the provider counts as down, or zero.
    pub failures: BTreeMap<Served, (IFaults::Failure, u64)>,
    pub eligible_min: u16,
    pub notes: BTreeMap<Served, Noted>,
    pub sold: U256,
    /// Providers whose stakers are owed enough, or for long enough.
    pub stakers: BTreeSet<Address>,
    pub stakers_rewards: BTreeSet<Address>,
    pub has_fees: bool,
    /// Places whose fees were credited long enough ago, or will not be more.
    pub unrecorded: BTreeSet<Place>,
    /// Places whose noted fees are sold.
    pub sold_fees: BTreeSet<Place>,
    pub unlocked: BTreeSet<Address>,
    pub thawing: BTreeSet<(Address, bool)>,
    pub is_window_open: bool,
    pub is_day_open: bool,
    pub commitments: BTreeMap<CommitmentId, ICapacity::Commitment>,
    /// Class and epoch of pools with something left.
    pub unspent: Vec<(u8, u32)>,
    /// What nothing is left to do about.
    pub idle: Vec<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub note: IFaults::Note,
    pub credited: u128,
    /// Of the serving.
    pub day_price: u128,
    /// Nothing more is credited.
    pub is_over: bool,
}

/// What is remembered from head to head, to ask for less.
#[derive(Debug, Default)]
pub(super) struct Memory {
    commitments: BTreeMap<CommitmentId, ICapacity::Commitment>,
    /// Since when a balance waits to be pushed.
    waiting: BTreeMap<(Duty, Address), u64>,
    /// Servings whose time is recorded to its end.
    recorded: BTreeSet<Served>,
    health_at: Option<(u64, u64)>,
    notes_at: Option<u64>,
    /// Since when a place's fees wait to be noted.
    unrecorded: BTreeMap<Place, u64>,
    sold_fees_at: Option<u64>,
    eligible_min: Option<u16>,
}

/// Asks at one block.
struct Asker<'a> {
    context: &'a Context,
    at: BlockId,
    sight: &'a Sight<'a>,
    memory: &'a mut Memory,
    views: Views,
}

/// Asks for all that duties which are wanted need.
pub(super) async fn read(
    context: &Context,
    sight: &Sight<'_>,
    memory: &mut Memory,
    is_wanted: &(dyn Fn(Duty) -> bool + Sync),
) -> Result<Views> {
    let at = BlockId::number(sight.block);
    let mut asker = Asker { context, at, sight, memory, views: Views::default() };
    asker.price().await?;
    let any = |duties: &[Duty]| duties.iter().any(|duty| is_wanted(*duty));
    if is_wanted(Duty::Settle) {
        asker.creditable().await?;
    }
    if any(&[Duty::MarginCall, Duty::Cure]) {
        asker.health().await?;
    }
    if any(&[Duty::Failover, Duty::ProposeFault]) {
        asker.failures().await?;
    }
    if is_wanted(Duty::RecordServed) {
        asker.notes().await?;
    }
    if any(&[Duty::PayStakers, Duty::PayRewards, Duty::CollectFees]) {
        asker.balances().await?;
    }
    if any(&[Duty::RecordFee, Duty::RewardFee]) {
        asker.fees().await?;
    }
    if any(&[Duty::Crystallise, Duty::SweepOrphan]) {
        asker.stake().await?;
    }
    if any(&[Duty::OpenWindow, Duty::OpenDay, Duty::Draw, Duty::Credit, Duty::Reward, Duty::SweepPool]) {
        asker.capacity().await?;
    }
    Ok(asker.views)
}

impl Asker<'_> {
    async fn one<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.context.view_at(self.at, to, call).await
    }

    /// The same view of many things, some at a time.
    async fn all<K, C>(&self, to: Address, keys: Vec<K>, call: impl Fn(&K) -> C) -> Result<Vec<(K, C::Return)>>
    where
        C: SolCall,
    {
        let asked = keys.into_iter().map(|key| {
            let call = call(&key);
            async move { anyhow::Ok((key, self.one(to, call).await?)) }
        });
        stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn pick<T>(&self, pick: impl Fn(&Key, &Open) -> Option<T>) -> Vec<T> {
        self.sight.book.pick(self.sight.now, pick)
    }

    async fn price(&mut self) -> Result<()> {
        let guard = self.sight.at.price_guard;
        self.views.observed_at = self.one(guard, PriceGuard::observationCall {}).await?.at.to();
        self.views.is_stale = self.one(guard, PriceGuard::isStaleCall {}).await?;
        Ok(())
    }

    async fn creditable(&mut self) -> Result<()> {
        let places: Vec<Place> = money::creditable(self.sight).collect();
        let call = |place: &Place| Deals::creditableCall { deal: place.deal.0, slot: place.slot };
        self.views.creditable = self.all(self.sight.at.deals, places, call).await?.into_iter().collect();
        Ok(())
    }

    async fn health(&mut self) -> Result<()> {
        let (now, observed_at) = (self.sight.now, self.views.observed_at);
        let is_known = |(asked_at, price): (u64, u64)| price == observed_at && now < asked_at + HEALTH_EVERY;
        if self.memory.health_at.is_some_and(is_known) {
            return Ok(());
        }
        let slots = self.sight.places_in(SERVING).map(|(_, place, _)| place).filter(|place| place.slot < STANDBY);
        let call = |place: &Place| Deals::healthBpsCall { deal: place.deal.0, slot: place.slot };
        let health = self.all(self.sight.at.deals, slots.collect(), call).await?;
        let health = health.into_iter().map(|(place, bps)| (place, u64::try_from(bps).unwrap_or(u64::MAX)));
        self.views.health = health.collect();
        self.memory.health_at = Some((now, observed_at));
        Ok(())
    }

    async fn failures(&mut self) -> Result<()> {
        let faults = self.sight.at.faults;
        let flags = self.pick(|key, _| if let Key::Flag(served) = key { Some(*served) } else { None });
        let call = |served: &Served| Faults::flagOfCall { deal: served.place.deal.0, slot: served.place.slot };
        let flags = self.all(faults, flags, call).await?;
        let flagged = flags.into_iter().filter(|(served, flag)| flag.state != 0 && flag.serving == served.serving);
        self.views.flagged = flagged.map(|(served, _)| served).collect();
        let failed = self.pick(|key, open| {
            let Key::Failure(served) = *key else { return None };
            Some((served, open.provider))
        });
        let call = |(served, _): &(Served, Address)| {
            let (deal, slot) = (served.place.deal.0, served.place.slot);
            Faults::failureOfCall { deal, slot, serving: served.serving }
        };
        let failures = self.all(faults, failed, call).await?;
        if failures.is_empty() {
            return Ok(());
        }
        self.views.eligible_min = match self.memory.eligible_min {
            Some(least) => least,
            None => self.one(self.sight.at.probers, Probers::rulesCall {}).await?.eligibleMin,
        };
        self.memory.eligible_min = Some(self.views.eligible_min);
        for ((served, provider), failure) in failures {
            let record = self.one(faults, Faults::recordOfCall { provider }).await?;
            self.views.failures.insert(served, (failure, record.downSince.to()));
        }
        Ok(())
    }

    async fn notes(&mut self) -> Result<()> {
        let now = self.sight.now;
        if self.memory.notes_at.is_some_and(|at| now < at + NOTES_EVERY) {
            return Ok(());
        }
        let mut credited = self.running();
        credited.extend(self.past().await?);
        let servings: Vec<(Served, Noted)> =
            credited.into_iter().filter(|(served, _)| !self.memory.recorded.contains(served)).collect();
        let call = |(served, _): &(Served, Noted)| {
            let (deal, slot) = (served.place.deal.0, served.place.slot);
            Faults::noteOfCall { deal, slot, serving: served.serving }
        };
        for ((served, noted), note) in self.all(self.sight.at.faults, servings, call).await? {
            let is_done = noted.is_over && note.waiting.is_zero() && note.credited >= noted.credited;
            if is_done {
                self.memory.recorded.insert(served);
                self.views.idle.push(Key::Past(served));
                continue;
            }
            self.views.notes.insert(served, Noted { note, ..noted });
        }
        self.views.sold = self.one(self.sight.at.fee_burn, FeeBurn::soldCall {}).await?;
        self.memory.notes_at = Some(now);
        Ok(())
    }

    /// Servings of places, as they were settled last.
    fn running(&self) -> Vec<(Served, Noted)> {
        let paid = self.sight.places().filter(|(_, _, slot)| matches!(slot.status, SERVING | ENDED));
        let credited = paid.filter_map(|(seen, place, slot)| {
            let day_price = Stream::of(&seen.deal, slot)?.price_of(DAY);
            let is_over = slot.status == ENDED && slot.credited >= slot.owed;
            let noted = Noted { note: nothing_noted(), credited: slot.credited, day_price, is_over };
            (slot.credited > 0).then_some((Served { place, serving: slot.serving }, noted))
        });
        credited.collect()
    }

    /// Servings that ended before their slots.
    async fn past(&self) -> Result<Vec<(Served, Noted)>> {
        let past = self.pick(|key, _| {
            let Key::Past(served) = *key else { return None };
            (!self.memory.recorded.contains(&served)).then_some(served)
        });
        let call = |served: &Served| {
            let (deal, slot) = (served.place.deal.0, served.place.slot);
            Deals::servingOfCall { deal, slot, serving: served.serving }
        };
        let servings = self.all(self.sight.at.deals, past, call).await?;
        let noted = servings.into_iter().map(|(served, serving)| {
            let is_over = serving.credited >= serving.owed;
            (served, Noted { note: nothing_noted(), credited: serving.credited, day_price: u128::MAX, is_over })
        });
        Ok(noted.collect())
    }

    async fn balances(&mut self) -> Result<()> {
        let at = self.sight.at;
        let owed = self.pick(|key, _| if let Key::Stakers(of) = key { Some(*of) } else { None });
        let call = |provider: &Address| Deals::stakersCreditOfCall { provider: *provider };
        let owed = self.all(at.deals, owed, call).await?;
        let above = self.sight.rules.settle_above;
        self.views.stakers = self.patient(Duty::PayStakers, owed, |amount| amount >= above);
        let owed = self.pick(|key, _| if let Key::StakersRewards(of) = key { Some(*of) } else { None });
        let call = |provider: &Address| Rewards::stakersCreditOfCall { provider: *provider };
        let owed = self.all(at.rewards, owed, call).await?;
        self.views.stakers_rewards = self.patient(Duty::PayRewards, owed, |_| false);
        let fees = self.one(at.deals, Deals::creditOfCall { account: at.fee_burn }).await?;
        let fees = self.patient(Duty::CollectFees, vec![(at.fee_burn, fees)], |amount| amount >= above);
        self.views.has_fees = !fees.is_empty();
        Ok(())
    }

    async fn fees(&mut self) -> Result<()> {
        let now = self.sight.now;
        let credited = self.pick(|key, _| if let Key::Fee(place) = key { Some(*place) } else { None });
        let credited: BTreeSet<Place> = credited.into_iter().collect();
        self.memory.unrecorded.retain(|place, _| credited.contains(place));
        // Of a serving that was followed by another nothing can be noted any more.
        let noted = self.sight.places().filter(|(_, place, slot)| slot.credited > 0 && credited.contains(place));
        for (_, place, slot) in noted {
            let since = *self.memory.unrecorded.entry(place).or_insert(now);
            if self.sight.rules.is_single_pass || slot.status == ENDED || now >= since + PATIENCE {
                self.views.unrecorded.insert(place);
            }
        }
        if self.memory.sold_fees_at.is_some_and(|at| now < at + NOTES_EVERY) {
            return Ok(());
        }
        let sold = self.one(self.sight.at.fee_burn, FeeBurn::soldCall {}).await?;
        let recorded = self.pick(|key, _| if let Key::Recorded(place) = key { Some(*place) } else { None });
        let call = |place: &Place| Rewards::recordedOfCall { deal: place.deal.0, slot: place.slot };
        for (place, recorded) in self.all(self.sight.at.rewards, recorded, call).await? {
            match recorded.amount {
                0 => self.views.idle.push(Key::Recorded(place)),
                _ if sold >= recorded.upTo => drop(self.views.sold_fees.insert(place)),
                _ => {}
            }
        }
        self.memory.sold_fees_at = Some(now);
        Ok(())
    }

    /// Whose balance is enough, or waited long enough. In a single pass nothing waits.
    fn patient(
        &mut self,
        duty: Duty,
        balances: Vec<(Address, u128)>,
        is_enough: impl Fn(u128) -> bool,
    ) -> BTreeSet<Address> {
        let now = self.sight.now;
        let owed: Vec<(Address, u128)> = balances.into_iter().filter(|(_, amount)| *amount > 0).collect();
        let is_owed = |account| owed.iter().any(|(owed, _)| *owed == account);
        self.memory.waiting.retain(|(of, account), _| *of != duty || is_owed(*account));
        let due = owed.into_iter().filter(|(account, amount)| {
            let since = *self.memory.waiting.entry((duty, *account)).or_insert(now);
            self.sight.rules.is_single_pass || is_enough(*amount) || now >= since + PATIENCE
        });
        due.map(|(account, _)| account).collect()
    }

    async fn stake(&mut self) -> Result<()> {
        let staking = self.sight.at.staking;
        let orphans = self.pick(|key, _| if let Key::Orphan(of) = key { Some(*of) } else { None });
        let call = |provider: &Address| Staking::lockedCall { provider: *provider };
        let locked = self.all(staking, orphans, call).await?;
        self.views.unlocked = locked.into_iter().filter(|(_, locked)| *locked == 0).map(|(of, _)| of).collect();
        let exits = self.pick(|key, _| if let Key::Exits(..) = key { Some(*key) } else { None });
        let tranche = |key: &Key| if let Key::Exits(of, is_own, _) = key { Some((*of, *is_own)) } else { None };
        let tranches: BTreeSet<(Address, bool)> = exits.iter().filter_map(tranche).collect();
        let call = |(provider, is_own): &(Address, bool)| Staking::trancheCall { provider: *provider, isOwn: *is_own };
        let tranches = self.all(staking, tranches.into_iter().collect(), call).await?;
        let thawing = tranches.into_iter().filter(|(_, tranche)| tranche.thawing > 0).map(|(of, _)| of);
        self.views.thawing = thawing.collect();
        // What was wiped before its day is never told of again.
        let wiped = exits.into_iter().filter(|key| tranche(key).is_some_and(|of| !self.views.thawing.contains(&of)));
        self.views.idle.extend(wiped);
        Ok(())
    }

    async fn capacity(&mut self) -> Result<()> {
        let (at, now) = (self.sight.at, self.sight.now);
        let seed = self.one(at.capacity, Capacity::seedOfCall { window: window_at(now) }).await?;
        self.views.is_window_open = !seed.is_zero();
        let day = u32::try_from(now / DAY).unwrap_or(u32::MAX);
        self.views.is_day_open = !self.one(at.probers, Probers::dayOfCall { day }).await?.seed.is_zero();
        let count = self.one(at.capacity, Capacity::countCall {}).await?;
        let touched: BTreeSet<CommitmentId> = self.sight.touched.iter().copied().collect();
        let known = &self.memory.commitments;
        let stale = (1..=count).map(CommitmentId).filter(|id| {
            let is_due = |commitment| is_creditable(commitment, now);
            touched.contains(id) || known.get(id).is_none_or(is_due)
        });
        let call = |id: &CommitmentId| ICapacity::commitmentOfCall { commitment: id.0 };
        let read = self.all(at.capacity, stale.collect(), call).await?;
        self.memory.commitments.retain(|id, _| id.0 <= count);
        self.memory.commitments.extend(read);
        self.views.commitments = self.memory.commitments.clone();
        let pools = self.pick(|key, _| {
            let Key::Pool(class, epoch) = *key else { return None };
            Some((class, epoch))
        });
        let call = |&(class, epoch): &(u8, u32)| Rewards::epochOfCall { class, epoch };
        for ((class, epoch), pool) in self.all(at.rewards, pools, call).await? {
            match pool.left {
                0 => self.views.idle.push(Key::Pool(class, epoch)),
                _ => self.views.unspent.push((class, epoch)),
            }
        }
        Ok(())
    }
}

fn nothing_noted() -> IFaults::Note {
    IFaults::Note { credited: 0, waiting: Default::default(), upTo: 0 }
}
