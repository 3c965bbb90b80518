//! A Postgres that is stopped and started again under requests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::Config;
use futures::future::try_join_all;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{spawn_blocking, yield_now};
use xtask::postgres::{Durability, Postgres};

const CALLERS: usize = 8;
const PATHS: [&str; 4] = ["/v1/prices?limit=20", "/v1/providers", "/v1/events?sort=block", "/v1/network"];
/// A request that takes longer counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(20);
const FACTS: &str = "
    insert into chain (chain_id, first_block, stablecoin_decimals) values (31337, 1, 6);
    insert into contract (name, address) values ('Flt', decode(repeat('f1', 20), 'hex'));
    insert into block
    select n, sha256(n::text::bytea), sha256((n - 1)::text::bytea), timestamptz '2026-01-01' + n * interval '1 hour', true
    from generate_series(1, 200) as n;
    insert into cursor (block, hash, timestamp, finalized, fence, seq, is_derived)
    select number, hash, timestamp, 1, 1, 1, true from block where number = 200;
    insert into journal select 1, 'applied', 1, number, hash from block where number = 200;
    insert into price_observed
    select n, 0, 1e8, 1e8 * 4294967296, 1e8 * 4294967296, '2026-02-01', false, 1e8, 1e8, 0 from generate_series(1, 200) as n;
    insert into terms_set select 2, 1, decode(repeat('a1', 20), 'hex'), 100, 3000, 0, 7, 1e24;
    select derive_all();
";

/// What callers were told so far.
#[derive(Default)]
struct Told {
    answers: AtomicUsize,
    refusals: AtomicUsize,
    is_over: AtomicBool,
}

impl Told {
    async fn call(&self, client: &reqwest::Client, url: &str) -> Result<()> {
        for path in PATHS.iter().cycle() {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let reply = client.get(format!("{url}{path}")).timeout(PATIENCE).send().await;
            let reply = reply.with_context(|| format!("{path} hangs"))?;
            let status = reply.status();
            let body: Value = reply.json().await.with_context(|| format!("{path} answered no JSON"))?;
            if status == 200 {
                self.answers.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            ensure!(
                status == 503 && body["type"] == "urn:surety:problem:database-unavailable",
                "{path} answered {status}: {body}"
            );
            self.refusals.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits for `more` on a counter.
    async fn wait(&self, counter: &AtomicUsize, more: usize) {
        let wanted = counter.load(Ordering::Relaxed) + more;
        while counter.load(Ordering::Relaxed) < wanted && !self.is_over.load(Ordering::Relaxed) {
            yield_now().await;
        }
    }

    async fn interrupt(&self, mut postgres: Postgres) -> Result<Postgres> {
        for _ in 0..3 {
            self.wait(&self.answers, 40).await;
            postgres =
                spawn_blocking(move || postgres.stop().map(|()| postgres)).await?.map_err(anyhow::Error::from_boxed)?;
            self.wait(&self.refusals, 3).await;
            postgres = spawn_blocking(move || postgres.restart().map(|()| postgres))
                .await?
                .map_err(anyhow::Error::from_boxed)?;
        }
        self.wait(&self.answers, 100).await;
        self.is_over.store(true, Ordering::Relaxed);
        Ok(postgres)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_restarts_under_requests_is_503_and_comes_back() -> Result<()> {
    let postgres = spawn_blocking(|| Postgres::start(Durability::Fast)).await?.map_err(anyhow::Error::from_boxed)?;
    let database: PgConnectOptions = postgres.url().parse()?;
    let mut db = PgConnection::connect_with(&database).await?;
    indexer::MIGRATOR.run(&mut db).await?;
    sqlx::raw_sql(FACTS).execute(&mut db).await?;
    db.close().await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let config = Config { connections: 4, hold: Duration::from_millis(50), ..Config::new(database) };
    let serving = tokio::spawn(api::serve(listener, config, async {
        // Sent or dropped: either way the test is over.
        let _ = stopped.await;
    }));

    let (client, told) = (reqwest::Client::new(), Told::default());
    let calling = async {
        let called = try_join_all((0..CALLERS).map(|_| told.call(&client, &url))).await;
        told.is_over.store(true, Ordering::Relaxed);
        called
    };
    let (called, interrupted) = tokio::join!(calling, told.interrupt(postgres));
    called?;
    let postgres = interrupted?;
    drop(stop);
    serving.await??;
    drop(postgres);
    Ok(())
}
