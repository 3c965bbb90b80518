//! An API that reads a streaming replica.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tests::world::{Options, World};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};
use tokio::time::{sleep, timeout};
use xtask::postgres::{Durability, Postgres};

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
const SEQ: &str = "select seq from cursor";

/// An API between a primary and its replica.
struct Server {
    client: Client,
    url: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

impl Server {
    async fn start(database: &PgConnectOptions, replica: &Postgres, lag_max: Duration) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let config = api::Config {
            replica: Some(replica.url().parse()?),
            replica_lag_max: lag_max,
            ..api::Config::new(database.clone())
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(api::serve(listener, config, async {
            // Sent or dropped: the journey is over.
            let _ = stopped.await;
        }));
        Ok(Self { client: Client::builder().no_proxy().build()?, url, stop, serving })
    }

    /// The block of an answer.
    async fn block(&self, path: &str) -> Result<u64> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await?.error_for_status()?;
        Ok(answer.headers().get("x-indexed-block").context("an answer names its block")?.to_str()?.parse()?)
    }

    /// What a server that is ready says of its replica.
    async fn standing(&self) -> Result<Value> {
        let answer = self.client.get(format!("{}/readyz", self.url)).send().await?;
        let status = answer.status();
        let mut body: Value = answer.json().await?;
        ensure!(status == 200, "not ready: {body}");
        Ok(body["replica"].take())
    }

    async fn wait_until(&self, answers: bool, is_there: bool) -> Result<Value> {
        let waiting = async {
            loop {
                let standing = self.standing().await?;
                if standing["answers"] == answers && standing["is_there"] == is_there {
                    return Ok(standing);
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, waiting).await.context("the replica does not come to stand as it should")?
    }

    async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.serving.await?
    }
}

/// Has a replica stand still once it has entry `seq`; the connection lets it go on.
async fn pause(replica: &Postgres, seq: i64) -> Result<PgConnection> {
    let mut standing = PgConnection::connect_with(&replica.url().parse()?).await?;
    assert!(sqlx::query_scalar::<_, bool>("select pg_is_in_recovery()").fetch_one(&mut standing).await?);
    while sqlx::query_scalar::<_, i64>(SEQ).fetch_one(&mut standing).await? < seq {
        yield_now().await;
    }
    sqlx::query("select pg_wal_replay_pause()").execute(&mut standing).await?;
    while sqlx::query_scalar::<_, String>("select pg_get_wal_replay_pause_state()").fetch_one(&mut standing).await?
        != "paused"
    {
        yield_now().await;
    }
    Ok(standing)
}

#[tokio::test]
async fn what_a_replica_does_not_have_yet_is_read_from_the_primary() -> Result<()> {
    let primary = Postgres::start(Durability::Fast).map_err(anyhow::Error::from_boxed)?;
    let database: PgConnectOptions = primary.url().parse()?;
    let mut world = World::with(Options::new(database.clone())).await?;
    let replica = primary.replica().map_err(anyhow::Error::from_boxed)?;
    let server = Server::start(&database, &replica, Duration::from_secs(600)).await?;

    let paula = world.provider("paula").await?;
    world.synced().await?;
    let mut connection = PgConnection::connect_with(&database).await?;
    let before: i64 = sqlx::query_scalar(SEQ).fetch_one(&mut connection).await?;
    let head = world.chain.head().await?.number;
    assert_eq!(server.block(&format!("/v1/events?min_seq={before}")).await?, head);

    // The replica stands still: callers who have seen more are answered by the primary.
    server.wait_until(true, true).await?;
    let mut standing = pause(&replica, before).await?;
    paula.stake("1000").await?;
    world.synced().await?;
    let after: i64 = sqlx::query_scalar(SEQ).fetch_one(&mut connection).await?;
    let newer = world.chain.head().await?.number;
    assert_eq!(server.block("/v1/events").await?, head);
    assert_eq!(server.block(&format!("/v1/events?min_seq={after}")).await?, newer);
    assert_eq!(server.standing().await?["behind_entries"], after - before);

    // So is who asks for what the primary does not have yet either.
    let url = format!("/v1/events?min_seq={}", after + 1);
    let (asked, staked) = tokio::join!(server.block(&url), async {
        sleep(Duration::from_millis(500)).await;
        paula.stake("1000").await
    });
    staked?;
    assert!(asked? > newer);
    world.synced().await?;
    let newer = world.chain.head().await?.number;

    // It goes on, and answers itself.
    sqlx::query("select pg_wal_replay_resume()").execute(&mut standing).await?;
    while server.block("/v1/events").await? < newer {
        yield_now().await;
    }
    // It goes away, and nobody notices.
    drop(standing);
    drop(replica);
    assert_eq!(server.block("/v1/events").await?, newer);
    server.stop().await?;
    world.end().await
}

#[tokio::test]
async fn a_replica_that_is_too_far_behind_is_not_read_until_it_has_caught_up() -> Result<()> {
    let primary = Postgres::start(Durability::Fast).map_err(anyhow::Error::from_boxed)?;
    let database: PgConnectOptions = primary.url().parse()?;
    let mut world = World::with(Options::new(database.clone())).await?;
    let replica = primary.replica().map_err(anyhow::Error::from_boxed)?;
    let server = Server::start(&database, &replica, Duration::from_secs(1)).await?;
    let paula = world.provider("paula").await?;
    world.synced().await?;
    let mut connection = PgConnection::connect_with(&database).await?;
    let before: i64 = sqlx::query_scalar(SEQ).fetch_one(&mut connection).await?;
    let mut standing = pause(&replica, before).await?;
    server.wait_until(true, true).await?;

    paula.stake("1000").await?;
    world.synced().await?;
    let newer = world.chain.head().await?.number;
    let told = server.wait_until(false, true).await?;
    assert!(told["behind_seconds"].as_u64() >= Some(1), "{told}");
    assert!(told["behind_entries"].as_i64() >= Some(1), "{told}");
    assert_eq!(server.block("/v1/events").await?, newer);
    let metrics = server.client.get(format!("{}/metrics", server.url)).send().await?.text().await?;
    assert!(metrics.contains("surety_api_replica_answers 0\n"), "{metrics}");

    sqlx::query("select pg_wal_replay_resume()").execute(&mut standing).await?;
    let told = server.wait_until(true, true).await?;
    assert_eq!((&told["behind_entries"], &told["behind_seconds"]), (&0.into(), &0.into()));
    assert_eq!(server.block("/v1/events").await?, newer);
    drop(standing);
    server.stop().await?;
    world.end().await
}

/// Stops a replica, or starts it again.
async fn switch(mut replica: Postgres, starts: bool) -> Result<Postgres> {
    let switched = spawn_blocking(move || {
        let done = if starts { replica.restart() } else { replica.stop() };
        done.map(|()| replica)
    });
    switched.await?.map_err(anyhow::Error::from_boxed)
}

#[tokio::test]
async fn a_replica_may_be_away_from_the_start_and_come_and_go() -> Result<()> {
    let primary = Postgres::start(Durability::Fast).map_err(anyhow::Error::from_boxed)?;
    let database: PgConnectOptions = primary.url().parse()?;
    let mut world = World::with(Options::new(database.clone())).await?;
    let replica = primary.replica().map_err(anyhow::Error::from_boxed)?;
    let replica = switch(replica, false).await?;
    let server = Server::start(&database, &replica, Duration::from_secs(10)).await?;
    let paula = world.provider("paula").await?;
    world.synced().await?;
    server.wait_until(false, false).await?;
    assert_eq!(server.block("/v1/events").await?, world.chain.head().await?.number);

    let replica = switch(replica, true).await?;
    server.wait_until(true, true).await?;
    assert_eq!(server.block("/v1/events").await?, world.chain.head().await?.number);

    // Whoever asks while it stops is answered; so is who waits for an entry, and who reads the stream.
    let mut stream = server.client.get(format!("{}/v1/stream", server.url)).send().await?.error_for_status()?;
    let stopping = tokio::spawn(switch(replica, false));
    while !stopping.is_finished() {
        server.standing().await?;
        server.block("/v1/events").await?;
    }
    let replica = stopping.await??;
    let mut connection = PgConnection::connect_with(&database).await?;
    let seq: i64 = sqlx::query_scalar(SEQ).fetch_one(&mut connection).await?;
    let url = format!("/v1/events?min_seq={}", seq + 1);
    let (asked, staked) = tokio::join!(server.block(&url), async {
        sleep(Duration::from_millis(300)).await;
        paula.stake("1000").await
    });
    staked?;
    asked?;
    world.synced().await?;
    server.wait_until(false, false).await?;
    assert_eq!(server.block("/v1/events").await?, world.chain.head().await?.number);
    let told = timeout(PATIENCE, stream.chunk()).await??.context("the stream has ended")?;
    assert!(std::str::from_utf8(&told)?.contains(&format!("id: {}", seq + 1)));
    drop(stream);

    let replica = switch(replica, true).await?;
    server.wait_until(true, true).await?;
    server.stop().await?;
    drop(replica);
    world.end().await
}
