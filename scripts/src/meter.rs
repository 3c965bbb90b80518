//! Numbers that a running program shows, and how to wait for them.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// A number that many threads change.
#[derive(Debug, Default)]
pub struct Meter(AtomicU64);

impl Meter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// In the text format of Prometheus: each with its name after `prefix`, what it is, its kind, and its value.
pub(crate) fn render<'a>(prefix: &str, meters: impl IntoIterator<Item = (&'a str, &'a str, &'a str, u64)>) -> String {
    let mut text = String::new();
    for (name, help, kind, value) in meters {
        let name = format!("{prefix}_{name}");
        let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}");
    }
    text
}

/// Beats after numbers have changed, for whoever waits for them.
#[derive(Debug, Default)]
pub struct Pulse(watch::Sender<()>);

impl Pulse {
    pub(crate) fn beat(&self) {
        self.0.send_replace(());
    }

    /// Waits until it is so, looking at each beat.
    pub async fn until(&self, is_wanted: impl Fn() -> bool) {
        let mut beats = self.0.subscribe();
        while !is_wanted() {
            // The sender is in `self`, so it does not end before us.
            let _ = beats.changed().await;
        }
    }
}
