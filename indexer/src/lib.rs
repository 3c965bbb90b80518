//! Chain to Postgres: one row per event, and the state derived from them.

mod backfill;
mod complete;
mod config;
mod copy;
mod event;
mod facts;
mod finish;
mod heads;
mod health;
mod node;
mod nodes;
mod plan;
mod slot;
mod store;
mod sync;
pub mod traces;
mod wire;

use std::fmt;
use std::future::Future;

use anyhow::Result;
use tokio::sync::watch;

pub use config::{Config, Deployment};
pub use plan::Tip;

/// All tables, views and functions; the schema that the API reads.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// What the indexer does, for whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Starting,
    /// Another indexer leads.
    Standby,
    Backfilling,
    /// At the head of the chain, or less than a step behind it.
    Following,
    /// The node is behind what is indexed.
    Lagging,
    /// Something that passes went wrong; it is tried again.
    Retrying(String),
    /// Going on would be guessing.
    Halted(String),
    Stopped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    /// The last block whose facts and state are visible.
    pub indexed: Option<Tip>,
    /// The head that the nodes agree on.
    pub head: Option<u64>,
}

impl Status {
    /// The channel that `run` reports on.
    pub fn channel() -> (watch::Sender<Self>, watch::Receiver<Self>) {
        watch::channel(Self { state: State::Starting, indexed: None, head: None })
    }
}

/// Indexes until `shutdown`, or until something is wrong that trying again cannot mend.
///
/// What passes (a node or a Postgres that is away) is tried again with growing pauses. A fork below finality halts: the
/// program stays, answers `/readyz` with 503, and touches nothing.
pub async fn run(config: Config, status: watch::Sender<Status>, shutdown: impl Future<Output = ()>) -> Result<()> {
    sync::run(config, status, shutdown).await
}

/// An error that trying again cannot mend.
#[derive(Debug)]
pub(crate) struct Fatal(pub(crate) String);

impl fmt::Display for Fatal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Fatal {}

pub(crate) fn fatal(message: impl Into<String>) -> anyhow::Error {
    Fatal(message.into()).into()
}
