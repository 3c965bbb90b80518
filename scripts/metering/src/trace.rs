//! A real day of serverless functions, as the Azure traces of 2019 tell it: how often each function was invoked in each
//! minute, how long it took on average, and how much memory it had. Holds a row for each function and never an invocation.

use std::collections::BTreeMap;
use std::io::Read;

use crate::{Invocation, Overflow, Record, Series, Voucher};

pub const HOURS: usize = 24;
const MINUTES_PER_HOUR: usize = 60;
const SECONDS_PER_HOUR: u64 = 3_600;
const MILLISECONDS_PER_MINUTE: u64 = 60_000;

/// Columns of the invocations before those of the minutes.
const IDS: usize = 3;

/// The trace counts time on one core.
const MILLICORES: u32 = 1_000;

/// One function's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub average_ms: u32,
    pub memory_mib: u32,
    minutes: Vec<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("the trace cannot be read")]
    Unreadable(#[from] csv::Error),
    #[error("the trace has no column {0}")]
    ColumnAbsent(&'static str),
    #[error("`{0}` in the trace is no number that fits")]
    NotANumber(String),
    #[error("the trace has no {0} of function {1}")]
    Unknown(&'static str, String),
    #[error("the trace has {0} minutes of function {1}")]
    NotADay(usize, String),
}

/// All functions of the trace, in its order.
pub fn functions(invocations: impl Read, durations: impl Read, memory: impl Read) -> Result<Vec<Function>, TraceError> {
    let durations = column(durations, "HashFunction", "Average")?;
    let memory = column(memory, "HashApp", "AverageAllocatedMb")?;
    let mut functions = Vec::new();
    for row in csv::Reader::from_reader(invocations).into_records() {
        let row = row?;
        let name = row.get(0).unwrap_or_default().to_owned();
        let minutes: Vec<u32> = row.iter().skip(IDS).map(number).collect::<Result<_, _>>()?;
        let known = |of: &BTreeMap<String, u32>, what| {
            of.get(&name).copied().ok_or_else(|| TraceError::Unknown(what, name.clone()))
        };
        let (average_ms, memory_mib) = (known(&durations, "duration")?, known(&memory, "memory")?);
        functions.push(Function::new(name, average_ms, memory_mib, minutes)?);
    }
    Ok(functions)
}

fn column(file: impl Read, key: &'static str, value: &'static str) -> Result<BTreeMap<String, u32>, TraceError> {
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers()?.clone();
    let place = |name| headers.iter().position(|header| header == name).ok_or(TraceError::ColumnAbsent(name));
    let (key, value) = (place(key)?, place(value)?);
    let pair = |row: csv::StringRecord| Ok((row[key].to_owned(), number(&row[value])?));
    reader.into_records().map(|row| pair(row?)).collect()
}

fn number(text: &str) -> Result<u32, TraceError> {
    text.parse().map_err(|_| TraceError::NotANumber(text.to_owned()))
}

impl Function {
    pub fn new(name: String, average_ms: u32, memory_mib: u32, minutes: Vec<u32>) -> Result<Self, TraceError> {
        if minutes.len() != HOURS * MINUTES_PER_HOUR {
            return Err(TraceError::NotADay(minutes.len(), name));
        }
        Ok(Self { name, average_ms, memory_mib, minutes })
    }

    pub fn invocations(&self) -> u64 {
        self.minutes.iter().map(|&count| u64::from(count)).sum()
    }

    /// Those of a minute of the day, spread over it evenly. Each takes the function's average, so that all together take
    /// as long as the trace says; it tells no more of a single one.
    fn invoked(&self, day: u64, minute: usize) -> impl Iterator<Item = Invocation> {
        let (count, at) = (u64::from(self.minutes[minute]), minute as u64 * MILLISECONDS_PER_MINUTE);
        let Self { average_ms: duration_ms, memory_mib, .. } = *self;
        (0..count).map(move |place| {
            let started_at_ms = day * 1_000 + at + place * MILLISECONDS_PER_MINUTE / count;
            Invocation { started_at_ms, duration_ms, millicores: MILLICORES, memory_mib, fuel: 0 }
        })
    }
}

/// Meters one hour of functions that share a slot, minute by minute, each invocation in the hour in which it starts. Shows
/// every record to `seen`. None: there was nothing to sign for.
pub fn replay_hour<'a>(
    functions: impl IntoIterator<Item = &'a Function> + Clone,
    series: &mut Series,
    day: u64,
    hour: usize,
    mut seen: impl FnMut(&Record),
) -> Result<Option<Voucher>, Overflow> {
    let before = series.invocations();
    for minute in hour * MINUTES_PER_HOUR..(hour + 1) * MINUTES_PER_HOUR {
        for invocation in functions.clone().into_iter().flat_map(|function| function.invoked(day, minute)) {
            seen(&series.meter(&invocation)?);
        }
    }
    let until = day + (hour as u64 + 1) * SECONDS_PER_HOUR;
    Ok((series.invocations() > before).then(|| series.voucher(until)))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;
    use alloy_primitives::aliases::U96;

    use super::*;
    use crate::{Serving, Tree, charge, milliunits};

    const DAY: u64 = 1_700_006_400;

    fn trace(minutes: &[&str], average: &str, memory: &str) -> Result<Vec<Function>, TraceError> {
        let header: Vec<String> = (1..=minutes.len()).map(|minute| format!("minute_{minute}")).collect();
        let invocations = format!("HashFunction,HashApp,HashOwner,{}\nf,f,f,{}\n", header.join(","), minutes.join(","));
        let durations = format!("HashFunction,HashApp,HashOwner,Count,Average\nf,f,f,1,{average}\n");
        let memory = format!("HashApp,HashOwner,SampleCount,AverageAllocatedMb\nf,f,1,{memory}\n");
        functions(invocations.as_bytes(), durations.as_bytes(), memory.as_bytes())
    }

    fn day() -> Vec<&'static str> {
        let mut minutes = vec!["0"; 1_440];
        (minutes[0], minutes[59], minutes[60], minutes[1_439]) = ("3", "1", "2", "5");
        minutes
    }

    #[test]
    fn a_row_becomes_a_function() {
        let functions = trace(&day(), "905", "1465").expect("it is a trace");
        let [function] = functions.as_slice() else { panic!("one row, {} functions", functions.len()) };
        assert_eq!((function.average_ms, function.memory_mib, function.invocations()), (905, 1_465, 11));
        let starts: Vec<u64> = function.invoked(DAY, 0).map(|invocation| invocation.started_at_ms).collect();
        assert_eq!(starts, [0, 20_000, 40_000].map(|after| DAY * 1_000 + after));
    }

    #[test]
    fn what_is_no_trace_is_named() {
        let told = |trace: Result<Vec<Function>, TraceError>| trace.expect_err("it is no trace").to_string();
        assert_eq!(told(trace(&["1"], "1", "1")), "the trace has 1 minutes of function f");
        assert_eq!(told(trace(&day(), "-1", "1")), "`-1` in the trace is no number that fits");
        assert_eq!(told(trace(&day(), "1", "x")), "`x` in the trace is no number that fits");
        let (invocations, other) = ("HashFunction,HashApp,HashOwner\nf,f,f\n", "HashFunction,Average\ng,1\n");
        let memory = "HashApp,AverageAllocatedMb\nf,1\n";
        let unknown = functions(invocations.as_bytes(), other.as_bytes(), memory.as_bytes());
        assert_eq!(told(unknown), "the trace has no duration of function f");
        let headless = functions(invocations.as_bytes(), memory.as_bytes(), memory.as_bytes());
        assert_eq!(told(headless), "the trace has no column HashFunction");
    }

    #[test]
    fn an_hour_is_a_voucher_over_every_record() {
        let function = &trace(&day(), "905", "1465").expect("it is a trace");
        let serving = Serving { deal: 1, slot: 0, number: 1, provider: Address::repeat_byte(1) };
        let (price, mut tree, mut vouchers) = (U96::from(1_200_000), Tree::default(), Vec::new());
        let mut series = Series::new(serving, price, DAY);
        for hour in 0..HOURS {
            let voucher = replay_hour(function, &mut series, DAY, hour, |record| tree.push(record.leaf()));
            vouchers.extend(voucher.expect("it fits").inspect(|voucher| assert_eq!(voucher.usage_root, tree.root())));
        }
        let each = charge(price, milliunits(1_000, 1_465), 905);
        let told: Vec<_> =
            vouchers.iter().map(|voucher| (voucher.invocations, voucher.amount / each, voucher.until - DAY)).collect();
        assert_eq!(told, [(4, 4, 3_600), (6, 6, 7_200), (11, 11, 86_400)]);
        assert!(vouchers.windows(2).all(|pair| pair[1].follows(&pair[0]).is_ok() && pair[1].from == pair[0].until));
    }
}
