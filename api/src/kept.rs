//! What follows from a question and the state of the tables, such as totals of lists: computed once for both.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::Result;

/// More different questions than this between two blocks are answered each for itself.
const QUESTIONS_MAX: usize = 10_000;

/// Invariant: `answers` belong to journal entry `seq`, the newest that any request saw.
#[derive(Debug)]
struct Answers<T> {
    seq: i64,
    answers: HashMap<u64, Arc<OnceCell<T>>>,
}

#[derive(Debug)]
pub(crate) struct Kept<T>(Mutex<Answers<T>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Answers { seq: 0, answers: HashMap::new() }))
    }
}

impl<T: Clone> Kept<T> {
    /// The answer to the question that `binding` names at journal entry `seq`; `find` runs only where nobody asked yet.
    pub(crate) async fn get(&self, seq: i64, binding: u64, find: impl Future<Output = Result<T>>) -> Result<T> {
        match self.cell(seq, binding) {
            Some(cell) => cell.get_or_try_init(|| find).await.cloned(),
            None => find.await,
        }
    }

    fn cell(&self, seq: i64, binding: u64) -> Option<Arc<OnceCell<T>>> {
        // A panic while answering leaves the map whole, so a poisoned lock is still good.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seq > known.seq {
            *known = Answers { seq, answers: HashMap::new() };
        }
        let is_full = known.answers.len() >= QUESTIONS_MAX && !known.answers.contains_key(&binding);
        // A request that reads an older state than the newest answers for itself.
        if seq < known.seq || is_full { None } else { Some(known.answers.entry(binding).or_default().clone()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_question_is_answered_once_per_state() {
        let totals = Kept::default();
        let counted = AtomicI64::new(0);
        let count = || async { Ok(counted.fetch_add(1, Ordering::Relaxed)) };
        let mut seen = Vec::new();
        for (seq, binding) in [(1, 7), (1, 7), (1, 8), (2, 7), (1, 7), (2, 7)] {
            seen.push(totals.get(seq, binding, count()).await.expect("counting cannot fail"));
        }
        assert_eq!(seen, [0, 0, 1, 2, 3, 2]);
    }
}
