//! What a prober counts, for people and for Prometheus.

use crate::meter::{self, Meter, Pulse};

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
    pub seals: Meter,
    pub reveals: Meter,
    pub decisions: Meter,
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
        meter::render(
            "surety_prober",
            [
                ("head_block", "Number of the last block seen", "gauge", self.head.get()),
                ("targets", "Servings that it is drawn for", "gauge", self.targets.get()),
                ("probes_total", "Workloads that were asked", "counter", self.probes.get()),
                ("misses_total", "Of them those that did not answer, or wrongly", "counter", self.misses.get()),
                ("reports_total", "Reports of a quorum's statements", "counter", self.reports.get()),
                ("failovers_total", "Slots taken from providers that were gone", "counter", self.failovers.get()),
                ("days_total", "Days opened", "counter", self.days.get()),
                ("seals_total", "Jobs whose outputs were computed again and sealed", "counter", self.seals.get()),
                ("reveals_total", "Of them those that were revealed", "counter", self.reveals.get()),
                ("decisions_total", "Jobs that were finished or closed", "counter", self.decisions.get()),
                (
                    "late_total",
                    "Acts that were nobody's need any more, as somebody else was first",
                    "counter",
                    self.late.get(),
                ),
                ("failures_total", "Steps that failed and are tried again", "counter", self.failures.get()),
            ],
        )
    }
}
