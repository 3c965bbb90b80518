//! What the crates compute at each stage, committed for the tests in Solidity, which reach the stages that a contract does not show.
//! `SURETY_WRITE_VECTORS=1` writes the files anew.

use std::fmt::Write as _;
use std::{env, fs};

use alloy::primitives::{B256, hex, keccak256};
use anyhow::{Context as _, Result, bail, ensure};
use hashx::{HashX, HashXBuilder, RuntimeOption, SipRand, SipState};
use rand::Rng as _;

use crate::chain::Question;

const STAGES: u64 = 64;
const SOLUTIONS: usize = 32;

fn is_current(name: &str, text: &str) -> Result<()> {
    let path = format!("{}/data/equix/{name}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("SURETY_WRITE_VECTORS").is_some() {
        fs::write(&path, text)?;
    }
    ensure!(fs::read_to_string(&path)? == text, "{name} is not what the crates compute");
    Ok(())
}

/// A line per seed: challenge, nonce, four draws, hash of the program, eight hashes.
#[test]
fn the_stages_are_the_crates() -> Result<()> {
    let mut text = String::new();
    for nonce in 0..STAGES {
        let challenge = keccak256(nonce.to_le_bytes());
        let seed = Question::seed(challenge, nonce);
        let hash = HashXBuilder::new().runtime(RuntimeOption::InterpretOnly).build(&seed)?;
        let (drawing, _) = SipState::pair_from_seed(&seed);
        let mut draws = SipRand::new(drawing);
        let mut line = seed;
        for _ in 0..4 {
            line.extend(draws.next_u64().to_be_bytes());
        }
        line.extend(program(&hash)?);
        for input in 0..8 {
            line.extend(hash.hash_to_u64(input * 9_000 + nonce).to_be_bytes());
        }
        writeln!(text, "0x{}", hex::encode(line))?;
    }
    is_current("stages.txt", &text)
}

/// A line per solution: challenge, nonce, solution.
#[test]
fn the_solutions_are_the_crates() -> Result<()> {
    let mut lines = Vec::new();
    for nonce in 0_u64.. {
        let challenge = keccak256(nonce.to_le_bytes());
        let seed = Question::seed(challenge, nonce);
        for solution in equix::solve(&seed)? {
            lines.push(format!("0x{}{}\n", hex::encode(&seed), hex::encode(solution.to_bytes())));
        }
        if lines.len() >= SOLUTIONS {
            break;
        }
    }
    is_current("solutions.txt", &lines.concat())
}

/// The hash of the program as our contracts lay it out, from what the crate prints of it.
fn program(hash: &HashX) -> Result<B256> {
    let text = format!("{hash:?}");
    let (_, listing) = text.split_once("Program {").context("the crate prints no program")?;
    let mut bytes = Vec::new();
    let mut count = 0;
    for line in listing.lines().filter(|line| line.trim_start().starts_with('[')) {
        let (_, instruction) = line.split_once("]: ").context("a line without instruction")?;
        bytes.extend(encode(instruction)?);
        count += 1;
    }
    ensure!(count == 512, "the crate prints {count} instructions");
    Ok(keccak256(bytes))
}

/// Eight bytes: operation, 32 * destination, 32 * source, nothing, immediate. The target of branches has its place and no bytes.
fn encode(instruction: &str) -> Result<Vec<u8>> {
    let name = instruction.split([' ', '{']).next().unwrap_or_default();
    let operation = match name {
        "Target" => return Ok(Vec::new()),
        "Mul" | "Branch" => 0,
        "Sub" => 8,
        "AddShift" => 9,
        "Xor" => 16,
        "Rotate" => 24,
        "XorConst" => 25,
        "AddConst" => 26,
        "SMulH" => 28,
        "UMulH" => 29,
        _ => bail!("the crate prints {instruction}"),
    };
    let mut bytes = vec![operation, 0, 0, 0];
    let mut immediate = 0_i64;
    for field in instruction.split(['{', ',', '}']).skip(1) {
        let Some((field, value)) = field.split_once(':') else { continue };
        match (field.trim(), value.trim().strip_prefix('R')) {
            ("dst", Some(register)) => bytes[1] = 32 * register.parse::<u8>()?,
            ("src", Some(register)) => bytes[2] = 32 * register.parse::<u8>()?,
            (_, None) => immediate = value.trim().parse()?,
            _ => bail!("the crate prints {instruction}"),
        }
    }
    // Signed and unsigned immediates have the same 32 bits.
    bytes.extend(&immediate.to_be_bytes()[4..]);
    Ok(bytes)
}
