//! The real day of `tests/data`, all 1,619,721 invocations of it, against a sum that knows of no invocation.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use alloy_primitives::Address;
use alloy_primitives::aliases::U96;
use flate2::read::GzDecoder;
use metering::trace::{Function, HOURS, functions, replay_hour};
use metering::{Series, Serving};

/// Midnight of some day.
const DAY: u64 = 1_700_006_400;

fn tests() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests"))
}

fn open(name: &str) -> GzDecoder<File> {
    let path = tests().join("data/azure-functions-2019").join(name);
    GzDecoder::new(File::open(path).expect("the trace is part of the repository"))
}

/// Another for each slot, none of them round.
fn price(slot: usize) -> U96 {
    U96::from(1_000_003 + 70_001 * slot as u64)
}

fn replay(slots: &[&[Function]]) -> (u64, u128) {
    let (mut invocations, mut amount) = (0, 0);
    for (slot, functions) in slots.iter().enumerate() {
        let serving = Serving { deal: slot as u64 + 1, slot: 0, number: 1, provider: Address::repeat_byte(1) };
        let mut series = Series::new(serving, price(slot), DAY);
        let (mut charged, mut last) = (0, None);
        for hour in 0..HOURS {
            let voucher = replay_hour(*functions, &mut series, DAY, hour, |record| charged += record.charge);
            last = voucher.expect("it fits").or(last);
        }
        let last = last.expect("the slot was used");
        assert_eq!((last.amount, last.invocations), (charged, functions.iter().map(Function::invocations).sum()));
        invocations += last.invocations;
        amount += last.amount;
    }
    (invocations, amount)
}

/// Of `tests/replay.py`, which has neither our arithmetic nor our reader.
fn independent(slots: &[&[Function]]) -> String {
    let mut prices = String::new();
    for (slot, functions) in slots.iter().enumerate() {
        prices.extend(functions.iter().map(|function| format!("{} {}\n", function.name, price(slot))));
    }
    let script = tests().join("replay.py");
    let python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.expect("python3 is there");
    python.stdin.take().expect("it is piped").write_all(prices.as_bytes()).expect("it reads");
    String::from_utf8(python.wait_with_output().expect("it ends").stdout).expect("it writes digits")
}

#[test]
fn the_day_costs_what_an_independent_sum_says_to_the_last_unit() {
    let functions = functions(open("invocations.csv.gz"), open("durations.csv.gz"), open("memory.csv.gz"));
    let functions = functions.expect("it is a trace");
    assert_eq!(functions.len(), 200);
    let slots: Vec<&[Function]> = functions.chunks(8).collect();
    let (invocations, amount) = replay(&slots);
    assert_eq!(invocations, 1_619_721);
    assert_eq!(format!("{invocations} {amount}\n"), independent(&slots));
}
