//! How soon what happened in a block can be read: in Postgres, over HTTP, and after the leading indexer was killed.
//!
//! A block's time begins when the node first shows it, by the answer to `anvil_mine` or by a subscription of our own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use alloy::providers::{DynProvider, Provider as _, ProviderBuilder};
use alloy::rpc::types::Filter;
use anyhow::{Context as _, Result, ensure};
use futures::{Stream, StreamExt as _};
use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use super::crowd::{self, Crowded};
use super::{Figure, at, thousandths};
use crate::server::Server;

const BENCH: &str = "latency";
/// So that state is derived for a network, not for an empty one.
const EVENTS_BEFORE: usize = 20_000;
/// Whatever takes longer than this never comes.
const PATIENCE: Duration = Duration::from_secs(30);
const BLOCKS_AT_ONCE: u64 = 50;
/// The first blocks find plans and caches empty.
const WARM_UP: usize = 20;

pub async fn run(blocks: usize, kills: usize, database_url: Option<&str>) -> Result<()> {
    eprintln!("Making a chain of {EVENTS_BEFORE} events.");
    let crowded = crowd::make(EVENTS_BEFORE).await?;
    let folder = tempfile::Builder::new().prefix("surety-bench-").tempdir()?;
    let deployment = folder.path().join("deployment.json");
    crowded.deployment.write(&deployment)?;
    let server = Server::start(database_url).await?;
    let programs =
        Programs { rpc_url: crowded.chain.url.replacen("http", "ws", 1), deployment, url: server.url.clone() };

    let mut leader = programs.start()?;
    leader.says("derived state").await?;
    let rows = Rows::follow(&server.database).await?;
    let mut bench = Bench { node: Node::connect(&programs.rpc_url).await?, crowded, rows, block: 0 };
    bench.blocks(blocks, &server.database).await?;
    bench.kills(kills, &programs, leader).await?;
    bench.is_whole(&server.database).await?;
    server.end().await
}

struct Bench {
    crowded: Crowded,
    node: Node,
    rows: Rows,
    block: usize,
}

impl Bench {
    async fn blocks(&mut self, blocks: usize, database: &PgConnectOptions) -> Result<()> {
        eprintln!("Mining {blocks} blocks, one after the other.");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(api::serve(listener, api::Config::new(database.clone()), async {
            // Sent or dropped: the bench is over.
            let _ = stopped.await;
        }));
        let mut reader = Reader::subscribe(url).await?;
        let (mut to_row, mut to_api) = (Vec::new(), Vec::new());
        for place in 0..blocks + WARM_UP {
            let (number, begin) = self.mine().await?;
            let (row, answer) = tokio::try_join!(self.rows.reach(number), reader.reach(number))?;
            if place >= WARM_UP {
                to_row.push(row.saturating_duration_since(begin));
                to_api.push(answer.saturating_duration_since(begin));
            }
        }
        print("block_to_row", to_row)?;
        print("block_to_api", to_api)?;
        drop(reader);
        let _ = stop.send(());
        serving.await?
    }

    /// Each leader is killed without warning while a standby waits, and a block is mined at once.
    async fn kills(&mut self, kills: usize, programs: &Programs, mut leader: Program) -> Result<()> {
        eprintln!("Killing {kills} leaders.");
        let mut taken = Vec::new();
        for _ in 0..kills {
            let mut standby = programs.start()?;
            standby.says("standing by").await?;
            // Not only at rest: every second leader dies with a block in its hands.
            if taken.len() % 2 == 1 {
                self.mine().await?;
            }
            let begin = Instant::now();
            leader.child.start_kill()?;
            let (number, _) = self.mine().await?;
            taken.push(self.rows.reach(number).await?.saturating_duration_since(begin));
            leader.child.wait().await?;
            leader = standby;
        }
        print("takeover", taken)?;
        // Told to end, it finishes what is under way.
        rustix::process::kill_process(leader.id()?, rustix::process::Signal::TERM)?;
        let ended = tokio::time::timeout(PATIENCE, leader.child.wait()).await.context("it does not stop")??;
        ensure!(ended.success(), "a leader that was told to stop ended with {ended}");
        Ok(())
    }

    /// Mines what the crowd does; answers the block and when the node first showed it.
    async fn mine(&mut self) -> Result<(u64, Instant)> {
        self.crowded.act(self.block).await?;
        self.block += 1;
        let (number, told) = self.node.mine(&self.crowded).await?;
        Ok((number, told))
    }

    /// No row is lost, and none is there twice.
    async fn is_whole(&self, database: &PgConnectOptions) -> Result<()> {
        let mut connection = PgConnection::connect_with(database).await?;
        let counted = "select (select count(*) from event), (select facts from cursor), (select block from cursor)";
        let (rows, facts, block): (i64, i64, i64) = sqlx::query_as(counted).fetch_one(&mut connection).await?;
        connection.close().await?;
        let (mut logs, mut from, block) = (0, 0, u64::try_from(block)?);
        while from <= block {
            // A node's answer over a socket is limited.
            let to = block.min(from + BLOCKS_AT_ONCE - 1);
            let filter = Filter::new().address(crowd::indexed(&self.crowded.deployment)).from_block(from).to_block(to);
            logs += self.node.provider.get_logs(&filter).await?.len();
            from = to + 1;
        }
        let logs = i64::try_from(logs)?;
        ensure!(rows == logs && facts == logs, "{logs} logs became {rows} rows, and the cursor counts {facts}");
        eprintln!("{logs} logs, {rows} rows: none lost, none doubled.");
        Ok(())
    }
}

/// Our own view of the chain.
struct Node {
    provider: DynProvider,
    heads: watch::Receiver<(u64, Instant)>,
}

impl Node {
    async fn connect(url: &str) -> Result<Self> {
        let provider = ProviderBuilder::new().disable_recommended_fillers().connect(url).await?.erased();
        let mut subscription = provider.subscribe_blocks().await?;
        let (sender, heads) = watch::channel((0, Instant::now()));
        tokio::spawn(async move {
            while let Ok(head) = subscription.recv().await {
                sender.send_replace((head.number, Instant::now()));
            }
        });
        Ok(Self { provider, heads })
    }

    async fn mine(&mut self, crowded: &Crowded) -> Result<(u64, Instant)> {
        let number = self.provider.get_block_number().await? + 1;
        crowded.chain.mine(1).await?;
        let answered = Instant::now();
        let told = self.heads.wait_for(|(head, _)| *head >= number);
        let told = tokio::time::timeout(PATIENCE, told).await.context("the node tells of no head")??.1;
        Ok((number, told.min(answered)))
    }
}

/// Waits for blocks in Postgres, woken by the journal's notifications.
struct Rows(watch::Receiver<(u64, Instant)>);

impl Rows {
    async fn follow(database: &PgConnectOptions) -> Result<Self> {
        let pool = PgPool::connect_with(database.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen("journal").await?;
        let (sender, rows) = watch::channel((0, Instant::now()));
        tokio::spawn(async move {
            loop {
                let block = sqlx::query_scalar::<_, i64>("select block from cursor").fetch_one(&pool).await;
                let Some(block) = block.ok().and_then(|block| u64::try_from(block).ok()) else { return };
                sender.send_replace((block, Instant::now()));
                if listener.recv().await.is_err() {
                    return;
                }
            }
        });
        Ok(Self(rows))
    }

    async fn reach(&mut self, number: u64) -> Result<Instant> {
        let reached = tokio::time::timeout(PATIENCE, self.0.wait_for(|(block, _)| *block >= number)).await;
        Ok(reached.with_context(|| format!("block {number} is not indexed"))??.1)
    }
}

/// A caller of `/v1/stream`, whose messages bring the events of their blocks.
struct Reader {
    messages: std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
}

impl Reader {
    async fn subscribe(url: String) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let stream = client.get(format!("{url}/v1/stream")).send().await?.error_for_status()?;
        let messages = Box::pin(stream.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec())));
        Ok(Self { messages, text: String::new() })
    }

    /// When the whole message was there that brings this block.
    async fn reach(&mut self, number: u64) -> Result<Instant> {
        let reached = tokio::time::timeout(PATIENCE, async {
            loop {
                let bytes = self.messages.next().await.context("the stream ended")??;
                self.text.push_str(std::str::from_utf8(&bytes)?);
                while let Some(end) = self.text.find("\n\n") {
                    let message: String = self.text.drain(..end + 2).collect();
                    let Some(data) = message.lines().find_map(|line| line.strip_prefix("data: ")) else { continue };
                    let entry: serde_json::Value = serde_json::from_str(data)?;
                    let has_events = entry["events"].as_array().is_some_and(|events| !events.is_empty());
                    if has_events && entry["last_block"].as_u64().is_some_and(|last| last >= number) {
                        return anyhow::Ok(Instant::now());
                    }
                }
            }
        });
        reached.await.with_context(|| format!("the API does not get to block {number}"))?
    }
}

/// How to start an indexer.
struct Programs {
    rpc_url: String,
    deployment: PathBuf,
    url: String,
}

impl Programs {
    fn start(&self) -> Result<Program> {
        let program = std::env::current_exe()?.parent().unwrap_or(Path::new("")).join("surety-indexer");
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--rpc-url", &self.rpc_url, "--deployment"])
            .arg(&self.deployment)
            .env("DATABASE_URL", &self.url)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut lines = BufReader::new(child.stderr.take().context("a piped stream is missing")?).lines();
        let (sender, log) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // Nobody may be listening any more; the pipe has to be emptied all the same.
                let _ = sender.send(line);
            }
        });
        Ok(Program { child, log })
    }
}

struct Program {
    child: Child,
    log: UnboundedReceiver<String>,
}

impl Program {
    fn id(&self) -> Result<rustix::process::Pid> {
        let id = i32::try_from(self.child.id().context("it has ended")?)?;
        rustix::process::Pid::from_raw(id).context("a process has a number")
    }

    async fn says(&mut self, words: &str) -> Result<()> {
        let heard = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = self.log.recv().await {
                if line.contains(words) {
                    return Ok(());
                }
            }
            anyhow::bail!("the indexer ended")
        });
        heard.await.with_context(|| format!("the indexer does not say `{words}`"))?
    }
}

fn print(case: &str, mut times: Vec<Duration>) -> Result<()> {
    ensure!(!times.is_empty(), "nothing was measured");
    times.sort_unstable();
    for (metric, percent) in [("p50_ms", 50), ("p99_ms", 99)] {
        let value = thousandths(at(&times, percent).as_micros())?;
        Figure { bench: BENCH, case, metric, value, unit: "ms" }.print()?;
    }
    Ok(())
}
