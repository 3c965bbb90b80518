//! `Equihash` and the crate `equihash`, whose personalisation is Zcash's; ours must be one that the crate does not accept.

use alloy::primitives::{Address, B256, FixedBytes, hex, keccak256};
use anyhow::{Context as _, Result, ensure};
use contracts::Equihash as Contract;

use crate::chain::{Chain, Question};
use crate::solver::Equihash;

const ZCASH: [u8; 8] = *b"ZcashPoW";
const SURETY: [u8; 8] = *b"SuretyPW";

/// Small enough to solve here, of different levels, index widths and hashes per digest.
const SMALL: [(u32, u32); 3] = [(48, 5), (72, 5), (64, 3)];

/// A solution of the parameters and the personalisation of the GPU class, found with the solver here.
const LARGE: &str = include_str!("../data/equihash/144_5.txt");

async fn deploy(chain: &Chain, of: Equihash) -> Result<Address> {
    let personalisation = FixedBytes::from(of.personalisation);
    Ok(Contract::deploy_builder(&chain.provider, of.n, of.k, personalisation).from(chain.owner).deploy().await?)
}

fn is_valid(of: Equihash, seed: &[u8], solution: &[u8]) -> bool {
    equihash::is_valid_solution(of.n, of.k, &seed[..32], &seed[32..], solution).is_ok()
}

fn solutions(of: Equihash, count: usize) -> Vec<Question> {
    let mut found = Vec::new();
    for nonce in 0_u64.. {
        let challenge = keccak256(nonce.to_be_bytes());
        let solutions = of.solve(&Question::seed(challenge, nonce));
        found.extend(solutions.into_iter().map(|solution| Question { challenge, nonce, solution, answer: true }));
        if found.len() >= count {
            break;
        }
    }
    found
}

/// Every bit turned over, every two neighbours of a level swapped or made equal, and lengths of one byte more and less.
fn mutations(of: Equihash, question: &Question) -> Vec<Question> {
    let bytes = &question.solution;
    let mut all = vec![bytes[1..].to_vec(), [bytes.as_slice(), &[0]].concat(), Vec::new()];
    for bit in 0..8 * bytes.len() {
        let mut solution = bytes.clone();
        solution[bit / 8] ^= 1 << (bit % 8);
        all.push(solution);
    }
    // Branches of eight indices and more are whole bytes.
    for level in 3..of.k {
        let width = bytes.len() >> (of.k - level);
        for first in (0..bytes.len()).step_by(2 * width) {
            let mut solution = bytes.clone();
            let (left, right) = solution[first..first + 2 * width].split_at_mut(width);
            left.swap_with_slice(right);
            all.push(solution);
            let mut solution = bytes.clone();
            solution.copy_within(first..first + width, first + width);
            all.push(solution);
        }
    }
    let seed = Question::seed(question.challenge, question.nonce);
    let judged = all.into_iter().map(|solution| {
        let answer = is_valid(of, &seed, &solution);
        Question { solution, answer, ..question.clone() }
    });
    judged.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_parameters_are_judged_alike() -> Result<()> {
    let chain = Chain::start().await?;
    for (n, k) in SMALL {
        let of = Equihash { n, k, personalisation: ZCASH };
        let verifier = deploy(&chain, of).await?;
        let solutions = solutions(of, 10);
        let mutated: Vec<Question> = solutions.iter().flat_map(|question| mutations(of, question)).collect();
        for Question { challenge, nonce, solution, .. } in &solutions {
            ensure!(is_valid(of, &Question::seed(*challenge, *nonce), solution), "the solver found what is none");
        }
        ensure!(mutated.iter().all(|question| !question.answer), "a solution has one form, and no neighbour");
        chain.agrees(verifier, solutions).await?;
        chain.agrees(verifier, mutated).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_solutions_are_no_others() -> Result<()> {
    let chain = Chain::start().await?;
    let ours = Equihash { n: 48, k: 5, personalisation: SURETY };
    let zcash = Equihash { personalisation: ZCASH, ..ours };
    let solutions = solutions(ours, 5);
    let others = solutions.iter().map(|question| Question { answer: false, ..question.clone() }).collect();
    for Question { challenge, nonce, solution, .. } in &solutions {
        ensure!(!is_valid(zcash, &Question::seed(*challenge, *nonce), solution), "the crate accepts ours");
    }
    chain.agrees(deploy(&chain, ours).await?, solutions).await?;
    chain.agrees(deploy(&chain, zcash).await?, others).await
}

/// The crate knows these parameters, so what it refuses of ours is the personalisation alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_parameters_of_the_class_have_solutions() -> Result<()> {
    let chain = Chain::start().await?;
    let verifier = deploy(&chain, Equihash { n: 144, k: 5, personalisation: SURETY }).await?;
    for line in LARGE.lines() {
        let bytes = hex::decode(line)?;
        let (challenge, rest) = bytes.split_at_checked(32).context("a line is too short")?;
        let (nonce, solution) = rest.split_at_checked(8).context("a line is too short")?;
        let (challenge, nonce) = (B256::from_slice(challenge), u64::from_be_bytes(nonce.try_into()?));
        ensure!(solution.len() == 100, "a solution of {} bytes", solution.len());
        let valid = Question { challenge, nonce, solution: solution.to_vec(), answer: true };
        let mutated = (0..8 * solution.len()).map(|bit| {
            let mut solution = solution.to_vec();
            solution[bit / 8] ^= 1 << (bit % 8);
            Question { solution, answer: false, ..valid.clone() }
        });
        chain.agrees(verifier, mutated.collect()).await?;
        chain.agrees(verifier, vec![valid]).await?;
    }
    Ok(())
}

/// Parameters that would need a rule for bits left over are refused, as the crate refuses them.
#[tokio::test(flavor = "multi_thread")]
async fn odd_parameters_are_refused() -> Result<()> {
    let chain = Chain::start().await?;
    for (n, k) in [(100, 4), (96, 2), (144, 6), (512, 7), (144, 9)] {
        let refusal = deploy(&chain, Equihash { n, k, personalisation: ZCASH }).await;
        let error = refusal.err().with_context(|| format!("Equihash({n}, {k}) was deployed"))?;
        ensure!(format!("{error:#}").contains("revert"), "{error:#}");
    }
    Ok(())
}
