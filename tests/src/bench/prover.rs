//! Solving and checking of Equi-X, by the crate alone and by the programs that prove and watch, turn about in one run.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256, U256};
use anyhow::{Context as _, Result, ensure};
use equix::{EquiX, SolverMemory};
use scripts::capacity::puzzle::{Assignment, Leaf, input};
use scripts::capacity::solver::{Crew, Order, Sink, Solver, Tally, check_all};
use scripts::ids::CommitmentId;
use serde_json::Number;

use super::{Figure, thousandths};

/// Each side is measured this often, in turns, so that what else the machine does hits both.
const TURNS: u32 = 12;
const LEAVES: u32 = 2_000;
/// Units that prove at a time when memory is measured.
const UNITS: usize = 8;

fn assignment() -> Assignment {
    Assignment { seed: B256::repeat_byte(1), provider: Address::repeat_byte(2), commitment: CommitmentId(3) }
}

pub fn run(seconds: u64) -> Result<()> {
    let turn = Duration::from_secs(seconds) / TURNS;
    // First, for what is freed later would be used again.
    let memory = memory_per_unit()?;
    let (crate_rate, our_rate) = solving(turn)?;
    print("equix", "solutions_per_s", crate_rate, "1/s")?;
    print("surety", "solutions_per_s", our_rate, "1/s")?;
    let (crate_rate, our_rate) = checking()?;
    print("equix", "leaves_per_s", crate_rate, "1/s")?;
    print("watcher", "leaves_per_s", our_rate, "1/s")?;
    print("surety", "unit_mb", memory, "MB")
}

fn print(case: &str, metric: &str, value: u128, unit: &str) -> Result<()> {
    let value: Number = thousandths(value)?;
    Figure { bench: "prover", case, metric, value, unit }.print()
}

fn per_second(count: u64, time: Duration) -> u128 {
    u128::from(count) * 1_000_000_000 / time.as_micros().max(1)
}

/// Thousandths of a solution per second on one core: the crate in a bare loop, and a crew of one that finds nothing.
fn solving(turn: Duration) -> Result<(u128, u128)> {
    let sink: Sink = Arc::new(|_: &Order, _: Leaf| {});
    // Not pinned, as the bare loop is not: what else runs on one core would decide.
    let crew = Crew::start(1, false, &sink)?;
    let (mut bare, mut bare_time, mut ours, mut our_time) = (0, Duration::ZERO, 0, Duration::ZERO);
    for number in 0..TURNS {
        let (count, time) = bare_solutions(number, turn);
        (bare, bare_time) = (bare + count, bare_time + time);
        let before = crew.tally().solutions;
        let begin = Instant::now();
        // No hash is below zero, so that it searches as long as it may, as in earnest.
        crew.order(Some(Order::new(number, assignment(), U256::ZERO, [number])));
        thread::sleep(turn);
        crew.order(None);
        our_time += begin.elapsed();
        ours += crew.tally().solutions - before;
    }
    ensure!(crew.tally().rate_since(&Tally::default()) > 0, "the crew solved nothing");
    Ok((per_second(bare, bare_time), per_second(ours, our_time)))
}

/// On a thread of its own, as ours is.
fn bare_solutions(number: u32, turn: Duration) -> (u64, Duration) {
    let search = move || {
        let (mut memory, challenge, mut solutions) = (SolverMemory::new(), assignment().challenge(number), 0);
        let begin = Instant::now();
        for nonce in 0.. {
            if begin.elapsed() >= turn {
                break;
            }
            if let Ok(puzzle) = EquiX::new(&input(challenge, nonce)) {
                solutions += puzzle.solve_with_memory(&mut memory).len() as u64;
            }
        }
        (solutions, begin.elapsed())
    };
    thread::spawn(search).join().expect("solving never panics")
}

/// Thousandths of a leaf per second on one core.
fn checking() -> Result<(u128, u128)> {
    let leaves = solved()?;
    let claimed: Vec<&Leaf> = leaves.iter().collect();
    let (mut bare_time, mut our_time) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..TURNS {
        let begin = Instant::now();
        // On a thread of its own, as ours are.
        thread::scope(|scope| scope.spawn(|| bare_checks(&leaves)).join()).expect("checking never panics")?;
        bare_time += begin.elapsed();
        let begin = Instant::now();
        let wrong = black_box(check_all(&assignment(), U256::MAX, &claimed, 1));
        our_time += begin.elapsed();
        ensure!(wrong.is_empty(), "{} leaves were solved and are not valid", wrong.len());
    }
    let count = u64::from(LEAVES) * u64::from(TURNS);
    Ok((per_second(count, bare_time), per_second(count, our_time)))
}

fn bare_checks(leaves: &[Leaf]) -> Result<()> {
    for leaf in leaves {
        let challenge = assignment().challenge(leaf.position);
        let solution = leaf.solution.as_ref().try_into().context("a solution has 16 bytes")?;
        black_box(equix::verify_bytes(&input(challenge, leaf.nonce), solution)).context("it was solved")?;
    }
    Ok(())
}

/// Leaves of different programs, as a watcher meets them.
fn solved() -> Result<Vec<Leaf>> {
    let cores = u32::try_from(thread::available_parallelism().map_or(1, usize::from))?;
    let solve = move |from: u32| {
        let mut solver = Solver::default();
        let positions = (from..LEAVES).step_by(cores as usize);
        let solved = positions.map(|position| {
            let challenge = assignment().challenge(position);
            let mut attempts = (0..).map(|nonce| (nonce, solver.attempt(U256::MAX, challenge, nonce).found));
            let found = attempts.find_map(|(nonce, found)| found.map(|solution| (nonce, solution)));
            let (nonce, solution) = found.expect("nonces do not end");
            Leaf { position, nonce, solution: solution.to_vec().into() }
        });
        solved.collect::<Vec<Leaf>>()
    };
    let threads: Vec<_> = (0..cores).map(|from| thread::spawn(move || solve(from))).collect();
    let mut leaves = Vec::new();
    for thread in threads {
        leaves.extend(thread.join().expect("solving never panics"));
    }
    Ok(leaves)
}

/// Thousandths of a megabyte that one more solving thread keeps resident.
pub fn memory_per_unit() -> Result<u128> {
    let sink: Sink = Arc::new(|_: &Order, _: Leaf| {});
    let before = resident_kib()?;
    let crew = Crew::start(UNITS, true, &sink)?;
    crew.order(Some(Order::new(1, assignment(), U256::ZERO, 0..u32::try_from(UNITS)?)));
    // Each thread has been through every table of the solver by then.
    while crew.tally().solutions < 40 * UNITS as u64 {
        thread::sleep(Duration::from_millis(20));
    }
    let grown = resident_kib()?.saturating_sub(before);
    Ok(u128::from(grown) * 1_024 / 1_000 / UNITS as u128)
}

fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading our status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("our status has no size")?;
    line.trim().trim_end_matches(" kB").parse().context("reading our size")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_thousandths_a_second() {
        assert_eq!(per_second(10, Duration::from_secs(4)), 2_500);
        assert_eq!(per_second(10, Duration::ZERO), 10_000_000_000);
    }
}
