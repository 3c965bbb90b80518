//! What a prober counts, for people and for Prometheus.

use std::fmt::Write as _;

use crate::meter::{Meter, Pulse};

/// Counts since the program was started, but for the head: the last one after which all was done that can be.
#[derive(Debug, Default)]
pub struct Counts {
    pub(super) pulse: Pulse,
    pub head: Meter,
    pub targets: Meter,
    pub probes: Meter,
    pub misses: Meter,
    pub reports: Meter,
    pub failovers: Meter,
    pub days: Meter,
    pub late: Meter,
    pub failures: Meter,
}

impl Counts {
    /// Waits until the counts are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (name, help, kind, meter) in [
            ("head_block", "Number of the last block seen", "gauge", &self.head),
            ("targets", "Servings that it is drawn for", "gauge", &self.targets),
            ("probes_total", "Workloads that were asked", "counter", &self.probes),
            ("misses_total", "Of them those that did not answer, or wrongly", "counter", &self.misses),
            ("reports_total", "Reports of a quorum's statements", "counter", &self.reports),
            ("failovers_total", "Slots taken from providers that were gone", "counter", &self.failovers),
            ("days_total", "Days opened", "counter", &self.days),
            ("late_total", "Acts that were nobody's need any more, as somebody else was first", "counter", &self.late),
            ("failures_total", "Steps that failed and are tried again", "counter", &self.failures),
        ] {
            let name = format!("surety_prober_{name}");
            let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {}", meter.get());
        }
        text
    }
}
