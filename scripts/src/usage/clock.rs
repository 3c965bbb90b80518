//! Chain time between heads: it goes on where a node does not.

use std::time::Instant;

/// The time of a head, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// In seconds.
    pub time: u64,
    came: Instant,
}

impl Clock {
    /// A head of this time that came now.
    pub fn at(time: u64) -> Self {
        Self { time, came: Instant::now() }
    }

    /// For how many seconds there was no other.
    pub fn age(&self) -> u64 {
        self.age_at(Instant::now())
    }

    fn age_at(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.came).as_secs()
    }

    /// What time it is by now, as far as can be told without a newer head.
    pub fn by_now(&self) -> u64 {
        self.time.saturating_add(self.age())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::at(0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_goes_on_while_no_head_comes() {
        let clock = Clock::at(1_000);
        assert_eq!(clock.age_at(clock.came + Duration::from_secs(3_600)), 3_600);
        assert_eq!(clock.age_at(clock.came + Duration::from_millis(999)), 0);
        let old = Clock { came: clock.came - Duration::from_secs(60), ..clock };
        assert!(old.by_now() >= 1_060);
    }
}
