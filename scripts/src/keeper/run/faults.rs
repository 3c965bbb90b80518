//! Failures: taking slots, recording time served, proposing and executing what they cost.

use alloy::primitives::U256;
use contracts::Faults;

use super::Sight;
use super::book::{Key, Served};
use super::duty::{Due, Duty};
use crate::time::DAY;

const DOWNTIME: u8 = 1;
const ABANDONMENT: u8 = 2;
const ABANDONED_AFTER: u64 = DAY;
const PROPOSAL_TIME: u64 = 12 * 3_600;

pub(super) fn failovers(sight: &Sight<'_>) -> Vec<Due> {
    let due = sight.views.flagged.iter().map(|served| {
        let call = Faults::failoverCall { deal: served.place.deal.0, slot: served.place.slot };
        Due::call(Duty::Failover, served, sight.at.faults, call)
    });
    due.collect()
}

pub(super) fn executions(sight: &Sight<'_>) -> Vec<Due> {
    sight.book.pick(sight.now, |key, _| {
        let Key::Fault(fault) = *key else { return None };
        let call = Faults::executeCall { fault };
        Some(Due::call(Duty::ExecuteFault, format!("fault {fault}"), sight.at.faults, call))
    })
}

pub(super) fn proposals(sight: &Sight<'_>) -> Vec<Due> {
    sight.views.failures.keys().flat_map(|served| proposals_of(sight, *served)).collect()
}

fn proposals_of(sight: &Sight<'_>, served: Served) -> Vec<Due> {
    let (failure, down_since) = &sight.views.failures[&served];
    let (since, failed_at) = (failure.since.to::<u64>(), failure.failedAt.to::<u64>());
    let is_in_time = |opens_at: u64| opens_at <= sight.now && sight.now <= opens_at + PROPOSAL_TIME;
    let is_gone = *down_since != 0 && *down_since <= since && !failure.hasNotice && !failure.isShown;
    let shown = [
        (DOWNTIME, "downtime", failure.excess != 0 && is_in_time(failed_at)),
        (ABANDONMENT, "abandonment", is_gone && is_in_time(failed_at + ABANDONED_AFTER)),
    ];
    let open = shown.into_iter().filter(|(kind, _, is_shown)| *is_shown && failure.proposed & kind == 0);
    let due = open.map(|(kind, name, _)| {
        let what = format!("{name} of {served}");
        if failure.eligible < sight.views.eligible_min {
            let why = format!("only {} probers could be drawn that day", failure.eligible);
            return Due::wait(Duty::ProposeFault, what, why);
        }
        let (deal, slot) = (served.place.deal.0, served.place.slot);
        let call = Faults::proposeFaultCall { deal, slot, serving: served.serving, kind };
        Due::call(Duty::ProposeFault, what, sight.at.faults, call)
    });
    due.collect()
}

/// Time served counts in two steps: noted when its fee was credited, counted when the fee is sold.
pub(super) fn records(sight: &Sight<'_>) -> Vec<Due> {
    let ready = sight.views.notes.iter().filter(|(_, noted)| {
        let news = noted.credited.saturating_sub(noted.note.credited);
        let is_sold = sight.views.sold >= U256::from(noted.note.upTo);
        match noted.note.waiting.is_zero() {
            true => news > 0 && (noted.is_over || news >= noted.day_price),
            false => is_sold,
        }
    });
    let due = ready.map(|(served, _)| {
        let (deal, slot) = (served.place.deal.0, served.place.slot);
        let call = Faults::recordServedCall { deal, slot, serving: served.serving };
        Due::call(Duty::RecordServed, served, sight.at.faults, call)
    });
    due.collect()
}
