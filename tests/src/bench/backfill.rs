//! How fast an empty index catches up, beside merely reading the same logs.

use std::process::{Command, Stdio};
use std::time::Duration;

use alloy::providers::{Provider as _, ProviderBuilder};
use alloy::rpc::types::Filter;
use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use indexer::{State, Status};
use scripts::deployment::Deployment;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use super::crowd::{self, Crowded};
use super::meter::{Meter, Usage};
use super::{Figure, thousandths};
use crate::server::Server;

/// As many as the indexer has.
const IN_FLIGHT: usize = 4;

/// Logs that a request of the floor aims at; with far more the node's answers get slower, with fewer there are more of them.
const LOGS_AT_ONCE: usize = 4_000;

const BENCH: &str = "backfill";

/// What a case needs to know; each runs in a process of its own, so that none sees the memory of another.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Case {
    pub name: String,
    pub rpc_url: String,
    pub database_url: String,
    pub deployment: String,
    pub blocks: u64,
    pub events: usize,
}

/// Makes the chain, then runs each case against it.
pub async fn run(events: usize, database_url: Option<&str>) -> Result<()> {
    eprintln!("Making a chain of {events} events of our own.");
    let Crowded { chain, deployment, events, blocks, .. } = crowd::make(events).await?;
    eprintln!("{events} events in {blocks} blocks.");
    let folder = tempfile::Builder::new().prefix("surety-bench-").tempdir()?;
    let file = folder.path().join("deployment.json");
    deployment.write(&file)?;
    let server = Server::start(database_url).await?;
    for name in ["floor", "surety"] {
        let case = Case {
            name: name.to_owned(),
            rpc_url: chain.url.replace("ws://", "http://"),
            database_url: server.url.clone(),
            deployment: file.display().to_string(),
            blocks,
            events,
        };
        let mut child = Command::new(std::env::current_exe()?).arg("case").stdin(Stdio::piped()).spawn()?;
        // Not as an argument: every process of the machine could read the password in it.
        serde_json::to_writer(child.stdin.take().context("a piped stream is missing")?, &case)?;
        ensure!(child.wait()?.success(), "the case {name} failed");
    }
    ratio(folder.path())?;
    server.end().await
}

/// One case, in the process that was started for it.
pub async fn case(case: &Case) -> Result<()> {
    match case.name.as_str() {
        "floor" => floor(case).await,
        "surety" => surety(case).await,
        other => anyhow::bail!("there is no case {other}"),
    }
}

/// Reads and parses all logs, and forgets them.
async fn floor(case: &Case) -> Result<()> {
    let deployment = Deployment::read(case.deployment.as_ref())?;
    let node = ProviderBuilder::new().disable_recommended_fillers().connect(&case.rpc_url).await?;
    let size = (u64::try_from(LOGS_AT_ONCE)? * case.blocks / u64::try_from(case.events)?).max(1);
    let meter = Meter::start(None).await?;
    let ranges = (deployment.first_block..=case.blocks).step_by(usize::try_from(size)?);
    let answers = ranges.map(|from| {
        let filter = Filter::new()
            .address(crowd::indexed(&deployment))
            .from_block(from)
            .to_block(case.blocks.min(from + size - 1));
        let node = &node;
        async move { node.get_logs(&filter).await }
    });
    let mut answers = futures::stream::iter(answers).buffered(IN_FLIGHT);
    let mut rows = 0;
    while let Some(logs) = answers.try_next().await? {
        rows += logs.len();
    }
    let usage = meter.read()?;
    keep(case, "floor", usage.elapsed)?;
    print("floor", usage, rows)
}

/// From an empty database to the head: all facts first, then indexes and state.
async fn surety(case: &Case) -> Result<()> {
    let database: PgConnectOptions = case.database_url.parse()?;
    let deployment = indexer::Deployment::read(case.deployment.as_ref())?;
    let config = indexer::Config::new(database.clone(), &case.rpc_url, deployment)?;
    let (sender, mut status) = Status::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let meter = Meter::start(Some(&database)).await?;
    let indexing = tokio::spawn(indexer::run(config, sender, async {
        // Whether it was sent or dropped: either way the bench is over.
        let _ = stopped.await;
    }));
    let last = case.blocks - crowd::FINALITY;
    status.wait_for(|status| status.indexed.is_some_and(|tip| tip.number >= last)).await.context("reading facts")?;
    let facts = meter.read()?;
    let is_over = |status: &Status| {
        let is_there = status.indexed.is_some_and(|tip| tip.number >= case.blocks);
        is_there && status.state == State::Following
    };
    status.wait_for(is_over).await.context("deriving state")?;
    let all = meter.read()?;
    let rows = rows(&database).await?;
    print("facts", facts, rows)?;
    print("surety", all, rows)?;
    keep(case, "surety", all.elapsed)?;
    served(&database).await?;
    // It waits for the signal alone.
    let _ = stop.send(());
    indexing.await?
}

/// The peak of an indexer that has caught up and an API that answers, in one process.
async fn served(database: &PgConnectOptions) -> Result<()> {
    const PATHS: [&str; 4] = ["/v1/network", "/v1/deals?limit=200", "/v1/providers?limit=200", "/v1/events?limit=200"];
    const ROUNDS: usize = 25;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(api::serve(listener, api::Config::new(database.clone()), async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build()?;
    for path in PATHS.iter().cycle().take(PATHS.len() * ROUNDS) {
        let answer = client.get(format!("{url}{path}")).send().await?;
        ensure!(answer.status().is_success(), "{path} answers {}", answer.status());
        answer.bytes().await?;
    }
    let peak = Meter::start(None).await?.read()?.peak_kib;
    figure("surety_and_api", "peak_mb", thousandths(u128::from(peak) * 1_000 / 1_024)?, "MB")?;
    let _ = stop.send(());
    serving.await?
}

async fn rows(database: &PgConnectOptions) -> Result<usize> {
    let mut connection = PgConnection::connect_with(database).await?;
    let rows: i64 = sqlx::query_scalar("select count(*) from event").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(usize::try_from(rows)?)
}

fn print(case: &str, usage: Usage, rows: usize) -> Result<()> {
    figure(case, "seconds", seconds(usage.elapsed)?, "s")?;
    figure(case, "cpu_seconds", seconds(usage.cpu)?, "s")?;
    figure(case, "postgres_cpu_seconds", seconds(usage.postgres_cpu)?, "s")?;
    figure(case, "peak_mb", thousandths(u128::from(usage.peak_kib) * 1_000 / 1_024)?, "MB")?;
    figure(case, "rows", rows.into(), "rows")
}

fn figure(case: &str, metric: &str, value: serde_json::Number, unit: &str) -> Result<()> {
    Figure { bench: BENCH, case, metric, value, unit }.print()
}

fn seconds(time: Duration) -> Result<serde_json::Number> {
    thousandths(time.as_millis())
}

/// Leaves the time where the parent process finds it.
fn keep(case: &Case, name: &str, elapsed: Duration) -> Result<()> {
    let folder = std::path::Path::new(&case.deployment).parent().context("a file lies in a folder")?;
    Ok(std::fs::write(folder.join(name), elapsed.as_millis().to_string())?)
}

fn ratio(folder: &std::path::Path) -> Result<()> {
    let kept = |name| -> Result<u128> { Ok(std::fs::read_to_string(folder.join(name))?.parse()?) };
    let ratio = kept("surety")? * 1_000 / kept("floor")?.max(1);
    figure("ratio", "seconds", thousandths(ratio)?, "ratio")
}
