//! What a prover counts, for people and for Prometheus.

use std::fmt::Write as _;

use crate::blocks::Head;
use crate::capacity::solver::Tally;
use crate::meter::{self, Meter, Pulse};

/// Counts since the program was started, but for the head: the last one after which all was done.
#[derive(Debug, Default)]
pub struct Meters {
    pulse: Pulse,
    pub leaves: Meter,
    pub commits: Meter,
    pub claimed: Meter,
    pub draws: Meter,
    pub answers: Meter,
    pub deliveries: Meter,
    pub credits: Meter,
    pub dropped: Meter,
    pub lost: Meter,
    pub failures: Meter,
    pub node_errors: Meter,
    pub head: Meter,
    pub head_time: Meter,
}

impl Meters {
    pub(super) fn finish(&self, head: Head) {
        self.head.set(head.number);
        self.head_time.set(head.time);
        self.pulse();
    }

    pub(super) fn pulse(&self) {
        self.pulse.beat();
    }

    /// Waits until the meters are as wanted.
    pub async fn until(&self, is_wanted: impl Fn(&Self) -> bool) {
        self.pulse.until(|| is_wanted(self)).await;
    }

    /// In the text format of Prometheus.
    pub fn render(&self, tally: &Tally) -> String {
        let busy = u64::try_from(tally.busy.as_millis()).unwrap_or(u64::MAX);
        let counters = [
            ("solutions_total", "Solutions of puzzles, whatever their hash", "counter", tally.solutions),
            ("leaves_total", "Leaves found and kept", "counter", self.leaves.get()),
            ("commits_total", "Windows committed", "counter", self.commits.get()),
            ("claimed_leaves_total", "Leaves of committed windows", "counter", self.claimed.get()),
            ("draws_total", "Claims drawn", "counter", self.draws.get()),
            ("audits_answered_total", "Audits answered", "counter", self.answers.get()),
            ("demands_answered_total", "Demanded leaves delivered", "counter", self.deliveries.get()),
            ("epochs_credited_total", "Epochs credited", "counter", self.credits.get()),
            ("windows_dropped_total", "Windows whose seed a reorganisation changed", "counter", self.dropped.get()),
            ("windows_lost_total", "Windows that were not committed in time", "counter", self.lost.get()),
            ("failures_total", "Steps that failed and are tried again", "counter", self.failures.get()),
            ("node_errors_total", "Looks at the node that failed", "counter", self.node_errors.get()),
        ];
        let mut text = meter::render("surety_prover", counters);
        let name = "surety_prover_solving_seconds_total";
        let (seconds, thousandths) = (busy / 1_000, busy % 1_000);
        let _ = writeln!(text, "# HELP {name} Time of threads spent solving.\n# TYPE {name} counter");
        let _ = writeln!(text, "{name} {seconds}.{thousandths:03}");
        let head = [
            ("head_block", "Number of the last block seen", "gauge", self.head.get()),
            ("head_timestamp_seconds", "Time of the last block seen", "gauge", self.head_time.get()),
        ];
        text + &meter::render("surety_prover", head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_line_is_a_comment_or_a_name_with_a_number() {
        let meters = Meters::default();
        meters.leaves.add(3);
        let text = meters.render(&Tally { solutions: 7, found: 3, busy: Duration::from_millis(1_050) });
        assert!(text.contains("\nsurety_prover_leaves_total 3\n"), "{text}");
        assert!(text.contains("\nsurety_prover_solving_seconds_total 1.050\n"), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.split_once(' ').expect("a name and a value");
            assert!(name.starts_with("surety_prover_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
