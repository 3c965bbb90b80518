//! Transactions that outlive their request: as long as the tables stay as they are, the next request may read the same
//! moment, and saves the round trips of beginning one and of reading how far the chain was indexed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Postgres, Transaction};

use crate::snapshot::Head;

/// An open repeatable-read transaction, no statement of which failed, and what it sees.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) db: Transaction<'static, Postgres>,
    pub(crate) head: Head,
    pub(crate) begun: Instant,
}

/// Invariant: no moment here is older than `hold` when it is taken, nor of another head than the newest that is known.
#[derive(Debug)]
pub(crate) struct Held {
    idle: Mutex<Vec<Moment>>,
    hold: Duration,
}

impl Held {
    pub(crate) fn new(hold: Duration) -> Self {
        Self { idle: Mutex::default(), hold }
    }

    /// A moment at `newest`, if one is held. Others end, so that their connections are free.
    pub(crate) fn take(&self, newest: Option<Head>) -> Option<Moment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(moment) = idle.pop() {
            if Some(moment.head) == newest && moment.begun.elapsed() < self.hold {
                return Some(moment);
            }
        }
        None
    }

    pub(crate) fn put(&self, moment: Moment) {
        if moment.begun.elapsed() < self.hold {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(moment);
        }
    }

    /// Ends what nobody asked for in time: an open transaction keeps Postgres from cleaning up behind it.
    pub(crate) fn sweep(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|moment| moment.begun.elapsed() < self.hold);
    }

    pub(crate) fn end(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
