//! What follows from what was seen: a pure decision for each serving.

use alloy::primitives::Address;

use crate::prober::statement::Statement;
use crate::time::DAY;

/// A flag waits this long for the provider's answer.
pub(super) const GRACE: u64 = 600;

pub(super) const BY_PROBERS: u8 = 1;

/// Seconds of a day before the first prober reports that all is well, and between one prober's turn and the next one's.
const TURN: u64 = 300;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flag {
    pub state: u8,
    pub since: u64,
    pub flagged_at: u64,
}

/// A serving that this prober is drawn for, as the chain shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    pub provider: Address,
    pub endpoint: Option<String>,
    /// It runs; otherwise it was taken from a provider that counts as down.
    pub is_current: bool,
    /// Drawn today, not only yesterday.
    pub is_drawn: bool,
    /// Place in the draw.
    pub rank: usize,
    pub flag: Flag,
    /// Zero: its provider counts as up.
    pub down_since: u64,
    pub started_at: u64,
    pub ends_at: u64,
    /// Stablecoin of a day's fee.
    pub fee: u128,
}

impl Sight {
    pub(super) fn past(provider: Address) -> Self {
        Self {
            provider,
            endpoint: None,
            is_current: false,
            is_drawn: false,
            rank: 0,
            flag: Flag::default(),
            down_since: 0,
            started_at: 0,
            ends_at: 0,
            fee: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Show that it is down, or up, by probes from this second on.
    Report {
        is_up: bool,
        from: u64,
    },
    Failover,
}

/// When it is decided, and what of it is paid for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub time: u64,
    /// Seconds until a block takes what is sent now.
    pub gap: u64,
    /// First second of a probe that `Faults` would take as one that was missed.
    pub bound: u64,
    /// A daily report is paid for and was not made.
    pub is_daily: bool,
}

/// What this prober wants, who said `mine`.
pub(super) fn want(sight: &Sight, mine: &[Statement], now: Now) -> Option<Want> {
    let saw = |is_up: bool, from: u64| {
        mine.iter().any(|word| word.is_up == is_up && word.at >= from && word.is_fresh(now.time, now.gap))
    };
    let is_flagged = sight.is_current && sight.flag.state == BY_PROBERS;
    if is_flagged {
        let answered_from = sight.flag.since + 1;
        if saw(true, answered_from) {
            return Some(Want::Report { is_up: true, from: answered_from });
        }
        let is_near = now.time + 2 * now.gap.max(1) > sight.flag.flagged_at + GRACE;
        return is_near.then_some(Want::Failover);
    }
    let down_from = sight.started_at.max(now.bound);
    let is_accusable = sight.is_current && now.time + now.gap + GRACE < sight.ends_at;
    if is_accusable && saw(false, down_from) {
        return Some(Want::Report { is_up: false, from: down_from });
    }
    if sight.down_since > 0 && saw(true, sight.down_since + 1) {
        return Some(Want::Report { is_up: true, from: sight.down_since + 1 });
    }
    // By turns, so that they do not all send it.
    let is_turn = now.time % DAY >= TURN * (1 + sight.rank as u64);
    let is_well = sight.is_current && sight.down_since == 0 && now.is_daily && is_turn;
    (is_well && saw(true, sight.started_at)).then_some(Want::Report { is_up: true, from: sight.started_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DealId;
    use crate::prober::statement::Target;

    const NOON: u64 = 20_000 * DAY + DAY / 2;

    fn said(is_up: bool, at: u64) -> Vec<Statement> {
        let target = Target { deal: DealId(7), slot: 1, serving: 3 };
        vec![Statement { target, is_up, at, prober: Address::ZERO, signature: Default::default() }]
    }

    fn sight() -> Sight {
        let (started_at, ends_at) = (NOON - DAY, NOON + DAY);
        Sight { is_current: true, is_drawn: true, started_at, ends_at, ..Sight::past(Address::ZERO) }
    }

    fn at(time: u64) -> Now {
        Now { time, gap: 60, bound: 0, is_daily: false }
    }

    fn report(is_up: bool, from: u64) -> Option<Want> {
        Some(Want::Report { is_up, from })
    }

    #[test]
    fn a_miss_is_reported_at_once_and_what_is_well_is_not() {
        let started = sight().started_at;
        assert_eq!(want(&sight(), &said(false, NOON), at(NOON)), report(false, started));
        assert_eq!(want(&sight(), &said(true, NOON), at(NOON)), None);
        assert_eq!(want(&sight(), &said(false, NOON - 860), at(NOON)), None, "it is too old when the block comes");
        assert_eq!(want(&sight(), &said(false, NOON), Now { bound: NOON + 1, ..at(NOON) }), None, "shown up since");
        let over = Sight { ends_at: NOON + GRACE + 60, ..sight() };
        assert_eq!(want(&over, &said(false, NOON), at(NOON)), None, "it could not be answered");
        let past = Sight { is_current: false, ..sight() };
        assert_eq!(want(&past, &said(false, NOON), at(NOON)), None);
    }

    #[test]
    fn a_flag_is_answered_or_ends_in_a_failover() {
        let flag = Flag { state: BY_PROBERS, since: NOON - 60, flagged_at: NOON };
        let flagged = Sight { flag, ..sight() };
        assert_eq!(want(&flagged, &said(false, NOON), at(NOON)), None, "it is said already");
        assert_eq!(want(&flagged, &said(true, NOON + 60), at(NOON + 60)), report(true, NOON - 59));
        assert_eq!(want(&flagged, &said(true, NOON - 60), at(NOON + 60)), None, "that was before");
        assert_eq!(want(&flagged, &said(false, NOON + 480), at(NOON + 480)), None, "the grace runs");
        assert_eq!(want(&flagged, &said(false, NOON + 540), at(NOON + 540)), Some(Want::Failover));
        assert_eq!(want(&flagged, &said(true, NOON + 660), at(NOON + 660)), report(true, NOON - 59));
        let by_customer = Sight { flag: Flag { state: 2, since: 0, flagged_at: NOON }, ..sight() };
        assert_eq!(want(&by_customer, &said(false, NOON), at(NOON)), report(false, NOON - DAY), "it is confirmed");
        assert_eq!(want(&by_customer, &said(true, NOON + 700), at(NOON + 700)), None, "that is his wish");
    }

    #[test]
    fn who_counts_as_down_is_shown_up() {
        let down = Sight { down_since: NOON - 900, is_current: false, ..sight() };
        assert_eq!(want(&down, &said(true, NOON), at(NOON)), report(true, NOON - 899));
        assert_eq!(want(&down, &said(false, NOON), at(NOON)), None);
    }

    #[test]
    fn once_a_day_it_is_said_that_all_is_well_by_turns() {
        let daily =
            |rank, time| want(&Sight { rank, ..sight() }, &said(true, time), Now { is_daily: true, ..at(time) });
        let midnight = 20_000 * DAY;
        assert_eq!(daily(0, midnight + 299), None);
        assert_eq!(daily(0, midnight + 300), report(true, NOON - DAY));
        assert_eq!(daily(1, midnight + 300), None);
        assert_eq!(daily(1, midnight + 600), report(true, NOON - DAY));
    }
}
