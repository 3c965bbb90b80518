//! What an operator can set, and the connection to Postgres that follows from it.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tracing::warn;

use crate::error::is_unavailable;

/// Where the addresses come from, as errors name it.
pub(crate) const DATABASE: &str = "DATABASE_URL";
const REPLICA: &str = "REPLICA_URL";
/// A statement that runs longer is ended by Postgres.
const STATEMENT_TIMEOUT: &str = "5s";
/// Connections beside those for requests.
const SIDE_CONNECTIONS: u32 = 3;
const STREAM_CONNECTIONS: u32 = 3;
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a transaction may sit idle, as after a caller that went away.
const IDLE_TIMEOUT: &str = "15s";

/// What `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    pub database: PgConnectOptions,
    /// A streaming replica that is read instead, as long as it is there and has what a caller asks for.
    pub replica: Option<PgConnectOptions>,
    /// How long the replica may lack what the primary has, before the primary is read.
    pub replica_lag_max: Duration,
    /// Most connections to Postgres for requests: as many are answered at a time. Six more are for all else.
    pub connections: u32,
    /// How long a request may read the moment of another one before it, while no newer state is known of; zero: never.
    pub hold: Duration,
    /// Most requests a second from one address, in bursts of ten times as many; none: no limit.
    pub rate_per_second: Option<NonZeroU32>,
}

impl Config {
    pub fn new(database: PgConnectOptions) -> Self {
        Self {
            database,
            replica: None,
            replica_lag_max: Duration::from_secs(10),
            connections: 16,
            hold: Duration::ZERO,
            rate_per_second: None,
        }
    }

    /// Connects, so that a wrong address or password shows at start-up. A replica may be away: it is used when it comes.
    pub(crate) async fn connect(&self) -> Result<(Pools, Option<Pools>)> {
        let primary = Pools {
            requests: Self::pool(&self.database, DATABASE, self.connections).await?,
            side: Self::pool(&self.database, DATABASE, SIDE_CONNECTIONS).await?,
            streams: Self::pool(&self.database, DATABASE, STREAM_CONNECTIONS).await?,
        };
        let Some(database) = &self.replica else { return Ok((primary, None)) };
        let replica = Pools {
            requests: Self::options(self.connections).connect_lazy_with(Self::session(database)),
            side: Self::options(SIDE_CONNECTIONS).connect_lazy_with(Self::session(database)),
            streams: Self::options(STREAM_CONNECTIONS).connect_lazy_with(Self::session(database)),
        };
        match replica.side.acquire().await {
            Ok(_) => {}
            Err(error) if is_unavailable(&error) => {
                warn!(%error, "the replica is away, so the primary answers until it is there: {error}");
            }
            Err(error) => return Err(error).with_context(|| Self::complaint(database, REPLICA)),
        }
        Ok((primary, Some(replica)))
    }

    pub(crate) async fn pool(database: &PgConnectOptions, name: &str, connections: u32) -> Result<PgPool> {
        let connected = Self::options(connections).connect_with(Self::session(database)).await;
        connected.with_context(|| Self::complaint(database, name))
    }

    fn complaint(database: &PgConnectOptions, name: &str) -> String {
        let (host, port) = (database.get_host(), database.get_port());
        format!("cannot connect to Postgres at {host}:{port}; is {name} right and the server up?")
    }

    fn options(connections: u32) -> PgPoolOptions {
        PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
    }

    fn session(database: &PgConnectOptions) -> PgConnectOptions {
        database.clone().application_name("surety-api").options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
            // The role may be allowed to write; this program is not.
            ("default_transaction_read_only", "on"),
            // Items, totals and the block in the reply's header come from one moment.
            ("default_transaction_isolation", r"repeatable\ read"),
            // Filters are nullable parameters and sorts are names: planning with their values folds away what is
            // not used and finds the index that a generic plan could not.
            ("plan_cache_mode", "force_custom_plan"),
            // A page ends after some rows. A merge join reads the other table up to where the page begins, and a
            // memory for thousands of rows takes longer to make than the page.
            ("enable_mergejoin", "off"),
            ("enable_memoize", "off"),
            // Views of many parts look expensive to the planner, and compiling them takes longer than running them.
            ("jit", "off"),
        ])
    }
}

/// Connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    pub(crate) requests: PgPool,
    /// For the journal's follower and health, which must wait for nobody.
    pub(crate) side: PgPool,
    /// For streams, which must not wait for requests.
    pub(crate) streams: PgPool,
}

impl Pools {
    pub(crate) async fn close(&self) {
        self.requests.close().await;
        self.side.close().await;
        self.streams.close().await;
    }
}
