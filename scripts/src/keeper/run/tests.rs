//! When duties are due, and how they are done.

use alloy::primitives::Address;
use alloy::primitives::aliases::{U40, U96};
use contracts::deals::IDeals;
use contracts::faults::IFaults;

use super::book::{Book, Place, Served};
use super::duty::{Due, Duty, Step, due};
use super::example::{DAY_PRICE, NOW, contracts, deal, seen, serving, sight};
use super::views::Noted;
use crate::census::{ASSIGNED, EMPTY, ENDED, Seen};
use crate::customer::STANDBY;
use crate::ids::DealId;
use crate::time::DAY;

/// Duties that are due of a deal at a time, and whether they can be done.
fn due_at(seen: &Seen, now: u64) -> Vec<(Duty, bool)> {
    let (at, book) = (contracts(), Book::default());
    due(&sight(&at, &book, seen, now), |_| true).iter().map(|due| (due.duty, due.is_call())).collect()
}

fn one(slot: IDeals::Slot) -> Seen {
    seen(deal(), vec![(0, slot)])
}

#[test]
fn a_term_is_renewed_in_its_last_day_when_it_is_paid_for() {
    let mut slot = serving();
    assert_eq!(due_at(&one(slot.clone()), NOW + 6 * DAY - 1), []);
    assert_eq!(due_at(&one(slot.clone()), NOW + 6 * DAY), [(Duty::Renew, true)]);
    assert_eq!(due_at(&one(slot.clone()), NOW + 7 * DAY), [(Duty::Close, true)], "it is too late");
    slot.escrow -= 1_000;
    assert_eq!(due_at(&one(slot.clone()), NOW + 6 * DAY), [(Duty::Renew, false)]);
    slot.escrow += 1_000;
    slot.isFinal = true;
    assert_eq!(due_at(&one(slot.clone()), NOW + 6 * DAY), []);
    let stopped = IDeals::Deal { stoppedAt: U40::from(NOW), ..deal() };
    assert_eq!(due_at(&seen(stopped, vec![(0, serving())]), NOW + 6 * DAY), []);
    let last = IDeals::Deal { durationDays: 7, ..deal() };
    assert_eq!(due_at(&seen(last, vec![(0, serving())]), NOW + 6 * DAY), []);
    slot = IDeals::Slot { endsAt: U40::from(NOW + DAY), ..serving() };
    assert_eq!(due_at(&one(slot), NOW + DAY / 2), [], "its customer's flag stopped it");
}

#[test]
fn the_reason_says_what_is_missing() {
    let (at, book) = (contracts(), Book::default());
    let seen = one(IDeals::Slot { escrow: 13 * DAY_PRICE, ..serving() });
    let due = due(&sight(&at, &book, &seen, NOW + 6 * DAY), |duty| duty == Duty::Renew);
    let [Due { step: Step::Wait { why }, .. }] = due.as_slice() else { panic!("{due:?}") };
    assert!(why.ends_with("86.4 are missing"), "{why}");
}

#[test]
fn a_silent_provider_is_declined_and_nobody_else() {
    let mut slot = IDeals::Slot { status: ASSIGNED, assignedAt: U40::from(NOW), startedAt: U40::ZERO, ..serving() };
    slot.endsAt = U40::ZERO;
    assert_eq!(due_at(&one(slot.clone()), NOW + 1_800), []);
    assert_eq!(due_at(&one(slot), NOW + 1_801), [(Duty::Decline, true)]);
}

#[test]
fn what_ran_dry_is_closed_after_an_hour() {
    let slot = IDeals::Slot { escrow: 2 * DAY_PRICE, ..serving() };
    assert_eq!(due_at(&one(slot.clone()), NOW + 2 * DAY + 3_599), []);
    assert_eq!(due_at(&one(slot), NOW + 2 * DAY + 3_600), [(Duty::Close, true)]);
}

#[test]
fn an_empty_slot_is_closed_when_nobody_can_fill_it() {
    let empty = IDeals::Slot { status: EMPTY, startedAt: U40::ZERO, endsAt: U40::ZERO, ..serving() };
    assert_eq!(due_at(&one(empty.clone()), NOW + DAY), []);
    assert_eq!(due_at(&one(empty.clone()), NOW + DAY + 1), [(Duty::Close, true)]);
    // A standby waits as long as there is a slot to stand by for.
    let ended = IDeals::Slot { status: ENDED, lock: 0, ..serving() };
    let is_alone = seen(deal(), vec![(0, ended), (STANDBY, empty.clone())]);
    assert_eq!(due_at(&is_alone, NOW + 2 * DAY), [(Duty::Close, true)]);
    assert_eq!(due_at(&seen(deal(), vec![(0, serving()), (STANDBY, empty)]), NOW + 2 * DAY), []);
}

#[test]
fn slots_are_settled_in_batches_once_there_is_enough() {
    let (at, book) = (contracts(), Book::default());
    let places = (0..16).map(|slot| (slot, serving())).collect();
    let seen: Vec<Seen> = (1..=3).map(|id| Seen { id: DealId(id), ..seen(deal(), Vec::clone(&places)) }).collect();
    let mut sight = sight(&at, &book, &seen[0], NOW + 3 * DAY + 8_640);
    sight.deals = seen.iter().collect();
    // A tenth of a day's price is 8.64, which is under 10.
    assert_eq!(super::money::creditable(&sight).count(), 0);
    sight.now = NOW + 3 * DAY + 10_000;
    assert_eq!(super::money::creditable(&sight).count(), 48);
    sight.rules.settle_above = u128::MAX;
    assert_eq!(super::money::creditable(&sight).count(), 0);
    sight.now = NOW + 4 * DAY;
    let places: Vec<Place> = super::money::creditable(&sight).collect();
    assert_eq!(places.len(), 48, "a day is enough");
    sight.views.creditable = places.into_iter().map(|place| (place, DAY_PRICE)).collect();
    let settlements = due(&sight, |duty| duty == Duty::Settle);
    assert_eq!(settlements.len(), 2, "forty and eight");
    assert!(settlements[1].what.ends_with("3/14 3/15"), "{}", settlements[1].what);
}

#[test]
fn margin_is_called_and_cured_at_two_thirds_of_the_coverage() {
    let (at, book) = (contracts(), Book::default());
    let duties = |health: u64, called_at: u64, is_stale: bool| {
        let seen = one(IDeals::Slot { calledAt: U40::from(called_at), ..serving() });
        let mut sight = sight(&at, &book, &seen, NOW + DAY);
        sight.views.health.insert(Place { deal: seen.id, slot: 0 }, health);
        sight.views.is_stale = is_stale;
        due(&sight, |_| true).iter().map(|due| (due.duty, due.is_call())).collect::<Vec<_>>()
    };
    assert_eq!(duties(20_000, 0, false), []);
    assert_eq!(duties(19_999, 0, false), [(Duty::MarginCall, true)]);
    assert_eq!(duties(19_999, 0, true), [(Duty::MarginCall, false)]);
    assert_eq!(duties(19_999, NOW, false), []);
    assert_eq!(duties(20_000, NOW, false), [(Duty::Cure, true)]);
}

#[test]
fn a_failure_is_proposed_in_time_and_once() {
    let (at, book, seen) = (contracts(), Book::default(), one(IDeals::Slot { price: U96::ZERO, ..serving() }));
    let served = Served { place: Place { deal: seen.id, slot: 0 }, serving: 1 };
    let proposals = |now: u64, change: &dyn Fn(&mut IFaults::Failure, &mut u64)| {
        let (mut failure, mut down_since) = (failure(), NOW);
        change(&mut failure, &mut down_since);
        let mut sight = sight(&at, &book, &seen, now);
        sight.views.eligible_min = 9;
        sight.views.failures.insert(served, (failure, down_since));
        due(&sight, |duty| duty == Duty::ProposeFault)
            .iter()
            .map(|due| (due.what.clone(), due.is_call()))
            .collect::<Vec<_>>()
    };
    let none: Vec<(String, bool)> = Vec::new();
    let downtime = vec![("downtime of 7/0 serving 1".to_owned(), true)];
    let abandonment = vec![("abandonment of 7/0 serving 1".to_owned(), true)];
    assert_eq!(proposals(NOW + 600, &|_, _| ()), downtime);
    assert_eq!(proposals(NOW + 600, &|failure, _| failure.excess = 0), none);
    assert_eq!(proposals(NOW + 600, &|failure, _| failure.proposed = 1), none);
    assert!(!proposals(NOW + 600, &|failure, _| failure.eligible = 8)[0].1, "too few probers");
    assert_eq!(proposals(NOW + 13 * 3_600, &|_, _| ()), none, "too late");
    assert_eq!(proposals(NOW + 600 + DAY, &|_, _| ()), abandonment);
    assert_eq!(proposals(NOW + 600 + DAY, &|_, down_since| *down_since = 0), none, "it was shown up");
    assert_eq!(proposals(NOW + 600 + DAY, &|failure, _| failure.isShown = true), none);
    assert_eq!(proposals(NOW + 600 + DAY, &|failure, _| failure.hasNotice = true), none);
}

fn failure() -> IFaults::Failure {
    IFaults::Failure {
        since: U40::from(NOW),
        failedAt: U40::from(NOW + 600),
        excess: 1,
        eligible: 9,
        signers: 0b1111,
        hasNotice: false,
        isShown: false,
        proposed: 0,
    }
}

#[test]
fn time_served_is_noted_by_the_day_and_counted_when_its_fee_is_sold() {
    let (at, book, seen) = (contracts(), Book::default(), one(serving()));
    let served = Served { place: Place { deal: seen.id, slot: 0 }, serving: 1 };
    let is_due = |credited: u128, noted: u128, waiting: u64, sold: u64, is_over: bool| {
        let mut sight = sight(&at, &book, &seen, NOW + DAY);
        let note = IFaults::Note { credited: noted, waiting: U40::from(waiting), upTo: 100 };
        sight.views.notes.insert(served, Noted { note, credited, day_price: DAY_PRICE, is_over });
        sight.views.sold = alloy::primitives::U256::from(sold);
        due(&sight, |duty| duty == Duty::RecordServed).len() == 1
    };
    assert!(is_due(DAY_PRICE, 0, 0, 0, false) && !is_due(DAY_PRICE - 1, 0, 0, 0, false));
    assert!(is_due(1, 0, 0, 0, true) && !is_due(1, 1, 0, 0, true));
    assert!(is_due(1, 1, 9, 100, false) && !is_due(9 * DAY_PRICE, 1, 9, 99, false));
}

#[test]
fn an_old_observation_is_renewed_before_anything_is_priced_by_it() {
    let (at, book, seen) = (contracts(), Book::default(), one(serving()));
    let mut sight = sight(&at, &book, &seen, NOW + 6 * DAY);
    sight.views.observed_at = sight.now - 1_799;
    assert!(due(&sight, |duty| duty == Duty::Observe).is_empty());
    sight.views.observed_at = sight.now - 1_800;
    let duties: Vec<Duty> = due(&sight, |_| true).iter().map(|due| due.duty).collect();
    assert_eq!(duties, [Duty::Observe, Duty::Renew]);
}

#[test]
fn every_call_goes_to_a_contract_of_the_deployment() {
    let (at, book, seen) = (contracts(), Book::default(), one(serving()));
    let mut sight = sight(&at, &book, &seen, NOW + 6 * DAY);
    sight.views.has_fees = true;
    sight.views.stakers.insert(Address::repeat_byte(2));
    sight.views.stakers_rewards.insert(Address::repeat_byte(2));
    sight.views.unrecorded.insert(Place { deal: seen.id, slot: 0 });
    sight.views.sold_fees.insert(Place { deal: seen.id, slot: 0 });
    let targets = due(&sight, |_| true).into_iter().map(|due| match due.step {
        Step::Call { to, .. } => (due.duty, at.name_of(to)),
        Step::Wait { why } => (due.duty, why),
    });
    let targets: Vec<(Duty, String)> = targets.collect();
    let expected = [
        (Duty::Renew, "Deals"),
        (Duty::Settle, "Deals"),
        (Duty::PayStakers, "Deals"),
        (Duty::PayRewards, "Rewards"),
        (Duty::CollectFees, "FeeBurn"),
        (Duty::RecordFee, "Rewards"),
        (Duty::RewardFee, "Rewards"),
    ];
    let expected = expected.map(|(duty, name)| (duty, name.to_owned()));
    let settled = targets.iter().filter(|(duty, _)| *duty != Duty::Settle);
    let wanted = expected.iter().filter(|(duty, _)| *duty != Duty::Settle);
    assert!(settled.eq(wanted), "{targets:?}");
}

#[test]
fn a_keeper_can_run_beside_others_in_one_program() {
    fn is_send<T: Send>(_: impl Fn(super::Keeper) -> T) {}
    is_send(|keeper| keeper.run(None, std::future::pending()));
}
