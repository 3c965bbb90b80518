//! What a gateway lets a provider's record say: at most what it measured, and what the limits and its own runs allow.

use std::fmt;
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy::primitives::aliases::U96;
use metering::{charge, milliunits};
use runtime::Limits;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::usage::{Entry, MILLICORES, decimal, mebibytes_up, milliseconds_most, milliseconds_up};

/// How far apart the clocks of provider and gateway may be, in seconds of chain time: where it runs fast, a poll is minutes, and a node
/// that catches up shows old heads. When usage was is the gateway's word, so little depends on it.
const CLOCKS_APART: u64 = 7_200;

/// What a run may take beyond its time until it is stopped.
const OVERTIME: Duration = Duration::from_secs(1);

/// What of a broken line the provider may see later than the gateway: no measure of the one lies around the other's.
const BREAK: Duration = Duration::from_secs(1);

/// Fuel that no core burns in a millisecond, even by instructions that move many bytes.
const FUEL_MAX_PER_MS: u64 = 1_000_000_000;

/// A provider's record is not what was measured: nothing from it on is signed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    #[error("record {index} is of invocation {invocation}, which was not forwarded, or has a record already")]
    Unknown { index: u64, invocation: B256 },
    #[error("record {index} is shown, and there can be no more than {most}")]
    Beyond { index: u64, most: u64 },
    #[error("record {index} says {says} ms, and {measured} ms were measured")]
    Longer { index: u64, says: u32, measured: u32 },
    #[error("record {index} charges {says}, and what it says costs {costs}")]
    Dearer {
        index: u64,
        #[serde(with = "decimal")]
        says: u128,
        #[serde(with = "decimal")]
        costs: u128,
    },
    #[error("record {index} says {says} MiB, and a module may have {limit}")]
    Larger { index: u64, says: u32, limit: u32 },
    #[error("record {index} says {says} of fuel, and a module may have {limit}")]
    Thirstier { index: u64, says: u64, limit: u64 },
    #[error("record {index} says {says} of fuel in {duration_ms} ms, which no machine burns")]
    Faster { index: u64, says: u64, duration_ms: u32 },
    #[error("record {index} says {fuel} of fuel and {memory_mib} MiB, and the same input took {again}")]
    Unlike { index: u64, fuel: u64, memory_mib: u32, again: Again },
    #[error("record {index} is of an output that the module does not make of this input")]
    Wrong { index: u64 },
    #[error("record {index} begins at {says} seconds, and was forwarded at {forwarded}")]
    Elsewhen { index: u64, says: u64, forwarded: u64 },
}

/// The provider's output beside that of the gateway's own run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Both are the same, or both are none; or the line broke, and nobody knows what the provider's was.
    Same,
    /// The provider says that there is none.
    Missing,
    Other,
}

/// What the gateway's own run of an input took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    pub fuel: u64,
    pub memory_mib: u32,
    pub output: Output,
}

impl fmt::Display for Again {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} and {} MiB", self.fuel, self.memory_mib)
    }
}

/// How long an invocation took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    #[serde(skip)]
    Running(Instant),
    /// Answered after so many milliseconds.
    Answered(u32),
    /// The line broke after so many: what was measured ends there.
    Broken(u32),
    /// It was forwarded by who was killed, and nobody measured it.
    #[serde(skip)]
    Lost,
}

/// Whether the gateway runs an input itself before it counts the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    None,
    Awaited,
    Ran(Again),
}

/// What the gateway knows of an invocation without a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forwarded {
    /// Time of the head that was seen last.
    pub(super) at: u64,
    /// For how many seconds the gateway had seen no other: as much later it may have been.
    pub(super) age: u64,
    pub(super) measure: Measure,
    pub(super) check: Check,
}

/// What a gateway takes a provider's word for, at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Longest that an invocation is waited for.
    pub within: Duration,
    /// Of one invocation.
    pub limits: Limits,
}

impl Bounds {
    /// Whether the record of what was forwarded is at most what was measured.
    pub(super) fn judge(&self, price: U96, forwarded: &Forwarded, entry: &Entry) -> Result<(), Difference> {
        let index = entry.index;
        let (says, measured) = (entry.duration_ms, self.longest(forwarded, entry));
        if says > measured {
            return Err(Difference::Longer { index, says, measured });
        }
        self.within_limits(forwarded, entry)?;
        let costs = charge(price, milliunits(MILLICORES, entry.memory_mib), entry.duration_ms);
        if entry.charge > costs {
            return Err(Difference::Dearer { index, says: entry.charge, costs });
        }
        let says = entry.started_at_ms / 1_000;
        let (earliest, latest) = (forwarded.at, forwarded.at.saturating_add(forwarded.age));
        if says < earliest.saturating_sub(CLOCKS_APART) || says > latest.saturating_add(CLOCKS_APART) {
            return Err(Difference::Elsewhen { index, says, forwarded: forwarded.at });
        }
        Ok(())
    }

    /// The most milliseconds that a record may say: of what was measured, what its fuel takes.
    fn longest(&self, forwarded: &Forwarded, entry: &Entry) -> u32 {
        let Self { within, limits } = *self;
        let measured = match forwarded.measure {
            Measure::Running(since) => milliseconds_up(since.elapsed()),
            Measure::Answered(duration) => duration,
            Measure::Broken(duration) => duration.saturating_add(milliseconds_up(BREAK)),
            Measure::Lost => milliseconds_up(within),
        };
        let most = milliseconds_up(limits.time.saturating_add(OVERTIME));
        measured.min(most).min(milliseconds_most(entry.fuel))
    }

    /// Fuel and memory are the provider's word: checked against limits, time, and the gateway's own run where there is one.
    fn within_limits(&self, forwarded: &Forwarded, entry: &Entry) -> Result<(), Difference> {
        let Entry { index, duration_ms, memory_mib, fuel, .. } = *entry;
        let (most, limit) = (mebibytes_up(self.limits.memory_bytes), self.limits.fuel);
        if memory_mib > most {
            return Err(Difference::Larger { index, says: memory_mib, limit: most });
        }
        if fuel > limit {
            return Err(Difference::Thirstier { index, says: fuel, limit });
        }
        // Where the line broke the time that is paid ended before the run did.
        let is_whole = matches!(forwarded.measure, Measure::Answered(_) | Measure::Running(_));
        if is_whole && fuel > FUEL_MAX_PER_MS.saturating_mul(duration_ms.into()) {
            return Err(Difference::Faster { index, says: fuel, duration_ms });
        }
        match forwarded.check {
            Check::Ran(again) if fuel > again.fuel || memory_mib > again.memory_mib => {
                Err(Difference::Unlike { index, fuel, memory_mib, again })
            }
            Check::Ran(Again { output: Output::Missing, .. }) if self.is_out_of_time(entry) => Ok(()),
            Check::Ran(Again { output: Output::Missing | Output::Other, .. }) => Err(Difference::Wrong { index }),
            Check::None | Check::Awaited | Check::Ran(_) => Ok(()),
        }
    }

    /// A slower or busier machine than ours may not come to the end. Who only says so has waited for it, and is paid for fuel that
    /// the input takes.
    fn is_out_of_time(&self, entry: &Entry) -> bool {
        entry.duration_ms >= milliseconds_up(self.limits.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: U96 = U96::from_limbs([86_400_000_000, 0]);

    fn bounds() -> Bounds {
        Bounds { within: Duration::from_secs(90), limits: Limits::default() }
    }

    /// A record of so many milliseconds, which its fuel takes.
    fn entry(duration_ms: u32) -> Entry {
        let (fuel, charge) = (100_000 * u64::from(duration_ms), 1_000 * u128::from(duration_ms));
        Entry {
            invocation: B256::ZERO,
            index: 0,
            started_at_ms: 1_800_000_000_000,
            duration_ms,
            memory_mib: 1,
            fuel,
            charge,
        }
    }

    fn forwarded(age: u64, measure: Measure) -> Forwarded {
        Forwarded { at: 1_800_000_000, age, measure, check: Check::None }
    }

    fn judged(measure: Measure, says: u32) -> Result<(), Difference> {
        bounds().judge(PRICE, &forwarded(0, measure), &entry(says))
    }

    #[test]
    fn a_broken_line_is_seen_a_little_later_by_the_provider_and_an_answer_is_not() {
        assert_eq!((judged(Measure::Answered(500), 500), judged(Measure::Broken(500), 1_500)), (Ok(()), Ok(())));
        for (measure, says, measured) in [(Measure::Answered(500), 501, 500), (Measure::Broken(500), 1_501, 1_500)] {
            assert_eq!(judged(measure, says), Err(Difference::Longer { index: 0, says, measured }));
        }
    }

    #[test]
    fn a_record_begins_when_it_was_forwarded_however_old_the_gateways_head_is() {
        let begins = |late: i64, age| {
            let record = entry(500);
            let started_at_ms = record.started_at_ms.saturating_add_signed(1_000 * late);
            bounds().judge(PRICE, &forwarded(age, Measure::Answered(500)), &Entry { started_at_ms, ..record })
        };
        for (late, age) in [(0, 0), (-3_600, 0), (3_600, 0), (86_400, 86_400), (0, 86_400)] {
            assert_eq!(begins(late, age), Ok(()), "{late} seconds later, at a head of {age} seconds");
        }
        for (late, age) in [(-10_000, 0), (10_000, 0), (100_000, 86_400), (-10_000, 86_400)] {
            assert!(matches!(begins(late, age), Err(Difference::Elsewhen { .. })), "{late} seconds later");
        }
    }
}
