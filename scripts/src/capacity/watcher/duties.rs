//! What a watcher owes a claim at a head: a function of what is known, which asks nobody.

use super::book::Entry;
use crate::capacity::clock::{DRAW_RESERVE, GRACE, WINDOW, challenge_end, epoch_of, final_at, window_end};
use crate::capacity::puzzle::DRAW_AFTER;

/// How long a prover is left to draw on its own: it does so with its next commit.
const DRAW_PATIENCE: u64 = WINDOW + GRACE + 1_200;

/// Seconds of chain time between two questions to a server that does not answer.
pub const ASK_AGAIN: u64 = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Fetch,
    /// A leaf that is claimed and that its server does not give.
    Demand,
    /// If it would be audited.
    Draw,
    ConvictUnanswered,
    ConvictUndelivered {
        position: u32,
    },
}

/// What a watcher remembers of a claim besides its events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Its leaves are known to be valid, or one is known not to be.
    pub is_judged: bool,
    /// Its draw asks for no leaf.
    pub is_harmless: bool,
    /// First and last time that its server was asked in vain; zero: never.
    pub silent_since: u64,
    pub asked_at: u64,
    pub demanded: usize,
}

/// A block, and how the chain and the watcher are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub number: u64,
    pub time: u64,
    pub draw_limit: u64,
    /// Chain time of silence after which leaves are demanded.
    pub patience: u64,
    /// Demands for one claim.
    pub demands_max: usize,
}

pub fn duties(entry: &Entry, memory: &Memory, now: &Now) -> Vec<Duty> {
    let mut duties = Vec::new();
    let overdue = entry.open_demands().filter(|(_, deadline)| *deadline < now.time);
    duties.extend(overdue.map(|(position, _)| Duty::ConvictUndelivered { position }));
    if entry.open_audit().is_some_and(|deadline| deadline < now.time) {
        duties.push(Duty::ConvictUnanswered);
    }
    let window = entry.committed.window;
    let epoch = epoch_of(window);
    let is_challengeable = now.time <= challenge_end(epoch);
    if !memory.is_judged && is_challengeable {
        if memory.asked_at == 0 || now.time >= memory.asked_at + ASK_AGAIN {
            duties.push(Duty::Fetch);
        }
        let is_silent = memory.silent_since > 0 && now.time >= memory.silent_since + now.patience;
        if is_silent && memory.demanded < now.demands_max {
            duties.push(Duty::Demand);
        }
    }
    if !entry.is_drawn() && !memory.is_harmless && may_draw(entry, now) {
        duties.push(Duty::Draw);
    }
    duties
}

fn may_draw(entry: &Entry, now: &Now) -> bool {
    let (window, age) = (entry.committed.window, now.number.saturating_sub(entry.committed.block));
    let last = final_at(epoch_of(window));
    let is_possible = age >= DRAW_AFTER && age <= now.draw_limit && now.time < last;
    let is_patient = now.time < window_end(window) + DRAW_PATIENCE;
    let is_urgent = now.time + DRAW_RESERVE > last || age >= now.draw_limit - now.draw_limit / 4;
    is_possible && (!is_patient || is_urgent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::clock::CHALLENGES;
    use crate::capacity::contract::Committed;
    use crate::capacity::puzzle::Bitmap;
    use crate::capacity::watcher::book::Book;
    use crate::ids::CommitmentId;
    use alloy::primitives::aliases::U40;
    use alloy::primitives::{Address, B256, Log as Raw};
    use alloy::rpc::types::Log;
    use contracts::i_capacity::ICapacity;

    const ID: u64 = 7;
    const W: u32 = 480_005;

    fn now(time: u64) -> Now {
        Now { number: 100, time, draw_limit: 256, patience: 3_600, demands_max: 2 }
    }

    fn log(event: &impl alloy::sol_types::SolEvent) -> Log {
        let inner = Raw { address: Address::ZERO, data: event.encode_log_data() };
        Log { inner, block_number: Some(90), ..Log::default() }
    }

    fn entry(events: &[Log]) -> Entry {
        let bitmap = Bitmap::new(1, [0, 2]).0;
        let committed = ICapacity::WindowCommitted { commitment: ID, window: W, root: B256::ZERO, filled: 2, bitmap };
        let mut book = Book::default();
        book.read(&log(&committed)).expect("it is known");
        for event in events {
            book.read(event).expect("it is known");
        }
        book.entries.remove(&(CommitmentId(ID), W)).expect("it was committed")
    }

    fn drawn(deadline: u64) -> Log {
        log(&ICapacity::WindowDrawn { commitment: ID, window: W, rank: 0, deadline: U40::from(deadline) })
    }

    fn judged() -> Memory {
        Memory { is_judged: true, ..Memory::default() }
    }

    const END: u64 = (W as u64 + 1) * WINDOW;

    #[test]
    fn leaves_are_fetched_until_they_are_judged() {
        let entry = entry(&[drawn(0)]);
        assert_eq!(duties(&entry, &Memory::default(), &now(END)), [Duty::Fetch]);
        assert_eq!(duties(&entry, &judged(), &now(END)), []);
        let asked = Memory { asked_at: END, silent_since: END, ..Memory::default() };
        assert_eq!(duties(&entry, &asked, &now(END + ASK_AGAIN - 1)), []);
        assert_eq!(duties(&entry, &asked, &now(END + ASK_AGAIN)), [Duty::Fetch]);
        let last = challenge_end(epoch_of(W));
        assert_eq!(last, u64::from(epoch_of(W) + 1) * 24 * WINDOW + CHALLENGES);
        assert_eq!(duties(&entry, &Memory::default(), &now(last)), [Duty::Fetch]);
        assert_eq!(duties(&entry, &Memory::default(), &now(last + 1)), []);
    }

    #[test]
    fn silence_becomes_a_demand_and_no_more_than_allowed() {
        let entry = entry(&[drawn(0)]);
        let silent = Memory { asked_at: END + 3_600, silent_since: END, ..Memory::default() };
        assert_eq!(duties(&entry, &silent, &now(END + 3_600)), [Duty::Demand]);
        assert_eq!(duties(&entry, &silent, &now(END + 3_599)), []);
        let paid = Memory { demanded: 2, ..silent };
        assert_eq!(duties(&entry, &paid, &now(END + 3_600)), []);
    }

    #[test]
    fn what_a_prover_leaves_undrawn_is_drawn_in_time() {
        let entry = entry(&[]);
        let draws = |now: Now| duties(&entry, &judged(), &now).contains(&Duty::Draw);
        assert!(!draws(now(END + DRAW_PATIENCE - 1)) && draws(now(END + DRAW_PATIENCE)));
        let harmless = Memory { is_harmless: true, ..judged() };
        assert_eq!(duties(&entry, &harmless, &now(END + DRAW_PATIENCE)), []);
        // 90 is its block.
        for (number, is_drawn) in [(94, false), (281, false), (282, true), (346, true), (347, false)] {
            assert_eq!(draws(Now { number, ..now(END) }), is_drawn, "{number}");
        }
        let last = final_at(epoch_of(W));
        assert!(draws(now(last - 1)) && !draws(now(last)));
    }

    #[test]
    fn what_is_overdue_is_convicted() {
        let demanded = log(&ICapacity::LeafDemanded {
            commitment: ID,
            window: W,
            position: 2,
            demander: Address::ZERO,
            deposit: 1,
            deadline: U40::from(END + 5),
        });
        let entry = entry(&[drawn(END + 3), demanded]);
        assert_eq!(duties(&entry, &judged(), &now(END + 3)), []);
        assert_eq!(duties(&entry, &judged(), &now(END + 5)), [Duty::ConvictUnanswered]);
        let both = [Duty::ConvictUndelivered { position: 2 }, Duty::ConvictUnanswered];
        assert_eq!(duties(&entry, &judged(), &now(END + 6)), both);
    }

    #[test]
    fn a_claim_is_what_its_event_says() {
        let Committed { bitmap, block, .. } = entry(&[]).committed;
        assert_eq!((bitmap.filled(), block), (2, 90));
    }
}
