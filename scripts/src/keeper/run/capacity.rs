//! Turns of windows, days and epochs.

use contracts::i_capacity::ICapacity;
use contracts::{Capacity, Probers, Rewards};

use super::Sight;
use super::book::{COURTESY, Key};
use super::duty::{Due, Duty};
use crate::capacity::clock::{DRAW_RESERVE, epoch_at, final_at, window_at};
use crate::census::SERVING;
use crate::ids::CommitmentId;
use crate::time::{DAY, timestamp};

/// A claim can be drawn from the fifth block after its commit on.
const DRAW_DELAY: u64 = 5;
/// A prover draws its own claims; they are drawn for it when so much of the time is over: one part in so many.
const PATIENCE_DIVISOR: u64 = 2;

pub(super) fn window(sight: &Sight<'_>) -> Vec<Due> {
    let (window, epoch) = (window_at(sight.now), epoch_at(sight.now));
    let is_live = |commitment: &ICapacity::Commitment| {
        commitment.firstEpoch <= epoch && epoch < commitment.endEpoch && !commitment.isConvicted
    };
    let is_needed = !sight.views.is_window_open && sight.views.commitments.values().any(is_live);
    let what = format!("window {window}");
    let open = || Due::call(Duty::OpenWindow, what, sight.at.capacity, Capacity::openWindowCall {});
    is_needed.then(open).into_iter().collect()
}

/// A day without probers or without slots needs no draw.
pub(super) fn day(sight: &Sight<'_>) -> Vec<Due> {
    let is_needed = !sight.views.is_day_open && has_probers(sight) && sight.places_in(SERVING).next().is_some();
    let what = format!("day {}", sight.now / DAY);
    let open = || Due::call(Duty::OpenDay, what, sight.at.probers, Probers::openDayCall {});
    is_needed.then(open).into_iter().collect()
}

fn has_probers(sight: &Sight<'_>) -> bool {
    sight.book.all().any(|(key, _)| matches!(key, Key::Prober(_)))
}

pub(super) fn draws(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, open| {
        let Key::Claim(commitment, window) = *key else { return None };
        let claim = open.claim.as_ref()?;
        let age = sight.block.saturating_sub(claim.block);
        let is_late = age >= sight.draw_limit / PATIENCE_DIVISOR || sight.now + DRAW_RESERVE >= open.until;
        let is_convicted = sight.views.commitments.get(&commitment).is_some_and(|commitment| commitment.isConvicted);
        if age < DRAW_DELAY || age >= sight.draw_limit || !is_late || is_convicted {
            return None;
        }
        let what = format!("window {window} of commitment {commitment}");
        let call = ICapacity::drawCall { commitment: commitment.0, claim: claim.claim() };
        Some(Due::call(Duty::Draw, what, sight.at.capacity, call))
    })
}

/// The next epoch of a commitment, when it is final and its prover had its hour.
pub(super) fn is_creditable(commitment: &ICapacity::Commitment, now: u64) -> bool {
    let is_open = !commitment.isConvicted && commitment.nextEpoch < commitment.endEpoch;
    is_open && final_at(commitment.nextEpoch) + COURTESY <= now
}

pub(super) fn credits(sight: &Sight<'_>) -> Vec<Due> {
    let creditable = sight.views.commitments.iter().filter(|(_, commitment)| is_creditable(commitment, sight.now));
    let due = creditable.map(|(id, commitment)| {
        let epoch = commitment.nextEpoch;
        let what = format!("{} of commitment {id}", timestamp(u64::from(epoch) * DAY));
        match commitment.openChallenges {
            0 => {
                let call = Capacity::creditCall { commitment: id.0, epoch };
                Due::call(Duty::Credit, what, sight.at.capacity, call)
            }
            open => Due::wait(Duty::Credit, what, format!("{open} audits or demands are open")),
        }
    });
    due.collect()
}

pub(super) fn rewards(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Reward(commitment) = key else { return None };
        // Crediting the next epoch pays it on the way.
        let is_credited_next = |id: &CommitmentId| {
            sight.views.commitments.get(id).is_some_and(|commitment| commitment.nextEpoch < commitment.endEpoch)
        };
        if is_credited_next(commitment) {
            return None;
        }
        let call = Capacity::releaseCall { commitment: commitment.0 };
        Some(Due::call(Duty::Reward, format!("commitment {commitment}"), sight.at.capacity, call))
    })
}

pub(super) fn adjustments(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Adjustment(class, epoch) = *key else { return None };
        let what = format!("pool of class {class} after {}", timestamp(u64::from(epoch) * DAY));
        if sight.views.is_stale {
            return Some(Due::wait(Duty::Adjust, what, "the price is stale"));
        }
        Some(Due::call(Duty::Adjust, what, sight.at.rewards, Rewards::adjustCall { class }))
    })
}

pub(super) fn sweeps(sight: &Sight<'_>) -> Vec<Due> {
    let due = sight.views.unspent.iter().map(|&(class, epoch)| {
        let what = format!("class {class} of {}", timestamp(u64::from(epoch) * DAY));
        Due::call(Duty::SweepPool, what, sight.at.rewards, Rewards::sweepCall { class, epoch })
    });
    due.collect()
}
