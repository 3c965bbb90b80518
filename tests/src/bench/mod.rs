//! What `cargo xtask bench` measures, one JSON object a line; whatever is compared is measured in the same run.

pub mod api;
pub mod backfill;
pub mod gas;
pub mod matching;
pub mod prover;
pub mod replay;

mod crowd;
mod gateway;
mod meter;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_of_json() -> Result<()> {
        let value = thousandths(12_045)?;
        let figure = Figure { bench: "backfill", case: "floor", metric: "seconds", value, unit: "s" };
        let line = r#"{"bench":"backfill","case":"floor","metric":"seconds","value":12.045,"unit":"s"}"#;
        assert_eq!(serde_json::to_string(&figure)?, line);
        Ok(())
    }
}
