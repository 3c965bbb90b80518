//! `cargo xtask bench NAME`: prints one JSON object a line.

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tests::bench::{api, backfill, gas, gateway, latency, matching, prover, replay};
use tracing_subscriber::EnvFilter;

/// Measures; stdout is one JSON object a line, stderr says what goes on.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Gas of whole transactions beside their budgets.
    Gas,
    /// Requests a second beside the same statements in a bare loop, and streams.
    Api {
        /// How long each side of each case is asked.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// As of `surety-api`.
        #[arg(long, default_value_t = 50)]
        hold_ms: u64,
        /// A Postgres that runs already.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: Option<String>,
    },
    /// From an empty database to the head of a chain of our own events.
    Backfill {
        #[arg(long, default_value_t = 1_000_000)]
        events: usize,
        /// A Postgres that runs already.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: Option<String>,
    },
    /// From a block to its rows, to an answer of the API, and from a leader's death to the rows of its successor.
    Latency {
        /// Blocks that are mined one after the other.
        #[arg(long, default_value_t = 500)]
        blocks: usize,
        /// Leaders that are killed.
        #[arg(long, default_value_t = 30)]
        kills: usize,
        /// A Postgres that runs already.
        #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
        database_url: Option<String>,
    },
    /// Solving and checking of Equi-X beside the crate alone, on one core.
    Prover {
        /// How long each side solves.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
    },
    /// Finding the cheapest set of offers on one core, beside plain enumeration of small markets.
    Matching {
        /// How often it is asked among 10,000 offers; among 100,000 a fifth of that.
        #[arg(long, default_value_t = 1_000)]
        requests: u64,
    },
    /// A real day of serverless functions, metered and paid by vouchers, beside a transaction for each invocation.
    Replay,
    /// Invocations through a customer's gateway to a provider's host, which `replay` measures as well.
    Gateway,
    /// One case of a bench, in a process of its own; its standard input says which.
    #[command(hide = true)]
    Case,
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,sqlx=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().bench {
        Bench::Gas => gas::run(),
        Bench::Api { seconds, hold_ms, database_url } => {
            let (time, hold) = (Duration::from_secs(seconds), Duration::from_millis(hold_ms));
            api::run(time, hold, database_url.as_deref()).await
        }
        Bench::Backfill { events, database_url } => backfill::run(events, database_url.as_deref()).await,
        Bench::Latency { blocks, kills, database_url } => latency::run(blocks, kills, database_url.as_deref()).await,
        Bench::Prover { seconds } => prover::run(seconds),
        Bench::Matching { requests } => matching::run(requests),
        Bench::Replay => replay::run().await,
        Bench::Gateway => gateway::run().await,
        Bench::Case => backfill::case(&serde_json::from_reader(std::io::stdin())?).await,
    }
}
