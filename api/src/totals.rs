//! Totals of lists, counted once per filter and state of the tables.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::Result;

/// More different filters than this between two blocks are counted each time.
const TOTALS_MAX: usize = 10_000;

/// Invariant: `counts` belong to journal entry `seq`, the newest that any request saw.
#[derive(Debug, Default)]
struct Counts {
    seq: i64,
    counts: HashMap<u64, Arc<OnceCell<i64>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Totals(Mutex<Counts>);

impl Totals {
    /// The total of the list that `binding` names at journal entry `seq`; `count` runs only where nobody counted yet.
    pub(crate) async fn get(&self, seq: i64, binding: u64, count: impl Future<Output = Result<i64>>) -> Result<i64> {
        match self.cell(seq, binding) {
            Some(cell) => cell.get_or_try_init(|| count).await.copied(),
            None => count.await,
        }
    }

    fn cell(&self, seq: i64, binding: u64) -> Option<Arc<OnceCell<i64>>> {
        // A panic while counting leaves the map whole, so a poisoned lock is still good.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seq > known.seq {
            *known = Counts { seq, counts: HashMap::new() };
        }
        let is_full = known.counts.len() >= TOTALS_MAX && !known.counts.contains_key(&binding);
        // A request that reads an older state than the newest counts for itself.
        if seq < known.seq || is_full { None } else { Some(known.counts.entry(binding).or_default().clone()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_filter_is_counted_once_per_state() {
        let totals = Totals::default();
        let counted = AtomicI64::new(0);
        let count = || async { Ok(counted.fetch_add(1, Ordering::Relaxed)) };
        let mut seen = Vec::new();
        for (seq, binding) in [(1, 7), (1, 7), (1, 8), (2, 7), (1, 7), (2, 7)] {
            seen.push(totals.get(seq, binding, count()).await.expect("counting cannot fail"));
        }
        assert_eq!(seen, [0, 0, 1, 2, 3, 2]);
    }
}
