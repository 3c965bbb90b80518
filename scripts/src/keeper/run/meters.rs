//! What a keeper counts, for people and for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::ValueEnum as _;

use super::duty::Duty;
use crate::blocks::Head;
use crate::meter::{self, Meter, Pulse};

/// Counts since the program was started, but for the head: the last one after which all was done.
#[derive(Debug)]
pub struct Meters {
    pulse: Pulse,
    acts: BTreeMap<Duty, Meter>,
    pub refusals: Meter,
    pub postponed: Meter,
    pub failures: Meter,
    pub gas: Meter,
    pub node_errors: Meter,
    pub head: Meter,
    pub head_time: Meter,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            pulse: Pulse::default(),
            acts: Duty::value_variants().iter().map(|duty| (*duty, Meter::default())).collect(),
            refusals: Meter::default(),
            postponed: Meter::default(),
            failures: Meter::default(),
            gas: Meter::default(),
            node_errors: Meter::default(),
            head: Meter::default(),
            head_time: Meter::default(),
        }
    }
}

impl Meters {
    pub fn acts(&self, duty: Duty) -> u64 {
        self.acts.get(&duty).map_or(0, Meter::get)
    }

    pub(super) fn acted(&self, duty: Duty, gas: u64) {
        if let Some(meter) = self.acts.get(&duty) {
            meter.add(1);
        }
        self.gas.add(gas);
        self.pulse.beat();
    }

    pub(super) fn finish(&self, head: Head) {
        self.head.set(head.number);
        self.head_time.set(head.time);
        self.pulse.beat();
    }

    /// Waits until the meters are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let name = "surety_keeper_acts_total";
        let _ = writeln!(text, "# HELP {name} Transactions that did a duty.\n# TYPE {name} counter");
        for (duty, meter) in &self.acts {
            let _ = writeln!(text, "{name}{{duty=\"{duty}\"}} {}", meter.get());
        }
        let postponed = "Due duties that were put off for gas, fee, or something that is missing";
        text + &meter::render(
            "surety_keeper",
            [
                ("refusals_total", "Calls that the simulation refused", "counter", self.refusals.get()),
                ("postponed_total", postponed, "counter", self.postponed.get()),
                ("failures_total", "Transactions that failed", "counter", self.failures.get()),
                ("gas_total", "Gas spent", "counter", self.gas.get()),
                ("node_errors_total", "Looks at the node that failed", "counter", self.node_errors.get()),
                ("head_block", "Number of the last block seen", "gauge", self.head.get()),
                ("head_timestamp_seconds", "Time of the last block seen", "gauge", self.head_time.get()),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_name_with_a_number() {
        let meters = Meters::default();
        meters.acted(Duty::Renew, 80_000);
        let text = meters.render();
        assert!(text.contains("\nsurety_keeper_acts_total{duty=\"renew\"} 1\n"), "{text}");
        assert!(text.contains("\nsurety_keeper_gas_total 80000\n"), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.split_once(' ').expect("a name and a value");
            assert!(name.starts_with("surety_keeper_") && value.parse::<u64>().is_ok(), "{line}");
        }
    }
}
