//! The program `surety-indexer`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use indexer::traces::{self, Exporter};
use indexer::{Config, Deployment, Status};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{EnvFilter, prelude::*};

/// Copies the contracts' events into Postgres and keeps the state of the network up to date with them.
#[derive(Debug, Parser)]
#[command(name = "surety-indexer", version)]
struct Arguments {
    /// Postgres, as a URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The node; of several by comma a majority has to agree on the head. `ws` tells of blocks sooner.
    #[arg(long, env = "RPC_URL", hide_env_values = true)]
    rpc_url: String,
    /// So many nodes have to agree on the head, instead of a majority.
    #[arg(long)]
    rpc_quorum: Option<usize>,
    /// One in so many readings of logs is compared with another node's, block by block.
    #[arg(long, default_value_t = 16)]
    sample: u64,
    /// Blocks that may be missing while `/readyz` says yes.
    #[arg(long, default_value_t = 8)]
    ready_lag: u64,
    /// The deployment file, `contracts/deployments/<chain-id>.json`.
    #[arg(long, env = "SURETY_DEPLOYMENT")]
    deployment: PathBuf,
    /// Where health and metrics are served.
    #[arg(long, env = "SURETY_INDEXER_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let exporter = match start_logs() {
        Ok(exporter) => exporter,
        Err(error) => {
            eprintln!("surety-indexer: {error:#}");
            return ExitCode::from(2);
        }
    };
    let ended = run(Arguments::parse()).await;
    if let Some(exporter) = exporter {
        exporter.flush().await;
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Lines on stderr, and spans for a collector where there is one.
fn start_logs() -> Result<Option<Exporter>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty());
    let traced = endpoint.map(|endpoint| traces::to(&endpoint)).transpose()?;
    let (spans, exporter) = traced.unzip();
    let ours = Targets::new().with_target("indexer", LevelFilter::DEBUG);
    tracing_subscriber::registry().with(lines).with(spans.map(|spans| spans.with_filter(ours))).init();
    Ok(exporter)
}

async fn run(arguments: Arguments) -> Result<()> {
    let deployment = Deployment::read(&arguments.deployment)?;
    let database = arguments.database_url.parse().context("DATABASE_URL is not the URL of a Postgres")?;
    let mut config = Config::new(database, &arguments.rpc_url, deployment)?;
    config.listen = Some(arguments.listen);
    config.quorum = arguments.rpc_quorum.unwrap_or(config.quorum);
    (config.sample, config.ready_lag) = (arguments.sample, arguments.ready_lag);
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
