//! A real day of 200 serverless functions, as demand for units.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use alloy::primitives::aliases::U96;
use anyhow::{Context as _, Result, ensure};
use flate2::read::GzDecoder;
use metering::trace::Function;
use metering::{MILLISECONDS_PER_DAY, UNIT_MIB};
use xtask::tools;

const FOLDER: &str = "tests/data/azure-functions-2019";

/// Sums the trace up by other means than ours.
const INDEPENDENT: &str = "tests/replay.py";

/// Functions that get a deal of their own; the others share one with those of their memory class.
pub(crate) const ALONE: usize = 20;

/// Upper ends of the memory classes, in MiB; what is larger is a class of its own.
const CLASSES_MIB: [u32; 4] = [512, 1_024, 2_048, 4_096];

/// Functions that are computed under one deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Demand {
    pub name: String,
    pub functions: Vec<Function>,
    pub invocations: u64,
    /// Cores that are busy on average over the day, in thousandths.
    pub millicores: u128,
    /// Units that hold the mean demand, whichever of cores and memory runs out first.
    pub units: u32,
}

/// Milliseconds of all invocations together.
fn busy_ms(function: &Function) -> u128 {
    u128::from(function.invocations()) * u128::from(function.average_ms)
}

/// Thousandths of a core that it keeps busy: a core that computes all day is one.
fn millicores(function: &Function) -> u128 {
    busy_ms(function) * 1_000 / u128::from(MILLISECONDS_PER_DAY)
}

/// As many instances as cores run at once, each with its memory; thousandths of a unit.
fn milliunits(function: &Function) -> u128 {
    let (unit, day) = (u128::from(UNIT_MIB), u128::from(MILLISECONDS_PER_DAY));
    (busy_ms(function) * 1_000 * unit.max(function.memory_mib.into())).div_ceil(day * unit)
}

impl Demand {
    fn of(name: String, functions: Vec<Function>) -> Result<Self> {
        let units = functions.iter().map(milliunits).sum::<u128>().div_ceil(1_000).max(1);
        Ok(Self {
            name,
            invocations: functions.iter().map(Function::invocations).sum(),
            millicores: functions.iter().map(millicores).sum(),
            units: u32::try_from(units).context("more units than there are")?,
            functions,
        })
    }
}

/// All functions of the trace, busiest first.
pub(crate) fn functions() -> Result<Vec<Function>> {
    let [invocations, durations, memory] = ["invocations", "durations", "memory"].map(open);
    let mut functions = metering::trace::functions(invocations?, durations?, memory?)?;
    ensure!(!functions.is_empty(), "the trace has no function");
    functions.sort_by(|one, other| millicores(other).cmp(&millicores(one)).then(one.name.cmp(&other.name)));
    Ok(functions)
}

/// The trace as deals: the busiest functions alone, the others by memory class.
pub(crate) fn demands(functions: &[Function]) -> Result<Vec<Demand>> {
    let (alone, others) = functions.split_at(ALONE.min(functions.len()));
    let mut demands = Vec::new();
    for function in alone {
        let name: String = function.name.chars().take(8).collect();
        demands.push(Demand::of(name, vec![function.clone()])?);
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
        demands.push(Demand::of(name, functions)?);
    }
    Ok(demands)
}

/// Invocations and amount of the day, each demand at its price per unit-day, summed up by another program: it reads the
/// files itself, counts in exact fractions, and knows no single invocation.
pub(crate) fn independent_sum<'a>(priced: impl IntoIterator<Item = (&'a Demand, U96)>) -> Result<(u64, u128)> {
    let mut prices = String::new();
    for (demand, price) in priced {
        prices.extend(demand.functions.iter().map(|function| format!("{} {price}\n", function.name)));
    }
    let mut python = Command::new("python3");
    python.arg(tools::root().join(INDEPENDENT)).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().context("starting python3")?;
    python.stdin.take().context("its input is piped")?.write_all(prices.as_bytes())?;
    let output = python.wait_with_output()?;
    ensure!(output.status.success(), "{INDEPENDENT} failed");
    let text = String::from_utf8(output.stdout)?;
    let (invocations, amount) = text.trim().split_once(' ').with_context(|| format!("`{text}` is no sum"))?;
    Ok((invocations.parse()?, amount.parse()?))
}

fn open(name: &str) -> Result<GzDecoder<File>> {
    let path = tools::root().join(FOLDER).join(format!("{name}.csv.gz"));
    Ok(GzDecoder::new(File::open(&path).with_context(|| format!("opening {}", path.display()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_is_invocations_times_duration_over_a_day() -> Result<()> {
        let name = "f".to_owned();
        // Three in each two minutes are 2,160 a day.
        let minutes: Vec<u32> = (0..1_440).map(|minute| 1 + minute % 2).collect();
        let function = |memory_mib| Function::new(name.clone(), 100_000, memory_mib, minutes.clone());
        let demand = Demand::of(name.clone(), vec![function(128)?])?;
        assert_eq!((demand.invocations, demand.millicores, demand.units), (2_160, 2_500, 3));
        let demand = Demand::of(name.clone(), vec![function(128)?, function(8_192)?])?;
        assert_eq!((demand.millicores, demand.units), (5_000, 8), "memory runs out before cores do");
        Ok(())
    }

    #[test]
    fn the_trace_is_the_one_that_its_notice_describes() -> Result<()> {
        let functions = functions()?;
        assert_eq!(functions.len(), 200);
        assert_eq!(functions.iter().map(Function::invocations).sum::<u64>(), 1_619_721);
        assert_eq!(functions.iter().map(busy_ms).sum::<u128>() / 3_600_000, 11_464, "core-hours, rounded down");

        let demands = demands(&functions)?;
        assert_eq!(demands.iter().map(|demand| demand.functions.len()).sum::<usize>(), 200);
        assert_eq!(demands.iter().map(|demand| demand.invocations).sum::<u64>(), 1_619_721);
        assert!(demands.iter().all(|demand| demand.millicores <= u128::from(demand.units) * 1_000));
        Ok(())
    }
}
