//! Solving and checking Equi-X: one thread a unit, each with memory and a core of its own.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use alloy::primitives::{B256, U256};
use anyhow::{Context as _, Result};
use equix::{EquiX, EquiXBuilder, RuntimeOption, Solution, SolverMemory};

use super::puzzle::{Assignment, Leaf, input, meets};

/// The class whose puzzles are Equi-X.
pub const CLASS_CPU: u8 = 0;

/// Enough for the solver, which keeps its tables on the heap.
const STACK_BYTES: usize = 512 * 1024;

/// One unit's solver; its memory, 1.8 MB, is used again and again.
pub struct Solver {
    memory: SolverMemory,
}

impl fmt::Debug for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Solver").finish_non_exhaustive()
    }
}

/// What one nonce gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Solutions of the puzzle, whatever their hash.
    pub solutions: u64,
    /// One whose hash is below the target.
    pub found: Option<[u8; Solution::NUM_BYTES]>,
}

impl Default for Solver {
    fn default() -> Self {
        Self { memory: SolverMemory::new() }
    }
}

impl Solver {
    pub fn attempt(&mut self, target: U256, challenge: B256, nonce: u64) -> Attempt {
        // A few nonces in a hundred thousand give no program; verifiers refuse them as well.
        let Ok(puzzle) = EquiX::new(&input(challenge, nonce)) else {
            return Attempt { solutions: 0, found: None };
        };
        let solutions = puzzle.solve_with_memory(&mut self.memory);
        let mut bytes = solutions.iter().map(Solution::to_bytes);
        let found = bytes.find(|solution| meets(target, challenge, nonce, solution));
        Attempt { solutions: solutions.len() as u64, found }
    }
}

/// What a claimed leaf is worth; the numbers are the contract's reasons of a conviction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Valid = 0,
    NoSolution = 1,
    MissesTarget = 2,
    Empty = 3,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Valid => "valid",
            Self::NoSolution => "no solution",
            Self::MissesTarget => "a solution that misses the target",
            Self::Empty => "empty",
        })
    }
}

/// Checks a claimed leaf of Equi-X.
pub fn check(assignment: &Assignment, target: U256, leaf: &Leaf) -> Verdict {
    if leaf.solution.is_empty() {
        return Verdict::Empty;
    }
    let challenge = assignment.challenge(leaf.position);
    if !solves(challenge, leaf.nonce, &leaf.solution) {
        return Verdict::NoSolution;
    }
    if meets(target, challenge, leaf.nonce, &leaf.solution) { Verdict::Valid } else { Verdict::MissesTarget }
}

fn solves(challenge: B256, nonce: u64, solution: &[u8]) -> bool {
    let Ok(bytes) = solution.try_into() else { return false };
    let Ok(solution) = Solution::try_from_bytes(bytes) else { return false };
    // Eight hashes do not repay the compilation of their program.
    let mut builder = EquiXBuilder::new();
    builder.runtime(RuntimeOption::InterpretOnly).verify(&input(challenge, nonce), &solution).is_ok()
}

/// Checks claimed leaves on `threads` cores; answers those that are not valid, in order.
pub fn check_all(assignment: &Assignment, target: U256, leaves: &[&Leaf], threads: usize) -> Vec<(u32, Verdict)> {
    let share = leaves.len().div_ceil(threads.max(1)).max(1);
    thread::scope(|scope| {
        let shares = leaves.chunks(share).map(|share| {
            scope.spawn(move || {
                let verdicts = share.iter().map(|leaf| (leaf.position, check(assignment, target, leaf)));
                verdicts.filter(|(_, verdict)| *verdict != Verdict::Valid).collect::<Vec<_>>()
            })
        });
        let shares: Vec<_> = shares.collect();
        shares.into_iter().flat_map(|share| share.join().expect("checking a leaf never panics")).collect()
    })
}

/// Puzzles to be solved, for as long as nobody orders something else.
#[derive(Debug)]
pub struct Order {
    pub window: u32,
    pub assignment: Assignment,
    pub target: U256,
    todo: Mutex<VecDeque<u32>>,
}

impl Order {
    /// Positions are solved in this order.
    pub fn new(window: u32, assignment: Assignment, target: U256, todo: impl IntoIterator<Item = u32>) -> Self {
        Self { window, assignment, target, todo: Mutex::new(todo.into_iter().collect()) }
    }

    fn next(&self) -> Option<u32> {
        self.todo.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// Called by the solving threads with what they find.
pub type Sink = Arc<dyn Fn(&Order, Leaf) + Send + Sync>;

/// Counts of all threads since they were started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub solutions: u64,
    pub found: u64,
    /// Time that threads spent solving, all together.
    pub busy: Duration,
}

impl Tally {
    /// Thousandths of a solution per second and core, between two counts.
    pub fn rate_since(&self, before: &Self) -> u64 {
        let busy = self.busy.saturating_sub(before.busy).as_micros();
        let solutions = u128::from(self.solutions.saturating_sub(before.solutions));
        u64::try_from(solutions * 1_000_000_000 / busy.max(1)).unwrap_or(u64::MAX)
    }
}

/// Reads the counts of a crew, and does not keep it going.
#[derive(Clone)]
pub struct Counts(Arc<Shared>);

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tally().fmt(f)
    }
}

impl Counts {
    pub fn tally(&self) -> Tally {
        Tally {
            solutions: self.0.solutions.load(Ordering::Relaxed),
            found: self.0.found.load(Ordering::Relaxed),
            busy: Duration::from_nanos(self.0.busy_nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

/// Solving threads; they end when it is dropped.
pub struct Crew {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    order: Mutex<Option<Arc<Order>>>,
    changed: Condvar,
    /// Rises with each order, so that a thread sees after each nonce whether its own still stands.
    generation: AtomicU64,
    is_over: AtomicBool,
    solutions: AtomicU64,
    found: AtomicU64,
    busy_nanoseconds: AtomicU64,
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

impl Crew {
    /// With `is_pinned` each thread stays on one of the cores that this process may use, where the system allows it.
    pub fn start(threads: usize, is_pinned: bool, sink: &Sink) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let cores = if is_pinned { cores() } else { Vec::new() };
        if is_pinned && cores.is_empty() {
            tracing::warn!("this system does not say which cores may be used: solving threads are not pinned");
        }
        let mut crew = Self { shared, threads: Vec::new() };
        for number in 0..threads {
            let (shared, sink) = (Arc::clone(&crew.shared), Arc::clone(sink));
            let core = (!cores.is_empty()).then(|| cores[number % cores.len()]);
            let thread = thread::Builder::new().name(format!("unit-{number}")).stack_size(STACK_BYTES);
            let solving = move || {
                if core.is_some_and(|core| !pin(core)) {
                    tracing::warn!("unit {number} is not pinned: the system refuses");
                }
                shared.solve(&sink);
            };
            crew.threads.push(thread.spawn(solving).context("starting a solving thread")?);
        }
        Ok(crew)
    }

    /// Replaces what is being solved; none: rest.
    pub fn order(&self, order: Option<Order>) {
        let mut current = self.shared.lock();
        *current = order.map(Arc::new);
        // Under the lock: whoever waits sees both or neither.
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
        self.shared.changed.notify_all();
    }

    pub fn tally(&self) -> Tally {
        self.counts().tally()
    }

    /// What others may read while it works.
    pub fn counts(&self) -> Counts {
        Counts(Arc::clone(&self.shared))
    }

    pub fn threads(&self) -> usize {
        self.threads.len()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.order(None);
        for thread in self.threads.drain(..) {
            // A thread that panicked has printed why.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Order>>> {
        // An order is replaced whole, so whoever panicked left none half written.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn solve(&self, sink: &Sink) {
        let mut solver = Solver::default();
        let mut done = 0;
        while let Some((generation, order)) = self.await_order(done) {
            self.work(&mut solver, generation, &order, sink);
            done = generation;
        }
    }

    /// The next order after the one of generation `done`; none when all is over.
    fn await_order(&self, done: u64) -> Option<(u64, Arc<Order>)> {
        let mut order = self.lock();
        loop {
            if self.is_over.load(Ordering::SeqCst) {
                return None;
            }
            let generation = self.generation.load(Ordering::SeqCst);
            if let Some(order) = order.as_ref().filter(|_| generation > done) {
                return Some((generation, Arc::clone(order)));
            }
            order = self.changed.wait(order).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self, solver: &mut Solver, generation: u64, order: &Order, sink: &Sink) {
        while let Some(position) = order.next() {
            let challenge = order.assignment.challenge(position);
            // From a random nonce: whoever is killed and starts again tries none twice.
            let mut nonce: u64 = rand::random();
            loop {
                if self.generation.load(Ordering::Relaxed) != generation {
                    return;
                }
                let begin = Instant::now();
                let attempt = solver.attempt(order.target, challenge, nonce);
                let nanoseconds = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.busy_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
                self.solutions.fetch_add(attempt.solutions, Ordering::Relaxed);
                if let Some(solution) = attempt.found {
                    self.found.fetch_add(1, Ordering::Relaxed);
                    sink(order, Leaf { position, nonce, solution: solution.to_vec().into() });
                    break;
                }
                nonce = nonce.wrapping_add(1);
            }
        }
    }
}

/// Cores that this process may use.
#[cfg(target_os = "linux")]
fn cores() -> Vec<usize> {
    let allowed = rustix::thread::sched_getaffinity(None);
    allowed.map_or_else(
        |_| Vec::new(),
        |set| (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect(),
    )
}

#[cfg(target_os = "linux")]
fn pin(core: usize) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn cores() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn pin(_core: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CommitmentId;
    use alloy::primitives::{Address, Bytes};
    use std::sync::mpsc;

    fn assignment() -> Assignment {
        Assignment { seed: B256::repeat_byte(1), provider: Address::repeat_byte(2), commitment: CommitmentId(3) }
    }

    fn solved(position: u32, target: U256) -> Leaf {
        let (mut solver, challenge) = (Solver::default(), assignment().challenge(position));
        let mut attempts = (0..).map(|nonce| (nonce, solver.attempt(target, challenge, nonce).found));
        let (nonce, found) = attempts.find(|(_, found)| found.is_some()).expect("nonces do not end");
        Leaf { position, nonce, solution: found.expect("it was found").to_vec().into() }
    }

    #[test]
    fn what_is_solved_is_valid_and_nothing_else() {
        let half = U256::MAX >> 1;
        let leaf = solved(5, half);
        let verdict = |leaf: &Leaf, target| check(&assignment(), target, leaf);
        assert_eq!(verdict(&leaf, half), Verdict::Valid);
        assert_eq!(verdict(&leaf, U256::ONE), Verdict::MissesTarget);
        assert_eq!(verdict(&Leaf { position: 6, ..leaf.clone() }, half), Verdict::NoSolution);
        assert_eq!(verdict(&Leaf { nonce: leaf.nonce ^ 1, ..leaf.clone() }, half), Verdict::NoSolution);
        assert_eq!(verdict(&Leaf { solution: Bytes::new(), ..leaf.clone() }, half), Verdict::Empty);
        let long = [leaf.solution.as_ref(), &[0]].concat();
        assert_eq!(verdict(&Leaf { solution: long.into(), ..leaf.clone() }, half), Verdict::NoSolution);
        let stolen = Assignment { provider: Address::repeat_byte(9), ..assignment() };
        assert_eq!(check(&stolen, half, &leaf), Verdict::NoSolution);
    }

    #[test]
    fn many_leaves_are_checked_on_many_cores() {
        let mut leaves: Vec<Leaf> = (0..9).map(|position| solved(position, U256::MAX)).collect();
        leaves[4].nonce ^= 1;
        leaves[8].solution = Bytes::new();
        let claimed: Vec<&Leaf> = leaves.iter().collect();
        for threads in [0, 1, 4, 64] {
            let found = check_all(&assignment(), U256::MAX, &claimed, threads);
            assert_eq!(found, [(4, Verdict::NoSolution), (8, Verdict::Empty)], "{threads} threads");
        }
        assert_eq!(check_all(&assignment(), U256::MAX, &[], 4), []);
    }

    #[test]
    fn a_crew_solves_each_position_once_and_goes_over_to_the_next_order() -> Result<()> {
        let (sender, found) = mpsc::channel();
        let sink: Sink = Arc::new(move |order: &Order, leaf: Leaf| {
            let _ = sender.send((order.window, leaf));
        });
        let crew = Crew::start(2, true, &sink)?;
        // Nobody can solve this one: it must be given up.
        crew.order(Some(Order::new(1, assignment(), U256::ZERO, 0..16)));
        crew.order(Some(Order::new(2, assignment(), U256::MAX, [3, 1, 4])));
        let mut positions = Vec::new();
        for _ in 0..3 {
            let (window, leaf) = found.recv_timeout(Duration::from_secs(60))?;
            assert_eq!((window, check(&assignment(), U256::MAX, &leaf)), (2, Verdict::Valid));
            positions.push(leaf.position);
        }
        positions.sort_unstable();
        assert_eq!(positions, [1, 3, 4]);
        let tally = crew.tally();
        assert!(tally.found == 3 && tally.solutions >= 3 && tally.rate_since(&Tally::default()) > 0, "{tally:?}");
        drop(crew);
        assert!(found.try_recv().is_err(), "what was solved once is not solved again");
        Ok(())
    }
}
