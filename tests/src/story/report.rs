//! What the story comes to, in one object.

use scripts::amount::{Flt, Usd};
use serde::Serialize;

/// Amounts are decimal text in whole tokens.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub ok: bool,
    pub providers: u64,
    pub delegators: u64,
    pub deals: u64,
    /// All locks at once, when most was locked.
    pub locked_flt: Flt,
    /// The largest of them, when the million-dollar job was given to its host.
    pub largest_lock_flt: Flt,
    /// What was served and credited.
    pub settled_usd: Dollars,
    /// What providers, their stakers, authors, the treasury and the buyer of fees took out.
    pub claimed_usd: Dollars,
    pub margin_calls_cured: u64,
    pub renewals: u64,
    pub exits_paid: u64,
    pub slashed_flt: Flt,
    /// Commitments whose claims were shown to be false.
    pub convictions: u64,
    /// Days of commitments that were credited.
    pub credits: u64,
    /// FLT for proved capacity that hosts, their stakers and the watcher took out.
    pub rewards_flt: Flt,
    pub failovers: u64,
    /// Of slots without a provider, until they were taken over.
    pub downtime_seconds: u64,
    /// Of the trace's day, each in a usage tree.
    pub invocations: u64,
    /// Of modules that the story runs itself, through a gateway.
    pub invocations_served: u64,
    /// That were paid.
    pub vouchers: u64,
    /// What authors took out.
    pub royalties_usd: Dollars,
    /// Computations that were shown.
    pub attestations: u64,
    pub reorg_depth: u64,
    pub audit_differences: u64,
}

/// A sum of stablecoin amounts, zero until the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dollars(Option<Usd>);

impl Dollars {
    pub fn add(&mut self, amount: Usd) {
        let before = self.0.map_or(0, |sum| sum.units);
        self.0 = Some(Usd { units: before + amount.units, ..amount });
    }

    pub fn units(self) -> u128 {
        self.0.map_or(0, |sum| sum.units)
    }
}

impl Serialize for Dollars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(sum) => sum.serialize(serializer),
            None => serializer.serialize_str("0"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_text_and_counts_are_numbers() -> serde_json::Result<()> {
        let mut report =
            Report { ok: true, providers: 12, locked_flt: Flt(1_500_000_000_000_000_000), ..Report::default() };
        report.settled_usd.add(Usd { units: 1_250_000, decimals: 6 });
        report.settled_usd.add(Usd { units: 250_000, decimals: 6 });
        let json = serde_json::to_string(&report)?;
        let start = r#"{"ok":true,"providers":12,"delegators":0,"deals":0,"locked_flt":"1.5","largest_lock_flt":"0","#;
        assert!(json.starts_with(start), "{json}");
        assert!(json.contains(r#""settled_usd":"1.5","claimed_usd":"0""#), "{json}");
        Ok(())
    }
}
