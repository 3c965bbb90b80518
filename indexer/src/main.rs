//! The program `surety-indexer`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use indexer::{Config, Deployment, Status};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};
use tracing_subscriber::EnvFilter;

/// Copies the contracts' events into Postgres and keeps the state of the network up to date with them.
#[derive(Debug, Parser)]
#[command(name = "surety-indexer", version)]
struct Arguments {
    /// Postgres, as a URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The node; of several by comma the first one with `ws` is used.
    #[arg(long, env = "RPC_URL", hide_env_values = true)]
    rpc_url: String,
    /// The deployment file, `contracts/deployments/<chain-id>.json`.
    #[arg(long, env = "SURETY_DEPLOYMENT")]
    deployment: PathBuf,
    /// Where health and metrics are served.
    #[arg(long, env = "SURETY_INDEXER_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let deployment = Deployment::read(&arguments.deployment)?;
    let database = arguments.database_url.parse().context("DATABASE_URL is not the URL of a Postgres")?;
    let mut config = Config::new(database, &arguments.rpc_url, deployment)?;
    config.listen = Some(arguments.listen);
    let (status, _) = Status::channel();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        info!("shutting down after what is under way");
    };
    indexer::run(config, status, shutdown).await
}
