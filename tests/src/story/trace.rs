//! A real day of 200 serverless functions, as demand for units.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use xtask::tools;

const FOLDER: &str = "tests/data/azure-functions-2019";

/// Columns of the invocations before those of the minutes.
const IDS: usize = 3;

const DAY_SECONDS: u128 = 86_400;

/// Memory that comes with each core of a unit.
const UNIT_MIB: u128 = 4_096;

/// Functions that get a deal of their own; the others share one with those of their memory class.
pub(super) const ALONE: usize = 20;

/// Upper ends of the memory classes, in MiB; what is larger is a class of its own.
const CLASSES_MIB: [u64; 4] = [512, 1_024, 2_048, 4_096];

/// One function's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub name: String,
    pub invocations: u128,
    pub average_ms: u128,
    pub memory_mib: u64,
}

/// Functions that are computed under one deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub name: String,
    pub functions: usize,
    pub invocations: u128,
    /// Cores that are busy on average over the day, in thousandths.
    pub millicores: u128,
    /// Units that hold the mean demand, whichever of cores and memory runs out first.
    pub units: u32,
}

#[derive(serde::Deserialize)]
struct Duration {
    #[serde(rename = "HashFunction")]
    name: String,
    #[serde(rename = "Average")]
    average_ms: u128,
}

#[derive(serde::Deserialize)]
struct Memory {
    #[serde(rename = "HashApp")]
    name: String,
    #[serde(rename = "AverageAllocatedMb")]
    mib: u64,
}

impl Function {
    /// Thousandths of a core that it keeps busy: a core that computes all day is one.
    fn millicores(&self) -> u128 {
        self.invocations * self.average_ms / DAY_SECONDS
    }

    /// As many instances as cores run at once, each with its memory; thousandths of a unit.
    fn milliunits(&self) -> u128 {
        (self.invocations * self.average_ms * UNIT_MIB.max(self.memory_mib.into())).div_ceil(DAY_SECONDS * UNIT_MIB)
    }
}

impl Demand {
    fn of(name: String, functions: &[Function]) -> Result<Self> {
        let milliunits: u128 = functions.iter().map(Function::milliunits).sum();
        Ok(Self {
            name,
            functions: functions.len(),
            invocations: functions.iter().map(|function| function.invocations).sum(),
            millicores: functions.iter().map(Function::millicores).sum(),
            units: u32::try_from(milliunits.div_ceil(1_000).max(1)).context("more units than there are")?,
        })
    }
}

/// All functions of the trace, busiest first.
pub(super) fn functions() -> Result<Vec<Function>> {
    let durations: Vec<Duration> = rows("durations.csv.gz")?;
    let durations: BTreeMap<_, _> = durations.into_iter().map(|row| (row.name, row.average_ms)).collect();
    let memory: Vec<Memory> = rows("memory.csv.gz")?;
    let memory: BTreeMap<_, _> = memory.into_iter().map(|row| (row.name, row.mib)).collect();
    let mut functions = Vec::new();
    for record in open("invocations.csv.gz")?.records() {
        let record = record?;
        let name = record.get(0).context("a row without a function")?.to_owned();
        let minutes = record.iter().skip(IDS).map(|count| count.parse::<u128>());
        functions.push(Function {
            invocations: minutes.sum::<Result<u128, _>>()?,
            average_ms: *durations.get(&name).with_context(|| format!("{name} has no duration"))?,
            memory_mib: *memory.get(&name).with_context(|| format!("{name} has no memory"))?,
            name,
        });
    }
    ensure!(!functions.is_empty(), "the trace has no function");
    functions.sort_by(|one, other| other.millicores().cmp(&one.millicores()).then(one.name.cmp(&other.name)));
    Ok(functions)
}

/// The trace as deals: the busiest functions alone, the others by memory class.
pub(super) fn demands(functions: &[Function]) -> Result<Vec<Demand>> {
    let (alone, others) = functions.split_at(ALONE.min(functions.len()));
    let mut demands = Vec::new();
    for function in alone {
        let name: String = function.name.chars().take(8).collect();
        demands.push(Demand::of(name, std::slice::from_ref(function))?);
    }
    let mut classes: BTreeMap<usize, Vec<Function>> = BTreeMap::new();
    for function in others {
        let class = CLASSES_MIB.iter().position(|end| function.memory_mib <= *end).unwrap_or(CLASSES_MIB.len());
        classes.entry(class).or_default().push(function.clone());
    }
    for (class, functions) in classes {
        let name = match CLASSES_MIB.get(class) {
            Some(end) => format!("up to {end} MiB"),
            None => "larger".to_owned(),
        };
        demands.push(Demand::of(name, &functions)?);
    }
    Ok(demands)
}

fn rows<R: DeserializeOwned>(file: &str) -> Result<Vec<R>> {
    let rows = open(file)?.into_deserialize().collect::<Result<Vec<R>, _>>();
    rows.with_context(|| format!("reading {FOLDER}/{file}"))
}

fn open(file: &str) -> Result<csv::Reader<GzDecoder<File>>> {
    let path = tools::root().join(Path::new(FOLDER)).join(file);
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    Ok(csv::Reader::from_reader(GzDecoder::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_invocations_times_duration_over_a_day() -> Result<()> {
        let function =
            |memory_mib| Function { name: String::new(), invocations: 86_400, average_ms: 2_500, memory_mib };
        let demand = Demand::of(String::new(), &[function(128)])?;
        assert_eq!((demand.millicores, demand.units), (2_500, 3));
        let demand = Demand::of(String::new(), &[function(128), function(8_192)])?;
        assert_eq!((demand.millicores, demand.units), (5_000, 8), "memory runs out before cores do");
        Ok(())
    }

    #[test]
    fn the_trace_is_the_one_that_its_notice_describes() -> Result<()> {
        let functions = functions()?;
        assert_eq!(functions.len(), 200);
        assert_eq!(functions.iter().map(|function| function.invocations).sum::<u128>(), 1_619_721);
        let milliseconds: u128 = functions.iter().map(|function| function.invocations * function.average_ms).sum();
        assert_eq!(milliseconds / 3_600_000, 11_464, "core-hours, rounded down");

        let demands = demands(&functions)?;
        assert_eq!(demands.iter().map(|demand| demand.functions).sum::<usize>(), 200);
        assert_eq!(demands.iter().map(|demand| demand.invocations).sum::<u128>(), 1_619_721);
        assert!(demands.iter().all(|demand| demand.millicores <= u128::from(demand.units) * 1_000));
        Ok(())
    }
}
