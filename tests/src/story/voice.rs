//! What a reader of the story sees, on stderr: acts, what happens, and whether it is so.

use std::time::Instant;

/// Says what happens, and counts what should have happened and did not.
#[derive(Debug)]
pub struct Voice {
    begin: Instant,
    acts: u32,
    failed: Vec<String>,
    met: u32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { begin: Instant::now(), acts: 0, failed: Vec::new(), met: 0 }
    }
}

impl Voice {
    /// Begins an act; `why` says why a reader should care.
    pub fn act(&mut self, day: u64, title: &str, why: &str) {
        self.acts += 1;
        eprintln!("\n{}. {title}  (day {day})", self.acts);
        for line in why.lines() {
            eprintln!("   {line}");
        }
    }

    pub fn say(&self, line: impl AsRef<str>) {
        eprintln!("     {}", line.as_ref());
    }

    /// States what must be true now, as seen in `holds`.
    pub fn expect(&mut self, what: impl Into<String>, holds: bool) {
        let what = what.into();
        eprintln!("   {} {what}", if holds { "ok " } else { "NOT" });
        if holds {
            self.met += 1;
        } else {
            self.failed.push(what);
        }
    }

    /// The end: how much was checked, and what was not so.
    pub fn close(&self) {
        let seconds = self.begin.elapsed().as_secs();
        eprintln!("\n{} checks met, {} not, in {seconds} seconds.", self.met, self.failed.len());
        for what in &self.failed {
            eprintln!("   NOT {what}");
        }
    }

    /// Whether something was checked at all, and everything that was is so.
    pub fn is_true(&self) -> bool {
        self.met > 0 && self.failed.is_empty()
    }
}
