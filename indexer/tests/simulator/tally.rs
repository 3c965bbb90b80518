//! What seeds met, so that nobody believes in a simulator that does nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;

use metrics_exporter_prometheus::PrometheusBuilder;

pub(crate) const REPEATED: &str = "seeds that ran twice in the same way";

/// Everything that can happen; each has to, somewhere in the seeds of the test command.
const MET: [&str; 44] = [
    "blocks mined",
    "branches",
    "heads switched",
    "answers of a side branch",
    "answers behind",
    "logs forgotten of a block",
    "logs forgotten of a contract",
    "logs forgotten of a part of a block",
    "answers: away",
    "answers: cut off",
    "answers: of a batch missing",
    "answers: refused",
    "answers overtaken",
    "sockets opened",
    "sockets refused",
    "sockets cut",
    "wishes to be told refused",
    "heads told",
    "nodes stuck to the end",
    "nodes away to the end",
    "connections cut before a statement",
    "connections cut within a statement",
    "connections cut after a statement",
    "statements refused: conflict",
    "statements refused: deadlock",
    "statements refused: full disk",
    "statements refused: operator",
    "kills before a request",
    "kills before a statement",
    "kills within a request",
    "kills within a statement",
    "kills after a statement",
    "kills of a leader beside a standby",
    "leads taken",
    "journal entries",
    "rollbacks of 1 block",
    "rollbacks of 2 to 4 blocks",
    "rollbacks of 5 to 30 blocks",
    "turns",
    "nodes disagreed",
    "filters found something missing",
    "ranges shrunk",
    "tables cut into ranges",
    REPEATED,
];

/// What indexers count themselves.
const COUNTED: [(&str, &str); 3] = [
    ("surety_indexer_disagreements_total", "nodes disagreed"),
    ("surety_indexer_incomplete_total", "filters found something missing"),
    ("surety_indexer_ranges_shrunk_total", "ranges shrunk"),
];

#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn add(&self, what: &'static str, count: u64) {
        assert!(MET.contains(&what), "{what} is counted and not expected");
        *self.0.lock().expect("nobody panics with it").entry(what).or_default() += count;
    }

    /// Adds what indexers did on this thread.
    pub(crate) fn count<T>(&self, work: impl FnOnce() -> T) -> T {
        let recorder = PrometheusBuilder::new().build_recorder();
        let done = metrics::with_local_recorder(&recorder, work);
        for line in recorder.handle().render().lines() {
            let Some((name, value)) = line.split_once(' ') else { continue };
            let counted = COUNTED.iter().find(|(metric, _)| *metric == name);
            if let (Some((_, what)), Ok(count)) = (counted, value.parse()) {
                self.add(what, count);
            }
        }
        done
    }

    pub(crate) fn of(&self, what: &'static str) -> u64 {
        self.0.lock().expect("nobody panics with it").get(what).copied().unwrap_or_default()
    }

    pub(crate) fn unmet(&self) -> Vec<&'static str> {
        MET.into_iter().filter(|what| self.of(what) == 0).collect()
    }

    pub(crate) fn print(&self) {
        for what in MET {
            println!("{:>9} {what}", self.of(what));
        }
    }
}
