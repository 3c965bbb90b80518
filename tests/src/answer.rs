//! What the API answers, as text for snapshots and as JSON for questions.

use std::fmt;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A reply of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// The block at which it was true.
    pub block: u64,
    pub body: Value,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Result<Self> {
        let status = response.status().as_u16();
        let block = response.headers().get("x-indexed-block").context("a reply names its block")?;
        let block = block.to_str()?.parse().context("a block is a number")?;
        let text = response.text().await?;
        // Health answers in plain text.
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Self { status, block, body })
    }

    /// The value at a JSON pointer such as `/items/0/status`, of a reply that is no error.
    pub fn at(&self, pointer: &str) -> Result<&Value> {
        ensure!(self.status == 200, "the API answers {self}");
        self.body.pointer(pointer).with_context(|| format!("there is no {pointer} in {self}"))
    }

    /// As `at`, of a text or a number, as text.
    pub fn text(&self, pointer: &str) -> Result<String> {
        let value = self.at(pointer)?;
        Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = serde_json::to_string_pretty(&self.body).map_err(|_| fmt::Error)?;
        write!(formatter, "{}\n{body}", self.status)
    }
}
