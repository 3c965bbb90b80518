//! Transactions that outlive their request: as long as the tables stay as they are, the next request may read the same
//! moment, and saves the round trips of beginning one and of reading how far the chain was indexed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Executor as _, Postgres, Transaction};

use crate::snapshot::Head;

/// What makes `Plans::Once`, within a transaction.
pub(crate) const PLAN_ONCE: &str = "set local plan_cache_mode = force_generic_plan";

/// How often Postgres plans a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plans {
    /// Each time, with the values of its parameters.
    #[default]
    Each,
    /// Once a connection: for what is read by key, where planning takes longer than reading.
    Once,
}

/// An open repeatable-read transaction, no statement of which failed, and what it sees.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) db: Transaction<'static, Postgres>,
    pub(crate) head: Head,
    pub(crate) begun: Instant,
    pub(crate) plans: Plans,
}

impl Moment {
    /// Has its statements planned that way from now on.
    pub(crate) async fn plan(&mut self, plans: Plans) -> sqlx::Result<()> {
        if self.plans != plans {
            let statement = match plans {
                Plans::Each => "set local plan_cache_mode = force_custom_plan",
                Plans::Once => PLAN_ONCE,
            };
            self.db.execute(statement).await?;
            self.plans = plans;
        }
        Ok(())
    }
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

    /// A moment at `newest`, if one is held, with these plans if there is a choice. Others end, so that their connections
    /// are free.
    pub(crate) fn take(&self, newest: Option<Head>, plans: Plans) -> Option<Moment> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|moment| Some(moment.head) == newest && moment.begun.elapsed() < self.hold);
        let same = idle.iter().rposition(|moment| moment.plans == plans);
        same.map(|place| idle.swap_remove(place)).or_else(|| idle.pop())
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
