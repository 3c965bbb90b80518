//! What follows from a question and the state of the tables, such as totals of lists: computed once for both.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, watch};

use crate::error::Result;
use crate::snapshot::Head;

/// More different questions than this between two blocks are answered each for itself.
const QUESTIONS_MAX: usize = 10_000;

/// Answers of so many bytes are kept; beyond, whoever asks later is answered for himself.
const BYTES_MAX: usize = 32 << 20;

/// What is worth keeping, if it is not too long.
pub(crate) trait Answer: Clone {
    /// About how much memory it takes.
    fn bytes(&self) -> usize;
}

impl Answer for i64 {
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// Invariants:
/// 1. `answers` belong to journal entry `seq`, the newest that any request saw.
/// 2. Those that are made take `bytes`, at most `BYTES_MAX`.
#[derive(Debug)]
struct Answers<T> {
    seq: i64,
    answers: HashMap<u64, Arc<OnceCell<T>>>,
    bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Kept<T> {
    known: Mutex<Answers<T>>,
    /// What most requests see, where some see more: these answer for themselves, or all others had to.
    limit: Option<watch::Receiver<Option<Head>>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::new(None)
    }
}

impl<T> Kept<T> {
    pub(crate) fn new(limit: Option<watch::Receiver<Option<Head>>>) -> Self {
        Self { known: Mutex::new(Answers { seq: 0, answers: HashMap::new(), bytes: 0 }), limit }
    }
}

impl<T: Answer> Kept<T> {
    /// The answer to the question that `binding` names at journal entry `seq`; `find` runs only where nobody asked yet.
    pub(crate) async fn get(&self, seq: i64, binding: u64, find: impl Future<Output = Result<T>>) -> Result<T> {
        match self.cell(seq, binding) {
            Some(cell) => {
                let find = async {
                    let answer = find.await?;
                    self.weigh(seq, binding, answer.bytes());
                    Ok(answer)
                };
                cell.get_or_try_init(|| find).await.cloned()
            }
            None => find.await,
        }
    }

    /// How many questions are known, and the bytes of their answers.
    pub(crate) fn size(&self) -> (usize, usize) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (known.answers.len(), known.bytes)
    }

    /// Forgets an answer for which there is no room: who waits for it has it still.
    fn weigh(&self, seq: i64, binding: u64, bytes: usize) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.seq != seq {
            return;
        }
        match known.bytes.checked_add(bytes).filter(|sum| *sum <= BYTES_MAX) {
            Some(sum) => known.bytes = sum,
            None => drop(known.answers.remove(&binding)),
        }
    }

    fn cell(&self, seq: i64, binding: u64) -> Option<Arc<OnceCell<T>>> {
        if self.limit.as_ref().is_some_and(|limit| limit.borrow().is_none_or(|head| seq > head.seq)) {
            return None;
        }
        // A panic while answering leaves the map whole, so a poisoned lock is still good.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if seq > known.seq {
            *known = Answers { seq, answers: HashMap::new(), bytes: 0 };
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

    /// Nothing but a length.
    #[derive(Clone, Debug)]
    struct Long(usize);

    impl Answer for Long {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[tokio::test]
    async fn what_is_kept_takes_so_many_bytes() {
        let kept = Kept::default();
        for binding in 0..100 {
            let answer = kept.get(1, binding, async { Ok(Long(2 << 20)) }).await.expect("it is there");
            assert_eq!(answer.bytes(), 2 << 20);
        }
        assert_eq!(kept.size(), (16, 32 << 20));
        kept.get(2, 0, async { Ok(Long(7)) }).await.expect("it is there");
        assert_eq!(kept.size(), (1, 7));
    }
}
