//! `surety-api`: reads flags and environment, serves until it is told to stop.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use api::Config;
use clap::Parser;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Answers questions about the network over HTTP, from the tables that surety-indexer writes.
#[derive(Debug, Parser)]
#[command(name = "surety-api", version)]
struct Arguments {
    /// Postgres that surety-indexer writes to.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,

    /// A streaming replica to read from; what it does not have yet is read from DATABASE_URL.
    #[arg(long, env = "REPLICA_URL", hide_env_values = true)]
    replica_url: Option<String>,

    /// Seconds for which the replica may lack what DATABASE_URL has; above, answers come from there.
    #[arg(long, default_value_t = 10)]
    replica_lag_max: u64,

    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,

    /// Most connections to Postgres.
    #[arg(long, default_value_t = 16)]
    connections: u32,

    /// Milliseconds for which a request may read the moment of another one before it, while no newer block is known of.
    #[arg(long, default_value_t = 50)]
    hold_ms: u64,

    /// Most requests a second from one address. Not behind a proxy: there all requests come from one.
    #[arg(long)]
    rate_per_second: Option<NonZeroU32>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("surety-api: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    // Not by clap, whose complaint would repeat the password.
    let database: PgConnectOptions =
        arguments.database_url.parse().context("DATABASE_URL is not the URL of a Postgres")?;
    let replica = arguments.replica_url.map(|url| url.parse().context("REPLICA_URL is not the URL of a Postgres"));
    let replica: Option<PgConnectOptions> = replica.transpose()?;
    let (bind, port) = (arguments.bind, arguments.port);
    let listener =
        TcpListener::bind((bind, port)).await.with_context(|| format!("cannot listen on {bind}, port {port}"))?;
    let config = Config {
        replica,
        replica_lag_max: Duration::from_secs(arguments.replica_lag_max),
        connections: arguments.connections,
        hold: Duration::from_millis(arguments.hold_ms),
        rate_per_second: arguments.rate_per_second,
        ..Config::new(database)
    };
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    api::serve(listener, config, async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    })
    .await
}
