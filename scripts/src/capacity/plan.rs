//! What a prover does next, given what the chain says and what it holds. Nothing here asks or acts.

use std::collections::BTreeMap;

use alloy::primitives::{B256, FixedBytes, U256};

use super::clock::{
    ANSWERS, DRAW_RESERVE, challenge_end, commit_deadline, epoch_at, epoch_of, final_at, window_at, windows_after,
};
use super::puzzle::{self, DRAW_AFTER, digest, positions};
use super::state::{Holding, Sealed};
use crate::time::DAY;

/// Status of a claim, as `claimOf` answers it.
pub const NOTHING: u8 = 0;
pub const COMMITTED: u8 = 1;
pub const DRAWN: u8 = 2;
pub const AUDITED: u8 = 3;
pub const ANSWERED: u8 = 4;

/// Leaves are kept this much longer than they can be asked for.
const KEEP: u64 = 3_600;

/// What the chain says at one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub number: u64,
    pub time: u64,
    pub units: u16,
    pub first_epoch: u32,
    pub end_epoch: u32,
    pub next_epoch: u32,
    pub open_challenges: u16,
    pub is_convicted: bool,
    /// The running window, and those that are held.
    pub windows: BTreeMap<u32, Seen>,
    /// Of the running epoch: windows that were opened, what was drawn, what was excused.
    pub opened: u32,
    pub drawn: u32,
    pub excused: u64,
    /// Rewards that wait, and until when; zero: none.
    pub pending: u128,
    pub due_at: u64,
    /// Windows and positions of leaves that somebody demands.
    pub demands: Vec<(u32, u32)>,
}

/// What the chain says of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Zero: nobody opened it.
    pub seed: B256,
    pub target: U256,
    pub status: u8,
    pub digest: FixedBytes<31>,
    /// Of an audit.
    pub rank: u32,
    pub deadline: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Seconds before its deadline that a window is committed.
    pub commit_before: u64,
    /// Blocks that a draw may wait for the next commit.
    pub draw_patience: u64,
    /// Blocks after which the chain has forgotten the hash that a draw needs.
    pub draw_limit: u64,
    /// Renews by so many days in the last epoch.
    pub renew_days: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The seed of a window changed: what was done for the old one is worth nothing.
    Drop {
        window: u32,
    },
    /// Its challenge period is over, or it can no longer be committed.
    Forget {
        window: u32,
        is_lost: bool,
    },
    /// The chain has a commit whose block or content we do not know.
    Locate {
        window: u32,
    },
    Open {
        window: u32,
    },
    /// At most `wanted` leaves of a window are worth having.
    Solve {
        window: u32,
        seed: B256,
        target: U256,
        wanted: u32,
    },
    Rest,
    /// The draws go into the same transaction.
    Commit {
        window: u32,
        draws: Vec<u32>,
    },
    Draw {
        windows: Vec<u32>,
    },
    Answer {
        window: u32,
        rank: u32,
    },
    Deliver {
        window: u32,
        position: u32,
    },
    Renew {
        days: u8,
    },
    Credit {
        epoch: u32,
    },
    Release,
    /// Nothing is left to be done for this commitment.
    Finish,
}

/// What to do, in this order.
pub fn plan(sight: &Sight, held: &BTreeMap<u32, Holding>, settings: &Settings) -> Vec<Step> {
    if sight.is_convicted {
        return vec![Step::Rest, Step::Finish];
    }
    let Plan { mut steps, commit, draws, is_urgent } = Plan::of_windows(sight, held, settings);
    steps.extend(running(sight, held));
    match commit {
        Some(window) => steps.push(Step::Commit { window, draws }),
        None if is_urgent => steps.push(Step::Draw { windows: draws }),
        None => {}
    }
    let audits = sight.windows.iter().filter(|(window, seen)| seen.status == AUDITED && is_claimed(held, **window));
    // Also after its deadline: an answer counts until somebody convicts.
    steps.extend(audits.map(|(window, seen)| Step::Answer { window: *window, rank: seen.rank }));
    let demands = sight.demands.iter().filter(|(window, _)| is_claimed(held, *window));
    steps.extend(demands.map(|&(window, position)| Step::Deliver { window, position }));
    steps.extend(commitment(sight, held, settings));
    steps
}

fn is_claimed(held: &BTreeMap<u32, Holding>, window: u32) -> bool {
    let sealed = held.get(&window).and_then(|holding| holding.sealed.as_ref());
    sealed.is_some_and(|sealed| sealed.block.is_some())
}

/// Windows that are held, one after the other.
#[derive(Default)]
struct Plan {
    steps: Vec<Step>,
    commit: Option<u32>,
    draws: Vec<u32>,
    is_urgent: bool,
}

impl Plan {
    fn of_windows(sight: &Sight, held: &BTreeMap<u32, Holding>, settings: &Settings) -> Self {
        let mut plan = Self::default();
        for (&window, holding) in held {
            let seen = sight.windows.get(&window).copied().unwrap_or_default();
            if sight.time > challenge_end(epoch_of(window)) + ANSWERS + KEEP {
                plan.steps.push(Step::Forget { window, is_lost: false });
            } else if !seen.seed.is_zero() && seen.seed != holding.seed {
                plan.steps.push(Step::Drop { window });
            } else {
                plan.window(sight, held, settings, window, &seen);
            }
        }
        plan
    }

    fn window(&mut self, sight: &Sight, held: &BTreeMap<u32, Holding>, settings: &Settings, window: u32, seen: &Seen) {
        let holding = &held[&window];
        let is_late = sight.time > commit_deadline(window);
        match (&holding.sealed, seen.status) {
            (_, NOTHING) if is_late => self.steps.push(Step::Forget { window, is_lost: true }),
            // Its opening was taken back; whether the work is still good shows when it is opened again.
            (_, NOTHING) if seen.seed.is_zero() => {}
            (None, NOTHING) if !is_due(sight, held, settings, window) => {}
            (None, NOTHING) if holding.found == 0 => {}
            // Sealed and unknown to the chain: it was never sent, or a reorganisation took it back.
            (_, NOTHING) => self.commit = self.commit.or(Some(window)),
            (None, _) => self.steps.push(Step::Locate { window }),
            (Some(sealed), status) => self.claimed(sight, settings, sealed, status, seen),
        }
    }

    fn claimed(&mut self, sight: &Sight, settings: &Settings, sealed: &Sealed, status: u8, seen: &Seen) {
        let window = sealed.window;
        let Some(claim) = sealed.claim().filter(|claim| digest(claim) == seen.digest) else {
            return self.steps.push(Step::Locate { window });
        };
        let age = sight.number.saturating_sub(claim.blockNumber);
        let last = final_at(epoch_of(window));
        if status != COMMITTED || age < DRAW_AFTER || age > settings.draw_limit || sight.time >= last {
            return;
        }
        self.draws.push(window);
        let has_next = epoch_of(window_at(sight.time)) < sight.end_epoch;
        self.is_urgent |= !has_next || age >= settings.draw_patience || sight.time + DRAW_RESERVE > last;
    }
}

/// A window is committed some time before its deadline, or when nothing more of it is worth having.
fn is_due(sight: &Sight, held: &BTreeMap<u32, Holding>, settings: &Settings, window: u32) -> bool {
    let is_time = sight.time + settings.commit_before >= commit_deadline(window);
    let is_running = window == window_at(sight.time);
    is_time || (is_running && held[&window].found >= wanted(sight, held, window))
}

/// How many leaves of the running window are worth having: all, or what the epoch lacks for its full credit.
fn wanted(sight: &Sight, held: &BTreeMap<u32, Holding>, window: u32) -> u32 {
    let epoch = epoch_of(window);
    let earlier = held.iter().filter(|(held, _)| **held != window && epoch_of(**held) == epoch);
    // Those of another machine are known once they are drawn.
    let earlier = earlier.map(|(_, holding)| holding.found).sum::<u32>().max(sight.drawn);
    let opened = sight.opened + windows_after(window);
    puzzle::full(sight.units, opened, sight.excused).saturating_sub(earlier).min(positions(sight.units))
}

/// Opening and solving of the running window.
fn running(sight: &Sight, held: &BTreeMap<u32, Holding>) -> Option<Step> {
    let window = window_at(sight.time);
    let epoch = epoch_of(window);
    if epoch < sight.first_epoch || epoch >= sight.end_epoch {
        return Some(Step::Rest);
    }
    let seen = sight.windows.get(&window).copied().unwrap_or_default();
    if seen.seed.is_zero() {
        return Some(Step::Open { window });
    }
    let holding = held.get(&window);
    if holding.is_some_and(|holding| holding.seed != seen.seed) {
        // Dropped first, and solved at the next look.
        return None;
    }
    let is_closed = seen.status != NOTHING || holding.is_some_and(|holding| holding.sealed.is_some());
    let wanted = wanted(sight, held, window);
    if is_closed || holding.map_or(0, |holding| holding.found) >= wanted {
        return Some(Step::Rest);
    }
    Some(Step::Solve { window, seed: seen.seed, target: seen.target, wanted })
}

/// Renewal, credit and release.
fn commitment(sight: &Sight, held: &BTreeMap<u32, Holding>, settings: &Settings) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(days) = settings.renew_days.filter(|_| epoch_at(sight.time) + 1 == sight.end_epoch) {
        steps.push(Step::Renew { days });
    }
    let is_credited = sight.next_epoch >= sight.end_epoch;
    if !is_credited && sight.open_challenges == 0 && sight.time > final_at(sight.next_epoch) {
        steps.push(Step::Credit { epoch: sight.next_epoch });
    } else if sight.pending > 0 && sight.time >= sight.due_at && !pays_soon(sight) {
        steps.push(Step::Release);
    }
    let is_over = u64::from(sight.end_epoch) * DAY <= sight.time;
    if is_over && is_credited && sight.pending == 0 && held.is_empty() {
        steps.push(Step::Finish);
    }
    steps
}

/// A credit pays what was earned before, so a release of its own would only cost gas.
fn pays_soon(sight: &Sight) -> bool {
    sight.next_epoch < sight.end_epoch && sight.time + DRAW_RESERVE > final_at(sight.next_epoch)
}

#[cfg(test)]
mod tests;
