//! What `cargo xtask bench` measures, one JSON object a line; whatever is compared is measured in the same run.

pub mod api;
pub mod backfill;
pub mod gas;
pub mod gateway;
pub mod latency;
pub mod matching;
pub mod prover;
pub mod replay;

mod crowd;
mod meter;

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use serde_json::Number;

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure<'a> {
    pub(crate) bench: &'a str,
    pub(crate) case: &'a str,
    pub(crate) metric: &'a str,
    pub(crate) value: Number,
    pub(crate) unit: &'a str,
}

impl Figure<'_> {
    pub(crate) fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// A number with three decimals.
pub(crate) fn thousandths(value: u128) -> Result<Number> {
    Ok(format!("{}.{:03}", value / 1_000, value % 1_000).parse()?)
}

/// The first of the sorted `times` that `percent` of them do not exceed.
pub(crate) fn at(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent).div_ceil(100).saturating_sub(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(at(&times, 50), Duration::from_millis(100));
        assert_eq!(at(&times, 99), Duration::from_millis(198));
        assert_eq!(at(&times[..1], 50), Duration::from_millis(1));
    }

    #[test]
    fn a_figure_is_one_line_of_json() -> Result<()> {
        let value = thousandths(12_045)?;
        let figure = Figure { bench: "backfill", case: "floor", metric: "seconds", value, unit: "s" };
        let line = r#"{"bench":"backfill","case":"floor","metric":"seconds","value":12.045,"unit":"s"}"#;
        assert_eq!(serde_json::to_string(&figure)?, line);
        Ok(())
    }
}
