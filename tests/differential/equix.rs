//! `EquiX` and the crate `equix`. `SURETY_DEPTH=10` tries ten times as many inputs as a default run.

use alloy::primitives::{Address, B256, keccak256};
use anyhow::{Context as _, Result, ensure};
use contracts::EquiX;
use equix::{EquiXBuilder, Error, HashError};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::chain::{Chain, Question};

const SOLUTIONS: usize = 1_000;
const MUTATED: usize = 50;
const GARBAGE: usize = 1_000;

/// Nonces of the challenge zero that have no program.
const FAILING: &str = include_str!("../data/equix/failing.txt");

fn depth() -> Result<usize> {
    std::env::var("SURETY_DEPTH").map_or(Ok(1), |depth| depth.parse().context("SURETY_DEPTH is not a number"))
}

async fn deploy() -> Result<(Chain, Address)> {
    let chain = Chain::start().await?;
    let verifier = EquiX::deploy_builder(&chain.provider).from(chain.owner).deploy().await?;
    Ok((chain, verifier))
}

/// Question and the crate's answer, for a solution of any length.
fn question(challenge: B256, nonce: u64, solution: &[u8]) -> Question {
    let seed = Question::seed(challenge, nonce);
    let answer = solution.try_into().is_ok_and(|bytes| equix::verify_bytes(&seed, bytes).is_ok());
    Question { challenge, nonce, solution: solution.to_vec(), answer }
}

fn solutions(count: usize) -> Result<Vec<Question>> {
    let mut found = Vec::new();
    let mut memory = equix::SolverMemory::new();
    for nonce in 0_u64.. {
        let challenge = keccak256(nonce.to_be_bytes());
        let puzzle = EquiXBuilder::new().build(&Question::seed(challenge, nonce));
        let Ok(puzzle) = puzzle else { continue };
        for solution in puzzle.solve_with_memory(&mut memory) {
            found.push(Question { challenge, nonce, solution: solution.to_bytes().to_vec(), answer: true });
        }
        if found.len() >= count {
            break;
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_solution_is_accepted_and_every_mutation_judged_alike() -> Result<()> {
    let (chain, verifier) = deploy().await?;
    let solutions = solutions(SOLUTIONS * depth()?)?;
    let mutated: Vec<Question> = solutions.iter().take(MUTATED * depth()?).flat_map(mutations).collect();
    ensure!(mutated.iter().filter(|question| question.answer).count() < mutated.len() / 100, "mutations hardly matter");
    chain.agrees(verifier, solutions).await?;
    chain.agrees(verifier, mutated).await
}

/// Every bit of the solution, and a few of challenge and nonce, turned over.
fn mutations(of: &Question) -> Vec<Question> {
    let mut all = Vec::new();
    for bit in 0..8 * of.solution.len() {
        let mut solution = of.solution.clone();
        solution[bit / 8] ^= 1 << (bit % 8);
        all.push(question(of.challenge, of.nonce, &solution));
    }
    for bit in 0..4 {
        let mut challenge = of.challenge;
        challenge[8 * bit + 7] ^= 1 << bit;
        all.push(question(challenge, of.nonce, &of.solution));
        all.push(question(of.challenge, of.nonce ^ (1 << (16 * bit)), &of.solution));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_without_a_program_have_no_solutions() -> Result<()> {
    let (chain, verifier) = deploy().await?;
    let mut questions = Vec::new();
    for line in FAILING.lines() {
        let nonce = line.parse()?;
        let failure = EquiXBuilder::new().build(&Question::seed(B256::ZERO, nonce)).err();
        let is_failing = matches!(failure, Some(Error::Hash(HashError::ProgramConstraints)));
        ensure!(is_failing, "the crate makes a program for the nonce {nonce}");
        // Equal indices are in order, so nothing but the program is in the way.
        questions.push(question(B256::ZERO, nonce, &[0x11; 16]));
    }
    ensure!(questions.len() >= 100, "only {} seeds", questions.len());
    chain.agrees(verifier, questions).await
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_judged_alike() -> Result<()> {
    let (chain, verifier) = deploy().await?;
    let mut random = SmallRng::seed_from_u64(1);
    let mut questions = Vec::new();
    for place in 0..GARBAGE * depth()? {
        let (challenge, nonce) = (B256::from(random.random::<[u8; 32]>()), random.random());
        let mut items: [u16; 8] = random.random();
        if place % 2 == 0 {
            // Ascending indices are in order at every level, so that the program decides.
            items.sort_unstable();
        }
        let bytes: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
        let length = if place % 16 == 0 { random.random_range(0..40) } else { bytes.len() };
        let longer: Vec<u8> = bytes.iter().copied().cycle().take(length).collect();
        questions.push(question(challenge, nonce, &longer));
    }
    chain.agrees(verifier, questions).await
}

/// Halves, quarters and pairs of solutions are right on their own: only the level above them is not.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_solutions_are_judged_alike() -> Result<()> {
    let (chain, verifier) = deploy().await?;
    let mut questions = Vec::new();
    for Question { challenge, nonce, solution, .. } in solutions(20 * depth()?)? {
        for width in [2, 4, 8] {
            for first in (0..16).step_by(2 * width) {
                let mut swapped = solution.clone();
                let (left, right) = swapped[first..first + 2 * width].split_at_mut(width);
                left.swap_with_slice(right);
                questions.push(question(challenge, nonce, &swapped));
                let mut doubled = solution.clone();
                doubled.copy_within(first..first + width, first + width);
                questions.push(question(challenge, nonce, &doubled));
            }
        }
    }
    chain.agrees(verifier, questions).await
}
