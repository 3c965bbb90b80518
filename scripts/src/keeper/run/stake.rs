//! Locks, exits, and what was slashed.

use contracts::Staking;

use super::Sight;
use super::book::Key;
use super::duty::{Due, Duty};

pub(super) fn releases(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Lock(lock) = key else { return None };
        let call = Staking::releaseCall { lock: lock.0 };
        Some(Due::call(Duty::Release, format!("lock {lock}"), sight.at.staking, call))
    })
}

pub(super) fn exits(sight: &Sight<'_>) -> Vec<Due> {
    let mut due = sight.book.pick(sight.now, |key, _| {
        let Key::Exits(provider, is_own, _) = key else { return None };
        let is_waiting = sight.views.thawing.contains(&(*provider, *is_own));
        let call = Staking::crystalliseCall { provider: *provider };
        is_waiting.then(|| Due::call(Duty::Crystallise, format!("exits of {provider}"), sight.at.staking, call))
    });
    // One call is for all days of both tranches.
    due.dedup();
    due
}

pub(super) fn quarantines(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Quarantine(quarantine) = *key else { return None };
        let call = Staking::payQuarantineCall { quarantine };
        Some(Due::call(Duty::PayQuarantine, format!("quarantine {quarantine}"), sight.at.staking, call))
    })
}

pub(super) fn burns(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Burn(day) = *key else { return None };
        let call = Staking::burnSlashedCall { day };
        Some(Due::call(Duty::BurnSlashed, format!("day {day}"), sight.at.staking, call))
    })
}

pub(super) fn orphans(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Orphan(provider) = *key else { return None };
        let call = Staking::sweepOrphanCall { provider };
        let is_unlocked = sight.views.unlocked.contains(&provider);
        is_unlocked.then(|| Due::call(Duty::SweepOrphan, format!("orphans of {provider}"), sight.at.staking, call))
    })
}
