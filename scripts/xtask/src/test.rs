//! Every test: Foundry's and cargo's, the latter with a Postgres of their own.

use crate::postgres::{Durability, Postgres};
use crate::process::{cargo, forge, succeed_reading};
use crate::{Result, mutants, setup};

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Adds what a closing line of Foundry or cargo reports; other lines report nothing.
    fn read(&mut self, line: &str) {
        if !line.starts_with("Ran ") && !line.starts_with("test result:") {
            return;
        }
        // Each suite of Foundry is summed up in the closing line, which alone names a total.
        if line.starts_with("Ran ") && !line.contains("total tests)") {
            return;
        }
        self.passed += count(line, "passed");
        self.failed += count(line, "failed");
    }
}

/// The number in `12 passed` or `12 tests passed`.
fn count(line: &str, word: &str) -> u64 {
    let words: Vec<&str> =
        line.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let place = words.iter().position(|other| *other == word).unwrap_or(0);
    let numbers = words.iter().take(place).rev().filter(|word| **word != "tests" && **word != "test");
    numbers.take(1).find_map(|number| number.parse().ok()).unwrap_or(0)
}

/// Runs all tests although some fail, so that one run tells everything.
pub fn run(arguments: &[String]) -> Result<()> {
    setup::run()?;
    setup::conformance()?;
    let mut tally = Tally::default();
    let solidity = succeed_reading(&mut forge(&["test"])?, |line| tally.read(line));
    let laws = mutants::run();

    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(arguments);
    let postgres =
        if std::env::var_os("DATABASE_URL").is_some() { None } else { Some(Postgres::start(Durability::Fast)?) };
    if let Some(postgres) = &postgres {
        command.env("DATABASE_URL", postgres.url());
    }
    let rust = succeed_reading(&mut command, |line| tally.read(line));
    drop(postgres);

    println!("{} passed, {} failed", tally.passed, tally.failed);
    solidity.and(laws).and(rust)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed_and_others_ignored() {
        let mut tally = Tally::default();
        for line in [
            "Ran 9 tests for contracts/test/token/DevelopmentUsd.t.sol:DevelopmentUsdTest",
            "Suite result: ok. 9 passed; 0 failed; 0 skipped; finished in 67.60ms (97.45ms CPU time)",
            "Ran 2 test suites in 69.04ms (135.19ms CPU time): 14 tests passed, 2 failed, 0 skipped (16 total tests)",
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 17, failed: 3 });
    }
}
