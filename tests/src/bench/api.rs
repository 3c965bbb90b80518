//! Requests a second of the API beside the same statements in a bare loop, and streams that miss nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use api::Config;
use api::bare::Bare;
use futures::future::try_join_all;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{Figure, thousandths};
use crate::server::Server;

const BENCH: &str = "api";
const CONNECTIONS: u32 = 16;
const PROVIDERS: usize = 1_000;
/// Observations of the price: the list that is paged through.
const ROWS: usize = 1_010_000;
/// How far down the deep pages lie.
const DEPTH: usize = 1_000_000;
const WARM: Duration = Duration::from_secs(1);
const STREAMS: usize = 1_000;
const ENTRIES: i64 = 50;

pub async fn run(time: Duration, hold: Duration, database_url: Option<&str>) -> Result<()> {
    raise_file_limit()?;
    let server = Server::start(database_url).await?;
    let mut db = PgConnection::connect_with(&server.database).await?;
    indexer::MIGRATOR.run(&mut db).await?;
    eprintln!("Filling tables: {ROWS} prices, {PROVIDERS} providers.");
    sqlx::raw_sql(&fill()).execute(&mut db).await?;
    sqlx::raw_sql("vacuum analyze").execute(&mut db).await?;

    let config = Config { connections: CONNECTIONS, hold, ..Config::new(server.database.clone()) };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(api::serve(listener, config.clone(), async {
        // Sent or dropped: either way the bench is over.
        let _ = stopped.await;
    }));

    let first = Arc::new(vec!["/v1/prices?limit=20".to_owned()]);
    let deep = Arc::new(deep_pages(port).await?);
    let providers = Arc::new((0..PROVIDERS).map(|n| format!("/v1/providers/{}", address(n))).collect::<Vec<_>>());
    for (case, paths) in [("page20", first), ("deep_page20", deep), ("provider", providers)] {
        compare(case, port, &config, &paths, time).await?;
    }
    streams(port, &mut db).await?;
    drop(stop);
    serving.await??;
    db.close().await?;
    server.end().await
}

/// A thousand streams of ours have two ends each.
fn raise_file_limit() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

fn address(n: usize) -> String {
    format!("0x{:040x}", n + 1)
}

fn fill() -> String {
    format!(
        r"
        insert into chain (chain_id, first_block, stablecoin_decimals) values (31337, 1, 6);
        insert into contract (name, address) values ('Flt', decode(repeat('f1', 20), 'hex'));
        insert into block (number, hash, parent_hash, timestamp, has_facts)
        select n, sha256(n::text::bytea), sha256((n - 1)::text::bytea), timestamptz '2026-01-01' + n * interval '12 second', true
        from generate_series(1, {ROWS} / 10) as n;
        insert into cursor (block, hash, timestamp, finalized, fence, seq, is_derived)
        select number, hash, timestamp, 1, 1, 1, true from block where number = {ROWS} / 10;
        insert into journal select 1, 'applied', 1, number, hash from block where number = {ROWS} / 10;
        insert into price_observed
        select 1 + n / 10, n % 10, 5e7 + n, (5e7 + n) * 4294967296, (5e7 + n) * 4294967296, '2026-02-01', false, 5e7, 5e7, 0
        from generate_series(0, {ROWS} - 1) as n where n < {ROWS} - 10;
        create temporary table party as
        select n, decode(lpad(to_hex(n), 40, '0'), 'hex') as provider from generate_series(1, {PROVIDERS}) as n;
        insert into terms_set select 2, n, provider, 100, 3000, 0, 7, 1e24 from party;
        insert into profile_set select 3, n, provider, 'provider ' || n, 'https://' || n || '.example', n from party;
        insert into tranche_changed select 4, 2 * n, provider, true, 0, 1e18 * n, 1e18 * n from party;
        insert into tranche_changed select 4, 2 * n + 1, provider, false, 0, 3e18 * n, 3e18 * n from party;
        insert into staked select 5, n, provider, provider, 0, 1e18 * n, 1e18 * n from party;
        insert into staked select 6, n, provider, decode(lpad(to_hex(n + 5000), 40, '0'), 'hex'), 0, 3e18 * n, 3e18 * n from party;
        select derive_all();
        select create_indexes();
        update cursor set facts = (select count(*) from price_observed) + {PROVIDERS} * 6;
        "
    )
}

/// Pages from the depth on, found by walking there.
async fn deep_pages(port: u16) -> Result<Vec<String>> {
    eprintln!("Walking to depth {DEPTH}.");
    let mut caller = Caller::connect(port).await?;
    let mut paths = Vec::new();
    let mut path = "/v1/prices?limit=200".to_owned();
    for page in 0..DEPTH / 200 + 40 {
        let answer: Value = serde_json::from_slice(&caller.get(&path).await?)?;
        let cursor = answer["next"].as_str().context("the list ends too early")?;
        path = format!("/v1/prices?limit=200&cursor={cursor}");
        if page >= DEPTH / 200 {
            paths.push(format!("/v1/prices?limit=20&cursor={cursor}"));
        }
    }
    Ok(paths)
}

async fn compare(case: &str, port: u16, config: &Config, paths: &Arc<Vec<String>>, time: Duration) -> Result<()> {
    let mut callers = Vec::new();
    for _ in 0..CONNECTIONS {
        callers.push(Caller::connect(port).await?);
    }
    let served =
        load(callers, paths, time, async |caller: &mut Caller, path: &str| caller.get(path).await.map(drop)).await?;
    let mut loops = Vec::new();
    for _ in 0..CONNECTIONS {
        loops.push(Bare::connect(config).await?);
    }
    let read = load(loops, paths, time, async |bare: &mut Bare, path: &str| {
        let is_there = match path.strip_prefix("/v1/providers/") {
            Some(address) => bare.provider(address).await?,
            None => bare.prices(path).await? > 0,
        };
        ensure!(is_there, "{path} answers nothing");
        Ok(())
    })
    .await?;
    let print = |metric, value, unit| Figure { bench: BENCH, case, metric, value, unit }.print();
    print("requests_per_s", thousandths(served.per_second())?, "1/s")?;
    print("p50_ms", thousandths(served.at(50).as_micros())?, "ms")?;
    print("p99_ms", thousandths(served.at(99).as_micros())?, "ms")?;
    print("sql_per_s", thousandths(read.per_second())?, "1/s")?;
    print("sql_ratio", thousandths(served.per_second() * 1_000 / read.per_second().max(1))?, "1")
}

/// How long each call took, in order, and all of them together.
struct Load {
    times: Vec<Duration>,
    elapsed: Duration,
}

impl Load {
    /// In thousandths.
    fn per_second(&self) -> u128 {
        let calls = u128::try_from(self.times.len()).unwrap_or(u128::MAX);
        calls * 1_000_000_000 / self.elapsed.as_micros().max(1)
    }

    fn at(&self, percent: usize) -> Duration {
        let place = (self.times.len() * percent).div_ceil(100).saturating_sub(1);
        self.times.get(place).copied().unwrap_or_default()
    }
}

/// Calls as fast as answers come, each caller for itself; the first second does not count.
async fn load<C>(
    callers: Vec<C>,
    paths: &Arc<Vec<String>>,
    time: Duration,
    call: impl AsyncFn(&mut C, &str) -> Result<()>,
) -> Result<Load> {
    let begin = Instant::now() + WARM;
    let end = begin + time;
    let place = AtomicUsize::new(0);
    let loops = callers.into_iter().map(async |mut caller| -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        loop {
            let path = &paths[place.fetch_add(7, Ordering::Relaxed) % paths.len()];
            let started = Instant::now();
            if started >= end {
                return Ok(times);
            }
            call(&mut caller, path).await?;
            if started >= begin {
                times.push(started.elapsed());
            }
        }
    });
    let mut times = try_join_all(loops).await?.concat();
    times.sort_unstable();
    Ok(Load { times, elapsed: time })
}

/// One connection that is kept, as small as it can be, so that the measured side is the server's.
struct Caller {
    stream: BufReader<TcpStream>,
}

impl Caller {
    async fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    async fn send(&mut self, path: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        Ok(self.stream.write_all(request.as_bytes()).await?)
    }

    /// The body of a reply that has to be a success, and of a known length.
    async fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        self.send(path).await?;
        let (mut line, mut length) = (String::new(), None);
        self.stream.read_line(&mut line).await?;
        ensure!(line.starts_with("HTTP/1.1 200"), "{path} answered {line}");
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = Some(value.parse()?),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length.context("a reply has no length")?];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }
}

/// A thousand listeners, and entries of the journal as the indexer writes them: each must hear of each, in order.
async fn streams(port: u16, db: &mut PgConnection) -> Result<()> {
    eprintln!("{STREAMS} streams.");
    let begun = Instant::now();
    let mut listeners = Vec::new();
    for _ in 0..STREAMS {
        let mut caller = Caller::connect(port).await?;
        caller.send("/v1/stream").await?;
        // The head of the reply says that it listens.
        let mut line = String::new();
        while line.trim_end() != "content-type: text/event-stream" {
            line.clear();
            ensure!(caller.stream.read_line(&mut line).await? > 0, "a stream ended at once");
        }
        listeners.push(caller);
    }
    let first = 2;
    let writing = async {
        let mut written = Vec::new();
        for seq in first..first + ENTRIES {
            sqlx::raw_sql(&entry(seq)).execute(&mut *db).await?;
            written.push(Instant::now());
        }
        anyhow::Ok(written)
    };
    let hearing = listeners.into_iter().map(async |mut caller| {
        let (mut heard, mut line) = (Vec::new(), String::new());
        while heard.len() < usize::try_from(ENTRIES)? {
            line.clear();
            ensure!(caller.stream.read_line(&mut line).await? > 0, "a stream ended early");
            if let Some(id) = line.trim_end().strip_prefix("id: ") {
                heard.push((id.parse::<i64>()?, Instant::now()));
            }
        }
        anyhow::Ok(heard)
    });
    let (written, heard) = futures::future::try_join(writing, try_join_all(hearing)).await?;
    let wanted: Vec<i64> = (first..first + ENTRIES).collect();
    let missed = heard.iter().filter(|heard| heard.iter().map(|(id, _)| *id).ne(wanted.iter().copied())).count();
    let delays = heard.iter().flat_map(|heard| heard.iter().zip(&written));
    let mut times: Vec<_> = delays.map(|((_, at), written)| at.saturating_duration_since(*written)).collect();
    times.sort_unstable();
    let load = Load { times, elapsed: begun.elapsed() };
    let print = |metric, value, unit| Figure { bench: BENCH, case: "stream_1000", metric, value, unit }.print();
    print("missed", missed.into(), "1")?;
    print("messages", load.times.len().into(), "1")?;
    print("p50_ms", thousandths(load.at(50).as_micros())?, "ms")?;
    print("p99_ms", thousandths(load.at(99).as_micros())?, "ms")
}

fn entry(seq: i64) -> String {
    format!(
        "begin;
         insert into block (number, hash, parent_hash, timestamp, has_facts)
         select block + 1, sha256('{seq}'), hash, timestamp + interval '1 second', true from cursor;
         insert into slashed select block + 1, 0, 1, provider, provider, 5e17, 0, 5e17, 0, 0, 0
         from cursor, (select provider from provider order by provider limit 1) as p;
         insert into journal select {seq}, 'applied', block + 1, block + 1, sha256('{seq}') from cursor;
         update cursor set block = block + 1, timestamp = timestamp + interval '1 second', seq = {seq};
         select pg_notify('journal', '{seq}');
         commit;"
    )
}
