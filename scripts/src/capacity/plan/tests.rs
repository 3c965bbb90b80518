//! Plans for chains as they can be.

use super::*;
use crate::capacity::clock::{CHALLENGES, DRAWS, EPOCH, WINDOW};
use crate::capacity::puzzle::Bitmap;

const FIRST: u32 = 20_000;
const SEED: B256 = B256::repeat_byte(1);
const SETTINGS: Settings = Settings { commit_before: 480, draw_patience: 128, draw_limit: 256, renew_days: None };

/// Two units for two epochs, `hours` and `seconds` after the first began; the windows so far were opened.
fn sight(hours: u64, seconds: u64) -> Sight {
    let time = u64::from(FIRST) * EPOCH + hours * WINDOW + seconds;
    let running = Seen { seed: SEED, target: U256::MAX, ..Seen::default() };
    Sight {
        number: 1_000,
        time,
        units: 2,
        first_epoch: FIRST,
        end_epoch: FIRST + 2,
        next_epoch: FIRST,
        open_challenges: 0,
        is_convicted: false,
        windows: [(window_at(time) - 1, running), (window_at(time), running)].into(),
        opened: u32::try_from(hours % 24).expect("it is small") + 1,
        drawn: 0,
        excused: 0,
        pending: 0,
        due_at: 0,
        demands: Vec::new(),
    }
}

fn sealed(window: u32, block: Option<u64>) -> Holding {
    let bitmap = Bitmap::new(2, 0..5);
    let sealed = Sealed { window, seed: SEED, root: B256::repeat_byte(2), bitmap, block };
    Holding { seed: SEED, found: 5, sealed: Some(sealed) }
}

fn unsealed(found: u32) -> Holding {
    Holding { seed: SEED, found, sealed: None }
}

/// The chain knows this claim.
fn seen(holding: &Holding, status: u8) -> Seen {
    let claim = holding.sealed.as_ref().and_then(Sealed::claim);
    Seen { seed: SEED, status, digest: claim.as_ref().map(digest).unwrap_or_default(), ..Seen::default() }
}

fn solve(window: u32, wanted: u32) -> Step {
    Step::Solve { window, seed: SEED, target: U256::MAX, wanted }
}

fn after(sight: &Sight, held: impl IntoIterator<Item = (u32, Holding)>) -> Vec<Step> {
    plan(sight, &held.into_iter().collect(), &SETTINGS)
}

const W: u32 = FIRST * 24 + 5;

#[test]
fn a_window_is_opened_solved_and_committed() {
    let mut now = sight(5, 10);
    now.windows.clear();
    assert_eq!(after(&now, []), [Step::Open { window: W }]);
    assert_eq!(after(&sight(5, 10), []), [solve(W, 16)]);
    assert_eq!(after(&sight(5, 10), [(W, unsealed(3))]), [solve(W, 16)]);
    let due = sight(6, 120);
    let steps = after(&due, [(W, unsealed(3))]);
    assert_eq!(steps, [solve(W + 1, 16), Step::Commit { window: W, draws: vec![] }]);
    assert_eq!(after(&sight(6, 119), [(W, unsealed(3))]), [solve(W + 1, 16)]);
    // Full: there is nothing to wait for.
    assert_eq!(after(&sight(5, 10), [(W, unsealed(16))]), [Step::Rest, Step::Commit { window: W, draws: vec![] }]);
    let late = after(&sight(6, 601), [(W, unsealed(3))]);
    assert_eq!(late, [Step::Forget { window: W, is_lost: true }, solve(W + 1, 16)]);
    assert_eq!(after(&due, [(W, unsealed(0))]), [solve(W + 1, 16)]);
}

#[test]
fn nobody_works_before_the_first_or_after_the_last_epoch() {
    let mut early = sight(5, 10);
    (early.first_epoch, early.next_epoch, early.end_epoch) = (FIRST + 1, FIRST + 1, FIRST + 2);
    assert_eq!(after(&early, []), [Step::Rest]);
    let mut over = sight(48, 10);
    over.next_epoch = FIRST + 2;
    over.pending = 1;
    over.due_at = over.time + 1;
    assert_eq!(after(&over, []), [Step::Rest]);
    over.due_at = over.time;
    assert_eq!(after(&over, []), [Step::Rest, Step::Release]);
    over.pending = 0;
    assert_eq!(after(&over, []), [Step::Rest, Step::Finish]);
    // While leaves can be asked for it stays.
    let held = sealed(W, Some(990));
    over.windows.insert(W, seen(&held, DRAWN));
    assert_eq!(after(&over, [(W, held)]), [Step::Rest]);
}

#[test]
fn solving_stops_at_the_full_credit_of_the_epoch() {
    // Two units need 183 puzzles of 24 windows; 178 are there.
    let earlier: Vec<_> = (0..11).map(|hour| (FIRST * 24 + hour, unsealed(16))).collect();
    let mut now = sight(12, 0);
    for (window, holding) in &earlier {
        now.windows.insert(*window, Seen { status: DRAWN, ..seen(holding, DRAWN) });
    }
    now.opened = 13;
    let held =
        |found| earlier.iter().cloned().chain([(FIRST * 24 + 11, unsealed(2)), (FIRST * 24 + 12, unsealed(found))]);
    let solving = |steps: &[Step]| steps.iter().any(|step| *step == solve(FIRST * 24 + 12, 5));
    assert!(solving(&after(&now, held(4))));
    assert!(after(&now, held(5)).contains(&Step::Rest));
    // Half of the time is excused, so it is enough long since.
    now.excused = puzzle::MILLION;
    assert!(after(&now, held(0)).contains(&Step::Rest));
}

#[test]
fn a_changed_seed_drops_the_work() {
    let mut now = sight(5, 10);
    let other = B256::repeat_byte(9);
    now.windows.get_mut(&W).expect("it runs").seed = other;
    assert_eq!(after(&now, [(W, unsealed(3))]), [Step::Drop { window: W }]);
    assert_eq!(after(&now, [(W, sealed(W, Some(990)))]), [Step::Drop { window: W }]);
    // A reorganisation took the opening itself: the work may still be good.
    now.windows.clear();
    for held in [unsealed(3), unsealed(16), sealed(W, Some(990))] {
        assert_eq!(after(&now, [(W, held)]), [Step::Open { window: W }]);
    }
}

#[test]
fn a_commit_that_vanished_is_sent_again_while_there_is_time() {
    let steps = after(&sight(6, 300), [(W, sealed(W, Some(990)))]);
    assert_eq!(steps, [solve(W + 1, 16), Step::Commit { window: W, draws: vec![] }]);
    let steps = after(&sight(6, 601), [(W, sealed(W, Some(990)))]);
    assert_eq!(steps, [Step::Forget { window: W, is_lost: true }, solve(W + 1, 16)]);
}

#[test]
fn a_commit_in_another_block_or_of_unknown_content_is_located() {
    let mut now = sight(6, 300);
    now.windows.insert(W, seen(&sealed(W, Some(991)), COMMITTED));
    for held in [sealed(W, Some(990)), sealed(W, None), unsealed(3)] {
        assert_eq!(after(&now, [(W, held)]), [Step::Locate { window: W }, solve(W + 1, 16)]);
    }
}

#[test]
fn draws_wait_for_the_next_commit_unless_they_are_urgent() {
    let (old, older) = (sealed(W, Some(990)), sealed(W - 1, Some(980)));
    let mut now = sight(6, 300);
    now.windows.insert(W, seen(&old, COMMITTED));
    now.windows.insert(W - 1, seen(&older, COMMITTED));
    let both = [(W, old.clone()), (W - 1, older)];
    assert_eq!(after(&now, both.clone()), [solve(W + 1, 16)]);
    // The next commit takes them along.
    now.time += WINDOW;
    now.windows.insert(W + 2, Seen { seed: SEED, target: U256::MAX, ..Seen::default() });
    let held = both.clone().into_iter().chain([(W + 1, unsealed(1))]);
    let commit = Step::Commit { window: W + 1, draws: vec![W - 1, W] };
    assert_eq!(after(&now, held), [solve(W + 2, 16), commit]);
    // Four blocks are too young, 257 too old, and 128 are patience enough.
    for (age, is_drawn) in [(4, false), (5, false), (127, false), (128, true), (256, true), (257, false)] {
        now.number = 990 + age;
        let step = Step::Draw { windows: vec![W] };
        assert_eq!(after(&now, [(W, old.clone())]).contains(&step), is_drawn, "{age}");
    }
    // The deadline of the epoch's draws is near, or past.
    now.number = 1_000;
    for (time, is_drawn) in [(-WINDOW.cast_signed(), false), (1 - WINDOW.cast_signed(), true), (-1, true), (0, false)] {
        now.time = (u64::from(FIRST + 1) * EPOCH + DRAWS).checked_add_signed(time).expect("it is late");
        let steps = after(&now, [(W, old.clone())]);
        assert_eq!(steps.contains(&Step::Draw { windows: vec![W] }), is_drawn, "{time}");
    }
}

#[test]
fn audits_and_demands_are_answered_however_late() {
    let held = sealed(W, Some(990));
    let mut now = sight(7, 0);
    now.windows.insert(W, Seen { rank: 3, deadline: now.time, ..seen(&held, AUDITED) });
    now.demands = vec![(W, 2), (W - 9, 1)];
    let window = window_at(now.time);
    let answer = Step::Answer { window: W, rank: 3 };
    let deliver = Step::Deliver { window: W, position: 2 };
    assert_eq!(after(&now, [(W, held.clone())]), [solve(window, 16), answer.clone(), deliver.clone()]);
    // After a halt of the chain, or of this program: nobody has convicted it yet.
    now.time += 1;
    assert_eq!(after(&now, [(W, held.clone())]), [solve(window, 16), answer, deliver]);
    now.demands.clear();
    now.windows.insert(W, seen(&held, ANSWERED));
    assert_eq!(after(&now, [(W, held)]), [solve(window, 16)]);
}

#[test]
fn epochs_are_credited_when_final_and_the_term_renewed_in_its_last() {
    let mut now = sight(27, 0);
    let solving = solve(window_at(now.time), 16);
    assert_eq!(after(&now, []), std::slice::from_ref(&solving));
    now.time += 1;
    assert_eq!(after(&now, []), [solving.clone(), Step::Credit { epoch: FIRST }]);
    now.open_challenges = 1;
    assert_eq!(after(&now, []), std::slice::from_ref(&solving));
    let settings = Settings { renew_days: Some(3), ..SETTINGS };
    assert_eq!(plan(&now, &BTreeMap::new(), &settings), [solving, Step::Renew { days: 3 }]);
    assert_eq!(plan(&sight(23, 0), &BTreeMap::new(), &settings).len(), 1);
}

#[test]
fn a_convicted_commitment_is_left() {
    let mut now = sight(6, 300);
    now.is_convicted = true;
    assert_eq!(after(&now, [(W, unsealed(16))]), [Step::Rest, Step::Finish]);
}

#[test]
fn leaves_are_kept_until_nobody_can_ask_for_them() {
    let held = sealed(W, Some(990));
    let mut now = sight(6, 0);
    now.windows.insert(W, seen(&held, DRAWN));
    now.time = u64::from(FIRST + 1) * EPOCH + CHALLENGES + ANSWERS + KEEP;
    let forget = Step::Forget { window: W, is_lost: false };
    assert!(!after(&now, [(W, held.clone())]).contains(&forget));
    now.time += 1;
    assert!(after(&now, [(W, held)]).contains(&forget));
}
