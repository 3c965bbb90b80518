//! What an operator can set, and the connection to Postgres that follows from it.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// A statement that runs longer is ended by Postgres.
const STATEMENT_TIMEOUT: &str = "5s";
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a transaction may sit idle, as after a caller that went away.
const IDLE_TIMEOUT: &str = "15s";

/// What `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: PgConnectOptions,
    /// Most connections to Postgres for requests: as many are answered at a time. Four more are for all else.
    pub connections: u32,
    /// How long a request may read the moment of another one before it, while no newer state is known of; zero: never.
    pub hold: Duration,
    /// Most requests a second from one address, in bursts of ten times as many; none: no limit.
    pub rate_per_second: Option<NonZeroU32>,
}

impl Config {
    pub fn new(database: PgConnectOptions) -> Self {
        Self { database, connections: 16, hold: Duration::ZERO, rate_per_second: None }
    }

    /// Connects, so that a wrong address or password shows at start-up.
    pub(crate) async fn connect(&self, connections: u32) -> Result<PgPool> {
        let options = self.database.clone().application_name("surety-api").options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
            // The role may be allowed to write; this program is not.
            ("default_transaction_read_only", "on"),
            // Items, totals and the block in the reply's header come from one moment.
            ("default_transaction_isolation", r"repeatable\ read"),
            // Filters are nullable parameters and sorts are names: planning with their values folds away what is
            // not used and finds the index that a generic plan could not.
            ("plan_cache_mode", "force_custom_plan"),
            // Views of many parts look expensive to the planner, and compiling them takes longer than running them.
            ("jit", "off"),
        ]);
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .with_context(|| {
                let (host, port) = (self.database.get_host(), self.database.get_port());
                format!("cannot connect to Postgres at {host}:{port}; is DATABASE_URL right and the server up?")
            })
    }
}
