//! Terms, margin and ends of places.

use contracts::Deals;
use contracts::deals::IDeals;

use super::Sight;
use super::book::{Key, Place};
use super::duty::{Due, Duty};
use super::stream::Stream;
use crate::amount::percent;
use crate::census::{ASSIGNED, EMPTY, ENDED, SERVING, Seen};
use crate::customer::STANDBY;
use crate::ids::LockId;
use crate::time::DAY;

/// A provider says within this that it is ready.
const READY_TIME: u64 = 1_800;
/// The next term can be opened in the last part of the running one.
const RENEWAL_TIME: u64 = DAY;
/// A place that ran dry ends after this.
const DRY_TIME: u64 = 3_600;
/// A lock outlasts the end of its slot by this.
const DISPUTE: u64 = 5 * DAY;

pub(super) fn declines(sight: &Sight<'_>) -> Vec<Due> {
    let silent = sight.places_in(ASSIGNED).filter(|(_, _, slot)| sight.now > slot.assignedAt.to::<u64>() + READY_TIME);
    let due = silent.map(|(_, place, slot)| {
        let call = Deals::declineCall { deal: place.deal.0, slot: place.slot };
        Due::call(Duty::Decline, format!("{place} serving {}", slot.serving), sight.at.deals, call)
    });
    due.collect()
}

pub(super) fn renewals(sight: &Sight<'_>) -> Vec<Due> {
    sight.places_in(SERVING).filter_map(|(seen, place, slot)| renewal(sight, seen, place, slot)).collect()
}

fn renewal(sight: &Sight<'_>, seen: &Seen, place: Place, slot: &IDeals::Slot) -> Option<Due> {
    let stream = Stream::of(&seen.deal, slot)?;
    let term_end = stream.ends_at();
    let is_time = term_end <= sight.now + RENEWAL_TIME && sight.now < term_end;
    let is_wanted = seen.deal.stoppedAt.is_zero() && !slot.isFinal && term_end < stream.duration_end();
    // A slot that its customer's flag stopped ends before its term.
    if !is_time || !is_wanted || slot.termEnd.to::<u64>() != term_end {
        return None;
    }
    let what = format!("{place} from {}", crate::time::timestamp(term_end));
    // A unit is left to rounding: the contract has the last word.
    Some(match stream.missing_for_renewal() {
        0 | 1 => {
            Due::call(Duty::Renew, what, sight.at.deals, Deals::renewCall { deal: place.deal.0, slot: place.slot })
        }
        missing => {
            let why =
                format!("the escrow does not pay to the end of the next term: {} are missing", sight.usd(missing));
            Due::wait(Duty::Renew, what, why)
        }
    })
}

/// As `LockMath` rounds it.
fn maintained(coverage_bps: u16) -> u64 {
    u64::from(coverage_bps) * 2 / 3
}

/// Health and the two thirds of the coverage under which margin is called, in basis points.
fn margins<'a>(sight: &'a Sight<'_>) -> impl Iterator<Item = (Place, &'a IDeals::Slot, u64, u64)> {
    sight.places_in(SERVING).filter_map(|(seen, place, slot)| {
        let health = *sight.views.health.get(&place)?;
        Some((place, slot, health, maintained(seen.deal.coverageBps)))
    })
}

pub(super) fn margin_calls(sight: &Sight<'_>) -> Vec<Due> {
    let low = margins(sight).filter(|(_, slot, health, least)| slot.calledAt.is_zero() && health < least);
    let due = low.map(|(place, _, health, _)| {
        let call = Deals::marginCallCall { deal: place.deal.0, slot: place.slot };
        if sight.views.is_stale {
            let why = format!("its health is {} %, but the price is stale", percent(health));
            return Due::wait(Duty::MarginCall, place, why);
        }
        Due::call(Duty::MarginCall, place, sight.at.deals, call)
    });
    due.collect()
}

pub(super) fn cures(sight: &Sight<'_>) -> Vec<Due> {
    let cured = margins(sight).filter(|(_, slot, health, least)| !slot.calledAt.is_zero() && health >= least);
    let due = cured.filter(|_| !sight.views.is_stale).map(|(place, ..)| {
        Due::call(Duty::Cure, place, sight.at.deals, Deals::cureCall { deal: place.deal.0, slot: place.slot })
    });
    due.collect()
}

pub(super) fn closes(sight: &Sight<'_>) -> Vec<Due> {
    let over = sight.places().filter(|(seen, place, slot)| is_over(seen, *place, slot, sight.now));
    let due = over.map(|(_, place, slot)| {
        let what = format!("{place} serving {}", slot.serving);
        Due::call(Duty::Close, what, sight.at.deals, Deals::closeCall { deal: place.deal.0, slot: place.slot })
    });
    due.collect()
}

fn is_over(seen: &Seen, place: Place, slot: &IDeals::Slot, now: u64) -> bool {
    let is_standby = place.slot >= STANDBY;
    let mut slots = seen.places.iter().filter(|(number, _)| *number < STANDBY);
    let is_alone = is_standby && slots.all(|(_, slot)| slot.status == ENDED);
    match slot.status {
        SERVING => {
            let is_dry = Stream::of(&seen.deal, slot)
                .is_some_and(|stream| stream.dries_at() < stream.ends_at() && now >= stream.dries_at() + DRY_TIME);
            is_alone || is_dry || now >= slot.endsAt.to::<u64>()
        }
        EMPTY if is_standby => is_alone,
        // An assigned one is declined first.
        EMPTY => now > slot_expiry(&seen.deal),
        _ => false,
    }
}

/// Until when an empty slot can be filled.
fn slot_expiry(deal: &IDeals::Deal) -> u64 {
    if !deal.stoppedAt.is_zero() {
        return 0;
    }
    let expiry = deal.expiry.to::<u64>();
    match deal.startedAt.to::<u64>() {
        0 => expiry,
        started => expiry.min((started + u64::from(deal.durationDays) * DAY).saturating_sub(1)),
    }
}

/// Locks of slots that ended before their terms; those whose own end has come are released like any other.
pub(super) fn lock_releases(sight: &Sight<'_>) -> Vec<Due> {
    let ended = sight.places_in(ENDED).filter(|(_, _, slot)| sight.now > slot.endsAt.to::<u64>() + DISPUTE);
    let locked = ended.filter(|(_, _, slot)| {
        let lock = sight.book.get(&Key::Lock(LockId(slot.lock)));
        lock.is_some_and(|lock| lock.from > sight.now)
    });
    let due = locked.map(|(_, place, _)| {
        let call = Deals::releaseLockCall { deal: place.deal.0, slot: place.slot };
        Due::call(Duty::ReleaseLock, place, sight.at.deals, call)
    });
    due.collect()
}

pub(super) fn serving_releases(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::HeldBack(served) = key else { return None };
        let (deal, slot) = (served.place.deal.0, served.place.slot);
        let call = Deals::releaseServingCall { deal, slot, serving: served.serving };
        Some(Due::call(Duty::ReleaseServing, served, sight.at.deals, call))
    })
}
