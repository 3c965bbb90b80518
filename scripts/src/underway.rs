//! What goes on beside the look at the chain, and what it is of: an act, a job, a customer.

use std::collections::HashMap;

use anyhow::Result;
use tokio::task::{Id, JoinSet};

/// Invariants:
/// 1. Each that begins ends, also where it panics: that is a failure like any other, and it may begin again.
#[derive(Debug)]
pub(crate) struct Underway<K, T> {
    running: JoinSet<Result<T>>,
    of: HashMap<Id, K>,
}

impl<K, T> Default for Underway<K, T> {
    fn default() -> Self {
        Self { running: JoinSet::new(), of: HashMap::new() }
    }
}

impl<K: PartialEq, T: Send + 'static> Underway<K, T> {
    pub(crate) fn begin(&mut self, of: K, running: impl Future<Output = Result<T>> + Send + 'static) {
        self.of.insert(self.running.spawn(running).id(), of);
    }

    pub(crate) fn has(&self, of: &K) -> bool {
        self.of.values().any(|other| other == of)
    }

    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    /// One that has ended since, and what came of it.
    pub(crate) fn ended(&mut self) -> Option<(K, Result<T>)> {
        let (id, came) = match self.running.try_join_next_with_id()? {
            Ok((id, came)) => (id, came),
            Err(error) => (error.id(), Err(error.into())),
        };
        let of = self.of.remove(&id).expect("each that begins is entered");
        Some((of, came))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_has_failed_and_may_begin_again() -> Result<()> {
        let mut underway = Underway::default();
        underway.begin("panics", async { panic!("a bug of ours") });
        underway.begin("ends", async { Ok(7) });
        assert!(underway.has(&"panics") && underway.has(&"ends") && underway.len() == 2);
        let mut ended = Vec::new();
        while !underway.running.is_empty() {
            ended.extend(underway.ended());
            tokio::task::yield_now().await;
        }
        ended.sort_by_key(|(of, _)| *of);
        assert!(matches!(&ended[..], [("ends", Ok(7)), ("panics", Err(_))]), "{ended:?}");
        assert_eq!(underway.len(), 0);
        underway.begin("panics", async { Ok(8) });
        assert!(underway.has(&"panics"));
        Ok(())
    }
}
